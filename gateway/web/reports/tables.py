"""The tables of a report: which figures stand beside which groups, under which heads. One list for page, PDF and
workbook, so that none can have what another lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.kpi.definitions import Unit
from gateway.web.reports.content import Content
from gateway.web.reports.numbers import shown, unit_of
from gateway.web.reports.source import By, Row
from gateway.web.reports.unusual import label

WORDS = {
    "requests": "请求", "answered": "接通", "connection_rate": "接通率", "rate_15s": "15 秒接通率",
    "rate_15s_answered": "15 秒接通率（按接通）", "lost": "呼损", "short_abandoned": "5 秒内挂机",
    "wait_mean": "平均等待", "wait_p95": "等待 95 分位", "wait_mean_all": "全部平均等待",
    "wait_p95_all": "全部等待 95 分位",
    "talk_mean": "平均通话", "hold_mean": "平均保持", "wrap_mean": "平均话后", "handling_mean": "平均处理",
    "occupancy": "占用率", "utilisation": "利用率", "tickets": "工单", "direct_rate": "直接解答率",
    "satisfied_rate": "满意率", "rated_rate": "参评率", "transfers": "转接", "transfers_completed": "转接成功",
    "first_response_mean": "首次响应", "first_response_in_time": "首次响应及时率", "sent_on_in_time": "按时转办率",
}  # fmt: skip
"""The figures' names as a report's tables say them."""

_CALLS = ("requests", "answered", "connection_rate", "rate_15s", "lost", "wait_mean", "wait_p95", "handling_mean")
_COURSE = ("requests", "answered", "connection_rate", "rate_15s", "lost", "wait_mean", "tickets")
_PLAN: tuple[tuple[By, str, str, tuple[str, ...], str], ...] = (
    ("queue", "按队列", "队列", _CALLS, "requests"),
    ("entry_number", "按接入号码", "号码", _CALLS, "requests"),
    ("channel", "按渠道", "渠道",
     ("tickets", "requests", "connection_rate", "first_response_mean", "first_response_in_time"), "tickets"),
    ("partner", "按转接单位", "单位", ("transfers", "transfers_completed"), "transfers"),
    ("category", "按事项类别", "类别", ("tickets", "before"), "tickets"),
    ("area", "按区域", "区域", ("tickets", "before"), "tickets"),
    ("agent", "按热线员", "热线员",
     ("answered", "talk_mean", "hold_mean", "wrap_mean", "handling_mean", "occupancy", "satisfied_rate"), "answered"),
)  # fmt: skip
CHANNELS = {
    "phone": "电话", "wechat": "微信", "sms": "短信", "email": "邮件", "web": "网页", "app": "客户端", "weibo": "微博",
    "partner": "联动单位", "open311": "Open311",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """``value`` as it is, for a workbook; ``text`` as a page writes it."""

    value: float | str | None
    unit: Unit = "count"

    @property
    def text(self) -> str:
        return self.value if isinstance(self.value, str) else shown(self.value, self.unit)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table; the first column is the group's name, ``short`` so many rows are enough on a page (None: all)."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    short: int | None = None


def sheets(content: Content) -> list[Sheet]:
    """All tables in the order of the page; those without a row are left out."""
    return [sheet for sheet in _all(content) if sheet.rows]


def _all(content: Content) -> Iterator[Sheet]:
    name = "时段" if content.course.by == "hour" else "日期"
    yield Sheet(
        f"按{name}",
        [name, *(WORDS[one] for one in _COURSE)],
        [[Cell(label(row, content)), *_cells(row, _COURSE)] for row in content.course.rows if _has(row, _COURSE)],
    )
    for by, title, head, columns, first in _PLAN:
        rows = [row for row in content.tables[by].rows if _has(row, columns)]
        rows.sort(key=lambda row, first=first: -(row.values.get(first) or 0))  # type: ignore[misc]
        heads = [head, *("前期" if one == "before" else WORDS[one] for one in columns)]
        if "before" in columns:
            yield Sheet(title, heads, list(_compared(content, by, rows)), 12)
        else:
            yield Sheet(title, heads, [[Cell(_name(by, row)), *_cells(row, columns)] for row in rows], 20)


def _has(row: Row, columns: Sequence[str]) -> bool:
    return any(row.values.get(one) for one in columns)


def _cells(row: Row, columns: Sequence[str]) -> list[Cell]:
    return [Cell(row.values.get(one), unit_of(one)) for one in columns]


def _compared(content: Content, by: By, rows: Sequence[Row]) -> Iterator[list[Cell]]:
    table = content.tables_before.get(by)
    earlier = {row.group: row.values.get("tickets") or 0 for row in table.rows} if table is not None else {}
    for row in rows:
        yield [Cell(_name(by, row)), Cell(row.values.get("tickets")), Cell(earlier.get(row.group, 0))]


def _name(by: By, row: Row) -> str:
    if by == "channel":
        return CHANNELS.get(row.group, row.name or row.group)
    if not row.group:
        return "未填写" if by in ("category", "area") else "其他"
    if by in ("entry_number", "partner") and row.name and row.name != row.group:
        return f"{row.name}（{row.group}）"
    return row.name or row.group
