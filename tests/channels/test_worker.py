"""The loop under what is done when due: woken, never stopped by trouble, drained at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gateway.channels import worker as module
from gateway.channels.worker import Worker
from tests.channels.outgoing_stage import until


class Rounds(Worker):
    """Each round does the next thing of its script, then nothing."""

    def __init__(self, *script: Callable[[], Coroutine[Any, Any, None]] | Exception, pause_s: float = 60) -> None:
        super().__init__()
        self.script, self.rounds, self.pause_s = list(script), 0, pause_s

    async def _round(self) -> float:
        self.rounds += 1
        if self.script:
            step = self.script.pop(0)
            if isinstance(step, Exception):
                raise step
            self._begin(step, "step")
        return self.pause_s


async def _end(running: asyncio.Future[None]) -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_work_that_ends_and_a_bell_bring_the_next_round() -> None:
    async def quick() -> None: ...

    worker = Rounds(quick, quick)
    running = asyncio.ensure_future(worker.run())
    await until(lambda: worker.rounds >= 3)
    rounds = worker.rounds
    worker.wake()
    await until(lambda: worker.rounds > rounds)
    await _end(running)


async def test_bells_that_ring_all_the_time_bring_a_round_each_hundredth_of_a_second() -> None:
    worker = Rounds()
    running = asyncio.ensure_future(worker.run())
    loop = asyncio.get_running_loop()
    began = loop.time()
    while worker.rounds < 6:
        worker.wake()
        await asyncio.sleep(0.001)
    assert loop.time() - began >= 5 * module._LEAST_S * 0.9
    await _end(running)


async def test_it_looks_by_itself_when_the_pause_is_over() -> None:
    worker = Rounds(pause_s=0.001)
    running = asyncio.ensure_future(worker.run())
    await until(lambda: worker.rounds > 3)
    await _end(running)


async def test_a_piece_that_fails_is_counted_and_stops_nothing() -> None:
    async def broken() -> None:
        raise ValueError("broken")

    worker = Rounds(broken)
    running = asyncio.ensure_future(worker.run())
    await until(lambda: worker.troubles == 1)
    await until(lambda: worker.in_flight == 0)
    assert not running.done()
    await _end(running)


async def test_rounds_that_fail_are_counted_and_the_next_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE_AFTER_TROUBLE_S", 0.001)
    worker = Rounds(OSError("ledger away"), ValueError("a row that does not open"))
    running = asyncio.ensure_future(worker.run())
    await until(lambda: worker.rounds >= 3)
    assert worker.troubles == 2
    await _end(running)


async def test_cancelled_it_takes_its_work_along() -> None:
    begun, ended = [], []

    async def endless() -> None:
        begun.append(True)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    worker = Rounds(endless)
    running = asyncio.ensure_future(worker.run())
    await until(lambda: bool(begun))
    await _end(running)
    assert ended
    assert worker.in_flight == 0


async def test_draining_says_whether_everything_came_to_its_end() -> None:
    gate = asyncio.Event()

    async def waits() -> None:
        await gate.wait()

    worker = Rounds(waits)
    running = asyncio.ensure_future(worker.run())
    await until(lambda: worker.in_flight == 1)
    assert not await worker.drain(0.001)
    rounds = worker.rounds
    gate.set()
    assert await worker.drain(60)
    worker.wake()
    for _ in range(20):
        await asyncio.sleep(0)
    assert worker.rounds == rounds
    await _end(running)
