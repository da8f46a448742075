"""Alarms made durable: rows, events of the feed and audit entries go out in order, and wait while the ledger is away.

The picture in memory moves at once, for a shift lead must see it also when the ledger cannot be written (that is an
alarm itself). Rows are kept by their newest version; events and audit entries one by one, bounded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.alarms.engine import Change
from gateway.alarms.ports import AlarmsLedger, AlarmsTx
from gateway.model.alarms import Alarm
from gateway.model.messages import Delivery
from gateway.model.records import AuditEntry

RAISED = "hotline.alarm.raised.v1"
ACKNOWLEDGED = "hotline.alarm.acknowledged.v1"
CLEARED = "hotline.alarm.cleared.v1"

_EVENTS: Mapping[str, str] = {
    "raised": RAISED, "again": RAISED, "acknowledged": ACKNOWLEDGED, "cleared": CLEARED,
}  # fmt: skip
_MOST = 2000


@dataclass(frozen=True, slots=True)
class _Event:
    type: str
    subject: str
    data: Mapping[str, Any]
    at: float


class Keeper:
    """``untold`` counts events and audit entries that found no room while the ledger was away, ``written`` what was
    kept."""

    def __init__(self, ledger: AlarmsLedger) -> None:
        self._ledger = ledger
        self._rows: dict[str, Alarm] = {}
        self._events: deque[_Event] = deque()
        self._audits: deque[AuditEntry] = deque()
        self._deliveries: deque[Delivery] = deque()
        self._writing = asyncio.Lock()
        self.untold = self.written = 0

    @property
    def waiting(self) -> int:
        """What is not durable yet."""
        return len(self._rows) + len(self._events) + len(self._audits) + len(self._deliveries)

    def waits(self, alarm_id: str) -> bool:
        """Whether the ledger has not got the newest of an alarm yet."""
        return alarm_id in self._rows

    def put(self, changes: Iterable[Change], at: float) -> None:
        for change in changes:
            self._rows[change.alarm.id] = change.alarm
            if (type_ := _EVENTS.get(change.what)) is not None:
                self._add(self._events, _Event(type_, change.alarm.rule, alarm_data(change.alarm), at))

    def put_audit(self, entry: AuditEntry) -> None:
        self._add(self._audits, entry)

    def put_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        for one in deliveries:
            self._add(self._deliveries, one)

    def _add(self, queue: deque[Any], item: object) -> None:
        if len(queue) >= _MOST:
            self.untold += 1
            queue.popleft()
        queue.append(item)

    async def flush(self) -> None:
        """Write all that waits, in one transaction; returns when it is committed. Raises OSError with nothing lost."""
        async with self._writing:
            if not self.waiting:
                return
            rows, events = dict(self._rows), tuple(self._events)
            audits, deliveries = tuple(self._audits), tuple(self._deliveries)

            async def work(tx: AlarmsTx) -> None:
                for row in rows.values():
                    await tx.save_alarm(row)
                for one in events:
                    await tx.emit(one.type, one.subject, one.data, one.at)
                for entry in audits:
                    await tx.audit(entry)
                if deliveries:
                    await tx.save_state("deliveries", {})  # as gateway.channels.records.hold_deliveries
                for delivery in deliveries:
                    await tx.save_delivery(delivery)

            await self._ledger.write(work)
            self._written(rows, len(events), len(audits), len(deliveries))

    def _written(self, rows: Mapping[str, Alarm], events: int, audits: int, deliveries: int) -> None:
        for id_, row in rows.items():
            if self._rows.get(id_) is row:
                del self._rows[id_]
        for queue, n in ((self._events, events), (self._audits, audits), (self._deliveries, deliveries)):
            for _ in range(min(n, len(queue))):
                queue.popleft()
        self.written += len(rows)


def alarm_data(alarm: Alarm) -> dict[str, Any]:
    """What the feed says of an alarm."""
    return {
        "alarm_id": alarm.id, "rule": alarm.rule, "subject": alarm.subject, "level": alarm.level, "title": alarm.title,
        "title_en": alarm.title_en, "text": alarm.text, "text_en": alarm.text_en, "since": alarm.since,
        "first_at": alarm.first_at, "count": alarm.count, "state": alarm.state, "by": alarm.by,
        "cleared_at": alarm.cleared_at, "value": alarm.value, "worst": alarm.worst,
    }  # fmt: skip
