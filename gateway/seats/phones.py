"""Telephones as the desk's page sees them: the softphone's password, and the keys of the desk phone pressed from afar.

A softphone's password is made when an agent's page asks for it and is good for that sign-in: it goes with signing out,
and when the log-in ends. What may register is kept by the switch alone, so nothing is lost when the gateway restarts;
``run`` looks through it now and then and takes back what nobody is signed in for any more.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import structlog

from gateway.model.ids import SeatId
from gateway.model.orders import (
    DropSecret,
    Hangup,
    MarkLeg,
    MuteLeg,
    NotifyPhone,
    Order,
    OrderRefused,
    PressDigit,
    PutSecret,
)
from gateway.seats.hall import Hall
from gateway.seats.map import LegState
from gateway.seats.ports import Secrets, Switch
from gateway.seats.talks import Talks
from gateway.seats.watching import is_supervisors

_log = structlog.get_logger(__name__)

REALM = "12345"
_SWEEP_EVERY_S = 60.0
_PASSWORD_BYTES = 24

PhoneAct = Literal["answer", "hold", "resume", "mute", "unmute", "dtmf", "hangup"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a softphone registers with. ``expires_at`` is epoch seconds: the end of the log-in at the latest."""

    username: str
    password: str = field(repr=False)
    realm: str
    expires_at: float


class Phones:
    """Acts on the telephones of seats. Raises LookupError (no such seat), OrderRefused with words for the agent."""

    def __init__(self, hall: Hall, talks: Talks, switch: Switch, issued: Secrets, now: Callable[[], float]) -> None:
        self._hall = hall
        self._talks = talks
        self._switch = switch
        self._issued = issued
        self._now = now
        self._fresh: set[str] = set()
        """Softphones that were given a password since the last sweep ended: what a sweep has read may be older."""

    # -- the softphone -----------------------------------------------------------------------------------------------

    async def issue(self, seat_id: str, agent_id: str, expires_at: float) -> Credentials:
        """A new password for the seat's softphone; the one before is good for nothing from now on."""
        seat = self._hall.seats.seat(seat_id)
        if seat.presence == "signed_out" or seat.agent != agent_id:
            raise OrderRefused(seat_id, f"您没有在座席 {seat_id} 签入 / you are not signed in at seat {seat_id}")
        if seat.device != "softphone":
            raise OrderRefused(seat_id, "签入时选择了话机 / signed in with the desk phone, not the softphone")
        user, password = seat.config.softphone, secrets.token_urlsafe(_PASSWORD_BYTES)
        self._fresh.add(user)
        await self._switch.carry_out(PutSecret(user, REALM, digest_of(user, password), expires_at))
        return Credentials(user, password, REALM, expires_at)

    async def run(self) -> None:
        """Take back passwords that have outlived their sign-in or log-in, for ever."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            if self._hall.link == "up":
                await self.sweep()

    async def sweep(self) -> int:
        """Take back what nobody should register with now; returns how many."""
        swept = 0
        try:
            for user in self._stale(await self._issued.issued()):
                if user not in self._fresh:
                    await self._switch.carry_out(DropSecret(user))
                    swept += 1
        except OrderRefused as refused:
            _log.warning("phones.not_swept", why=refused.why)
        self._fresh.clear()
        if swept:
            _log.info("phones.taken_back", softphones=swept)
        return swept

    def _stale(self, issued: Mapping[str, float]) -> list[str]:
        signed_in = {
            s.config.softphone for s in self._hall.seats.by_id.values() if s.members and s.device == "softphone"
        }
        now = self._now()
        return [user for user, until in issued.items() if until <= now or user not in signed_in]

    # -- the desk phone ----------------------------------------------------------------------------------------------

    async def act(self, seat_id: str, act: PhoneAct, digits: str = "") -> None:
        """Press a key of the seat's telephone. Returns when the switch has taken the order; whether the telephone does
        it shows on the live stream (``answer``, ``hold``, ``resume`` need one that knows NOTIFY with Event talk and
        hold).
        """
        self._hall.seats.seat(seat_id)
        states, nothing = _NEEDS[act]
        channel = self._talks.channel_at(SeatId(seat_id), *states)
        if not channel:
            raise OrderRefused(seat_id, nothing)
        for order in [*self._before(seat_id, act), *_orders(act, channel, digits)]:
            await self._switch.carry_out(order)

    def _before(self, seat_id: str, act: PhoneAct) -> list[Order]:
        """A supervisor who ends a call that they have taken over means it: without a word the dialplan would take
        their telephone for lost, and bring the citizen back."""
        talk = self._talks.at_seat(SeatId(seat_id)) if act == "hangup" else None
        if talk is None or not is_supervisors(talk.agent_leg):
            return []
        return [MarkLeg(str(talk.caller_leg), "GW_XFER", "completed")]


def digest_of(user: str, password: str, realm: str = REALM) -> str:
    """HA1 of digest authentication (RFC 2617, 3.2.2.2)."""
    return hashlib.md5(f"{user}:{realm}:{password}".encode(), usedforsecurity=False).hexdigest()


_NOTHING_RINGS = "没有来电在振铃 / nothing rings at this seat"
_NO_CALL = "没有正在进行的通话 / there is no call at this seat"
_NEEDS: Mapping[PhoneAct, tuple[tuple[LegState, ...], str]] = {
    "answer": (("ringing",), _NOTHING_RINGS),
    "hold": (("up",), _NO_CALL),
    "resume": (("held",), "没有被保持的通话 / no call is on hold"),
    "mute": (("up", "held"), _NO_CALL),
    "unmute": (("up", "held"), _NO_CALL),
    "dtmf": (("up",), _NO_CALL),
    "hangup": (("up", "held", "ringing", "reserved"), _NO_CALL),
}
"""In which state the seat's own leg must be, the likelier first, and the word for when none is."""


def _orders(act: PhoneAct, channel: str, digits: str) -> list[Order]:
    match act:
        case "answer" | "resume":
            return [NotifyPhone(channel, "talk")]
        case "hold":
            return [NotifyPhone(channel, "hold")]
        case "mute" | "unmute":
            return [MuteLeg(channel, act == "mute")]
        case "dtmf":
            return [PressDigit(channel, digit) for digit in digits]
        case "hangup":
            return [Hangup(channel)]
