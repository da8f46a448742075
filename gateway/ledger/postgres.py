"""The ledger's database on PostgreSQL, through asyncpg: one writing connection, a pool for reads.

Several gateway processes may write to one database. A writing connection that broke is opened anew for the next
group; the group that met the break is answered with LedgerUnavailable, never with success.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import asyncpg as postgres_dialect

from gateway.ledger.driver import Params, Row, Sql
from gateway.ledger.errors import Collision, LedgerError, LedgerUnavailable

# synchronous_commit may be off in a server's defaults; what we acknowledge must survive.
_SETTINGS = {"synchronous_commit": "on", "application_name": "gateway-12345"}
# InternalClientError: the connection was cut between two messages of one statement.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
)


def _explained(error: BaseException) -> LedgerError:
    if isinstance(error, asyncpg.DeadlockDetectedError | asyncpg.SerializationError):
        return Collision(f"PostgreSQL: {error}")
    if isinstance(error, asyncpg.DiskFullError):
        return LedgerUnavailable("the disk that holds the ledger is full (PostgreSQL)")
    if isinstance(error, asyncpg.InsufficientResourcesError | asyncpg.OperatorInterventionError):
        return LedgerUnavailable(f"PostgreSQL: {error}")
    if isinstance(error, asyncpg.LockNotAvailableError):
        return LedgerUnavailable("another process holds a lock of the ledger (PostgreSQL)")
    if isinstance(error, _AWAY) and not isinstance(error, asyncpg.DataError):
        return LedgerUnavailable(f"PostgreSQL is not reachable: {str(error) or type(error).__name__}")
    return LedgerError(f"PostgreSQL: {error}")


_KNOWN = (asyncpg.PostgresError, *_AWAY)

_WALKED = 500
"""Rows of one part of a walk, which is a round trip."""
_FREE_S = 10.0
"""How long a walk, which keeps a connection, waits for one to be free."""


class PostgresSession:
    """The writing connection inside a transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def run(self, sql: Sql, params: Params) -> None:
        try:
            await self._connection.fetch(sql.text, *sql.args(params))
        except _KNOWN as error:
            raise _explained(error) from error

    async def run_many(self, sql: Sql, params: Sequence[Params]) -> None:
        try:
            await self._connection.executemany(sql.text, [sql.args(row) for row in params])
        except _KNOWN as error:
            raise _explained(error) from error

    async def row(self, sql: Sql, params: Params) -> Row | None:
        try:
            row: Row | None = await self._connection.fetchrow(sql.text, *sql.args(params))
        except _KNOWN as error:
            raise _explained(error) from error
        return row

    async def rows(self, sql: Sql, params: Params) -> Sequence[Row]:
        try:
            rows: Sequence[Row] = await self._connection.fetch(sql.text, *sql.args(params))
        except _KNOWN as error:
            raise _explained(error) from error
        return rows

    async def savepoint(self) -> None:
        await self._do("SAVEPOINT piece")

    async def release(self) -> None:
        await self._do("RELEASE SAVEPOINT piece")

    async def undo(self) -> None:
        await self._do("ROLLBACK TO SAVEPOINT piece; RELEASE SAVEPOINT piece")

    async def _do(self, text: str) -> None:
        try:
            await self._connection.execute(text)
        except _KNOWN as error:
            raise _explained(error) from error


class PostgresDatabase:
    """Use ``opened``; the schema must be there (``gateway.ledger.migrate``)."""

    dialect: Dialect = postgres_dialect.dialect()  # type: ignore[no-untyped-call]
    distant = True

    def __init__(self, url: str, pool: asyncpg.Pool, busy_s: float) -> None:
        self._url, self._pool = url, pool
        self._settings = {**_SETTINGS, "lock_timeout": f"{int(busy_s * 1000)}ms"}
        self._writing: asyncpg.Connection | None = None
        self._begun = False

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, readers: int, busy_s: float) -> AsyncIterator[PostgresDatabase]:
        try:
            pool = asyncpg.create_pool(
                url, min_size=1, max_size=readers, timeout=10, command_timeout=30, server_settings=_SETTINGS
            )
            await pool
        except _KNOWN as error:
            raise _explained(error) from error
        database = cls(url, pool, busy_s)
        try:
            yield database
        finally:
            await database.close()

    async def begin(self) -> PostgresSession:
        try:
            if self._writing is None or self._writing.is_closed():
                self._begun = False
                self._writing = await asyncpg.connect(
                    self._url, timeout=10, command_timeout=30, server_settings=self._settings
                )
            if not self._begun:
                await self._writing.execute("BEGIN")
            self._begun = False
        except _KNOWN as error:
            self._give_up()
            raise _explained(error) from error
        return PostgresSession(self._writing)

    async def commit(self, *, more: bool = False) -> None:
        """``more`` begins the next transaction by the same round trip: it holds no lock and no snapshot until its first
        statement."""
        assert self._writing is not None
        try:
            done = await self._writing.execute("COMMIT AND CHAIN" if more else "COMMIT")
        except _KNOWN as error:
            self._give_up()
            raise _explained(error) from error
        if done != "COMMIT":  # COMMIT of a failed transaction answers ROLLBACK and no error
            raise LedgerUnavailable("PostgreSQL rolled the transaction back")
        self._begun = more

    async def rollback(self) -> None:
        """Never raises: a connection that cannot roll back is thrown away, which rolls back too."""
        self._begun = False
        if self._writing is None:
            return
        try:
            await self._writing.execute("ROLLBACK")
        except _KNOWN:
            self._give_up()

    def _give_up(self) -> None:
        if self._writing is not None:
            self._writing.terminate()
            self._writing = None

    async def lookup(self, sql: Sql, params: Params) -> Sequence[Row]:
        return await self.query(sql, params)

    async def query(self, sql: Sql, params: Params) -> Sequence[Row]:
        try:
            rows: Sequence[Row] = await self._pool.fetch(sql.text, *sql.args(params))
        except _KNOWN as error:
            raise _explained(error) from error
        return rows

    async def walk(self, sql: Sql, params: Params) -> AsyncGenerator[Sequence[Row], None]:
        try:
            async with self._pool.acquire(timeout=_FREE_S) as connection, connection.transaction(readonly=True):
                cursor = await connection.cursor(sql.text, *sql.args(params))
                while rows := await cursor.fetch(_WALKED):
                    yield rows
        except _KNOWN as error:
            raise _explained(error) from error

    async def close(self) -> None:
        """Close all connections, within ten seconds; what still hangs is cut."""
        self._give_up()
        try:
            async with asyncio.timeout(10):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()
