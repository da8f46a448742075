"""Does the ledger stay quick when it has grown? The intake's rate over HTTP and look-ups by number, at 1,000,000
tickets beside an empty ledger (SQLite, synced).

The tickets of a year before are written with the ledger's own statements and rows, sealed as ever, each with its key,
message, original and event; unsynced and in order of their keys, which leaves the same trees behind. Look-ups are by
ticket number (what pages and the public look-up do) and by telephone number (what an agent's search does), on the
opened ledger, each for another ticket, after the gateway has ended.

The rate is taken of an empty ledger and of the full one by turns, ROUNDS times; of each the middle round stands, and
every round is told in the JSON. A round is another empty ledger and other citizens; the full ledger is one and the
same, and grows by a fortieth or so in every round.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.intake import FIRST, at_full, middle
from bench.served import gateway, on_disk
from bench.table import Row, run
from gateway.ledger.config import LedgerConfig
from gateway.ledger.driver import Sql
from gateway.ledger.personal import LedgerKeys, Seal
from gateway.ledger.rows import event_row, ticket_row
from gateway.ledger.rows_messages import message_row, raw_row
from gateway.ledger.sqlite import SqliteDatabase
from gateway.ledger.statements import Statements
from gateway.ledger.store import SqlLedger, open_ledger
from gateway.model.ids import TicketNo, new_id, ticket_no
from gateway.model.messages import KeptMessage, Message, Person, Raw
from gateway.model.records import Event, Ticket
from gateway.settings import load, load_secrets
from gateway.tickets.telling import ticket_data
from tools.lab.site import CONFIG

TICKETS = 1_000_000
A_DAY = 2_740
LOOKUPS = 2_000
ROUNDS = 5
CITIZENS = 10_000_000
"""Numbers kept for one round: a citizen who said the same before would open no ticket."""
SHARE, LOOKUP_MS = 0.9, 5.0
_PART = 20_000
_TEXT = "小区门口的路灯已经坏了三天，晚上漆黑一片，老人和孩子出入很不安全，多次向物业反映都没有人来修，请尽快派人处理。"


def _number(n: int) -> str:
    return f"139{n:08d}"


def _ticket(n: int, begin: datetime) -> Ticket:
    day, running = begin + timedelta(days=n // A_DAY), n % A_DAY + 1
    at = day.timestamp() + running * 30
    return Ticket(
        ticket_no=ticket_no("460000", day.date(), running), id=new_id(), revision=1, state="closed", channel="web",
        account="page", entry_number="", track="own", area_code="460000", received_at=at, occurred_at=at,
        title="路灯不亮", content=_TEXT, kind="投诉", category="0301", query_code="ABCDEF", raw_id=new_id(),
        contact_number=_number(n), name="王小明", address=f"海口市美兰区人民大道{n}号",
    )  # fmt: skip


class _Filler:
    """Writes parts of the tickets. What differs from row to row is made anew, the rest copied."""

    def __init__(self, connection: sqlite3.Connection, seal: Seal) -> None:
        self._connection, self._seal = connection, seal
        self._sql = Statements(SqliteDatabase.dialect)
        self._begin = datetime(2025, 1, 1, tzinfo=UTC)

    def _many(self, sql: Sql, rows: list[Any]) -> None:
        self._connection.executemany(sql.text, [sql.args(row) for row in rows])

    def part(self, first: int, count: int, keys: Iterator[bytes], ids: Iterator[str]) -> None:
        """Tickets ``first`` on, with all that belongs to them."""
        seal, tickets = self._seal, [_ticket(n, self._begin) for n in range(first, first + count)]
        self._many(self._sql.add_ticket, [ticket_row(one, seal) for one in tickets])
        said = Message("", "web", "page", "form", 0.0, 0.0, "", person=Person(name="王小明"), text=_TEXT)
        kept = [KeptMessage(new_id(), one.raw_id, one.ticket_no, said) for one in tickets]
        self._many(self._sql.add_message, [message_row(one, seal) for one in kept])
        raws = [Raw(t.raw_id, "web", "page", t.received_at, "application/json", _TEXT.encode(), {}) for t in tickets]
        self._many(self._sql.add_raw, [raw_row(one, seal) for one in raws])
        data = ticket_data(tickets[0])
        events = [Event(0, new_id(), "hotline.ticket.opened.v1", t.ticket_no, t.received_at, data) for t in tickets]
        self._many(self._sql.add_event, [event_row(one, first + n + 1, seal) for n, one in enumerate(events)])
        insert = self._connection.executemany
        insert("INSERT INTO message_keys VALUES (?, ?)", [(next(keys), one.id) for one in kept])
        insert("INSERT INTO ticket_keys VALUES (?, ?)", [(next(ids), one.id) for one in tickets])

    def all(self, tickets: int) -> None:
        """Indexes of hashes are made at the end, from sorted keys, as are the keys themselves."""
        keys = iter(sorted(os.urandom(16) for _ in range(tickets)))
        ids = iter(sorted(f"#{os.urandom(16).hex()}" for _ in range(tickets)))
        run_ = self._connection.execute
        later = run_("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        for name, _ in later:
            run_(f"DROP INDEX {name}")
        for first in range(0, tickets, _PART):
            self.part(first, min(_PART, tickets - first), keys, ids)
        for _, made in later:
            run_(made)
        run_("INSERT OR REPLACE INTO feed_head VALUES ('feed', ?)", (tickets,))
        run_("DELETE FROM figure_marks")  # of a year ago: they have been counted long since


def fill(folder: Path, tickets: int) -> float:
    """Fill the ledger in ``folder``, which a gateway has made. Returns the seconds it took."""
    began = time.monotonic()
    with closing(sqlite3.connect(folder / "ledger.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=MEMORY")
        connection.execute("PRAGMA cache_size=-1000000")
        connection.execute("BEGIN")
        _Filler(connection, Seal(keys_of(folder))).all(tickets)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")
    os.sync()
    return time.monotonic() - began


def keys_of(folder: Path) -> LedgerKeys:
    environ = {"GATEWAY__GATEWAY__STATE_DIR": str(folder)}
    secrets = load_secrets(folder, load(CONFIG, environ))
    return LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)


async def _timed(ledger: SqlLedger, number: str, by_phone: bool) -> float:
    began = time.perf_counter()
    if by_phone:
        found = await ledger.tickets(number=number, limit=20)
    else:
        found = [one] if (one := await ledger.ticket(TicketNo(number))) else []
    took = time.perf_counter() - began
    if not found:
        raise RuntimeError(f"{number} was not found")
    return took


async def _lookups(folder: Path, tickets: int) -> dict[str, float]:
    chosen = random.Random(12345).sample(range(tickets), min(LOOKUPS, tickets))
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    async with open_ledger(LedgerConfig(), folder, keys_of(folder)) as ledger:
        told = {}
        for name, by_phone in (("ticket", False), ("phone", True)):
            asked = [_number(n) if by_phone else _ticket(n, begin).ticket_no for n in chosen]
            times = sorted([await _timed(ledger, number, by_phone) for number in asked])
            told |= {f"{name}_p50_s": times[len(times) // 2], f"{name}_p99_s": times[int(len(times) * 0.99)]}
    return told


def _round(folder: Path, number: int) -> dict[str, Any]:
    """What ``intake.at_full`` tells of the ledger in ``folder``."""
    with gateway(folder) as served:
        return at_full(served, FIRST + number * CITIZENS)


def measure(tickets: int = TICKETS) -> dict[str, Any]:
    """About four minutes."""
    rounds: dict[str, list[dict[str, Any]]] = {"empty": [], "full": []}
    with on_disk("growth") as folder:
        full = folder / "full"
        full.mkdir()
        with gateway(full):
            pass  # makes the schema and the keys to fill it with
        took = fill(full, tickets)
        size = (full / "ledger.db").stat().st_size
        for number in range(ROUNDS):
            empty = folder / f"empty{number}"
            empty.mkdir()
            rounds["empty"].append(_round(empty, number))
            rounds["full"].append(_round(full, number))
        looked = asyncio.run(_lookups(full, tickets))
    return {
        "tickets": tickets, "fill_s": took, "bytes": size, "lookups": looked, "rounds": rounds,
        **{name: middle(some) for name, some in rounds.items()},
    }  # fmt: skip


def rows(result: dict[str, Any]) -> list[Row]:
    """The rate beside the empty ledger's, and both look-ups."""
    empty, full = result["empty"]["full"]["per_s"], result["full"]["full"]["per_s"]
    share, seen = full / empty, result["lookups"]
    many, gib = f"{result['tickets']:,}", result["bytes"] / 2**30
    made = [
        Row(f"growth: submissions at {many} tickets ({gib:.1f} GiB)", f"{full:,.0f}/s", f"empty: {empty:,.0f}/s",
            f"{share:.2f}", f">= {SHARE}", share >= SHARE)
    ]  # fmt: skip
    for key, name in (("ticket", "ticket number"), ("phone", "telephone number")):
        p99 = seen[f"{key}_p99_s"] * 1000
        half = seen[f"{key}_p50_s"] * 1000
        made.append(
            Row(f"growth: look-up by {name}, p99", f"{p99:.2f} ms (p50 {half:.2f})", f"{LOOKUP_MS:.0f} ms",
                f"{p99 / LOOKUP_MS:.2f}", f"< {LOOKUP_MS:.0f} ms", p99 < LOOKUP_MS)
        )  # fmt: skip
    return made


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
