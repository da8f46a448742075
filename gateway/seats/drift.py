"""Drift: where our picture of members, callers and legs differs from Asterisk's own lists, and the facts that heal it.

A list and the stream of events are not taken at one instant, so a difference counts only when two looks in a row show
the same one: ``DriftWatch`` keeps the first look's differences and hands out those that the second confirms.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.model.facts import CallLeftQueue, Fact, LegEnded, LegImage, MemberRemoved, MemberSeen, WaitingImage
from gateway.model.ids import LegId, QueueId
from gateway.seats.hall import UNREACHABLE, Hall

Difference = tuple[str, str, str]
"""What differs: kind, queue, and interface or leg."""


def differences(
    hall: Hall,
    at: float,
    members: Iterable[MemberSeen],
    waiting: Iterable[WaitingImage],
    legs: Iterable[LegImage],
) -> dict[Difference, Fact]:
    """Each difference with the fact that heals it. Callers and calls that we miss are left to the next snapshot."""
    found: dict[Difference, Fact] = {}
    _members(hall, at, members, found)
    queued = {image.leg for image in waiting}
    for key, table in hall.queues.queues.items():
        for leg, caller in table.waiting.items():
            if leg not in queued:
                found["waiting", key, leg] = CallLeftQueue(at, leg, caller.call, key)
    _legs(hall, at, {image.leg for image in legs}, found)
    return found


def _members(hall: Hall, at: float, members: Iterable[MemberSeen], found: dict[Difference, Fact]) -> None:
    seen: set[tuple[QueueId, str]] = set()
    for image in members:
        seen.add((image.queue, image.interface))
        seat = hall.seats.by_interface.get(image.interface)
        if seat is None:
            continue
        known = seat.members.get(image.queue)
        at_hand = (known.paused, known.agent, seat.interface) if known is not None else None
        if at_hand != (image.paused, image.member, image.interface):
            found["member", image.queue, image.interface] = image
        elif known is not None and image.paused and known.reason != image.reason:
            found["reason", image.queue, image.interface] = image
        elif image.device and seat.reachable != (image.device not in UNREACHABLE):  # 0: Asterisk does not know either
            found["reachable", image.queue, image.interface] = image
    for seat in hall.seats.by_id.values():
        for queue, member in seat.members.items():
            if (queue, seat.interface) not in seen:
                found["gone", queue, seat.interface] = MemberRemoved(at, queue, seat.interface, member.agent)


def _legs(hall: Hall, at: float, present: set[LegId], found: dict[Difference, Fact]) -> None:
    """Legs that we believe in and Asterisk no longer has: a missed hang-up would leave a seat talking for ever."""
    for seat in hall.seats.by_id.values():
        for leg, known in seat.legs.items():
            if leg not in present:
                found["leg", seat.interface, leg] = LegEnded(at, leg, known.call, f"{seat.interface}-", 0, "unseen")
    for call, live in hall.calls.live.items():
        if live.leg not in present:
            found["call", call, live.leg] = LegEnded(at, live.leg, call, "", 0, "unseen")


class DriftWatch:
    """Confirms differences over two looks. ``total`` counts the confirmed ones: it should stay 0."""

    def __init__(self) -> None:
        self.total = 0
        self._last: dict[Difference, Fact] = {}

    def look(self, found: dict[Difference, Fact]) -> list[Fact]:
        """Take one look's differences; returns the facts that heal those seen twice in a row."""
        confirmed = [fact for key, fact in found.items() if key in self._last]
        self._last = {key: fact for key, fact in found.items() if key not in self._last}
        self.total += len(confirmed)
        return confirmed

    @property
    def suspects(self) -> bool:
        """True when the last look showed something that a second should confirm soon."""
        return bool(self._last)
