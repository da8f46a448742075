"""Any text of a citizen becomes text that both databases keep, and clean text stays as it is."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.texts import dumps, storable


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_clean_text_is_untouched(text: str) -> None:
    assert storable(text) == text


@given(st.text(st.sampled_from(["a", "中", "\0", "\ud800", "\udfff", "\U0001f600"])))
def test_any_text_becomes_storable_and_keeps_its_length(text: str) -> None:
    kept = storable(text)
    assert len(kept) == len(text)
    assert "\0" not in kept
    assert kept.encode().decode() == kept


def test_json_with_lone_surrogates_is_cleaned_at_every_depth() -> None:
    value = {"a\ud800": ["\udc00", ("中",), {"n": 1}]}
    assert orjson.loads(dumps(value)) == {"a\ufffd": ["\ufffd", ["中"], {"n": 1}]}


def test_what_is_not_json_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        dumps({"x": object()})
