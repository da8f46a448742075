"""A transfer on its way from one version to the next: its fields, the places of its legs, and the orders that come of
it. The transitions (``notes``, ``moves``, ``returning``) work with it; nothing here decides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.model.facts import LegJoinedRoom
from gateway.model.orders import DialTarget, Hangup, MarkLeg, MoveLegs, Order, Place
from gateway.model.transfers import LegPlace, Transfer
from gateway.transfer.inputs import Input, Party
from gateway.transfer.limits import Limits

MARK, MARK_BACK = "GW_XFER", "GW_BACK"
"""What the dialplan looks at when it must act without us: ``completed`` ends the citizen's call when the last other one
has left, empty is an ordinary call, anything else means "to the front of the queue", GW_BACK being rung first."""

COMPLETED = "completed"

THERE = ("room", "moving")
"""In the room, or ordered there."""

Going = tuple[Party, Place, str]


class Work:
    """A transfer on its way from one version to the next, and the orders that this brings."""

    def __init__(self, transfer: Transfer, at: float, limits: Limits) -> None:
        self.t, self.at, self.limits = transfer, at, limits
        self.orders: list[Order] = []
        self.moves = False

    def set(self, **changes: Any) -> None:
        self.t = replace(self.t, **changes)

    def place(self, party: Party, place: LegPlace) -> None:
        self.set(**{f"{party}_at": place})

    def where(self, party: Party) -> LegPlace:
        place: LegPlace = getattr(self.t, f"{party}_at")
        return place

    def name(self, party: Party) -> str:
        """How the switch knows the leg: by its channel's name, or by its Uniqueid when that is not known yet."""
        name: str = getattr(self.t, f"{party}_channel") or getattr(self.t, f"{party}_leg")
        return name

    def move(self, *moves: Going) -> None:
        """Order legs to places, and look again when they should be there."""
        self.orders.append(MoveLegs(self.t.id, tuple((self.name(party), to, detail) for party, to, detail in moves)))
        self.moves = True
        for party, to, _ in moves:
            self.place(party, _ORDERED[to])
        self.wait(self.limits.join_s)

    def hang_up(self, party: Party) -> None:
        if self.where(party) not in ("", "gone"):
            self.orders.append(Hangup(self.name(party)))
            self.place(party, "ending")

    def mark(self, value: str) -> None:
        self.orders.append(MarkLeg(self.name("caller"), MARK, value))

    def wait(self, seconds: float | None) -> None:
        self.set(due_at=None if seconds is None else self.at + seconds)

    def result(self) -> Transfer:
        """The next version; it remembers whether somebody was ordered somewhere."""
        version = self.t.version + 1
        return replace(self.t, version=version, ordered=version if self.moves else self.t.ordered)


_ORDERED: dict[Place, LegPlace] = {
    "room": "moving", "hold": "hold", "back": "back", "queue": "handed", "flow": "handed", "dial": "handed",
}  # fmt: skip


def seen(w: Work, given: Input, party: Party) -> None:
    """A leg is in the room. An agent's leg may have come to another Uniqueid on the way."""
    w.place(party, "room")
    if isinstance(given, LegJoinedRoom):
        w.set(**{f"{party}_channel": given.channel or w.name(party), f"{party}_leg": given.leg})


def guard(w: Work) -> None:
    """Tell the dialplan whose front of the queue it is, should we not be there."""
    w.mark(w.t.id)
    w.orders.append(MarkLeg(w.name("caller"), MARK_BACK, w.t.interface))


def dial(w: Work) -> None:
    t, more = w.t, w.t.more
    assert t.target_leg
    w.orders.append(
        DialTarget(
            t.id, t.target_leg, t.endpoint, more.get("caller_number", ""), more.get("caller_name", ""), t.ring_s,
            more.get("headers", {}), more.get("language") or "zh",
        )
    )  # fmt: skip
