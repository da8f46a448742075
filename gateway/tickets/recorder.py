"""The recorder: takes changes of calls from the live side, in order, and makes them durable.

Bounded: when the ledger is slow the live side waits, and with it the reading of Asterisk's events, instead of memory
growing. Stubborn: a ledger that fails is asked again with growing pauses and nothing is dropped; only a change that
fails alone while its neighbours succeed is set aside, loudly, so that one bad row cannot stop the hotline's record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from gateway.model.records import CallChange
from gateway.tickets.calls import CallBook
from gateway.tickets.ports import Ledger, Tx

_log = structlog.get_logger(__name__)

_BATCH = 200
_GATHER_S = 0.05
"""Seconds to gather a batch after its first change: neighbours share a commit, and the feed is this much later."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_TRIES_ALONE = 3


class Recorder:
    """One writer for all changes of calls. ``pending`` is what is not yet durable; ``set_aside`` should stay 0."""

    def __init__(self, ledger: Ledger, book: CallBook, bound: int = 10_000) -> None:
        self._ledger = ledger
        self._book = book
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
            await self._queue.put(change)

    async def run(self) -> None:
        """Write until cancelled. Cancel only after ``drain`` to lose nothing."""
        while True:
            batch = [await self._queue.get()]
            if self._queue.qsize() < _BATCH:
                await asyncio.sleep(_GATHER_S)
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            self._busy = len(batch)
            await self._write(batch)
            self._busy = 0
            for _ in batch:
                self._queue.task_done()

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
                await self._ledger.write(lambda tx: self._all(tx, batch))
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

    async def _all(self, tx: Tx, batch: list[CallChange]) -> None:
        last = {change.call.call_id: index for index, change in enumerate(batch)}
        for index, change in enumerate(batch):
            await self._book.write(tx, change, keep=last[change.call.call_id] == index)
