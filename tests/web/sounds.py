"""WAV files for tests, as MixMonitor writes them: 8 kHz, 16 bits, one channel."""

from __future__ import annotations

import math
import struct
from array import array

RATE = 8000


def wav(samples: array[int], *, data_bytes: int | None = None, extra: bytes = b"") -> bytes:
    """A file of these samples; ``data_bytes`` is what the head says of their length, ``extra`` chunks before them."""
    raw = samples.tobytes()
    said = len(raw) if data_bytes is None else data_bytes
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    body = b"WAVE" + form + extra + struct.pack("<4sI", b"data", said) + raw
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def tone(seconds: float, loud: float = 0.5, hertz: float = 440.0) -> array[int]:
    step, top = 2 * math.pi * hertz / RATE, loud * 32767
    return array("h", (int(top * math.sin(step * n)) for n in range(int(seconds * RATE))))


def silence(seconds: float) -> array[int]:
    return array("h", bytes(2 * int(seconds * RATE)))
