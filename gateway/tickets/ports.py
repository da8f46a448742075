"""What tickets and pages need of a ledger, as protocols. ``gateway.ledger`` implements them; tests run one contract
against every implementation (tests/contracts).

The unit of durability is ``Ledger.write``: it returns only after the transaction that holds the work has been
committed and synced, so whoever awaited it may acknowledge. Several pieces of work share one transaction (group
commit); a piece that raises is rolled back alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Literal, Protocol, TypeVar

from gateway.model.assignments import Assignment
from gateway.model.contexts import PartnerContext
from gateway.model.desk import Draft, Filing, Watch
from gateway.model.gatherings import Gathering
from gateway.model.ids import AgentId, CallId, TicketNo
from gateway.model.messages import (
    Conversation,
    DeadLetter,
    Delivery,
    Denial,
    Follower,
    KeptAttachment,
    KeptMessage,
    Message,
    Raw,
    Reply,
)
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Ticket
from gateway.model.transfers import Transfer
from gateway.model.value import value
from gateway.model.virtual import VirtualCall
from gateway.tickets.ports_tx import Looks, NotFound, Refused, StaleRevision, TicketDraft, Tx

__all__ = [
    "Foreseen",
    "Ledger",
    "Looks",
    "NotFound",
    "Refused",
    "StaleRevision",
    "Taken",
    "Takes",
    "TicketActs",
    "TicketDraft",
    "Tx",
    "Words",
]

T = TypeVar("T")


@value
class Taken:
    """What became of a message. ``ticket`` is the one it opened or joined (also when ``known``), None for the rest.

    known: its key had been taken before, nothing was written; noted: kept, but of a kind that opens no ticket (a
    subscription); denied: kept, from a sender who is not heard at present, ``reason`` says why.
    """

    outcome: Literal["opened", "joined", "known", "noted", "denied"]
    message_id: str
    ticket: Ticket | None = None
    reason: str = ""


@value
class Foreseen(Generic[T]):
    """A piece of work for ``Ledger.write`` that says what it ``looks`` for."""

    work: Callable[[Tx], Awaitable[T]]
    looks: Looks

    def __call__(self, tx: Tx) -> Awaitable[T]:
        return self.work(tx)


class Ledger(Protocol):
    """The durable truth. Reads need no transaction of their own and see only committed rows."""

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Run ``work`` and return its result after the commit. Its exception, if any, comes back to the caller."""

    def on_commit(self, tell: Callable[[int], None]) -> None:
        """Call ``tell(last_sequence)`` in the event loop after each commit that appended to the feed."""

    async def call(self, call_id: CallId) -> CallRecord | None: ...

    async def open_calls(self) -> Sequence[CallRecord]:
        """Calls without an end, oldest first: what a restarted gateway has to settle with Asterisk's snapshot."""

    async def calls(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        number: str | None = None,
        outcome: str | None = None,
        queue: str | None = None,
        ticket_no: str | None = None,
        agent: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[CallRecord]:
        """Newest first. ``number`` looks up by keyed hash; ``after`` is the call_id that ended the page before."""

    async def ticket(self, number: TicketNo) -> Ticket | None: ...

    async def tickets(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        number: str | None = None,
        channel: str | None = None,
        state: str | None = None,
        call_id: str | None = None,
        category: str | None = None,
        area_code: str | None = None,
        agent: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Ticket]:
        """Newest first by ticket number; ``after`` is the ticket_no that ended the page before."""

    async def ticket_by_key(self, key: str) -> Ticket | None:
        """The ticket opened under an idempotency key (``partner:110:A-1``)."""

    async def ticket_by_query_code(self, number: TicketNo, code: str) -> Ticket | None:
        """For the citizen's own look-up: the ticket when the code is its query code (compared in constant time)."""

    async def raw(self, raw_id: str) -> Raw | None: ...

    async def message(self, message_id: str) -> KeptMessage | None: ...

    async def messages(
        self, *, ticket_no: TicketNo | None = None, raw_id: str | None = None, limit: int = 100, newest: bool = False
    ) -> Sequence[KeptMessage]:
        """Oldest first. Of more than ``limit`` the oldest, or the ``newest``."""

    async def attachments(self, ticket_no: TicketNo) -> Sequence[KeptAttachment]: ...

    async def attachment(self, id: str) -> KeptAttachment | None: ...

    async def wanted(self, at: float, limit: int = 50) -> Sequence[KeptAttachment]:
        """Attachments due to be fetched at a time, the longest due first."""

    async def next_due(self) -> tuple[float | None, float | None, float | None]:
        """When the next delivery, wanted attachment and follower are due; None when none is."""

    async def conversation(self, id: str) -> Conversation | None: ...

    async def gathering(self, key: str) -> Gathering | None: ...

    async def due_gatherings(self, channel: str, account: str, at: float, limit: int = 50) -> Sequence[Gathering]:
        """An account's gatherings whose ``due_at`` has come, the longest due first."""

    async def transfer(self, id: str) -> Transfer | None: ...

    async def transfer_by_key(self, key: str) -> Transfer | None: ...

    async def virtual_call(self, call_id: CallId) -> VirtualCall | None:
        """A call over a virtual number, which has no record among the calls."""

    async def open_transfers(self) -> Sequence[Transfer]:
        """Those that have not ended, oldest first: what a restarted gateway goes on with."""

    async def transfers(
        self,
        *,
        call_id: CallId | None = None,
        ticket_no: TicketNo | None = None,
        partner: str | None = None,
        since: float | None = None,
        until: float | None = None,
        after: tuple[float, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Transfer]:
        """Newest first; ``since`` (inclusive) and ``until`` (exclusive) are about ``started_at``; ``after`` is
        ``started_at`` and id of the one that ended the page before."""

    async def pushes(self, ids: Iterable[str]) -> Mapping[str, Delivery]:
        """Deliveries by id; those that are not there are left out. One look-up each: for a page, not for a year."""

    async def contexts_of_call(self, call_id: CallId, at: float) -> Sequence[PartnerContext]:
        """What is kept at a time (as of the next two) about a call, newest first."""

    async def contexts_of_number(self, number: str, since: float, at: float) -> Sequence[PartnerContext]:
        """What partners told since then about a citizen's number, by keyed hash, newest first."""

    async def contexts_by_reference(self, partner: str, text: str, at: float) -> Sequence[PartnerContext]:
        """What a partner told under a reference or a case number of its own, newest first."""

    async def assignment(self, number: TicketNo) -> Assignment | None: ...

    async def held_assignments(self, agent: AgentId | None = None) -> Sequence[Assignment]:
        """Those offered or taken, of one agent or of all; an agent's with the soonest due first."""

    async def waiting_assignments(self, limit: int = 100) -> Sequence[Assignment]:
        """The pool, in the order in which it is served."""

    async def waiting_written(self) -> int:
        """How many are in the pool."""

    async def draft(self, key: str) -> Draft | None: ...

    async def drafts(self, author: str, limit: int = 100) -> Sequence[Draft]:
        """Those that an author typed at last, newest first."""

    async def watch(self, number: str) -> Watch | None:
        """The note about a number (by keyed hash), also when its time is over."""

    async def watches(self, limit: int = 100) -> Sequence[Watch]:
        """Newest first."""

    async def denials(self, *, channel: str | None = None, limit: int = 100) -> Sequence[Denial]: ...

    async def replies(self, ticket_no: TicketNo) -> Sequence[Reply]: ...

    async def deliveries(
        self, *, ticket_no: TicketNo | None = None, state: str | None = None, kind: str | None = None, limit: int = 100
    ) -> Sequence[Delivery]:
        """Newest first."""

    async def due_deliveries(
        self, at: float, limit: int = 50, of: Sequence[tuple[str, str]] | None = None
    ) -> Sequence[Delivery]:
        """Deliveries whose ``due_at`` has come, the longest due first.

        ``of``: those of some (channel, account) only, at most ``limit`` of each; the longest due first of each.
        """

    async def due_accounts(self, at: float) -> Mapping[tuple[str, str], int]:
        """How many deliveries are due at a time, by (channel, account); those without any are not named."""

    async def tried_deliveries(
        self, channel: str, account: str, ticket_no: TicketNo, limit: int = 100
    ) -> Sequence[Delivery]:
        """Deliveries about a ticket ("" for those about none) that were tried and come again or are under way, the
        oldest first."""

    async def unanswered(self, at: float, limit: int = 50) -> Sequence[Delivery]:
        """Pushes whose ``answer_by`` has passed without an acknowledgement (``answer_by`` is cleared by one)."""

    async def followers(self) -> Sequence[Follower]: ...

    async def dead_letters(self, follower_id: str, limit: int = 100) -> Sequence[DeadLetter]:
        """In sequence."""

    async def events(self, after: int, limit: int = 100) -> Sequence[Event]:
        """The feed from ``after`` (exclusive), in sequence, without gaps."""

    def recent_events(self, after: int, limit: int = 100) -> Sequence[Event]:
        """The same from memory, for who reads nothing but texts and numbers in their data: what this process has
        committed a moment ago. None of it when what follows ``after`` is not known here; then ask ``events``."""

    async def last_sequence(self) -> int: ...

    async def account(self, login: str) -> tuple[Account, str] | None:
        """The account and its password hash (argon2, PHC string; empty when it can only use tokens)."""

    async def accounts(self) -> Sequence[Account]: ...

    async def account_by_token(self, token_hash: str) -> Account | None: ...

    async def audits(
        self,
        *,
        login: str | None = None,
        subject: str | None = None,
        act: str | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int = 100,
    ) -> Sequence[AuditEntry]:
        """Newest first; ``since`` is inclusive, ``until`` exclusive."""

    async def state(self, name: str) -> Mapping[str, Any] | None: ...

    async def healthy(self) -> bool:
        """True when a write could be committed now: asked by /readyz, answers within a second."""


class Takes(Protocol):
    """The intake (gateway.tickets.intake)."""

    async def take(
        self, raw: Raw, message: Message, also: Callable[[Tx, Taken], Awaitable[None]] | None = None
    ) -> Taken:
        """Make a message durable: original, key, message, ticket and events in one transaction.

        Returns after the commit: only now may the sender be told. ``also`` runs in the same transaction (a cursor, a
        step of the dialogue, a receipt), also when the message was ``known``. Raises only LedgerError-like failures
        of the ledger, for which the sender must be made to try again.
        """


class TicketActs(Protocol):
    """What agents, downstream systems and rules do to a ticket (gateway.tickets.service). All raise NotFound,
    StaleRevision and Refused; each act is audited and told in the feed within its transaction.
    """

    async def reply(
        self,
        number: TicketNo,
        text: str,
        author: str,
        *,
        template: str = "",
        revision: int | None = None,
        key: str = "",
    ) -> tuple[Reply, Delivery | None]:
        """Write a reply and queue its delivery over the ticket's own channel. The delivery is ``impossible`` at once,
        with the reason, when the channel knows no way back; None for phone tickets without one. The same ``key`` by the
        same author says it once."""

    async def report(
        self,
        number: TicketNo,
        state: str,
        author: str,
        *,
        revision: int | None = None,
        department: str = "",
        result: str = "",
        external_no: str = "",
        note: str = "",
    ) -> Ticket:
        """A state reported by a downstream system, partner or agent: accepted, sent, acknowledged, returned, closed."""

    async def change(
        self, number: TicketNo, changes: Mapping[str, Any], author: str, *, revision: int | None = None
    ) -> Ticket:
        """Correct what the ticket says (kind, category, urgency, place, title ...). Refused names a
        field that is not open to it."""

    async def push(self, number: TicketNo, partner: str, author: str) -> Delivery:
        """Queue the ticket for a partner's push adapter, once a ticket and partner."""

    async def file(self, filing: Filing, author: str) -> Ticket:
        """What an agent hands in at the desk (gateway.tickets.filing): ticket, push, events and the draft's end in one
        transaction. Refused names the field; the same key by the same author files once."""

    async def rate(self, number: TicketNo, score: int, comment: str = "") -> Ticket:
        """The citizen's satisfaction, 1 to 5, once a closed ticket."""


class Words(Protocol):
    """Templates in Chinese (English beside) for what citizens are told (gateway.tickets.templates)."""

    def say(self, template: str, **values: str) -> str:
        """The text of a template: received, joined, sent_on, progress, closed, satisfaction, not_found, help ..."""
