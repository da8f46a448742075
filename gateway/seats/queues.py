"""The queue table: who waits where, since when, and what today's counts are.

Positions are recomputed here: app_queue raises no event when the callers behind one that left move up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gateway.model.ids import CallId, LegId, QueueId
from gateway.seats.config import QueueConfig


@dataclass(slots=True)
class Waiting:
    """One caller in a queue. ``since`` is when the caller entered this queue, epoch seconds; ``caller`` is masked."""

    leg: LegId
    call: CallId
    since: float
    caller: str
    entry_number: str


@dataclass(slots=True)
class Queue:
    """One queue, live."""

    config: QueueConfig
    waiting: dict[LegId, Waiting] = field(default_factory=dict)
    ready: int = 0
    talking: int = 0
    signed_in: int = 0
    answered_today: int = 0
    lost_today: int = 0

    def join(self, waiting: Waiting) -> bool:
        """Add a caller; false when the same caller is there already (facts may come twice)."""
        if waiting.leg in self.waiting:
            return False
        self.waiting[waiting.leg] = waiting
        return True

    def leave(self, leg: LegId) -> bool:
        """Take a caller out; false when the caller was not there."""
        return self.waiting.pop(leg, None) is not None

    def view(self) -> dict[str, Any]:
        """The queue as the live stream shows it, callers by arrival."""
        callers = sorted(self.waiting.values(), key=lambda w: w.since)
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
                }
                for position, w in enumerate(callers, 1)
            ],
            "ready": self.ready,
            "talking": self.talking,
            "signed_in": self.signed_in,
            "answered_today": self.answered_today,
            "lost_today": self.lost_today,
            "longest_since": callers[0].since if callers else None,
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
