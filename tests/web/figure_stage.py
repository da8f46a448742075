"""The figures' side for pages, over a few calls of one day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.kpi.counting import Rules
from gateway.kpi.live import LiveFigures, LiveView
from gateway.kpi.ports import CallFilter
from gateway.kpi.reports import By, FigureReports, Report, Wanted
from gateway.kpi.settling import Settler
from gateway.model.ids import AgentId, CallId, QueueId
from gateway.model.records import CallRecord
from gateway.tickets.ports import NotFound
from tests.kpi.figure_stage import ROW, TICKET, Store

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 11, 21, tzinfo=ZONE).timestamp()
NUMBER = "13812345678"


def a_call(n: int, queue: str = "hotline") -> CallRecord:
    at = DAY + 3600 * n
    return CallRecord(
        CallId(str(n)), at, queue=QueueId(queue), agent=AgentId("8001"), queued_at=at, answered_at=at + 10,
        ended_at=at + 70, wait_s=10.0, talk_s=60.0, hold_s=0.0, outcome="answered", caller_number=NUMBER,
    )  # fmt: skip


class Book:
    """Implements ``gateway.web.figure_views.FigureBook``: ten calls, the names of one queue and of a formula.
    ``fails`` is raised by whoever asks for what the ledger has."""

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.store = Store()
        for n in range(10):
            row = ROW._replace(
                started_at=DAY + 3600 * n, queued_at=DAY + 3600 * n, answered_at=DAY + 3600 * n + 10,
                ended_at=DAY + 3600 * n + 70, wait_s=10.0, talk_s=60.0, agent="8001",
                queue="hotline" if n else "=cmd|1",
            )  # fmt: skip
            self.store.put(str(n), row)
            self.store.put(f"t{n}", TICKET._replace(received_at=DAY + 3600 * n, category="01"), "tickets")
        settler = Settler(self.store, ZONE, ZONE.key, Rules, lambda: DAY + 90_000)
        self.reports = FigureReports(self.store, settler, ZONE, patience_s=60.0)
        self.today = LiveFigures(ZONE)
        self.asked: list[CallFilter] = []

    async def report(self, wanted: Wanted) -> Report:
        self._ledger()
        return await self.reports.report(wanted)

    async def calls(self, asked: CallFilter) -> Sequence[CallRecord]:
        self._ledger()
        self.asked.append(asked)
        if asked.after == "nobody":
            raise NotFound("no call nobody")
        return [a_call(n) for n in range(5)][: asked.limit]

    def _ledger(self) -> None:
        if self.fails is not None:
            raise self.fails

    def live(self) -> LiveView:
        self.today.roll(DAY + 10)
        self.today.call(a_call(0))
        return self.today.view(DAY + 4_000)

    def names(self, by: By) -> Mapping[str, str]:
        return {"hotline": "综合受理"} if by == "queue" else {}
