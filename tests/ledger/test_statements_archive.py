"""The searches of recordings are compiled once for each set of filters, on both databases."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from gateway.ledger.driver import Sql
from gateway.ledger.migrate import migrate
from gateway.ledger.statements import Statements

SQL = Statements(sqlite.dialect())

FILTERS = (
    "since", "until", "number", "outcome", "queue", "entry_number", "agent", "direction", "least_s", "most_s",
    "ticket_no", "after",
)  # fmt: skip


@pytest.mark.parametrize(
    "dialect", [sqlite.dialect(paramstyle="named"), PGDialect_asyncpg()], ids=["sqlite", "postgres"]
)
def test_each_filter_is_a_condition_and_each_set_is_compiled_once(dialect: object) -> None:
    made = Statements(dialect)  # type: ignore[arg-type]
    plain = made.search_recordings(frozenset())
    for name in FILTERS:
        assert len(made.search_recordings(frozenset({name})).text) > len(plain.text)
    assert made.search_recordings(frozenset({"agent", "queue"})) is made.search_recordings(
        frozenset({"queue", "agent"})
    )


def plan_of(sql: Sql, path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql.text}", [sql.fixed.get(name) for name in sql.names]).fetchall()
    connection.close()
    return [row[3] for row in rows]


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ((), "ix_calls_newest"),
        (("since", "until"), "ix_calls_newest"),
        (("number",), "ix_calls_caller"),
        (("agent", "since"), "ix_calls_agent"),
        (("queue", "least_s"), "ix_calls_queue"),
        (("outcome",), "ix_calls_outcome"),
        (("ticket_no",), "sqlite_autoindex_calls_1"),
    ],
)
async def test_an_index_finds_them(tmp_path: Path, given: tuple[str, ...], index: str) -> None:
    """Two years of recordings are sixteen million calls: no search may look at all of them."""
    await migrate(f"sqlite:///{tmp_path}/ledger.db")
    steps = plan_of(SQL.search_recordings(frozenset(given)), tmp_path / "ledger.db")
    assert any(index in step for step in steps), steps
    assert not any(step.startswith(("SCAN tickets", "SCAN gone")) for step in steps), steps


async def test_what_is_held_is_found_from_the_holds(tmp_path: Path) -> None:
    await migrate(f"sqlite:///{tmp_path}/ledger.db")
    steps = plan_of(SQL.held_recordings, tmp_path / "ledger.db")
    assert not any(step.startswith("SCAN") and "legal_holds" not in step for step in steps), steps
