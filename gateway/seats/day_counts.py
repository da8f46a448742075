"""Today's counts: calls answered and lost by queue, and answered by agent, since the hall's midnight.

They are counted from the changes of calls as they come. What was counted before this process began is read from the
ledger once (``resume``), so that a restart in the middle of a shift takes nobody's count away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.model.ids import AgentId, QueueId, SeatId
from gateway.model.records import LOST, CallChange, CallRecord
from gateway.seats.map import Seat, SeatMap
from gateway.seats.queues import QueueTable

_LOOK_EVERY_S = 1.0


class DayCounts:
    """Keeps the counts of queues (``answered_today``, ``lost_today``) and of seats (``calls_today``: of who sits
    there, wherever they sat before). Calls out, and calls of queues that are not ours, do not count."""

    def __init__(self, seats: SeatMap, queues: QueueTable, zone: ZoneInfo) -> None:
        self._seats, self._queues, self._zone = seats, queues, zone
        self._by_agent: dict[AgentId, int] = {}
        self._day = ""
        self._looked_at = 0.0

    def roll(self, at: float) -> bool:
        """True when ``at`` is of a new day: all counts are nought again."""
        if at - self._looked_at < _LOOK_EVERY_S:
            return False
        self._looked_at = at
        before, self._day = self._day, datetime.fromtimestamp(at, self._zone).strftime("%Y%m%d")
        if before in ("", self._day):
            return False
        self._by_agent.clear()
        for queue in self._queues.queues.values():
            queue.answered_today = queue.lost_today = 0
        for seat in self._seats.by_id.values():
            seat.calls_today = 0
        return True

    def count(self, changes: Iterable[CallChange]) -> set[QueueId]:
        """Count what has become of calls; returns the queues whose figures moved."""
        moved: set[QueueId] = set()
        for change in changes:
            queue = self._queues.get(change.call.queue)
            if queue is None:
                continue
            if change.kind == "answered":
                # A second agent of the same call (taken over, back from a transfer) is no second answer.
                queue.answered_today += change.at == change.call.answered_at
                self._answered_by(change.call.agent)
                seat = self._seats.by_id.get(change.call.seat or SeatId(""))
                if seat is not None:
                    self.show(seat)
            elif change.kind == "ended" and change.call.outcome in LOST:
                queue.lost_today += 1
            else:
                continue
            moved.add(QueueId(queue.config.id))
        return moved

    def resume(self, record: CallRecord) -> None:
        """Count one of today's calls, as the ledger has it; one that is answered and not over yet counts as well."""
        queue = self._queues.get(record.queue)
        if queue is None:
            return
        queue.answered_today += record.answered_at is not None
        queue.lost_today += record.outcome in LOST
        # A conversation is one stretch of talk or several, with holds between them, of one leg.
        talks = {(s.leg, s.agent) for s in record.stretches if s.kind == "talking"}
        if not talks and record.answered_at is not None:
            talks = {(None, record.agent)}
        for _, agent in talks:
            self._answered_by(agent)

    def show(self, seat: Seat) -> None:
        """Let the seat have the count of who sits there now."""
        seat.calls_today = self._by_agent.get(seat.agent, 0)

    def _answered_by(self, agent: AgentId | None) -> None:
        if agent:
            self._by_agent[agent] = self._by_agent.get(agent, 0) + 1
