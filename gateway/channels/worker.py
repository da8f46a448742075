"""The loop under everything that is done when it is due: rounds that begin work, woken by a bell or by the clock.

A round reads what is due from the ledger, which is the only list there is: nothing is queued in memory, so nothing is
lost with it. Work runs beside the loop in one TaskGroup, bounded by the rounds themselves.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

_PAUSE_AFTER_TROUBLE_S = 2.0
_LEAST_S = 0.01
"""Rounds begin no sooner one after the other: a hundred messages that come at once ring a hundred times."""

_log = structlog.get_logger(__name__)


class Worker(ABC):
    """Put ``run`` into a TaskGroup; before cancelling it, ``drain`` lets what is under way come to its end.

    ``troubles`` counts rounds and pieces of work that failed for a reason of ours (they are logged and tried again).
    """

    def __init__(self) -> None:
        self.troubles = 0
        self._woken = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._draining = False

    @property
    def in_flight(self) -> int:
        return len(self._under_way)

    def wake(self) -> None:
        """Something may be due. Call it in the event loop; again does no harm."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled. The ledger being away is waited out."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            now = asyncio.get_running_loop().time
            while True:
                self._woken.clear()
                began = now()
                await self._wait(await self._guarded_round())
                if (early := began + _LEAST_S - now()) > 0:
                    await asyncio.sleep(early)  # what rings meanwhile is one round

    async def once(self) -> None:
        """One round to its end, with all that it began: for tools and tests, not beside ``run``."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            await self._round()

    async def drain(self, limit_s: float) -> bool:
        """Begin nothing more and wait for what is under way. True when nothing is left."""
        self._draining = True
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=limit_s)
        return not self._under_way

    @abstractmethod
    async def _round(self) -> float:
        """Begin what is due and may begin; return how many seconds the next round may wait at most."""

    def _begin(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        assert self._group is not None
        task = self._group.create_task(self._watched(work, name), name=name)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self.wake()

    async def _watched(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        """One piece that fails must not take the others along: its row is still due and comes again."""
        try:
            await work()
        except Exception:
            self.troubles += 1
            _log.exception("work_failed", work=name)

    async def _guarded_round(self) -> float:
        if self._draining:
            return 3600.0
        try:
            return await self._round()
        except OSError as error:  # the ledger is away
            _log.warning("round_waits", worker=type(self).__name__, error=str(error))
        except Exception:
            _log.exception("round_failed", worker=type(self).__name__)
        self.troubles += 1
        return _PAUSE_AFTER_TROUBLE_S

    async def _wait(self, longest_s: float) -> None:
        try:
            async with asyncio.timeout(longest_s):
                await self._woken.wait()
        except TimeoutError:
            return
