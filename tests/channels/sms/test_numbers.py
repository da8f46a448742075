"""One spelling for one person, and no SMS to machines and landlines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.numbers import can_receive, folded


@pytest.mark.parametrize(
    "written",
    [
        "13812345678",
        "+8613812345678",
        "008613812345678",
        "8613812345678",
        "+86 138-1234-5678",
        "１３８１２３４５６７８",
    ],
)
def test_a_mainland_mobile_has_one_spelling(written: str) -> None:
    assert folded(written) == "13812345678"


@pytest.mark.parametrize(
    ("written", "kept"),
    [("+85291234567", "85291234567"), ("0085291234567", "85291234567"), ("10086", "10086"), ("8610086", "8610086"),
     ("", ""), ("BANK", "BANK"), ("089866668888", "089866668888")],
)  # fmt: skip
def test_other_numbers_keep_their_digits(written: str, kept: str) -> None:
    assert folded(written) == kept


@pytest.mark.parametrize("number", ["13812345678", "19912345678", "85291234567", "79161234567"])
def test_mobiles_can_receive(number: str) -> None:
    assert can_receive(number)


@pytest.mark.parametrize(
    "number",
    ["10086", "12345", "95588", "1069012345", "106575258192144", "089866668888", "4008123123", "", "BANK",
     "12812345678", "955881234567", "1381234567"],
)  # fmt: skip
def test_machines_and_landlines_cannot(number: str) -> None:
    assert not can_receive(number)


@given(st.text(max_size=60))
def test_any_text_folds_to_something_that_can_be_kept(number: str) -> None:
    assert len(folded(number).encode()) <= 128


@given(st.from_regex(r"(\+|00)?[1-9][0-9 -]{2,18}[0-9]", fullmatch=True))
def test_folding_a_number_twice_changes_nothing_more(number: str) -> None:
    assert folded(folded(number)) == folded(number)
