"""The bell that wakes feed streams: rung by the ledger after each commit, it holds only the last sequence.

A stream that is slow misses rings, never events: it reads them from the ledger, from its own cursor.
"""

from __future__ import annotations

import asyncio


class FeedBell:
    """Rung in the event loop with the feed's last sequence; waited on by any number of streams."""

    def __init__(self) -> None:
        self.last = 0
        self.closed = False
        self._rung = asyncio.Event()

    def ring(self, sequence: int) -> None:
        self.last = max(self.last, sequence)
        self._wake()

    def close(self) -> None:
        """Wake everybody for the last time: the gateway is stopping."""
        self.closed = True
        self._wake()

    async def beyond(self, mark: int, timeout_s: float) -> bool:
        """Wait until something later than ``mark`` was committed (True), or the time is up or we close (False)."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.last <= mark and not self.closed:
                    await self._rung.wait()
        except TimeoutError:
            return False
        return not self.closed

    def _wake(self) -> None:
        woken, self._rung = self._rung, asyncio.Event()
        woken.set()
