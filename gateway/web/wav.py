"""WAV files as Asterisk's MixMonitor writes them, as far as a page needs them: how long, and how loud over time.

The length in the head of a file that is still being written is nought; then the file's own size counts. Only plain
16-bit samples are read (format codes 1 and, for ``WAVE_FORMAT_EXTENSIBLE``, 0xFFFE); all else is ``NotWav``.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_HEAD = struct.Struct("<4sI4s")
_CHUNK = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
_PCM, _EXTENSIBLE = 1, 0xFFFE
_MOST_CHUNKS = 50
"""Chunks before the samples: a file of ours has one."""
LOOKED_AT = 1_500_000
"""Samples looked at for one picture: three minutes whole, of longer files every so many. It bounds the work."""
_FULL = 32_768


class NotWav(Exception):
    """Not a file of 16-bit samples; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Where the samples of a file lie. ``frames`` are samples of each channel, ``rate`` a second."""

    rate: int
    channels: int
    first: int
    frames: int

    @property
    def seconds(self) -> float:
        return self.frames / self.rate


def read_head(file: BinaryIO, size: int) -> Sound:
    """The sound of an open file of ``size`` bytes. Raises NotWav and OSError."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or _HEAD.unpack(head)[::2] != (b"RIFF", b"WAVE"):
        raise NotWav("no RIFF/WAVE at its beginning")
    form: tuple[int, int] | None = None
    at = _HEAD.size
    for _ in range(_MOST_CHUNKS):
        raw = file.read(_CHUNK.size)
        if len(raw) < _CHUNK.size:
            raise NotWav("it ends before the samples")
        name, length = _CHUNK.unpack(raw)
        at += _CHUNK.size
        if name == b"data":
            return _sound(form, at, length, size)
        if name == b"fmt ":
            form = _format(file.read(_FORMAT.size))
        at += length + length % 2
        file.seek(at)
    raise NotWav("no samples among its chunks")


def _format(raw: bytes) -> tuple[int, int]:
    if len(raw) < _FORMAT.size:
        raise NotWav("its format is cut off")
    code, channels, rate, _, _, bits = _FORMAT.unpack(raw)
    if code not in (_PCM, _EXTENSIBLE) or bits != 16 or not (1 <= channels <= 8 and 1000 <= rate <= 192_000):
        raise NotWav(f"format {code} with {bits} bits, {channels} channels, {rate} Hz")
    return rate, channels


def _sound(form: tuple[int, int] | None, first: int, length: int, size: int) -> Sound:
    if form is None:
        raise NotWav("samples before their format")
    rate, channels = form
    there = max(0, size - first)
    # 0 and 0xFFFFFFFF: whoever writes does not know yet
    used = there if length in (0, 0xFFFFFFFF) else min(length, there)
    return Sound(rate, channels, first, used // (2 * channels))


def read_peaks(path: Path, buckets: int = 1000) -> tuple[float, list[int]]:
    """Seconds and the loudest of each bucket, 0 to 100 (of full scale). Not for the event loop. Raises NotWav,
    OSError."""
    with path.open("rb") as file:
        sound = read_head(file, path.stat().st_size)
        buckets = min(buckets, sound.frames)
        step = max(1, sound.frames // LOOKED_AT)
        peaks = []
        for n in range(buckets):
            begin, end = sound.frames * n // buckets, sound.frames * (n + 1) // buckets
            file.seek(sound.first + begin * 2 * sound.channels)
            peaks.append(_loudest(file.read((end - begin) * 2 * sound.channels), step * sound.channels))
    return sound.seconds, peaks


def _loudest(raw: bytes, step: int) -> int:
    samples = array("h")
    samples.frombytes(raw[: len(raw) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    some = samples[::step]
    if not some:
        return 0
    highest, lowest = max(some), min(some)
    return min(100, round(100 * max(highest, -lowest) / _FULL))
