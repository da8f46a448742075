"""Brings a database's schema up to date with Alembic, run from code: no alembic.ini and no command to remember.

Several processes may start at once: the first one holds a lock (SQLite: the write lock, PostgreSQL: an advisory lock)
while the rest wait and then find nothing to do.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.ledger.config import sqlite_path
from gateway.ledger.errors import LedgerError, LedgerUnavailable

_LIMIT_S = 60
_LOCK = 460012345


async def migrate(url: str) -> None:
    """Create or upgrade the schema of ``url`` (a ``LedgerConfig.url_in``), in one transaction.

    Raises LedgerUnavailable when the database cannot be reached or written, LedgerError when its schema is newer.
    """
    path = sqlite_path(url)
    try:
        async with asyncio.timeout(_LIMIT_S):
            if path is None:
                await _migrate_postgres(url)
            else:
                await asyncio.to_thread(_migrate_sqlite, path)
    except CommandError as error:
        raise LedgerError(f"the ledger's schema is not one of this gateway's, perhaps a newer one: {error}") from error
    except (SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, OSError, TimeoutError) as error:
        why = str(getattr(error, "orig", None) or error)  # without what SQLAlchemy adds for programmers
        raise LedgerUnavailable(f"the ledger cannot be opened: {why or type(error).__name__}") from error


def upgrade(connection: Connection) -> None:
    """Run the migrations on a connection that is inside a transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _migrate_sqlite(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, timeout=_LIMIT_S / 2), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _: object) -> None:
        assert isinstance(connection, sqlite3.Connection)
        connection.isolation_level = None  # sqlite3 must not begin or commit by itself
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL. This pragma ignores the busy timeout while another process switches it too (seen)."""
    end = time.monotonic() + _LIMIT_S / 2
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


async def _migrate_postgres(url: str) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(url, timeout=10, command_timeout=_LIMIT_S),
        poolclass=NullPool,
    )
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
