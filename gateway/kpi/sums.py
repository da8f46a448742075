"""What figures are made of: sums of whole numbers over calls, tickets, transfers and agents' time.

Sums are a mapping from a field's number to a whole number (counts; milliseconds), those that are 0 left out. Whole
numbers add up exactly and in any order, so a sum of parts is the sum of the whole to the last digit. The waits are
in it as well, as counts by bucket (``wait_bucket``), for their percentiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Sums = dict[int, int]

FIELDS = (
    "calls_in", "self_service", "left_in_flow", "requests", "answered", "within_15", "lost_queue", "lost_ringing",
    "lost_no_answer", "lost_full", "lost_no_seat", "lost_timeout", "lost_system", "lost_unseen", "short_abandoned",
    "wait_ms", "wait_answered_ms", "handled", "talk_ms", "hold_ms", "wrap_ms", "out_calls", "out_answered",
    "tickets", "direct", "closed", "rated", "satisfied", "response_due", "response_in_time", "responses",
    "response_ms", "send_due", "sent_in_time", "ticket_handled", "ticket_talk_ms", "ticket_hold_ms", "ticket_wrap_ms",
    "transfers", "transfers_completed", "time_signed", "time_idle", "time_ringing", "time_talking", "time_held",
    "time_wrap", "time_outbound", "time_resting",
)  # fmt: skip
"""Only ever added to at the end: the numbers are kept in the ledger."""

AT: Mapping[str, int] = {name: place for place, name in enumerate(FIELDS)}

ANSWERED_WAITS, LOST_WAITS = 10_000, 20_000
"""From these on: the counts by bucket of the waits of answered and of lost requests."""

_FINE, _MIDDLE = 1_000, 1_900
_LAST = 9_999


def wait_bucket(ms: int) -> int:
    """The bucket of a wait: of 0.1 s below 100 s, of 1 s below 1,000 s, of 10 s above (at most 1 % of the wait)."""
    if ms < 100_000:
        return max(ms, 0) // 100
    if ms < 1_000_000:
        return _FINE + (ms - 100_000) // 1_000
    return min(_MIDDLE + (ms - 1_000_000) // 10_000, _LAST)


def bucket_s(bucket: int) -> float:
    """The shortest wait of a bucket, in seconds."""
    if bucket < _FINE:
        return bucket / 10
    return 100.0 + bucket - _FINE if bucket < _MIDDLE else 1_000.0 + (bucket - _MIDDLE) * 10


def add(into: Sums, more: Mapping[int, int], times: int = 1) -> None:
    """Add ``more`` so many times; -1 takes it away. What comes to 0 is left out again."""
    for field, value in more.items():
        total = into.get(field, 0) + value * times
        if total:
            into[field] = total
        else:
            into.pop(field, None)


def total(parts: Iterable[Mapping[int, int]]) -> Sums:
    whole: Sums = {}
    for part in parts:
        add(whole, part)
    return whole


def flat(sums: Sums) -> list[int]:
    """As a list to keep: field, value, field, value, by field."""
    return [number for field in sorted(sums) for number in (field, sums[field])]


def of_flat(kept: list[Any]) -> Sums:
    return dict(zip(kept[::2], kept[1::2], strict=True))


def percentile(sums: Mapping[int, int], share: float, *of: int) -> float | None:
    """The wait in seconds that ``share`` of the requests did not exceed (nearest rank), from the counts that begin at
    the fields ``of``; None for no requests.

    It is the shortest wait of the bucket that holds the true one: exact for waits in full tenths of a second below
    100 s, else too short by less than 0.1 s (below 100 s) or 1 % (above).
    """
    counts: dict[int, int] = {}
    for first in of:
        for field, count in sums.items():
            if first <= field < first + ANSWERED_WAITS:
                counts[field - first] = counts.get(field - first, 0) + count
    whole = sum(counts.values())
    if not whole:
        return None
    left = -int(-whole * share // 1)
    for bucket in sorted(counts):
        left -= counts[bucket]
        if left <= 0:
            return bucket_s(bucket)
    raise AssertionError("a percentile is within its counts")
