"""Who speaks to whom at a seat, with the names of the channels: what a transfer begins with.

The hall folds facts into calls and seats and needs no channel's name for it; orders that move legs do. So the names are
kept here, from the facts that say them, for as long as their legs live.
"""

from __future__ import annotations

from typing import Any

from gateway.model.facts import (
    CallEntered,
    CallQueued,
    Fact,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegJoinedRoom,
    SeatAnswered,
    Snapshot,
)
from gateway.model.ids import CallId, LegId, SeatId
from gateway.model.transfers import Talk
from gateway.seats.hall import Hall
from gateway.seats.map import LegState, Seat

_NAMED: frozenset[type[Any]] = frozenset(
    {LegCreated, LegAnswered, CallEntered, CallQueued, SeatAnswered, LegJoinedRoom}
)


class Talks:
    """Implements ``gateway.transfer.ports.Talks``. ``apply`` takes facts, after the hall has."""

    HEARS = (*_NAMED, LegEnded, Snapshot)

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._channels: dict[LegId, str] = {}

    def apply(self, fact: Fact) -> None:
        kind = type(fact)
        if kind in _NAMED:
            if fact.channel:  # type: ignore[union-attr]
                self._channels[fact.leg] = fact.channel  # type: ignore[union-attr]
        elif isinstance(fact, LegEnded):
            # The end of what is left of a channel that lives on under another name ends no leg of that name.
            self._channels.pop(fact.leg, None)
        elif isinstance(fact, Snapshot):
            self._channels = {image.leg: image.channel for image in fact.legs}

    def _seat(self, seat: SeatId) -> Seat | None:
        return self._hall.seats.by_id.get(seat)

    def at_seat(self, seat: SeatId) -> Talk | None:
        """The citizen's call that the seat speaks on; None when it is idle, only rings, or has dialled out itself."""
        at = self._seat(seat)
        if at is None:
            return None
        for leg, known in at.legs.items():
            live = self._hall.calls.live.get(known.call)
            if known.state in ("up", "held") and not known.dialled and live is not None and live.leg != leg:
                record = live.record
                return Talk(
                    record.call_id, seat, at.agent, at.interface, live.leg, self._channels.get(live.leg, ""), leg,
                    self._channels.get(leg, ""), record.queue or "", record.entry_number, record.caller_number,
                    record.language,
                )  # fmt: skip
        return None

    def channel_at(self, seat: SeatId, *states: LegState) -> str:
        """The name of the seat's own channel that is in one of these states, the first of them that there is; "" when
        there is none."""
        at = self._seat(seat)
        legs = at.legs.items() if at is not None else ()
        by_state = {known.state: self._channels.get(leg, "") for leg, known in legs}
        return next((by_state[state] for state in states if by_state.get(state)), "")

    def seat_of_call(self, call: CallId) -> SeatId | None:
        """The seat whose agent speaks on a call."""
        live = self._hall.calls.live.get(call)
        return live.record.seat if live is not None else None

    def interface_of(self, seat: SeatId) -> str | None:
        at = self._seat(seat)
        return at.interface if at is not None else None

    def is_free(self, seat: SeatId) -> bool:
        """An agent is signed in there, ready, and on no call."""
        at = self._seat(seat)
        return at is not None and at.presence == "ready" and at.activity == "idle"
