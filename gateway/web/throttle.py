"""How often a log-in may be tried: a few failures are free, then each one doubles the wait, for the login and for the
address it comes from. Pure but for the clock that it is given; bounded in memory.

An attempt counts against its login before the password is looked at, so that a hundred parallel guesses are not a
hundred first guesses. Against the address only failures count: a whole shift may log in from behind one router.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Count:
    failures: int
    last: float


class _Ladder:
    """Failures by key, and the wait that they bring."""

    def __init__(self, free: int, first_s: float, most_s: float, window_s: float, keys: int) -> None:
        self._free, self._first_s, self._most_s, self._window_s, self._keys = free, first_s, most_s, window_s, keys
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        count = self._counts.get(key)
        if count is None or count.failures < self._free:
            return 0.0
        if now - count.last > self._window_s:
            del self._counts[key]
            return 0.0
        # the exponent is bounded: 2**1000 times anything is no wait a float can hold
        delay = min(self._most_s, self._first_s * 2.0 ** min(count.failures - self._free, 32))
        return max(0.0, count.last + delay - now)

    def add(self, key: str, now: float) -> None:
        count = self._counts.pop(key, None)
        if count is None or now - count.last > self._window_s:
            count = _Count(0, now)
        count.failures, count.last = count.failures + 1, now
        self._counts[key] = count
        while len(self._counts) > self._keys:
            self._counts.popitem(last=False)

    def forget(self, key: str) -> None:
        self._counts.pop(key, None)


class LoginThrottle:
    """``clock`` is monotonic seconds. ``keys`` bounds how many logins, and how many addresses, are remembered."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        login_free: int,
        address_free: int,
        first_s: float,
        most_s: float,
        window_s: float,
        keys: int = 10_000,
    ) -> None:
        self._clock = clock
        self._logins = _Ladder(login_free, first_s, most_s, window_s, keys)
        self._addresses = _Ladder(address_free, first_s, most_s, window_s, keys)

    def attempt(self, login: str, address: str) -> float:
        """Seconds to wait before this attempt may be made; 0 means go on, and the attempt is counted."""
        now = self._clock()
        wait = max(self._logins.wait(login, now), self._addresses.wait(address, now))
        if wait == 0.0:
            self._logins.add(login, now)
        return wait

    def failed(self, address: str) -> None:
        self._addresses.add(address, self._clock())

    def succeeded(self, login: str) -> None:
        self._logins.forget(login)
