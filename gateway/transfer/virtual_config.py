"""The table [virtual] of config/gateway.toml: the numbers that the carrier leads to us for virtual numbers (虚拟短号).

A pool is written as ranges, because carriers lease numbers by the hundred, and the dialplan takes it as patterns: one
for each run of digits, never one for each number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from gateway.schema import Dialable, Strict

LARGEST_POOL = 10_000

NumberRange = Annotated[
    str,
    Field(pattern=r"^[0-9]{3,16}(-[0-9]{3,16})?$", description='a number, or a range as "089866001000-089866001099"'),
]


class VirtualConfig(Strict):
    """``hours`` is how long a binding lasts, ``most_hours`` how long one may be asked for; ``quarantine_hours`` how
    long a number rests before it stands for somebody else, so that a late call back reaches no stranger. ``shown``:
    which number the other side sees: the virtual one, by which they can call back, or the hotline's. ``ring_s`` is
    how long the other side may ring, in seconds.
    """

    numbers: tuple[NumberRange, ...] = ()
    hours: int = Field(default=72, ge=1, le=2160)
    most_hours: int = Field(default=720, ge=1, le=8760)
    quarantine_hours: int = Field(default=168, ge=1, le=8760)
    per_ticket: int = Field(default=3, ge=1, le=20)
    shown: Literal["virtual", "hotline"] = "virtual"
    hotline: Dialable | Literal[""] = ""
    ring_s: int = Field(default=45, ge=5, le=180)

    @field_validator("numbers")
    @classmethod
    def _ranges_fit(cls, ranges: tuple[str, ...]) -> tuple[str, ...]:
        total, seen = 0, list[tuple[str, str]]()
        for one in ranges:
            first, last = bounds(one)
            if len(first) != len(last) or first > last:
                raise ValueError(f'"{one}" is no range: both ends have the same number of digits, the first is smaller')
            if any(len(first) == len(a) and first <= b and a <= last for a, b in seen):
                raise ValueError(f'"{one}" overlaps another range')
            seen.append((first, last))
            total += int(last) - int(first) + 1
        if total > LARGEST_POOL:
            raise ValueError(f"{total} numbers are more than {LARGEST_POOL}")
        return ranges

    @model_validator(mode="after")
    def _agrees(self) -> VirtualConfig:
        if self.hours > self.most_hours:
            raise ValueError(f"hours = {self.hours} is more than most_hours = {self.most_hours}")
        if self.shown == "hotline" and not self.hotline:
            raise ValueError('shown = "hotline" needs the key hotline, one of our entry numbers')
        return self

    def pool(self) -> Iterator[str]:
        """Every number, in the order of the ranges."""
        for one in self.numbers:
            first, last = bounds(one)
            for number in range(int(first), int(last) + 1):
                yield f"{number:0{len(first)}d}"

    def has(self, number: str) -> bool:
        return any(len(a) == len(number) and a <= number <= b for a, b in map(bounds, self.numbers))

    def patterns(self) -> Iterator[str]:
        """The pool as extensions of Asterisk's dialplan: ``_8986600100X``, or the number itself."""
        for one in self.numbers:
            for pattern in _patterns(*bounds(one)):
                yield f"_{pattern}" if re.search(r"[X\[]", pattern) else pattern


def bounds(one: str) -> tuple[str, str]:
    first, _, last = one.partition("-")
    return first, last or first


def _patterns(first: str, last: str) -> Iterator[str]:
    """The numbers from first to last (same length) as patterns of X and [a-b]."""
    if first == last:
        yield first
        return
    same = next(i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b)
    head, low, high = first[:same], int(first[same]), int(last[same])
    rest_first, rest_last = first[same + 1 :], last[same + 1 :]
    rest = len(rest_first)
    if rest_first != "0" * rest:
        yield from (f"{head}{low}{tail}" for tail in _patterns(rest_first, "9" * rest))
        low += 1
    ends_apart = rest_last != "9" * rest
    if ends_apart:
        high -= 1
    if low <= high:
        digit = "X" if (low, high) == (0, 9) else str(low) if low == high else f"[{low}-{high}]"
        yield f"{head}{digit}{'X' * rest}"
    if ends_apart:
        yield from (f"{head}{high + 1}{tail}" for tail in _patterns("0" * rest, rest_last))
