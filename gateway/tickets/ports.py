"""What tickets and pages need of a ledger, as protocols. ``gateway.ledger`` implements them; tests run one contract
against every implementation (tests/contracts).

The unit of durability is ``Ledger.write``: it returns only after the transaction that holds the work has been
committed and synced, so whoever awaited it may acknowledge. Several pieces of work share one transaction (group
commit); a piece that raises is rolled back alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
from gateway.model.virtual import VirtualCall

T = TypeVar("T")


class StaleRevision(Exception):
    """The ticket was changed by someone else since the given revision was read. Nothing was written."""

    def __init__(self, ticket_no: TicketNo, given: int, current: int) -> None:
        super().__init__(f"ticket {ticket_no} is at revision {current}, not {given}")
        self.ticket_no, self.given, self.current = ticket_no, given, current


class NotFound(Exception):
    """No such row. The message names what was looked for."""


class Refused(Exception):
    """What was asked does not fit the ticket's present state or our rules. ``zh`` and ``en`` are fit for users."""

    def __init__(self, zh: str, en: str, field: str = "") -> None:
        super().__init__(en)
        self.zh, self.en, self.field = zh, en, field


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message. ``ticket`` is the one it opened or joined (also when ``known``), None for the rest.

    known: its key had been taken before, nothing was written; noted: kept, but of a kind that opens no ticket (a
    subscription); denied: kept, from a sender who is not heard at present, ``reason`` says why.
    """

    outcome: Literal["opened", "joined", "known", "noted", "denied"]
    message_id: str
    ticket: Ticket | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """What a new ticket is made of, before it has a number. ``fields`` are names of ``Ticket`` fields to set."""

    channel: str
    area_code: str
    received_at: float
    occurred_at: float
    entry_number: str = ""
    account: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looks:
    """What a piece of work will look for: one person's tickets (``Tx.tickets_of``), a conversation, a sender's denial.
    Only a hint, for work that foresees nothing of it is done as well: a ledger asks for a group's at once.
    """

    channel: str = ""
    user_id: str = ""
    number: str = ""
    since: float = 0.0
    limit: int = 20
    conversation: str = ""


class Tx(Protocol):
    """The hands of one piece of work inside a transaction. All methods see what the same work wrote before."""

    async def save_call(self, call: CallRecord) -> None:
        """Insert or replace the call by ``call_id``. Personal fields are stored encrypted with a keyed hash."""

    async def call(self, call_id: CallId) -> CallRecord | None: ...

    async def open_ticket(self, draft: TicketDraft, key: str | None) -> tuple[Ticket, bool]:
        """Open a ticket under an idempotency key; (ticket, True) if new, (the first one, False) if the key is known.
        None when the same transaction has made sure of that by another key and nobody will look for it by one.

        The number is the next of its area and day of ``received_at`` in the hall's zone, without gaps: it is taken
        in this transaction, so work that rolls back takes none.
        """

    async def update_ticket(self, number: TicketNo, changes: Mapping[str, Any], revision: int | None = None) -> Ticket:
        """Set fields and raise the revision. Raises StaleRevision, NotFound; ValueError names an unknown field."""

    async def ticket(self, number: TicketNo) -> Ticket | None: ...

    async def ticket_by_key(self, key: str) -> Ticket | None: ...

    async def emit(self, type: str, subject: str, data: Mapping[str, Any], at: float) -> None:
        """Append to the feed. The sequence is given at commit: gap-free and in commit order for any reader."""

    async def audit(self, entry: AuditEntry) -> None: ...

    async def save_account(self, account: Account, password_hash: str | None = None) -> None:
        """Insert or change an account by login; ``password_hash`` None keeps the present one."""

    async def save_token(self, login: str, token_hash: str, note: str, at: float) -> None:
        """Add a machine token (its SHA-256 in hex) for an account."""

    async def save_state(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep a small named value (a cursor, a position) with the same durability as the rest."""

    async def state(self, name: str) -> Mapping[str, Any] | None: ...

    # -- messages (intake) ---------------------------------------------------------------------------------------------

    async def keep_raw(self, raw: Raw) -> None:
        """Keep the original, sealed. A known ``raw.id`` is left as it is."""

    async def claim_message(self, key: str, message_id: str) -> str | None:
        """Claim an idempotency key for a message: None when it is now ours, else the id of the first under it."""

    async def add_message(self, kept: KeptMessage) -> None: ...

    async def move_message(self, message_id: str, number: TicketNo) -> None:
        """Tie a message and its attachments to another ticket."""

    async def message(self, message_id: str) -> KeptMessage | None: ...

    async def save_attachment(self, kept: KeptAttachment) -> None:
        """Insert or replace by the attachment's id."""

    async def conversation(self, id: str) -> Conversation | None: ...

    async def save_conversation(self, conversation: Conversation) -> None: ...

    async def tickets_of(
        self, *, user_id: str = "", number: str = "", since: float, limit: int = 20
    ) -> Sequence[Ticket]:
        """Tickets of one person received since then, newest first: by channel user id or by any of the numbers."""

    async def denied(self, channel: str, user_id: str, at: float) -> Denial | None:
        """The denial in force for a sender at a time, by keyed hash."""

    async def save_denial(self, denial: Denial) -> None: ...

    async def lift_denial(self, denial_id: str) -> bool:
        """True when there was one."""

    async def hold_gathering(self, key: str, channel: str, account: str, due_at: float) -> Gathering:
        """The gathering under a key, nobody else's to change until this transaction ends; if there is none, an empty
        one that is due at ``due_at`` is made."""

    async def gathering(self, key: str) -> Gathering | None: ...

    async def save_gathering(self, gathering: Gathering) -> None:
        """Insert or replace by key."""

    async def drop_gathering(self, key: str) -> bool:
        """True when there was one."""

    # -- transfers -----------------------------------------------------------------------------------------------------

    async def save_transfer(self, transfer: Transfer) -> bool:
        """Insert by id, or replace an older version. False, and nothing is written, when the ledger has this version
        or a newer one. Another transfer under the same key fails the work."""

    async def transfer(self, id: str) -> Transfer | None: ...

    async def transfer_by_key(self, key: str) -> Transfer | None: ...

    async def save_context(self, context: PartnerContext) -> None:
        """Insert or replace by id."""

    async def drop_contexts(self, before: float) -> int:
        """Forget what was kept only until then; how many there were."""

    # -- written tickets at the desk -----------------------------------------------------------------------------------

    async def save_assignment(self, assignment: Assignment) -> bool:
        """Insert by ticket, or replace an older version. False, and nothing is written, when the ledger has this
        version or a newer one."""

    async def save_assignments(self, many: Sequence[Assignment]) -> frozenset[TicketNo]:
        """The same for many, each of another ticket, in few statements; the tickets of those that were written."""

    async def assignment(self, number: TicketNo) -> Assignment | None: ...

    async def assignments(self, numbers: Sequence[TicketNo]) -> Mapping[TicketNo, Assignment]:
        """Of so many tickets those that have one."""

    # -- the desk ------------------------------------------------------------------------------------------------------

    async def save_draft(self, draft: Draft) -> bool:
        """Insert by key, or replace an older revision. False, and nothing is written, when the ledger has this
        revision or a newer one."""

    async def draft(self, key: str) -> Draft | None: ...

    async def drop_draft(self, key: str) -> bool:
        """True when there was one."""

    async def drop_drafts(self, before: float) -> int:
        """Forget drafts that nobody typed at since then; how many there were."""

    async def save_watch(self, watch: Watch) -> Watch:
        """Insert or replace by number. Returns what is kept: a number that was watched before keeps its id."""

    async def drop_watch(self, id: str) -> Watch | None:
        """The one that was dropped, None when there was none."""

    # -- what goes out -------------------------------------------------------------------------------------------------

    async def add_reply(self, reply: Reply) -> None: ...

    async def save_delivery(self, delivery: Delivery) -> None:
        """Insert or replace by id."""

    async def delivery(self, id: str) -> Delivery | None: ...

    async def delivery_by_external(self, channel: str, account: str, external_id: str) -> Delivery | None: ...

    async def save_follower(self, follower: Follower) -> None: ...

    async def remove_follower(self, id: str) -> bool:
        """With its dead letters. True when there was one."""

    async def add_dead_letter(self, letter: DeadLetter) -> None: ...

    async def remove_dead_letter(self, follower_id: str, sequence: int) -> bool: ...


@dataclass(frozen=True, slots=True)
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
