"""The bounded queue between link and consumer."""

from __future__ import annotations

import asyncio

import pytest

from gateway.asterisk.ami.backpressure import FrameQueue
from gateway.asterisk.ami.wire import Frame


class Tap:
    """A flow that writes down what it is told."""

    def __init__(self):
        self.told = []

    def pause(self):
        self.told.append("pause")

    def resume(self):
        self.told.append("resume")


def batch(n):
    return [Frame(Event=str(i)) for i in range(n)]


async def test_batches_come_out_whole_and_in_order_with_their_time():
    queue = FrameQueue()
    queue.put(batch(2), 1.0)
    queue.put(batch(1), 2.0)
    assert len(queue) == 3
    assert await queue.get() == (batch(2), 1.0)
    assert await queue.get() == (batch(1), 2.0)
    assert len(queue) == 0


async def test_a_waiting_consumer_is_woken():
    queue = FrameQueue()
    async with asyncio.TaskGroup() as group:
        got = group.create_task(queue.get())
        await asyncio.sleep(0)
        assert not got.done()
        queue.put(batch(1), 1.0)
    assert got.result() == (batch(1), 1.0)


async def test_reading_pauses_once_at_the_high_mark_and_resumes_at_the_low_one():
    queue, flow = FrameQueue(high=4, low=2), Tap()
    queue.flow = flow
    for at in range(3):
        queue.put(batch(2), at)
    assert flow.told == ["pause"]
    await queue.get()
    assert flow.told == ["pause"]
    await queue.get()
    assert flow.told == ["pause", "resume"]
    assert queue.pauses == 1


def test_a_queue_holds_at_least_one():
    with pytest.raises(ValueError, match="at least 1"):
        FrameQueue(high=0)
