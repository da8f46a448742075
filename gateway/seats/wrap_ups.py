"""Wrap-ups (话后处理): when an agent's paperwork after a call begins and ends, and for how long it counts.

Asterisk holds it as a pause with a reason of ours, so it outlives a restart. Between the end of the conversation and
the fact of that pause the agent counts as wrapping up already (``Seat.finishing``), else they would seem to be ready.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.model.ids import SeatId
from gateway.model.records import CallChange, CallRecord
from gateway.seats.calls import CallTable
from gateway.seats.map import Seat, SeatMap
from gateway.seats.queues import QueueTable

_PAUSE_LIMIT_S = 3.0
"""Within this Asterisk has told of the pause that a wrap-up begins with; otherwise the agent counts as ready again."""


class WrapUps:
    """``settle`` derives a seat's state anew at a time, when something here has moved it."""

    def __init__(
        self, seats: SeatMap, queues: QueueTable, calls: CallTable, settle: Callable[[Seat, float], None]
    ) -> None:
        self._seats, self._queues, self._calls, self._settle = seats, queues, calls, settle
        self._finishing: set[SeatId] = set()

    def begin(self, seat: Seat, record: CallRecord, at: float) -> None:
        """The conversation is over; the seat's agent finishes its paperwork, if the queue gives time for it."""
        if not seat.wrap_up_s or seat.presence != "ready":
            return
        seat_id = SeatId(seat.config.id)
        if seat_id not in self._calls.wrapping:
            seat.wrap_up_until = at + seat.wrap_up_s
            self._calls.wrap_up_began(seat_id, record, at)
        seat.finishing = at
        self._finishing.add(seat_id)
        self._settle(seat, at)

    def over(self, at: float) -> list[CallChange]:
        """Changes of calls whose wrap-up has ended since the last call of this (presence moved on)."""
        self._pause_overdue(at)
        changes: list[CallChange] = []
        for seat_id, (_, stretch) in list(self._calls.wrapping.items()):
            seat = self._seats.by_id.get(seat_id)
            if seat is None:
                changes += self._calls.wrap_up_ended(seat_id, at)
            elif seat.presence == "wrap_up":
                continue
            elif seat.presence_since >= stretch.start:
                changes += self._calls.wrap_up_ended(seat_id, seat.presence_since)
            elif seat.activity != "idle" and seat.since > stretch.start:
                # The pause was never carried out and the next call is here: that is where the wrap-up ended.
                changes += self._calls.wrap_up_ended(seat_id, seat.since)
        return changes

    def _pause_overdue(self, at: float) -> None:
        """A wrap-up that Asterisk does not tell of in time has not begun: the order for it failed."""
        for seat_id in list(self._finishing):
            seat = self._seats.by_id.get(seat_id)
            if seat is None or seat.finishing is None:
                self._finishing.discard(seat_id)
            elif at - seat.finishing > _PAUSE_LIMIT_S:
                seat.finishing = None
                self._finishing.discard(seat_id)
                self._settle(seat, at)

    def until(self, seat: Seat) -> float:
        """When the wrap-up that a snapshot shows ends at the latest: the longest of the seat's queues is all that is
        known when the gateway was away at the call's end."""
        queues = (self._queues.get(queue) for queue in seat.members)
        return seat.presence_since + max((queue.config.wrap_up_s for queue in queues if queue), default=0)
