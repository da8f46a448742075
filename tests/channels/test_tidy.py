"""Whatever a platform sends comes out as something that can be kept."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.tidy import degrees_of, digest_of, moment_of, named_id, number_of, text_of

ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.text())
)


@given(ANYTHING)
def test_nothing_raises_and_texts_can_be_stored(value: object) -> None:
    assert "\x00" not in text_of(value)
    text_of(value).encode("utf-8")
    number_of(value)
    degrees_of(value, value)
    assert moment_of(value, 1e9)[0] <= 1e9 + 86_400


def test_half_an_emoji_becomes_a_question_mark() -> None:
    assert text_of(json.loads('"a\\ud83d"')) == "a?"
    assert text_of("好😀") == "好😀"
    assert text_of("a\x00b") == "ab"


def test_a_text_is_bounded() -> None:
    assert text_of("abcdef", 3) == "abc"


@pytest.mark.parametrize(
    ("east", "north", "found"),
    [
        ("110.3", "20.0", (110.3, 20.0)),
        (110.3, 20.0, (110.3, 20.0)),
        ("181", "20", None),
        ("110", "91", None),
        ("nan", "20", None),
        (0, 0, None),
        ("", None, None),
        (True, 20, None),
    ],
)
def test_degrees_are_possible_ones(east: object, north: object, found: object) -> None:
    assert degrees_of(east, north) == found


def test_a_time_that_cannot_be_is_when_it_came_in() -> None:
    assert moment_of("1700000000", 1_700_000_100.0) == (1_700_000_000.0, True)
    assert moment_of("99999999999", 1_700_000_100.0) == (1_700_000_100.0, False)
    assert moment_of(0, 5.0) == (5.0, False)


def test_digests_tell_lists_of_parts_apart() -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc")
    assert digest_of("a") == digest_of(b"a")


def test_a_named_id_is_always_the_same_and_a_uuid() -> None:
    assert named_id("k", "n") == named_id("k", "n") != named_id("k", "m")
    assert UUID(named_id("k")).version == 8
