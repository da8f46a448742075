"""Hours, days, weeks and months of a zone, where clocks are set and where they are not."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kpi.calendar import (
    QUARTER_S,
    Period,
    before,
    buckets,
    day_start,
    hour_start,
    name_of,
    next_start,
    quarter_of,
    start_of,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu", "Africa/Cairo",
         "America/Havana", "Asia/Beirut", "America/St_Johns")  # fmt: skip
MOMENTS = st.integers(1_600_000_000, 1_900_000_000)


def moment(zone: ZoneInfo, *when: int, fold: int = 0) -> int:
    return int(datetime(*when, tzinfo=zone, fold=fold).timestamp())  # type: ignore[arg-type, misc]


def test_a_moment_is_in_its_hour_day_week_and_month() -> None:
    at = moment(SHANGHAI, 2026, 11, 21, 9, 41, 7)
    starts = {
        period: datetime.fromtimestamp(start_of(period, at, SHANGHAI), SHANGHAI).isoformat() for period in PERIODS
    }
    assert starts == {
        "hour": "2026-11-21T09:00:00+08:00", "day": "2026-11-21T00:00:00+08:00", "week": "2026-11-16T00:00:00+08:00",
        "month": "2026-11-01T00:00:00+08:00",
    }  # fmt: skip
    names = [name_of(period, start_of(period, at, SHANGHAI), SHANGHAI) for period in PERIODS]
    assert names == ["2026-11-21T09:00+08:00", "2026-11-21", "2026-W47", "2026-11"]


PERIODS: tuple[Period, ...] = ("hour", "day", "week", "month")


def test_the_hour_that_comes_twice_is_two_and_the_one_that_never_comes_is_none() -> None:
    autumn = moment(BERLIN, 2026, 10, 25)
    hours = [name_of("hour", start, BERLIN) for start in buckets("hour", autumn, autumn + 25 * 3600, BERLIN)]
    assert len(hours) == 25 and len(set(hours)) == 25
    assert hours[2:4] == ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]
    spring = moment(BERLIN, 2026, 3, 29)
    hours = [name_of("hour", start, BERLIN) for start in buckets("hour", spring, spring + 23 * 3600, BERLIN)]
    assert len(hours) == 23 and hours[1:3] == ["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"]
    assert next_start("day", autumn, BERLIN) - autumn == 25 * 3600
    assert next_start("day", spring, BERLIN) - spring == 23 * 3600


def test_a_day_whose_midnight_is_jumped_over_begins_at_the_jump() -> None:
    cairo = ZoneInfo("Africa/Cairo")
    start = day_start(moment(cairo, 2026, 4, 24, 12), cairo)
    assert datetime.fromtimestamp(start, cairo).isoformat() == "2026-04-24T01:00:00+03:00"
    assert day_start(start - 1, cairo) == moment(cairo, 2026, 4, 23)


def test_a_day_whose_midnight_comes_twice_begins_with_the_first() -> None:
    havana = ZoneInfo("America/Havana")
    start = day_start(moment(havana, 2026, 11, 1, 12), havana)
    assert start == moment(havana, 2026, 11, 1, 0, 0) == moment(havana, 2026, 11, 1, 0, 0, fold=1) - 3600


@given(st.sampled_from(ZONES), MOMENTS)
def test_every_moment_is_in_exactly_one_period_of_each_kind(name: str, at: int) -> None:
    zone = ZoneInfo(name)
    for period in PERIODS:
        start = start_of(period, at, zone)
        end = next_start(period, start, zone)
        assert start <= at < end
        assert start_of(period, start, zone) == start == start_of(period, end - 1, zone)
        assert start_of(period, end, zone) == end
        assert start % QUARTER_S == 0
    assert quarter_of(at) * QUARTER_S <= at < (quarter_of(at) + 1) * QUARTER_S
    assert start_of("day", start_of("hour", at, zone), zone) == start_of("day", at, zone)


@given(st.sampled_from(ZONES), MOMENTS, st.integers(1, 200))
def test_hours_follow_one_another_without_a_gap(name: str, at: int, hours: int) -> None:
    zone = ZoneInfo(name)
    starts = list(buckets("hour", at, at + hours * 3600, zone))
    assert starts[0] == hour_start(at, zone)
    assert all(next_start("hour", one, zone) == two for one, two in pairwise(starts))
    assert len({name_of("hour", start, zone) for start in starts}) == len(starts)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ((2026, 11, 1), (2026, 12, 1), ((2026, 10, 1), (2026, 11, 1))),  # a month: the month before
        ((2026, 1, 1), (2026, 4, 1), ((2025, 10, 1), (2026, 1, 1))),  # a quarter of a year
        ((2026, 11, 16), (2026, 11, 23), ((2026, 11, 9), (2026, 11, 16))),  # a week
        ((2026, 11, 21), (2026, 11, 22), ((2026, 11, 20), (2026, 11, 21))),
        ((2026, 11, 21), (2026, 11, 21, 10), ((2026, 11, 20), (2026, 11, 20, 10))),  # today so far: yesterday so far
        ((2026, 11, 20), (2026, 11, 21, 10), ((2026, 11, 18), (2026, 11, 19, 10))),
        ((2026, 11, 21, 9), (2026, 11, 21, 12), ((2026, 11, 21, 6), (2026, 11, 21, 9))),
    ],
)
def test_the_period_before(
    since: tuple[int, ...], until: tuple[int, ...], expected: tuple[tuple[int, ...], ...]
) -> None:
    found = before(moment(SHANGHAI, *since), moment(SHANGHAI, *until), SHANGHAI)
    assert found == tuple(moment(SHANGHAI, *one) for one in expected)


def test_the_day_before_one_of_25_hours_has_24() -> None:
    since, until = moment(BERLIN, 2026, 10, 25), moment(BERLIN, 2026, 10, 26)
    assert before(since, until, BERLIN) == (moment(BERLIN, 2026, 10, 24), since)
    assert until - since == 25 * 3600
