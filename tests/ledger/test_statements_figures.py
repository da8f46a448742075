"""Statements about figures: found by an index, and the triggers that mark what has changed are there."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from gateway.ledger.driver import Sql
from gateway.ledger.migrate import migrate
from gateway.ledger.statements import Statements

SQL = Statements(sqlite.dialect())


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (SQL.counted_calls, "ix_calls_newest"),
        (SQL.counted_tickets, "ix_tickets_received"),
        (SQL.counted_transfers, "ix_transfers_newest"),
        (SQL.counted_calls_of, "ix_calls_agent"),
        (SQL.counted_tickets_of, "ix_tickets_agent"),
        (SQL.counted_times, "USING PRIMARY KEY (quarter>? AND quarter<?)"),
        (SQL.figure_marks, "USING PRIMARY KEY (quarter>? AND quarter<?)"),
        (SQL.figure_packs, "USING PRIMARY KEY (quarter>? AND quarter<?)"),
        (SQL.figures_due, "ix_figure_packs_due"),
        (SQL.figure_cells_at, "USING PRIMARY KEY (cube=? AND span=? AND at=?)"),
        (SQL.figure_cells_where(frozenset({"agent"})), "USING PRIMARY KEY (cube=? AND span=? AND at>? AND at<?)"),
        (SQL.search_figure_calls(frozenset({"since", "until", "lost"})), "ix_calls_newest"),
        (SQL.search_figure_calls(frozenset({"since", "until", "requested"})), "ix_calls_newest"),
        (SQL.search_figure_calls(frozenset({"since", "until", "agent", "late"})), "ix_calls_agent"),
        (SQL.search_figure_calls(frozenset({"since", "until", "queue", "answered"})), "ix_calls_queue"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_an_index_finds_it(tmp_path: Path, sql: Sql, index: str) -> None:
    await migrate(f"sqlite:///{tmp_path}/ledger.db")
    connection = sqlite3.connect(tmp_path / "ledger.db")
    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql.text}", [sql.fixed.get(name) for name in sql.names]).fetchall()
    connection.close()
    assert any(index in row[3] for row in plan), plan


async def test_every_writing_of_what_is_counted_has_its_trigger(tmp_path: Path) -> None:
    """A migration that makes one of these tables anew takes its triggers along, and must make them anew."""
    await migrate(f"sqlite:///{tmp_path}/ledger.db")
    connection = sqlite3.connect(tmp_path / "ledger.db")
    found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    connection.close()
    tables = ("calls", "tickets", "transfers", "agent_times")
    assert found >= {f"figures_{table}_{act}" for table in tables for act in ("insert", "update", "delete")}


def test_a_filter_is_compiled_once() -> None:
    given = frozenset({"since", "until", "short"})
    assert SQL.search_figure_calls(given) is SQL.search_figure_calls(given)
    assert SQL.figure_cells_where(frozenset()) is SQL.figure_cells_where(frozenset())
