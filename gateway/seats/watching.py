"""Who monitors whom (监听): supervisors' legs in agents' conversations, as Asterisk tells of them.

A supervisor's leg is one that we began (``PREFIX``), so it is told from a call at once, also before it monitors
anybody: it makes no seat talk and no record of a call. That it monitors comes from Asterisk alone, event by event, and
after a restart from the list of channels, whose extension says whom and how.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model.facts import LegImage, Watching
from gateway.model.ids import LegId, SeatId

PREFIX = "spy-"
"""How the Uniqueid of a leg begins with which a supervisor monitors (``Monitor.leg``)."""


def is_supervisors(leg: LegId) -> bool:
    """True for a leg that we began for a supervisor, whatever it does now."""
    return str(leg).startswith(PREFIX)


@dataclass(frozen=True, slots=True)
class Watch:
    """The leg of a supervisor at the seat ``phone``, in the conversation of ``seat``."""

    leg: LegId
    phone: SeatId
    seat: SeatId
    watching: Watching

    def by(self, names: Mapping[str, str]) -> dict[str, Any]:
        """As the seat that is monitored shows it."""
        agent = self.watching.agent
        return {"agent": agent, "name": names.get(agent, ""), "mode": self.watching.mode, "seat": self.phone}

    def of(self) -> dict[str, Any]:
        """As the supervisor's own seat shows it."""
        return {"seat": self.seat, "mode": self.watching.mode}


@dataclass(slots=True)
class Watches:
    """All of them, by the supervisor's leg. Each change returns the seats that look otherwise now."""

    by_leg: dict[LegId, Watch] = field(default_factory=dict)

    def begin(self, watch: Watch) -> set[SeatId]:
        if self.by_leg.get(watch.leg) == watch:
            return set()
        before = self.end(watch.leg)
        self.by_leg[watch.leg] = watch
        return before | {watch.seat, watch.phone}

    def end(self, leg: LegId) -> set[SeatId]:
        watch = self.by_leg.pop(leg, None)
        return {watch.seat, watch.phone} if watch is not None else set()

    def of_seat(self, seat: SeatId) -> list[Watch]:
        """Who monitors this seat."""
        return [watch for watch in self.by_leg.values() if watch.seat == seat]

    def at_phone(self, seat: SeatId) -> Watch | None:
        """Whom the supervisor at this seat monitors."""
        return next((watch for watch in self.by_leg.values() if watch.phone == seat), None)

    def settle(self, legs: Iterable[LegImage], seat_of: Mapping[LegId, SeatId]) -> None:
        """Take a snapshot's legs for what there is; ``seat_of`` are the legs of seats."""
        self.by_leg = {
            image.leg: Watch(image.leg, seat_of[image.leg], seat_of[image.watching.watched], image.watching)
            for image in legs
            if image.watching is not None and image.leg in seat_of and image.watching.watched in seat_of
        }
