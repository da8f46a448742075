"""Live figures: today's, kept in memory from what happens to calls, at the same price for each call whatever the day
has brought (O(1): what a call added before is taken away, what it adds now is added). Nobody needs them while nobody
asks: calls that have changed are put aside as they are now and counted together, when somebody does or when they are
many. So a call that moves on is counted once and not at each step.

They count by the same rules as the ledger's (counting.py) and so are equal to them as soon as those are settled.
Tickets, transfers and agents' time come from there, with each settling. A restarted gateway begins with what the ledger
has; the last two hours' calls, which may still change, are then known one by one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from gateway.kpi.calendar import buckets, day_start, hour_start, name_of, next_start, quarter_of
from gateway.kpi.counting import Call, call_sums
from gateway.kpi.definitions import OF_CHANNELS, OF_QUEUES, Value, values
from gateway.kpi.formulas import Tally, connection_rate, rate_15s
from gateway.kpi.packs import Cell, Cells
from gateway.kpi.sums import ANSWERED_WAITS, FIELDS, Sums, add
from gateway.model.records import CallRecord

_QUARTERS = 96
"""Of 24 h."""
_REMEMBERED = 50_000
"""Calls of which it is known what they have added: those of two hours at seven a second."""
_ASIDE = 256
"""Calls that have changed and are not counted yet, at most: some 10 ms of work."""

_CALLS = frozenset(place for place, name in enumerate(FIELDS) if place <= FIELDS.index("out_answered"))
"""The fields that come from calls; the rest comes with the settling. The counts of waits are of calls as well."""

_SHOWN_BY_HOUR = ("requests", "answered", "lost", "connection_rate", "rate_15s", "rate_15s_answered", "wait_mean",
                  "tickets")  # fmt: skip


@dataclass(frozen=True, slots=True)
class LiveView:
    """What /api/v1/figures/live answers: figures by id of the hall, by queue and channel, since midnight."""

    at: float
    since: int
    figures: dict[str, Value]
    queues: dict[str, dict[str, Value]]
    channels: dict[str, dict[str, Value]]
    by_hour: list[dict[str, int | float | str | None]]
    rate_24h: float | None
    """接通率 of the last 24 h, moving on by the quarter of an hour (the law's line is 95 %)."""
    rate_15s_24h: float | None


@dataclass(slots=True)
class _Added:
    """What a call has added, and where."""

    started_at: float
    queue: str
    sums: Sums


def call_of(record: CallRecord) -> Call:
    """A record as the row that the ledger would read."""
    return Call(
        record.started_at, record.queued_at, record.answered_at, record.ended_at, record.wait_s, record.talk_s,
        record.hold_s, record.wrap_s, record.outcome, record.direction, record.queue, record.agent,
        record.entry_number,
    )  # fmt: skip


@dataclass(slots=True)
class LiveFigures:
    """Owned by one writer. ``zone`` is the hall's."""

    zone: tzinfo
    _since: int = 0
    _until: int = 0
    _whole: Sums = field(default_factory=dict)
    _queues: dict[str, Sums] = field(default_factory=dict)
    _hours: dict[int, Sums] = field(default_factory=dict)
    _quarters: dict[int, Sums] = field(default_factory=dict)
    _rest: dict[str, Sums] = field(default_factory=dict)
    """By channel, what is not of calls; "" is the whole."""
    _rest_by_hour: dict[int, Sums] = field(default_factory=dict)
    _rest_by_queue: dict[str, Sums] = field(default_factory=dict)
    _known: OrderedDict[str, _Added] = field(default_factory=OrderedDict)
    _aside: dict[str, CallRecord] = field(default_factory=dict)
    _hour_by_quarter: dict[int, int] = field(default_factory=dict)

    # -- in ----------------------------------------------------------------------------------------------------------

    def call(self, record: CallRecord) -> None:
        """A call is as the record says now; the record must not move on."""
        self._aside[record.call_id] = record
        if len(self._aside) >= _ASIDE:
            self._count()

    def _count(self) -> None:
        """Count what was put aside."""
        aside, self._aside = self._aside, {}
        for id_, record in aside.items():
            self._add(id_, record)

    def _add(self, id_: str, record: CallRecord) -> None:
        before = self._known.pop(id_, None)
        if before is not None:
            self._put(before, -1)
        now = _Added(record.started_at, record.queue or "", call_sums(call_of(record)))
        self._put(now, 1)
        self._known[id_] = now
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _put(self, one: _Added, times: int) -> None:
        if not one.sums:
            return
        add(self._quarters.setdefault(quarter_of(one.started_at), {}), one.sums, times)
        if self._since <= one.started_at < self._until:
            add(self._whole, one.sums, times)
            add(self._queues.setdefault(one.queue, {}), one.sums, times)
            add(self._hours.setdefault(self._hour_of(one.started_at), {}), one.sums, times)

    def _hour_of(self, at: float) -> int:
        """Where the hour began; all of a quarter are in the same one, and the calendar is slow."""
        quarter = quarter_of(at)
        hour = self._hour_by_quarter.get(quarter)
        if hour is None:
            hour = self._hour_by_quarter[quarter] = hour_start(at, self.zone)
        return hour

    def roll(self, at: float) -> None:
        """Begin a new day when midnight has passed; forget quarters of more than a day ago."""
        self._count()
        start = day_start(at, self.zone)
        if start != self._since:
            self._since, self._until = start, next_start("day", start, self.zone)
            self._whole, self._queues, self._hours, self._hour_by_quarter = {}, {}, {}, {}
            self._rest, self._rest_by_hour, self._rest_by_queue = {}, {}, {}
            for one in self._known.values():
                if one.started_at >= start and one.sums:
                    add(self._whole, one.sums)
                    add(self._queues.setdefault(one.queue, {}), one.sums)
                    add(self._hours.setdefault(self._hour_of(one.started_at), {}), one.sums)
        oldest = quarter_of(at) - _QUARTERS
        for quarter in [one for one in self._quarters if one < oldest]:
            del self._quarters[quarter]

    def begin(
        self, at: float, cells: Mapping[int, Cells], quarters: Mapping[int, Sums], recent: Iterable[CallRecord]
    ) -> None:
        """Begin with what the ledger has, all of it settled: cells of today's hours by hour, the sums of the quarters
        of the last 24 h, and the calls that may still change."""
        self._since, self._known, self._aside = 0, OrderedDict(), {}
        self.roll(at)
        self._quarters = {quarter: dict(sums) for quarter, sums in quarters.items()}
        for hour, some in cells.items():
            for cell, sums in some.items():
                calls = _of_calls(sums)
                if cell == Cell(""):
                    add(self._whole, calls)
                    add(self._hours.setdefault(hour, {}), calls)
                elif cell.cube == "q":
                    add(self._queues.setdefault(cell.queue, {}), calls)
        for record in recent:
            self._known[str(record.call_id)] = _Added(
                record.started_at, record.queue or "", call_sums(call_of(record))
            )  # fmt: skip

    def rest(self, channels: Mapping[str, Sums], hours: Mapping[int, Sums], queues: Mapping[str, Sums]) -> None:
        """Today's sums as they are settled, for what is not of calls: by channel ("" is the whole), hour and queue."""
        self._rest = {name: _of_rest(sums) for name, sums in channels.items()}
        self._rest_by_hour = {hour: _of_rest(sums) for hour, sums in hours.items()}
        self._rest_by_queue = {queue: _of_rest(sums) for queue, sums in queues.items()}

    # -- out ---------------------------------------------------------------------------------------------------------

    def view(self, at: float) -> LiveView:
        self.roll(at)
        last_24h = self._last_24h(at)
        names = {*self._queues, *self._rest_by_queue} - {""}
        return LiveView(
            at, self._since, values(_joined(self._whole, self._rest.get(""))),
            {name: values(_joined(self._queues.get(name), self._rest_by_queue.get(name)), OF_QUEUES)
             for name in sorted(names)},
            {name: values(_joined(self._whole if name == "phone" else None, sums), OF_CHANNELS)
             for name, sums in sorted({"phone": {}, **self._rest}.items()) if name},
            [self._hour(start) for start in buckets("hour", self._since, self._until, self.zone)],
            connection_rate(last_24h), rate_15s(last_24h),
        )  # fmt: skip

    def _last_24h(self, at: float) -> Tally:
        sums: Sums = {}
        oldest = quarter_of(at) - _QUARTERS
        for quarter, some in self._quarters.items():
            if quarter > oldest:
                add(sums, some)
        return Tally(sums)

    def _hour(self, start: int) -> dict[str, int | float | str | None]:
        of = values(_joined(self._hours.get(start), self._rest_by_hour.get(start)))
        shown: dict[str, int | float | str | None] = {"since": start, "name": name_of("hour", start, self.zone)}
        return shown | {name: of[name] for name in _SHOWN_BY_HOUR}

    def sums(self, queue: str | None = None) -> Sums:
        """Today's sums of calls, of one queue or of all."""
        self._count()
        return dict(self._whole if queue is None else self._queues.get(queue, {}))


def quarter_range(at: float) -> tuple[int, int]:
    """The first and the last of the quarters that the last 24 h are told by."""
    return quarter_of(at) - _QUARTERS + 1, quarter_of(at)


def _is_of_calls(place: int) -> bool:
    return place in _CALLS or place >= ANSWERED_WAITS


def _of_calls(sums: Mapping[int, int]) -> Sums:
    return {place: value for place, value in sums.items() if _is_of_calls(place)}


def _of_rest(sums: Mapping[int, int]) -> Sums:
    return {place: value for place, value in sums.items() if not _is_of_calls(place)}


def _joined(*parts: Mapping[int, int] | None) -> Sums:
    whole: Sums = {}
    for part in parts:
        add(whole, part or {})
    return whole
