"""Waits grow, are spread over their whole span, and end at their longest."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from gateway.backoff import next_try, span


def test_spans_double_up_to_the_longest() -> None:
    spans = [span(n, first_s=5, most_s=3600) for n in range(1, 13)]
    assert spans[:4] == [5, 10, 20, 40] and spans[-1] == 3600
    assert span(0, first_s=5, most_s=3600) == 5


@given(st.integers(0, 10**9), st.integers())
def test_the_next_try_lies_within_the_span_and_never_in_the_past(attempt: int, seed: int) -> None:
    at = next_try(attempt, 100.0, random.Random(seed), first_s=5, factor=3, most_s=43_200)
    assert 100.0 <= at <= 100.0 + span(attempt, first_s=5, factor=3, most_s=43_200) <= 43_300


def test_those_who_failed_together_do_not_come_back_together() -> None:
    rng = random.Random(1)
    times = sorted(next_try(5, 0.0, rng, first_s=5, most_s=3600) for _ in range(200))
    assert times[20] < 15 and times[-20] > 65  # of a span of 80 s
