"""The migrations lead to exactly the tables of tables.py, however often and by however many they are run."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.ledger import LedgerError, LedgerUnavailable
from gateway.ledger.migrate import migrate
from gateway.ledger.tables import metadata


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def differences_at(url: str) -> list[Any]:
    if url.startswith("sqlite"):
        engine = create_engine(url)
        with engine.connect() as connection:
            found = differences(connection)
        engine.dispose()
        return found
    away = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with away.connect() as connection:
        found = await connection.run_sync(differences)
    await away.dispose()
    return found


async def execute(url: str, statement: str) -> None:
    if url.startswith("sqlite"):
        plain = sqlite3.connect(url.removeprefix("sqlite:///"))
        plain.execute(statement)
        plain.commit()
        plain.close()
    else:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()


async def test_the_migrated_schema_is_the_metadata(ledger_url: str) -> None:
    await migrate(ledger_url)
    assert await differences_at(ledger_url) == []


async def test_a_schema_that_differs_would_be_seen(ledger_url: str) -> None:
    await migrate(ledger_url)
    await execute(ledger_url, "DROP INDEX ix_calls_caller")
    [(act, index)] = await differences_at(ledger_url)
    assert (act, index.name) == ("add_index", "ix_calls_caller")


async def test_several_gateways_may_start_at_once(ledger_url: str) -> None:
    await asyncio.gather(*(migrate(ledger_url) for _ in range(4)))
    await migrate(ledger_url)
    assert await differences_at(ledger_url) == []


async def test_a_newer_schema_is_refused(ledger_url: str) -> None:
    await migrate(ledger_url)
    await execute(ledger_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="newer"):
        await migrate(ledger_url)


async def test_a_file_that_is_not_a_database_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("this is not a database, and long enough to be looked at " * 20)
    with pytest.raises(LedgerUnavailable, match="not a database"):
        await migrate(f"sqlite:///{tmp_path}/ledger.db")


async def test_a_server_that_is_not_there_is_said_plainly() -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be opened"):
        await migrate("postgresql://gateway@127.0.0.1:1/gateway")
