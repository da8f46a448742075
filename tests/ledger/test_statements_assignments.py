"""The statements about many assignments: all their columns, and found by the key, never by looking at every row."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.ledger.statements import Statements
from gateway.ledger.tables import assignments

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


def test_many_go_in_with_every_column_and_only_newer_ones_replace() -> None:
    sql = Statements(asyncpg.dialect())  # type: ignore[no-untyped-call]
    row = dict.fromkeys(assignments.columns.keys(), 1)
    columns = sql.many_assignments.columns(sql.put_assignment, [row])
    assert set(columns) == set(sql.put_assignments.names) == {f"assignments.{name}" for name in row}
    assert "WHERE excluded.version > assignments.version RETURNING ticket_no" in sql.put_assignments.text


async def test_those_among_many_tickets_are_found_by_the_key(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS):
        pass
    asked = Statements(sqlite.dialect()).assignments_in
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        plan = database.execute(f"EXPLAIN QUERY PLAN {asked.text}", ['["a", "b"]']).fetchall()
    database.close()
    steps = [step for *_, step in plan]
    assert any(step.startswith("SEARCH assignments USING INDEX") for step in steps), steps
    assert not any(step.startswith("SCAN assignments") for step in steps), steps
