"""What a piece of work has in its hands inside a transaction (``Tx``), what it makes tickets of, and how it is refused.
A part of the ports (``gateway.tickets.ports``), which has all of this too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from gateway.model.assignments import Assignment
from gateway.model.contexts import PartnerContext
from gateway.model.desk import Draft, Watch
from gateway.model.gatherings import Gathering
from gateway.model.ids import CallId, TicketNo
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
from gateway.model.records import Account, AuditEntry, CallRecord, Ticket
from gateway.model.transfers import Transfer
from gateway.model.value import value


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


@value
class TicketDraft:
    """What a new ticket is made of, before it has a number. ``fields`` are names of ``Ticket`` fields to set."""

    channel: str
    area_code: str
    received_at: float
    occurred_at: float
    entry_number: str = ""
    account: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@value
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

    async def amend_ticket(self, key: str, amend: Callable[[Ticket], Mapping[str, Any]]) -> Ticket | None:
        """Set what ``amend`` says of the ticket under a key, as ``update_ticket`` does. None, and nothing written, when
        there is no such ticket or ``amend`` says nothing of it."""

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
