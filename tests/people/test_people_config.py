"""The shifts of the configuration: names that differ, times of day, nights that end the next morning."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.people.config import RosterConfig, ShiftConfig, clock_minutes


def test_the_example_is_a_day_and_a_night() -> None:
    day, night = RosterConfig().shifts
    assert (day.minutes, night.minutes) == ((480, 1200), (1200, 1920))
    assert (day.agents, night.agents, day.standby) == (6, 2, 1)


def test_a_shift_round_the_clock_ends_a_day_later() -> None:
    assert ShiftConfig(id="all", name="全天", start="08:00", end="08:00").minutes == (480, 1920)


@pytest.mark.parametrize("name", ["Day", "白班", "DAY"])
def test_two_shifts_of_one_name_are_refused(name: str) -> None:
    first = ShiftConfig(id="day", name="白班", start="08:00", end="20:00")
    with pytest.raises(ValidationError, match="is the name of two"):
        RosterConfig(shifts=(first, ShiftConfig(id="late", name=name, start="20:00", end="08:00")))


@pytest.mark.parametrize("text", ["24:00", "8:00", "08:60", "", "noon"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        clock_minutes(text)
    with pytest.raises(ValidationError):
        ShiftConfig(id="day", name="白班", start=text, end="20:00")
