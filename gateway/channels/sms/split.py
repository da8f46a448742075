"""A text of ours cut into short messages for carriers' binary protocols, with the header that joins them again.

A short message is 140 octets on the air: 160 septets or 70 UCS-2 characters. A header of 6 octets (8-bit reference)
leaves 153 septets or 67 characters, one of 7 octets (16-bit) 152 or 66 (3GPP TS 23.040, 9.2.3.24.1 and .8). Neither a
surrogate pair nor an escape with what follows it is ever divided.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.channels.sms.coding import ASCII, Alphabet, Coded, encode
from gateway.channels.sms.port import PartOf
from gateway.channels.sms.udh import header

MOST_PARTS = 255

_ROOM = {ASCII: (160, 153, 152), 8: (140, 134, 132)}
"""By format: alone, with an 8-bit and with a 16-bit reference; septets for 0, octets for 8. (133 octets would be free
beside a 16-bit reference: an odd one is left, so that each part is whole characters.)"""


class TooLong(ValueError):
    """The text needs more parts than a long message may have (255)."""


@dataclass(frozen=True, slots=True)
class Segments:
    """What is sent: ``coding`` is the format field, ``parts`` the user data, each with its header when ``headed``."""

    coding: int
    parts: tuple[bytes, ...]
    headed: bool

    @property
    def total(self) -> int:
        return len(self.parts)


def segments(text: str, reference: int, *, bits: Literal[8, 16] = 8, alphabet: Alphabet = "ascii") -> Segments:
    """Cut a text. ``reference`` (``References``) is used when it needs several parts. Raises TooLong."""
    coded = encode(text, alphabet)
    alone, by_8, by_16 = _ROOM[coded.coding]
    if sum(coded.costs) <= alone:
        return Segments(coded.coding, (b"".join(coded.units),), headed=False)
    bodies = list(_bodies(coded, by_8 if bits == 8 else by_16))
    total = len(bodies)
    if total > MOST_PARTS:
        raise TooLong(f"a text of {total} short messages: {MOST_PARTS} is the most")
    fitting = reference % (1 << bits)
    parts = (header(PartOf(fitting, bits, total, n)) + body for n, body in enumerate(bodies, 1))
    return Segments(coded.coding, tuple(parts), headed=True)


def _bodies(coded: Coded, room: int) -> Iterator[bytes]:
    body, left = bytearray(), room
    for unit, cost in zip(coded.units, coded.costs, strict=True):
        if cost > left:
            yield bytes(body)
            body, left = bytearray(), room
        body += unit
        left -= cost
    yield bytes(body)


class References:
    """Numbers for long messages that do not come again soon, also after a restart.

    They run on from the seconds since 1970: a restarted gateway begins where it would be had it sent one long message
    a second, so a telephone that still waits for a part (a day at most) would have to be hit by chance.
    """

    def __init__(self, start: int | None = None) -> None:
        self._next = itertools.count(int(time.time()) if start is None else start)

    def take(self) -> int:
        """The next one, of 16 bits; ``segments`` takes the low 8 of it where it must."""
        return next(self._next) % 65_536
