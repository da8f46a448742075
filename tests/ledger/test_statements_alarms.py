"""What alarms count is counted over an index by time or state, however many years the ledger holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg

from gateway.ledger.driver import Sql
from gateway.ledger.migrate import migrate
from gateway.ledger.statements import Statements

STATEMENTS = Statements(sqlite.dialect())


@pytest.fixture
async def empty(tmp_path: Path) -> sqlite3.Connection:
    await migrate(f"sqlite:///{tmp_path}/ledger.db")
    return sqlite3.connect(tmp_path / "ledger.db")


def plan(connection: sqlite3.Connection, sql: Sql) -> str:
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql.text}", [1] * len(sql.names)).fetchall()
    connection.close()
    return "; ".join(row[3] for row in rows)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("alarm", "sqlite_autoindex_alarms_1"),
        ("open_alarms", "ix_alarms_open"),
        ("recent_alarms", "ix_alarms_seen"),
        ("served", "ix_calls_newest"),
        ("repeat_callers", "ix_calls_newest"),
        ("unanswered_tickets", "ix_tickets_"),
        ("urgent_tickets", "ix_tickets_"),
        ("unsent_tickets", "ix_tickets_"),
        ("topics", "ix_tickets_received"),
        ("ticket_words", "ix_tickets_received"),
        ("mentions", "ix_tickets_received"),
        ("first_ticket", "ix_tickets_received"),
    ],
)
async def test_a_look_goes_by_its_index(empty: sqlite3.Connection, name: str, index: str) -> None:
    steps = plan(empty, getattr(STATEMENTS, name))
    assert f"INDEX {index}" in steps
    assert "SCAN" not in steps or index == "ix_alarms_open"  # all of a partial index


@pytest.mark.parametrize(
    ("given", "index"),
    [(set(), "ix_alarms_newest"), ({"since"}, "ix_alarms_newest"), ({"rule"}, "ix_alarms_rule")],
)
async def test_the_history_is_read_in_its_order(empty: sqlite3.Connection, given: set[str], index: str) -> None:
    steps = plan(empty, STATEMENTS.search_alarms(frozenset(given)))
    assert index in steps


def test_only_a_database_of_its_own_is_asked_for_its_time() -> None:
    assert STATEMENTS.their_clock is None
    theirs = Statements(asyncpg.dialect()).their_clock
    assert theirs is not None and "clock_timestamp" in theirs.text
