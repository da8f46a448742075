"""The expected wait: against a simulated day beside app_queue's own announcement, against the same hall played many
times, and at its edges."""

from __future__ import annotations

import heapq
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.kpi.wait import AgentNow, HandlingTimes, Patience, expected_waits
from tools.queue_day import DayPlan, QueueDay

TALKING = [AgentNow("talking", 15.0 * n) for n in range(1, 11)]


def known(talks: list[float], wrap_s: float = 20.0) -> HandlingTimes:
    handling = HandlingTimes()
    for talk in talks:
        handling.add(talk, wrap_s)
    return handling


@pytest.mark.parametrize("seed", [1, 2])
def test_mean_error_over_a_simulated_day_is_at_most_half_of_app_queues_announcement(seed: int) -> None:
    day = QueueDay(seed, DayPlan(calls=2_000)).run()
    ours, theirs = day.errors()
    assert len(day.told) > 2_000
    assert max(day.waited) > 120.0, "a day on which nobody waits shows nothing"
    assert ours <= theirs / 2.0


def test_expectation_is_neither_too_long_nor_too_short() -> None:
    told = [one for one in QueueDay(2, DayPlan(calls=2_000)).run().told if one.came is not None]
    for least, most in ((10.0, 30.0), (30.0, 90.0), (90.0, 400.0)):
        group = [one for one in told if least <= one.ours < most]
        came = sum(one.came or 0.0 for one in group)
        assert sum(one.ours for one in group) == pytest.approx(came, rel=0.25), (least, most, len(group))


def played(talks: list[float], ahead: int, rate: float, dice: Random) -> float:
    """One course of things: what the caller behind ``ahead`` others waits for one of TALKING."""
    ends = []
    for agent in TALKING:
        ends.append(dice.choice([one for one in talks if one > agent.seconds]) - agent.seconds + 20.0)
    heapq.heapify(ends)
    for _ in range(ahead):
        if dice.expovariate(rate) > ends[0]:
            heapq.heapreplace(ends, ends[0] + 4.0 + dice.choice(talks) + 20.0)
    return ends[0] + 4.0


@pytest.mark.parametrize("ahead", [0, 1, 4, 9, 24])
@pytest.mark.parametrize("rate", [1e-9, 1 / 240], ids=["patient", "hangs up"])
def test_expectation_is_the_mean_of_what_comes_when_the_hall_is_played_many_times(ahead: int, rate: float) -> None:
    dice = Random(5)
    talks = [dice.lognormvariate(4.8, 0.7) + 1.0 for _ in range(400)] + [900.0]
    mean = sum(played(talks, ahead, rate, dice) for _ in range(800)) / 800
    found = expected_waits(TALKING, known(talks), [float(ahead)], hang_up_rate=rate)[0]
    assert found == pytest.approx(mean, rel=0.1)


def test_caller_with_a_ready_agent_waits_for_the_answer_alone_and_nobody_knows_without_agents() -> None:
    handling = HandlingTimes()
    agents = [AgentNow("ready"), AgentNow("ringing"), *TALKING]
    waits = expected_waits(agents, handling, [0.0, 1.0, 2.0], answer_s=4.0)
    assert waits[:2] == [4.0, 4.0]
    assert waits[2] is not None and waits[2] > 8.0
    assert expected_waits([], handling, [0.0, 1.0]) == [None, None]
    assert expected_waits(agents, handling, []) == []


def test_wrap_up_that_is_nearly_over_is_worth_nearly_nothing() -> None:
    waits = expected_waits([AgentNow("wrapping", 3.0)], HandlingTimes(), [0.0], answer_s=4.0)
    assert waits[0] == pytest.approx(7.0, abs=1.5 * 180 * 5 / 28)  # a step of the integral's grid is the error
    soon, late = (
        expected_waits([*TALKING, AgentNow("wrapping", left)], HandlingTimes(), [0.0])[0] or 0.0 for left in (1.0, 15.0)
    )
    assert soon < late


def test_agent_who_still_talks_cannot_be_free_before_the_wrap_up() -> None:
    waits = expected_waits([AgentNow("talking", 500.0)] * 50, known([60.0] * 50, wrap_s=30.0), [0.0], answer_s=4.0)
    assert waits[0] is not None and waits[0] >= 30.0


def test_who_hangs_up_in_front_shortens_the_wait_and_the_share_of_patience_is_learnt() -> None:
    handling = known([120.0, 180.0, 240.0] * 30)
    patient, leaving = (expected_waits(TALKING, handling, [20.0], hang_up_rate=rate)[0] or 0.0 for rate in (0.0, 0.01))
    assert leaving < 0.7 * patient
    patience = Patience(mean_s=600.0)
    dice = Random(7)
    for _ in range(3_000):
        holds, reached = dice.expovariate(1 / 90.0), dice.uniform(5.0, 120.0)
        patience.add(5.0 + min(holds, reached), lost=holds < reached)
    assert patience.mean == pytest.approx(90.0, rel=0.25)
    before = patience.rate
    patience.add(3.0, lost=True)  # dialled wrongly
    assert patience.rate == before


def test_share_of_talks_beyond_a_time_falls_from_one_and_never_reaches_zero() -> None:
    handling = known([10.0, 20.0, 30.0])
    shares = [handling.over(seconds) for seconds in (-1.0, 0.0, 5.0, 15.0, 25.0, 35.0, 500.0, 5_000.0)]
    assert shares[0] == 1.0
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] > 0.0
    assert shares[3] == pytest.approx((2 + 0.9) / 4, abs=0.05)


def test_old_calls_make_room_for_new_ones() -> None:
    handling = HandlingTimes(talk_s=100.0, wrap_s=10.0, size=50)
    for _ in range(50):
        handling.add(1_000.0, 60.0)
    for _ in range(50):
        handling.add(50.0, 5.0)
    handling.add(0.0, 60.0)
    assert handling.talk == pytest.approx((50 * 50 + 100) / 51)
    assert handling.wrap == pytest.approx((50 * 5 + 10) / 51)
    assert handling.mean == handling.talk + handling.wrap


AGENTS = st.lists(
    st.builds(AgentNow, st.sampled_from(["ready", "ringing", "talking", "wrapping"]), st.floats(0.0, 7_200.0)),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(
    AGENTS, st.lists(st.floats(0.1, 9_000.0), max_size=30), st.lists(st.floats(0, 60), max_size=12), st.floats(0, 0.1)
)
def test_any_hall_has_finite_waits_that_rise_with_the_place(
    agents: list[AgentNow], talks: list[float], ahead: list[float], rate: float
) -> None:
    waits = expected_waits(agents, known(talks), sorted(ahead), hang_up_rate=rate)
    assert len(waits) == len(ahead)
    if not agents:
        assert all(one is None for one in waits)
        return
    seconds = [one for one in waits if one is not None]
    assert len(seconds) == len(ahead)
    assert all(0.0 <= one < 1e7 for one in seconds)
