"""Many rows of several tables in one statement (PostgreSQL): one round trip for what a group writes instead of one for
each table, and the server starts each insertion once instead of once a row.

Rows are given by columns: ``INSERT INTO t (a, b) SELECT * FROM unnest($1::text[], $2::bytea[])``, one such part for
each table, as common table expressions of one statement. All names are those of our own tables, all values parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import Dialect, Table

from gateway.ledger.driver import Params, Sql
from gateway.ledger.tables import events, message_keys, ticket_counters

_INSERT = "INSERT INTO {table} ({names}) SELECT {values} FROM {rows}{conflict}"
NOTHING_ALIKE: Mapping[str, str] = MappingProxyType({})
_WRITING = "WITH {parts} SELECT key FROM claimed"
_END = (
    "WITH counters AS ({counters}), "
    "head AS (INSERT INTO feed_head AS old (name, sequence) VALUES ('feed', CAST(${count} AS BIGINT)) "
    "ON CONFLICT (name) DO UPDATE SET sequence = old.sequence + excluded.sequence RETURNING sequence), "
    "told AS (INSERT INTO events ({names}) SELECT {numbered} FROM head, {rows} AS one ({names})) "
    "SELECT sequence FROM head"
)
"""Events come with their place in the group, from 1, as their sequence."""


class Bulk:
    """How the rows of one table go in. ``replace``: a row that exists takes the new values, else it is an error; with
    ``keep`` it stays as it is. ``newer`` names a column: only a row that has less in it is replaced. ``alike`` are the
    columns that hold the same in every row, each with its value as SQL has it: no row is given them."""

    def __init__(
        self,
        table: Table,
        dialect: Dialect,
        *,
        replace: bool = False,
        keep: bool = False,
        newer: str = "",
        alike: Mapping[str, str] = NOTHING_ALIKE,
    ) -> None:
        self.names = tuple(name for name in _names(table) if name not in alike)
        self.key = tuple(table.primary_key.columns.keys()) if replace else ()
        self._table, self._alike = table.name, alike
        self._prefix = f"{table.name}~" if alike else table.name
        self._types = [table.columns[name].type.compile(dialect) for name in self.names]
        self._conflict = " ON CONFLICT DO NOTHING" if keep else ""
        if replace:
            changed = ", ".join(f"{name} = excluded.{name}" for name in self.names if name not in self.key)
            self._conflict = f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changed}"
        if newer:
            self._conflict += f" WHERE excluded.{newer} > {self._table}.{newer}"

    def part(self, first: int) -> str:
        """The insertion, its parameters numbered from ``first``."""
        names, values = ", ".join((*self.names, *self._alike)), ", ".join(("*", *self._alike.values()))
        rows = self.rows(first)
        return _INSERT.format(table=self._table, names=names, values=values, rows=rows, conflict=self._conflict)

    def rows(self, first: int) -> str:
        """The rows as a table function."""
        arrays = [f"CAST(${first + place} AS {type_}[])" for place, type_ in enumerate(self._types)]
        return f"unnest({', '.join(arrays)})"

    def alone(self, answer: str) -> Sql:
        """A statement of nothing but the insertion, which answers this column of the rows that went in."""
        return Sql(f"{self.part(1)} RETURNING {answer}", tuple(self.parameters()), {})

    def parameters(self) -> list[str]:
        """Names that no other part's parameters have."""
        return [f"{self._prefix}.{name}" for name in self.names]

    def columns(self, sql: Sql, rows: Sequence[Params]) -> dict[str, list[Any]]:
        """The rows, each as ``sql`` would take it, by column. Of rows that replace one another the last is left."""
        if self.key:
            rows = list({tuple([row[name] for name in self.key]): row for row in rows}.values())
        given = zip(*[sql.args(row) for row in rows], strict=True)
        by_name = dict(zip(sql.names, map(list, given), strict=True))
        return {f"{self._prefix}.{name}": by_name[name] for name in self.names}


class Bulks:
    """The statements made of ``Bulk`` parts. ``kinds`` are parts by the text of the statement for one row."""

    def __init__(self, dialect: Dialect, kinds: Mapping[str, Bulk]) -> None:
        self._kinds = kinds
        self._made: dict[tuple[str, ...], Sql] = {}
        self._keys = Bulk(message_keys, dialect, keep=True)
        self._ends = _ending(dialect)

    def knows(self, sql: Sql) -> bool:
        """Whether rows of this statement can go in together with others'."""
        return sql.text in self._kinds

    def writing(
        self, rows: Iterable[tuple[Sql, Sequence[Params]]], claims: Sequence[Params]
    ) -> tuple[Sql, dict[str, list[Any]]]:
        """One statement that claims messages' keys and writes all the rows, and its parameters. Answers the keys that
        were new. KeyError for a statement not known here."""
        texts: list[str] = []
        params = {name: [claim[name.partition(".")[2]] for claim in claims] for name in self._keys.parameters()}
        for sql, many in rows:
            texts.append(sql.text)
            params |= self._kinds[sql.text].columns(sql, many)
        return self._of(tuple(texts)), params

    def _of(self, texts: tuple[str, ...]) -> Sql:
        if texts not in self._made:  # at most as many as there are orders in which kinds come up
            names = self._keys.parameters()
            parts = [f"claimed AS ({self._keys.part(1)} RETURNING key)"]
            for place, text in enumerate(texts):
                parts.append(f"part{place} AS ({self._kinds[text].part(len(names) + 1)})")
                names += self._kinds[text].parameters()
            self._made[texts] = Sql(_WRITING.format(parts=", ".join(parts)), tuple(names), {})
        return self._made[texts]

    def ending(self, counters: Sequence[Params], rows: Sequence[Params]) -> tuple[Sql, dict[str, Any]]:
        """What a group ends with: its ticket counters, the feed's head moved by its events, and the events under the
        numbers that follow from there. Answers the last number.

        The counters' rows have been locked since the group's first numbers, so the head's is the only new lock here,
        and as ever the last: it orders the commits of several gateways.
        """
        params: dict[str, Any] = {"count": len(rows)}
        for table in (ticket_counters, events):
            given = counters if table is ticket_counters else rows
            params |= {f"{table.name}.{name}": [row[name] for row in given] for name in _names(table)}
        return self._ends, params


def _ending(dialect: Dialect) -> Sql:
    counters, told = Bulk(ticket_counters, dialect, replace=True), Bulk(events, dialect)
    names = [*counters.parameters(), "count", *told.parameters()]
    count = len(counters.names) + 1
    numbered = ", ".join(f"head.sequence - ${count} + one.{n}" if n == "sequence" else f"one.{n}" for n in told.names)
    text = _END.format(
        counters=counters.part(1), count=count, names=", ".join(told.names), numbered=numbered,
        rows=told.rows(count + 1),
    )  # fmt: skip
    return Sql(text, tuple(names), {})


def _names(table: Table) -> tuple[str, ...]:
    return tuple(table.columns.keys())
