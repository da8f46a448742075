"""The periods of reports: a day, a week (ISO 8601, Monday first) and a month of the hall's zone, by the name that
stands in the address of a report: 2026-11-21, 2026-W47, 2026-11.

Their ends are midnights of the zone, so a day with a change to summer time has 23 hours and one back 25; where the
clock jumps over midnight the day begins with its first moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from gateway.kpi.calendar import day_start
from gateway.web.reports.words import Lang, words

Kind = Literal["day", "week", "month"]

KINDS: tuple[Kind, ...] = ("day", "week", "month")
NAMES: dict[Kind, tuple[str, str]] = {
    "day": ("日报", "Daily"),
    "week": ("周报", "Weekly"),
    "month": ("月报", "Monthly"),
}
WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS_EN = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
             "November", "December")  # fmt: skip

_FORMS = {
    "day": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "week": re.compile(r"([0-9]{4})-W([0-9]{2})"),
    "month": re.compile(r"([0-9]{4})-([0-9]{2})"),
}
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """``first`` is its first day, ``after`` the first day that is no longer in it."""

    kind: Kind
    first: date
    after: date
    zone: ZoneInfo

    @property
    def id(self) -> str:
        """Its name in addresses and file names."""
        if self.kind == "week":
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02d}"
        return self.first.isoformat() if self.kind == "day" else f"{self.first:%Y-%m}"

    @property
    def since(self) -> float:
        """Its first moment, epoch seconds."""
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> float:
        """The first moment after it, epoch seconds."""
        return _midnight(self.after, self.zone)

    @property
    def days(self) -> int:
        return (self.after - self.first).days

    @property
    def before(self) -> Period:
        """The period before it: the day before, the week before, the calendar month before."""
        return period_of(self.kind, self.first - timedelta(days=1), self.zone)

    @property
    def next(self) -> Period:
        return period_of(self.kind, self.after, self.zone)

    @property
    def title(self) -> str:
        """As a headline says it: 2026年11月21日（星期六）, 2026年第47周（11月16日至11月22日）, 2026年11月."""
        first, last = self.first, self.after - timedelta(days=1)
        if self.kind == "day":
            return f"{first.year}年{first.month}月{first.day}日（{WEEKDAYS[first.weekday()]}）"
        if self.kind == "month":
            return f"{first.year}年{first.month}月"
        year, week, _ = first.isocalendar()
        return f"{year}年第{week}周（{first.month}月{first.day}日至{last.month}月{last.day}日）"

    @property
    def title_en(self) -> str:
        """Saturday, 21 November 2026; Week 47 of 2026 (16 November to 22 November); November 2026."""
        first, last = self.first, self.after - timedelta(days=1)
        if self.kind == "day":
            return f"{WEEKDAYS_EN[first.weekday()]}, {_day_en(first)} {first.year}"
        if self.kind == "month":
            return f"{MONTHS_EN[first.month - 1]} {first.year}"
        year, week, _ = first.isocalendar()
        return f"Week {week} of {year} ({_day_en(first)} to {_day_en(last)})"

    def title_in(self, lang: Lang) -> str:
        return self.title if lang == "zh" else self.title_en

    def before_in(self, lang: Lang) -> str:
        """How a sentence calls the period before."""
        return words(f"before.{self.kind}", lang)

    def hours(self) -> int:
        """How many hours it has: 24 a day but for changes of the clock."""
        return round((self.until - self.since) / 3600)


def _day_en(day: date) -> str:
    return f"{day.day} {MONTHS_EN[day.month - 1]}"


def period_of(kind: Kind, day: date, zone: ZoneInfo) -> Period:
    """The period of a kind in which a day lies."""
    if kind == "day":
        return Period(kind, day, day + timedelta(days=1), zone)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=7), zone)
    first = day.replace(day=1)
    return Period(kind, first, (first + timedelta(days=32)).replace(day=1), zone)


def parse(kind: str, id: str, zone: ZoneInfo) -> Period:
    """The period of an address. Raises ValueError with what is wrong, in English."""
    if kind not in _FORMS or not (found := _FORMS[kind].fullmatch(id)):
        raise ValueError("a report is day/2026-11-21, week/2026-W47 or month/2026-11")
    try:
        if kind == "day":
            first = date.fromisoformat(id)
        elif kind == "week":
            first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        else:
            first = date(int(found[1]), int(found[2]), 1)
    except ValueError as error:
        raise ValueError(f"there is no {kind} {id}") from error
    if not _FIRST <= first < _LAST:
        raise ValueError(f"{id} is too far away")
    return period_of(next(one for one in KINDS if one == kind), first, zone)


def last_ended(kind: Kind, now: float, at: time, zone: ZoneInfo) -> Period:
    """The last period whose report is due at ``now``: it has ended, and the time of day ``at`` has come since."""
    local = datetime.fromtimestamp(now, zone)
    day = local.date() if local.time() >= at else local.date() - timedelta(days=1)
    return period_of(kind, day, zone).before


def next_due(now: float, at: time, zone: ZoneInfo) -> float:
    """When the time of day ``at`` comes next, epoch seconds."""
    day = datetime.fromtimestamp(now, zone).date()
    while (due := datetime.combine(day, at, zone).timestamp()) <= now:
        day += timedelta(days=1)
    return due


def _midnight(day: date, zone: ZoneInfo) -> float:
    """As the figures have it (``gateway.kpi.calendar``)."""
    return float(day_start(datetime.combine(day, time(12), zone).timestamp(), zone))
