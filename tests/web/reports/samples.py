"""A hotline's figures made up for reports: the same each time, with a bad hour, a queue under its line, a category that
rises and a partner that fails. ``Figures`` is the figures' side in memory; its values can be corrected.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime
from math import exp
from typing import Any
from zoneinfo import ZoneInfo

from gateway.kpi.definitions import DEFINITIONS
from gateway.kpi.live import LiveFigures, LiveView
from gateway.kpi.ports import CallFilter
from gateway.kpi.reports import Group, Report, Wanted
from gateway.model.records import CallRecord
from gateway.web.reports.content import Content, gather
from gateway.web.reports.periods import Kind, Period, period_of
from gateway.web.reports.source import By, Row, Table, Values

ZONE = ZoneInfo("Asia/Shanghai")
HOTLINE = "海南省12345政务服务便民热线"
DAY = date(2026, 11, 21)

_QUEUES = (
    ("hotline", "市民热线", 0.72, 0.975),
    ("market", "市场监管", 0.14, 0.982),
    ("labour", "人社", 0.1, 0.91),
    ("legal", "法律服务", 0.04, 0.99),
)
_ENTRIES = (("12345", "政务热线", 0.8, 0.972), ("12315", "市场监管", 0.12, 0.982), ("12333", "人社", 0.08, 0.93))
_CHANNELS = (("phone", 520), ("wechat", 61), ("web", 22), ("email", 9), ("sms", 4))
_CATEGORIES = (
    ("0301", "噪声扰民", 58, 21),
    ("0102", "市政设施", 44, 47),
    ("0205", "劳动纠纷", 31, 29),
    ("0401", "供水", 12, 4),
    ("", "", 9, 8),
)
_AREAS = (
    ("460106", "龙华区", 71, 66),
    ("460107", "琼山区", 40, 44),
    ("460108", "美兰区", 63, 30),
    ("460105", "秀英区", 28, 27),
)
_PARTNERS = (("110", "公安报警服务台", 34, 33), ("95598", "供电", 21, 13), ("12366", "税务", 9, 8))
_AGENTS = ("王小芳", "李强", "陈丽", "林海燕", "黄伟", "吴春花", "符晓东", "周敏", "郑国庆", "何静", "梁志远", "韩雪")


def calls(requests: float, rate: float, wait: float = 6.0) -> dict[str, float | None]:
    """The figures of calls: ``rate`` of them answered, most within 15 s."""
    answered = round(requests * rate)
    if not requests:
        return {"requests": 0, "answered": 0, "lost": 0, "connection_rate": None, "rate_15s": None}
    quick = round(answered * (0.97 if wait < 10 else 0.7))
    return {
        "requests": requests, "answered": answered, "lost": requests - answered,
        "connection_rate": answered / requests, "rate_15s": quick / requests,
        "rate_15s_answered": quick / answered if answered else None, "lost_queue": (requests - answered) // 2,
        "lost_ringing": requests - answered - (requests - answered) // 2, "short_abandoned": (requests - answered) // 3,
        "wait_mean": wait if answered else None, "wait_p95": 2.1 * wait if answered else None, "talk_mean": 171.4,
        "hold_mean": 8.2, "wrap_mean": 24.0, "handling_mean": 203.6, "occupancy": 0.683,
    }  # fmt: skip


def _summed(parts: list[Values], **more: float | None) -> dict[str, float | None]:
    requests = sum(one.get("requests") or 0 for one in parts)
    answered = sum(one.get("answered") or 0 for one in parts)
    waits = sum((one.get("wait_mean") or 0) * (one.get("answered") or 0) for one in parts)
    made = calls(requests, answered / requests if requests else 0, waits / answered if answered else 0)
    return {**made, "wait_p95": 14.0 if requests else None, **more}


@dataclass
class Figures:
    """``quiet``: nobody calls. ``more`` is added to the total's figures, as a correction would; ``fails`` is raised."""

    quiet: bool = False
    more: dict[str, float | None] = field(default_factory=dict)
    fails: Exception | None = None
    asked: int = 0

    async def table(self, by: By, since: float, until: float) -> Table:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        if self.quiet:
            return Table(by, {"requests": 0, "answered": 0, "lost": 0, "tickets": 0, "transfers": 0}, ())
        scale = (until - since) / 86_400
        hours = self._hours(since, until)
        made = _summed([row.values for row in hours])
        rest = {
            "tickets": round(616 * scale), "direct_rate": 0.714, "satisfied_rate": 0.943, "rated_rate": 0.41,
            "transfers": round(64 * scale), "transfers_completed": round(54 * scale),
            "first_response_in_time": 0.981, "sent_on_in_time": 0.966,
        }  # fmt: skip
        total = {**made, **rest, **self.more}
        return Table(
            by, total, self._rows(by, hours, scale, since < datetime(2026, 11, 20, 12, tzinfo=ZONE).timestamp())
        )

    def _hours(self, since: float, until: float) -> list[Row]:
        rows, at = [], since
        while at < until:
            local = datetime.fromtimestamp(at, ZONE)
            load, hour = 0.55 if local.weekday() > 4 else 1.0, local.hour
            requests = round(load * (30 + 260 * exp(-((hour - 10) ** 2) / 12) + 190 * exp(-((hour - 16) ** 2) / 8)))
            bad = local.hour == 10 and local.day == 21
            rows.append(Row(f"{local:%Y-%m-%dT%H}", "", calls(requests, 0.9 if bad else 0.975, 22 if bad else 5.5), at))
            at += 3600
        return rows

    def _rows(self, by: By, hours: list[Row], scale: float, earlier: bool) -> list[Row]:
        requests = sum(row.values["requests"] or 0 for row in hours)
        made = {
            "hour": lambda: hours,
            "day": lambda: _days(hours),
            "queue": lambda: [Row(one, name, calls(round(requests * part), rate)) for one, name, part, rate in _QUEUES],
            "entry_number": lambda: [
                Row(one, name, calls(round(requests * part), rate)) for one, name, part, rate in _ENTRIES
            ],
            "agent": lambda: [_agent(i, name, round(requests / 12)) for i, name in enumerate(_AGENTS)],
            "channel": lambda: [_channel(name, round(count * scale)) for name, count in _CHANNELS],
            "partner": lambda: [
                Row(n, name, {"transfers": round(a * scale), "transfers_completed": round(b * scale)})
                for n, name, a, b in _PARTNERS
            ],
        }
        if by in made:
            return made[by]()
        rows = _CATEGORIES if by == "category" else _AREAS
        return [Row(code, name, {"tickets": round((was if earlier else now) * scale)}) for code, name, now, was in rows]


def _days(hours: list[Row]) -> list[Row]:
    days: dict[str, list[Row]] = {}
    for row in hours:
        days.setdefault(row.group[:10], []).append(row)
    return [
        Row(day, "", _summed([one.values for one in rows], tickets=610), rows[0].since) for day, rows in days.items()
    ]


def _agent(i: int, name: str, requests: int) -> Row:
    return Row(
        str(8001 + i), name, {**calls(requests, 1.0), "talk_mean": 150 + 7 * i, "satisfied_rate": 0.97 - i / 100}
    )


def _channel(name: str, count: int) -> Row:
    written = name != "phone"
    values = {"first_response_in_time": 0.98 if written else None, "first_response_mean": 72.0 if written else None}
    return Row(name, name, {"tickets": count, **values})


async def content_of(
    kind: Kind = "day", day: date = DAY, figures: Figures | None = None, now: float | None = None
) -> Content:
    """The content of the period in which ``day`` lies, seen a day after its end or at ``now``."""
    period = period_of(kind, day, ZONE)
    return await gather(figures or Figures(), period, HOTLINE, now or period.until + 86_400)


def period(kind: Kind = "day", day: date = DAY) -> Period:
    return period_of(kind, day, ZONE)


class Book:
    """The figures' side for pages (``gateway.web.figure_views.FigureBook``), made of ``Figures``. ``fails`` is raised;
    ``gate`` holds answers back."""

    def __init__(self, figures: Figures | None = None) -> None:
        self.figures = figures or Figures()
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked: list[Wanted] = []
        self.drilled: list[CallFilter] = []
        self.behind: list[CallRecord] = []

    async def report(self, wanted: Wanted) -> Report:
        await self.gate.wait()
        self.asked.append(wanted)
        by = "day" if wanted.by in ("week", "month") else wanted.by
        table = await self.figures.table(by, wanted.since, wanted.until)
        groups = [
            Group(one.group, whole(one.values), None if one.since is None else int(one.since)) for one in table.rows
        ]
        since, until = int(wanted.since), int(wanted.until)
        return Report(since, until, wanted.by, whole(table.total), groups, wanted.until, 0)

    async def calls(self, asked: CallFilter) -> list[CallRecord]:
        self.drilled.append(asked)
        return self.behind[: asked.limit]

    def names(self, by: str) -> dict[str, str]:
        rows = {
            "queue": _QUEUES,
            "entry_number": _ENTRIES,
            "partner": _PARTNERS,
            "category": _CATEGORIES,
            "area": _AREAS,
        }
        if by == "agent":
            return {str(8001 + i): name for i, name in enumerate(_AGENTS)}
        return {str(row[0]): str(row[1]) for row in rows.get(by, ())}

    def live(self) -> LiveView:
        """Today before the first call: these figures are of days that are over."""
        return LiveFigures(ZONE).view(datetime.combine(DAY, datetime.min.time(), ZONE).timestamp())


def whole(values: Values) -> dict[str, Any]:
    """With every figure that is defined."""
    return {one.id: values.get(one.id) for one in DEFINITIONS}
