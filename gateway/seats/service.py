"""What people do to seats: sign in and out, ready, not ready. Checks first, then orders to the switch; nothing more.

Every method returns when Asterisk has accepted the orders. The seat map shows the new state when the fact comes back,
usually a few milliseconds later.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gateway.model.ids import AgentId, CallId, QueueId, SeatId
from gateway.model.orders import AddMember, DropSecret, OrderRefused, PauseMember, RemoveMember
from gateway.model.records import Account, CallRecord
from gateway.seats.config import Device
from gateway.seats.hall import Hall
from gateway.seats.map import Seat
from gateway.seats.ports import Switch

SIGNED_IN = "sign_in"
"""The pause reason between signing in and the first "ready" (签入)."""

_COMING_S = 3.0
"""So long after a sign-in was accepted it holds without its fact, which comes by the other connection to Asterisk."""

_OTHER_DEVICE = {
    "phone": "已用话机签入, 请先签出 / signed in with the desk phone: sign out first",
    "softphone": "已用软电话签入, 请先签出 / signed in with the softphone: sign out first",
}


class SeatService:
    """Acts on seats. Raises LookupError (no such seat), ValueError (names the field), OrderRefused (Asterisk's no)."""

    def __init__(self, hall: Hall, switch: Switch, reasons: Callable[[], set[str]], now: Callable[[], float]) -> None:
        self._hall = hall
        self._switch = switch
        self._reasons = reasons
        self._now = now
        self._coming: dict[SeatId, tuple[AgentId | str, float]] = {}
        """Who signs in where, and since when that is accepted: two who ask at once must not both get the seat."""

    def seats(self) -> list[dict[str, Any]]:
        """All seats as the live stream shows them."""
        return self._hall.seat_views()

    def queues(self) -> list[dict[str, Any]]:
        """All queues as the live stream shows them."""
        return self._hall.queue_views()

    def live(self) -> dict[str, Any]:
        """The snapshot that a new follower of the live stream gets."""
        return self._hall.live(self._now())

    def seat_of(self, agent_id: str) -> str | None:
        """Where an agent is signed in, or None."""
        seat = self._hall.seats.by_agent(agent_id)
        return seat.config.id if seat else None

    def seat(self, seat_id: str) -> dict[str, Any] | None:
        """One seat as the live stream shows it, None when there is no such."""
        seat = self._hall.seats.by_id.get(SeatId(seat_id))
        return seat.view(self._hall.names) if seat else None

    def call(self, call_id: str) -> CallRecord | None:
        """The record of a call that is alive, not to be changed; None when it is over or unknown."""
        return self._hall.calls.record(CallId(call_id))

    async def sign_in(self, seat_id: str, agent: Account, device: Device = "phone") -> None:
        """Make the agent a member of the seat's queues, paused until "ready", with the telephone that they speak by.
        Again at the same seat does no harm; with its other telephone it is refused.
        """
        seat = self._hall.seats.seat(seat_id)
        elsewhere = self._hall.seats.by_agent(agent.agent_id)
        if not agent.agent_id:
            raise ValueError(f"账号 {agent.login} 没有工号 / agent_id: account {agent.login} has no agent number")
        if elsewhere is not None and elsewhere is not seat:
            where = elsewhere.config.id
            raise ValueError(f"工号 {agent.agent_id} 已在 {where} 签入 / agent_id: already signed in at {where}")
        if seat.agent and seat.agent != agent.agent_id:
            raise ValueError(f"座席 {seat_id} 已由 {seat.agent} 使用 / seat: taken by agent {seat.agent}")
        interface = seat.interface_of(device)
        if seat.members and interface != seat.interface:
            raise OrderRefused(seat_id, _OTHER_DEVICE[seat.device])
        self._check_coming(SeatId(seat_id), agent.agent_id)
        self._coming[SeatId(seat_id)] = (agent.agent_id, math.inf)
        try:
            for queue in seat.config.queues:
                if QueueId(queue) not in seat.members:
                    await self._switch.carry_out(
                        AddMember(QueueId(queue), interface, agent.agent_id, paused=True, reason=SIGNED_IN)
                    )
        except BaseException:
            self._coming.pop(SeatId(seat_id), None)
            raise
        self._coming[SeatId(seat_id)] = (agent.agent_id, self._now())

    def _check_coming(self, seat_id: SeatId, agent: str) -> None:
        """Refuse a seat that another is just getting, and an agent who is just getting another seat."""
        for at, (who, since) in self._coming.items():
            if (at == seat_id) != (who == agent) and self._now() - since < _COMING_S:
                raise OrderRefused(
                    seat_id, f"工号 {who} 正在座席 {at} 签入, 请稍候 / agent {who} is signing in at {at}: wait a moment"
                )

    async def sign_out(self, seat_id: str) -> None:
        """Take the seat out of every queue, and the softphone's password with it. A call that is being talked is not
        touched: what is within a dialogue asks for no password.
        """
        seat = self._hall.seats.seat(seat_id)
        self._coming.pop(SeatId(seat_id), None)
        interface, device = seat.interface, seat.device
        for queue in list(seat.members):
            await self._switch.carry_out(RemoveMember(queue, interface))
        if device == "softphone":
            await self._switch.carry_out(DropSecret(seat.config.softphone))

    async def ready(self, seat_id: str) -> None:
        """Take calls from now on; ends a wrap-up before its time."""
        seat = self._signed_in(seat_id)
        await self._switch.carry_out(PauseMember(seat.interface, paused=False))

    async def not_ready(self, seat_id: str, reason: str) -> None:
        """Take no further call, for a configured reason; the present call goes on."""
        seat = self._signed_in(seat_id)
        allowed = self._reasons()
        if reason not in allowed:
            raise ValueError(f"reason: {reason!r} 不是已配置的原因 / must be one of {', '.join(sorted(allowed))}")
        await self._switch.carry_out(PauseMember(seat.interface, paused=True, reason=reason))

    def _signed_in(self, seat_id: str) -> Seat:
        seat = self._hall.seats.seat(seat_id)
        if not seat.members:
            raise OrderRefused(seat_id, f"座席 {seat_id} 未签入 / nobody is signed in at {seat_id}")
        return seat
