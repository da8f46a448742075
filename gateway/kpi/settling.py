"""Settling: what has changed in the ledger is counted again, quarter by quarter, until packs and cells are right.

The ledger marks each quarter of an hour of which a row was written (by triggers: late rows, corrections and repairs by
hand too). A marked quarter is read from the rows and packed anew; what it adds now less what it added before goes into
its hour's and its day's cells; all of it and the end of the marks is one transaction. That fails when somebody else has
kept anything since we began (``version``), and is then done again: so two gateways never add the same twice. A mark
that comes meanwhile stays. So figures are right after a restart as well, and nothing has to be told to them.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from datetime import tzinfo
from itertools import pairwise

import orjson
import structlog

from gateway.kpi.calendar import QUARTER_S, day_start, hour_start, quarter_of
from gateway.kpi.counting import Rules
from gateway.kpi.packs import CUBES, HOURLY, Cell, Cells, Pack, Packer, difference, packed, spread, unpacked
from gateway.kpi.ports import Counted, FigureStore, Mark, Rows, Span
from gateway.kpi.sums import Sums, add, flat, of_flat

_log = structlog.get_logger(__name__)

_TOGETHER = 16
"""Quarters that are counted in one go: four hours, a few thousand rows."""
_TRIES = 5
_MARKS = 5_000
EVERY_S = 15.0
_CALM, _CALM_S, _REST = 200.0, 60.0, 20.0
"""How often the time that it worked settling rests, as long as that is so many seconds at most; and always. See
``rest_s``."""
_PAUSE, _LONGEST_PAUSE_S = 3.0, 0.1
"""So many times longer than a part of the rows took, settling that nobody waits for lets others work; at most so many
seconds, for who asks meanwhile waits until they are over."""
_LONGEST_S = 60.0
VERSION = 1
"""Raised when counting itself has changed, so that everything is counted anew."""


def cell_text(sums: Sums) -> str:
    """Sums as they are kept in a cell."""
    return orjson.dumps(flat(sums)).decode()


def cell_sums(text: str) -> Sums:
    return of_flat(orjson.loads(text))


def rest_s(took_s: float) -> float:
    """Seconds that settling rests after it has worked so long. A quarter is counted whole, so a busy hall's takes more
    towards its end: it gets a two-hundredth of a core as long as that keeps figures within a minute, and a twentieth in
    a flood or when much is counted anew. Who asks for a report does not wait for this."""
    return max(EVERY_S, min(_CALM * took_s, _CALM_S), _REST * took_s)


def fingerprint(rules: Rules, zone: str) -> str:
    """By what the figures were counted: other rules, another zone or another way of counting begin anew."""
    return orjson.dumps({"version": VERSION, "zone": zone, **asdict(rules)}, option=orjson.OPT_SORT_KEYS).decode()


@dataclass(slots=True)
class Settler:
    """Keeps the figures of one ledger right. ``zone`` is the hall's, named ``zone_name``; ``rules`` are read at each
    settling; ``now`` is epoch time."""

    store: FigureStore
    zone: tzinfo
    zone_name: str
    rules: Callable[[], Rules]
    now: Callable[[], float]
    as_of: float = 0.0
    """When everything was settled last."""
    counted: int = 0
    collisions: int = 0
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    _asked: int = 0
    """How many wait for figures."""
    _paused_s: float = 0.0
    """Of the settling that goes on: pauses are no work."""

    async def run(self, then: Callable[[], Awaitable[None]]) -> None:
        """Settle for ever, and do something with it each time. A ledger that is away is asked again later."""
        failing = False
        while True:
            began, self._paused_s = time.monotonic(), 0.0
            try:
                await self.settle(limit_s=_LONGEST_S, calm=True)
                await then()
                failing = False
            except OSError as error:  # the ledger is away, or another writer is always first
                if not failing:
                    _log.warning("figures.not_settled", error=str(error))
                failing = True
            await asyncio.sleep(rest_s(time.monotonic() - began - self._paused_s))

    async def settle(
        self, since: float | None = None, until: float | None = None, limit_s: float = _LONGEST_S, *, calm: bool = False
    ) -> int:
        """Settle what is marked, the latest first, of all time or of [since, until), for at most ``limit_s``. Returns
        how many quarters are left. ``calm``: others come first, as long as nobody asks for figures."""
        first = None if since is None else quarter_of(since)
        last = None if until is None else quarter_of(until - 1) + 1
        ends = time.monotonic() + limit_s
        async with self._busy:
            await self._begin()
        while True:
            at = self.now()
            marked, all_of_them = await self._marked(at, first, last)
            groups = list(_together(marked, self.zone))
            for done, quarters in enumerate(groups):
                if time.monotonic() > ends:
                    return sum(map(len, groups[done:]))
                async with self._busy:  # one after another here; who asks for a report gets a turn in between
                    await self._count(quarters, marked, calm=calm)
            if all_of_them:  # what has come meanwhile is for the next time: a busy hall is never done
                self.as_of = at if since is None else self.as_of
                return 0

    async def fresh(self, since: float, until: float, within_s: float, limit_s: float) -> tuple[float, int]:
        """As ``settle``, unless all was settled within the last ``within_s``: as of when the figures are, and how many
        quarters are left."""
        if self.now() - self.as_of <= within_s:
            return self.as_of, 0
        at = self.now()
        self._asked += 1
        try:
            if await self.settle(limit_s=limit_s) == 0:
                return at, 0
            return at, await self.settle(since, until, limit_s)
        finally:
            self._asked -= 1

    async def _begin(self) -> None:
        wanted = fingerprint(self.rules(), self.zone_name)
        _, rules = await self.store.figure_version()
        if rules != wanted:
            tell = _log.info if rules else _log.debug  # the first time there is nothing that was counted otherwise
            tell("figures.counted_anew", because="other rules" if rules else "first time")
            await self.store.reset_figures(wanted)

    async def _marked(self, at: float, first: int | None, last: int | None) -> tuple[dict[int, list[Mark]], bool]:
        """Quarters to count, with their marks; False when there are more."""
        marked: dict[int, list[Mark]] = {}
        marks = await self.store.figure_marks(first, last, _MARKS)
        for mark in marks:
            marked.setdefault(mark[0], []).append(mark)
        for quarter in await self.store.figures_due(at):
            if (first is None or quarter >= first) and (last is None or quarter < last):
                marked.setdefault(quarter, [])
        return marked, len(marks) < _MARKS

    async def _count(self, quarters: Sequence[int], marked: Mapping[int, list[Mark]], *, calm: bool) -> None:
        """Count quarters of one day of the hall. Raises OSError when others keep being first."""
        for _ in range(_TRIES):
            version, _rules = await self.store.figure_version()
            counted = await self._counted(quarters, [mark for one in quarters for mark in marked[one]], calm=calm)
            if await self.store.keep_figures(version, counted):
                self.counted += len(quarters)
                return
            self.collisions += 1
        raise OSError("the figures are being counted by others all the time")

    async def _counted(self, quarters: Sequence[int], marks: Sequence[Mark], *, calm: bool = False) -> Counted:
        old = await self.store.figure_packs(quarters[0], quarters[-1])
        packs = await pack_all(self.store, quarters, self.rules(), self.now(), self._pause if calm else None)
        cells, kept = await asyncio.to_thread(self._changes, old, packs)
        whole: dict[tuple[Span, int], Mapping[Cell, str]] = {}
        for (span, start), more in cells.items():
            present = await self.store.figure_cells_at(span, start)
            whole[span, start] = await asyncio.to_thread(_added, present, more)
        return Counted(kept, whole, marks)

    def _pause(self, took_s: float) -> float:
        """Seconds to let others work after a part that took so long: none while somebody waits for figures."""
        pause_s = 0.0 if self._asked else min(_PAUSE * took_s, _LONGEST_PAUSE_S)
        self._paused_s += pause_s
        return pause_s

    def _changes(
        self, old: Mapping[int, bytes], packs: Mapping[int, tuple[Pack, float | None]]
    ) -> tuple[dict[tuple[Span, int], Cells], dict[int, tuple[bytes, float | None]]]:
        """By how much cells change, and the packs as they are kept."""
        cells: dict[tuple[Span, int], Cells] = {}
        for quarter, (pack, _) in packs.items():
            more = difference(unpacked(old.get(quarter)), pack)
            if more:
                start = quarter * QUARTER_S
                spread(more, cells.setdefault(("h", hour_start(start, self.zone)), {}), HOURLY)
                spread(more, cells.setdefault(("d", day_start(start, self.zone)), {}), CUBES)
        return cells, {quarter: (packed(pack), due) for quarter, (pack, due) in packs.items()}


def _together(quarters: Iterable[int], zone: tzinfo) -> Iterable[list[int]]:
    """Quarters of one day, at most so many, in their sequence; the latest first."""
    group: list[int] = []
    day = None
    for quarter in sorted(quarters, reverse=True):
        its = day_start(quarter * QUARTER_S, zone)
        if group and (its != day or len(group) == _TOGETHER):
            yield group[::-1]
            group = []
        day = its
        group.append(quarter)
    if group:
        yield group[::-1]


def _runs(quarters: Sequence[int]) -> Iterable[tuple[int, int]]:
    """First and last of each run of quarters without a gap."""
    first = quarters[0]
    for one, following in pairwise(quarters):
        if following != one + 1:
            yield first, one
            first = following
    yield first, quarters[-1]


async def pack_all(
    store: FigureStore,
    quarters: Sequence[int],
    rules: Rules,
    at: float,
    pause: Callable[[float], float] | None = None,
) -> dict[int, tuple[Pack, float | None]]:
    """A pack for each quarter, empty where it has no rows any more, and when it changes by itself. ``pause`` says how
    many seconds to wait after a part that took so many.

    Rows are counted as they are read, in the loop's own thread, which has its turn after each few hundred. Another
    thread takes the interpreter from it just as long, and more for each time it changes hands: 20,000 tickets on SQLite
    cost 0.10 s of CPU in pieces of 3 ms at most; read and counted in threads 0.54 s, and the loop stood for 0.43 s.
    Without a pause they still took half of the loop from a flood of submissions: p99 70 to 110 ms, with one 31 to 52.
    """
    packers = defaultdict(lambda: Packer(rules, at), {quarter: Packer(rules, at) for quarter in quarters})
    for first, last in _runs(quarters):
        async with aclosing(store.figure_rows(first, last)) as parts:
            began = time.monotonic()
            async for rows in parts:
                deal(rows, packers)
                await asyncio.sleep(0.0 if pause is None else pause(time.monotonic() - began))
                began = time.monotonic()
    return {quarter: (packer.pack(), packer.changes) for quarter, packer in packers.items()}


def deal(rows: Rows, packers: defaultdict[int, Packer]) -> None:
    """Give each row to the packer of its quarter."""
    for call in rows.calls:
        packers[quarter_of(call.started_at)].call(call)
    for ticket in rows.tickets:
        packers[quarter_of(ticket.received_at)].ticket(ticket)
    for transfer in rows.transfers:
        packers[quarter_of(transfer.started_at)].transfer(transfer)
    for time_row in rows.times:
        packers[time_row.quarter].time(time_row)


def _added(present: Mapping[Cell, str], more: Cells) -> dict[Cell, str]:
    """The cells that change, as they are afterwards."""
    changed: dict[Cell, str] = {}
    for cell, sums in more.items():
        if sums:
            whole = cell_sums(present[cell]) if cell in present else {}
            add(whole, sums)
            changed[cell] = cell_text(whole)
    return changed
