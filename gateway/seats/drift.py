"""Drift: where our picture of members and callers differs from Asterisk's own list, and the facts that would heal it.

A list and the stream of events are not taken at one instant, so a difference counts only when two looks in a row show
the same one: ``DriftWatch`` keeps the first look's differences and hands out those that the second confirms.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.model.facts import CallLeftQueue, Fact, MemberRemoved, MemberSeen, WaitingImage
from gateway.model.ids import QueueId
from gateway.seats.hall import Hall

Difference = tuple[str, str, str]
"""What differs: kind, queue, and interface or leg."""


def differences(
    hall: Hall, at: float, members: Iterable[MemberSeen], waiting: Iterable[WaitingImage]
) -> dict[Difference, Fact]:
    """Each difference with the fact that heals it. Callers that we miss are left to the next snapshot."""
    found: dict[Difference, Fact] = {}
    seen: set[tuple[QueueId, str]] = set()
    for image in members:
        seen.add((image.queue, image.interface))
        seat = hall.seats.by_interface.get(image.interface)
        if seat is None:
            continue
        known = seat.members.get(image.queue)
        if known is None or (known.paused, known.agent) != (image.paused, image.member):
            found["member", image.queue, image.interface] = image
        elif image.paused and known.reason != image.reason:
            found["reason", image.queue, image.interface] = image
    for seat in hall.seats.by_interface.values():
        for queue, member in seat.members.items():
            if (queue, seat.interface) not in seen:
                found["gone", queue, seat.interface] = MemberRemoved(at, queue, seat.interface, member.agent)
    legs = {image.leg for image in waiting}
    for key, table in hall.queues.queues.items():
        for leg, caller in table.waiting.items():
            if leg not in legs:
                found["waiting", key, leg] = CallLeftQueue(at, leg, caller.call, key)
    return found


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
