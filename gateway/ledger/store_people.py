"""The reads about the roster (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.ledger.driver import Database, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows_people import duty_of, handover_of, person_of
from gateway.ledger.statements import Statements
from gateway.ledger.store_messages import made, page
from gateway.model.people import Duty, Handover, Person


class PeopleLedger:
    """See ``gateway.people.ports.PeopleLedger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def people(self) -> Sequence[Person]:
        return await made(await self._database.query(self._sql.people, {}), self._person)

    async def duties(self, first: date, last: date) -> Sequence[Duty]:
        given = {"first": first.isoformat(), "last": last.isoformat()}
        return await made(await self._database.query(self._sql.duties, given), self._duty)

    async def handovers(self, limit: int = 50) -> Sequence[Handover]:
        rows = await self._database.query(self._sql.handovers, {"limit": page(limit)})
        return [handover_of(row, self._seal) for row in rows]

    def _person(self, row: Row) -> Person:
        return person_of(row, self._seal)

    def _duty(self, row: Row) -> Duty:
        return duty_of(row, self._seal)
