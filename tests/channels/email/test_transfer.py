"""Transfer encodings."""

from __future__ import annotations

import base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.transfer import from_base64, from_quoted, kind_of_encoding, split_uu, undo


@given(st.binary(max_size=1000))
def test_what_is_encoded_is_read_back(data: bytes) -> None:
    assert undo(base64.encodebytes(data), "base64") == (data, False)
    assert undo(data, "8bit") == (data, False)


@given(st.text(max_size=300))
def test_quoted_printable_is_read_back(text: str) -> None:
    data = text.replace("\r", "").encode()
    assert from_quoted(quopri.encodestring(data)) == data


@given(st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable", "x-uuencode", "x-what", ""]))
def test_any_bytes_can_be_undone(data: bytes, name: str) -> None:
    assert isinstance(undo(data, name)[0], bytes)


@given(st.binary(min_size=30, max_size=300), st.integers(0, 3))
def test_base64_loses_nothing_but_what_was_cut(data: bytes, lost: int) -> None:
    coded = base64.b64encode(data).rstrip(b"=")
    found, _ = from_base64(coded[: len(coded) - lost])
    assert data.startswith(found)
    assert len(found) >= len(data) - 3 - lost


def uuencoded(name: str, body: bytes) -> bytes:
    lines = b"".join(binascii.b2a_uu(body[at : at + 45]) for at in range(0, len(body), 45))
    return b"begin 644 %s\n%s`\nend" % (name.encode(), lines)


@given(
    st.lists(
        st.tuples(st.text(st.sampled_from("abc中"), min_size=1, max_size=9), st.binary(min_size=1, max_size=200)),
        max_size=3,
    )
)
def test_uuencoded_files_are_taken_out_of_the_text(files: list[tuple[str, bytes]]) -> None:
    blocks = [uuencoded(name, body) for name, body in files]
    rest, found = split_uu(b"\n".join([b"before", *blocks, b"after"]))
    assert found == [(name.encode(), body) for name, body in files]
    assert rest.split() == [b"before", b"after"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Base64", "base64"),
        ("bse64", "base64"),
        ("quoted_printable", "quoted-printable"),
        ("x-uue", "uuencode"),
        ("8-bit", "identity"),
        ("", "identity"),
        ("binary", "identity"),
        ("x-token", ""),
    ],
)
def test_names(name: str, kind: str) -> None:
    assert kind_of_encoding(name) == kind


def test_a_block_without_end_stays_text() -> None:
    assert split_uu(b"begin 644 a\nM123") == (b"begin 644 a\nM123", [])
