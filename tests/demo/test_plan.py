"""The play is the same for the same seed, and every call in it can be found again."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.demo import plan
from gateway.demo.plan import Wishes, delays_ms, even_period_ms, mark_of, plan_calls, seat_rows, weights

ENTRIES = {"12345": 0.7, "12315": 0.3}


def test_the_same_seed_gives_the_same_play():
    wishes = Wishes(rate=2, minutes=1, seed=7)
    assert plan_calls(wishes, ENTRIES, "1aa") == plan_calls(wishes, ENTRIES, "1aa")
    assert plan_calls(wishes, ENTRIES, "1aa") != plan_calls(Wishes(rate=2, minutes=1, seed=8), ENTRIES, "1aa")


def test_arrivals_have_the_rate_asked_for_and_gaps_like_chance():
    calls = plan_calls(Wishes(rate=5, calls=5000), ENTRIES, "1aa")
    assert calls[-1].at_s == pytest.approx(1000, rel=0.1)
    gaps = [b.at_s - a.at_s for a, b in itertools.pairwise(calls)]
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert spread / mean == pytest.approx(1.0, abs=0.1)  # an exponential's spread is its mean; an even pace has none


def test_numbers_marks_and_masked_marks_are_unique_in_a_run():
    calls = plan_calls(Wishes(rate=10, calls=3000), ENTRIES, "9zz")
    for one in (lambda c: c.number, lambda c: c.mark, lambda c: c.masked_mark):
        assert len({one(call) for call in calls}) == 3000


def test_both_behaviours_and_both_entries_come_up_in_their_shares():
    calls = plan_calls(Wishes(rate=10, calls=4000), ENTRIES, "1aa")
    assert sum(c.behaviour == "gives_up" for c in calls) / 4000 == pytest.approx(0.125, abs=0.03)
    assert sum(c.entry == "12345" for c in calls) / 4000 == pytest.approx(0.7, abs=0.04)


@given(st.integers(0, plan.MOST_CALLS - 1))
def test_a_mark_is_masked_to_run_and_number(n):
    mark = mark_of("1ab", n)
    call = plan.PlannedCall(mark, "13800000000", "12345", 0, "patient", 1)
    assert call.masked_mark[:3] == "1ab" and call.masked_mark[-4:] == mark[-4:]
    assert int(mark[-4:], 36) == n


@pytest.mark.parametrize("run", ["", "abc", "1", "1abc", "1-a"])
def test_a_run_whose_marks_could_not_be_told_is_refused(run):
    with pytest.raises(ValueError, match="run"):
        mark_of(run, 1)


def test_a_drawn_run_name_can_be_used():
    assert all(mark_of(plan.run_name(random.Random(seed)), 0) for seed in range(100))


@given(st.lists(st.floats(0.001, 30), min_size=1, max_size=60))
def test_delays_bring_every_call_to_its_moment_and_none_is_negative(gaps):
    at, calls = 0.0, []
    for gap in gaps:
        at += gap
        calls.append(plan.PlannedCall("m", "n", "e", at, "patient", 1))
    period = even_period_ms(calls)
    lead, delays = delays_ms(calls, period)
    assert min(delays) >= 0
    assert lead == 0 or min(delays) == 0
    for i, (call, delay) in enumerate(zip(calls, delays, strict=True)):
        assert i * period + delay - lead == round(call.at_s * 1000)


def test_most_calls_go_to_12345_and_the_rest_is_shared():
    assert weights(["12315", "12345", "12333"]) == {"12345": 0.7, "12315": 0.15, "12333": 0.15}
    assert weights(["961017"]) == {"961017": 1.0}
    with pytest.raises(ValueError, match="entry"):
        weights([])


def test_seats_mostly_pick_up_and_talk_about_as_long_as_asked():
    rows = [(int(ring), int(talk)) for ring, talk in seat_rows(Wishes(talk_s=10), 3000)]
    answered = [ring for ring, _ in rows if ring < 60_000]
    assert 0.93 < len(answered) / 3000 < 0.99 and max(answered) <= 4000
    assert sum(talk for _, talk in rows) / 3000 == pytest.approx(10_000, rel=0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seats": 0},
        {"rate": 0},
        {"rate": 101},
        {"minutes": 0},
        {"minutes": 111},
        {"calls": -1},
        {"talk_s": 0},
        {"calls": 2000, "rate": 0.1},
    ],
)
def test_impossible_wishes_are_named(wrong):
    assert Wishes(**wrong).wrong()
    assert not Wishes().wrong()
