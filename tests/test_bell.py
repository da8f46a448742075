"""The bell wakes whoever waits for something later than what it has."""

from __future__ import annotations

import asyncio

from gateway.bell import FeedBell


async def test_ring_that_came_before_the_wait_is_not_missed() -> None:
    bell = FeedBell()
    bell.ring(5)
    assert await bell.beyond(4, 0.01)
    assert not await bell.beyond(5, 0.01)


async def test_every_waiter_is_woken_by_one_ring_and_by_the_close() -> None:
    bell = FeedBell()
    waiting = [asyncio.create_task(bell.beyond(0, 60)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring(1)
    assert await asyncio.gather(*waiting) == [True, True, True]
    last = asyncio.create_task(bell.beyond(1, 60))
    await asyncio.sleep(0)
    bell.close()
    assert await last is False


async def test_late_ring_of_an_earlier_commit_does_not_turn_the_bell_back() -> None:
    bell = FeedBell()
    bell.ring(7)
    bell.ring(3)
    assert bell.last == 7


async def test_with_a_gathering_time_many_rings_wake_once() -> None:
    bell, woken = FeedBell(gather_s=1.0), 0
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def follow() -> None:
        nonlocal woken
        while await bell.beyond(bell.last, 60):
            woken += 1

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    for sequence in range(1, 501):
        bell.ring(sequence)
        await asyncio.sleep(0)
    assert await bell.beyond(499, 60)
    assert bell.last == 500 and woken <= 2 + (loop.time() - began) / 1.0
    bell.close()
    await following


async def test_the_first_ring_after_a_silence_wakes_at_once() -> None:
    bell = FeedBell(gather_s=60)
    bell.ring(1)
    assert bell.last == 1
    bell.ring(2)
    assert bell.last == 1
    bell.close()
    assert bell.last == 2


async def test_what_is_rung_while_nobody_waits_is_gathered_for_who_comes() -> None:
    bell = FeedBell(gather_s=0.02)
    bell.ring(1)
    bell.ring(2)
    assert (bell.last, bell._timer) == (1, None), "nobody is to be woken"
    assert await bell.beyond(1, 60)
    assert bell.last == 2
    assert not await bell.beyond(2, 0.01)
