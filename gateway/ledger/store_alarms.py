"""The reads about alarms, and the counts that alarms watch (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.ledger.driver import Database, Params, Row, Sql
from gateway.ledger.personal import Seal
from gateway.ledger.rows_alarms import alarm_of
from gateway.ledger.statements import Statements
from gateway.ledger.store_messages import given_filters, made, page
from gateway.ledger.texts import storable
from gateway.model.alarms import Alarm
from gateway.model.ids import TicketNo

_MOST_TEXTS = 3000


class AlarmsLedger:
    """See ``gateway.alarms.ports`` for what the methods promise. ``since`` is inclusive, ``until`` exclusive."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def alarm(self, id: str) -> Alarm | None:
        rows = await self._database.lookup(self._sql.alarm, {"id": storable(id)})
        return alarm_of(rows[0], self._seal) if rows else None

    async def open_alarms(self) -> Sequence[Alarm]:
        return await self._read_alarms(self._sql.open_alarms, {})

    async def recent_alarms(self, since: float, limit: int = 500) -> Sequence[Alarm]:
        return await self._read_alarms(self._sql.recent_alarms, {"since": since, "limit": page(limit)})

    async def alarms(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        rule: str | None = None,
        only_open: bool = False,
        after: tuple[float, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Alarm]:
        given = given_filters(since=since, until=until, rule=rule, open=1.0 if only_open else None)
        sql = self._sql.search_alarms(frozenset(given) | ({"after"} if after is not None else frozenset()))
        if after is not None:
            given |= {"after_at": float(after[0]), "after_id": storable(after[1])}
        return await self._read_alarms(sql, {**given, "limit": page(limit)})

    async def _read_alarms(self, sql: Sql, given: Params) -> Sequence[Alarm]:
        return await made(await self._database.query(sql, given), lambda row: alarm_of(row, self._seal))

    # -- what is watched -----------------------------------------------------------------------------------------------

    async def served(self, since: float, within_s: float) -> Mapping[str, tuple[int, int, int]]:
        rows = await self._database.query(self._sql.served, {"since": since, "within": float(within_s)})
        return {row[0] or "": (int(row[1]), int(row[2] or 0), int(row[3] or 0)) for row in rows}

    async def repeat_callers(self, since: float, least: int, limit: int = 50) -> Sequence[tuple[str, int, str]]:
        given = {"since": since, "least": least, "limit": page(limit)}
        return [
            (row[0].hex(), int(row[1]), row[2]) for row in await self._database.query(self._sql.repeat_callers, given)
        ]

    async def unanswered_tickets(self, since: float, until: float) -> Mapping[str, tuple[int, float, TicketNo]]:
        return _by_channel(await self._watched(self._sql.unanswered_tickets, since, until))

    async def urgent_tickets(self, since: float, until: float) -> Mapping[str, tuple[int, float, TicketNo]]:
        return _by_channel(await self._watched(self._sql.urgent_tickets, since, until))

    async def unsent_tickets(self, since: float, until: float) -> Mapping[str, tuple[int, float, TicketNo]]:
        return _by_channel(await self._watched(self._sql.unsent_tickets, since, until))

    async def topics(self, since: float, until: float) -> Mapping[tuple[str, str], int]:
        rows = await self._watched(self._sql.topics, since, until)
        return {(row[0], row[1]): int(row[2]) for row in rows}

    async def first_ticket_at(self) -> float | None:
        rows = await self._database.lookup(self._sql.first_ticket, {})
        return rows[0][0] if rows else None

    async def ticket_words(self, since: float, until: float, limit: int = _MOST_TEXTS) -> Sequence[str]:
        given = {"since": since, "until": until, "limit": page(limit, _MOST_TEXTS)}
        return [f"{row[0]}\n{row[1]}" for row in await self._database.query(self._sql.ticket_words, given)]

    async def mentions(self, word: str, since: float, until: float) -> int:
        escaped = storable(word).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        given = {"since": since, "until": until, "like": f"%{escaped}%"}
        rows = await self._database.query(self._sql.mentions, given)
        return int(rows[0][0])

    async def their_clock(self) -> float | None:
        if self._sql.their_clock is None:
            return None
        rows = await self._database.lookup(self._sql.their_clock, {})
        return float(rows[0][0])

    async def _watched(self, sql: Sql, since: float, until: float) -> Sequence[Row]:
        return await self._database.query(sql, {"since": since, "until": until})


def _by_channel(rows: Sequence[Row]) -> dict[str, tuple[int, float, TicketNo]]:
    """Channel -> how many, since when the oldest, and its number."""
    return {row[0]: (int(row[1]), float(row[2]), TicketNo(row[3])) for row in rows}
