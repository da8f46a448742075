"""The hard limit: it ends a block as asyncio.timeout does, with one timer however many blocks there are."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from gateway.ivr.hard_limit import HardLimit


async def stay(limit: HardLimit, seconds: float) -> str:
    try:
        with limit.run():
            await asyncio.sleep(seconds)
    except TimeoutError:
        task = asyncio.current_task()
        assert task is not None and task.cancelling() == 0, "the task itself goes on"
        return "ended"
    return "stayed"


async def test_who_ends_within_the_limit_never_hears_of_it() -> None:
    limit = HardLimit(0.05)
    assert await stay(limit, 0) == "stayed"
    await asyncio.sleep(0.1)  # the timer finds nobody
    assert await stay(limit, 0) == "stayed"


async def test_each_is_ended_when_its_own_time_is_over() -> None:
    limit = HardLimit(0.2)
    loop = asyncio.get_running_loop()

    async def late(by: float) -> tuple[str, float]:
        await asyncio.sleep(by)
        began = loop.time()
        return await stay(limit, 60), loop.time() - began

    ended = await asyncio.gather(late(0), late(0.05), late(0.3))
    assert [said for said, _ in ended] == 3 * ["ended"]
    assert all(took >= 0.19 for _, took in ended)


async def test_all_share_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, limit, timers = asyncio.get_running_loop(), HardLimit(60), []
    call_later = loop.call_later

    def counted(seconds: float, *call: Any) -> asyncio.TimerHandle:
        timers.append(seconds)
        return call_later(seconds, *call)

    monkeypatch.setattr(loop, "call_later", counted)
    for _ in range(3):
        with limit.run(), HardLimit(60).run():  # another has one of its own
            pass
    assert timers == 4 * [60]


async def test_a_cancellation_from_elsewhere_is_none_of_its_own() -> None:
    task = asyncio.ensure_future(stay(HardLimit(60), 60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_block_that_fails_or_ends_while_it_is_ended_says_so_itself() -> None:
    limit = HardLimit(0.01)
    with pytest.raises(ZeroDivisionError), limit.run():
        raise ZeroDivisionError
    with limit.run(), suppress(asyncio.CancelledError):
        await asyncio.sleep(60)  # and then it is done all the same
    await asyncio.sleep(0)  # and nothing is left of the cancellation


def test_it_may_be_used_in_one_loop_after_another() -> None:
    limit = HardLimit(0.05)
    for _ in range(2):
        assert asyncio.run(stay(limit, 0)) == "stayed"
        assert asyncio.run(stay(limit, 60)) == "ended"
