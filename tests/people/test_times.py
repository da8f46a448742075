"""Moments of a roster run forwards in every zone, and shifts that meet on paper meet on the clock."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.people import Duty
from gateway.people.times import clock_text, moment, span

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(one) for one in (
    "Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe",
    "Africa/Casablanca", "Asia/Beirut",
)]  # fmt: skip
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def hours(day: date, start: int, end: int, zone: ZoneInfo) -> float:
    first, last = span(Duty("d", day, "p", "agent", "x", start, end), zone)
    return (last - first) / 3600


def test_a_shift_over_midnight_ends_the_morning_after() -> None:
    assert moment(date(2026, 11, 22), 1920, SHANGHAI) == datetime(2026, 11, 23, 8, tzinfo=SHANGHAI).timestamp()
    assert hours(date(2026, 11, 22), 1200, 1920, SHANGHAI) == 12


@pytest.mark.parametrize(("day", "long"), [(date(2026, 3, 28), 11), (date(2026, 10, 24), 13), (date(2026, 6, 1), 12)])
def test_a_night_in_which_clocks_are_changed_has_an_hour_less_or_more(day: date, long: int) -> None:
    assert hours(day, 1200, 1920, BERLIN) == long


def test_a_time_that_does_not_come_is_the_moment_of_the_jump() -> None:
    jump = datetime(2026, 3, 29, 3, tzinfo=BERLIN).timestamp()
    assert [moment(SPRING, minutes, BERLIN) for minutes in (120, 150, 179, 180)] == [jump] * 4
    assert moment(SPRING, 181, BERLIN) == jump + 60


def test_a_time_that_comes_twice_is_its_first_coming() -> None:
    assert moment(AUTUMN, 150, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=ZoneInfo("UTC")).timestamp()


def test_clocks_as_they_are_read() -> None:
    assert [clock_text(one) for one in (0, 510, 1440, 1920)] == ["00:00", "08:30", "00:00", "08:00"]


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.lists(st.integers(0, 2880), min_size=2), st.sampled_from(ZONES))
def test_moments_never_run_backwards(day: date, minutes: list[int], zone: ZoneInfo) -> None:
    moments = [moment(day, one, zone) for one in sorted(minutes)]
    assert moments == sorted(moments)


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(0, 1440), st.sampled_from(ZONES))
def test_a_time_is_read_from_the_clock_or_jumped_over(day: date, minutes: int, zone: ZoneInfo) -> None:
    shown = datetime.fromtimestamp(moment(day, minutes, zone), zone)
    wanted = (shown.date() - day).days * 1440 + shown.hour * 60 + shown.minute
    assert wanted >= minutes
    if wanted > minutes:  # jumped over: a moment before, the clock showed less
        before = datetime.fromtimestamp(moment(day, minutes, zone) - 1, zone)
        assert (before.date() - day).days * 1440 + before.hour * 60 + before.minute < minutes
