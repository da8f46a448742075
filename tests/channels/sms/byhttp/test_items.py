"""A callback's JSON taken apart: whatever comes, no byte of it is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.byhttp.items import MOST, items_of, text_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def test_an_array_gives_its_objects_each_with_its_own_bytes() -> None:
    body = '[ {"content" : "路灯坏了"} ,\n{"content":"二"}]'.encode()
    first, second = items_of(body)
    assert (first.raw, first.fields) == ('{"content" : "路灯坏了"}'.encode(), {"content": "路灯坏了"})
    assert second.fields == {"content": "二"}


def test_one_object_is_one_piece_and_nothing_is_none() -> None:
    assert [item.fields for item in items_of(b'\xef\xbb\xbf {"a":1}\n')] == [{"a": 1}]
    assert items_of(b"") == items_of(b" \r\n") == items_of(b"[]") == items_of(b" [ ] ") == ()


@pytest.mark.parametrize("body", [b"<html>503</html>", b"null", b'"text"', b"{", b'{"a":1} {"b":2}', b"[" * 100_000])
def test_what_is_no_json_object_is_one_piece_that_nobody_could_read(body: bytes) -> None:
    (item,) = items_of(body)
    assert item.fields is None
    assert item.why
    assert item.raw == body or body.startswith(b"[")


def test_a_poison_piece_does_not_take_those_around_it_along() -> None:
    items = items_of(b'[{"a":1}, 7, {"b":2}]')
    assert [item.fields for item in items] == [{"a": 1}, None, {"b": 2}]


def test_what_stands_before_a_fault_is_taken_and_the_rest_is_kept() -> None:
    first, rest = items_of(b'[{"a":1}, {"b": , {"c":3}]')
    assert first.fields == {"a": 1}
    assert (rest.fields, rest.raw) == (None, b'{"b": , {"c":3}]')


def test_text_behind_the_array_is_kept_too() -> None:
    assert [item.raw for item in items_of(b'[{"a":1}] and more')] == [b'{"a":1}', b"and more"]


def test_gb18030_is_read_and_flagged_and_its_bytes_are_the_original() -> None:
    body = '[{"content":"路灯坏了"}]'.encode("gb18030")
    (item,) = items_of(body)
    assert item.fields == {"content": "路灯坏了"}
    assert item.flags == ("charset_guessed",)
    assert item.raw == body[1:-1]


def test_bytes_of_no_charset_keep_their_place() -> None:
    body = b'[{"content":"a\xff\xffb\x80"}]'
    (item,) = items_of(body)
    assert (item.raw, item.flags) == (body[1:-1], ("undecodable",))
    assert item.fields is not None
    assert text_of(item.fields["content"]) == "a��b�"


def test_more_objects_than_a_vendor_sends_end_in_one_kept_piece() -> None:
    items = items_of(b"[" + b"{}," * (MOST + 5) + b"{}]")
    assert len(items) == MOST + 1
    assert items[-1].fields is None


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_pieces(body: bytes) -> None:
    for item in items_of(body):
        assert item.raw in body
        assert (item.fields is None) == bool(item.why)


@given(JSON)
def test_any_value_is_a_text_that_a_store_takes_or_none(value: object) -> None:
    text = text_of(value)
    if text is not None:
        assert "\x00" not in text.encode().decode()


@pytest.mark.parametrize(
    ("value", "text"),
    [("\ud83d\ude00", "😀"), ("a\ud83d", "a�"), (12, "12"), (True, None), (None, None), ([], None), ("\x00", "�")],
)
def test_half_a_character_and_nul_become_a_mark(value: object, text: str | None) -> None:
    assert text_of(value) == text
