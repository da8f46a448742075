"""Counting days anew from the ledger's rows, for who does not trust what is kept: what differed, and putting it right.

Settling (settling.py) counts what a trigger has marked and adds differences to the cells. Here nothing is believed: the
packs of a whole day are made from its rows, its cells from these packs, and what is kept otherwise is told and
replaced. A row that is written meanwhile is marked, and settled afterwards as always; a pack that waits for that is not
called wrong. Another gateway that keeps something in between makes us count again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.kpi.calendar import QUARTER_S, buckets, day_start, hour_start, next_start, quarter_of
from gateway.kpi.packs import CUBES, HOURLY, Cell, Cells, Pack, difference, packed, spread, unpacked
from gateway.kpi.ports import Counted, Mark, Span
from gateway.kpi.settling import Settler, cell_sums, cell_text, fingerprint, pack_all
from gateway.kpi.sums import FIELDS, Sums, add

_TRIES = 20
_MARKS = 10_000
_FOR_EVER_S = 1e9

Kept = dict[tuple[Span, int], Mapping[Cell, str]]


class OtherRules(Exception):
    """The figures were counted by other rules than those of the configuration: the gateway counts them anew itself."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was found of the day that begins at ``start`` (epoch seconds): how many quarters of an hour and cells were
    kept otherwise than the rows say, and what the rows add to the day's sums (gateway.kpi.sums.FIELDS; milliseconds for
    times). ``cells`` counts those that were not even the sum of their quarters."""

    start: int
    quarters: int = 0
    cells: int = 0
    by: Mapping[str, int] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        return not (self.quarters or self.cells)


async def recount(settler: Settler, since: float, until: float, *, keep: bool) -> AsyncIterator[Day]:
    """Each day of the hall that has a part in [since, until), counted anew; put right if ``keep``. Raises OtherRules,
    and OSError when the ledger is away or others are always first."""
    await _check_rules(settler)
    first, last = day_start(since, settler.zone), until
    await settler.settle(first, next_start("day", day_start(last - 1, settler.zone), settler.zone), _FOR_EVER_S)
    for start in buckets("day", first, last, settler.zone):
        yield await _day(settler, start, keep)


async def _check_rules(settler: Settler) -> None:
    _, rules = await settler.store.figure_version()
    if rules and rules != fingerprint(settler.rules(), settler.zone_name):
        raise OtherRules("the figures were counted by other rules than the configuration's, or in another zone")


async def _day(settler: Settler, start: int, keep: bool) -> Day:
    store, zone = settler.store, settler.zone
    first, last = quarter_of(start), quarter_of(next_start("day", start, zone) - 1)
    for _ in range(_TRIES):
        version, _rules = await store.figure_version()
        marks = await store.figure_marks(first, last + 1, _MARKS)
        old = await store.figure_packs(first, last)
        packs = await pack_all(store, range(first, last + 1), settler.rules(), settler.now())
        present = {at: await store.figure_cells_at(*at) for at in _spans(settler, start)}
        found = await asyncio.to_thread(_compared, settler, start, old, {q: one for q, (one, _) in packs.items()},
                                        present, marks)  # fmt: skip
        if not keep or (found.day.right and not found.changed):
            return found.day
        kept = {quarter: (packed(pack), due) for quarter, (pack, due) in packs.items() if pack or quarter in old}
        if await store.keep_figures(version, Counted(kept, found.changed, marks)):
            return found.day
    raise OSError("the figures are being counted by others all the time")


def _spans(settler: Settler, start: int) -> list[tuple[Span, int]]:
    end = next_start("day", start, settler.zone)
    return [("d", start), *(("h", hour) for hour in buckets("hour", start, end, settler.zone))]


@dataclass(frozen=True, slots=True)
class _Found:
    """``changed`` are the cells that are to be kept otherwise."""

    day: Day
    changed: Kept


def _compared(
    settler: Settler, start: int, old: Mapping[int, bytes], packs: Mapping[int, Pack], present: Kept,
    marks: Sequence[Mark],
) -> _Found:  # fmt: skip
    waiting = {quarter for quarter, _ in marks}
    before = {quarter: unpacked(data) for quarter, data in old.items()}
    differ = {q: more for q in packs if q not in waiting and (more := difference(before.get(q, {}), packs[q]))}
    by: Sums = {}
    for more in differ.values():
        for sums in more.values():
            add(by, sums)
    told = {FIELDS[place]: value for place, value in sorted(by.items()) if place < len(FIELDS)}
    cells = sum(len(some) for some in _wrong(present, _cells(settler, start, before)).values())
    return _Found(Day(start, len(differ), cells, told), _wrong(present, _cells(settler, start, packs)))


def _cells(settler: Settler, start: int, packs: Mapping[int, Pack]) -> dict[tuple[Span, int], Cells]:
    """What a day's cells are by its packs."""
    cells: dict[tuple[Span, int], Cells] = {}
    for quarter, pack in packs.items():
        spread(pack, cells.setdefault(("h", hour_start(quarter * QUARTER_S, settler.zone)), {}), HOURLY)
        spread(pack, cells.setdefault(("d", start), {}), CUBES)
    return cells


def _wrong(present: Kept, right: Mapping[tuple[Span, int], Cells]) -> Kept:
    """Cells that are kept otherwise, as they should be; one that should not be is kept with nothing in it."""
    found: Kept = {}
    for at, kept in present.items():
        should = right.get(at, {})
        wrong = {cell: cell_text(sums) for cell, sums in should.items() if _of(kept.get(cell)) != sums}
        wrong |= {cell: cell_text({}) for cell, text in kept.items() if cell not in should and cell_sums(text)}
        if wrong:
            found[at] = wrong
    return found


def _of(text: str | None) -> Sums:
    return {} if text is None else cell_sums(text)
