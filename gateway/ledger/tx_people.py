"""The part of a transaction's hands that is about the roster (``SqlTx`` in tx.py has it). Written at once and past what
a group has pending: nothing else looks into these tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_people import duty_of, duty_row, handover_of, handover_row, person_of, person_row
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.people import Duty, Handover, Person

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class PeopleTx:
    """See ``gateway.people.ports.PeopleTx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def people(self) -> Sequence[Person]:
        return [person_of(row, self._seal) for row in await self._group.session.rows(self._sql.people, {})]

    async def save_people(self, people: Iterable[Person]) -> None:
        if rows := [person_row(one, self._seal) for one in people]:
            await self._group.session.run_many(self._sql.put_person, rows)

    async def duties(self, first: date, last: date) -> Sequence[Duty]:
        given = {"first": first.isoformat(), "last": last.isoformat()}
        return [duty_of(row, self._seal) for row in await self._group.session.rows(self._sql.duties, given)]

    async def replace_duties(self, days: Iterable[date], duties: Iterable[Duty]) -> None:
        for day in days:
            await self._group.session.run(self._sql.drop_duties, {"day": day.isoformat()})
        if rows := [duty_row(one, self._seal) for one in duties]:
            await self._group.session.run_many(self._sql.add_duty, rows)

    async def save_handover(self, note: Handover) -> None:
        await self._group.session.run(self._sql.put_handover, handover_row(note, self._seal))

    async def handover(self, id: str) -> Handover | None:
        row = await self._group.session.row(self._sql.handover, {"id": storable(id)})
        return handover_of(row, self._seal) if row else None
