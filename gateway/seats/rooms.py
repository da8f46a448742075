"""Rooms: who is in which conference room of a transfer, and what that makes of a seat and of a call's stretches.

app_queue knows nothing of rooms: it takes an agent's conversation to last until the agent's leg ends or the citizen's
does, whichever comes first (seen on 22.10). So the conversation goes on in a room as it was; what is told here is the
rest: with whom the agent is there, and that a citizen whose agent is in the room without them is being held.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field

from gateway.model.ids import CallId, LegId
from gateway.model.records import CallRecord, Stretch
from gateway.seats.map import RoomActivity, Seat

_AT_ONCE_S = 0.2
"""Two legs that are moved together arrive one after the other; a hold shorter than this was none."""


@dataclass(slots=True)
class Rooms:
    """Members of rooms, by name of the room, in order of arrival."""

    members: dict[str, dict[LegId, CallId]] = field(default_factory=dict)

    def join(self, room: str, leg: LegId, call: CallId) -> None:
        """A leg is in one room at a time."""
        if self.of(leg) not in ("", room):
            self.drop(leg)
        self.members.setdefault(room, {})[leg] = call

    def leave(self, room: str, leg: LegId) -> None:
        inside = self.members.get(room, {})
        inside.pop(leg, None)
        if not inside:
            self.members.pop(room, None)

    def drop(self, leg: LegId) -> str:
        """Take a leg out of wherever it is; says where that was."""
        room = self.of(leg)
        if room:
            self.leave(room, leg)
        return room

    def of(self, leg: LegId) -> str:
        """The room that a leg is in, "" for none."""
        if not self.members:
            return ""
        return next((room for room, inside in self.members.items() if leg in inside), "")

    def legs(self, room: str) -> Iterable[LegId]:
        return tuple(self.members.get(room, ()))

    def activity(self, leg: LegId, call: CallId) -> RoomActivity | None:
        """What an agent does whose leg is in a room; ``call`` is the citizen's. None when it is in no room."""
        room = self.of(leg)
        if not room:
            return None
        others = {other for other in self.legs(room) if other != leg}
        if LegId(call) not in others:
            return "consulting"
        return "three_way" if len(others) > 1 else "talking"


class SeatsInRooms:
    """Seats whose legs are in rooms: what their agents do there, and wrap-ups that wait for the end of the leg."""

    def __init__(self, rooms: Callable[[], Rooms]) -> None:
        self._rooms = rooms
        self._inside: dict[LegId, tuple[Seat, CallRecord | None]] = {}
        self._later: dict[LegId, CallRecord] = {}

    def join(self, seat: Seat, leg: LegId, record: CallRecord | None) -> None:
        """A seat's leg came into a room; ``record`` is the call that it belongs to."""
        self._inside[leg] = (seat, record)

    def moved(self, room: str, leg: LegId) -> list[Seat]:
        """Somebody (``leg``) came into a room or left it; returns the seats that this may have changed."""
        seats = []
        for one in {leg, *self._rooms().legs(room)}:
            seat, _ = self._inside.get(one, (None, None))
            if seat is not None and one in seat.legs:
                seat.legs[one].room = self._rooms().activity(one, seat.legs[one].call)
                seats.append(seat)
        return seats

    def of_call(self, call: CallId) -> list[tuple[Seat, CallRecord]]:
        """The seats whose legs are in a room for a citizen's call."""
        return [
            (seat, record) for seat, record in self._inside.values() if record is not None and record.call_id == call
        ]

    def goes_on(self, seat: Seat, call: CallId) -> bool:
        """True when the seat's agent is still in a room, though app_queue has said that the conversation is over: the
        citizen left first. What follows it is put off to the end of the leg (``ended``)."""
        leg = next((one for one, known in seat.legs.items() if known.room and known.call == call), None)
        record = self._inside[leg][1] if leg in self._inside else None
        if leg is None or record is None:
            return False
        self._later[leg] = record
        return True

    def keep_only(self, legs: Container[LegId]) -> None:
        """Forget legs that a snapshot does not show: their ends were never told."""
        self._inside = {leg: inside for leg, inside in self._inside.items() if leg in legs}
        self._later = {leg: record for leg, record in self._later.items() if leg in legs}

    def ended(self, leg: LegId) -> CallRecord | None:
        """A seat's leg is gone: the call whose wrap-up begins now, if one was put off."""
        self._inside.pop(leg, None)
        return self._later.pop(leg, None)


def parted(record: CallRecord, at: float) -> None:
    """The agent is in a room without the citizen: what was a conversation is a hold."""
    talking = record.open_stretch("talking")
    if talking is not None:
        talking.end = max(at, talking.start)
        record.stretches.append(
            Stretch("held", at, None, talking.queue, talking.seat, talking.agent, talking.leg),
        )


def together(record: CallRecord, at: float) -> None:
    """Citizen and agent are in one room: the conversation goes on, as if it had never stopped if that was a moment."""
    held = record.open_stretch("held")
    if held is None:
        return
    before = next((s for s in record.stretches if s.kind == "talking" and s.end == held.start), None)
    if before is not None and at - held.start < _AT_ONCE_S:
        record.stretches.remove(held)
        before.end = None
        return
    held.end = max(at, held.start)
    record.stretches.append(Stretch("talking", at, None, held.queue, held.seat, held.agent, held.leg))


def forget_parting(record: CallRecord, at: float) -> None:
    """The call is over: a hold that began with the citizen's leaving of the room was none."""
    held = record.open_stretch("held")
    if held is not None and at - held.start < _AT_ONCE_S:
        before = next((s for s in record.stretches if s.kind == "talking" and s.end == held.start), None)
        if before is not None:
            record.stretches.remove(held)
