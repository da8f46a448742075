"""A limit that is hardly ever reached, for many runs at once, with one timer for all of them.

``asyncio.timeout`` makes a timer for each run and takes it away again, which was a twentieth of what a call costs in
its flow. Runs under the same limit reach it in the order in which they began, so only the first of them needs a timer.
"""

from __future__ import annotations

import asyncio
from types import TracebackType


class HardLimit:
    """``with limit.run(): ...`` is ended ``seconds`` later, as by ``asyncio.timeout``: its task is cancelled, and the
    block raises TimeoutError.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due: dict[_Run, float] = {}  # the first is due first
        self._loop: asyncio.AbstractEventLoop | None = None  # whose timer is set

    def run(self) -> _Run:
        """One block under the limit, to be entered once, by the task that it is to end."""
        return _Run(self)

    def enter(self, run: _Run, loop: asyncio.AbstractEventLoop) -> None:
        """A run begins. (Called by the run.)"""
        self._due[run] = loop.time() + self.seconds
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(self.seconds, self._look, loop)

    def leave(self, run: _Run) -> None:
        """A run has ended; the timer is left to the others. (Called by the run.)"""
        self._due.pop(run, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the runs whose time is over, and look again when that of the next is."""
        while self._due:
            run, due = next(iter(self._due.items()))
            left_s = due - loop.time()
            if left_s > 0:
                loop.call_later(left_s, self._look, loop)
                return
            del self._due[run]
            run.expire()
        self._loop = None


class _Run:
    """One block under the limit."""

    __slots__ = ("_cancelling", "_expired", "_limit", "_task")

    def __init__(self, limit: HardLimit) -> None:
        self._limit = limit
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "a hard limit ends a task"
        self._task: asyncio.Task[object] = task
        self._cancelling = task.cancelling()
        self._limit.enter(self, task.get_loop())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._limit.leave(self)
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """The time is over. (Called by the limit.)"""
        self._expired = True
        self._task.cancel()
