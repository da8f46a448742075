"""Who could answer a written message now: the seats as the rule of sharing sees them (gateway.tickets.sharing)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model.assignments import Writer
from gateway.seats.hall import Hall


class Writers:
    """Implements ``gateway.tickets.inbox.Floor`` over the live hall."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def true(self) -> bool:
        """False while nobody knows who is signed in: no snapshot yet, or the line to Asterisk is down."""
        return self._hall.link == "up"

    def writers(self) -> Sequence[Writer]:
        return [
            Writer(
                seat.agent,
                frozenset(seat.config.queues),
                seat.presence,
                seat.reason,
                idle=seat.activity == "idle" and seat.presence != "wrap_up",
            )
            for seat in self._hall.seats.by_id.values()
            if seat.agent and seat.presence != "signed_out"
        ]
