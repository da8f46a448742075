"""Dates. The odd forms stand in the corpus."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.dates import read_date

MOMENTS = st.integers(631_240_000, 4_102_300_000).map(lambda one: datetime.fromtimestamp(one, UTC))
ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(MOMENTS, ZONES)
def test_dates_of_rfc_5322_and_iso_are_read_back(moment: datetime, zone: timezone) -> None:
    local = moment.astimezone(zone)
    if 1990 <= local.year <= 2099:
        assert read_date(format_datetime(local)) == moment.timestamp()
        assert read_date(local.isoformat()) == moment.timestamp()


@given(
    st.tuples(st.integers(0, 40), st.sampled_from(("Jan", "Feb", "Dec")), st.integers(1980, 2110)),
    st.tuples(st.integers(0, 30), st.integers(0, 70), st.integers(0, 70)),
    st.sampled_from("+-"),
    st.integers(0, 9999),
    st.sampled_from(("", " (CST)")),
)
def test_the_usual_form_is_read_like_all_others(
    day: tuple[int, str, int], clock: tuple[int, int, int], sign: str, zone: int, comment: str
) -> None:
    """Two blanks between day and month make it an unusual one."""
    rest = f"{day[1]} {day[2]} {clock[0]:02d}:{clock[1]:02d}:{clock[2]:02d} {sign}{zone:04d}{comment}"
    assert read_date(f"{day[0]} {rest}") == read_date(f"{day[0]}  {rest}")


@given(st.text(st.sampled_from("0123456789:+-/, 年月日时分秒JanFebZGMTPM上下午")))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = read_date(text)
    assert found is None or 600_000_000 < found < 4_200_000_000


@pytest.mark.parametrize(
    "text", ["Fri, 30 Feb 2024 10:00:00 +0800", "1 Jan 1901 10:00 GMT", "1 Jan 9999 10:00 GMT", "0/0/0"]
)
def test_what_no_calendar_knows_is_none(text: str) -> None:
    assert read_date(text) is None


def test_an_offset_out_of_range_is_chinas() -> None:
    assert read_date("Fri, 1 Mar 2024 15:04:05 +9900") == read_date("Fri, 1 Mar 2024 15:04:05 +0800")
