"""Vendors' times and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.byhttp.times import e164, moment

NOON = 1_795_233_600.0
"""2026-11-21 12:00 in Beijing."""


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21 12:00:00",
        "2026-11-21T12:00:00",
        "2026/11/21 12:00:00",
        "20261121120000",
        "2026-11-21 12:00",
        "2026-11-21T04:00:00+00:00",
        "1795233600",
        "1795233600000",
        " 2026-11-21 12:00:00 ",
    ],
)
def test_times_are_beijings_unless_they_say_otherwise(text: str) -> None:
    assert moment(text) == NOON


@pytest.mark.parametrize("text", [None, "", "yesterday", "0000-00-00 00:00:00", "0001-01-01 00:00:00", "12", "9" * 60])
def test_nonsense_is_no_time(text: str | None) -> None:
    assert moment(text) is None


@given(st.text(max_size=50))
def test_any_text_is_a_time_or_none(text: str) -> None:
    at = moment(text)
    assert at is None or 946_684_800 <= at <= 4_102_444_800


@pytest.mark.parametrize(
    ("target", "number"),
    [
        ("13800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("+8613800138000", "+8613800138000"),
        ("85261234567", "+85261234567"),
        ("089866123456", "+8689866123456"),
        ("10086", "+8610086"),
    ],
)
def test_numbers_get_their_country_code(target: str, number: str) -> None:
    assert e164(target) == number
