"""Working days and opening hours: pure functions over ``CalendarConfig`` and a time that the caller gives.

A working day is Monday to Friday, less the public holidays, plus the make-up working days (调休) that the State Council
publishes each November for the year to come. Times are aware datetimes; they are taken to the hall's zone here.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from gateway.ivr.config import WEEKDAYS, CalendarConfig, OpeningConfig, minutes_of

_FAR = 3660


def is_working_day(calendar: CalendarConfig, day: date) -> bool:
    """True when offices work on ``day``: make-up days first, then holidays, then Monday to Friday."""
    if any(made_up.day == day for made_up in calendar.workdays):
        return True
    if any(holiday.first <= day <= holiday.last for holiday in calendar.holidays):
        return False
    return day.weekday() < 5


def add_working_days(calendar: CalendarConfig, day: date, count: int) -> date:
    """The day that is ``count`` working days after ``day``; the day itself does not count (practice of the limits).

    Raises ValueError when ``count`` is negative or so many working days do not come within ten years.
    """
    if count < 0:
        raise ValueError(f"count {count} is negative")
    for _ in range(_FAR):
        if count == 0:
            return day
        day += timedelta(days=1)
        count -= is_working_day(calendar, day)
    raise ValueError("so many working days do not come within ten years")


def is_open(calendar: CalendarConfig, name: str, at: datetime, zone: tzinfo) -> bool:
    """True while the calendar ``name`` is open at the aware time ``at`` in the hall's ``zone``.

    Raises KeyError when there is no such calendar, ValueError when ``at`` has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    opening = calendar.calendars[name]
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return _open_on(calendar, opening, local.date(), minute) or _open_on(
        calendar, opening, local.date() - timedelta(days=1), minute + 1440
    )


def open_now(calendar: CalendarConfig, at: datetime, zone: tzinfo) -> frozenset[str]:
    """The names of all calendars that are open at ``at``."""
    return frozenset(name for name in calendar.calendars if is_open(calendar, name, at, zone))


def years(calendar: CalendarConfig) -> frozenset[int]:
    """The years for which holidays are given: outside them every Monday to Friday counts as a working day."""
    return frozenset(holiday.first.year for holiday in calendar.holidays)


def _open_on(calendar: CalendarConfig, opening: OpeningConfig, day: date, minute: int) -> bool:
    """Open at ``minute`` counted from the midnight that begins ``day`` (above 1440: the morning after)."""
    works = is_working_day(calendar, day) if opening.working_days else WEEKDAYS[day.weekday()] in opening.days
    return works and any(start <= minute < end for start, end in map(minutes_of, opening.hours))
