"""What the pages need of the rest of the gateway, as protocols. The ledger's port is ``gateway.tickets.ports.Ledger``;
the hall is implemented by ``gateway.seats.service``; what is ready is told by whoever composes the application.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.model.assignments import Assignment
from gateway.model.contexts import PartnerContext
from gateway.model.ids import AgentId, CallId, TicketNo
from gateway.model.messages import Attachment, DeadLetter, Follower
from gateway.model.records import Account, CallRecord
from gateway.model.transfers import Transfer, TransferAct
from gateway.model.virtual import Binding, VirtualCall
from gateway.seats.config import Device
from gateway.seats.opening import Openings
from gateway.seats.phones import Credentials, PhoneAct
from gateway.seats.queueing import QueueActs
from gateway.seats.standby import Standby
from gateway.tickets.inbox import Mine
from gateway.transfer.ports import Press
from gateway.transfer.registry import PartnerLine
from gateway.transfer.virtual_service import Wish

View = dict[str, Any]


class Hall(Protocol):
    """The live hall: what its seats and queues are doing, and the acts of agents and shift leads on a seat.

    The acts raise ``gateway.model.orders.OrderRefused`` (why is fit for an operator), LookupError for an unknown
    seat, ValueError whose message names the field. They return when the order is accepted; the seat's state moves
    when the fact comes back.
    """

    def seats(self) -> list[View]:
        """Every seat as the seat view of the live stream; callers are masked."""

    def queues(self) -> list[View]: ...

    def seat(self, seat_id: str) -> View | None: ...

    def call(self, call_id: str) -> CallRecord | None:
        """The record of a call that is alive, not to be changed; None when it is over or unknown."""

    def live(self) -> View:
        """The snapshot message of the live stream, as of now."""

    async def sign_in(self, seat_id: str, agent: Account, device: Device = "phone") -> None: ...

    async def sign_out(self, seat_id: str) -> None: ...

    async def ready(self, seat_id: str) -> None: ...

    async def not_ready(self, seat_id: str, reason: str) -> None: ...

    def seat_of(self, agent_id: str) -> str | None:
        """The seat where this agent is signed in, if any."""


class Files(Protocol):
    """Where attachments' bytes are kept, by content (the same port as ``gateway.channels.port.Files``)."""

    async def take_in(self, body: bytes, name: str, content_type: str) -> Attachment:
        """Judge, clean and keep a file. Never raises for what it was given: a refused one comes back as ``refused``
        with the reason in ``note``."""

    async def read(self, sha256: str) -> bytes:
        """Raises FileNotFoundError."""


class Transfers(Protocol):
    """The one-key transfer. Implemented by ``gateway.transfer.service``; its acts raise
    ``gateway.transfer.ports.Refusal`` and return when what was asked is written and under way."""

    async def start(self, press: Press) -> Transfer: ...

    async def act(self, id: str, act: TransferAct, login: str = "", address: str = "") -> Transfer: ...

    def seat_of_call(self, call: str) -> str | None:
        """The seat whose agent speaks on a call."""

    def lines(self) -> Sequence[PartnerLine]:
        """The partners in the order of the file, with the state of their lines."""


class Dials(Protocol):
    """Calls out of the desk. Implemented by ``gateway.seats.dialling``."""

    async def dial(self, seat_id: str, number: str, shown: str = "", ticket_no: str = "") -> CallId:
        """Raises ``gateway.seats.dialling.DialRefused`` and OrderRefused; returns the name that the call will have."""


@dataclass(frozen=True, slots=True)
class QueueDesk:
    """What shift leads do to queues and those who wait. ``tell`` leaves agents a message from an account."""

    acts: QueueActs
    openings: Openings
    standby: Standby
    tell: Callable[[Sequence[AgentId], str, Account], Awaitable[None]]


class Virtual(Protocol):
    """Virtual numbers. Implemented by ``gateway.transfer.virtual_service``; the acts raise
    ``gateway.transfer.ports.Refusal`` and return when they are committed."""

    async def bind(self, wish: Wish) -> Binding: ...

    async def end(self, ticket_no: TicketNo, number: str | None, login: str, address: str) -> int: ...

    async def of_ticket(self, ticket_no: TicketNo) -> tuple[Sequence[Binding], Sequence[VirtualCall]]: ...


class Phones(Protocol):
    """The telephones of seats. Implemented by ``gateway.seats.phones``; raises OrderRefused, LookupError."""

    async def issue(self, seat_id: str, agent_id: str, expires_at: float) -> Credentials:
        """A new password for the seat's softphone; those before are good for nothing."""

    async def act(self, seat_id: str, act: PhoneAct, digits: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class PhoneSet:
    """The telephones, and where a browser finds them: the websocket's URL, and STUN and TURN servers."""

    phones: Phones
    url: str
    ice_servers: Sequence[Mapping[str, str]] = ()


class Inbox(Protocol):
    """The written tickets at the desk. Implemented by ``gateway.tickets.inbox``; the acts raise
    ``gateway.tickets.ports.NotFound`` and ``Refused`` and return when they are committed."""

    async def mine(self, agent: AgentId) -> Mine: ...

    async def one(self, number: TicketNo) -> Assignment | None: ...

    async def take(self, number: TicketNo, agent: AgentId, author: str) -> Assignment: ...

    async def release(self, number: TicketNo, agent: AgentId | None) -> Assignment:
        """``agent`` None gives back what anybody has."""

    async def done(self, number: TicketNo, agent: AgentId | None) -> Assignment: ...

    async def read(self, seen: Assignment) -> bool:
        """All that had come when ``seen`` was read has been read by its agent."""


ContextsFor = Callable[[CallId, str], Awaitable[Sequence[PartnerContext]]]
"""What partners told of a call, by its id and the citizen's number, the surest first. Implemented by
``gateway.transfer.contexts``."""

MailHtml = Callable[[bytes], Awaitable[str]]
"""The safe HTML of a mail's bytes, "" when it has none; reading is not done in the loop. Never raises."""


@dataclass(frozen=True, slots=True)
class PartState:
    """How a part of the gateway is. ``state`` is a short word or sentence for operators, without secrets."""

    ready: bool
    state: str


PartCheck = Callable[[], Awaitable[PartState]]
Parts = Mapping[str, PartCheck]
"""What /readyz asks, by name ("ledger", "asterisk", "agi" ...). Each answer is waited for one second."""

Plan = Callable[[], View]
"""The floor plan of the halls now, as made by ``gateway.web.plan.floor_plan`` (it may change with a reload)."""


class Tried(Protocol):
    """What a follower answered to one post. ``status`` 0: nothing that can be called an answer; ``error`` says what."""

    @property
    def taken(self) -> bool: ...

    @property
    def status(self) -> int: ...

    @property
    def took_s(self) -> float: ...

    @property
    def error(self) -> str: ...


class FollowerActs(Protocol):
    """The systems that the feed is posted to. Implemented by ``gateway.bus.followers``.

    Acts on one follower raise ``gateway.tickets.ports.NotFound``; what our rules do not allow raises ``Refused`` with
    the field. Each returns when it is committed.
    """

    async def all(self) -> Sequence[Follower]: ...

    async def one(self, id: str) -> Follower: ...

    async def create(
        self, *, name: str, url: str, types: Sequence[str] = (), batch: int = 1, after: int | None = None
    ) -> Follower:
        """A new follower with a secret of its own; ``after`` None begins now."""

    async def change(self, id: str, **changes: Any) -> Follower:
        """Set name, url, types, batch, cursor or state (active, paused)."""

    async def remove(self, id: str) -> None:
        """With its dead letters."""

    async def rotate(self, id: str) -> Follower:
        """A new secret, first of all; those of before go on signing for a time."""

    async def retire(self, id: str) -> Follower:
        """Only the newest secret signs from now on."""

    async def test(self, id: str) -> Tried:
        """Post a test event now."""

    async def dead_letters(self, id: str, limit: int) -> Sequence[DeadLetter]: ...

    async def replay(self, id: str, sequence: int | None = None) -> tuple[int, int, str]:
        """Post dead letters again, in sequence, until one fails: how many were taken, how many are left, the error."""

    async def drop(self, id: str, sequence: int) -> None:
        """Forget a dead letter."""
