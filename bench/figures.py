"""How long does a report of a month of 700,000 calls take, on SQLite and on PostgreSQL, beside the same by plain SQL
over the rows; how long does it take to count the month anew; and what does a call cost the live figures early and
late in a day?

The month is written straight into the tables with the ledger's own rows: 700,000 calls by the hours of a hotline's day
with 120 agents, 8 queues, 12 entry numbers, a ticket for each answered call and each written message, transfers, and
agents' time. Then the ledger counts it as it does after an upgrade, and each report is asked for as pages ask for it.

Plain SQL is one statement over the calls and one over the tickets, with the same counts and sums by the same group and
(on PostgreSQL, which knows them) the percentiles. What both say must be the same, or there is no figure.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg  # type: ignore[import-untyped]

from bench.served import on_disk, postgres
from bench.table import Row, run
from gateway.kpi.calendar import QUARTER_S
from gateway.kpi.counting import Rules
from gateway.kpi.live import LiveFigures
from gateway.kpi.reports import By, FigureReports, Wanted
from gateway.kpi.settling import Settler
from gateway.ledger.config import LedgerConfig
from gateway.ledger.personal import LedgerKeys, Seal
from gateway.ledger.rows import call_row, ticket_row
from gateway.ledger.store import SqlLedger, open_ledger
from gateway.ledger.tables import calls, tickets, transfers
from gateway.ledger.tables_figures import agent_times
from gateway.model.ids import AgentId, CallId, QueueId, ticket_no
from gateway.model.records import CallOutcome, CallRecord, Stretch, Ticket

CALLS = 700_000
DAYS = 30
MOST_S = 1.0
ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 11, 1, tzinfo=ZONE)
KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
_PART = 10_000
_TIMES = 5
_HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 14, 17, 16, 13, 10, 12, 15, 16, 14, 12, 9, 7, 6, 5, 4, 3)
_LOSSES: tuple[CallOutcome, ...] = (
    "abandoned_queue",
    "abandoned_queue",
    "abandoned_ringing",
    "no_answer",
    "timed_out",
    "queue_full",
)
_QUEUES = ("hotline", "hotline", "hotline", "night", "medical", "social", "tax", "english", "lawyers", "leaders")
_WRITTEN = ("wechat", "wechat", "sms", "email", "web", "app")

REPORTS: tuple[tuple[str, By, dict[str, str]], ...] = (
    ("hour", "hour", {}), ("day", "day", {}), ("week", "week", {}), ("month", "month", {}), ("queue", "queue", {}),
    ("agent", "agent", {}), ("entry number", "entry_number", {}), ("channel", "channel", {}),
    ("partner", "partner", {}), ("area", "area", {}), ("category", "category", {}),
    ("hour, of one agent in one queue", "hour", {"agent": "1007", "queue": "hotline"}),
    ("agent, of one queue and entry number", "agent", {"queue": "hotline", "entry_number": "12345"}),
    ("category, of one queue and entry number", "category", {"queue": "hotline", "entry_number": "12345"}),
    ("category, of one agent", "category", {"agent": "1007"}),
)  # fmt: skip
_GROUPS: dict[str, tuple[str, str]] = {
    "day": ("CAST((started_at + 28800) / 86400 AS BIGINT)", "CAST((received_at + 28800) / 86400 AS BIGINT)"),
    "queue": ("queue", "queue"), "agent": ("agent", "agent_id"), "entry_number": ("entry_number", "entry_number"),
    "category": ("direction", "category"), "channel": ("direction", "channel"),
}  # fmt: skip
"""By what plain SQL groups calls and tickets."""

_OF_CALLS = """SELECT {group}, count(*),
 sum(CASE WHEN answered_at IS NOT NULL THEN 1 ELSE 0 END),
 sum(CASE WHEN answered_at IS NOT NULL AND wait_s <= 15 THEN 1 ELSE 0 END),
 sum(CASE WHEN outcome = 'abandoned_queue' THEN 1 ELSE 0 END), sum(CASE WHEN outcome = 'no_answer' THEN 1 ELSE 0 END),
 sum(CASE WHEN outcome = 'timed_out' THEN 1 ELSE 0 END), sum(CASE WHEN outcome = 'queue_full' THEN 1 ELSE 0 END),
 sum(wait_s), sum(CASE WHEN answered_at IS NOT NULL THEN wait_s END), sum(talk_s), sum(hold_s), sum(wrap_s){more}
FROM calls WHERE direction = 'in' AND queued_at IS NOT NULL AND started_at >= {since} AND started_at < {until}
GROUP BY {group}"""
_PERCENTILES = """, percentile_disc(0.95) WITHIN GROUP (ORDER BY wait_s),
 percentile_disc(0.95) WITHIN GROUP (ORDER BY wait_s) FILTER (WHERE answered_at IS NOT NULL)"""
_OF_TICKETS = """SELECT {group}, count(*), sum(CASE WHEN state = 'closed' AND sent_at IS NULL THEN 1 ELSE 0 END),
 sum(CASE WHEN satisfaction >= 4 THEN 1 ELSE 0 END), count(satisfaction),
 sum(first_response_at - received_at), sum(CASE WHEN first_response_at - received_at <= 180 THEN 1 ELSE 0 END)
FROM tickets WHERE received_at >= {since} AND received_at < {until} GROUP BY {group}"""


# -- the month ---------------------------------------------------------------------------------------------------------


def _call(n: int, at: float, dice: random.Random) -> CallRecord:
    answered, wait = dice.random() < 0.96, round(dice.expovariate(0.2), 3)
    talk, hold = round(dice.gammavariate(3, 50), 3), 0.0 if dice.random() < 0.8 else 20.0
    wrap = round(dice.uniform(5, 40), 3)
    queue = dice.choice(_QUEUES)
    entry = "12345" if dice.random() < 0.8 else f"123{dice.randrange(11, 22)}"
    agent = AgentId(f"1{dice.randrange(120):03d}")
    begun = at + wait
    stretches = [Stretch("waiting", at, begun, QueueId(queue)), Stretch("talking", begun, begun + talk, QueueId(queue))]
    return CallRecord(
        CallId(f"{int(at)}.{n}"), at, entry_number=entry, account="trunk", caller_number=f"139{n % 10**8:08d}",
        language="zh", queue=QueueId(queue), agent=agent if answered else None, queued_at=at,
        answered_at=begun if answered else None, ended_at=begun + (talk + hold if answered else 0), wait_s=wait,
        ring_s=2.0 if answered else None, talk_s=talk if answered else None, hold_s=hold if answered else None,
        wrap_s=wrap if answered else None, outcome="answered" if answered else dice.choice(_LOSSES),
        ended_by="caller", recording_id=f"{n}" if answered else "", stretches=stretches if answered else stretches[:1],
    )  # fmt: skip


def _ticket(n: int, call: CallRecord, running: int, dice: random.Random) -> Ticket:
    spoken = call.answered_at is not None
    at = call.answered_at or call.started_at
    day = datetime.fromtimestamp(at, ZONE).date()
    sent = dice.random() < 0.5
    return Ticket(
        ticket_no=ticket_no("460000", day, running), id=f"t{n:031d}", revision=3, state="sent" if sent else "closed",
        channel="phone" if spoken else dice.choice(_WRITTEN), account="trunk", entry_number=call.entry_number,
        track="own", area_code=f"4601{dice.randrange(20):02d}", received_at=at, occurred_at=at,
        queue=call.queue or "", call_id=str(call.call_id) if spoken else "", agent_id=call.agent or "1000",
        wait_s=call.wait_s, talk_s=call.talk_s, hold_s=call.hold_s, wrap_s=call.wrap_s,
        first_response_at=at + (0 if spoken else dice.expovariate(1 / 100)), sent_at=at + 400 if sent else None,
        kind="投诉", category=f"{dice.randrange(1, 9):02d}{dice.randrange(1, 13):02d}", title="路灯不亮",
        content="小区门口的路灯已经坏了三天，晚上漆黑一片，请尽快派人处理。", contact_number=call.caller_number,
        satisfaction=dice.choice((5, 5, 4, 2)) if dice.random() < 0.2 else None,
    )  # fmt: skip


def _month(number: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Rows by table, some thousand at a time."""
    dice, seal, running = random.Random(12345), Seal(KEYS), 0
    weights = sum(_HOURS)
    moments: list[float] = []
    for day in range(DAYS):
        begin = (BEGIN + timedelta(days=day)).timestamp()
        for hour, weight in enumerate(_HOURS):
            share = round(number / DAYS * weight / weights)
            moments += sorted(begin + 3600 * (hour + dice.random()) for _ in range(share))
    for first in range(0, len(moments), _PART):
        made = [_call(first + n, at, dice) for n, at in enumerate(moments[first : first + _PART])]
        yield "calls", [call_row(one, seal) for one in made]  # type: ignore[misc]
        its: list[dict[str, Any]] = []
        for n, one in enumerate(made):
            running += 1
            its.append(ticket_row(_ticket(first + n, one, running % 10**7, dice), seal))
        yield "tickets", its
        yield "transfers", [_transfer(n, one, dice) for n, one in enumerate(made, first) if one.agent and not n % 33]
    yield "agent_times", list(_agents())


def _transfer(n: int, call: CallRecord, dice: random.Random) -> dict[str, Any]:
    return {
        "id": f"x{n}", "key": f"x{n}", "call_id": call.call_id, "ticket_no": "",
        "partner": dice.choice(("110", "12366", "")),
        "mode": "attended", "seat": "A001", "agent": call.agent, "phase": "ended",
        "outcome": dice.choice(("completed", "completed", "busy")), "started_at": call.started_at + 60,
        "ended_at": call.started_at + 90, "version": 5, "data": b"",
    }  # fmt: skip


def _agents() -> Iterator[dict[str, Any]]:
    """Eight of 24 hours each, by quarter."""
    first = int(BEGIN.timestamp()) // QUARTER_S
    for quarter in range(first, first + DAYS * 96):
        for agent in range(120):
            if (quarter + agent * 8) % 96 < 32:
                yield {"quarter": quarter, "agent": f"1{agent:03d}", "idle_ms": 300_000, "ringing_ms": 20_000,
                       "talking_ms": 400_000, "held_ms": 20_000, "wrap_ms": 100_000, "outbound_ms": 0,
                       "resting_ms": 60_000}  # fmt: skip


_TABLES = {table.name: list(table.columns.keys()) for table in (calls, tickets, transfers, agent_times)}
_UNMARK = "DELETE FROM figure_marks"
_MARK = (
    "INSERT INTO figure_marks (quarter, n) SELECT {quarter} AS q, 0 FROM calls UNION SELECT {other}, 0 FROM tickets "
    "UNION SELECT quarter, 0 FROM agent_times"
)
"""Each quarter is marked once, as the migration does it for what is there, and not for each statement."""


def fill_sqlite(path: Path, number: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        for name, rows_ in _month(number):
            columns = _TABLES[name]
            places = ", ".join("?" * len(columns))
            connection.execute("BEGIN")
            connection.executemany(
                f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})",
                [[row[column] for column in columns] for row in rows_],
            )
            connection.execute("COMMIT")
        connection.execute(_UNMARK)
        quarters = ("CAST(started_at / 900 AS INTEGER)", "CAST(received_at / 900 AS INTEGER)")
        connection.execute(_MARK.format(quarter=quarters[0], other=quarters[1]))
        connection.execute("ANALYZE")


async def fill_postgres(url: str, number: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        for name, rows_ in _month(number):
            columns = _TABLES[name]
            records = [[row[column] for column in columns] for row in rows_]
            await connection.copy_records_to_table(name, records=records, columns=columns)
        await connection.execute(_UNMARK)
        quarters = ("CAST(floor(started_at / 900) AS BIGINT)", "CAST(floor(received_at / 900) AS BIGINT)")
        await connection.execute(_MARK.format(quarter=quarters[0], other=quarters[1]))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


# -- measuring ---------------------------------------------------------------------------------------------------------

Ask = Callable[[str], Awaitable[list[Sequence[Any]]]]


async def _measured(ledger: SqlLedger, ask: Ask, more: str) -> dict[str, Any]:
    settler = Settler(ledger, ZONE, ZONE.key, Rules, lambda: (BEGIN + timedelta(days=DAYS + 2)).timestamp())
    began = time.perf_counter()
    left = await settler.settle(limit_s=900.0)
    counting = time.perf_counter() - began
    reports = FigureReports(ledger, settler, ZONE, fresh_s=-1.0)
    since, until = BEGIN.timestamp(), (BEGIN + timedelta(days=DAYS)).timestamp()
    took: dict[str, float] = {}
    answers: dict[str, Any] = {}
    for name, by, where in REPORTS:
        times = []
        for _ in range(_TIMES):
            began = time.perf_counter()
            answers[name] = await reports.report(Wanted(by, since, until, where))
            times.append(time.perf_counter() - began)
        took[name] = sorted(times)[_TIMES // 2]
    middle = (BEGIN + timedelta(days=15)).timestamp()
    began = time.perf_counter()
    await reports.report(Wanted("agent", middle, until, compare=True))
    took["agent, two weeks beside the two before"] = time.perf_counter() - began
    plain = {by: await _plain(ask, by, since, until, more) for by in _GROUPS}
    _compare(answers, plain)
    return {
        "left": left,
        "counting_s": counting,
        "reports_s": took,
        "plain_s": {by: one[0] for by, one in plain.items()},
    }


async def _plain(ask: Ask, by: str, since: float, until: float, more: str) -> tuple[float, list[Any], list[Any]]:
    of_calls, of_tickets = _GROUPS[by]
    began = time.perf_counter()
    found = await ask(_OF_CALLS.format(group=of_calls, since=since, until=until, more=more))
    matters = await ask(_OF_TICKETS.format(group=of_tickets, since=since, until=until))
    return time.perf_counter() - began, found, matters


def _compare(answers: dict[str, Any], plain: dict[str, tuple[float, list[Any], list[Any]]]) -> None:
    """The same counts, or RuntimeError."""
    for name, by in (("queue", "queue"), ("agent", "agent"), ("entry number", "entry_number")):
        ours = {one.group: (one.values["requests"], one.values["answered"]) for one in answers[name].groups}
        theirs = {row[0] or "": (row[1], row[2]) for row in plain[by][1]}
        if {group: some for group, some in ours.items() if any(some)} != theirs:
            raise RuntimeError(f"by {by}: ours {ours}, plain SQL {theirs}")
    ours = {one.group: one.values["tickets"] for one in answers["category"].groups}
    if ours != {row[0]: row[1] for row in plain["category"][2]}:
        raise RuntimeError(f"by category: ours {ours}")


async def _sqlite(folder: Path, number: int) -> dict[str, Any]:
    config = LedgerConfig(url=f"sqlite:///{folder}/ledger.db")
    async with open_ledger(config, folder, KEYS):
        pass  # makes the schema
    await asyncio.to_thread(fill_sqlite, folder / "ledger.db", number)
    reading = sqlite3.connect(folder / "ledger.db", check_same_thread=False)
    reading.execute("PRAGMA query_only=ON")

    async def ask(text: str) -> list[Sequence[Any]]:
        return await asyncio.to_thread(lambda: reading.execute(text).fetchall())

    with closing(reading):
        async with open_ledger(config, folder, KEYS) as ledger:
            return await _measured(ledger, ask, "") | {"bytes": _kept_sqlite(reading)}


def _kept_sqlite(reading: sqlite3.Connection) -> dict[str, int]:
    """Bytes of what is kept for figures, and of the whole ledger; {} where SQLite was built without dbstat."""
    try:
        kept = reading.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'figure%'").fetchone()[0]
        whole = reading.execute("SELECT sum(pgsize) FROM dbstat").fetchone()[0]
    except sqlite3.OperationalError:
        return {}
    return {"figures": kept, "all": whole}


async def _postgres(url: str, folder: Path, number: int) -> dict[str, Any]:
    config = LedgerConfig(url=url)
    async with open_ledger(config, folder, KEYS):
        pass
    await fill_postgres(url, number)
    connection = await asyncpg.connect(url)
    try:
        async with open_ledger(config, folder, KEYS) as ledger:
            return await _measured(ledger, connection.fetch, _PERCENTILES)
    finally:
        await connection.close()


def _live(number: int = 60_000) -> dict[str, float]:
    """Microseconds a change of a call, of the day's first calls and of its last: each call is told four times."""
    dice, live = random.Random(1), LiveFigures(ZONE)
    begin = BEGIN.timestamp()
    made = [_call(n, begin + n * 86_000 / number, dice) for n in range(number)]
    live.roll(begin)
    costs = []
    for part in (made[: number // 6], made[number // 6 : -number // 6], made[-number // 6 :]):
        began = time.perf_counter()
        for one in part:
            for _ in range(4):
                live.call(one)
        costs.append((time.perf_counter() - began) / len(part) / 4 * 1e6)
    began = time.perf_counter()
    live.view(begin + 86_000)
    return {"early_us": costs[0], "late_us": costs[-1], "view_ms": (time.perf_counter() - began) * 1000}


def measure(number: int = CALLS) -> dict[str, Any]:
    """About ten minutes, most of which is making the month."""
    with on_disk("figures") as folder:
        result: dict[str, Any] = {"calls": number, "live": _live()}
        (folder / "sqlite").mkdir()
        result["sqlite"] = asyncio.run(_sqlite(folder / "sqlite", number))
        with postgres(folder) as server:
            result["postgres"] = asyncio.run(_postgres(server.make("figures"), folder, number))
    return result


def rows(result: dict[str, Any]) -> list[Row]:
    """The slowest report of each database beside the quickest plain statement; live; counting the month anew."""
    made = []
    for key, name in (("sqlite", "SQLite"), ("postgres", "PostgreSQL")):
        took, plain = result[key]["reports_s"], result[key]["plain_s"]
        slowest = max(took, key=lambda one: took[one])
        quickest = min(plain, key=lambda one: plain[one])
        usual = sorted(took.values())[len(took) // 2]
        made += [
            Row(f"figures: slowest report of {result['calls']:,} calls, {name} (by {slowest})",
                f"{took[slowest] * 1000:.0f} ms (median report {usual * 1000:.0f})",
                f"plain SQL, by {quickest}, the quickest: {plain[quickest] * 1000:,.0f} ms",
                f"{plain[quickest] / took[slowest]:.1f}", f"< {MOST_S:.0f} s", took[slowest] < MOST_S),
            Row(f"figures: by agent, {name}", f"{took['agent'] * 1000:.0f} ms",
                f"plain SQL: {plain['agent'] * 1000:,.0f} ms", f"{plain['agent'] / took['agent']:.1f}", "", None),
            Row(f"figures: the month counted anew, {name}", f"{result[key]['counting_s']:.0f} s", "", "", "", None),
        ]  # fmt: skip
    live = result["live"]
    made.append(
        Row("figures: live, a change of a call late in a day of 60,000", f"{live['late_us']:.1f} us",
            f"early: {live['early_us']:.1f} us", f"{live['late_us'] / live['early_us']:.2f}", "<= 1.5",
            live["late_us"] <= 1.5 * live["early_us"])
    )  # fmt: skip
    return made


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
