"""Not more mails a minute to one domain than it likes: QQ and 163 put off who sends faster, and then all of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

_MINUTE_S = 60.0
_MANY = 1000
"""Domains above which those that were not written to for a minute are forgotten."""


class Pace:
    """Counts exactly: never more than the limit in any 60 seconds. ``limits`` by domain in lower case."""

    def __init__(self, limits: Mapping[str, int], usual: int, monotonic: Callable[[], float]) -> None:
        self._limits, self._usual, self._monotonic = dict(limits), usual, monotonic
        self._sent: dict[str, deque[float]] = {}

    def wait_s(self, domain: str) -> float:
        """0.0 when a mail may go to the domain now, which counts it; else the seconds until one may."""
        now = self._monotonic()
        if len(self._sent) > _MANY:
            self._sent = {name: times for name, times in self._sent.items() if now - times[-1] < _MINUTE_S}
        times = self._sent.setdefault(domain, deque())
        while times and now - times[0] >= _MINUTE_S:
            times.popleft()
        if len(times) >= self._limits.get(domain, self._usual):
            return max(0.1, _MINUTE_S - (now - times[0]))
        times.append(now)
        return 0.0
