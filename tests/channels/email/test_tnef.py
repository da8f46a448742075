"""winmail.dat. Its contents stand in the corpus."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.email.charsets import Charsets
from gateway.channels.email.tnef import Winmail, is_tnef, read_tnef
from tests.channels.email.cases.file_cases import CODEPAGE, RENDER, _attribute, _properties, _property, tnef

EMBEDDED = bytes.fromhex("0703020000000000c000000000000046")


def read(data: bytes) -> Winmail:
    return read_tnef(data, Charsets(set()))


@given(st.binary(max_size=400), st.integers(0, 3))
@settings(deadline=None)
def test_any_stream_is_read(data: bytes, start: int) -> None:
    heads = (
        b"",
        b"\x78\x9f\x3e\x22\0\0",
        b"\x78\x9f\x3e\x22\0\0\x01\x03\x90\x06\0\xff\0\0\0",
        b"\x78\x9f\x3e\x22\0\0" + RENDER,
    )
    assert isinstance(read(heads[start] + data), Winmail)


@given(st.integers(0, 400))
@settings(deadline=None)
def test_a_stream_cut_anywhere_gives_what_came_before(end: int) -> None:
    whole = tnef(CODEPAGE, RENDER, _attribute(2, 0x00018010, b"a.txt\0"), _attribute(2, 0x0006800F, b"x" * 300))
    found = read(whole[:end])
    assert len(found.files) <= 1
    assert found.whole == (end >= len(whole)) or end in _ends(whole)


def _ends(whole: bytes) -> set[int]:
    sizes = [len(CODEPAGE), len(RENDER), 11 + 6, 11 + 300]
    return {6 + sum(sizes[:number]) for number in range(1, 5)}


def test_an_embedded_message_gives_its_words_and_files() -> None:
    inner = tnef(
        _attribute(1, 0x00018004, b"inner\0"),
        _attribute(1, 0x0002800C, b"words\0"),
        RENDER,
        _attribute(2, 0x0006800F, b"y"),
    )
    data = _property(0x102, 0x3701, EMBEDDED + inner).replace(b"\x02\x01\x01\x37", b"\x0d\x00\x01\x37")
    found = read(tnef(RENDER, _attribute(2, 0x00069005, _properties(data))))
    assert [(one.name, one.body) for one in found.files] == [("inner.txt", b"words"), ("", b"y")]


def test_named_and_multiple_properties_are_stepped_over() -> None:
    named = b"\x03\x00\x01\x80" + bytes(16) + b"\0\0\0\0\1\0\0\0" + b"\7\0\0\0"
    many = b"\x1f\x10\x02\x00\x02\0\0\0" + b"\4\0\0\0a\0b\0" + b"\2\0\0\0c\0\0\0"
    body = _property(0x1F, 0x1000, "路灯\0".encode("utf-16-le"))
    assert read(tnef(_attribute(1, 0x00069003, _properties(named, many, body)))).text == "路灯"


def test_the_signature_tells() -> None:
    assert is_tnef(tnef())
    assert not is_tnef(b"PK")
