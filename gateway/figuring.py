"""The figures' side: settles what has changed, keeps today's figures live and agents' time, and names the groups.

Composed by ``gateway.lead``. The hall tells when a seat has moved, and never waits; agents' time is told to the ledger
once a minute, and after a restart the time in between counts as what the seats were doing and still do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from gateway.figures import Figure
from gateway.kpi.calendar import day_start, next_start
from gateway.kpi.counting import Rules
from gateway.kpi.live import LiveFigures, LiveView, quarter_range
from gateway.kpi.packs import Cell, Key, unpacked
from gateway.kpi.ports import CallFilter
from gateway.kpi.reports import By, FigureReports, Report, Wanted
from gateway.kpi.settling import Settler, cell_sums
from gateway.kpi.sums import Sums, total
from gateway.kpi.times import AgentTimes, doing_of
from gateway.ledger.store import SqlLedger
from gateway.model.facts import Fact, Snapshot
from gateway.model.records import CallChange, CallRecord
from gateway.seats.hall import Hall
from gateway.seats.map import Seat
from gateway.settings import Settings
from gateway.web.reports.source import By as ReportBy
from gateway.web.reports.source import Row, Table

_log = structlog.get_logger(__name__)

TIMES = "figures.times"
"""Among the ledger's states: up to when agents' time was told, and what they did then."""
_TELL_S = 60.0
_LONGEST_GAP_S = 8 * 3600.0
_RECENT_S = 2 * 3600.0
_PAGE = 500

CHANNEL_NAMES: Mapping[str, str] = {
    "phone": "电话", "wechat": "微信", "wecom": "企业微信", "sms": "短信", "email": "邮件", "web": "网站", "app": "APP",
    "weibo": "微博", "partner": "联动单位", "open311": "Open311",
}  # fmt: skip


class Figuring:
    """``settings`` is the configuration in force; ``now`` epoch time."""

    HEARS = (Snapshot,)

    def __init__(
        self, settings: Callable[[], Settings], ledger: SqlLedger, hall: Hall, now: Callable[[], float] = time.time
    ) -> None:
        self._settings, self._ledger, self._hall, self._now = settings, ledger, hall, now
        zone = settings().zone
        self.zone = ZoneInfo(zone)
        self.settler = Settler(ledger, self.zone, zone, self._rules, now)
        self.reports = FigureReports(ledger, self.settler, self.zone)
        self.today = LiveFigures(self.zone)
        self.times = AgentTimes()
        self._gap: tuple[float, Mapping[str, Sequence[str]]] | None = None
        self._seen = False
        hall.on_seat.append(self._moved)

    def _rules(self) -> Rules:
        return counting_rules(self._settings())

    # -- what happens ------------------------------------------------------------------------------------------------

    def on_changes(self, changes: Sequence[CallChange]) -> None:
        """Calls have changed."""
        for change in changes:
            self.today.call(change.call)

    def on_fact(self, fact: Fact) -> None:
        """Look at all seats when there is a new picture of the hall."""
        if isinstance(fact, Snapshot):
            self._look_at_all(fact.at)

    def _moved(self, seat: Seat, at: float) -> None:
        """A seat's state has moved: its agent does something else, or another sits there."""
        if self._seen:
            self._look(seat, at)

    def _look(self, seat: Seat, at: float) -> None:
        self.times.see(seat.config.id, seat.agent, doing_of(seat.presence, seat.activity), at)

    def _look_at_all(self, at: float) -> None:
        if not self._seen:
            self._seen = True
            self._fill_gap(at)
        for seat in self._hall.seats.by_id.values():
            self._look(seat, at)

    def _fill_gap(self, at: float) -> None:
        """While we were away, who is still where they were went on with what their presence says: with the talk if it
        is the same talk. Who is not was gone, for all we know."""
        if self._gap is None or at - self._gap[0] > _LONGEST_GAP_S:
            return
        since, seats = self._gap
        for seat in self._hall.seats.by_id.values():
            was = seats.get(seat.config.id)
            if was is None or was[0] != seat.agent or seat.presence == "signed_out" or seat.presence_since > since:
                continue
            doing = doing_of(seat.presence, seat.activity if seat.since <= since else "idle")
            if doing is not None:
                self.times.fill(seat.agent, doing, since, at)

    # -- work --------------------------------------------------------------------------------------------------------

    async def resume(self) -> None:
        """Begin today's figures with what the ledger has."""
        kept = await self._ledger.state(TIMES)
        if kept is not None:
            self._gap = (float(kept["at"]), kept["seats"])
        await self._begin_today()

    async def _begin_today(self) -> None:
        at = self._now()
        await self.settler.settle(at - 86_400.0, at + 1.0)
        since = day_start(at, self.zone)
        cells: dict[int, dict[Cell, Sums]] = {}
        for cube in ("", "q"):
            for start, queue, *_, data in await self._ledger.figure_cells(cube, "h", since, int(at) + 1, {}):
                cells.setdefault(start, {})[Cell(cube, queue)] = cell_sums(data)
        first, last = quarter_range(at)
        packs = await self._ledger.figure_packs(first, last)
        quarters = {quarter: _of_calls(unpacked(data)) for quarter, data in packs.items()}
        self.today.begin(at, cells, quarters, await self._recent(at))
        await self._take_rest()

    async def _recent(self, at: float) -> list[CallRecord]:
        found: list[CallRecord] = []
        page = await self._ledger.calls(since=at - _RECENT_S, limit=_PAGE)
        while page:
            found += page
            page = await self._ledger.calls(since=at - _RECENT_S, after=page[-1].call_id, limit=_PAGE)
        return [*(await self._ledger.open_calls()), *found][::-1]

    async def _take_rest(self) -> None:
        """Today's tickets, transfers and agents' time, as they are settled."""
        since = day_start(self._now(), self.zone)
        until = next_start("day", since, self.zone)
        read = self._ledger.figure_cells
        hours = {row[0]: cell_sums(row[-1]) for row in await read("", "h", since, until, {})}
        queues: dict[str, list[Sums]] = {}
        for row in await read("q", "h", since, until, {}):
            queues.setdefault(row[1], []).append(cell_sums(row[-1]))
        channels = {row[4]: cell_sums(row[-1]) for row in await read("H", "d", since, until, {})}
        by_queue = {queue: total(sums) for queue, sums in queues.items()}
        self.today.rest({**channels, "": total(hours.values())}, hours, by_queue)

    async def _tell_times(self) -> None:
        """Tell the ledger of agents' time once a minute."""
        while True:
            await asyncio.sleep(_TELL_S)
            await self.tell_times()

    async def tell_times(self) -> None:
        """Write agents' time up to now. What cannot be written is written with the next."""
        if not self._seen or self._hall.link != "up":
            return
        at = self._now()
        self._look_at_all(at)  # a changed plan has seats that have not moved yet
        rows = self.times.take(at)
        seats = {seat: list(one) for seat, one in self.times.now().items()}

        try:
            await self._ledger.add_agent_times(rows, TIMES, {"at": at, "seats": seats})
        except OSError as error:
            self.times.give_back(rows)
            _log.warning("figures.times_not_told", error=str(error))

    # -- what is asked -----------------------------------------------------------------------------------------------

    async def report(self, wanted: Wanted) -> Report:
        return await self.reports.report(wanted)

    async def table(self, by: ReportBy, since: float, until: float) -> Table:
        """As the printed reports ask for it (``gateway.web.reports.source``)."""
        report, names = await self.report(Wanted(by, since, until)), self.names(by)
        rows = [Row(one.group, names.get(one.group, one.group), one.values, one.since) for one in report.groups]
        return Table(by, report.total, rows, report.left)

    async def calls(self, asked: CallFilter) -> Sequence[CallRecord]:
        return await self._ledger.figure_calls(asked)

    def live(self) -> LiveView:
        return self.today.view(self._now())

    def names(self, by: By) -> Mapping[str, str]:
        """Names of groups as people call them; what has none is called by its key."""
        settings = self._settings()
        if by == "queue":
            return {queue.id: queue.name for queue in settings.queues}
        if by == "agent":
            return dict(self._hall.names)
        if by == "entry_number":
            return {entry.number: entry.name for entry in settings.entries}
        if by == "partner":
            return {partner.number: partner.name for partner in settings.partners}
        if by in ("category", "area"):
            matters = settings.categories.category if by == "category" else settings.intake.area
            return {one.code: one.name for one in matters}
        return CHANNEL_NAMES if by == "channel" else {}

    def works(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        return [("figures", self.settler.run(self._take_rest)), ("agent-times", self._tell_times())]

    def figures(self) -> list[Figure]:
        settler = self.settler
        return [
            Figure("figures_counted", "Quarters of an hour counted anew", lambda: settler.counted, rises=True),
            Figure("figures_collisions", "Countings that another gateway was ahead of", lambda: settler.collisions,
                   rises=True),
            Figure("figures_as_of", "When all figures were settled last, epoch seconds", lambda: settler.as_of),
        ]  # fmt: skip


def counting_rules(settings: Settings) -> Rules:
    """What the configuration says of counting: when a ticket is sent on in time, and a message answered."""
    written = settings.intake.written
    within = {one.channel: float(one.seconds) for one in written.within}
    return Rules(settings.categories.send_minutes * 60.0, float(written.within_s), within)


def _of_calls(pack: Mapping[Key, Sums]) -> Sums:
    return total(sums for key, sums in pack.items() if key.kind == "c")
