"""What alarms need of the rest of the gateway, as protocols. ``gateway.ledger`` and the duty roster implement them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from gateway.model.alarms import Alarm
from gateway.model.ids import CallId, TicketNo
from gateway.model.messages import Delivery, Follower
from gateway.model.records import AuditEntry, CallRecord

T = TypeVar("T")

Oldest = tuple[int, float, TicketNo]
"""How many tickets, since when the oldest waits, and its number."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be told: ``ways`` are (channel, address). ``name`` is shown, an address never."""

    name: str
    ways: tuple[tuple[str, str], ...]
    levels: tuple[int, ...] = (1, 2, 3)


People = Callable[[str, float], Awaitable[Sequence[Contact]]]
"""Who has a role of the roster (``shift_lead``, ``standby`` ...) at a time. Raises OSError when it cannot be told."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What recordings take of the disk. Bytes; ``full``: the budget is used up or the disk has next to nothing left.
    ``days_left`` at the pace of late, None for more than ten years; ``warn_share`` of the budget and fewer than
    ``warn_days`` are a warning by [recordings] of gateway.toml."""

    used: int
    budget: int
    free: int
    days_left: int | None
    full: bool
    warn_share: float
    warn_days: int


class AlarmsTx(Protocol):
    async def save_alarm(self, alarm: Alarm) -> bool:
        """Insert by id, or replace an older version. False when the ledger has this version or a newer one."""

    async def alarm(self, id: str) -> Alarm | None: ...

    async def drop_alarms(self, before: float) -> int:
        """Forget alarms that were cleared before; how many there were."""

    async def emit(self, type: str, subject: str, data: Mapping[str, Any], at: float) -> None: ...

    async def audit(self, entry: AuditEntry) -> None: ...

    async def save_delivery(self, delivery: Delivery) -> None: ...

    async def save_state(self, name: str, value: Mapping[str, Any]) -> None: ...


class AlarmsLedger(Protocol):
    """``since`` is inclusive, ``until`` exclusive, both epoch seconds. All raise OSError (LedgerError) when it is
    away."""

    async def write(self, work: Callable[[Any], Awaitable[T]]) -> T: ...

    async def alarm(self, id: str) -> Alarm | None: ...

    async def open_alarms(self) -> Sequence[Alarm]:
        """Those that are not cleared, oldest first."""

    async def recent_alarms(self, since: float, limit: int = ...) -> Sequence[Alarm]:
        """Cleared ones that were seen since then, newest first."""

    async def alarms(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        rule: str | None = None,
        only_open: bool = False,
        after: tuple[float, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Alarm]:
        """Newest first; ``after`` is ``since`` and id of the one that ended the page before."""

    async def state(self, name: str) -> Mapping[str, Any] | None: ...

    async def call(self, call_id: CallId) -> CallRecord | None: ...

    async def followers(self) -> Sequence[Follower]: ...

    async def last_sequence(self) -> int: ...

    async def pushes(self, ids: Iterable[str]) -> Mapping[str, Delivery]:
        """Deliveries by id, of any kind; those that are not there are left out."""

    async def served(self, since: float, within_s: float) -> Mapping[str, tuple[int, int, int]]:
        """Of calls that came in since then and asked for a person, by queue: how many, answered, answered in time."""

    async def repeat_callers(self, since: float, least: int, limit: int = ...) -> Sequence[tuple[str, int, str]]:
        """Callers with at least so many calls: keyed hash of the number in hex, calls, the id of one. Most first."""

    async def unanswered_tickets(self, since: float, until: float) -> Mapping[str, Oldest]:
        """By channel: tickets received between that nobody has answered, sent on or closed."""

    async def urgent_tickets(self, since: float, until: float) -> Mapping[str, Oldest]:
        """By channel: urgent tickets received between that are neither sent on nor closed."""

    async def unsent_tickets(self, since: float, until: float) -> Mapping[str, Oldest]:
        """By channel: tickets received since then, whose call (if any) ended before ``until``, neither sent on nor
        closed; the time is the call's end, or else when the ticket was received."""

    async def topics(self, since: float, until: float) -> Mapping[tuple[str, str], int]:
        """Tickets received between, by category and area."""

    async def first_ticket_at(self) -> float | None:
        """When the ledger's first ticket was received."""

    async def ticket_words(self, since: float, until: float, limit: int = ...) -> Sequence[str]:
        """Title and content of tickets received between, newest first."""

    async def mentions(self, word: str, since: float, until: float) -> int:
        """How many tickets received between have a word in title or content."""

    async def their_clock(self) -> float | None:
        """The database's own time; None where it has our clock."""
