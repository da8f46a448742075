"""What the agents of the play do at their seats: sign in, wrap up in a few seconds, rest with a reason now and then,
come back, sign out and in again.

``decide`` is pure: a seat as the API shows it, what this agent has in mind, the time and the dice give the next act.
``Shift.look`` looks at all seats, once a second, and carries the acts out.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from gateway.demo.hotline import Hotline, HotlineRefused

log = structlog.get_logger(__name__)

Deed = Literal["sign_in", "sign_out", "ready", "not_ready"]

SOMETIMES = 1 / 90
"""A ready and idle agent rests about every 90 s: a play is short."""
RARELY = 1 / 400
"""And signs out for a while (a change of shift) about every 400 s."""


@dataclass(frozen=True, slots=True)
class Act:
    deed: Deed
    reason: str = ""


@dataclass(slots=True)
class Agent:
    """One agent of the play. ``back_at`` is when a rest, a wrap-up or an absence is over (0: none)."""

    login: str
    seat: str
    extension: str
    back_at: float = 0.0


def decide(
    agent: Agent, view: Mapping[str, Any], reasons: Sequence[str], now: float, dice: random.Random
) -> Act | None:
    """The next act of an agent at a seat, or None. ``now`` is any clock in seconds; ``agent.back_at`` is kept by it."""
    presence, idle = view.get("presence"), view.get("activity") == "idle"
    if presence == "ready":
        return _while_ready(agent, idle, reasons, now, dice)
    if presence not in ("signed_out", "not_ready", "wrap_up") or not idle:
        return None
    if not agent.back_at:  # wrap-up began, or someone else sent the agent to rest
        agent.back_at = now + dice.uniform(3.0, 9.0)
    if now < agent.back_at:
        return None
    agent.back_at = 0.0
    return Act("sign_in" if presence == "signed_out" else "ready")


def _while_ready(agent: Agent, idle: bool, reasons: Sequence[str], now: float, dice: random.Random) -> Act | None:
    agent.back_at = 0.0
    if not idle:
        return None
    chance = dice.random()
    if chance < RARELY:
        agent.back_at = now + dice.uniform(10.0, 25.0)
        return Act("sign_out")
    if chance < RARELY + SOMETIMES and reasons:
        agent.back_at = now + dice.uniform(6.0, 20.0)
        return Act("not_ready", dice.choice(list(reasons)))
    return None


def free_seats(seats: Sequence[Mapping[str, Any]], wanted: int) -> list[Agent]:
    """``wanted`` seats at which nobody is signed in, each waiting for an agent (``login`` empty).

    Spread over the hall, because neighbours mostly serve the same queue and every queue should have somebody.
    """
    free = [seat for seat in seats if seat.get("presence") == "signed_out"]
    count = min(wanted, len(free))
    chosen = [free[n * len(free) // count] for n in range(count)]
    return [Agent("", str(seat["id"]), str(seat["extension"])) for seat in chosen]


class Shift:
    """The agents at work."""

    def __init__(self, hotline: Hotline, agents: Sequence[Agent], reasons: Sequence[str], seed: int) -> None:
        self._hotline, self._agents, self._reasons = hotline, agents, reasons
        self._dice = random.Random(seed)  # noqa: S311 - a play, no secret
        self.refused = 0
        self.presence: dict[str, int] = {}

    async def begin(self, logins: Sequence[str]) -> int:
        """Sign an agent in at each seat; they become ready within seconds. Returns how many seats are in play.

        An account that is refused (signed in elsewhere, no agent number) is passed over. Raises HotlineRefused when
        not one could sign in.
        """
        pool, why, taken = list(logins), "no agent account", []
        for agent in self._agents:
            while pool and not agent.login:
                login = pool.pop(0)
                try:
                    await self._hotline.sign_in(agent.seat, login)
                    agent.login = login
                except HotlineRefused as refused:
                    why = str(refused)
                    log.info("an agent could not sign in", seat=agent.seat, login=login, why=why)
            if agent.login:
                taken.append(agent)
        self._agents = taken
        if not taken:
            raise HotlineRefused(f"没有热线员能签入 / no agent could sign in: {why}")
        return len(taken)

    async def look(self, now: float) -> None:
        """One look at the hall, and the acts that follow from it. A gateway that is away is waited for."""
        try:
            views = {str(view["id"]): view for view in await self._hotline.seats()}
        except HotlineRefused as refused:
            self.refused += 1
            log.warning("the hall did not answer", why=str(refused))
            return
        self.presence = {}
        for agent in self._agents:
            view = views.get(agent.seat, {})
            presence = str(view.get("presence", "?"))
            self.presence[presence] = self.presence.get(presence, 0) + 1
            act = decide(agent, view, self._reasons, now, self._dice)
            if act is not None:
                await self._carry_out(agent, act)

    async def _carry_out(self, agent: Agent, act: Act) -> None:
        try:
            match act.deed:
                case "sign_in":
                    await self._hotline.sign_in(agent.seat, agent.login)
                case "sign_out":
                    await self._hotline.sign_out(agent.seat)
                case "ready":
                    await self._hotline.ready(agent.seat)
                case "not_ready":
                    await self._hotline.not_ready(agent.seat, act.reason)
        except HotlineRefused as refused:  # a call may have come in between: the next look decides anew
            self.refused += 1
            log.info("an act was refused", seat=agent.seat, deed=act.deed, why=str(refused))

    async def end(self) -> None:
        """Sign everybody out who is signed in, as far as the gateway lets us."""
        for agent in self._agents:
            try:
                await self._hotline.sign_out(agent.seat)
            except HotlineRefused as refused:
                log.warning("an agent was not signed out", seat=agent.seat, why=str(refused))
                if not refused.status:  # the gateway itself is away: it will not sign out the others either
                    return
