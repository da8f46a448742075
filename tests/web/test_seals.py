"""A seal is recognised only whole, only under its key, and only for its purpose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.seals import Seal

KEY = b"k" * 32


@given(st.recursive(st.text() | st.integers(-(2**53), 2**53), lambda inner: st.lists(inner, max_size=4)))
def test_what_was_sealed_comes_back(value: object) -> None:
    seal = Seal(KEY, "form")
    assert seal.open(seal.close(value)) == value


@given(st.text(max_size=80))
def test_any_other_text_opens_nothing(text: str) -> None:
    assert Seal(KEY, "form").open(text) is None


def test_another_purpose_key_or_letter_opens_nothing() -> None:
    sealed = Seal(KEY, "form").close([1, "a"])
    assert Seal(KEY, "upload").open(sealed) is None
    assert Seal(b"j" * 32, "form").open(sealed) is None
    assert Seal(KEY, "form").open("X" + sealed) is None


def test_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(b"short", "form")
