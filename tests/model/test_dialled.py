from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.dialled import national


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("13812345678", "13812345678"), ("+8613812345678", "13812345678"), ("008613812345678", "13812345678"),
        ("013812345678", "13812345678"), ("+86 138-1234-5678", "13812345678"), ("+8689865321234", "089865321234"),
        ("+861065321234", "01065321234"), ("+864008812345", "4008812345"), ("+8612345", "12345"),
        ("0898-65321234", "089865321234"), ("12345", "12345"), ("anonymous", ""), ("", ""), ("138;1", ""), ("+1", ""),
    ],
)  # fmt: skip
def test_one_telephone_is_one_number_however_it_is_written(written: str, dialled: str) -> None:
    assert national(written) == dialled


@settings(deadline=None)
@given(st.text(max_size=30))
def test_what_is_no_number_is_nobody(text: str) -> None:
    found = national(text)
    assert found == "" or (found.isascii() and found.isdigit())
    assert national(found) == found
