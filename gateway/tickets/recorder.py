"""The recorder: takes changes of calls from the live side, in order, and makes them durable.

Bounded: when the ledger is slow the live side waits, and with it the reading of Asterisk's events, instead of memory
growing. Stubborn: a ledger that fails is asked again with growing pauses and nothing is dropped; only a change that
fails alone while its neighbours succeed is set aside, loudly, so that one bad row cannot stop the hotline's record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from gateway.model.records import CallChange
from gateway.tickets.calls import CallBook
from gateway.tickets.ports import Ledger

_log = structlog.get_logger(__name__)

_BATCH = 500
_GATHER_S, _BUSY_GATHER_S = 0.05, 1.0
"""Seconds to gather a batch after its first change: neighbours share a commit, and the feed is this much later. The
longer one when the shorter has brought _BUSY changes (some 40 calls a second): nobody waits to be told that a call's
row is kept, and a call that moves on meanwhile is saved once instead of at every step."""
_BUSY = 8


_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_TRIES_ALONE = 3


class Recorder:
    """One writer for all changes of calls. ``pending`` is what is not yet durable; ``set_aside`` should stay 0."""

    def __init__(
        self,
        ledger: Ledger,
        book: CallBook,
        bound: int = 10_000,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """At most ``bound`` changes wait; ``sleep`` passes the time while a batch is gathered."""
        self._ledger = ledger
        self._book = book
        self._sleep = sleep
        self._queue: asyncio.Queue[CallChange] = asyncio.Queue(bound)
        self.written = 0
        self.failures = 0
        self.set_aside = 0
        self._busy = 0

    @property
    def pending(self) -> int:
        """Changes taken but not yet durable."""
        return self._queue.qsize() + self._busy

    async def put(self, changes: Sequence[CallChange]) -> None:
        """Take changes in order, frozen by the caller; waits while the ledger is behind by the bound."""
        for change in changes:
            if self._queue.full():
                await self._queue.put(change)
            else:
                self._queue.put_nowait(change)

    async def run(self) -> None:
        """Write until cancelled. Cancel only after ``drain`` to lose nothing."""
        while True:
            batch = [await self._queue.get()]
            await self._gather()
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            self._busy = len(batch)
            await self._write(batch)
            self._busy = 0
            for _ in batch:
                self._queue.task_done()

    async def _gather(self) -> None:
        """Let neighbours come: not when a batch is there already, longer when they come thick."""
        if self._queue.qsize() < _BATCH:
            await self._sleep(_GATHER_S)
        if _BUSY <= self._queue.qsize() < _BATCH:
            await self._sleep(_BUSY_GATHER_S - _GATHER_S)

    async def drain(self, limit_s: float) -> bool:
        """Wait until all taken changes are durable; False when that took longer than ``limit_s``."""
        try:
            async with asyncio.timeout(limit_s):
                await self._queue.join()
        except TimeoutError:
            return False
        return True

    async def _write(self, batch: list[CallChange]) -> None:
        pause = _FIRST_PAUSE_S
        tries = 0
        while True:
            try:
                await self._ledger.write(lambda tx: self._book.write(tx, batch))
            except Exception as error:
                self.failures += 1
                tries += 1
                _log.error("calls.write_failed", error=str(error), changes=len(batch), pause_s=pause)
                if len(batch) > 1 and tries >= _TRIES_ALONE and await self._ledger.healthy():
                    for change in batch:
                        await self._write([change])
                    return
                if len(batch) == 1 and tries >= _TRIES_ALONE and await self._ledger.healthy():
                    self.set_aside += 1
                    _log.critical(
                        "calls.set_aside", call_id=batch[0].call.call_id, kind=batch[0].kind, error=str(error)
                    )
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                self.written += len(batch)
                return
