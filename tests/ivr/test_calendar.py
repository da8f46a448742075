"""Working days and opening hours, against the published calendar of 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ivr.calendar import add_working_days, is_open, is_working_day, open_now, years
from gateway.ivr.config import CalendarConfig, OpeningConfig

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-01-02", False),  # Friday in the New Year holiday
        ("2026-01-04", True),  # Sunday made up
        ("2026-02-14", True),
        ("2026-02-16", False),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),
        ("2026-05-09", True),
        ("2026-06-19", False),
        ("2026-09-20", True),
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2026-10-11", False),  # a plain Sunday
        ("2026-11-20", True),  # a plain Friday
    ],
)
def test_the_working_days_of_2026_are_the_published_ones(
    example_calendar: CalendarConfig, day: str, works: bool
) -> None:
    assert is_working_day(example_calendar, date.fromisoformat(day)) is works


def test_2026_has_the_248_working_days_that_were_published(example_calendar: CalendarConfig) -> None:
    days = [date(2026, 1, 1) + timedelta(n) for n in range(365)]
    assert sum(is_working_day(example_calendar, day) for day in days) == 248
    assert years(example_calendar) == {2026}


@pytest.mark.parametrize(
    ("moment", "is_it"),
    [
        ("2026-11-20T08:29:59", False),
        ("2026-11-20T08:30:00", True),
        ("2026-11-20T12:00:00", False),
        ("2026-11-20T14:30:00", True),
        ("2026-11-21T10:00:00", False),  # Saturday
        ("2026-10-10T10:00:00", True),  # Saturday made up
        ("2026-10-05T10:00:00", False),  # Monday in the National Day holiday
    ],
)
def test_an_office_is_open_in_its_hours_on_working_days(
    example_calendar: CalendarConfig, moment: str, is_it: bool
) -> None:
    assert is_open(example_calendar, "office", at(moment), ZONE) is is_it


def test_hours_are_those_of_the_hall_whatever_zone_the_clock_is_in(example_calendar: CalendarConfig) -> None:
    assert is_open(example_calendar, "office", datetime(2026, 11, 20, 1, 0, tzinfo=UTC), ZONE)
    assert not is_open(example_calendar, "office", datetime(2026, 11, 20, 10, 0, tzinfo=UTC), ZONE)


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    night = OpeningConfig(name="夜", working_days=False, days=["fri"], hours=["22:00-06:00"])
    calendar = CalendarConfig(calendars={"night": night})
    friday, saturday = "2026-11-20", "2026-11-21"
    open_at = [
        moment
        for moment in (
            f"{friday}T05:00",
            f"{friday}T22:00",
            f"{saturday}T05:59",
            f"{saturday}T06:00",
            f"{saturday}T23:00",
        )
        if is_open(calendar, "night", at(moment), ZONE)
    ]
    assert open_at == [f"{friday}T22:00", f"{saturday}T05:59"]


def test_all_calendars_open_now_are_told_at_once(example_calendar: CalendarConfig) -> None:
    assert open_now(example_calendar, at("2026-11-21T10:00"), ZONE) == {"day_shift"}
    assert open_now(example_calendar, at("2026-11-20T10:00"), ZONE) == {"office", "lawyers", "day_shift"}


def test_a_time_without_zone_and_an_unknown_calendar_are_refused(example_calendar: CalendarConfig) -> None:
    with pytest.raises(ValueError, match="no zone"):
        is_open(example_calendar, "office", datetime(2026, 11, 20, 10, 0), ZONE)  # noqa: DTZ001
    with pytest.raises(KeyError):
        is_open(example_calendar, "nowhere", at("2026-11-20T10:00"), ZONE)


def test_working_days_are_counted_over_holidays_and_make_up_days(example_calendar: CalendarConfig) -> None:
    assert add_working_days(example_calendar, date(2026, 9, 30), 2) == date(2026, 10, 9)
    assert add_working_days(example_calendar, date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert add_working_days(example_calendar, date(2026, 11, 20), 0) == date(2026, 11, 20)
    with pytest.raises(ValueError, match="negative"):
        add_working_days(example_calendar, date(2026, 11, 20), -1)


@given(day=st.dates(date(2026, 1, 1), date(2026, 6, 30)), count=st.integers(1, 60))
def test_so_many_working_days_lie_between(example_calendar: CalendarConfig, day: date, count: int) -> None:
    end = add_working_days(example_calendar, day, count)
    between = [day + timedelta(n + 1) for n in range((end - day).days)]
    assert is_working_day(example_calendar, end)
    assert sum(is_working_day(example_calendar, each) for each in between) == count
