"""Sums of whole numbers, and percentiles from counts by bucket."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kpi.sums import (
    ANSWERED_WAITS,
    FIELDS,
    LOST_WAITS,
    Sums,
    add,
    bucket_s,
    flat,
    of_flat,
    percentile,
    total,
    wait_bucket,
)

WAITS = st.lists(st.integers(0, 4_000_000), min_size=1, max_size=60)
SUMS = st.dictionaries(st.integers(0, 40), st.integers(-1_000, 1_000).filter(bool), max_size=8)


def counted(waits: list[int], first: int = ANSWERED_WAITS) -> Sums:
    return total({first + wait_bucket(ms): 1} for ms in waits)


@given(st.lists(SUMS, max_size=6))
def test_parts_add_up_in_any_order_and_what_is_taken_away_is_gone(parts: list[Sums]) -> None:
    whole = total(parts)
    assert whole == total(reversed(parts))
    for part in parts:
        add(whole, part, -1)
    assert whole == {}


@given(SUMS)
def test_sums_are_kept_and_found_again(sums: Sums) -> None:
    assert of_flat(flat(sums)) == sums
    assert flat(sums)[::2] == sorted(sums)


def test_buckets_rise_and_begin_where_they_say() -> None:
    edges = [0, 99, 100, 99_999, 100_000, 100_999, 101_000, 999_999, 1_000_000, 1_009_999, 1_010_000, 10**9]
    found = [wait_bucket(ms) for ms in edges]
    assert found == sorted(found)
    assert [bucket_s(one) for one in found[:-1]] == [0, 0, 0.1, 99.9, 100, 100, 101, 999, 1000, 1000, 1010]
    assert wait_bucket(-5) == 0
    assert all(bucket_s(one) < bucket_s(two) for one, two in pairwise(sorted(set(found))))


@given(WAITS)
def test_a_percentile_is_the_true_one_within_what_is_promised(waits: list[int]) -> None:
    true = sorted(waits)[math.ceil(0.95 * len(waits)) - 1] / 1000
    told = percentile(counted(waits), 0.95, ANSWERED_WAITS)
    assert told is not None and told <= true
    assert true - told < (0.1 if true < 100 else max(1.0, true * 0.01))


@pytest.mark.parametrize("tenths", [0, 1, 3, 7, 23, 149, 150, 151, 999])
def test_full_tenths_of_a_second_are_exact(tenths: int) -> None:
    assert percentile(counted([tenths * 100] * 3), 0.95, ANSWERED_WAITS) == tenths / 10


def test_answered_and_lost_are_told_apart_and_together() -> None:
    sums = total([counted([1_000] * 19), counted([60_000], LOST_WAITS)])
    assert percentile(sums, 0.95, ANSWERED_WAITS) == 1.0
    assert percentile(sums, 0.95, LOST_WAITS) == 60.0
    assert percentile(sums, 0.95, ANSWERED_WAITS, LOST_WAITS) == 1.0  # rank 19 of 20
    assert percentile(sums, 0.96, ANSWERED_WAITS, LOST_WAITS) == 60.0
    assert percentile({}, 0.95, ANSWERED_WAITS) is None


def test_fields_are_never_mistaken_for_waits() -> None:
    assert len(FIELDS) == len(set(FIELDS)) < ANSWERED_WAITS
