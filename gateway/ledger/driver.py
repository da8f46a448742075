"""What the writer and the reads need of a database. SQLAlchemy Core writes the SQL, once at start; the statements then
run straight on the driver (sqlite3, asyncpg), because an engine costs several times more a statement than SQLite does.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler

Row = Sequence[Any]
Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement as text for one driver, with its parameters' names in their order and the values Core gave some."""

    text: str
    names: tuple[str, ...]
    fixed: Params
    _pick: Callable[[Params], Any] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pick", itemgetter(*self.names) if len(self.names) > 1 else None)

    def args(self, params: Params) -> tuple[Any, ...]:
        """The values in their order. KeyError names the first that is missing."""
        if self.fixed:
            params = {**self.fixed, **params}
        if self._pick is not None:
            picked: tuple[Any, ...] = self._pick(params)
            return picked
        return tuple([params[name] for name in self.names])


def compile_sql(statement: Executable, dialect: Dialect) -> Sql:
    """Compile a Core statement whose parameters are all named by ``bindparam`` or by columns."""
    compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return Sql(str(compiled), tuple(compiled.positiontup or ()), fixed)


class Session(Protocol):
    """The writing connection inside a transaction. Errors come as LedgerError, LedgerUnavailable or Collision."""

    async def run(self, sql: Sql, params: Params) -> None: ...

    async def run_many(self, sql: Sql, params: Sequence[Params]) -> None: ...

    async def row(self, sql: Sql, params: Params) -> Row | None: ...

    async def rows(self, sql: Sql, params: Params) -> Sequence[Row]: ...

    async def savepoint(self) -> None: ...

    async def release(self) -> None: ...

    async def undo(self) -> None:
        """Roll back to the savepoint. Raises when the whole transaction is gone."""


class Database(Protocol):
    """One writing connection and several reading ones. Only the writer task may use the first four methods.

    ``distant``: each statement is a round trip to another process.
    """

    dialect: Dialect
    distant: bool

    async def begin(self) -> Session: ...

    async def commit(self, *, more: bool = False) -> None:
        """Returns when the transaction is on stable storage. ``more``: the next ``begin`` follows at once."""

    async def rollback(self) -> None: ...

    async def close(self) -> None: ...

    async def lookup(self, sql: Sql, params: Params) -> Sequence[Row]:
        """Committed rows by key: a handful, found by an index, so cheap enough for the event loop's own thread."""

    async def query(self, sql: Sql, params: Params) -> Sequence[Row]:
        """Committed rows of a search that may have to look at many."""

    def walk(self, sql: Sql, params: Params) -> AsyncGenerator[Sequence[Row], None]:
        """Committed rows by key like those of ``lookup``, but any number of them: some at a time, each part found
        within a millisecond or two. The rows are of one moment. Whoever does not go on to the end closes it. Raises
        LedgerUnavailable and LedgerError as the others do, also half-way."""
