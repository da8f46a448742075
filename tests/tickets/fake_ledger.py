"""FakeLedger: the writing half of the ledger's port in memory, for tests of what is written.

It keeps the port's promises that matter there: one piece of work is all or nothing, keys open one ticket and name one
message, revisions rise. The real ledgers are held to the whole contract in tests/contracts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from gateway.model.ids import CallId, TicketNo, new_id, ticket_no
from gateway.model.messages import (
    Conversation,
    DeadLetter,
    Delivery,
    Denial,
    Follower,
    KeptAttachment,
    KeptMessage,
    Raw,
    Reply,
)
from gateway.model.records import AuditEntry, CallRecord, Event, Ticket
from gateway.tickets.ports import NotFound, StaleRevision, TicketDraft, Tx

T = TypeVar("T")


@dataclass
class Kept:
    """All that is rolled back together."""

    calls: dict[str, CallRecord] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    keys: dict[str, TicketNo] = field(default_factory=dict)
    feed: list[Event] = field(default_factory=list)
    audits: list[AuditEntry] = field(default_factory=list)
    states: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    raws: dict[str, Raw] = field(default_factory=dict)
    message_keys: dict[str, str] = field(default_factory=dict)
    messages: dict[str, KeptMessage] = field(default_factory=dict)
    attachments: dict[str, KeptAttachment] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    denials: dict[str, Denial] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    followers: dict[str, Follower] = field(default_factory=dict)
    dead_letters: dict[tuple[str, int], DeadLetter] = field(default_factory=dict)


class FakeLedger:
    """Implements ``write`` and the ``Tx`` methods that calls, tickets and messages use. ``kept`` is what is there."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.fail_next = 0
        self.poison: set[str] = set()
        self.up = True

    @property
    def kept_calls(self) -> dict[str, CallRecord]:
        return self.kept.calls

    @property
    def kept_tickets(self) -> dict[str, Ticket]:
        return self.kept.tickets

    @property
    def keys(self) -> dict[str, TicketNo]:
        return self.kept.keys

    @property
    def feed(self) -> list[Event]:
        return self.kept.feed

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        if self.fail_next:
            self.fail_next -= 1
            raise OSError("disk full")
        before = deepcopy(self.kept)
        try:
            return await work(self)  # type: ignore[arg-type]
        except BaseException:
            self.kept = before
            raise

    async def healthy(self) -> bool:
        return self.up

    # -- calls and tickets ---------------------------------------------------------------------------------------------

    async def save_call(self, call: CallRecord) -> None:
        if call.call_id in self.poison:
            raise ValueError("poison")
        self.kept.calls[call.call_id] = deepcopy(call)

    async def call(self, call_id: CallId) -> CallRecord | None:
        return self.kept.calls.get(call_id)

    async def open_ticket(self, draft: TicketDraft, key: str | None) -> tuple[Ticket, bool]:
        if key is not None and key in self.keys:
            return self.kept_tickets[self.keys[key]], False
        number = ticket_no(draft.area_code, date(2026, 11, 21), len(self.kept_tickets) + 1)
        ticket = Ticket(
            number, new_id(), 1, "received", draft.channel, draft.account, draft.entry_number, "own", draft.area_code,
            draft.received_at, draft.occurred_at, **{k: v for k, v in draft.fields.items() if k != "track"},
        )  # fmt: skip
        self.kept_tickets[number] = ticket
        if key is not None:
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

    async def amend_ticket(self, key: str, amend: Callable[[Ticket], Mapping[str, Any]]) -> Ticket | None:
        ticket = await self.ticket_by_key(key)
        changes = amend(ticket) if ticket is not None else {}
        return await self.update_ticket(ticket.ticket_no, changes) if ticket is not None and changes else None

    async def ticket(self, number: TicketNo) -> Ticket | None:
        return self.kept_tickets.get(number)

    async def ticket_by_key(self, key: str) -> Ticket | None:
        number = self.keys.get(key)
        return self.kept_tickets[number] if number else None

    async def emit(self, type: str, subject: str, data: Mapping[str, Any], at: float) -> None:
        self.feed.append(Event(len(self.feed) + 1, new_id(), type, subject, at, dict(data)))

    async def audit(self, entry: AuditEntry) -> None:
        self.kept.audits.append(entry)

    async def save_state(self, name: str, value: Mapping[str, Any]) -> None:
        self.kept.states[name] = dict(value)

    async def state(self, name: str) -> Mapping[str, Any] | None:
        return self.kept.states.get(name)

    # -- messages ------------------------------------------------------------------------------------------------------

    async def keep_raw(self, raw: Raw) -> None:
        self.kept.raws.setdefault(raw.id, raw)

    async def claim_message(self, key: str, message_id: str) -> str | None:
        if key in self.kept.message_keys:
            return self.kept.message_keys[key]
        self.kept.message_keys[key] = message_id
        return None

    async def add_message(self, kept: KeptMessage) -> None:
        self.kept.messages[kept.id] = kept

    async def move_message(self, message_id: str, number: TicketNo) -> None:
        if message_id not in self.kept.messages:
            raise NotFound(message_id)
        self.kept.messages[message_id] = replace(self.kept.messages[message_id], ticket_no=number)
        for id, one in self.kept.attachments.items():
            if one.message_id == message_id:
                self.kept.attachments[id] = replace(one, ticket_no=number)

    async def message(self, message_id: str) -> KeptMessage | None:
        return self.kept.messages.get(message_id)

    async def save_attachment(self, kept: KeptAttachment) -> None:
        self.kept.attachments[kept.attachment.id] = kept

    async def conversation(self, id: str) -> Conversation | None:
        return self.kept.conversations.get(id)

    async def save_conversation(self, conversation: Conversation) -> None:
        self.kept.conversations[conversation.id] = conversation

    async def tickets_of(
        self, *, user_id: str = "", number: str = "", since: float, limit: int = 20
    ) -> Sequence[Ticket]:
        theirs = [
            one
            for one in self.kept_tickets.values()
            if one.received_at >= since
            and (
                (user_id and one.user_id == user_id) or (number and number in (one.calling_number, one.contact_number))
            )
        ]
        return sorted(theirs, key=lambda one: (one.received_at, one.ticket_no), reverse=True)[:limit]

    async def denied(self, channel: str, user_id: str, at: float) -> Denial | None:
        for one in self.kept.denials.values():
            if (one.channel, one.user_id) == (channel, user_id) and one.at <= at < (one.until or at + 1):
                return one
        return None

    async def save_denial(self, denial: Denial) -> None:
        self.kept.denials[denial.id] = denial

    async def lift_denial(self, denial_id: str) -> bool:
        return self.kept.denials.pop(denial_id, None) is not None

    # -- what goes out -------------------------------------------------------------------------------------------------

    async def add_reply(self, reply: Reply) -> None:
        self.kept.replies.append(reply)

    async def save_delivery(self, delivery: Delivery) -> None:
        self.kept.deliveries[delivery.id] = delivery

    async def delivery(self, id: str) -> Delivery | None:
        return self.kept.deliveries.get(id)

    async def delivery_by_external(self, channel: str, account: str, external_id: str) -> Delivery | None:
        for one in self.kept.deliveries.values():
            if external_id and (one.channel, one.account, one.external_id) == (channel, account, external_id):
                return one
        return None

    async def save_follower(self, follower: Follower) -> None:
        self.kept.followers[follower.id] = follower

    async def remove_follower(self, id: str) -> bool:
        letters = self.kept.dead_letters
        self.kept.dead_letters = {at: one for at, one in letters.items() if one.follower_id != id}
        return self.kept.followers.pop(id, None) is not None

    async def add_dead_letter(self, letter: DeadLetter) -> None:
        self.kept.dead_letters[letter.follower_id, letter.sequence] = letter

    async def remove_dead_letter(self, follower_id: str, sequence: int) -> bool:
        return self.kept.dead_letters.pop((follower_id, sequence), None) is not None
