"""Durable submissions a second through the ledger (a ticket, its key and its event in a transaction), beside the raw
limit: bare sqlite3 inserting the same rows with a sync per transaction, in the same folder, in the same run.

    python -m bench.ledger [FOLDER]

FOLDER lies on the disk to measure; without one it is the working directory's, since /tmp may be memory.
The raw side writes finished rows: no look-up, no numbering, no encryption. About 15 seconds in all.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.table import Row, run
from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.records import Ticket
from gateway.tickets.ports import TicketDraft, Tx

SECONDS = 2.0
CONCURRENCY = (1, 8, 64)
KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
TABLES = ("ticket_keys", "tickets", "events")
CONTENT = "解放路路灯不亮，已经三天了，请尽快派人来修。" * 4


async def submission(tx: Tx, key: str) -> Ticket:
    """What a channel's webhook will do before it acknowledges."""
    now = time.time()
    fields = {"calling_number": "13812345678", "name": "王小明", "title": "路灯不亮", "content": CONTENT}
    ticket, _ = await tx.open_ticket(TicketDraft("web", "460000", now, now, fields=fields), key)
    await tx.emit("hotline.ticket.opened.v1", ticket.ticket_no, {"ticket_no": ticket.ticket_no, "channel": "web"}, now)
    return ticket


async def rate(ledger: SqlLedger, at_once: int) -> float:
    """Submissions acknowledged a second with so many submitters, each waiting for its own commit."""
    done, began = 0, time.perf_counter()
    until = began + SECONDS

    async def submitter(name: int) -> None:
        nonlocal done
        n = 0
        while time.perf_counter() < until:
            n += 1
            await ledger.write(lambda tx, key=f"{at_once}/{name}/{n}": submission(tx, key))
            done += 1

    async with asyncio.TaskGroup() as tasks:
        for name in range(at_once):
            tasks.create_task(submitter(name))
    return done / (time.perf_counter() - began)


async def gateway_rates(folder: Path) -> dict[int, float]:
    async with open_ledger(LedgerConfig(url=f"sqlite:///{folder}/ledger.db"), folder, KEYS) as ledger:
        return {at_once: await rate(ledger, at_once) for at_once in CONCURRENCY}


def raw_rate(folder: Path, group: int) -> float:
    """Bare inserts of the ledger's own rows into a copy of its schema, ``group`` submissions a synced transaction."""
    source = sqlite3.connect(folder / "ledger.db")
    limit = sqlite3.connect(folder / f"raw{group}.db", isolation_level=None)
    limit.execute("PRAGMA journal_mode=WAL")
    limit.execute("PRAGMA synchronous=FULL")
    for (statement,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"):
        limit.execute(statement)
    columns = [source.execute(f"SELECT * FROM {table} LIMIT 20000").fetchall() for table in TABLES]
    inserts = [
        f"INSERT INTO {t} VALUES ({','.join('?' * len(rows[0]))})" for t, rows in zip(TABLES, columns, strict=True)
    ]
    written = _write(limit, inserts, list(zip(*columns, strict=True)), group)
    source.close()
    limit.close()
    return written


def _write(limit: sqlite3.Connection, inserts: list[str], submissions: list[Iterable[Any]], group: int) -> float:
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS and done + group <= len(submissions):
        limit.execute("BEGIN IMMEDIATE")
        for rows in submissions[done : done + group]:
            for insert, row in zip(inserts, rows, strict=True):
                limit.execute(insert, row)
        limit.execute("COMMIT")
        done += group
    return done / (time.perf_counter() - began)


def measure(folder: Path) -> dict[str, Any]:
    """Rates by concurrency, and each beside bare sqlite3 syncing every submission and every such group."""
    rates = asyncio.run(gateway_rates(folder))
    raw_single = raw_rate(folder, 1)
    runs = {}
    for at_once, achieved in rates.items():
        raw_group = raw_single if at_once == 1 else raw_rate(folder, at_once)
        runs[at_once] = {
            "per_s": achieved,
            "raw_sync_each_per_s": raw_single,
            "raw_sync_group_per_s": raw_group,
            "ratio_sync_each": achieved / raw_single,
            "ratio_sync_group": achieved / raw_group,
        }
    return {"runs": runs}


def rows(result: dict[str, Any]) -> list[Row]:
    """Told without a target, beside what the disk can do when as many submissions share a sync."""
    return [
        Row(
            f"ledger: submissions made durable, {at_once} at once",
            f"{one['per_s']:,.0f}/s",
            f"bare sqlite3, a sync a group of {at_once}: {one['raw_sync_group_per_s']:,.0f}/s",
            f"{one['ratio_sync_group']:.2f}",
            "",
            None,
        )
        for at_once, one in result["runs"].items()
    ]


def main() -> None:
    where = sys.argv.pop() if len(sys.argv) > 1 and not sys.argv[-1].startswith("-") else "."
    with tempfile.TemporaryDirectory(prefix="bench-ledger-", dir=where) as folder:
        run(lambda: measure(Path(folder)), rows, __doc__ or "")


if __name__ == "__main__":
    main()
