"""What tickets and pages need of a ledger, as protocols. ``gateway.ledger`` implements them; tests run one contract
against every implementation (tests/contracts).

The unit of durability is ``Ledger.write``: it returns only after the transaction that holds the work has been
committed and synced, so whoever awaited it may acknowledge. Several pieces of work share one transaction (group
commit); a piece that raises is rolled back alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from gateway.model.ids import CallId, TicketNo
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Ticket

T = TypeVar("T")


class StaleRevision(Exception):
    """The ticket was changed by someone else since the given revision was read. Nothing was written."""

    def __init__(self, ticket_no: TicketNo, given: int, current: int) -> None:
        super().__init__(f"ticket {ticket_no} is at revision {current}, not {given}")
        self.ticket_no, self.given, self.current = ticket_no, given, current


class NotFound(Exception):
    """No such row. The message names what was looked for."""


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


class Tx(Protocol):
    """The hands of one piece of work inside a transaction. All methods see what the same work wrote before."""

    async def save_call(self, call: CallRecord) -> None:
        """Insert or replace the call by ``call_id``. Personal fields are stored encrypted with a keyed hash."""

    async def call(self, call_id: CallId) -> CallRecord | None: ...

    async def open_ticket(self, draft: TicketDraft, key: str) -> tuple[Ticket, bool]:
        """Open a ticket under an idempotency key; (ticket, True) if new, (the first one, False) if the key is known.

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
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Ticket]:
        """Newest first by ticket number; ``after`` is the ticket_no that ended the page before."""

    async def events(self, after: int, limit: int = 100) -> Sequence[Event]:
        """The feed from ``after`` (exclusive), in sequence, without gaps."""

    async def last_sequence(self) -> int: ...

    async def account(self, login: str) -> tuple[Account, str] | None:
        """The account and its password hash (argon2, PHC string; empty when it can only use tokens)."""

    async def accounts(self) -> Sequence[Account]: ...

    async def account_by_token(self, token_hash: str) -> Account | None: ...

    async def audits(
        self, *, login: str | None = None, subject: str | None = None, limit: int = 100
    ) -> Sequence[AuditEntry]: ...

    async def state(self, name: str) -> Mapping[str, Any] | None: ...

    async def healthy(self) -> bool:
        """True when a write could be committed now: asked by /readyz, answers within a second."""
