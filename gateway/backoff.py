"""When to try again: exponential with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).

Full jitter spreads those who failed together over the whole span, so that a receiver that comes back is not met by
all of them at once.
"""

from __future__ import annotations

import random

_TOO_FAR = 64  # doublings beyond which a float would only overflow


def span(attempt: int, *, first_s: float, factor: float = 2.0, most_s: float) -> float:
    """The longest wait after the ``attempt``-th failure in a row (from 1), in seconds."""
    return min(most_s, first_s * factor ** min(max(attempt, 1) - 1, _TOO_FAR))


def next_try(
    attempt: int, now: float, rng: random.Random, *, first_s: float, factor: float = 2.0, most_s: float
) -> float:
    """The time of the next try after the ``attempt``-th failure in a row: anywhere in the span from now."""
    return now + rng.uniform(0.0, span(attempt, first_s=first_s, factor=factor, most_s=most_s))
