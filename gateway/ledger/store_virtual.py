"""The reads about virtual numbers (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ledger.driver import Database
from gateway.ledger.personal import Seal
from gateway.ledger.rows_virtual import binding_of, virtual_call_of
from gateway.ledger.statements import Statements
from gateway.ledger.store_messages import page
from gateway.ledger.texts import storable
from gateway.model.ids import CallId, TicketNo
from gateway.model.virtual import Binding, VirtualCall


class VirtualLedger:
    """See ``gateway.transfer.virtual_ports.VirtualLedger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def virtual_binding(self, number: str) -> Binding | None:
        rows = await self._database.lookup(self._sql.binding_of_number, {"number": storable(number)})
        return binding_of(rows[0], self._seal) if rows else None

    async def virtual_bindings(self, ticket_no: TicketNo, limit: int = 100) -> Sequence[Binding]:
        given = {"ticket_no": storable(ticket_no), "limit": page(limit)}
        rows = await self._database.query(self._sql.bindings_of_ticket, given)
        return [binding_of(row, self._seal) for row in rows]

    async def virtual_call(self, call_id: CallId) -> VirtualCall | None:
        rows = await self._database.lookup(self._sql.virtual_call, {"call_id": storable(call_id)})
        return virtual_call_of(rows[0]) if rows else None

    async def virtual_calls(self, ticket_no: TicketNo, limit: int = 100) -> Sequence[VirtualCall]:
        given = {"ticket_no": storable(ticket_no), "limit": page(limit)}
        rows = await self._database.query(self._sql.virtual_calls_of_ticket, given)
        return [virtual_call_of(row) for row in rows]

    async def open_virtual_calls(self) -> Sequence[VirtualCall]:
        rows = await self._database.query(self._sql.open_virtual_calls, {})
        return [virtual_call_of(row) for row in rows]
