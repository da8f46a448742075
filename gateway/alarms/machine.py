"""The machine under the gateway: what is left of disks, and whether its clock is right.

Asterisk stamps its events, so the clocks are compared with every call: the median of the last samples, which neither
one late frame nor one busy second moves. The kernel knows whether NTP keeps the clock (adjtimex, asked without
changing it).
"""

from __future__ import annotations

import ctypes
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from statistics import median

from gateway.model.facts import CallQueued, Fact, LegAnswered, LegCreated

_SAMPLES, _LEAST = 31, 5
_FRESH_S = 900.0
_STAMPED = (LegCreated, LegAnswered, CallQueued)
"""Facts that come from Asterisk's events alone, with its own stamp."""

_TIMEX_BYTES = 512
_ERROR = 5
"""TIME_ERROR: the clock is not synchronised (adjtimex(2))."""


class ClockSamples:
    """Seconds by which our clock is ahead of Asterisk's (negative: behind), from the stamps of its events."""

    HEARS = _STAMPED

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, float]] = deque(maxlen=_SAMPLES)

    def on_fact(self, fact: Fact) -> None:
        if type(fact) in _STAMPED:
            now = self._clock()
            self._samples.append((now, now - fact.at))

    def offset(self) -> float | None:
        """None without enough calls of late."""
        now = self._clock()
        fresh = [ahead for at, ahead in self._samples if now - at <= _FRESH_S]
        return median(fresh) if len(fresh) >= _LEAST else None


def left_of(path: Path) -> tuple[float, int]:
    """The share that is left, of bytes or of inodes, whichever is less, and the bytes. Raises OSError; may wait for a
    disk that hangs, so not in the loop."""
    found = os.statvfs(path)
    space = found.f_bavail / found.f_blocks if found.f_blocks else 1.0
    inodes = found.f_favail / found.f_files if found.f_files else 1.0
    return min(space, inodes), found.f_bavail * found.f_frsize


def bytes_text(size: int) -> str:
    """12.3 GB."""
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.1f} {unit}" if unit != "B" else f"{size} B"
        amount /= 1024
    return f"{amount:.1f} TB"


def is_synchronised() -> bool | None:
    """Whether NTP keeps the clock; None where the kernel does not say (no Linux, a sandbox)."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    state = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))  # modes 0: only asks
    return None if state < 0 else state != _ERROR
