"""What the pages need of the rest of the gateway, as protocols. The ledger's port is ``gateway.tickets.ports.Ledger``;
the hall is implemented by ``gateway.seats.service``; what is ready is told by whoever composes the application.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.model.records import Account

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

    def live(self) -> View:
        """The snapshot message of the live stream, as of now."""

    async def sign_in(self, seat_id: str, agent: Account) -> None: ...

    async def sign_out(self, seat_id: str) -> None: ...

    async def ready(self, seat_id: str) -> None: ...

    async def not_ready(self, seat_id: str, reason: str) -> None: ...

    def seat_of(self, agent_id: str) -> str | None:
        """The seat where this agent is signed in, if any."""


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
