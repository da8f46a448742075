"""Identifiers and how new ones are made.

Asterisk's own identifiers are kept as they are: a call is its ``Linkedid``, a leg its ``Uniqueid``. What we name
ourselves is either a number that people read out (ticket number) or a time-ordered UUID (RFC 9562, version 7), so that
rows made together lie together.
"""

from __future__ import annotations

import time
from datetime import date
from functools import lru_cache
from typing import NewType

from gateway.model.entropy import random_bytes

CallId = NewType("CallId", str)
LegId = NewType("LegId", str)
SeatId = NewType("SeatId", str)
AgentId = NewType("AgentId", str)
QueueId = NewType("QueueId", str)
TicketNo = NewType("TicketNo", str)

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""RFC 9562's variant bits, 10, over the first two of a random digit."""


def new_id() -> str:
    """A fresh UUID version 7 (RFC 9562 section 5.7) as lower-case text: sorts by creation time to the millisecond."""
    chance = random_bytes(10).hex()
    head = _millisecond(time.time_ns() // 1_000_000)
    return f"{head}{chance[:3]}-{_VARIANT[chance[3]]}{chance[4:7]}-{chance[8:]}"


@lru_cache(8)
def _millisecond(ms: int) -> str:
    """How ids of this millisecond begin. Remembered: several are made in one."""
    text = f"{ms & 0xFFFFFFFFFFFF:012x}"
    return f"{text[:8]}-{text[8:]}-7"


@lru_cache(8)
def day_text(day: date) -> str:
    """A day as ticket numbers have it: ``20261121``. Remembered: all of a day's tickets ask for the same."""
    return f"{day:%Y%m%d}"


def ticket_no(area: str, day: date, n: int) -> TicketNo:
    """The number citizens read out: area code, day of the hall, running number, as ``460000-20261121-0000001``.

    Raises ValueError when ``n`` is outside 1 to 9,999,999 or the area is not six digits (GB/T 2260).
    """
    if not 1 <= n <= 9_999_999:
        raise ValueError(f"running ticket number {n} is outside 1 to 9999999")
    if len(area) != 6 or not (area.isascii() and area.isdigit()):
        raise ValueError(f"area code {area!r} is not six digits (GB/T 2260)")
    return TicketNo(f"{area}-{day_text(day)}-{n:07d}")
