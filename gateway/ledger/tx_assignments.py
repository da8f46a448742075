"""The part of a transaction's hands that is about assignments (``SqlTx`` in tx.py has it).

Written at once and past what a group has pending: nothing else looks into their table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gateway.ledger.driver import Params
from gateway.ledger.personal import Seal
from gateway.ledger.rows_assignments import assignment_of, assignment_row
from gateway.ledger.statements import Statements
from gateway.ledger.texts import dumps, storable
from gateway.model.assignments import Assignment
from gateway.model.ids import TicketNo

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class AssignmentsTx:
    """See ``gateway.tickets.ports.Tx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def save_assignment(self, assignment: Assignment) -> bool:
        row = await self._group.session.row(self._sql.put_assignment, assignment_row(assignment, self._seal))
        return row is not None

    async def save_assignments(self, many: Sequence[Assignment]) -> frozenset[TicketNo]:
        """See the port. In one order in all processes, so that none waits for another in a circle."""
        ordered = sorted(many, key=lambda one: one.ticket_no)
        if not ordered:
            return frozenset()
        if self._group.pending is None:  # with care, on either database
            return frozenset([one.ticket_no for one in ordered if await self.save_assignment(one)])
        if not self._group.distant:
            return await self._save_near(ordered)
        rows = [assignment_row(one, self._seal) for one in ordered]
        columns = self._sql.many_assignments.columns(self._sql.put_assignment, rows)
        saved = await self._group.session.rows(self._sql.put_assignments, columns)
        return frozenset([TicketNo(row[0]) for row in saved])

    async def _save_near(self, ordered: Sequence[Assignment]) -> frozenset[TicketNo]:
        """Where nobody else writes meanwhile (SQLite) one look tells which are newer: an answer for each row written
        costs more than that."""
        session = self._group.session
        found = await session.rows(self._sql.assignment_versions, _asked([one.ticket_no for one in ordered]))
        versions = {row[0]: row[1] for row in found}
        newer = [one for one in ordered if one.version > versions.get(one.ticket_no, one.version - 1)]
        rows = [assignment_row(one, self._seal) for one in newer]
        await session.run_many(self._sql.put_assignment_quietly, rows)
        return frozenset([one.ticket_no for one in newer])

    async def assignment(self, number: TicketNo) -> Assignment | None:
        row = await self._group.session.row(self._sql.assignment, {"ticket_no": storable(number)})
        return assignment_of(row, self._seal) if row else None

    async def assignments(self, numbers: Sequence[TicketNo]) -> Mapping[TicketNo, Assignment]:
        rows = await self._group.session.rows(self._sql.assignments_in, _asked(numbers))
        return {one.ticket_no: one for one in [assignment_of(row, self._seal) for row in rows]}


def _asked(numbers: Sequence[TicketNo]) -> Params:
    return {"numbers": dumps([storable(number) for number in numbers]).decode()}
