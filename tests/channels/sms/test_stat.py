"""What the words of status reports mean."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.stat import near, state_of, time_of

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 1, 1, 0, 5, tzinfo=ZONE).timestamp()


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("DELIVRD", "delivered"), ("delivrd ", "delivered"), ("ACCEPTD", "waiting"), ("", "waiting"),
        ("UNDELIV", "failed"), ("EXPIRED", "failed"), ("REJECTD", "failed"), ("MK:0013", "failed"), ("\\xff", "failed"),
    ],
)  # fmt: skip
def test_states(word: str, state: str) -> None:
    assert state_of(word) == state


@pytest.mark.parametrize(
    ("stamp", "hour"), [("2601011205", 12), ("260101120530", 12), ("20260101120530", 12), ("2601010000", 0)]
)
def test_times_of_all_three_lengths(stamp: str, hour: int) -> None:
    moment = time_of(stamp, ZONE)
    assert moment is not None
    assert datetime.fromtimestamp(moment, ZONE).strftime("%Y%m%d%H") == f"20260101{hour:02d}"


@given(st.text(max_size=16) | st.from_regex(r"[0-9]{10,14}", fullmatch=True))
def test_any_text_is_a_time_or_none(stamp: str) -> None:
    moment = time_of(stamp, ZONE)
    assert moment is None or stamp.isascii()


@pytest.mark.parametrize("stamp", ["0000000000", "2613011205", "", "26010112", "2602301205"])
def test_what_is_no_time_is_none(stamp: str) -> None:
    assert time_of(stamp, ZONE) is None


def test_a_time_without_its_year_is_the_nearest() -> None:
    made = near(12, 31, 23, 59, 30, NOON, ZONE)
    assert made is not None
    assert datetime.fromtimestamp(made, ZONE).year == 2025
    assert near(1, 1, 0, 4, 0, NOON, ZONE) == NOON - 60


@pytest.mark.parametrize(
    "parts", [(0, 0, 0, 0, 0), (7, 1, 0, 0, 0), (1, 2, 0, 0, 0), (13, 1, 0, 0, 0), (1, 1, 31, 63, 63)]
)
def test_a_time_far_off_or_none_is_not_believed(parts: tuple[int, int, int, int, int]) -> None:
    assert near(*parts, NOON, ZONE) is None
