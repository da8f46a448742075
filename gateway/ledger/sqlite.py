"""The ledger's database on SQLite: WAL, synchronous=FULL, one writing connection, a few reading ones.

Statements of the writer run in the event loop's thread and only BEGIN (when another process holds the lock), COMMIT
and ROLLBACK, which wait for the disk, run in a thread. sqlite3 lets go of the interpreter lock around every step, and
a writer thread gets it back late from a busy loop: with a loop at work, 144 pieces/s in a thread, 602 with aiosqlite,
2,687 this way (two cores, 64 pieces a commit). A step costs a few microseconds since nothing is synced before COMMIT
and the page cache is large enough that a group never spills. Look-ups by key follow the same rule, and walks over many
rows, some at a time: a thread that reads rows beside a busy loop asks for the interpreter at each of them. Searches go
to threads.

Folding the WAL into the file (a checkpoint) takes tens of milliseconds and the disk's time. It is done beside the
writer, in a thread and a connection of its own, after so many rows; the writer's own comes only behind that, when it
finds little left to fold.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import re
import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect

from gateway.ledger.driver import Params, Row, Sql
from gateway.ledger.errors import LedgerError, LedgerUnavailable

T = TypeVar("T")

_FOLD_ROWS = 8_000
_FOLD_BEHIND_PAGES = 24_576
_WALKED = 200
"""Rows of one part of a walk: a millisecond or less."""
_TOGETHER = 16
"""Rows of one insertion. Of a statement that may fail half-way, as any with a trigger may, SQLite notes every page as
it was: a ticket's dozen was noted for each ticket, which took a quarter of its insertion."""
_INSERTION = re.compile(r"(INSERT INTO [^()]+\([^()]*\) VALUES )(\([^()]*\))(.*)", re.DOTALL)
_WRITER_KIB, _READER_KIB = 24_576, 4_096
"""Page caches. The writer's holds the leaves that a million tickets' hashes keep coming back to."""

_PLAIN = {
    "SQLITE_FULL": "the disk that holds the ledger is full",
    "SQLITE_BUSY": "another process holds the ledger's lock",
    "SQLITE_LOCKED": "another process holds the ledger's lock",
    "SQLITE_READONLY": "the ledger's file or folder is not writable",
    "SQLITE_CANTOPEN": "the ledger's file cannot be opened",
    "SQLITE_IOERR": "the disk that holds the ledger reports an error",
    "SQLITE_CORRUPT": "the ledger's file is damaged",
    "SQLITE_NOTADB": "the ledger's file is not a SQLite database",
}


def _explained(error: sqlite3.Error) -> LedgerError:
    name = getattr(error, "sqlite_errorname", "")
    for known, words in _PLAIN.items():
        if name.startswith(known):
            return LedgerUnavailable(f"{words} ({name})")
    return LedgerError(f"SQLite: {error}")


@cache
def _of_many_rows(text: str) -> str | None:
    """An insertion's text with values for many rows; None for what is no insertion of plain values."""
    parts = _INSERTION.fullmatch(text)
    return parts and f"{parts[1]}{', '.join([parts[2]] * _TOGETHER)}{parts[3]}"


def _connect(path: Path, busy_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA cache_size=-{_READER_KIB}")
    # A savepoint notes each page that it changes: a message's pages do not fit the note's 64 KB and went to a file.
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


class SqliteSession:
    """The writing connection inside a transaction; no method ever suspends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def run(self, sql: Sql, params: Params) -> None:
        try:
            self._connection.execute(sql.text, sql.args(params))
        except sqlite3.Error as error:
            raise _explained(error) from error

    async def run_many(self, sql: Sql, params: Sequence[Params]) -> None:
        rows = [sql.args(row) for row in params]
        try:
            if len(rows) >= _TOGETHER and (text := _of_many_rows(sql.text)) is not None:
                while len(rows) >= _TOGETHER:
                    self._connection.execute(text, [*chain.from_iterable(rows[:_TOGETHER])])
                    del rows[:_TOGETHER]
            self._connection.executemany(sql.text, rows)
        except sqlite3.Error as error:
            raise _explained(error) from error

    async def row(self, sql: Sql, params: Params) -> Row | None:
        # All rows: a statement with RETURNING that is left half-stepped keeps the commit from going through.
        rows = await self.rows(sql, params)
        return rows[0] if rows else None

    async def rows(self, sql: Sql, params: Params) -> Sequence[Row]:
        try:
            return self._connection.execute(sql.text, sql.args(params)).fetchall()
        except sqlite3.Error as error:
            raise _explained(error) from error

    async def savepoint(self) -> None:
        self._do("SAVEPOINT piece")

    async def release(self) -> None:
        self._do("RELEASE piece")

    async def undo(self) -> None:
        if not self._connection.in_transaction:  # SQLite rolls back all by itself on SQLITE_FULL, IOERR and NOMEM
            raise LedgerUnavailable("the disk that holds the ledger is full or failing: all was rolled back")
        self._do("ROLLBACK TO piece")
        self._do("RELEASE piece")

    def _do(self, text: str) -> None:
        try:
            self._connection.execute(text)
        except sqlite3.Error as error:
            raise _explained(error) from error


class SqliteDatabase:
    """Opens the connections; the schema must be there (``gateway.ledger.migrate``)."""

    dialect: Dialect = sqlite_dialect.dialect()
    distant = False

    def __init__(self, path: Path, *, readers: int, busy_s: float) -> None:
        self._path, self._busy_ms = path, int(busy_s * 1000)
        try:
            self.writing = _connect(path, 0)
            self.writing.execute("PRAGMA journal_mode=WAL")
            self.writing.execute("PRAGMA journal_size_limit=67108864")
            self.writing.execute(f"PRAGMA wal_autocheckpoint={_FOLD_BEHIND_PAGES}")
            self.writing.execute(f"PRAGMA cache_size=-{_WRITER_KIB}")
            self._folder = _connect(path, 0)
            self._peek = self._reading(0)
            self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
            for _ in range(readers):
                self._idle.put(self._reading(busy_s))
        except sqlite3.Error as error:
            raise _explained(error) from error
        self._readers = readers
        self._session = SqliteSession(self.writing)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="ledger-commit")
        self._fold_disk = ThreadPoolExecutor(1, thread_name_prefix="ledger-fold")
        self._folding: Future[None] | None = None
        self._folded = 0
        self._search = ThreadPoolExecutor(readers, thread_name_prefix="ledger-read")

    def _reading(self, busy_s: float) -> sqlite3.Connection:
        connection = _connect(self._path, busy_s)
        connection.execute("PRAGMA query_only=ON")
        return connection

    async def begin(self) -> SqliteSession:
        try:
            self.writing.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise _explained(error) from error
            await self._in_thread(self._disk, self._begin_patiently)
        return self._session

    def _begin_patiently(self) -> None:
        """Another process writes: wait for its lock where waiting hurts nobody."""
        self.writing.execute(f"PRAGMA busy_timeout={self._busy_ms}")
        try:
            self.writing.execute("BEGIN IMMEDIATE")
        finally:
            self.writing.execute("PRAGMA busy_timeout=0")

    async def commit(self, *, more: bool = False) -> None:
        await self._in_thread(self._disk, self._commit)
        changes = self.writing.total_changes
        if changes - self._folded >= _FOLD_ROWS and (self._folding is None or self._folding.done()):
            self._folded = changes
            self._folding = self._fold_disk.submit(self._fold)

    def _commit(self) -> None:
        self.writing.execute("COMMIT")

    def _fold(self) -> None:
        """PASSIVE folds what it can without waiting for anybody. What fails here comes up again at a commit."""
        with contextlib.suppress(sqlite3.Error):
            self._folder.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    async def rollback(self) -> None:
        await self._in_thread(self._disk, self._rollback)

    def _rollback(self) -> None:
        if self.writing.in_transaction:
            self.writing.execute("ROLLBACK")

    async def lookup(self, sql: Sql, params: Params) -> Sequence[Row]:
        return self._fetch(self._peek, sql, params)

    async def query(self, sql: Sql, params: Params) -> Sequence[Row]:
        return await self._in_thread(self._search, lambda: self._borrow(sql, params))

    async def walk(self, sql: Sql, params: Params) -> AsyncGenerator[Sequence[Row], None]:
        try:
            connection = self._reading(0)
            try:
                cursor = connection.execute(sql.text, sql.args(params))
                while rows := cursor.fetchmany(_WALKED):
                    yield rows
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise _explained(error) from error

    def _borrow(self, sql: Sql, params: Params) -> Sequence[Row]:
        connection = self._idle.get(timeout=30)  # as many threads as connections: there is always one
        try:
            return self._fetch(connection, sql, params)
        finally:
            self._idle.put(connection)

    @staticmethod
    def _fetch(connection: sqlite3.Connection, sql: Sql, params: Params) -> Sequence[Row]:
        try:
            return connection.execute(sql.text, sql.args(params)).fetchall()
        except sqlite3.Error as error:
            raise _explained(error) from error

    @staticmethod
    async def _in_thread(pool: ThreadPoolExecutor, act: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, act)
        except sqlite3.Error as error:
            raise _explained(error) from error

    async def close(self) -> None:
        """Close every connection; the last one folds the WAL into the file."""
        await asyncio.to_thread(self._search.shutdown)
        await asyncio.to_thread(self._fold_disk.shutdown)
        self._folder.close()
        self._peek.close()
        for _ in range(self._readers):
            self._idle.get_nowait().close()
        await self._in_thread(self._disk, self._rollback)
        await self._in_thread(self._disk, self.writing.close)
        self._disk.shutdown(wait=False)
