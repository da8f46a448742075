"""WAV files are read for length and loudness, also while they are written, and nothing else passes for one."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.wav import LOOKED_AT, NotWav, read_head, read_peaks
from tests.web.sounds import RATE, silence, tone, wav


def kept(folder: Path, data: bytes) -> Path:
    path = folder / "a.wav"
    path.write_bytes(data)
    return path


def test_length_and_loudness_are_those_of_the_sound(tmp_path: Path) -> None:
    seconds, peaks = read_peaks(kept(tmp_path, wav(tone(1, 0.5) + silence(1) + tone(2, 1.0))), 40)
    assert seconds == 4.0
    assert len(peaks) == 40
    assert all(49 <= one <= 50 for one in peaks[:10])
    assert peaks[10:20] == [0] * 10
    assert all(one >= 99 for one in peaks[20:])


@pytest.mark.parametrize("said", [0, 0xFFFFFFFF])
def test_a_file_that_is_being_written_is_as_long_as_it_is(tmp_path: Path, said: int) -> None:
    assert read_peaks(kept(tmp_path, wav(tone(1), data_bytes=said)))[0] == 1.0


def test_what_the_head_says_is_not_believed_beyond_the_end(tmp_path: Path) -> None:
    assert read_peaks(kept(tmp_path, wav(tone(1), data_bytes=10**9)))[0] == 1.0


def test_other_chunks_before_the_samples_are_passed_over(tmp_path: Path) -> None:
    odd = struct.pack("<4sI", b"LIST", 3) + b"abc\0"
    assert read_peaks(kept(tmp_path, wav(tone(0.5), extra=odd)))[0] == 0.5


def test_a_recording_of_nothing_has_no_length(tmp_path: Path) -> None:
    assert read_peaks(kept(tmp_path, wav(silence(0)))) == (0.0, [])


def test_a_long_file_is_looked_at_here_and_there(tmp_path: Path) -> None:
    long = silence((LOOKED_AT * 3) // RATE)
    long[::7] = tone(1)[3:4] * len(long[::7])
    seconds, peaks = read_peaks(kept(tmp_path, wav(long)), 100)
    assert round(seconds) == LOOKED_AT * 3 // RATE and len(peaks) == 100 and min(peaks) > 0


@pytest.mark.parametrize(
    ("at", "value"), [(20, 6), (22, 0), (24, 10), (34, 8)], ids=["a-law", "no channel", "10 Hz", "8 bits"]
)
def test_another_format_is_refused(at: int, value: int) -> None:
    data = bytearray(wav(tone(0.1)))
    data[at : at + 2] = struct.pack("<H", value)
    if at == 24:
        data[26:28] = b"\0\0"
    with pytest.raises(NotWav, match="format"):
        read_head(io.BytesIO(bytes(data)), len(data))


def test_samples_before_their_format_are_refused() -> None:
    data = b"RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd"
    with pytest.raises(NotWav, match="before their format"):
        read_head(io.BytesIO(data), len(data))


def test_a_file_of_nothing_but_chunks_is_given_up() -> None:
    data = b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 60
    with pytest.raises(NotWav, match="no samples"):
        read_head(io.BytesIO(data), len(data))


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for one in (data, b"RIFF" + data, wav(tone(0.01))[: len(data)] + data, b"RIFF\0\0\0\0WAVE" + data):
        try:
            sound = read_head(io.BytesIO(one), len(one))
        except NotWav:
            continue
        assert 0 <= sound.frames * 2 * sound.channels <= len(one)
