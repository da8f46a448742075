"""Invitations. The usual ones stand in the corpus."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.calendar import text_of_calendar


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert text_of_calendar(text) == "" or "BEGIN" in text.upper()


def test_times_are_spoken_with_their_zone() -> None:
    event = "BEGIN:VEVENT\nSUMMARY:x\nDTSTART:20240301T070000Z\nEND:VEVENT"
    assert text_of_calendar(event) == "日程：x\n时间：2024-03-01 07:00 UTC"


def test_a_torn_event_is_left_out() -> None:
    assert text_of_calendar("BEGIN:VEVENT\nSUMMARY:x\n") == ""


def test_the_number_of_events_is_bounded() -> None:
    assert text_of_calendar("BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n" * 100).count("日程") == 20
