"""The shapes of figures for pages and followers, and what pages need of the figures' side (``gateway.figuring``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import BaseModel, Field

from gateway.kpi.definitions import DEFINITIONS
from gateway.kpi.live import LiveView
from gateway.kpi.ports import CallFilter
from gateway.kpi.reports import By, Report, Wanted
from gateway.model.records import CallRecord

Figures = dict[str, int | float | None]
"""By the ids of /api/v1/figures/definitions; None where there is nothing to compute, or no meaning."""


class FigureBook(Protocol):
    """The figures. Reading raises OSError when the ledger is away."""

    async def report(self, wanted: Wanted) -> Report: ...

    async def calls(self, asked: CallFilter) -> Sequence[CallRecord]: ...

    def live(self) -> LiveView: ...

    def names(self, by: By) -> Mapping[str, str]:
        """Names of groups; one that has none is not in it."""


class DefinitionView(BaseModel):
    id: str
    name: str
    name_en: str
    unit: str = Field(description="count, share (0 to 1), s (seconds) or score")
    formula: str
    formula_en: str
    source: str
    group: str = Field(description="answering, lost, waiting, handling, agents, tickets, transfers or traffic")
    better: str = Field(description="up, down or nothing")


class DefinitionList(BaseModel):
    figures: list[DefinitionView]


class GroupView(BaseModel):
    """One group; ``since`` is where a period of it begins (epoch seconds), ``before`` the same a period earlier."""

    group: str
    name: str
    since: int | None = None
    values: Figures
    before: Figures | None = None


class ReportView(BaseModel):
    """Figures from ``since`` to ``until`` (whole hours of ``zone``), as they were at ``as_of``.

    ``left`` is how many quarters of an hour of that time are still to be counted: only in the first minutes after an
    upgrade. ``before`` and ``compared`` are there when a comparison was asked for.
    """

    since: int
    until: int
    by: str
    zone: str
    total: Figures
    before: Figures | None = None
    groups: list[GroupView]
    as_of: float
    left: int
    compared: list[int] | None = Field(default=None, description="since and until of the period before")


class HourView(BaseModel):
    since: int
    name: str
    requests: int
    answered: int
    lost: int
    connection_rate: float | None
    rate_15s: float | None
    rate_15s_answered: float | None
    wait_mean: float | None
    tickets: int


class LiveFiguresView(BaseModel):
    """Today's figures since midnight of the hall. Those of calls are of this moment, the rest of some seconds ago.

    ``by_hour`` has each hour of the day, those to come empty (23 or 25 of them where the clock is set); ``rate_24h``
    is the connection rate of the last 24 h, moving on by the quarter of an hour.
    """

    at: float
    since: int
    figures: Figures
    queues: dict[str, Figures]
    channels: dict[str, Figures]
    by_hour: list[HourView]
    rate_24h: float | None
    rate_15s_24h: float | None


def definition_list() -> DefinitionList:
    shown = DefinitionView.model_fields
    return DefinitionList(
        figures=[DefinitionView(**{name: getattr(one, name) for name in shown}) for one in DEFINITIONS]
    )


def report_view(report: Report, names: Mapping[str, str], zone: str) -> ReportView:
    groups = [
        GroupView(
            group=one.group, name=names.get(one.group, one.group), since=one.since, values=one.values, before=one.before
        )
        for one in report.groups
    ]  # fmt: skip
    return ReportView(
        since=report.since, until=report.until, by=report.by, zone=zone, total=report.total, before=report.before,
        groups=groups, as_of=report.as_of, left=report.left,
        compared=None if report.compared is None else list(report.compared),
    )  # fmt: skip


def live_view(view: LiveView) -> LiveFiguresView:
    return LiveFiguresView(
        at=view.at, since=view.since, figures=view.figures, queues=view.queues, channels=view.channels,
        by_hour=[HourView.model_validate(one) for one in view.by_hour], rate_24h=view.rate_24h,
        rate_15s_24h=view.rate_15s_24h,
    )  # fmt: skip
