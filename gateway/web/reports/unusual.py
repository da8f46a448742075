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
from gateway.web.reports.periods import MONTHS_EN, WEEKDAYS_EN
from gateway.web.reports.source import Row
from gateway.web.reports.telling import ANSWER_LINE_S, CONNECTION_LINE
from gateway.web.reports.words import Lang, words

LEAST_CALLS = 10
LEAST_RISEN = 5
RISEN = 2.0
SURGE, LEAST_SURGE = 2.0, 20
COMPLETED_LINE = 0.8
MOST = 3
"""So many of one rule are named; the rest is counted."""


def rules(lang: Lang) -> list[str]:
    """What is looked for, in the report's own words."""
    return [
        words("rule.rate", lang, n=LEAST_CALLS),
        words("rule.wait", lang),
        words("rule.surge", lang, times=f"{SURGE:g}", n=LEAST_SURGE),
        words("rule.risen", lang, times=f"{RISEN:g}", n=LEAST_RISEN),
        words("rule.partner", lang, n=LEAST_RISEN),
        words("rule.first", lang),
    ]


@dataclass(frozen=True, slots=True)
class Finding:
    """``level`` 1 is under a line of the law, 2 under one of ours, 3 worth knowing."""

    level: Literal[1, 2, 3]
    text: str


def findings(content: Content, lang: Lang = "zh") -> list[Finding]:
    """The worst first; [] when nothing is over its line."""
    found = [*_law(content, lang), *_times(content, lang), *_queues(content, lang), *_surges(content, lang)]
    found += [*_risen(content, "category", lang), *_risen(content, "area", lang), *_partners(content, lang)]
    return sorted(found, key=lambda one: one.level)


def _law(content: Content, lang: Lang) -> Iterator[Finding]:
    total = content.total
    rate, wait = total.get("connection_rate"), total.get("wait_p95")
    if rate is not None and rate < CONNECTION_LINE and (total.get("requests") or 0) >= LEAST_CALLS:
        yield Finding(1, words("odd.rate", lang, rate=shown(rate, "share")))
    if wait is not None and wait > ANSWER_LINE_S and (total.get("answered") or 0) >= LEAST_CALLS:
        yield Finding(2, words("odd.wait", lang, n=shown(wait, "s", lang)))
    in_time = total.get("first_response_in_time")
    if in_time is not None and in_time < 1:
        yield Finding(1, words("odd.first", lang, rate=shown(1 - in_time, "share")))


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


def _named(name: str, told: list[str], lang: Lang) -> str:
    """The worst of what was told, and how many more there are."""
    more = words(f"more.{name}", lang, n=len(told) - MOST) if len(told) > MOST else ""
    return f"{words('then', lang).join(told[:MOST])}{more}"


def _times(content: Content, lang: Lang) -> Iterator[Finding]:
    low = _under(list(content.course.rows))
    told = [
        words(
            "odd.time", lang, when=label(row, content, lang), rate=shown(row.values.get("connection_rate"), "share"),
            asked=shown(row.values.get("requests")), lost=shown(row.values.get("lost")),
        )
        for row in low
    ]  # fmt: skip
    if low:
        key = "odd.hours" if content.period.kind == "day" else "odd.days"
        yield Finding(2, words(key, lang, n=len(low), named=_named(_slots(content), told, lang)))


def _slots(content: Content) -> Literal["hour", "day"]:
    return "hour" if content.period.kind == "day" else "day"


def _queues(content: Content, lang: Lang) -> Iterator[Finding]:
    low = _under(list(content.tables["queue"].rows))
    told = [
        words(
            "odd.queue", lang, name=row.name or row.group, rate=shown(row.values.get("connection_rate"), "share"),
            asked=shown(row.values.get("requests")),
        )
        for row in low
    ]  # fmt: skip
    if low:
        yield Finding(2, words("odd.queues", lang, n=len(low), named=_named("queue", told, lang)))


def _surges(content: Content, lang: Lang) -> Iterator[Finding]:
    """Against the same hour of the day before, or the same weekday or day of the period before."""
    earlier = {_slot(row, content): row.values.get("requests") or 0 for row in content.before.rows}
    high = []
    for row in content.course.rows:
        now, was = row.values.get("requests") or 0, earlier.get(_slot(row, content))
        if was is not None and now >= SURGE * was and now - was > LEAST_SURGE:
            high.append((now - was, row, now, was))
    high.sort(key=lambda one: -one[0])
    told = [
        words("odd.surge", lang, when=label(row, content, lang), now=shown(now), was=shown(was))
        for _, row, now, was in high
    ]
    if high:
        yield Finding(3, words("odd.surges", lang, named=_named(_slots(content), told, lang)))


def _slot(row: Row, content: Content) -> int:
    """Where a row lies in its period: the hour of a day, the day of a week, the day of a month."""
    at = datetime.fromtimestamp(row.since or 0, content.period.zone)
    return {"day": at.hour, "week": at.weekday(), "month": at.day}[content.period.kind]


def _risen(content: Content, by: Literal["category", "area"], lang: Lang) -> Iterator[Finding]:
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
    told = [
        words("odd.risen", lang, name=row.name or row.group, now=shown(now), was=shown(was))
        for _, row, now, was in high
    ]
    if high:
        yield Finding(3, words(f"odd.{by}", lang, named=_named(by, told, lang)))


def _partners(content: Content, lang: Lang) -> Iterator[Finding]:
    low = []
    for row in content.tables["partner"].rows:
        asked, done = row.values.get("transfers") or 0, row.values.get("transfers_completed")
        if asked >= LEAST_RISEN and done is not None and done / asked < COMPLETED_LINE:
            low.append((done / asked, row, asked))
    low.sort(key=lambda one: one[0])
    told = [
        words("odd.partner", lang, name=row.name or row.group, rate=shown(rate, "share"), asked=shown(asked))
        for rate, row, asked in low
    ]
    if low:
        yield Finding(2, words("odd.partners", lang, named=_named("partner", told, lang)))


def label(row: Row, content: Content, lang: Lang = "zh") -> str:
    """An hour as 08:00–09:00, a day as 11月21日（六）, in English as Sat 21 Nov."""
    at = datetime.fromtimestamp(row.since or 0, content.period.zone)
    if content.course.by == "hour":
        return f"{at:%H}:00–{(at.hour + 1) % 24 or 24:02d}:00"
    if lang == "en":
        return f"{WEEKDAYS_EN[at.weekday()][:3]} {at.day} {MONTHS_EN[at.month - 1][:3]}"
    return f"{at.month}月{at.day}日（{'一二三四五六日'[at.weekday()]}）"
