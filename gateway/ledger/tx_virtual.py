"""The part of a transaction's hands that is about virtual numbers (``SqlTx`` in tx.py has it). Written at once and past
what a group has pending: nothing else looks into these tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_virtual import binding_of, binding_row, virtual_call_of, virtual_call_row
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.ids import CallId, TicketNo
from gateway.model.virtual import Binding, VirtualCall

if TYPE_CHECKING:
    from gateway.ledger.tx import Group

_MOST = 1000


class VirtualTx:
    """See ``gateway.transfer.virtual_ports.VirtualTx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def virtual_free_at(self) -> Mapping[str, float]:
        return {row[0]: row[1] for row in await self._group.session.rows(self._sql.virtual_numbers, {})}

    async def bind_virtual(self, binding: Binding, free_at: float) -> bool:
        claim = {
            "number": binding.number, "binding_id": binding.id, "free_at": free_at, "now": binding.bound_at,
        }  # fmt: skip
        if await self._group.session.row(self._sql.claim_number, claim) is None:
            return False
        await self._group.session.run(self._sql.put_binding, binding_row(binding, self._seal))
        return True

    async def end_virtual(self, binding: Binding, free_at: float) -> None:
        await self._group.session.run(self._sql.put_binding, binding_row(binding, self._seal))
        await self._group.session.run(self._sql.free_number, {"of_binding": binding.id, "free_from": free_at})

    async def virtual_bindings(self, ticket_no: TicketNo) -> Sequence[Binding]:
        given = {"ticket_no": storable(ticket_no), "limit": _MOST}
        rows = await self._group.session.rows(self._sql.bindings_of_ticket, given)
        return [binding_of(row, self._seal) for row in rows]

    async def virtual_call(self, call_id: CallId) -> VirtualCall | None:
        row = await self._group.session.row(self._sql.virtual_call, {"call_id": storable(call_id)})
        return virtual_call_of(row) if row else None

    async def binding(self, id: str) -> Binding | None:
        row = await self._group.session.row(self._sql.binding, {"id": storable(id)})
        return binding_of(row, self._seal) if row else None

    async def save_virtual_call(self, call: VirtualCall) -> None:
        await self._group.session.run(self._sql.put_virtual_call, virtual_call_row(call))
