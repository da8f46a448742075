"""Encoded words."""

from __future__ import annotations

import base64
from email.header import Header, decode_header, make_header
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.email.charsets import Charsets
from gateway.channels.email.words import from_base64, raw_text, read_field, read_words

TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=120)


def read(text: str) -> str:
    return read_words(text, Charsets(set()))


@given(TEXT)
@settings(deadline=None)
def test_what_the_standard_library_encodes_is_read_back(text: str) -> None:
    encoded = Header(text, "utf-8").encode()
    assert read(encoded.replace("\n", "")) == str(make_header(decode_header(encoded)))


@given(
    st.text(st.sampled_from("路灯不亮请修理龙昆北路ab 1"), min_size=1, max_size=60),
    st.lists(st.integers(0, 200), max_size=5),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_words_cut_at_any_byte_are_joined(text: str, cuts: list[int], charset: str) -> None:
    text = f"x{text}x"
    data = text.encode(charset)
    ends = sorted({min(one, len(data)) for one in cuts} | {0, len(data)})
    pieces = [data[one:two] for one, two in pairwise(ends)]
    words = "\t ".join(f"=?{charset}?B?{base64.b64encode(piece).decode()}?=" for piece in pieces)
    assert read(words) == text


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_field_is_one_line_of_text(data: bytes) -> None:
    text = read_field(data, Charsets(set()))
    text.encode()
    assert "\n" not in text


def test_raw_bytes_are_read_by_the_charset_that_the_mail_uses() -> None:
    flags: set[str] = set()
    charsets = Charsets(flags)
    charsets.hint = "big5"
    assert raw_text("關於路燈".encode("big5"), charsets) == "關於路燈"
    assert flags == {"header_repaired"}


def test_base64_of_any_length_has_bytes() -> None:
    assert [from_base64("QUJDRA"[:length]) for length in range(7)] == [b"", b"", b"A", b"AB", b"ABC", b"ABC", b"ABCD"]
