"""The last events that this process has committed, as they were told: whoever follows the feed closely need not read
back, open and parse what was sealed here a moment ago.

Only what is committed comes in, and only runs without a gap are handed out: when another gateway has told something in
between, what lies before it is forgotten and read from the database as ever.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model.records import Event

MOST = 1024
"""Events kept at least: a third of a second of the busiest intake, some 3 MB."""


class Recent:
    """A run of events without gaps, the newest at its end; cut back to ``most`` when there are over twice as many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._first = 1
        """The sequence of the oldest kept."""
        self._events: list[Event] = []

    def add(self, last: int, events: Sequence[Event]) -> None:
        """Take what was committed together, without numbers yet; ``last`` is the last one's."""
        first = last - len(events) + 1
        if first != self._first + len(self._events):
            self._first, self._events = first, []
        self._events += events
        if len(self._events) > 2 * self._most:
            spare = len(self._events) - self._most
            self._first += spare
            del self._events[:spare]

    def after(self, after: int, limit: int) -> list[Event] | None:
        """At most ``limit`` of the events that follow ``after``, in sequence; None when they are not all here, or there
        are none that we know of. Their data are as they were told: a tuple is still one, not the list of its JSON."""
        place = after + 1 - self._first
        if not 0 <= place < len(self._events) or limit <= 0:
            return None
        some = self._events[place : place + limit]
        return [Event(after + n, e.id, e.type, e.subject, e.time, e.data) for n, e in enumerate(some, 1)]
