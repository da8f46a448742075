"""Trouble with the disk or the lock is said clearly, loses nothing acknowledged and does not stop the writer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.ledger import LedgerConfig, LedgerError, LedgerKeys, LedgerUnavailable, SqlLedger, open_ledger
from gateway.ledger.sqlite import SqliteDatabase
from gateway.tickets.ports import Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process's write transaction, held for the block."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def writing_connection(ledger: SqlLedger) -> sqlite3.Connection:
    database = ledger._database
    assert isinstance(database, SqliteDatabase)
    return database.writing


async def test_every_commit_is_synced_in_write_ahead_mode(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        pragmas = {
            name: writing_connection(ledger).execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_a_locked_ledger_answers_clearly_and_works_again_when_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ledger.store._HEALTH_S", 60.0)
    async with open_ledger(LedgerConfig(busy_s=0.1), tmp_path, KEYS) as ledger:
        with locked(tmp_path / "ledger.db"):
            with pytest.raises(LedgerUnavailable, match="another process"):
                await ledger.write(lambda tx: tx.save_state("a", {}))
            assert not await ledger.healthy()
            assert await ledger.state("a") is None  # reading goes on
        await ledger.write(lambda tx: tx.save_state("a", {"n": 1}))
        assert await ledger.state("a") == {"n": 1}
        assert await ledger.healthy()


async def test_a_short_lock_is_waited_out_without_blocking_the_loop(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(busy_s=60), tmp_path, KEYS) as ledger, asyncio.TaskGroup() as tasks:
        with locked(tmp_path / "ledger.db"):
            writing = tasks.create_task(ledger.write(lambda tx: tx.save_state("a", {"n": 1})))
            done, _ = await asyncio.wait({writing}, timeout=0.2)
            assert not done
            assert await ledger.state("a") is None
        async with asyncio.timeout(60):
            await writing
        assert await ledger.state("a") == {"n": 1}


async def test_a_full_disk_fails_the_work_and_the_writer_survives(tmp_path: Path) -> None:
    async def much(tx: Tx) -> None:
        await tx.save_state("much", {"text": "x" * 4_000_000})

    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        await ledger.write(lambda tx: tx.save_state("before", {"n": 1}))
        pages = writing_connection(ledger).execute("PRAGMA page_count").fetchone()[0]
        writing_connection(ledger).execute(f"PRAGMA max_page_count={pages + 20}")
        results = await asyncio.gather(
            ledger.write(lambda tx: tx.save_state("small", {})), ledger.write(much), return_exceptions=True
        )
        assert isinstance(results[1], LedgerUnavailable)
        assert "full" in str(results[1])
        assert await ledger.state("much") is None
        # What was acknowledged is there; what was not, is not.
        assert (await ledger.state("small") is not None) == (results[0] is None)
        await ledger.write(lambda tx: tx.save_state("after", {"n": 2}))
        assert (await ledger.state("before"), await ledger.state("after")) == ({"n": 1}, {"n": 2})


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 31, 32, 100])
async def test_rows_that_go_in_together_are_all_there_and_the_last_of_a_key_counts(tmp_path: Path, count: int) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        session = await ledger._database.begin()
        rows = [{"area_code": f"{n:03d}", "day": "20261122", "running": 1} for n in range(count)]
        again = [{**row, "running": 2} for row in rows[: count // 2]]
        await session.run_many(ledger._sql.put_counter, [*rows, *again])
        await ledger._database.commit()
        found = writing_connection(ledger).execute("SELECT running FROM ticket_counters ORDER BY area_code").fetchall()
    assert found == [(2,)] * (count // 2) + [(1,)] * (count - count // 2)


async def test_of_rows_that_go_in_together_one_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        session = await ledger._database.begin()
        rows = [{"area_code": f"{n:03d}", "day": "20261122", "running": n} for n in range(40)]
        rows[20]["running"] = None  # type: ignore[assignment]
        with pytest.raises(LedgerError, match="NOT NULL"):
            await session.run_many(ledger._sql.put_counter, rows)
        await ledger._database.rollback()
        assert writing_connection(ledger).execute("SELECT count(*) FROM ticket_counters").fetchone() == (0,)


async def test_what_went_in_before_a_row_that_cannot_be_kept_goes_with_its_piece(tmp_path: Path) -> None:
    async def works(tx: Tx) -> None:
        await tx.save_state("kept", {})

    async def fails(tx: Tx) -> None:
        session = tx._group.session  # type: ignore[attr-defined]
        rows = [{"area_code": f"{n:03d}", "day": "20261122", "running": n} for n in range(40)]
        rows[20]["running"] = None  # type: ignore[assignment]
        await session.run_many(tx._sql.put_counter, rows)  # type: ignore[attr-defined]

    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        results = await asyncio.gather(ledger.write(works), ledger.write(fails), return_exceptions=True)
        assert isinstance(results[1], LedgerError)
        assert await ledger.state("kept") == {}
        assert writing_connection(ledger).execute("SELECT count(*) FROM ticket_counters").fetchone() == (0,)


async def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerUnavailable, match="cannot be opened"):
        async with open_ledger(LedgerConfig(), tmp_path / "file", KEYS):
            pass
