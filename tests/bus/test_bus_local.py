"""The in-process bus forgets subscribers that leave and numbers each topic by itself (the rest: tests/contracts)."""

from __future__ import annotations

from gateway.bus.config import BusConfig
from gateway.bus.local import LocalBus


async def test_a_full_queue_drops_the_oldest_and_marks_the_next() -> None:
    bus = LocalBus(BusConfig(queue=2))
    async with bus.subscribe("t") as messages:
        for letter in (b"a", b"b", b"c", b"d"):
            await bus.publish("t", letter)
        got = [await anext(messages), await anext(messages)]
    assert [(m.payload, m.missed) for m in got] == [(b"c", 2), (b"d", 0)]


async def test_a_subscriber_that_left_costs_nothing_more() -> None:
    bus = LocalBus(BusConfig())
    async with bus.subscribe("t") as messages:
        pass
    await bus.publish("t", b"x")
    assert not messages._messages  # type: ignore[attr-defined]
    assert bus.backlog == 0
