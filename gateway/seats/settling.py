"""What a snapshot says of telephones and queues, put in order for the hall to settle its seats and queues with.

The snapshot is the truth: what is not in it is not there. Only what Asterisk's lists do not tell is kept from before, a
leg that is held and since when somebody waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.model.facts import Snapshot
from gateway.model.ids import AgentId, LegId, QueueId
from gateway.model.masking import mask_number
from gateway.seats.calls import CallTable, endpoint_of
from gateway.seats.map import Member, Seat, SeatLeg
from gateway.seats.queues import Waiting
from gateway.seats.watching import is_supervisors

_NO_TELEPHONE = frozenset({0, 4, 5})
"""Device states of app_queue (unknown, invalid, unavailable) that do not tell of a telephone that is there."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A snapshot by telephone: queue members, device states and legs; ``reachable`` are endpoints with a contact."""

    members: Mapping[str, dict[QueueId, Member]]
    devices: Mapping[str, int]
    legs: Mapping[str, list[tuple[LegId, SeatLeg]]]
    reachable: Collection[str]

    @classmethod
    def of(cls, f: Snapshot) -> Picture:
        members: dict[str, dict[QueueId, Member]] = {}
        for m in f.members:
            members.setdefault(m.interface, {})[m.queue] = Member(AgentId(m.member), m.paused, m.reason, m.last_pause)
        legs: dict[str, list[tuple[LegId, SeatLeg]]] = {}
        for image in f.legs:
            state: Any = {"Up": "up", "Ringing": "ringing"}.get(image.state, "reserved")
            monitors = is_supervisors(image.leg) and not image.bridge  # bridged: it has taken a citizen over
            dialled = str(image.leg) == str(image.call) and not is_supervisors(image.leg)
            legs.setdefault(endpoint_of(image.channel), []).append(
                (image.leg, SeatLeg(state, image.call, dialled=dialled, monitors=monitors))
            )
        return cls(members, {m.interface: m.device for m in f.members}, legs, f.reachable)

    def settle(self, seat: Seat) -> None:
        """Telephones, queues and legs of a seat become those of the picture."""
        seat.contacts.clear()
        for interface in seat.interfaces:
            known_as = interface.partition("/")[2]
            there = self.devices.get(interface, 5) not in _NO_TELEPHONE
            seat.reached[interface] = known_as in self.reachable or there
        seat.use(next((i for i in seat.interfaces if i in self.members), seat.desk_phone))
        seat.reachable = seat.reached[seat.interface]
        seat.members = self.members.get(seat.interface, {})
        was_held = {leg for leg, known in seat.legs.items() if known.state == "held"}
        seat.legs = {leg: known for i in seat.interfaces for leg, known in self.legs.get(i, ())}
        for leg in was_held & set(seat.legs):
            seat.legs[leg].state = "held"


def waiting_in(f: Snapshot, calls: CallTable) -> dict[QueueId, list[Waiting]]:
    """Who waits in which queue, by place, of the calls that are known."""
    waiting: dict[QueueId, list[Waiting]] = {}
    channels = {image.leg: image.channel for image in f.legs}
    for image in sorted(f.waiting, key=lambda one: one.position):
        call = calls.legs.get(image.leg)
        record = calls.record(call) if call else None
        if call is not None and record is not None:
            since = f.at - image.wait_s
            if record.answered_at is None:  # who was moved from queue to queue waits since the first
                since = min(since, record.queued_at or since)
            who = (mask_number(record.caller_number), record.entry_number, record.language)
            waiting.setdefault(image.queue, []).append(
                Waiting(image.leg, call, since, *who, channels.get(image.leg, ""))
            )
    return waiting
