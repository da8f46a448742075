"""The framing that the carriers' binary protocols share: bytes in, frames out, without IO.

CMPP and SMGP begin each frame with twelve octets: total length, command, sequence (all big-endian, the length counts
itself). SGIP's sequence has twelve octets instead of four, so its width is a parameter; SMPP has a status ``between``
command and sequence. What a frame's body means is each protocol's own affair (``cmpp.wire``, ``smgp.wire``,
``smpp.wire``). A body that cannot be read costs only that frame; a length that cannot be true costs the connection,
since nobody knows where the next frame begins.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

MAX_FRAME = 65_536
"""Octets; the longest real one (a SUBMIT to 100 receivers) has 3.5 kB."""

ANSWER = 0x8000_0000
"""The bit of a command that makes it the answer to the command without it."""

_LENGTH = struct.Struct(">I")


class WireError(Exception):
    """What came is not the protocol; the text says what and where. ``frames`` are those that were whole before it."""

    def __init__(self, what: str, frames: Sequence[Frame] = ()) -> None:
        super().__init__(what)
        self.frames = tuple(frames)


class Frame(NamedTuple):
    """One frame: its header read, ``raw`` all its octets with the header."""

    command: int
    sequence: int
    raw: bytes


class FrameReader:
    """Bytes of one connection to frames: the same frames however the bytes are split.

    ``sequence_octets`` is 4, or 12 for SGIP; ``between`` 0, or 4 for SMPP's status. ``feed`` raises WireError for a
    length below the header's or over ``max_frame``; the reader is of no use from then on and raises the same again.
    """

    def __init__(self, max_frame: int = MAX_FRAME, sequence_octets: int = 4, between: int = 0) -> None:
        self._max = max_frame
        self._header = 8 + between + sequence_octets
        self._from, self._to = 8 + between, self._header
        self._held = bytearray()
        self._needed = 4
        self._taken = 0
        self._failed: str | None = None

    @property
    def held(self) -> int:
        """Octets of a frame that is not yet whole."""
        return len(self._held)

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; return the frames that they complete, in order."""
        if self._failed is not None:
            raise WireError(self._failed)
        if self._held:
            self._held += data
            if len(self._held) < self._needed:
                return []
            data = bytes(self._held)
            self._held.clear()
        return self._cut(data)

    def _cut(self, data: bytes) -> list[Frame]:
        frames: list[Frame] = []
        at, end, read = 0, len(data), _LENGTH.unpack_from
        self._needed = 4
        while end - at >= 4:
            length = read(data, at)[0]
            if not self._header <= length <= self._max:
                raise self._error(length, at, frames)
            if end - at < length:
                self._needed = length
                break
            sequence = int.from_bytes(data[at + self._from : at + self._to], "big")
            frames.append(Frame(read(data, at + 4)[0], sequence, data[at : at + length]))
            at += length
        self._taken += at
        self._held += data[at:]
        return frames

    def _error(self, length: int, at: int, frames: list[Frame]) -> WireError:
        bound = f"at most {self._max}" if length > self._max else f"at least {self._header}"
        self._failed = f"octet {self._taken + at} of the connection: a frame of {length} octets, it has {bound}"
        return WireError(self._failed, frames)


def pack_frame(command: int, sequence: int, body: bytes = b"", sequence_octets: int = 4) -> bytes:
    """A whole frame."""
    head = struct.pack(">II", 8 + sequence_octets + len(body), command)
    return head + sequence.to_bytes(sequence_octets, "big") + body


def text_of(octets: bytes) -> str:
    """A fixed-width field as text: up to its first NUL, blanks around it cut, foreign octets made visible."""
    return octets.partition(b"\0")[0].decode("ascii", "backslashreplace").strip()


def octets_of(text: str, width: int, field: str) -> bytes:
    """A text for a fixed-width field, not yet padded (struct does that). Raises ValueError when it does not fit."""
    octets = text.encode("ascii", "strict") if text.isascii() else b""
    if len(octets) != len(text) or len(octets) > width or "\0" in text:
        raise ValueError(f"{field}: at most {width} ASCII characters, not {text[:40]!r}")
    return octets
