"""The bell wakes whoever waits for something later than what it has."""

from __future__ import annotations

import asyncio

from gateway.web.bell import FeedBell


async def test_ring_that_came_before_the_wait_is_not_missed() -> None:
    bell = FeedBell()
    bell.ring(5)
    assert await bell.beyond(4, 0.01)
    assert not await bell.beyond(5, 0.01)


async def test_every_waiter_is_woken_by_one_ring_and_by_the_close() -> None:
    bell = FeedBell()
    waiting = [asyncio.create_task(bell.beyond(0, 5)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring(1)
    assert await asyncio.gather(*waiting) == [True, True, True]
    last = asyncio.create_task(bell.beyond(1, 5))
    await asyncio.sleep(0)
    bell.close()
    assert await last is False


async def test_late_ring_of_an_earlier_commit_does_not_turn_the_bell_back() -> None:
    bell = FeedBell()
    bell.ring(7)
    bell.ring(3)
    assert bell.last == 7
