"""Every search finds its way by an index, so that a page stays quick when the ledger has millions of rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg

from gateway.ledger.driver import Sql
from gateway.ledger.migrate import migrate
from gateway.ledger.statements import Statements

CALL_FILTERS = ("since", "until", "number", "outcome", "queue", "after")
TICKET_FILTERS = ("since", "until", "number", "channel", "state", "call_id", "category", "area_code", "after")


@pytest.fixture
async def empty(tmp_path: Path) -> sqlite3.Connection:
    await migrate(f"sqlite:///{tmp_path}/ledger.db")
    return sqlite3.connect(tmp_path / "ledger.db")


def plan(connection: sqlite3.Connection, sql: Sql) -> str:
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql.text}", [1] * len(sql.names)).fetchall()
    return "; ".join(row[3] for row in rows)


def search_of(statements: Statements, name: str) -> Callable[[frozenset[str]], Sql]:
    searches = {
        "calls": statements.search_calls,
        "tickets": statements.search_tickets,
        "audit": statements.search_audits,
    }
    return searches[name]


@pytest.mark.parametrize(
    ("table", "filters"), [("calls", CALL_FILTERS), ("tickets", TICKET_FILTERS), ("audit", ("login", "subject"))]
)
async def test_any_combination_of_filters_goes_by_an_index(
    empty: sqlite3.Connection, table: str, filters: tuple[str, ...]
) -> None:
    search = search_of(Statements(sqlite.dialect()), table)
    for given in (frozenset(some) for size in range(len(filters) + 1) for some in combinations(filters, size)):
        steps = plan(empty, search(given))
        assert "INDEX" in steps, (given, steps)
    empty.close()


async def test_what_is_looked_for_by_a_key_goes_by_the_index_of_that_key(empty: sqlite3.Connection) -> None:
    """Not along all rows, newest first: a partial index serves only who says its condition too."""
    statements = Statements(sqlite.dialect())
    for sql, index in (
        (statements.search_calls(frozenset({"ticket_no"})), "ix_calls_ticket"),
        (statements.search_calls(frozenset({"agent", "since"})), "ix_calls_agent"),
        (statements.search_tickets(frozenset({"agent", "since"})), "ix_tickets_agent"),
        (statements.search_transfers(frozenset({"ticket_no"})), "ix_transfers_ticket"),
        (statements.contexts_by["call"], "ix_partner_contexts_call"),
        (statements.contexts_by["number"], "ix_partner_contexts_number"),
        (statements.contexts_by["ref"], "ix_partner_contexts_ref"),
        (statements.assignments_of, "ix_assignments_held"),
        (statements.pool_assignments, "ix_assignments_pool"),
        (statements.virtual_calls_of_ticket, "ix_virtual_calls_ticket"),
    ):
        assert f"USING INDEX {index} " in f"{plan(empty, sql)} ".replace(";", " ;"), (index, plan(empty, sql))


async def test_the_first_page_needs_no_sorting(empty: sqlite3.Connection) -> None:
    statements = Statements(sqlite.dialect())
    for table in ("calls", "tickets", "audit"):
        assert "TEMP B-TREE" not in plan(empty, search_of(statements, table)(frozenset()))
    for after in (statements.search_calls, statements.search_tickets):
        assert "TEMP B-TREE" not in plan(empty, after(frozenset({"after"})))
    assert "TEMP B-TREE" not in plan(empty, statements.open_calls)
    assert "SEARCH events USING INTEGER PRIMARY KEY" in plan(empty, statements.events) or "INDEX" in plan(
        empty, statements.events
    )
    empty.close()


def test_a_search_is_compiled_once() -> None:
    statements = Statements(sqlite.dialect())
    assert statements.search_calls(frozenset({"queue"})) is statements.search_calls(frozenset({"queue"}))


def test_both_dialects_have_every_statement() -> None:
    for dialect in (sqlite.dialect(), asyncpg.dialect()):
        statements = Statements(dialect)
        assert "FOR UPDATE" in statements.hold_ticket.text or dialect.name == "sqlite"
        assert statements.add_event.names == ("sequence", "id", "type", "subject", "time", "data")
