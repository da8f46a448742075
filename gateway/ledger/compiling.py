"""How the ledger's statements are made: written with SQLAlchemy Core, compiled once for the database in use."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from sqlalchemy import BigInteger, Dialect, Executable, Table, bindparam, select

from gateway.ledger.driver import Sql, compile_sql

LIMIT = bindparam("limit", type_=BigInteger)


class Compiling:
    """Compiles for one dialect; the searches when a set of filters is first asked for."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._insert: Any = import_module(f"sqlalchemy.dialects.{dialect.name}").insert  # each is some 2 MB
        self._searches: dict[tuple[str, frozenset[str]], Sql] = {}

    def _sql(self, statement: Executable) -> Sql:
        return compile_sql(statement, self._dialect)

    def _upsert(self, table: Table, keep: Iterable[str] = ()) -> Sql:
        """Insert or replace by primary key; the columns in ``keep`` stay as they are in a row that exists."""
        insert = self._insert(table)
        fixed = {*table.primary_key.columns.keys(), *keep}
        changed = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in fixed}
        return self._sql(insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changed))

    def _search(self, table: Table, given: frozenset[str], conditions: dict[str, Any], order: list[Any]) -> Sql:
        """The rows of ``table`` for which the ``given`` conditions hold, in ``order``, at most ``limit``."""
        key = (table.name, given)
        if key not in self._searches:  # at most 2**filters shapes
            where = [conditions[name] for name in sorted(given)]
            self._searches[key] = self._sql(select(table).where(*where).order_by(*order).limit(LIMIT))
        return self._searches[key]
