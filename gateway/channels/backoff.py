"""When to try again: exponential backoff with jitter, until a limit of days. Pure; shared by everything that goes out.

Jitter spreads what failed together: after an hour's outage of a platform its thousand deliveries must not come back in
the same second ("full jitter", M. Brooker, AWS Architecture Blog, 2015).
"""

from __future__ import annotations

import random

from gateway.backoff import span


def next_try(
    attempt: int,
    now: float,
    rng: random.Random,
    *,
    first_s: float,
    factor: float,
    most_s: float,
    began: float,
    give_up_after_s: float,
    after_s: float | None = None,
) -> float | None:
    """When try ``attempt + 1`` is due (epoch seconds), None when it is time to give up.

    ``attempt`` counts the tries already made, from 1. The pause is drawn evenly between half of ``first_s`` and
    ``first_s * factor ** (attempt - 1)``, at most ``most_s``. ``after_s`` is what the other side asked for
    (Retry-After): never sooner. Trying ends ``give_up_after_s`` after ``began``; the last try falls on that moment.
    """
    end = began + give_up_after_s
    if now >= end:
        return None
    cap = span(attempt, first_s=first_s, factor=factor, most_s=most_s)
    pause = rng.uniform(min(first_s / 2, cap), cap)
    if after_s is not None and after_s > pause:
        asked = now + after_s
        return asked if asked <= end else None
    return min(now + pause, end)
