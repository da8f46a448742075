"""Tones: what each telephone of a test says, and which of them are in what it hears (G.711 A-law, 8 kHz)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

TONES: Mapping[str, float] = {"citizen": 600.0, "agent": 900.0, "partner": 1300.0, "second": 1700.0, "lead": 2100.0}
"""Hz of each party's tone: a whole number of periods fits in 20 ms, none is a multiple of another's, and the ringing
tone of the waiting music (450 Hz) is none of them."""

PACKET = 160
"""Samples in 20 ms."""

_RATE = 8000
_LOUD = 6500
_HEARD = 0.25
"""The least share of a tone's full level that counts as hearing it: mixed or resampled it has more than half, and
neither words nor music have as much at one frequency for a third of a second."""


def linear(byte: int) -> int:
    """ITU-T G.711 A-law to a 16-bit sample."""
    byte ^= 0x55
    mantissa, segment = (byte & 0x0F) << 4, (byte & 0x70) >> 4
    value = mantissa + 8 if segment == 0 else (mantissa + 0x108) << (segment - 1)
    return value if byte & 0x80 else -value


LINEAR = tuple(linear(byte) for byte in range(256))


def tone(hz: float) -> bytes:
    """20 ms of a tone at a fifth of full scale, A-law: each sample's nearest code."""
    codes = sorted(range(256), key=LINEAR.__getitem__)
    nearest: dict[int, int] = {}
    for n in range(PACKET):
        wanted = round(_LOUD * math.sin(2 * math.pi * hz * n / _RATE))
        nearest[n] = min(codes, key=lambda code: abs(LINEAR[code] - wanted))
    return bytes(nearest.values())


def tones_in(samples: Sequence[int], but: str = "") -> set[str]:
    """Whose tones are in 16-bit ``samples`` of 8 kHz, without that of ``but``: see ``Phone.hears``."""
    found = {party for party, hz in TONES.items() if party != but and level(samples, hz) > _HEARD}
    if found:
        return found
    loudness = math.sqrt(sum(sample * sample for sample in samples) / max(1, len(samples))) / 32768
    return {"something"} if loudness > 0.003 else set()


def level(samples: Sequence[int], hz: float) -> float:
    """The share of a tone in ``samples``, 1.0 for the tone as it is sent (Goertzel)."""
    turn = 2 * math.cos(2 * math.pi * hz / _RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    power = before * before + last * last - turn * before * last
    return math.sqrt(max(0.0, power)) * 2 / max(1, len(samples)) / _LOUD
