"""Masking: the middle is hidden, and no input comes out whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.masking import mask_number, mask_text


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812345678", "138****5678"),
        ("089866123456", "089*****3456"),
        ("66123456", "66****56"),
        ("12345", "***45"),
        ("", ""),
    ],
)
def test_numbers_show_head_and_tail_only(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@given(st.text(alphabet="0123456789+", min_size=3, max_size=24))
def test_no_number_of_three_or_more_comes_out_whole(number: str) -> None:
    assert mask_number(number) != number
    assert len(mask_number(number)) == len(number)


def test_numbers_in_text_are_masked_and_short_ones_left() -> None:
    assert mask_text("请回电13812345678，转12345") == "请回电138****5678，转12345"
    assert mask_text("身份证46000019900101123X") == "身份证460**********1123X"
