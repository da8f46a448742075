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
from gateway.web.reports.words import LANGS, Lang, words

_FIGURES: dict[str, tuple[str, str]] = {
    "requests": ("请求", "Requests"), "answered": ("接通", "Answered"),
    "connection_rate": ("接通率", "Connection rate"), "rate_15s": ("15 秒接通率", "Within 15 s"),
    "rate_15s_answered": ("15 秒接通率（按接通）", "Within 15 s, of answered"),
    "lost": ("呼损", "Lost"), "short_abandoned": ("5 秒内挂机", "Hung up within 5 s"),
    "wait_mean": ("平均等待", "Mean wait"), "wait_p95": ("等待 95 分位", "p95 wait"),
    "wait_mean_all": ("全部平均等待", "Mean wait of all"), "wait_p95_all": ("全部等待 95 分位", "p95 wait of all"),
    "talk_mean": ("平均通话", "Mean talk"), "hold_mean": ("平均保持", "Mean hold"),
    "wrap_mean": ("平均话后", "Mean wrap-up"), "handling_mean": ("平均处理", "Mean handling"),
    "occupancy": ("占用率", "Occupancy"), "utilisation": ("利用率", "Utilisation"), "tickets": ("工单", "Tickets"),
    "direct_rate": ("直接解答率", "Answered directly"), "satisfied_rate": ("满意率", "Satisfied"),
    "rated_rate": ("参评率", "Rated"), "transfers": ("转接", "Transfers"),
    "transfers_completed": ("转接成功", "Completed"), "first_response_mean": ("首次响应", "First response"),
    "first_response_in_time": ("首次响应及时率", "First response in time"),
    "sent_on_in_time": ("按时转办率", "Sent on in time"),
}  # fmt: skip


def heads(lang: Lang) -> dict[str, str]:
    """The figures' names as a report's tables say them."""
    return {figure: pair[LANGS.index(lang)] for figure, pair in _FIGURES.items()}


_CALLS = ("requests", "answered", "connection_rate", "rate_15s", "lost", "wait_mean", "wait_p95", "handling_mean")
_COURSE = ("requests", "answered", "connection_rate", "rate_15s", "lost", "wait_mean", "tickets")
_PLAN: tuple[tuple[By, tuple[str, ...], str], ...] = (
    ("queue", _CALLS, "requests"),
    ("entry_number", _CALLS, "requests"),
    ("channel",
     ("tickets", "requests", "connection_rate", "first_response_mean", "first_response_in_time"), "tickets"),
    ("partner", ("transfers", "transfers_completed"), "transfers"),
    ("category", ("tickets", "before"), "tickets"),
    ("area", ("tickets", "before"), "tickets"),
    ("agent",
     ("answered", "talk_mean", "hold_mean", "wrap_mean", "handling_mean", "occupancy", "satisfied_rate"), "answered"),
)  # fmt: skip
CHANNELS: dict[str, tuple[str, str]] = {
    "phone": ("电话", "Telephone"), "wechat": ("微信", "WeChat"), "sms": ("短信", "SMS"), "email": ("邮件", "Mail"),
    "web": ("网页", "Web"), "app": ("客户端", "App"), "weibo": ("微博", "Weibo"), "partner": ("联动单位", "Partners"),
    "open311": ("Open311", "Open311"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """``value`` as it is, for a workbook; ``text`` as a page writes it."""

    value: float | str | None
    unit: Unit = "count"
    lang: Lang = "zh"

    @property
    def text(self) -> str:
        return self.value if isinstance(self.value, str) else shown(self.value, self.unit, self.lang)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table; the first column is the group's name, ``short`` so many rows are enough on a page (None: all)."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    short: int | None = None


def sheets(content: Content, lang: Lang = "zh") -> list[Sheet]:
    """All tables in the order of the page; those without a row are left out."""
    return [sheet for sheet in _all(content, lang) if sheet.rows]


def _all(content: Content, lang: Lang) -> Iterator[Sheet]:
    names = heads(lang)
    by_time = "hour" if content.course.by == "hour" else "day"
    yield Sheet(
        words(f"by.{by_time}", lang),
        [words(f"head.{by_time}", lang), *(names[one] for one in _COURSE)],
        [
            [Cell(label(row, content, lang)), *_cells(row, _COURSE, lang)]
            for row in content.course.rows
            if _has(row, _COURSE)
        ],
    )
    for by, columns, first in _PLAN:
        rows = [row for row in content.tables[by].rows if _has(row, columns)]
        rows.sort(key=lambda row, first=first: -(row.values.get(first) or 0))  # type: ignore[misc]
        before = words("head.before", lang)
        named = [words(f"head.{by}", lang), *(before if one == "before" else names[one] for one in columns)]
        title = words(f"by.{by}", lang)
        if "before" in columns:
            yield Sheet(title, named, list(_compared(content, by, rows, lang)), 12)
        else:
            yield Sheet(title, named, [[Cell(_name(by, row, lang)), *_cells(row, columns, lang)] for row in rows], 20)


def _has(row: Row, columns: Sequence[str]) -> bool:
    return any(row.values.get(one) for one in columns)


def _cells(row: Row, columns: Sequence[str], lang: Lang) -> list[Cell]:
    return [Cell(row.values.get(one), unit_of(one), lang) for one in columns]


def _compared(content: Content, by: By, rows: Sequence[Row], lang: Lang) -> Iterator[list[Cell]]:
    table = content.tables_before.get(by)
    earlier = {row.group: row.values.get("tickets") or 0 for row in table.rows} if table is not None else {}
    for row in rows:
        yield [Cell(_name(by, row, lang)), Cell(row.values.get("tickets")), Cell(earlier.get(row.group, 0))]


def _name(by: By, row: Row, lang: Lang) -> str:
    """As people have named it; channels are ours to name."""
    if by == "channel":
        pair = CHANNELS.get(row.group)
        return pair[LANGS.index(lang)] if pair else row.name or row.group
    if not row.group:
        return words("unfilled" if by in ("category", "area") else "others", lang)
    if by in ("entry_number", "partner") and row.name and row.name != row.group:
        return words("named", lang, name=row.name, number=row.group)
    return row.name or row.group
