"""The hall's calendar: in which hour, day, week and month of a zone a moment lies, and the buckets of some time.

Everything is told by the epoch second at which a bucket begins, so an hour that comes twice is two hours and one that
never comes is none. A bucket begins at a quarter of an hour of UTC, because that is where all zones of today put their
hours and their changes of the clock; what is kept by the quarter (``gateway.kpi.packs``) fits any zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

Period = Literal["hour", "day", "week", "month"]

QUARTER_S = 900
_HOUR_S = 3600
_STEPS = 16
"""Quarters after which an hour has certainly ended, however its zone sets the clock."""


def quarter_of(at: float) -> int:
    """The running number of the quarter of an hour of UTC that holds a moment."""
    return int(at // QUARTER_S)


def hour_start(at: float, zone: tzinfo) -> int:
    """Where the zone's hour began that holds the moment: at its full hour, or when the clock was set within it."""
    offset = _offset(at, zone)
    start = int((at + offset) // _HOUR_S * _HOUR_S - offset)
    while _offset(start, zone) != offset:
        start += QUARTER_S
    return start


def day_start(at: float, zone: tzinfo) -> int:
    """The first moment of the zone's day. Where midnight comes twice the first counts; where the clock jumps over it,
    the moment of the jump."""
    return _midnight(datetime.fromtimestamp(at, zone).date(), zone)


def week_start(at: float, zone: tzinfo) -> int:
    """The first moment of the zone's Monday (ISO 8601)."""
    day = datetime.fromtimestamp(at, zone).date()
    return _midnight(day - timedelta(days=day.weekday()), zone)


def month_start(at: float, zone: tzinfo) -> int:
    return _midnight(datetime.fromtimestamp(at, zone).date().replace(day=1), zone)


_START: dict[Period, Callable[[float, tzinfo], int]] = {
    "hour": hour_start, "day": day_start, "week": week_start, "month": month_start,
}  # fmt: skip


def start_of(period: Period, at: float, zone: tzinfo) -> int:
    """Where the period began that holds the moment, epoch seconds."""
    return _START[period](at, zone)


def next_start(period: Period, start: int, zone: tzinfo) -> int:
    """Where the period after the one that begins at ``start`` begins."""
    if period == "hour":
        return _next_hour(start, zone)
    day = datetime.fromtimestamp(start, zone).date()
    if period == "month":
        return _midnight((day.replace(day=1) + timedelta(days=32)).replace(day=1), zone)
    return _midnight(day + timedelta(days=7 if period == "week" else 1), zone)


def buckets(period: Period, since: float, until: float, zone: tzinfo) -> Iterator[int]:
    """Where each period begins that overlaps [since, until), in sequence."""
    start = start_of(period, since, zone)
    while start < until:
        yield start
        start = next_start(period, start, zone)


def name_of(period: Period, start: int, zone: tzinfo) -> str:
    """``2026-11-21T09:00+08:00``, ``2026-11-21``, ``2026-W47``, ``2026-11``."""
    local = datetime.fromtimestamp(start, zone)
    if period == "hour":
        return local.isoformat(timespec="minutes")
    if period == "week":
        year, week, _ = local.isocalendar()
        return f"{year}-W{week:02d}"
    return local.date().isoformat()[: 7 if period == "month" else 10]


def before(since: int, until: int, zone: tzinfo) -> tuple[int, int]:
    """The stretch of time to compare with: as many whole months just before; else, from midnight on, as many days of
    the calendar earlier up to the same time of day; else as many seconds just before ``since``."""
    first, last = datetime.fromtimestamp(since, zone), datetime.fromtimestamp(until, zone)
    if _midnight(first.date(), zone) != since:
        return hour_start(since - (until - since), zone), since
    whole = _midnight(last.date(), zone) == until
    if whole and first.day == last.day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month
        month = first.year * 12 + first.month - 1 - months
        return _midnight(date(month // 12, month % 12 + 1, 1), zone), since
    days = last.date() - first.date() + timedelta(days=0 if whole else 1)
    ended = hour_start((last.replace(tzinfo=None, fold=0) - days).replace(tzinfo=zone).timestamp(), zone)
    return _midnight(first.date() - days, zone), since if whole else ended


def _next_hour(start: int, zone: tzinfo) -> int:
    if _offset(start, zone) == _offset(start + _HOUR_S, zone) and hour_start(start + _HOUR_S, zone) == start + _HOUR_S:
        return start + _HOUR_S
    for step in range(1, _STEPS):
        following = hour_start(start + step * QUARTER_S, zone)
        if following > start:
            return following
    raise ValueError(f"{zone}: no hour ends after {start}")


def _midnight(day: date, zone: tzinfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone, fold=0).timestamp())


def _offset(at: float, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
