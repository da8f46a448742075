"""Messages, deliveries and what is due are found by an index and in its order, however many rows there are."""

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
        ("raw", "sqlite_autoindex_raws_1"),
        ("message", "sqlite_autoindex_messages_1"),
        ("message_of_key", "PRIMARY KEY"),
        ("conversation", "PRIMARY KEY"),
        ("attachment", "sqlite_autoindex_attachments_1"),
        ("attachments", "ix_attachments_ticket"),
        ("move_attachments", "ix_attachments_message"),
        ("denied", "ix_denials_sender"),
        ("replies", "ix_replies_ticket"),
        ("delivery_by_external", "ix_deliveries_external"),
        ("dead_letters", "sqlite_autoindex_dead_letters_1"),
        ("drop_dead_letters", "sqlite_autoindex_dead_letters_1"),
    ],
)
async def test_a_look_up_goes_by_its_index(empty: sqlite3.Connection, name: str, index: str) -> None:
    steps = plan(empty, getattr(STATEMENTS, name))
    assert index in steps
    assert "SCAN" not in steps


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("wanted", "ix_attachments_due"),
        ("due_deliveries", "ix_deliveries_due"),
        ("unanswered", "ix_deliveries_answer"),
        ("tried_deliveries", "ix_deliveries_tried"),
        ("tickets_of_user", "ix_tickets_user"),
    ],
)
async def test_rows_in_order_of_time_need_no_sorting(empty: sqlite3.Connection, name: str, index: str) -> None:
    steps = plan(empty, getattr(STATEMENTS, name))
    assert index in steps
    assert "SCAN" not in steps
    assert "TEMP B-TREE" not in steps


async def test_what_is_due_of_some_accounts_is_found_by_each_one_s_entries(empty: sqlite3.Connection) -> None:
    steps = plan(empty, STATEMENTS.due_of(3))
    assert steps.count("USING INDEX ix_deliveries_account (channel=? AND account=? AND due_at<?)") == 3
    assert "SCAN deliveries" not in steps
    assert "TEMP B-TREE" not in steps


async def test_what_is_due_is_counted_over_an_index_alone(empty: sqlite3.Connection) -> None:
    steps = plan(empty, STATEMENTS.due_accounts)
    assert "COVERING INDEX ix_deliveries_account" in steps
    assert "TEMP B-TREE" not in steps


async def test_tickets_of_a_number_are_found_by_either_index_in_order_of_time(empty: sqlite3.Connection) -> None:
    steps = plan(empty, STATEMENTS.tickets_of_number)
    assert "SEARCH tickets USING INDEX ix_tickets_calling" in steps
    assert "SEARCH tickets USING INDEX ix_tickets_contact" in steps
    assert "SCAN tickets" not in steps
    assert "TEMP B-TREE" not in steps


async def test_the_next_due_times_are_each_an_index_s_first_entry(empty: sqlite3.Connection) -> None:
    steps = plan(empty, STATEMENTS.next_due)
    assert "deliveries USING COVERING INDEX ix_deliveries_due" in steps
    assert "attachments USING COVERING INDEX ix_attachments_due" in steps


SEARCHES: list[tuple[Callable[[frozenset[str]], Sql], tuple[str, ...]]] = [
    (STATEMENTS.search_messages, ("ticket_no", "raw_id")),
    (STATEMENTS.search_denials, ("channel",)),
    (STATEMENTS.search_deliveries, ("ticket_no", "state", "kind")),
]


@pytest.mark.parametrize(("search", "filters"), SEARCHES, ids=["messages", "denials", "deliveries"])
async def test_any_combination_of_filters_goes_by_an_index(
    tmp_path: Path, search: Callable[[frozenset[str]], Sql], filters: tuple[str, ...]
) -> None:
    await migrate(f"sqlite:///{tmp_path}/ledger.db")
    for given in (frozenset(some) for size in range(len(filters) + 1) for some in combinations(filters, size)):
        steps = plan(sqlite3.connect(tmp_path / "ledger.db"), search(given))
        assert "INDEX" in steps, (given, steps)
        if len(given) <= 1 and not given & {"ticket_no", "raw_id"}:
            assert "TEMP B-TREE" not in steps, (given, steps)


def test_both_dialects_have_every_statement() -> None:
    away = Statements(asyncpg.dialect())
    for name, sql in vars(STATEMENTS).items():
        if isinstance(sql, Sql):
            theirs = getattr(away, name)
            assert set(theirs.names) - set(theirs.fixed) == set(sql.names) - set(sql.fixed), name
