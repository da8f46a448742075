"""What the live stream is told of the hall: the whole for a new follower, and what has moved since the last diff.

A burst of facts becomes one frame: whoever changes a seat or a queue only marks it, and ``take_diff`` hands out each of
those once, as it stands then; while nobody looks it is forgotten (``pass_over``), since who comes gets the whole. What
is not the hall's own (transfers, alarms, hints for a desk) rides along by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.model.ids import QueueId, SeatId
from gateway.seats.map import SeatMap
from gateway.seats.queues import QueueTable


class Showing:
    """The side of the hall that is looked at. ``epoch`` rises with every snapshot, ``n`` with every diff handed out.
    ``names`` are agents' by their numbers; ``beside`` is what the live stream shows besides seats and queues, by name.
    """

    def __init__(self, seats: SeatMap, queues: QueueTable) -> None:
        self.seats, self.queues = seats, queues
        self.names: dict[str, str] = {}
        self.epoch = 0
        self.n = 0
        self.link = "down"
        self.drift = 0
        self.beside: dict[str, Callable[[], list[dict[str, Any]]]] = {}
        self._dirty_seats: set[SeatId] = set()
        self._dirty_queues: set[QueueId] = set()
        self._link_moved = False
        self._told: dict[str, list[dict[str, Any]]] = {}

    def _head(self, kind: str, at: float) -> dict[str, Any]:
        return {"type": kind, "epoch": self.epoch, "n": self.n, "at": at, "link": self.link, "drift": self.drift}

    def live(self, at: float) -> dict[str, Any]:
        """The whole state for a new follower of the live stream."""
        whole = self._head("snapshot", at) | {"seats": self.seat_views(), "queues": self.queue_views()}
        return whole | {kind: views() for kind, views in self.beside.items()}

    def tell(self, kind: str, *views: dict[str, Any]) -> None:
        """Put what is not the hall's own into the next diff, under ``kind``: transfers, partners' lines, hints for a
        desk. What a new follower must know of it as well comes from ``beside``, by the same name."""
        self._told.setdefault(kind, []).extend(views)

    def seat_views(self) -> list[dict[str, Any]]:
        """All seats as the live stream shows them."""
        return [seat.view(self.names) for seat in self.seats.by_id.values()]

    def queue_views(self) -> list[dict[str, Any]]:
        """All queues as the live stream shows them."""
        return [queue.view() for queue in self.queues.queues.values()]

    def pass_over(self) -> None:
        """Nobody looks: what has moved since the last diff need not be shown. Whoever comes gets the whole."""
        self._dirty_seats.clear()
        self._dirty_queues.clear()
        self._link_moved = False
        self._told.clear()

    def take_diff(self, at: float) -> dict[str, Any] | None:
        """What changed since the last diff, or None. Numbered without gaps within an epoch."""
        if not (self._dirty_seats or self._dirty_queues or self._link_moved or self._told):
            return None
        self.n += 1
        seats = [self.seats.by_id[s].view(self.names) for s in sorted(self._dirty_seats) if s in self.seats.by_id]
        queues = [self.queues.queues[q].view() for q in sorted(self._dirty_queues) if q in self.queues.queues]
        self._dirty_seats.clear()
        self._dirty_queues.clear()
        self._link_moved = False
        told, self._told = self._told, {}
        return self._head("diff", at) | {"seats": seats, "queues": queues} | told
