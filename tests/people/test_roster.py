"""Who is on duty, who comes next, where somebody is missing or booked twice: over midnight and changed clocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import AgentId
from gateway.model.people import Duty, Person
from gateway.people.config import RosterConfig, ShiftConfig
from gateway.people.roster import Roster

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
DAY = date(2026, 11, 22)
PEOPLE = [Person(name, name.upper(), AgentId(f"80{n:02d}")) for n, name in enumerate("abcdefgh")]
SHIFTS = RosterConfig().shifts


def duty(person: str, role: Any, start: int, end: int, day: date = DAY, shift: str = "day") -> Duty:
    return Duty(f"{person}{role}{day}{start}", day, person, role, shift, start, end)


def roster(*duties: Duty, shifts: Any = SHIFTS, zone: ZoneInfo = SHANGHAI) -> Roster:
    return Roster(PEOPLE, duties, shifts, zone)


def at(hour: int, minute: int = 0, day: date = DAY, zone: ZoneInfo = SHANGHAI) -> float:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).timestamp()


def names(entries: Any) -> list[str]:
    return [one.person.id for one in entries]


def test_each_role_has_who_serves_in_it_now() -> None:
    found = roster(
        duty("a", "lead", 480, 1200), duty("b", "agent", 480, 1200), duty("c", "standby", 480, 1200),
        duty("d", "leader", 540, 660), duty("e", "lawyer", 540, 660), duty("f", "agent", 1200, 1920, shift="night"),
    ).now(at(10))  # fmt: skip
    assert [names(part) for part in (found.lead, found.on_duty, found.standby, found.leaders, found.lawyers)] == [
        ["a"], ["b"], ["c"], ["d"], ["e"],
    ]  # fmt: skip
    assert [one.shift.id for one in found.shifts] == ["day"]


def test_a_shift_begins_with_its_minute_and_ends_before_the_nexts() -> None:
    both = roster(duty("a", "lead", 480, 1200), duty("b", "lead", 1200, 1920, shift="night"))
    assert names(both.now(at(20) - 0.001).lead) == ["a"]
    assert names(both.now(at(20)).lead) == ["b"]


def test_last_nights_shift_is_on_duty_in_the_morning() -> None:
    night = roster(duty("a", "lead", 1200, 1920, DAY - timedelta(days=1), "night"))
    found = night.now(at(7, 59))
    assert names(found.lead) == ["a"]
    assert (found.shifts[0].shift.id, found.shifts[0].day) == ("night", DAY - timedelta(days=1))
    assert names(night.now(at(8)).lead) == []


def test_the_next_shift_is_told() -> None:
    found = roster().next_shift(at(10))
    assert found is not None and (found.shift.id, found.start) == ("night", at(20))
    found = roster().next_shift(at(23))
    assert found is not None and (found.shift.id, found.day) == ("day", DAY + timedelta(days=1))
    assert roster(shifts=()).next_shift(at(10)) is None


def test_a_duty_of_nobody_known_is_left_out() -> None:
    assert roster(duty("stranger", "lead", 480, 1200)).entries == []


# Gaps and double bookings -----------------------------------------------------------------------------------------


def gaps(*duties: Duty, **needs: int) -> list[tuple[str, int, int]]:
    shift = ShiftConfig(id="day", name="白班", start="08:00", end="20:00", **{"leads": 0, **needs})
    return [(one.role, one.needed, one.there) for one in roster(*duties, shifts=(shift,)).gaps(DAY, DAY)]


def test_a_shift_with_too_few_has_a_gap() -> None:
    assert gaps(leads=1, agents=2, standby=1) == [("lead", 1, 0), ("agent", 2, 0), ("standby", 1, 0)]
    assert gaps(duty("a", "agent", 480, 1200), duty("b", "agent", 480, 1200), agents=2) == []


def test_who_leaves_early_leaves_a_gap_and_who_takes_over_fills_it() -> None:
    early = duty("a", "agent", 480, 1000)
    assert gaps(early, agents=1) == [("agent", 1, 0)]
    assert gaps(early, duty("b", "agent", 1000, 1200), agents=1) == []
    assert gaps(early, duty("b", "agent", 1001, 1200), agents=1) == [("agent", 1, 0)]


def test_one_person_at_two_places_is_told() -> None:
    twice = roster(duty("a", "lead", 480, 1200), duty("a", "agent", 1100, 1300, shift="x"))
    [clash] = twice.clashes()
    assert (clash.person_id, clash.first.role, clash.second.role) == ("a", "lead", "agent")
    assert roster(duty("a", "lead", 480, 1200), duty("a", "agent", 1200, 1300)).clashes() == []


def test_a_short_duty_within_a_long_one_hides_no_later_clash() -> None:
    found = roster(duty("a", "lead", 0, 600), duty("a", "agent", 60, 120), duty("a", "standby", 300, 400)).clashes()
    assert [one.second.role for one in found] == ["agent", "standby"]


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25), DAY])
@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN], ids=str)
def test_shifts_of_the_whole_day_leave_no_gap_and_no_clash(day: date, zone: ZoneInfo) -> None:
    days = [day + timedelta(days=n) for n in (-1, 0, 1)]
    full = [
        duty("ab"[n], "lead", *shift.minutes, day=one, shift=shift.id)
        for one in days for n, shift in enumerate(SHIFTS)
    ]  # fmt: skip
    needs = tuple(shift.model_copy(update={"agents": 0, "standby": 0}) for shift in SHIFTS)
    made = Roster(PEOPLE, full, needs, zone)
    assert made.gaps(days[0], days[-1]) == [] and made.clashes() == []


@given(
    st.lists(st.integers(0, 1439), min_size=1, max_size=6, unique=True), st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/Santiago"), ZoneInfo("Australia/Lord_Howe")]),
    st.floats(0, 86_399),
)  # fmt: skip
def test_shifts_that_follow_each_other_tile_every_day(
    starts: list[int], day: date, zone: ZoneInfo, into: float
) -> None:
    """However the day is cut, and wherever clocks are changed: one shift and one lead at every moment."""
    starts.sort()
    ends = [*starts[1:], starts[0] + 1440]
    days = [day + timedelta(days=n) for n in (-1, 0, 1)]
    duties = [
        duty(PEOPLE[n].id, "lead", start, end, day=one)
        for one in days for n, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]  # fmt: skip
    moment = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() + into
    assert len(Roster(PEOPLE, duties, (), zone).now(moment).lead) == 1
