"""One recorded day of calls, tickets, transfers and agents' time, written by hand, and every figure of it computed by
hand beside: what the ledger's figures say must be that, on SQLite and on PostgreSQL, and live as well.

The day is 2026-11-21 in Shanghai; it is looked at on the next morning at 10:00.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from gateway.kpi.counting import Rules, TimeRow
from gateway.kpi.definitions import DEFINITIONS
from gateway.kpi.live import LiveFigures
from gateway.kpi.ports import CallFilter
from gateway.kpi.reports import By, FigureReports, Report, Wanted
from gateway.kpi.settling import Settler
from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.ids import AgentId, CallId, QueueId, SeatId
from gateway.model.records import CallRecord
from gateway.model.transfers import Transfer
from gateway.tickets.ports import TicketDraft, Tx
from tests.servers import Postgres, fresh_database, postgres_server

__all__ = ["postgres_server"]

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 11, 21, tzinfo=ZONE)
NOW = (DAY + timedelta(days=1, hours=10)).timestamp()


def at(clock: str, days: int = 0) -> float:
    hours, minutes, *seconds = clock.split(":")
    passed = timedelta(days=days, hours=int(hours), minutes=int(minutes), seconds=float(seconds[0]) if seconds else 0)
    return (DAY + passed).timestamp()


def call(
    id: str, clock: str, queue: str | None, agent: str | None, wait: float | None, outcome: str | None,
    talk: float | None = None, hold: float | None = None, wrap: float | None = None, *,
    entry: str = "12345", direction: str = "in", days: int = 0, over: bool = True,
) -> CallRecord:  # fmt: skip
    """A call that came at ``clock`` and went straight into the queue, if it has one."""
    began = at(clock, days)
    answered = began + (wait or 0) if agent is not None and outcome in ("answered", None) else None
    ended = began + (wait or 0) + (talk or 0) + (hold or 0) if over else None
    return CallRecord(
        CallId(id), began, entry_number=entry, direction=cast("Any", direction), queue=cast("QueueId | None", queue),
        agent=AgentId(agent) if agent else None, queued_at=began if queue else None, answered_at=answered,
        ended_at=ended, wait_s=wait, talk_s=talk, hold_s=hold, wrap_s=wrap, outcome=cast("Any", outcome),
        caller_number="13812345678",
    )  # fmt: skip


CALLS = [
    #     clock       queue      agent   wait  outcome              talk hold wrap
    call("1", "09:00", "hotline", "1001", 3.0, "answered", 60, 0, 10),
    call("2", "09:05", "hotline", "1002", 15.0, "answered", 120, 30, 20),  # 15 s is within 15 s
    call("3", "09:10", "hotline", "1001", 15.1, "answered", 180, 0, None),  # 15.1 s is not
    call("4", "09:20", "hotline", None, 4.0, "abandoned_queue"),  # within 5 s: shown apart, and lost
    call("5", "09:25", "hotline", None, 40.0, "abandoned_queue"),
    call("6", "09:40", "hotline", None, 12.0, "abandoned_ringing"),
    call("7", "10:00", "social", "1003", 8.0, "answered", 300, 60, 30, entry="12333"),
    call("8", "10:10", "social", None, 60.0, "no_answer", entry="12333"),
    call("9", "10:15", "social", None, 0.0, "queue_full", entry="12333"),
    call("10", "10:20", "social", None, 0.0, "no_seat", entry="12333"),
    call("11", "10:30", "hotline", None, 300.0, "timed_out"),
    call("12", "10:45", "hotline", None, 2.0, "system"),
    call("13", "10:50", "hotline", None, 20.0, "ended_unseen"),
    call("14", "11:00", "hotline", "1001", 5.0, "answered", 0, 0, None),  # answered, and nobody spoke: lost
    call("15", "11:10", None, None, None, "self_service"),
    call("16", "11:12", None, None, None, "abandoned_flow"),
    call("17", "11:30", None, "1002", None, "answered", 45, 0, None, direction="out"),
    call("18", "11:40", None, "1002", None, "no_answer", direction="out"),
    call("19", "11:50", "hotline", None, None, None, over=False),  # still waits: not decided
    call("20", "11:55", "hotline", "1001", 6.0, None, over=False),  # still talks: answered, not handled
    call("21", "23:59:50", "hotline", "1002", 20.0, "answered", 30, 0, 5),  # over midnight: of the day it began in
    call("22", "00:00:00", "hotline", "1001", 1.0, "answered", 10, 0, 0, days=1),  # the next day's first
    call("23", "23:59:59", "hotline", "1001", 1.0, "answered", 10, 0, 0, days=-1),  # the last one's last
]  # fmt: skip


def ticket(clock: str, channel: str = "phone", **fields: Any) -> tuple[TicketDraft, dict[str, Any]]:
    """A ticket as it is opened, and as it is on the next morning."""
    draft = TicketDraft(channel, fields.pop("area", "460000"), at(clock), at(clock), fields.pop("entry", "12345"))
    later = {"agent_id": "1001", "queue": "hotline" if channel == "phone" else "", **fields}
    return draft, {name: at(value) if name.endswith("_at") else value for name, value in later.items()}


TICKETS = [
    # closed on the spot, satisfied
    ticket("09:00:03", call_id="1", state="closed", satisfaction=5, category="0101", talk_s=60.0, hold_s=0.0,
           wrap_s=10.0),
    # call 2 is over at 09:07:45: sent on after exactly 10 minutes; not satisfied
    ticket("09:05:15", call_id="2", state="closed", sent_at="09:17:45", satisfaction=2, category="0101", talk_s=120.0,
           hold_s=30.0, wrap_s=20.0),
    # call 3 is over at 09:13:15.1: sent on a second too late
    ticket("09:10:15", call_id="3", state="sent", sent_at="09:23:16.2"),
    # never sent on
    ticket("10:00:08", call_id="7", state="accepted", queue="social", entry="12333", area="460100"),
    # its call lasts
    ticket("11:55:06", call_id="20"),
    ticket("12:00", "sms", state="sent", first_response_at="12:02:59", sent_at="12:05"),
    ticket("12:10", "wechat", state="closed", first_response_at="12:14", satisfaction=4),
    ticket("08:00", "email", state="accepted", first_response_at="20:00"),
    ticket("13:00", "web"),  # 24 h are not over yet
    ticket("14:00", "sms"),  # 3 minutes are
    ticket("15:00", "sms", state="closed"),  # the same matter over again: waits for nobody
    ticket("16:00", "partner", state="closed"),  # partners are not asked how satisfied they are
]  # fmt: skip

TRANSFERS = [("110", "1", "completed"), ("110", "2", "no_answer"), ("12366", "7", "completed"), ("", "3", "cancelled"),
             ("110", "5", None)]  # fmt: skip

TIMES = [
    #        quarter                 agent  idle ringing talking held wrap outbound resting   (s)
    TimeRow(int(at("09:00") // 900), "1001", 3000, 30, 240, 0, 10, 0, 720),
    TimeRow(int(at("09:15") // 900), "1002", 1500, 60, 195, 30, 25, 190, 0),
    TimeRow(int(at("10:00") // 900), "1003", 1000, 0, 300, 60, 30, 0, 600),
]

BY_HAND: dict[str, float | None] = {
    # answered: 1 2 3 7 20 21; lost: 4 5 6 8 9 10 11 12 13 14
    "requests": 16, "answered": 6, "connection_rate": 0.375,  # 6 / 16
    "rate_15s": 0.25, "rate_15s_answered": 0.6667,  # 1 2 7 20: 4 / 16 by R, 4 / 6 by A
    "lost": 10, "lost_rate": 0.625,
    "lost_queue": 2, "lost_ringing": 1, "lost_no_answer": 1, "lost_full": 1, "lost_no_seat": 1, "lost_timeout": 1,
    "lost_system": 2, "lost_unseen": 1,  # system: 12, and 14 that nobody spoke in
    "short_abandoned": 1,
    # answered 3 + 15 + 15.1 + 8 + 6 + 20 = 67.1; lost 4 + 40 + 12 + 60 + 0 + 0 + 300 + 2 + 20 + 5 = 443
    "wait_mean_all": 31.881,  # 510.1 / 16
    "wait_p95_all": 300.0,  # rank 16 of 0 0 2 3 4 5 6 8 12 15 15.1 20 20 40 60 300
    "wait_mean": 11.183,  # 67.1 / 6
    "wait_p95": 20.0,  # rank 6 of 3 6 8 15 15.1 20
    # over: 1 2 3 7 21
    "handled": 5,
    "talk_mean": 138.0, "talk_s": 690.0,  # 60 + 120 + 180 + 300 + 30
    "hold_mean": 18.0, "hold_s": 90.0,  # 30 + 60
    "wrap_mean": 13.0, "wrap_s": 65.0,  # 10 + 20 + 30 + 5
    "handling_mean": 169.0,  # 845 / 5
    # talk 735 + hold 90 + out 190 + wrap 65 = 1080; signed in 7990, at rest 1320
    "occupancy": 0.1619,  # 1080 / 6670
    "utilisation": 0.8348,  # (1080 + 90 ringing + 5500 idle) / 7990
    "signed_in_s": 7990.0, "available_s": 6670.0,
    "tickets": 12,
    "direct_rate": 0.3333,  # closed, never sent on: 4 / 12
    "sent_on_in_time": 0.2857,  # 2 in time; 1 late, 4 overdue
    "first_response_mean": 14_539.667,  # (179 + 240 + 43 200) / 3
    "first_response_in_time": 0.5,  # sms and email in time; wechat late, one sms overdue
    "satisfied_rate": 0.6667,  # 5 and 4 of 5 4 2
    "rated_rate": 0.75,  # 3 of 4 closed
    "transfers": 4, "transfers_completed": 2, "transfers_completed_rate": 0.5,
    "calls_in": 19, "self_service": 1, "left_in_flow": 1, "out_calls": 2, "out_answered": 1,
}  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlLedger]:
    url = f"sqlite:///{tmp_path}/ledger.db"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres_server")
        url = await fresh_database(server)
    async with open_ledger(LedgerConfig(url=url), tmp_path, KEYS) as opened:
        await opened.write(write_day)
        await opened.add_agent_times([TimeRow(*row[:2], *(1000 * s for s in row[2:])) for row in TIMES], "t", {})
        yield opened


async def write_day(tx: Tx) -> None:
    for one in CALLS:
        await tx.save_call(one)
    for draft, later in TICKETS:
        opened, _ = await tx.open_ticket(draft, None)
        await tx.update_ticket(opened.ticket_no, later)
    for number, (partner, of_call, outcome) in enumerate(TRANSFERS):
        await tx.save_transfer(transfer(f"x{number}", partner, of_call, outcome))


def transfer(id: str, partner: str, of_call: str, outcome: str | None) -> Transfer:
    began = at("09:30") + int(of_call)
    made = Transfer(
        id, id, CallId(of_call), "attended", partner, SeatId("A001"), AgentId("1001"), began, partner, version=1
    )
    return made if outcome is None else replace(made, phase="ended", outcome=cast("Any", outcome), ended_at=began + 60)


def book(ledger: SqlLedger) -> FigureReports:
    settler = Settler(ledger, ZONE, "Asia/Shanghai", Rules, lambda: NOW)
    return FigureReports(ledger, settler, ZONE, fresh_s=0.0, patience_s=60.0)


async def report(ledger: SqlLedger, by: By, **where: str) -> Report:
    return await book(ledger).report(Wanted(by, at("00:00"), at("00:00", 1), where))


async def test_every_figure_of_the_day_is_as_computed_by_hand(ledger: SqlLedger) -> None:
    made = await report(ledger, "day")
    assert made.total == BY_HAND
    assert set(BY_HAND) == {one.id for one in DEFINITIONS}
    assert [(one.group, one.values) for one in made.groups] == [("2026-11-21", BY_HAND)]


async def test_the_groups_are_as_counted_by_hand(ledger: SqlLedger) -> None:
    async def counted(by: By, figure: str, **where: str) -> dict[str, Any]:
        return {one.group: one.values[figure] for one in (await report(ledger, by, **where)).groups}

    hours = await counted("hour", "requests")
    assert {name[11:13]: count for name, count in hours.items() if count} == {"09": 6, "10": 7, "11": 2, "23": 1}
    assert len(hours) == 24
    assert await counted("queue", "requests") == {"hotline": 12, "social": 4, "": 0}
    assert await counted("queue", "answered") == {"hotline": 5, "social": 1, "": 0}
    assert await counted("entry_number", "lost") == {"12345": 7, "12333": 3}
    assert await counted("agent", "answered") == {"": 0, "1001": 3, "1002": 2, "1003": 1}
    assert await counted("agent", "occupancy") == {"": None, "1001": 0.0762, "1002": 0.22, "1003": 0.2806}
    assert await counted("agent", "answered", queue="hotline") == {"": 0, "1001": 3, "1002": 2}
    assert await counted("queue", "answered", agent="1001", entry_number="12345") == {"hotline": 3, "": 0}
    tickets = {"phone": 5, "sms": 3, "wechat": 1, "email": 1, "web": 1, "partner": 1}
    assert await counted("channel", "tickets") == tickets
    responses = {"phone": None, "sms": 0.5, "wechat": 0.0, "email": 1.0, "web": None, "partner": None}
    assert await counted("channel", "first_response_in_time") == responses
    assert await counted("area", "tickets") == {"460000": 11, "460100": 1}
    assert await counted("category", "handling_mean") == {"": None, "0101": 120.0}  # (70 + 170) / 2
    assert await counted("partner", "transfers") == {"110": 2, "12366": 1, "": 1}
    assert await counted("partner", "transfers_completed_rate") == {"110": 0.5, "12366": 1.0, "": 0.0}
    assert await counted("partner", "transfers", queue="social") == {"12366": 1}


async def test_the_calls_behind_a_figure_are_those_that_were_counted(ledger: SqlLedger) -> None:
    async def behind(**asked: Any) -> list[int]:
        found = await ledger.figure_calls(CallFilter(at("00:00"), at("00:00", 1), **asked))
        return sorted(int(one.call_id) for one in found)

    assert await behind(outcome="answered") == [1, 2, 3, 7, 20, 21]
    assert await behind(outcome="lost") == [4, 5, 6, 8, 9, 10, 11, 12, 13, 14]
    assert await behind(outcome="requested") == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 20, 21]
    assert await behind(outcome="requested", queue="social") == [7, 8, 9, 10]
    assert await behind(outcome="late") == [3, 21]
    assert await behind(outcome="short") == [4]
    assert await behind(outcome="lost", cause="abandoned_queue") == [4, 5]
    assert await behind(outcome="lost", queue="social", entry_number="12333") == [8, 9, 10]
    assert await behind(outcome="answered", agent="1001") == [1, 3, 20]
    assert await behind(agent="", queue="") == [15, 16]
    first = await ledger.figure_calls(CallFilter(at("00:00"), at("00:00", 1), outcome="late", limit=1))
    assert [str(one.call_id) for one in first] == ["21"]
    assert await behind(outcome="late", after="21") == [3]


async def test_live_figures_are_those_of_the_ledger(ledger: SqlLedger) -> None:
    live = LiveFigures(ZONE)
    live.roll(at("23:59:59"))
    for one in CALLS:
        live.call(replace(one, ended_at=None, answered_at=None, talk_s=None, outcome=None))  # first as it came
        live.call(one)
    seen = live.view(at("23:59:59"))
    of_calls = [one.id for one in DEFINITIONS if one.of in ("calls", "handling")]
    assert {name: seen.figures[name] for name in of_calls} == {name: BY_HAND[name] for name in of_calls}
    hotline = next(one for one in (await report(ledger, "queue")).groups if one.group == "hotline")
    assert {name: seen.queues["hotline"][name] for name in of_calls} == {
        name: hotline.values[name] for name in of_calls
    }
    assert [one["requests"] for one in seen.by_hour] == [*[0] * 9, 6, 7, 2, *[0] * 11, 1]


async def test_a_day_before_and_a_day_after_are_not_of_the_day(ledger: SqlLedger) -> None:
    made = await book(ledger).report(Wanted("day", at("00:00", -1), at("00:00", 2), compare=True))
    assert [one.values["requests"] for one in made.groups] == [1, 16, 1]
    assert [one.before and one.before["requests"] for one in made.groups] == [0, 0, 0]
    next_day = await book(ledger).report(Wanted("queue", at("00:00", 1), at("00:00", 2), compare=True))
    assert next_day.before == BY_HAND
