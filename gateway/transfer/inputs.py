"""What a transfer can be told: facts about its three legs, acts of the agent, what became of its orders, and the time.

``told`` gives each its name in the table (``gateway.transfer.table``). A fact about somebody else, or about another
room, has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.model.facts import (
    CallQueued,
    Fact,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegJoinedRoom,
    LegLeftRoom,
    LegRang,
    SeatAnswered,
    TargetFailed,
)
from gateway.model.orders import DialTarget, MoveLegs, Order
from gateway.model.transfers import Transfer, TransferAct

Party = Literal["caller", "agent", "target"]
PARTIES: tuple[Party, ...] = ("caller", "agent", "target")

Event = Literal[
    "target created", "target rang", "target answered", "target failed",
    "caller joined", "agent joined", "target joined",
    "caller left", "agent left", "target left",
    "caller ended", "agent ended", "target ended",
    "caller queued", "together",
    "moved", "move refused", "dial refused", "due", "silent", "heard",
    "complete", "cancel", "toggle", "merge", "leave", "drop_partner",
]  # fmt: skip
"""The names of the table. ``caller queued``: the dialplan or an order took the citizen to a queue or to another person.
``together``: a snapshot shows citizen and agent in one bridge that is not our room. ``due``: ``Transfer.due_at`` has
come. ``silent``, ``heard``: no audio comes from the target that answered; it comes."""


@dataclass(frozen=True, slots=True)
class Act:
    """What the agent (or a shift lead) pressed."""

    at: float
    act: TransferAct


@dataclass(frozen=True, slots=True)
class Due:
    at: float


@dataclass(frozen=True, slots=True)
class Carried:
    """The switch has accepted an order. ``version`` is the transfer's when the order was given."""

    at: float
    order: Order
    version: int


@dataclass(frozen=True, slots=True)
class NotCarried:
    """The switch has refused an order, or did not answer: nobody knows whether it was carried out."""

    at: float
    order: Order
    version: int
    why: str


@dataclass(frozen=True, slots=True)
class Together:
    """Citizen and agent are in one bridge, as when the transfer began."""

    at: float


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The citizen waits in a queue or speaks to somebody who is none of ours."""

    at: float


@dataclass(frozen=True, slots=True)
class Media:
    """Whether audio comes from the target's leg, by the RTP that Asterisk has received of it."""

    at: float
    leg: str
    comes: bool


Input = Act | Due | Carried | NotCarried | Together | Elsewhere | Media | Fact

_LEGS: dict[type, str] = {
    LegRang: "rang", LegAnswered: "answered", LegCreated: "created", LegJoinedRoom: "joined", LegLeftRoom: "left",
    LegEnded: "ended",
}  # fmt: skip
_ONLY_TARGET = frozenset({"rang", "answered", "created"})

OF_LEGS: tuple[type, ...] = (*_LEGS, TargetFailed, CallQueued, SeatAnswered)
"""The facts that a transfer may care for."""

ZOMBIE = "<ZOMBIE>"
"""How Asterisk ends the name of what is left of a channel whose life goes on under another: its end ends nobody."""


def party_of(transfer: Transfer, leg: str, channel: str) -> Party | None:
    """Whose leg it is. An agent's leg that is taken out of app_queue may come to another Uniqueid: so by name too."""
    if not leg or channel.endswith(ZOMBIE):
        return None
    for party in PARTIES:
        if leg == getattr(transfer, f"{party}_leg"):
            return party
    if channel and channel == transfer.agent_channel:
        return "agent"
    return None


def told(transfer: Transfer, given: Input) -> Event | None:
    """The input's name in the table; None when it is not about this transfer."""
    name: Event | None
    match given:
        case Act():
            name = given.act
        case Due():
            name = "due"
        case Carried() | NotCarried():
            name = _of_order(transfer, given)
        case Together():
            name = "together"
        case Elsewhere():
            name = "caller queued"
        case Media():
            said: Event = "heard" if given.comes else "silent"
            name = said if given.leg == transfer.target_leg else None
        case CallQueued() | SeatAnswered():
            ours = given.leg == transfer.caller_leg and _is_new(transfer, given.at)
            name = "caller queued" if ours else None
        case TargetFailed():
            name = "target failed" if given.leg == transfer.target_leg else None
        case _:
            name = _of_leg(transfer, given)
    return name


def _is_new(transfer: Transfer, at: float) -> bool:
    """False for a queue that the citizen was in before the press, or before an order took them out of it again. (Facts
    and answers of the switch come over two connections, in no promised sequence.)"""
    taken_out = transfer.caller_at in ("moving", "hold", "room")
    return at >= transfer.started_at and not (taken_out and transfer.moved_at is not None and at < transfer.moved_at)


def _of_order(transfer: Transfer, given: Carried | NotCarried) -> Event | None:
    """An older order to move somebody says nothing when a newer one is on its way."""
    carried = isinstance(given, Carried)
    if isinstance(given.order, MoveLegs):
        if given.version < transfer.ordered:
            return None
        return "moved" if carried else "move refused"
    if isinstance(given.order, DialTarget):
        ours = given.order.leg == transfer.target_leg  # else one of a number that was given up meanwhile
        return None if carried or not ours else "dial refused"
    return None


def _of_leg(transfer: Transfer, fact: object) -> Event | None:
    name = _LEGS.get(type(fact))
    if name is None:
        return None
    party = party_of(transfer, fact.leg, fact.channel)  # type: ignore[attr-defined]
    if party is None or (name in _ONLY_TARGET and party != "target"):
        return None
    if name in ("joined", "left") and fact.room != transfer.room:  # type: ignore[attr-defined]
        return None
    return f"{party} {name}"  # type: ignore[return-value]
