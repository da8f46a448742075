"""What transfers need of the rest of the gateway, as protocols: the telephone switch, the live hall, the ledger.

``gateway.asterisk.switch``, ``gateway.seats.talks`` and ``gateway.ledger`` implement them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from gateway.model.facts import Snapshot
from gateway.model.ids import CallId, SeatId, TicketNo
from gateway.model.messages import Delivery
from gateway.model.orders import Order
from gateway.model.records import AuditEntry
from gateway.model.transfers import Talk, TargetKind, TicketRef, Transfer, TransferMode

T = TypeVar("T")


class Switch(Protocol):
    async def carry_out(self, order: Order) -> None:
        """Returns when the order is accepted. Raises ``gateway.model.orders.OrderRefused``."""


class Talks(Protocol):
    """Who speaks to whom now, from the live hall."""

    def at_seat(self, seat: SeatId) -> Talk | None:
        """The call that a seat speaks on, None when it speaks to no citizen."""

    def seat_of_call(self, call: CallId) -> SeatId | None: ...

    def interface_of(self, seat: SeatId) -> str | None:
        """How the seat is dialled (``PJSIP/8001``); None when there is no such seat."""

    def is_free(self, seat: SeatId) -> bool:
        """Somebody is signed in there, and speaks to nobody."""


class TransferTx(Protocol):
    async def save_transfer(self, transfer: Transfer) -> bool:
        """Insert, or replace an older version. False when the ledger has this version or a newer one."""

    async def transfer_by_key(self, key: str) -> Transfer | None: ...

    async def emit(self, type: str, subject: str, data: Mapping[str, Any], at: float) -> None: ...

    async def audit(self, entry: AuditEntry) -> None: ...

    async def save_state(self, name: str, value: Mapping[str, Any]) -> None: ...


class TransferLedger(Protocol):
    async def write(self, work: Callable[[Any], Awaitable[T]]) -> T: ...

    async def transfer(self, id: str) -> Transfer | None: ...

    async def transfer_by_key(self, key: str) -> Transfer | None: ...

    async def open_transfers(self) -> Sequence[Transfer]: ...

    async def state(self, name: str) -> Mapping[str, Any] | None: ...

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
    ) -> Sequence[Transfer]: ...


class Pushes(Protocol):
    """Sends tickets to partners. Implemented by ``gateway.tickets.pushing``."""

    async def ticket_for(self, call: CallId, ticket_no: TicketNo | Literal[""], partner: str) -> TicketRef | None:
        """The ticket named, or the call's own; None when there is none. For a ``partner`` ("": none) that of an
        answered call is opened, which takes no longer than a press may wait."""

    async def push(self, tx: Any, ticket_no: TicketNo, partner: str, author: str, call: CallId) -> str:
        """Write the delivery that brings the ticket to the partner, with what is being typed about the ``call``, in the
        transaction ``tx``: its id, "" when there is no such ticket any more. One that brings the ticket as it is now
        already is left as it is."""

    def wake(self) -> None:
        """Tell the dispatcher, after the commit."""


class Entry(Protocol):
    """One event of the feed as ``gateway.tail`` hands it out. ``body`` is its CloudEvents JSON."""

    @property
    def sequence(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def body(self) -> bytes: ...


class Feed(Protocol):
    @property
    def last(self) -> int:
        """The feed's end as far as it is known here."""

    async def look(self) -> int:
        """Ask the ledger where the feed ends now."""

    async def read(self, after: int, limit: int = ...) -> Sequence[Entry]:
        """Entries that follow ``after``, in sequence; none only at the feed's end."""


class Bell(Protocol):
    async def beyond(self, mark: int, timeout_s: float) -> bool:
        """Wait until something later than ``mark`` is in the feed, or the time is up."""


class PushLedger(Protocol):
    async def pushes(self, ids: Iterable[str]) -> Mapping[str, Delivery]:
        """Deliveries by id; those that are not there are left out."""


Look = Callable[[], Awaitable[Snapshot | None]]
"""Asks Asterisk for all that it has now; None when it cannot be asked."""


Packets = Callable[[str], Awaitable[int | None]]
"""Asks Asterisk how many RTP packets of audio it has received of a channel; None when that cannot be said."""


@dataclass(frozen=True, slots=True)
class Target:
    """To whom: ``value`` is a partner's number, a queue, a flow or a seat."""

    kind: TargetKind
    value: str


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a key. ``key`` names it for ever: the same key is the same transfer. ``mode`` None is the target's
    own. ``login`` and ``address`` are who asked and from where, for the audit log."""

    key: str
    seat: SeatId
    target: Target
    mode: TransferMode | Literal["readout"] | None = None
    ticket_no: TicketNo | Literal[""] = ""
    login: str = ""
    address: str = ""


class Refusal(Exception):
    """What was asked cannot be. ``zh`` and ``en`` are fit for users; ``kind`` says of what sort, ``field`` where;
    ``instead`` is who may be asked in place of the target."""

    def __init__(
        self,
        kind: Literal["unknown", "not_now", "not_allowed"],
        zh: str,
        en: str,
        field: str = "",
        instead: Target | None = None,
    ) -> None:
        super().__init__(en)
        self.kind, self.zh, self.en, self.field, self.instead = kind, zh, en, field, instead
