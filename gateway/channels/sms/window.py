"""What waits for the carrier's answer: at most so many messages at once, each sent again when its answer stays away.

The rule is CMPP 3.0, 7.1 (SMGP has the same): a message without an answer after T seconds is sent again at once, and
when it has been sent N times in all without one, sending stops; W messages may be under way (T = 60, N = 3, W = 16).
A repeat bears the sequence number of the first, which lets the carrier see that it is one; whether it looks is its own
affair, so a repeat may reach the citizen twice. That is the standard's choice, and ours: a lost answer is worse.
Pure: the time comes as a parameter, in seconds of any clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(slots=True)
class Waiting(Generic[Item]):
    """One message under way. ``sends`` counts how often it was sent in all, on this connection and before."""

    item: Item
    octets: bytes
    due: float
    sends: int


class Window(Generic[Item]):
    """``size`` is W, ``answer_s`` T, ``tries`` N."""

    def __init__(self, size: int, answer_s: float, tries: int) -> None:
        self._size, self._answer_s, self._tries = size, answer_s, tries
        self._waiting: dict[int, Waiting[Item]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def room(self) -> int:
        """How many more may be sent now."""
        return self._size - len(self._waiting)

    def put(self, sequence: int, item: Item, octets: bytes, now: float, sent_before: int = 0) -> None:
        """It is being sent. The caller has looked for room."""
        self._waiting[sequence] = Waiting(item, octets, now + self._answer_s, sent_before + 1)

    def peek(self, sequence: int) -> Waiting[Item] | None:
        """What waits under this number; None for a late or a second answer."""
        return self._waiting.get(sequence)

    def take(self, sequence: int) -> Waiting[Item] | None:
        """Its answer has come: it waits no more."""
        return self._waiting.pop(sequence, None)

    def overdue(self, now: float) -> tuple[list[bytes], list[Item]]:
        """What must be sent again now, and what is given up: sent N times, no answer."""
        again, given_up = [], []
        for sequence in [number for number, one in self._waiting.items() if one.due <= now]:
            one = self._waiting[sequence]
            if one.sends >= self._tries:
                del self._waiting[sequence]
                given_up.append(one.item)
                continue
            one.sends += 1
            one.due = now + self._answer_s
            again.append(one.octets)
        return again, given_up

    def next_due(self) -> float | None:
        """When ``overdue`` has something to say."""
        return min((one.due for one in self._waiting.values()), default=None)

    def clear(self) -> Iterator[Waiting[Item]]:
        """All that is still under way, oldest first, and nothing is any more: the connection has ended."""
        waiting, self._waiting = self._waiting, {}
        yield from waiting.values()


class Pace:
    """Our own limit of messages a second (the carrier's contract names one): evenly spaced, with a burst of ``burst``
    after a rest. ``per_second`` 0: none.
    """

    def __init__(self, per_second: float, burst: int = 1) -> None:
        self._gap = 1.0 / per_second if per_second else 0.0
        self._slack = self._gap * (burst - 1)
        self._free_at = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds until one more may be sent; 0 when now."""
        return max(0.0, self._free_at - self._slack - now)

    def sent(self, now: float) -> None:
        """One is being sent now."""
        self._free_at = max(now, self._free_at) + self._gap
