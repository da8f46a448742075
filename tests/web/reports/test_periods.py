"""Days, weeks and months of a zone by their names; when a report is due."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.reports.periods import KINDS, last_ended, next_due, parse, period_of
from tests.web.reports.samples import ZONE

BERLIN, SANTIAGO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Santiago")
DAYS = st.dates(min_value=date(2001, 1, 1), max_value=date(2098, 12, 31))


def at(text: str, zone: ZoneInfo = ZONE) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@given(DAYS, st.sampled_from(KINDS))
def test_a_period_is_found_again_by_its_name_and_has_the_day_in_it(day: date, kind: str) -> None:
    period = period_of(kind, day, ZONE)  # type: ignore[arg-type]
    assert parse(kind, period.id, ZONE) == period
    assert period.first <= day < period.after


@given(DAYS, st.sampled_from(KINDS), st.sampled_from((ZONE, BERLIN, SANTIAGO)))
def test_periods_follow_each_other_without_a_gap(day: date, kind: str, zone: ZoneInfo) -> None:
    period = period_of(kind, day, zone)  # type: ignore[arg-type]
    assert period.before.next == period == period.next.before
    assert period.before.until == period.since < period.until == period.next.since
    assert period.before.id < period.id < period.next.id


def test_names_and_titles() -> None:
    day, week, month = (period_of(kind, date(2026, 11, 21), ZONE) for kind in KINDS)
    assert [one.id for one in (day, week, month)] == ["2026-11-21", "2026-W47", "2026-11"]
    assert day.title == "2026年11月21日（星期六）"
    assert week.title == "2026年第47周（11月16日至11月22日）"
    assert month.title == "2026年11月"
    assert (day.hours(), week.hours(), month.hours()) == (24, 168, 720)
    assert period_of("week", date(2027, 1, 1), ZONE).title.startswith("2026年第53周")


def test_a_day_with_a_change_of_the_clock_has_its_own_length() -> None:
    assert period_of("day", date(2026, 3, 29), BERLIN).hours() == 23
    assert period_of("day", date(2026, 10, 25), BERLIN).hours() == 25


@pytest.mark.parametrize(
    ("kind", "id"),
    [("day", "2026-02-30"), ("day", "2026-11"), ("day", "../secrets"), ("week", "2026-W54"), ("week", "2026-47"),
     ("month", "2026-13"), ("month", "2026-1"), ("year", "2026"), ("day", "1999-12-31"), ("day", "2026-11-21 ")],
)  # fmt: skip
def test_what_is_no_period_is_refused(kind: str, id: str) -> None:
    with pytest.raises(ValueError):
        parse(kind, id, ZONE)


@pytest.mark.parametrize(
    ("now", "kind", "id"),
    [
        ("2026-11-22T07:29:59", "day", "2026-11-20"), ("2026-11-22T07:30:00", "day", "2026-11-21"),
        ("2026-11-23T07:29:00", "week", "2026-W46"), ("2026-11-23T07:30:00", "week", "2026-W47"),
        ("2026-12-01T07:00:00", "month", "2026-10"), ("2026-12-01T08:00:00", "month", "2026-11"),
        ("2026-12-15T00:00:00", "month", "2026-11"),
    ],
)  # fmt: skip
def test_the_last_period_whose_report_is_due(now: str, kind: str, id: str) -> None:
    assert last_ended(kind, at(now), time(7, 30), ZONE).id == id  # type: ignore[arg-type]


def test_the_time_of_day_comes_next_today_or_tomorrow() -> None:
    assert next_due(at("2026-11-22T07:00:00"), time(7, 30), ZONE) == at("2026-11-22T07:30:00")
    assert next_due(at("2026-11-22T07:30:00"), time(7, 30), ZONE) == at("2026-11-23T07:30:00")
    assert next_due(at("2026-03-28T03:00:00", BERLIN), time(2, 30), BERLIN) == at("2026-03-29T02:30:00", BERLIN)


@pytest.mark.parametrize(
    ("kind", "id", "title", "before"),
    [
        ("day", "2026-11-21", "Saturday, 21 November 2026", "the day before"),
        ("week", "2026-W53", "Week 53 of 2026 (28 December to 3 January)", "the week before"),
        ("month", "2026-02", "February 2026", "the month before"),
    ],
)
def test_a_period_has_its_title_in_english(kind: str, id: str, title: str, before: str) -> None:
    period = parse(kind, id, ZONE)
    assert (period.title_in("en"), period.before_in("en")) == (title, before)
    assert period.title_in("zh") == period.title
