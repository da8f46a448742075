"""The desk's look-ups are found by an index: a pop may not wait for a scan."""

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
        (SQL.draft, "sqlite_autoindex_drafts_1"),
        (SQL.drafts_of, "ix_drafts_author"),
        (SQL.drop_drafts, "ix_drafts_oldest"),
        (SQL.watch, "sqlite_autoindex_watches_1"),
        (SQL.drop_watch, "sqlite_autoindex_watches_2"),
        (SQL.watches, "ix_watches_newest"),
        (SQL.search_calls(frozenset({"number"})), "ix_calls_caller"),
        (SQL.search_calls(frozenset({"agent", "since"})), "ix_calls_agent"),
        (SQL.search_tickets(frozenset({"agent", "since"})), "ix_tickets_agent"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_an_index_finds_it(tmp_path: Path, sql: Sql, index: str) -> None:
    await migrate(f"sqlite:///{tmp_path}/ledger.db")
    connection = sqlite3.connect(tmp_path / "ledger.db")
    plan = connection.execute(f"EXPLAIN QUERY PLAN {sql.text}", [sql.fixed.get(name) for name in sql.names]).fetchall()
    connection.close()
    assert any(index in row[3] for row in plan), plan
