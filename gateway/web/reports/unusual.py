"""What was unusual, computed by rules that the report names: nothing is said that is not a number over its line. Few
calls prove nothing, so each rule has the least number of cases under which it is silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.web.reports.content import Content
from gateway.web.reports.numbers import shown
from gateway.web.reports.source import By, Row
from gateway.web.reports.telling import ANSWER_LINE_S, CONNECTION_LINE

LEAST_CALLS = 10
LEAST_RISEN = 5
RISEN = 2.0
SURGE, LEAST_SURGE = 2.0, 20
COMPLETED_LINE = 0.8
MOST = 3
"""So many of one rule are named; the rest is counted."""

RULES = (
    f"接通率低于 95 % 的时段和队列（请求不少于 {LEAST_CALLS} 次）",
    "接通来电等待时间的 95 分位超过 15 秒",
    f"请求达到前期同一时段 {SURGE:g} 倍且多出 {LEAST_SURGE} 次以上的时段",
    f"事项类别、区域达到前期 {RISEN:g} 倍且不少于 {LEAST_RISEN} 件",
    f"一键转接成功率低于 80 % 的单位（转接不少于 {LEAST_RISEN} 次）",
    "文字渠道首次响应超出时限",
)
"""What is looked for, in the report's own words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``level`` 1 is under a line of the law, 2 under one of ours, 3 worth knowing."""

    level: Literal[1, 2, 3]
    text: str


def findings(content: Content) -> list[Finding]:
    """The worst first; [] when nothing is over its line."""
    found = [*_law(content), *_times(content), *_queues(content), *_surges(content)]
    found += [*_risen(content, "category", "事项"), *_risen(content, "area", "区域"), *_partners(content)]
    return sorted(found, key=lambda one: one.level)


def _law(content: Content) -> Iterator[Finding]:
    total = content.total
    rate, wait = total.get("connection_rate"), total.get("wait_p95")
    if rate is not None and rate < CONNECTION_LINE and (total.get("requests") or 0) >= LEAST_CALLS:
        yield Finding(1, f"全期接通率 {shown(rate, 'share')}，低于 95 %。")
    if wait is not None and wait > ANSWER_LINE_S and (total.get("answered") or 0) >= LEAST_CALLS:
        yield Finding(2, f"接通来电等待时间的 95 分位为 {shown(wait, 's')}，超过 15 秒。")
    in_time = total.get("first_response_in_time")
    if in_time is not None and in_time < 1:
        yield Finding(
            1,
            f"文字渠道有 {shown(1 - in_time, 'share')} 的诉求首次响应超出时限（短信及其他媒体 3 分钟，邮件 24 小时）。",
        )


def _under(rows: list[Row]) -> list[Row]:
    """Those under the law's connection rate, most lost calls first."""
    low = [
        row
        for row in rows
        if (rate := row.values.get("connection_rate")) is not None
        and rate < CONNECTION_LINE
        and (row.values.get("requests") or 0) >= LEAST_CALLS
    ]
    return sorted(low, key=lambda row: -(row.values.get("lost") or 0))


def _named(rows: list[Row], name: str, words: list[str]) -> str:
    more = f"，另有 {len(rows) - MOST} 个{name}" if len(rows) > MOST else ""
    return f"{'；'.join(words[:MOST])}{more}"


def _times(content: Content) -> Iterator[Finding]:
    low = _under(list(content.course.rows))
    name = "时段" if content.period.kind == "day" else "日"
    words = [
        f"{label(row, content)} 接通率 {shown(row.values.get('connection_rate'), 'share')}"
        f"（请求 {shown(row.values.get('requests'))}，呼损 {shown(row.values.get('lost'))}）"
        for row in low
    ]
    if low:
        yield Finding(2, f"{len(low)} 个{name}接通率低于 95 %：{_named(low, name, words)}。")


def _queues(content: Content) -> Iterator[Finding]:
    low = _under(list(content.tables["queue"].rows))
    rates = [shown(row.values.get("connection_rate"), "share") for row in low]
    asked = [shown(row.values.get("requests")) for row in low]
    words = [f"{row.name or row.group} {rates[i]}（请求 {asked[i]}）" for i, row in enumerate(low)]
    if low:
        yield Finding(2, f"{len(low)} 个队列接通率低于 95 %：{_named(low, '队列', words)}。")


def _surges(content: Content) -> Iterator[Finding]:
    """Against the same hour of the day before, or the same weekday or day of the period before."""
    earlier = {_slot(row, content): row.values.get("requests") or 0 for row in content.before.rows}
    high = []
    for row in content.course.rows:
        now, was = row.values.get("requests") or 0, earlier.get(_slot(row, content))
        if was is not None and now >= SURGE * was and now - was > LEAST_SURGE:
            high.append((now - was, row, now, was))
    high.sort(key=lambda one: -one[0])
    words = [f"{label(row, content)} 请求 {shown(now)} 次（前期同时段 {shown(was)} 次）" for _, row, now, was in high]
    if high:
        name = "时段" if content.period.kind == "day" else "日"
        yield Finding(3, f"来电突增：{_named([one[1] for one in high], name, words)}。")


def _slot(row: Row, content: Content) -> int:
    """Where a row lies in its period: the hour of a day, the day of a week, the day of a month."""
    at = datetime.fromtimestamp(row.since or 0, content.period.zone)
    return {"day": at.hour, "week": at.weekday(), "month": at.day}[content.period.kind]


def _risen(content: Content, by: By, name: str) -> Iterator[Finding]:
    before = content.tables_before.get(by)
    if before is None or not (before.total.get("tickets") or before.total.get("requests")):
        return
    earlier = {row.group: row.values.get("tickets") or 0 for row in before.rows}
    high = []
    for row in content.tables[by].rows:
        now, was = row.values.get("tickets") or 0, earlier.get(row.group, 0)
        if row.group and now >= LEAST_RISEN and now >= RISEN * was:
            high.append((now - was, row, now, was))
    high.sort(key=lambda one: -one[0])
    words = [f"{row.name or row.group} {shown(now)} 件（前期 {shown(was)} 件）" for _, row, now, was in high]
    if high:
        yield Finding(3, f"{name}上升：{_named([one[1] for one in high], name, words)}。")


def _partners(content: Content) -> Iterator[Finding]:
    low = []
    for row in content.tables["partner"].rows:
        asked, done = row.values.get("transfers") or 0, row.values.get("transfers_completed")
        if asked >= LEAST_RISEN and done is not None and done / asked < COMPLETED_LINE:
            low.append((done / asked, row, asked))
    low.sort(key=lambda one: one[0])
    words = [f"{row.name or row.group} {shown(rate, 'share')}（转接 {shown(asked)} 次）" for rate, row, asked in low]
    if low:
        yield Finding(2, f"转接成功率低于 80 %：{_named([one[1] for one in low], '单位', words)}。")


def label(row: Row, content: Content) -> str:
    """An hour as 08:00–09:00, a day as 11月21日（六）."""
    at = datetime.fromtimestamp(row.since or 0, content.period.zone)
    if content.course.by == "hour":
        return f"{at:%H}:00–{(at.hour + 1) % 24 or 24:02d}:00"
    return f"{at.month}月{at.day}日（{'一二三四五六日'[at.weekday()]}）"
