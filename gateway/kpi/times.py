"""Agents' time: how long each was idle, ringing, talking, on hold, in wrap-up, dialling out or at rest, by the quarter
of an hour.

Fed with what each seat does, whenever that may have changed; told to the ledger now and then (``take``). Nothing here
reads a clock. What a seat does is what its agent does: one agent, one seat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.kpi.calendar import QUARTER_S, quarter_of
from gateway.kpi.counting import TimeRow

Doing = Literal["idle", "ringing", "talking", "held", "wrap", "outbound", "resting"]

_BY_ACTIVITY: Mapping[str, Doing] = {
    "reserved": "ringing", "ringing": "ringing", "talking": "talking", "held": "held", "consulting": "talking",
    "three_way": "talking", "outbound": "outbound", "monitored": "talking", "monitoring": "resting",
}  # fmt: skip
_BY_PRESENCE: Mapping[str, Doing] = {"ready": "idle", "wrap_up": "wrap", "not_ready": "resting"}


def doing_of(presence: str, activity: str) -> Doing | None:
    """What an agent does by the two fields of the seat; None for nobody. Who talks while not ready still talks."""
    if presence == "signed_out":
        return None
    return _BY_ACTIVITY.get(activity) or _BY_PRESENCE.get(presence, "idle")


@dataclass(slots=True)
class _At:
    agent: str
    doing: Doing
    since: float


@dataclass(slots=True)
class AgentTimes:
    """Milliseconds by quarter and agent that are not told yet."""

    _seats: dict[str, _At] = field(default_factory=dict)
    _sums: dict[tuple[int, str], dict[Doing, int]] = field(default_factory=dict)

    def see(self, seat: str, agent: str, doing: Doing | None, at: float) -> None:
        """From ``at`` on (epoch seconds) the agent at the seat does this; None: nobody is there."""
        known = self._seats.get(seat)
        if known is not None:
            if known.agent == agent and known.doing == doing:
                return
            self._close(known, at)
        if doing is None or not agent:
            self._seats.pop(seat, None)
        else:
            since = at if known is None else max(at, known.since)
            self._seats[seat] = _At(agent, doing, since)

    def _close(self, known: _At, at: float) -> None:
        """Count up to a moment; what comes late, with an earlier one, counts nothing."""
        for quarter, ms in _parts(known.since, at):
            done = self._sums.setdefault((quarter, known.agent), {})
            done[known.doing] = done.get(known.doing, 0) + ms
        known.since = max(known.since, at)

    def take(self, at: float) -> list[TimeRow]:
        """What is not told yet, up to a moment; it counts as told now (``give_back`` when it could not be)."""
        for known in self._seats.values():
            self._close(known, at)
        sums, self._sums = self._sums, {}
        return [
            TimeRow(quarter, agent, *(done.get(name, 0) for name in _DOINGS)) for (quarter, agent), done in sums.items()
        ]

    def give_back(self, rows: list[TimeRow]) -> None:
        for row in rows:
            done = self._sums.setdefault((row.quarter, row.agent), {})
            for name, ms in zip(_DOINGS, row[2:], strict=True):
                done[name] = done.get(name, 0) + ms

    def now(self) -> dict[str, tuple[str, Doing]]:
        """By seat, who does what."""
        return {seat: (known.agent, known.doing) for seat, known in self._seats.items()}

    def fill(self, agent: str, doing: Doing, since: float, until: float) -> None:
        """Count a stretch that nobody watched (the gateway was away), of which is known how it was."""
        self._close(_At(agent, doing, since), until)


_DOINGS: tuple[Doing, ...] = ("idle", "ringing", "talking", "held", "wrap", "outbound", "resting")


def _parts(since: float, until: float) -> Iterator[tuple[int, int]]:
    """The milliseconds of a stretch of time by quarter."""
    start, end = round(since * 1000), round(until * 1000)
    while start < end:
        quarter = quarter_of(start / 1000)
        edge = min(end, (quarter + 1) * QUARTER_S * 1000)
        yield quarter, edge - start
        start = edge
