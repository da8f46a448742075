"""The part of a transaction's hands that is about assignments (``SqlTx`` in tx.py has it).

Written at once and past what a group has pending: nothing else looks into their table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_assignments import assignment_of, assignment_row
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
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

    async def assignment(self, number: TicketNo) -> Assignment | None:
        row = await self._group.session.row(self._sql.assignment, {"ticket_no": storable(number)})
        return assignment_of(row, self._seal) if row else None
