"""The tickets that go with transfers of calls: which one it is, and its push within the transaction of the press.

Does what ``gateway.transfer.ports.Pushes`` wants. Transfers know nothing of tickets and tickets nothing of transfers,
so the composition root brings the two together; what both name is in ``gateway.model``.
"""

from __future__ import annotations

from typing import Any, Literal

import structlog

from gateway.model.ids import CallId, TicketNo
from gateway.model.transfers import TicketRef
from gateway.tickets.calls import key_of_call
from gateway.tickets.ports import Ledger, NotFound
from gateway.tickets.service import TicketService

_log = structlog.get_logger(__name__)


class TransferPushes:
    """Implements ``gateway.transfer.ports.Pushes``."""

    def __init__(self, ledger: Ledger, tickets: TicketService) -> None:
        self._ledger, self._tickets = ledger, tickets

    async def ticket_for(self, call: CallId, ticket_no: TicketNo | Literal[""], partner: str) -> TicketRef | None:
        """The ticket named, or the one that the call has opened."""
        if ticket_no:
            ticket = await self._ledger.ticket(ticket_no)
        else:
            ticket = await self._ledger.ticket_by_key(key_of_call(call))
        if ticket is None:
            return None
        return TicketRef(ticket.ticket_no, ticket.external_nos.get(partner, ""))

    async def push(self, tx: Any, ticket_no: TicketNo, partner: str, author: str) -> str:
        """The delivery's id; "" when the ticket has gone since the press was made."""
        try:
            delivery = await self._tickets.push_in(tx, ticket_no, partner, author)
        except NotFound:
            _log.error("transfer.ticket_gone", ticket_no=ticket_no, partner=partner)
            return ""
        return delivery.id

    def wake(self) -> None:
        self._tickets.wake()
