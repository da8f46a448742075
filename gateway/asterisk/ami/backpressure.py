"""A bounded path from the link to a consumer that is a coroutine: batches in order, and when the consumer falls behind,
reading from Asterisk stops until it has caught up. TCP then holds Asterisk back; nothing is lost or put in memory
without bound.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from gateway.asterisk.ami.wire import Frame


class Flow(Protocol):
    """What can be made to stop reading. Every ``pause`` is followed by one ``resume``."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class FrameQueue:
    """Give ``put`` to a Link as its ``frames`` callback, set ``flow`` to the link, and ``await get()`` in one consumer.

    Reading pauses at ``high`` queued frames and resumes at ``low`` (a quarter of it), so the queue holds at most
    ``high`` frames and those of one read (256 KiB). ``pauses`` counts how often that was needed.
    """

    def __init__(self, high: int = 20_000, low: int | None = None) -> None:
        if high < 1:
            raise ValueError("high must be at least 1")
        self.flow: Flow | None = None
        self.pauses = 0
        self._high, self._low = high, high // 4 if low is None else low
        self._batches: deque[tuple[list[Frame], float]] = deque()
        self._size = 0
        self._paused = False
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """Frames that wait."""
        return self._size

    def put(self, frames: list[Frame], at: float) -> None:
        """Queue a batch that was received at ``at``. Never blocks and never refuses."""
        self._batches.append((frames, at))
        self._size += len(frames)
        self._filled.set()
        if self._size >= self._high and not self._paused and self.flow is not None:
            self._paused = True
            self.pauses += 1
            self.flow.pause()

    async def get(self) -> tuple[list[Frame], float]:
        """The next batch and its time; waits until there is one. For a single consumer."""
        while not self._batches:
            self._filled.clear()
            await self._filled.wait()
        frames, at = self._batches.popleft()
        self._size -= len(frames)
        if self._paused and self._size <= self._low and self.flow is not None:
            self._paused = False
            self.flow.resume()
        return frames, at
