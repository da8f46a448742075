"""Many rows of several tables in one statement (PostgreSQL): one round trip for what a group writes instead of one for
each table, and the server starts each insertion once instead of once a row.

Rows are given by columns: ``INSERT INTO t (a, b) SELECT * FROM unnest($1::text[], $2::bytea[])``, one such part for
each table, as common table expressions of one statement. All names are those of our own tables, all values parameters.

Texts go as one text a column, each behind a separator, and become an array there: asyncpg looks twice at each element
of an array whether it is an array itself, which took half of the time of sending a group. A group in whose texts the
separator occurs sends arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import Dialect, Table, Text

from gateway.ledger.driver import Params, Sql
from gateway.ledger.tables import events, message_keys, ticket_counters

_INSERT = "INSERT INTO {table} ({names}) SELECT {values} FROM {rows}{conflict}"
NOTHING_ALIKE: Mapping[str, str] = MappingProxyType({})
_WRITING = "WITH {parts} SELECT key FROM claimed"
_ENDING = (
    "WITH {parts}, counters AS ({counters}), "
    "head AS (INSERT INTO feed_head AS old (name, sequence) SELECT 'feed', CAST(${count} AS BIGINT) WHERE {after} >= 0 "
    "ON CONFLICT (name) DO UPDATE SET sequence = old.sequence + excluded.sequence RETURNING sequence), "
    "told AS (INSERT INTO events ({names}) SELECT {numbered} FROM head, {rows} AS one ({names})) "
    "SELECT sequence, ARRAY(SELECT key FROM claimed) FROM head"
)
"""Events come with their place in the group, from 1, as their sequence. To count the other parts' rows is to have them
written before the head is moved: its lock stays the last that a group takes."""
_SEPARATOR = "\x1f"
_SPLIT = "(string_to_array(CAST(${0} AS TEXT), chr(31)))[2:]"
_ALL_OF = "(SELECT count(*) FROM {})"

End = tuple[Sequence[Params], Sequence[Params]]
"""What a group ends with: its ticket counters and its events."""


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
        self.prefix = f"{table.name}~" if alike else table.name
        self.texts = frozenset(
            f"{self.prefix}.{name}"
            for name in self.names
            if isinstance(table.columns[name].type, Text) and not table.columns[name].nullable
        )
        """The parameters that can be one text for all rows."""
        self._types = [table.columns[name].type.compile(dialect) for name in self.names]
        self._conflict = " ON CONFLICT DO NOTHING" if keep else ""
        if replace:
            changed = ", ".join(f"{name} = excluded.{name}" for name in self.names if name not in self.key)
            self._conflict = f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changed}"
        if newer:
            self._conflict += f" WHERE excluded.{newer} > {self._table}.{newer}"

    def part(self, first: int, *, joined: bool = False) -> str:
        """The insertion, its parameters numbered from ``first``; ``joined``: see ``rows``."""
        names, values = ", ".join((*self.names, *self._alike)), ", ".join(("*", *self._alike.values()))
        rows = self.rows(first, joined=joined)
        return _INSERT.format(table=self._table, names=names, values=values, rows=rows, conflict=self._conflict)

    def rows(self, first: int, *, joined: bool = False) -> str:
        """The rows as a table function. With ``joined`` the parameters in ``texts`` are one text each."""
        arrays = []
        for place, (name, type_) in enumerate(zip(self.parameters(), self._types, strict=True), first):
            split = joined and name in self.texts
            arrays.append(_SPLIT.format(place) if split else f"CAST(${place} AS {type_}[])")
        return f"unnest({', '.join(arrays)})"

    def alone(self, answer: str) -> Sql:
        """A statement of nothing but the insertion, which answers this column of the rows that went in."""
        return Sql(f"{self.part(1)} RETURNING {answer}", tuple(self.parameters()), {})

    def parameters(self) -> list[str]:
        """Names that no other part's parameters have."""
        return [f"{self.prefix}.{name}" for name in self.names]

    def columns(self, sql: Sql, rows: Sequence[Params]) -> dict[str, list[Any]]:
        """The rows, each as ``sql`` would take it, by column. Of rows that replace one another the last is left."""
        if self.key:  # in one order in all processes, so that none waits for another in a circle
            last = {tuple([row[name] for name in self.key]): row for row in rows}
            rows = [last[key] for key in sorted(last)]
        given = zip(*[sql.args(row) for row in rows], strict=True)
        by_name = dict(zip(sql.names, map(list, given), strict=True))
        return {f"{self.prefix}.{name}": by_name[name] for name in self.names}


class Bulks:
    """The statements made of ``Bulk`` parts. ``kinds`` are parts by the text of the statement for one row."""

    def __init__(self, dialect: Dialect, kinds: Mapping[str, Bulk]) -> None:
        self._kinds = kinds
        self._places = {text: place for place, text in enumerate(kinds)}
        self._made: dict[tuple[bool, bool, tuple[str, ...]], Sql] = {}
        self._keys = Bulk(message_keys, dialect, keep=True)
        self._counters = Bulk(ticket_counters, dialect, replace=True)
        self._events = Bulk(events, dialect)
        self._texts = frozenset().union(
            *(one.texts for one in (self._keys, self._counters, self._events, *kinds.values()))
        )

    def knows(self, sql: Sql) -> bool:
        """Whether rows of this statement can go in together with others'."""
        return sql.text in self._kinds

    def writing(
        self, rows: Iterable[tuple[Sql, Sequence[Params]]], claims: Sequence[Params], end: End | None = None
    ) -> tuple[Sql, dict[str, Any]]:
        """One statement that claims messages' keys and writes all the rows, and its parameters. Answers the keys that
        were new, a row each. KeyError for a statement not known here.

        With ``end`` it is what a group ends with: it moves the feed's head by the events and writes them under the
        numbers that follow from there, and the counters. Answers one row: the last number, and the new keys as a list.
        The counters' rows have been locked since the group's first numbers, so the head's is the last lock as ever: it
        orders the commits of several gateways.
        """
        texts: list[str] = []
        params: dict[str, Any] = _listed(self._keys, claims)
        for sql, many in sorted(rows, key=lambda one: self._places[one[0].text]):
            texts.append(sql.text)
            params |= self._kinds[sql.text].columns(sql, many)
        if end is not None:
            counters, told = end
            params |= _listed(self._counters, counters) | _listed(self._events, told)
            params["count"] = len(told)
        joined = self._join(params)
        return self._of(tuple(texts), ends=end is not None, joined=joined is not None), joined or params

    def _join(self, params: dict[str, Any]) -> dict[str, Any] | None:
        """The parameters with their texts joined; None when the separator is in one of them."""
        joined = params.copy()
        for name in self._texts & params.keys():
            values = params[name]
            text = _SEPARATOR + _SEPARATOR.join(values) if values else ""
            if text.count(_SEPARATOR) != len(values):
                return None
            joined[name] = text
        return joined

    def _of(self, texts: tuple[str, ...], *, ends: bool, joined: bool) -> Sql:
        key = (ends, joined, texts)
        if key not in self._made:  # one for each set of kinds that comes up, whatever their order
            names = self._keys.parameters()
            parts = [f"claimed AS ({self._keys.part(1, joined=joined)} RETURNING key)"]
            for place, text in enumerate(texts):
                parts.append(f"part{place} AS ({self._kinds[text].part(len(names) + 1, joined=joined)} RETURNING 1)")
                names += self._kinds[text].parameters()
            whole = _WRITING.format(parts=", ".join(parts))
            if ends:
                whole = self._ending(", ".join(parts), len(texts), names, joined=joined)
            self._made[key] = Sql(whole, tuple(names), {})
        return self._made[key]

    def _ending(self, parts: str, many: int, names: list[str], *, joined: bool) -> str:
        """The whole statement; adds its own parameters to ``names``."""
        after = " + ".join(map(_ALL_OF.format, ("claimed", *(f"part{n}" for n in range(many)))))
        counters = self._counters.part(len(names) + 1, joined=joined)
        names += [*self._counters.parameters(), "count"]
        count, told = len(names), self._events
        numbered = ", ".join(
            f"head.sequence - ${count} + one.{n}" if n == "sequence" else f"one.{n}" for n in told.names
        )
        rows = told.rows(count + 1, joined=joined)
        names += told.parameters()
        return _ENDING.format(
            parts=parts, counters=counters, count=count, after=after, names=", ".join(told.names), numbered=numbered,
            rows=rows,
        )  # fmt: skip


def _listed(bulk: Bulk, rows: Sequence[Params]) -> dict[str, Any]:
    """The rows by column, where each names the columns as the table does."""
    return {f"{bulk.prefix}.{name}": [row[name] for row in rows] for name in bulk.names}


def _names(table: Table) -> tuple[str, ...]:
    return tuple(table.columns.keys())
