"""Framing: any split gives the same frames, any bytes give frames or the wire's own error."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.frames import Frame, FrameReader, WireError, octets_of, pack_frame, text_of

numbers = st.integers(0, 2**32 - 1)
frames = st.lists(st.tuples(numbers, numbers, st.binary(max_size=300)), max_size=8)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(one, len(data)) for one in at), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def read(pieces: list[bytes], **more: int) -> tuple[list[Frame], str]:
    reader, got = FrameReader(**more), []
    try:
        for piece in pieces:
            got += reader.feed(piece)
    except WireError as error:
        return got + list(error.frames), str(error)
    return got, ""


@given(frames, st.lists(st.integers(0, 2000), max_size=20))
def test_however_the_bytes_are_split_the_frames_are_the_same(made: list[tuple[int, int, bytes]], at: list[int]) -> None:
    whole = [pack_frame(*one) for one in made]
    got, error = read(cut(b"".join(whole), at))
    assert error == ""
    assert got == [Frame(command, sequence, raw) for (command, sequence, _), raw in zip(made, whole, strict=True)]


@given(st.lists(st.binary(max_size=40), max_size=10), st.lists(st.integers(0, 400), max_size=10))
def test_any_bytes_give_the_same_frames_and_the_same_error_however_split(pieces: list[bytes], at: list[int]) -> None:
    data = b"".join(pieces)
    assert read(cut(data, at), max_frame=64) == read([data], max_frame=64)


def test_one_octet_at_a_time() -> None:
    data = pack_frame(5, 1, b"body") + pack_frame(8, 2)
    got, _ = read([data[n : n + 1] for n in range(len(data))])
    assert [(one.command, one.sequence, one.raw[12:]) for one in got] == [(5, 1, b"body"), (8, 2, b"")]


@pytest.mark.parametrize(("length", "bound"), [(11, "at least 12"), (0, "at least 12"), (65_537, "at most 65536")])
def test_a_length_that_cannot_be_says_where_and_what(length: int, bound: str) -> None:
    good = pack_frame(8, 1)
    got, error = read([good + struct.pack(">I", length)])
    assert got == [Frame(8, 1, good)]
    assert error == f"octet 12 of the connection: a frame of {length} octets, it has {bound}"


def test_the_longest_frame_is_still_read() -> None:
    whole = pack_frame(5, 1, bytes(65_536 - 12))
    assert read([whole[:40_000], whole[40_000:]])[0] == [Frame(5, 1, whole)]


def test_after_its_error_a_reader_stays_failed() -> None:
    reader = FrameReader()
    for data in (bytes(4), pack_frame(8, 1)):
        with pytest.raises(WireError, match="octet 0"):
            reader.feed(data)


def test_twelve_octets_of_sequence_for_sgip() -> None:
    sequence = 3_010_012_345 << 64 | 1_122_051_407 << 32 | 7
    whole = pack_frame(4, sequence, b"body", sequence_octets=12)
    assert len(whole) == 24
    assert read([whole], sequence_octets=12)[0] == [Frame(4, sequence, whole)]


def test_what_is_not_whole_is_held() -> None:
    reader = FrameReader()
    assert reader.feed(pack_frame(8, 1)[:7]) == []
    assert reader.held == 7


@pytest.mark.parametrize(
    ("octets", "text"),
    [(b"13800\0\0\0", "13800"), (b" 138 \0junk", "138"), (b"", ""), (b"\0\0", ""), (b"\xb0\xa1", "\\xb0\\xa1")],
)
def test_fixed_width_texts(octets: bytes, text: str) -> None:
    assert text_of(octets) == text


@pytest.mark.parametrize("text", ["1234567", "中", "1\0002"])
def test_a_text_that_does_not_fit_names_its_field(text: str) -> None:
    with pytest.raises(ValueError, match="Src_Id: at most 6 ASCII"):
        octets_of(text, 6, "Src_Id")
