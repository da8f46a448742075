"""Event loops that hear late: a finder of tests, and of code, that rely on luck.

On a busy machine a process hears of a ready socket tens of milliseconds after the others; on a quiet one hardly ever,
so a test that takes "the server has it" for "the client has heard so" fails once in a hundred runs. Here each readiness
of a socket or pipe is held back now and then, and so is work in threads, at random and apart from each other: such a
test fails within minutes. The gateways that tests start hear late as well (``sitecustomize``). Nothing here is imported
by the product or by a test: ``make late ARGS=tests/bus`` puts this folder on PYTHONPATH.

LATE_SEED  whole number, not 0: another order of things each (a process adds its own number)
LATE_SHARE how many of them are late, 0 to 1 (0.25)
LATE_MOST  seconds by which at most (0.08)
"""

from __future__ import annotations

import asyncio
import os
import random
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

SHARE = float(os.environ.get("LATE_SHARE", "0.25"))
MOST_S = float(os.environ.get("LATE_MOST", "0.08"))
_LOOK_S = 0.002

Ready = list[tuple[selectors.SelectorKey, int]]


class LateSelector(selectors.EpollSelector):
    """Tells of some file descriptors a while after they are ready. Never loses one: epoll tells until it is served."""

    def __init__(self, rng: random.Random, share: float = SHARE, most_s: float = MOST_S) -> None:
        super().__init__()
        self._rng, self._share, self._most_s = rng, share, most_s
        self._until: dict[int, float] = {}

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        self._until.pop(key.fd, None)
        return key

    def select(self, timeout: float | None = None) -> Ready:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            found = super().select(0 if self._until else left)
            now = time.monotonic()
            told = [one for one in found if not self._held(one[0].fd, now)]
            ready = {key.fd for key, _ in found}
            self._until = {fd: until for fd, until in self._until.items() if fd in ready}
            if told or (end is not None and now >= end):
                return told
            time.sleep(_LOOK_S if end is None else min(_LOOK_S, max(0.0, end - now)))

    def _held(self, fd: int, now: float) -> bool:
        until = self._until.get(fd)
        if until is None and self._rng.random() < self._share:
            self._until[fd] = now + self._rng.random() * self._most_s
            return True
        if until is not None and now < until:
            return True
        self._until.pop(fd, None)
        return False


def late_loops(seed: int) -> Callable[[], asyncio.AbstractEventLoop]:
    """Makes such loops."""
    rng = random.Random(seed + os.getpid() * 7919)

    def made() -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(LateSelector(rng))

    return made


def install(seed: int) -> None:
    """From now on this process's loops hear late, uvloop's too, and threads of pools begin and end late."""
    new_loop = late_loops(seed)

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            return new_loop()

    asyncio.set_event_loop_policy(Policy())
    try:
        import uvloop
    except ImportError:
        pass
    else:
        uvloop.new_event_loop = new_loop  # type: ignore[assignment]
    _late_threads(random.Random(seed))


def _late_threads(rng: random.Random) -> None:
    submit = ThreadPoolExecutor.submit

    def late(pool: ThreadPoolExecutor, work: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        before, after = (rng.random() * MOST_S if rng.random() < SHARE / 2 else 0.0 for _ in range(2))

        def run() -> Any:
            time.sleep(before)
            try:
                return work(*args, **more)
            finally:
                time.sleep(after)

        return submit(pool, run)

    ThreadPoolExecutor.submit = late  # type: ignore[assignment,method-assign]
