"""The capacity rule of the hour: how many lines of a queue are to be manned now, and how many are missing. Pure.

In practice (Liaoyuan's hotline): six lines by day, two by night, and one on standby. Each queue has its own in
config/queues.toml; what is day a calendar of config/calendar.toml says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gateway.seats.config import QueueConfig
from gateway.seats.queues import Queue

Line = Literal["day", "night"]

IsOpen = Callable[[str, float], bool]
"""Whether a calendar is open at a time (epoch seconds)."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """A queue against its rule. ``lines`` is what the rule asks for in this hour, ``planned`` that and the standby
    called in for it; ``short`` how many of ``planned`` nobody is signed in for."""

    line: Line
    lines: int
    planned: int
    standby: int
    signed_in: int
    ready: int
    talking: int
    short: int


def line_of(queue: QueueConfig, at: float, is_open: IsOpen) -> Line:
    """Day while the queue's ``day`` calendar is open; without one it is always day."""
    return "day" if not queue.day or is_open(queue.day, at) else "night"


def lines_of(queue: QueueConfig, at: float, is_open: IsOpen) -> int | None:
    """The lines to be manned at a time, None when the queue has no rule."""
    lines = queue.day_lines if line_of(queue, at, is_open) == "day" else queue.night_lines
    return lines if queue.day_lines or queue.night_lines else None


def capacity_of(queue: Queue, called: int, at: float, is_open: IsOpen) -> Capacity:
    """``called`` is how many of the standby have been called in for this hour."""
    lines = lines_of(queue.config, at, is_open) or 0
    planned = lines + called
    return Capacity(
        line_of(queue.config, at, is_open), lines, planned, queue.config.standby, queue.signed_in, queue.ready,
        queue.talking, max(0, planned - queue.signed_in),
    )  # fmt: skip
