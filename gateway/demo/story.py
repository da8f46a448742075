"""What SIPp saw of each call, and whether the ledger says the same.

Citizens and seats write one line an event (the ``log`` actions of the scenarios), found again by the caller's mark.
From them each call gets the outcomes that would be right; the ledger's calls, read over the API, are held against that
one by one. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.demo.plan import PlannedCall
from gateway.model.records import LOST

GAVE_UP = frozenset({"abandoned_flow", "abandoned_queue", "abandoned_ringing"})
TURNED_AWAY = LOST - GAVE_UP | {"self_service"}
CROSSING_S = 2.0
"""Two ends acted within this time: either order is right. What each wrote down of when is as late as its machine."""

EVENTS = frozenset(
    {"dialled", "line_answered", "hung_up", "was_hung_up", "refused", "rang", "picked_up", "talking", "cancelled"}
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One line of a log. ``extension`` is empty for a citizen's."""

    at: float
    mark: str
    event: str
    extension: str = ""


def read_line(line: str) -> Sighting | None:
    """One log line (``date TAB time TAB epoch;mark;event[;extension]``), or None for what is not one."""
    head, *parts = line.rstrip("\n").split(";")
    if len(parts) < 2 or parts[1] not in EVENTS or not parts[0]:
        return None
    try:
        at = float(head.split("\t")[-1])
    except ValueError:
        return None
    return Sighting(at, parts[0], parts[1], parts[2] if len(parts) > 2 else "")


@dataclass(slots=True)
class Story:
    """One call as SIPp saw it. Times are epoch seconds; ``ended_by`` is citizen, line or refused."""

    dialled_at: float | None = None
    line_answered_at: float | None = None
    talking_at: float | None = None
    picked_up_at: float | None = None
    ended_at: float | None = None
    ended_by: str = ""
    seat: str = ""
    rang_at: float | None = None
    stopped_ringing_at: float | None = None

    @property
    def talked(self) -> bool:
        return self.talking_at is not None

    @property
    def state(self) -> str:
        """not_dialled, waiting, talking, or how it ended: answered, gave_up, turned_away, refused."""
        if self.dialled_at is None:
            return "not_dialled"
        if self.ended_at is None:
            return "talking" if self.talked else "waiting"
        if self.talked:
            return "answered"
        return {"citizen": "gave_up", "line": "turned_away"}.get(self.ended_by, "refused")

    def see(self, sighting: Sighting) -> None:
        """Take one event in. A seat's own end of a talk is not the call's end: the citizen's end follows."""
        if sighting.extension:
            self._see_seat(sighting)
        elif sighting.event == "dialled":
            self.dialled_at = sighting.at
        elif sighting.event == "line_answered":
            self.line_answered_at = sighting.at
        elif self.ended_at is None:
            self.ended_at = sighting.at
            self.ended_by = {"hung_up": "citizen", "was_hung_up": "line"}.get(sighting.event, "refused")

    def _see_seat(self, sighting: Sighting) -> None:
        match sighting.event:
            case "rang":
                self.rang_at, self.stopped_ringing_at = sighting.at, None
            case "cancelled":
                self.stopped_ringing_at = sighting.at
            case "picked_up":
                self.picked_up_at = sighting.at
            case "talking":
                self.talking_at, self.seat = sighting.at, sighting.extension

    def right_outcomes(self) -> frozenset[str]:
        """The outcomes that the ledger may give this call; empty when it need not have it at all."""
        if self.state == "refused":
            return frozenset()
        if self.talked:
            return frozenset({"answered"})
        if self.picked_up_at is not None:
            return GAVE_UP | {"answered"}
        if self.ended_by == "line":
            return TURNED_AWAY
        if self.ended_at is None:  # cut off when the play was stopped
            return GAVE_UP
        return self._where_given_up(self.ended_at)

    def _where_given_up(self, ended_at: float) -> frozenset[str]:
        if self.rang_at is None:
            return frozenset({"abandoned_flow", "abandoned_queue"})
        if ended_at - self.rang_at < CROSSING_S:
            return GAVE_UP
        if self.stopped_ringing_at is None or self.stopped_ringing_at > ended_at:
            return frozenset({"abandoned_ringing"})
        if ended_at - self.stopped_ringing_at < CROSSING_S:
            return frozenset({"abandoned_ringing", "abandoned_queue"})
        return frozenset({"abandoned_queue"})


@dataclass(slots=True)
class Tale:
    """All stories of a run, by mark."""

    stories: dict[str, Story] = field(default_factory=dict)

    @classmethod
    def of(cls, calls: Iterable[PlannedCall]) -> Tale:
        return cls({call.mark: Story() for call in calls})

    def see(self, lines: Iterable[str]) -> None:
        """Take log lines in, of whichever process; what belongs to no planned call is passed over."""
        for line in lines:
            sighting = read_line(line)
            if sighting is not None and sighting.mark in self.stories:
                self.stories[sighting.mark].see(sighting)

    def counts(self) -> Counter[str]:
        """How many calls are in each state, and ``placed`` for all that were dialled."""
        counts = Counter(story.state for story in self.stories.values())
        counts["placed"] = len(self.stories) - counts["not_dialled"]
        return counts

    def over(self) -> bool:
        """True when every call has been dialled and has ended."""
        return all(story.ended_at is not None for story in self.stories.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """SIPp's view beside the ledger's: how many calls each counts by outcome, and each call that differs."""

    seen: Mapping[str, int]
    kept: Mapping[str, int]
    differences: tuple[str, ...]


def compare(
    calls: Sequence[PlannedCall], tale: Tale, kept: Iterable[Mapping[str, Any]], extensions: Mapping[str, str]
) -> Comparison:
    """Hold the ledger's calls (as the API gives them) against the stories.

    ``extensions`` is extension by seat id. Calls of others (another run, a real citizen) are passed over.
    """
    by_mark: dict[str, list[Mapping[str, Any]]] = {call.masked_mark: [] for call in calls}
    for row in kept:
        name = str(row.get("caller_name", ""))
        if name in by_mark:
            by_mark[name].append(row)
    differences: list[str] = []
    for call in calls:
        story = tale.stories[call.mark]
        differences += [f"{call.mark}: {what}" for what in _differ(call, story, by_mark[call.masked_mark], extensions)]
    seen = Counter(s.state for s in tale.stories.values() if s.dialled_at is not None)
    outcomes = Counter(str(row.get("outcome")) for rows in by_mark.values() for row in rows)
    return Comparison(seen, outcomes, tuple(differences))


def _differ(
    call: PlannedCall, story: Story, rows: Sequence[Mapping[str, Any]], extensions: Mapping[str, str]
) -> list[str]:
    if story.dialled_at is None:
        return ["never dialled, but in the ledger" if rows else "never dialled by SIPp"]
    right = story.right_outcomes()
    if not rows:
        return [f"{story.state} by SIPp, not in the ledger"] if right else []
    if len(rows) > 1:
        return [f"in the ledger {len(rows)} times"]
    row, found = rows[0], []
    if right and row.get("outcome") not in right:
        found.append(f"{story.state} by SIPp, so {' or '.join(sorted(right))}; the ledger has {row.get('outcome')}")
    if str(row.get("entry_number")) != call.entry:
        found.append(f"dialled {call.entry}; the ledger has {row.get('entry_number')}")
    seat = extensions.get(str(row.get("seat")), "")
    if story.talked and seat != story.seat:
        found.append(f"talked at {story.seat}; the ledger has seat {row.get('seat')}")
    return found
