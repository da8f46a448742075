"""The recorder loses nothing: not on a failing ledger, not by a poisoned change, not under a full queue."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_ledger import FakeLedger

from gateway.model.ids import CallId
from gateway.model.records import CallChange, CallRecord
from gateway.tickets import recorder as module
from gateway.tickets.calls import CallBook
from gateway.tickets.recorder import Recorder


def arrived(name: str) -> CallChange:
    return CallChange("arrived", 1.0, CallRecord(CallId(name), 1.0, entry_number="12345"))


@asynccontextmanager
async def running(ledger: FakeLedger, bound: int = 100) -> AsyncIterator[Recorder]:
    recorder = Recorder(ledger, CallBook(lambda _: "460000"), bound)  # type: ignore[arg-type]
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE_S", 0.001)


async def test_changes_are_written_in_the_order_in_which_they_happened() -> None:
    ledger = FakeLedger()
    async with running(ledger) as recorder:
        await recorder.put([arrived(str(i)) for i in range(50)])
        assert await recorder.drain(60)
    assert [e.subject for e in ledger.feed] == [str(i) for i in range(50)]
    assert (recorder.written, recorder.pending) == (50, 0)


async def test_a_frozen_change_stays_as_it_was() -> None:
    change = arrived("a")
    frozen = change.frozen()
    change.call.entry_number = "later"
    assert frozen.call.entry_number == "12345"


async def test_a_failing_ledger_is_asked_again_and_nothing_is_lost_or_doubled() -> None:
    ledger = FakeLedger()
    ledger.fail_next = 5
    ledger.up = False
    async with running(ledger) as recorder:
        await recorder.put([arrived("a"), arrived("b")])
        assert await recorder.drain(60)
    assert [e.subject for e in ledger.feed] == ["a", "b"]
    assert (recorder.failures, recorder.set_aside) == (5, 0)


async def test_a_poisoned_change_is_set_aside_and_its_neighbours_are_written() -> None:
    ledger = FakeLedger()
    ledger.poison = {"bad"}
    async with running(ledger) as recorder:
        await recorder.put([arrived("a"), arrived("bad"), arrived("b")])
        assert await recorder.drain(60)
    assert [e.subject for e in ledger.feed] == ["a", "b"]
    assert recorder.set_aside == 1


async def test_put_waits_when_the_ledger_is_behind_by_the_bound() -> None:
    ledger = FakeLedger()
    ledger.fail_next = 10**6
    ledger.up = False
    async with running(ledger, bound=2) as recorder:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await recorder.put([arrived(str(i)) for i in range(500)])
        assert not await recorder.drain(0.01)
        assert recorder.pending >= 2


async def test_changes_that_come_thick_are_gathered_longer_and_few_are_not() -> None:
    ledger = FakeLedger()
    later = [[arrived("one more")], [arrived(f"more {i}") for i in range(20)], [arrived("the last")]]
    slept: list[tuple[float, int]] = []

    async def sleep(seconds: float) -> None:
        slept.append((round(seconds, 3), len(ledger.feed)))
        if later:
            await recorder.put(later.pop(0))

    recorder = Recorder(ledger, CallBook(lambda _: "460000"), 100, sleep)  # type: ignore[arg-type]
    task = asyncio.create_task(recorder.run())
    await recorder.put([arrived("first")])
    assert await recorder.drain(60)
    await recorder.put([arrived("again")])
    assert await recorder.drain(60)
    task.cancel()
    # two together after the short wait; then twenty more come within it, and so the long one follows
    assert slept == [(0.05, 0), (0.05, 2), (0.95, 2)]
    assert len(ledger.feed) == 2 + 1 + 20 + 1
