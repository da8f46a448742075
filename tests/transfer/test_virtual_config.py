from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.transfer.virtual_config import VirtualConfig


def matched(pattern: str, number: str) -> bool:
    """As Asterisk matches an extension without wildcards."""
    if not pattern.startswith("_"):
        return pattern == number
    return re.fullmatch(pattern[1:].replace("X", "[0-9]"), number) is not None


@settings(deadline=None)
@given(st.integers(0, 9999), st.integers(0, 9999))
def test_the_patterns_match_the_pool_and_nothing_else(a: int, b: int) -> None:
    first, last = sorted((a, b))
    config = VirtualConfig(numbers=(f"66{first:04d}-66{last:04d}",))
    patterns = list(config.patterns())
    for n in {first, last, (first + last) // 2, max(first - 1, 0), min(last + 1, 9999)}:
        number = f"66{n:04d}"
        assert sum(matched(pattern, number) for pattern in patterns) == (first <= n <= last)
        assert config.has(number) == (first <= n <= last)
    assert len(patterns) <= 2 * 9 * 4


def test_a_hundred_is_one_pattern_and_one_number_is_itself() -> None:
    assert list(VirtualConfig(numbers=("089866001000-089866001099", "95012")).patterns()) == ["_0898660010XX", "95012"]


def test_the_pool_keeps_leading_zeros_and_the_order() -> None:
    assert list(VirtualConfig(numbers=("0998-1001", "0555")).pool()) == ["0998", "0999", "1000", "1001", "0555"]


@pytest.mark.parametrize(
    ("ranges", "word"),
    [
        (("100-99",), "pattern"), (("1099-1000",), "no range"), (("100-1000",), "no range"),
        (("1000-1099", "1050"), "overlaps"), (("10000-29999",), "more than"), (("12a4",), "pattern"),
    ],
)  # fmt: skip
def test_a_range_that_is_none_is_refused_with_why(ranges: tuple[str, ...], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        VirtualConfig(numbers=ranges)
