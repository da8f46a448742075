"""FakeLedger: the writing half of the ledger's port in memory, for tests of what is written.

It keeps the port's promises that matter there: one piece of work is all or nothing, keys open one ticket, revisions
rise. The real ledgers are held to the whole contract in tests/contracts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from datetime import date
from typing import Any, TypeVar

from gateway.model.ids import TicketNo, new_id, ticket_no
from gateway.model.records import CallRecord, Event, Ticket
from gateway.tickets.ports import NotFound, StaleRevision, TicketDraft, Tx

T = TypeVar("T")


class FakeLedger:
    """Implements ``write`` and the ``Tx`` methods that calls and tickets use."""

    def __init__(self) -> None:
        self.kept_calls: dict[str, CallRecord] = {}
        self.kept_tickets: dict[str, Ticket] = {}
        self.keys: dict[str, TicketNo] = {}
        self.feed: list[Event] = []
        self.fail_next = 0
        self.poison: set[str] = set()
        self.up = True

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        if self.fail_next:
            self.fail_next -= 1
            raise OSError("disk full")
        kept = deepcopy((self.kept_calls, self.kept_tickets, self.keys, self.feed))
        try:
            return await work(self)  # type: ignore[arg-type]
        except BaseException:
            self.kept_calls, self.kept_tickets, self.keys, self.feed = kept
            raise

    async def healthy(self) -> bool:
        return self.up

    async def save_call(self, call: CallRecord) -> None:
        if call.call_id in self.poison:
            raise ValueError("poison")
        self.kept_calls[call.call_id] = deepcopy(call)

    async def open_ticket(self, draft: TicketDraft, key: str) -> tuple[Ticket, bool]:
        if key in self.keys:
            return self.kept_tickets[self.keys[key]], False
        number = ticket_no(draft.area_code, date(2026, 11, 21), len(self.kept_tickets) + 1)
        ticket = Ticket(
            number, new_id(), 1, "received", draft.channel, draft.account, draft.entry_number, "own", draft.area_code,
            draft.received_at, draft.occurred_at, **{k: v for k, v in draft.fields.items() if k != "track"},
        )  # fmt: skip
        self.kept_tickets[number] = ticket
        self.keys[key] = number
        return ticket, True

    async def update_ticket(self, number: TicketNo, changes: Mapping[str, Any], revision: int | None = None) -> Ticket:
        ticket = self.kept_tickets.get(number)
        if ticket is None:
            raise NotFound(number)
        if revision is not None and revision != ticket.revision:
            raise StaleRevision(number, revision, ticket.revision)
        for name, value in changes.items():
            setattr(ticket, name, value)
        ticket.revision += 1
        return ticket

    async def ticket_by_key(self, key: str) -> Ticket | None:
        number = self.keys.get(key)
        return self.kept_tickets[number] if number else None

    async def emit(self, type: str, subject: str, data: Mapping[str, Any], at: float) -> None:
        self.feed.append(Event(len(self.feed) + 1, new_id(), type, subject, at, dict(data)))
