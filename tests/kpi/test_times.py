"""Agents' time: each second belongs to exactly one thing that was done, and to its quarter of an hour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kpi.counting import TimeRow
from gateway.kpi.times import AgentTimes, Doing, doing_of

DOINGS: tuple[Doing, ...] = ("idle", "ringing", "talking", "held", "wrap", "outbound", "resting")


def row(quarter: int, agent: str = "1001", **done: int) -> TimeRow:
    return TimeRow(quarter, agent, *(done.get(name, 0) for name in DOINGS))


@pytest.mark.parametrize(
    ("presence", "activity", "doing"),
    [("signed_out", "idle", None), ("ready", "idle", "idle"), ("ready", "reserved", "ringing"),
     ("ready", "three_way", "talking"), ("not_ready", "talking", "talking"), ("not_ready", "idle", "resting"),
     ("wrap_up", "idle", "wrap"), ("wrap_up", "held", "held"), ("not_ready", "outbound", "outbound")],
)  # fmt: skip
def test_what_an_agent_does(presence: str, activity: str, doing: Doing | None) -> None:
    assert doing_of(presence, activity) == doing


def test_time_is_cut_at_quarters_and_told_once() -> None:
    times = AgentTimes()
    times.see("A001", "1001", "idle", 890.0)
    times.see("A001", "1001", "idle", 893.0)
    times.see("A001", "1001", "talking", 905.5)
    assert sorted(times.take(910.0)) == [row(0, idle=10_000), row(1, idle=5_500, talking=4_500)]
    assert times.take(910.0) == []
    assert times.take(911.0) == [row(1, talking=1_000)]


def test_who_signs_out_or_makes_room_for_another_is_done() -> None:
    times = AgentTimes()
    times.see("A001", "1001", "idle", 10.0)
    times.see("A001", "1002", "idle", 20.0)
    times.see("A001", "1002", None, 25.0)
    times.see("A001", "", "idle", 26.0)
    assert sorted(times.take(99.0)) == [row(0, idle=10_000), row(0, "1002", idle=5_000)]
    assert times.now() == {}


def test_what_could_not_be_written_is_written_with_the_next() -> None:
    times = AgentTimes()
    times.see("A001", "1001", "idle", 0.0)
    times.give_back(times.take(10.0))
    assert times.take(12.0) == [row(0, idle=12_000)]


def test_what_comes_late_counts_nothing_twice() -> None:
    times = AgentTimes()
    times.see("A001", "1001", "idle", 0.0)
    times.take(10.0)
    times.see("A001", "1001", "talking", 8.0)
    assert times.take(12.0) == [row(0, talking=2_000)]


def test_a_gap_is_filled_with_what_is_known_of_it() -> None:
    times = AgentTimes()
    times.fill("1001", "idle", 800.0, 1_000.0)
    assert sorted(times.take(1_000.0)) == [row(0, idle=100_000), row(1, idle=100_000)]


@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.sampled_from(("", "1001")), st.sampled_from((*DOINGS, None)),
                  st.floats(0, 500)),
        max_size=25,
    )
)  # fmt: skip
def test_no_time_is_lost_or_made(steps: list[tuple[str, str, Doing | None, float]]) -> None:
    times, at, present, whole = AgentTimes(), 0.0, dict[str, bool](), 0.0
    told: list[TimeRow] = []
    for seat, agent, doing, passed in steps:
        at += round(passed, 3)
        whole += round(passed, 3) * sum(present.values())
        times.see(seat, agent, doing, at)
        present[seat] = bool(agent) and doing is not None
        told += times.take(at)
    assert abs(sum(sum(one[2:]) for one in told) - whole * 1000) <= 2 * len(steps) + 1
