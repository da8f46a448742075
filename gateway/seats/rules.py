"""What the hall does by itself: wrap-up after a call and its end, and a seat that lets callers ring in vain.

Level-triggered: ``due`` looks at the state as it is, so an order that failed, or a gateway that was away, is caught up
at the next look instead of being forgotten. Orders go out; the state moves when Asterisk's fact comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.model.facts import Fact, LegEnded, SeatCompleted, SeatDidNotAnswer
from gateway.model.ids import SeatId
from gateway.model.orders import Order, PauseMember
from gateway.seats.calls import endpoint_of
from gateway.seats.hall import Hall
from gateway.seats.map import WRAP_UP, Seat

SYSTEM = "system"
"""The pause reason of a seat that the system took out (系统强制)."""

_AGAIN_AFTER_S = 3.0
"""An order whose fact has not come is given again after this long."""


class Rules:
    """Automatic orders for one hall. Pure: time comes in as an argument."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._ordered: dict[SeatId, float] = {}
        self.forced = 0
        self._reactions: Mapping[type[Any], Callable[[Any], list[Order]]] = {
            SeatCompleted: self._completed,
            LegEnded: self._leg_ended,
            SeatDidNotAnswer: self._no_answer,
        }
        """By the kind of fact that an order may follow from."""

    def react(self, fact: Fact) -> list[Order]:
        """Orders that follow at once from a fact that the hall has just applied."""
        reaction = self._reactions.get(type(fact))
        return reaction(fact) if reaction is not None else []

    def _completed(self, f: SeatCompleted) -> list[Order]:
        return self._wrap_up(self._hall.seats.by_interface.get(f.interface), f.at)

    def _leg_ended(self, f: LegEnded) -> list[Order]:
        """Of an agent who stayed in a conference room when the citizen had gone."""
        return self._wrap_up(self._hall.seats.by_interface.get(endpoint_of(f.channel)), f.at)

    def _wrap_up(self, seat: Seat | None, at: float) -> list[Order]:
        if seat is None or seat.finishing != at:
            return []
        return [PauseMember(seat.interface, paused=True, reason=WRAP_UP)]

    def _no_answer(self, f: SeatDidNotAnswer) -> list[Order]:
        seat = self._hall.seats.by_interface.get(f.interface)
        queue = self._hall.queues.get(f.queue)
        if seat is None or queue is None or seat.presence != "ready":
            return []
        limit = queue.config.no_answer_limit
        if not limit or seat.misses < limit:
            return []
        self.forced += 1
        return [PauseMember(seat.interface, paused=True, reason=SYSTEM)]

    def due(self, now: float) -> list[Order]:
        """Orders whose time has come: wrap-ups that are over."""
        if self._hall.link != "up":
            return []
        orders: list[Order] = []
        seats = {seat_id: self._hall.seats.by_id[seat_id] for seat_id in self._hall.wrapping_up}
        over = {seat_id: seat for seat_id, seat in seats.items() if _wrap_up_over(seat, now)}
        self._ordered = {seat_id: at for seat_id, at in self._ordered.items() if seat_id in over}
        for seat_id, seat in over.items():
            if now - self._ordered.get(seat_id, 0.0) >= _AGAIN_AFTER_S:
                self._ordered[seat_id] = now
                orders.append(PauseMember(seat.interface, paused=False))
        return orders


def _wrap_up_over(seat: Seat, now: float) -> bool:
    return seat.presence == "wrap_up" and seat.wrap_up_until is not None and now >= seat.wrap_up_until
