"""The tickets that go with transfers of calls: which one it is, and its push within the transaction of the press.

Does what ``gateway.transfer.ports.Pushes`` wants. Transfers know nothing of tickets and tickets nothing of transfers,
so the composition root brings the two together; what both name is in ``gateway.model``. What the agent has typed so far
goes along (``gateway.tickets.typed``). A call that was answered a moment ago may have no ticket yet, because its answer
is being written beside us: it is opened here under the call's key, so that the recorder finds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import structlog

from gateway.model.ids import CallId, TicketNo
from gateway.model.records import CallChange, CallRecord, Ticket
from gateway.model.transfers import TicketRef
from gateway.tickets.calls import CallBook, key_of_call
from gateway.tickets.ports import Ledger, NotFound
from gateway.tickets.service import TicketService

_OPEN_WITHIN_S = 0.1
"""A press waits no longer for a ticket; one that comes later is pushed when it comes."""

_log = structlog.get_logger(__name__)


def no_call(call: CallId) -> CallRecord | None:
    """For a gateway that sees no calls."""
    return None


class TransferPushes:
    """Implements ``gateway.transfer.ports.Pushes``. ``call_of`` gives the live record of a call."""

    def __init__(
        self,
        ledger: Ledger,
        tickets: TicketService,
        book: CallBook,
        call_of: Callable[[CallId], CallRecord | None] = no_call,
        open_within_s: float = _OPEN_WITHIN_S,
    ) -> None:
        self._ledger, self._tickets, self._book, self._call_of = ledger, tickets, book, call_of
        self._open_within_s = open_within_s

    async def ticket_for(self, call: CallId, ticket_no: TicketNo | Literal[""], partner: str) -> TicketRef | None:
        """The ticket named, else the call's own; for a partner it is opened when the call has none yet."""
        if ticket_no:
            ticket = await self._ledger.ticket(ticket_no)
        else:
            ticket = await self._ledger.ticket_by_key(key_of_call(call))
            if ticket is None and partner:
                ticket = await self._ticket_of(call)
        if ticket is None:
            return None
        return TicketRef(ticket.ticket_no, ticket.external_nos.get(partner, ""))

    async def _ticket_of(self, call: CallId) -> Ticket | None:
        """Of a call without a ticket of its own: the one it was dialled for, else a new one."""
        record = self._call_of(call)
        if record is None or record.answered_at is None:
            return None
        if record.ticket_no:
            return await self._ledger.ticket(TicketNo(record.ticket_no))
        change = CallChange("answered", record.answered_at, record).frozen()
        try:
            async with asyncio.timeout(self._open_within_s):
                ticket, _ = await self._ledger.write(lambda tx: self._book.open(tx, change.call, change.at))
        except TimeoutError:
            _log.warning("transfer.ticket_late", call_id=call)
            return None
        return ticket

    async def push(self, tx: Any, ticket_no: TicketNo, partner: str, author: str, call: CallId) -> str:
        """The delivery's id; "" when the ticket has gone since the press was made."""
        try:
            delivery = await self._tickets.push_in(tx, ticket_no, partner, author, call)
        except NotFound:
            _log.error("transfer.ticket_gone", ticket_no=ticket_no, partner=partner)
            return ""
        return delivery.id

    def wake(self) -> None:
        self._tickets.wake()
