"""RTF."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.email.rtf import decompressed, text_of_rtf
from tests.channels.email.cases.file_cases import HELLO_RTF


def test_the_example_of_the_specification_is_unpacked() -> None:
    assert decompressed(HELLO_RTF) == rb"{\rtf1\ansi\ansicpg1252\pard hello world}" + b"\r\n"


@given(st.binary(max_size=400))
def test_any_bytes_can_be_unpacked_and_read(data: bytes) -> None:
    head = struct.pack("<II", len(data), 5000) + b"LZFu" + bytes(4)
    assert len(decompressed(head + data)) <= 5000
    text_of_rtf(data).encode()


@given(
    st.lists(
        st.sampled_from(
            [b"{", b"}", b"\\par", b"\\u-9 ?", b"\\'b7", b"\\*", b"\\fonttbl", b"\\uc0 ", b"x", b"\\", b"\\bin9 "]
        ),
        max_size=40,
    )
)
@settings(deadline=None)
def test_any_structure_has_a_text(pieces: list[bytes]) -> None:
    text_of_rtf(b"".join(pieces)).encode()


def test_words_signs_and_skipped_groups() -> None:
    source = (
        rb"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\'cb\'ce;}}{\*\htmltag <p>}\'c2\'b7\par\tab {\b x\{\}\\}\u28783?\line y}"
    )
    assert text_of_rtf(source) == "路\n\tx{}\\灯\ny"
