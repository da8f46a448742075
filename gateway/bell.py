"""The bell that wakes those who follow the feed: rung after each commit, it holds only the last sequence.

A follower that is slow misses rings, never events: it reads them from its own cursor. ``gather_s`` keeps many waiters
from being woken for every single event: the first ring after a silence wakes at once, further ones together. While
nobody waits there is no gathering either, so that a commit that nobody follows wakes nothing.
"""

from __future__ import annotations

import asyncio


class FeedBell:
    """Rung in the event loop with the feed's last sequence; waited on by any number of followers.

    ``last`` is the sequence of the latest waking, at most ``gather_s`` seconds behind the latest ring.
    """

    def __init__(self, gather_s: float = 0.0) -> None:
        self.last = 0
        self.closed = False
        self._gather_s = gather_s
        self._heard = 0
        self._woke_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._rung = asyncio.Event()
        self._waiting = 0

    def ring(self, sequence: int) -> None:
        """Something was committed. Wakes now, or with the others that come within the gathering time."""
        self._heard = max(self._heard, sequence)
        self._tell()

    def _tell(self) -> None:
        if self._heard <= self.last or self._timer is not None:
            return
        if self._gather_s <= 0:
            self._wake()
            return
        loop = asyncio.get_running_loop()
        wait = self._woke_at + self._gather_s - loop.time()
        if wait <= 0:
            self._wake()
        elif self._waiting:
            self._timer = loop.call_later(wait, self._wake)

    def close(self) -> None:
        """Wake everybody for the last time: the gateway is stopping."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._wake()

    async def beyond(self, mark: int, timeout_s: float) -> bool:
        """Wait until something later than ``mark`` was committed (True), or the time is up or we close (False)."""
        self._waiting += 1
        self._tell()
        try:
            async with asyncio.timeout(timeout_s):
                while self.last <= mark and not self.closed:
                    await self._rung.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return not self.closed

    def _wake(self) -> None:
        self._timer = None
        self.last = self._heard
        if self._gather_s > 0:
            self._woke_at = asyncio.get_running_loop().time()
        woken, self._rung = self._rung, asyncio.Event()
        woken.set()
