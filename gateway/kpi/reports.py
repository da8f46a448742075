"""Reports: the figures of a stretch of time, as a whole and by group, beside those of the period before.

A report reads cells: whole days by the day, the hours at either end by the hour (by topic from the packs), and adds
them up in a thread. So a month of 700,000 calls is some thousand small rows, whatever it is grouped by; only what one
agent has by topic, queue or entry number is read from that agent's rows. What was written a moment ago is settled
first; ``as_of`` says how fresh the figures are, ``left`` how many quarters of an hour of that time are not counted yet
(after an upgrade, for a minute or so).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

from gateway.kpi import definitions
from gateway.kpi.calendar import (
    QUARTER_S,
    Period,
    before,
    buckets,
    day_start,
    hour_start,
    name_of,
    next_start,
    quarter_of,
    start_of,
)
from gateway.kpi.counting import Rules
from gateway.kpi.definitions import Kind, Value, values
from gateway.kpi.packs import HOURLY, TOPICS, Cell, Cells, Packer, cube_of, spread, unpacked
from gateway.kpi.ports import FigureStore, Rows, Span
from gateway.kpi.settling import Settler, cell_sums, deal
from gateway.kpi.sums import Sums, add, total

By = Literal[
    "hour", "day", "week", "month", "queue", "agent", "entry_number", "channel", "partner", "area", "category"
]  # fmt: skip
PERIODS: Mapping[str, Period] = {"hour": "hour", "day": "day", "week": "week", "month": "month"}
SIDES: Mapping[str, str] = {"queue": "q", "agent": "a", "entry_number": "e"}
_COLUMN = {"queue": "queue", "agent": "agent", "entry_number": "entry"}
_PLACE = {"queue": 1, "agent": 2, "entry_number": 3}
_TOPIC = 4

FRESH_S = 5.0
_READINGS = 3
PATIENCE_S = 0.6

Row = tuple[int, str, str, str, str, Sums]
"""at, queue, agent, entry, topic, and the sums of one cell."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: from ``since`` to ``until`` (epoch seconds, widened to whole hours of the hall), of one queue,
    agent or entry number or of any (None)."""

    by: By
    since: float
    until: float
    where: Mapping[str, str] = field(default_factory=dict)
    """By ``queue``, ``agent``, ``entry_number``."""
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """One group. ``since`` is where a period begins; ``before`` the same figures a period earlier."""

    group: str
    values: dict[str, Value]
    since: int | None = None
    before: dict[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    since: int
    until: int
    by: By
    total: dict[str, Value]
    groups: list[Group]
    as_of: float
    left: int
    before: dict[str, Value] | None = None
    compared: tuple[int, int] | None = None
    """Since and until of the period before."""


class FigureReports:
    """Answers reports. ``zone`` is the hall's; ``fresh_s`` how old figures may be; ``patience_s`` how long a report
    waits for what is not counted yet."""

    def __init__(
        self,
        store: FigureStore,
        settler: Settler,
        zone: tzinfo,
        fresh_s: float = FRESH_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._store, self._settler, self.zone = store, settler, zone
        self._fresh_s, self._patience_s = fresh_s, patience_s

    def widened(self, since: float, until: float) -> tuple[int, int]:
        """Whole hours of the hall around a stretch of time."""
        last = hour_start(until, self.zone)
        return hour_start(since, self.zone), last if last == until else next_start("hour", last, self.zone)

    async def report(self, wanted: Wanted) -> Report:
        since, until = self.widened(wanted.since, wanted.until)
        compared = before(since, until, self.zone) if wanted.compare else None
        as_of, left = await self._settler.fresh(since, until, self._fresh_s, self._patience_s)
        if compared is not None:
            left += (await self._settler.fresh(*compared, self._fresh_s, self._patience_s))[1]
        whole, groups = await self._read_at_once(wanted, since, until)
        earlier = await self._read_at_once(wanted, *compared) if compared is not None else None
        kinds = kinds_of(wanted)
        return Report(
            since, until, wanted.by, values(whole, _kinds_of_total(wanted)),
            self._groups(wanted, groups, earlier[1] if earlier else None, kinds),
            as_of, left, values(earlier[0], _kinds_of_total(wanted)) if earlier else None, compared,
        )  # fmt: skip

    async def sums(self, since: float, until: float, where: Mapping[str, str] | None = None) -> Sums:
        """The sums of all of some whole hours, settled first."""
        lo, hi = self.widened(since, until)
        await self._settler.fresh(lo, hi, self._fresh_s, self._patience_s)
        return (await self._read(Wanted("day", lo, hi, where or {}), lo, hi))[0]

    # -- reading -----------------------------------------------------------------------------------------------------

    async def _read_at_once(self, wanted: Wanted, since: int, until: int) -> tuple[Sums, dict[str | int, Sums]]:
        """As ``_read``, again when something was counted between its parts: the groups are to add up to the whole."""
        for _ in range(_READINGS - 1):
            version = await self._store.figure_version()
            read = await self._read(wanted, since, until)
            if version == await self._store.figure_version():
                return read
        return await self._read(wanted, since, until)

    async def _read(self, wanted: Wanted, since: int, until: int) -> tuple[Sums, dict[str | int, Sums]]:
        """The whole, and the groups by name or, for periods, by where they begin."""
        period = PERIODS.get(wanted.by)
        sides = {SIDES[name] for name in wanted.where}
        if period is not None:
            rows = await self._rows(cube_of(sides), since, until, wanted.where, by_hour=period == "hour")
            groups = await asyncio.to_thread(_grouped, rows, lambda row: start_of(period, row[0], self.zone))
            starts = buckets(period, since, until, self.zone)
            return total(groups.values()), {start: groups.get(start, {}) for start in starts}
        whole = await self._rows(cube_of(sides), since, until, wanted.where)
        side, topic = SIDES.get(wanted.by), wanted.by if wanted.by in TOPICS else ""
        place = _TOPIC if topic else _PLACE[wanted.by]
        cube = cube_of(sides if side is None else sides | {side}, topic)
        rows = await self._rows(cube, since, until, wanted.where)
        groups = await asyncio.to_thread(_grouped, rows, lambda row: str(row[place]))
        return await asyncio.to_thread(lambda: total(row[-1] for row in whole)), groups

    async def _rows(
        self, cube: str, since: int, until: int, where: Mapping[str, str], *, by_hour: bool = False
    ) -> list[Row]:
        columns = {_COLUMN[name]: value for name, value in where.items()}
        if where.get("agent") and cube != "a":
            return await self._from_rows(cube, since, until, columns)
        rows: list[Row] = []
        for span, first, last in _spans(since, until, self.zone, by_hour=by_hour):
            if span == "h" and cube not in HOURLY:
                rows += await self._from_packs(cube, first, last, columns)
            else:
                found = await self._store.figure_cells(cube, span, first, last, columns)
                rows += await asyncio.to_thread(lambda some=found: [(*row[:5], cell_sums(row[5])) for row in some])  # type: ignore[misc]
        return rows

    async def _from_packs(self, cube: str, first: int, last: int, where: Mapping[str, str]) -> list[Row]:
        """Some hours of a cube that is kept by the day only."""
        packs = await self._store.figure_packs(quarter_of(first), quarter_of(last - 1))
        return await asyncio.to_thread(_unspread, packs.values(), cube, first, where)

    async def _from_rows(self, cube: str, since: int, until: int, where: Mapping[str, str]) -> list[Row]:
        """What one agent has by topic, queue or entry number: some thousand rows a month, each where it is."""
        rows = await self._store.figure_rows_of(where["agent"], since, until)
        rules, at = self._settler.rules(), self._settler.now()
        return await asyncio.to_thread(_of_rows, rows, rules, at, cube, where)

    # -- groups ------------------------------------------------------------------------------------------------------

    def _groups(
        self, wanted: Wanted, groups: Mapping[str | int, Sums], earlier: Mapping[str | int, Sums] | None,
        kinds: frozenset[Kind],
    ) -> list[Group]:  # fmt: skip
        period = PERIODS.get(wanted.by)
        if period is None:
            return _by_name(groups, earlier, kinds)
        ago: Sequence[Sums] = list(earlier.values()) if earlier is not None else []
        made = []
        for place, (start, sums) in enumerate(groups.items()):
            than = values(ago[place], kinds) if place < len(ago) else None
            made.append(Group(name_of(period, int(start), self.zone), values(sums, kinds), int(start), than))
        return made


def kinds_of(wanted: Wanted) -> frozenset[Kind]:
    """What has a meaning in the groups of a report."""
    of_topics = {
        "area": definitions.OF_MATTERS, "category": definitions.OF_MATTERS, "channel": definitions.OF_CHANNELS,
        "partner": definitions.OF_PARTNERS,
    }  # fmt: skip
    if wanted.by in of_topics:
        return of_topics[wanted.by]
    named = {wanted.by, *wanted.where}
    return definitions.OF_QUEUES if named & {"queue", "entry_number"} else definitions.ALL


def _kinds_of_total(wanted: Wanted) -> frozenset[Kind]:
    return definitions.OF_QUEUES if set(wanted.where) & {"queue", "entry_number"} else definitions.ALL


def _spans(since: int, until: int, zone: tzinfo, *, by_hour: bool) -> Iterable[tuple[Span, int, int]]:
    """Whole days within, and the hours before and after them."""
    first = day_start(since, zone)
    first = first if first == since else next_start("day", first, zone)
    last = day_start(until, zone)
    if by_hour or first >= last:
        yield "h", since, until
        return
    if since < first:
        yield "h", since, first
    yield "d", first, last
    if last < until:
        yield "h", last, until


def _grouped(rows: Iterable[Row], group: Callable[[Row], str | int]) -> dict[str | int, Sums]:
    groups: dict[str | int, Sums] = {}
    for row in rows:
        if row[-1]:
            add(groups.setdefault(group(row), {}), row[-1])
    return groups


def _unspread(packs: Iterable[bytes], cube: str, at: int, where: Mapping[str, str]) -> list[Row]:
    cells: Cells = {}
    for kept in packs:
        spread(unpacked(kept), cells, (cube,))
    return [
        (at, cell.queue, cell.agent, cell.entry, cell.topic, sums) for cell, sums in cells.items() if _is(cell, where)
    ]


def _of_rows(rows: Rows, rules: Rules, at: float, cube: str, where: Mapping[str, str]) -> list[Row]:
    packers: defaultdict[int, Packer] = defaultdict(lambda: Packer(rules, at))
    deal(rows, packers)
    found: list[Row] = []
    for quarter, packer in packers.items():
        start = quarter * QUARTER_S
        cells: Cells = {}
        spread(packer.pack(), cells, (cube,))
        found += [(start, *cell[1:], sums) for cell, sums in cells.items() if _is(cell, where)]
    return found


def _is(cell: Cell, where: Mapping[str, str]) -> bool:
    return all(getattr(cell, name) == value for name, value in where.items())


def _by_name(
    groups: Mapping[str | int, Sums], earlier: Mapping[str | int, Sums] | None, kinds: frozenset[Kind]
) -> list[Group]:
    """Groups with most of what they are made of first. One that has nothing any more is shown for comparison."""
    names = [name for name in {**groups, **(earlier or {})} if groups.get(name) or (earlier or {}).get(name)]
    made = [
        Group(
            str(name),
            values(groups.get(name, {}), kinds),
            before=values(earlier.get(name, {}), kinds) if earlier is not None else None,
        )
        for name in names
    ]
    return sorted(made, key=lambda one: (-_size(one), one.group))


def _size(one: Group) -> float:
    return next((float(one.values[name] or 0) for name in ("requests", "tickets", "transfers") if one.values[name]), 0)
