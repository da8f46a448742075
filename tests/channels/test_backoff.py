"""The schedule of retries: bounded below and above, jittered, ending at its limit."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.backoff import next_try

DAY = 86_400.0


def _next(attempt: int, now: float, seed: int = 0, after_s: float | None = None) -> float | None:
    return next_try(
        attempt,
        now,
        random.Random(seed),
        first_s=20,
        factor=3,
        most_s=4 * 3600,
        began=0,
        give_up_after_s=3 * DAY,
        after_s=after_s,
    )


def _of(attempt: int, seed: int) -> float:
    due = _next(attempt, 0, seed)
    assert due is not None
    return due


@given(st.integers(1, 10_000), st.floats(0, 3 * DAY - 1), st.integers(0, 1000))
def test_a_pause_lies_between_half_the_first_and_the_cap(attempt: int, now: float, seed: int) -> None:
    due = _next(attempt, now, seed)
    assert due is not None
    assert now + min(10, 3 * DAY - now) - 1e-3 <= due <= now + 4 * 3600
    assert due <= 3 * DAY
    if attempt < 5:
        assert due <= now + 20 * 3 ** (attempt - 1) + 1e-3


def test_pauses_grow_and_differ() -> None:
    early, late = [_of(1, seed) for seed in range(200)], [_of(5, seed) for seed in range(200)]
    assert sum(late) > 20 * sum(early)
    assert len(set(late)) == 200
    assert max(late) - min(late) > 1000, "spread over the whole range, not around its end"


def test_the_last_try_falls_on_the_limit_and_then_it_is_given_up() -> None:
    assert _next(50, 3 * DAY - 1) == 3 * DAY
    assert _next(50, 3 * DAY) is None
    assert _next(1, 5 * DAY) is None


def test_what_the_other_side_asked_for_is_kept() -> None:
    assert _next(1, 100, after_s=7200) == 7300
    assert _of(9, 3) == _next(9, 0, 3, after_s=1), "a shorter wish does not shorten the pause"
    assert _next(1, 3 * DAY - 60, after_s=7200) is None, "beyond the limit there is nothing to wait for"


@given(st.integers(0, 12), st.integers(0, 50))
def test_a_whole_schedule_ends_and_tries_at_least_a_dozen_times(seed: int, salt: int) -> None:
    rng, now, tries = random.Random(seed * 1000 + salt), 0.0, 0
    while True:
        tries += 1
        due = next_try(tries, now, rng, first_s=20, factor=3, most_s=14_400, began=0, give_up_after_s=3 * DAY)
        if due is None:
            break
        assert due > now
        now = due
    assert now == 3 * DAY
    assert 12 < tries < 200
