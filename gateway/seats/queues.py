"""The queue table: who waits where, since when, in which order, and what today's counts are.

Places are recomputed here: app_queue raises no event when the callers behind one that left move up. The order is
Asterisk's: who comes with a priority (back from a lost agent, put to the front by a shift lead) is told with his place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gateway.model.ids import CallId, LegId, QueueId
from gateway.seats.config import QueueConfig
from gateway.seats.queue_states import Broadcast, Closure


@dataclass(slots=True)
class Waiting:
    """One caller in a queue. ``since`` is when the wait began, epoch seconds: the first queue of the call, or the
    return to one after a conversation; ``caller`` is masked. ``channel`` is the name of the caller's leg."""

    leg: LegId
    call: CallId
    since: float
    caller: str
    entry_number: str
    language: str = ""
    channel: str = ""


@dataclass(slots=True)
class Queue:
    """One queue, live; ``waiting`` in the order in which callers will be served. ``lines`` are to be manned now, None
    without a rule."""

    config: QueueConfig
    waiting: dict[LegId, Waiting] = field(default_factory=dict)
    ready: int = 0
    talking: int = 0
    signed_in: int = 0
    answered_today: int = 0
    lost_today: int = 0
    closed: Closure | None = None
    broadcast: Broadcast | None = None
    lines: int | None = None
    expected: dict[LegId, float] = field(default_factory=dict)
    expected_new: float | None = None
    """Seconds that each caller still has to wait, and that a new one would; reckoned once a second."""

    def join(self, waiting: Waiting, place: int = 0) -> bool:
        """Add a caller at a place from 1 on, 0 for behind those who came before; false when the same caller is there
        already (facts may come twice)."""
        if waiting.leg in self.waiting:
            return False
        others = list(self.waiting.values())
        at = place - 1 if place else sum(other.since <= waiting.since for other in others)
        if at >= len(others):
            self.waiting[waiting.leg] = waiting
        else:
            others.insert(at, waiting)
            self.waiting = {one.leg: one for one in others}
        return True

    @property
    def short(self) -> int | None:
        """How many of the lines nobody is signed in for; None without a rule."""
        return None if self.lines is None else max(0, self.lines - self.signed_in)

    def leave(self, leg: LegId) -> bool:
        """Take a caller out; false when the caller was not there."""
        return self.waiting.pop(leg, None) is not None

    def view(self) -> dict[str, Any]:
        """The queue as the live stream shows it, callers by their places."""
        callers = list(self.waiting.values())
        return {
            "id": self.config.id,
            "name": self.config.name,
            "name_en": self.config.name_en,
            "answer_within_s": self.config.answer_within_s,
            "waiting": [
                {
                    "call_id": w.call,
                    "position": position,
                    "since": w.since,
                    "caller": w.caller,
                    "entry_number": w.entry_number,
                    "language": w.language,
                    "expected_s": self.expected.get(w.leg),
                }
                for position, w in enumerate(callers, 1)
            ],
            "ready": self.ready,
            "talking": self.talking,
            "signed_in": self.signed_in,
            "answered_today": self.answered_today,
            "lost_today": self.lost_today,
            "longest_since": min((w.since for w in callers), default=None),
            "expected_s": self.expected_new,
            "planned": self.lines,
            "short": self.short,
            **self._states(),
        }

    def _states(self) -> dict[str, Any]:
        closed, heard = self.closed, self.broadcast
        shown = {"id": heard.id, "text": heard.text, "sound": heard.recording, "until": heard.until} if heard else None
        return {
            "open": closed is None,
            "closed_why": closed.why if closed else "",
            "closed_to": closed.to if closed else "",
            "closed_until": closed.until if closed else None,
            "broadcast": shown,
        }


class QueueTable:
    """All configured queues by id. Queues that Asterisk has but we do not know are left alone."""

    def __init__(self, configs: Iterable[QueueConfig]) -> None:
        self.queues: dict[QueueId, Queue] = {QueueId(c.id): Queue(c) for c in configs}

    def get(self, queue: QueueId | None) -> Queue | None:
        """The queue, or None when it is not one of ours."""
        return self.queues.get(queue) if queue is not None else None

    def drop(self, leg: LegId) -> set[QueueId]:
        """Take a caller out of every queue; returns the queues where the caller was."""
        return {key for key, queue in self.queues.items() if queue.leave(leg)}

    def adopt(self, configs: Iterable[QueueConfig]) -> set[QueueId]:
        """Take changed configuration; returns the ids that changed."""
        fresh = {QueueId(c.id): c for c in configs}
        changed = set(self.queues) ^ set(fresh)
        for key in set(self.queues) - set(fresh):
            del self.queues[key]
        for key, config in fresh.items():
            known = self.queues.get(key)
            if known is None:
                self.queues[key] = Queue(config)
            elif known.config != config:
                known.config = config
                changed.add(key)
        return changed
