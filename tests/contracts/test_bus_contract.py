"""What ``gateway.bus.port`` promises, held against the in-process bus and a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from gateway.bus import Bus, Message


async def take(messages: AsyncIterator[Message], count: int) -> list[Message]:
    async with asyncio.timeout(60):
        return [await anext(messages) for _ in range(count)]


async def test_every_subscriber_of_a_topic_gets_its_messages_in_order(bus: Bus) -> None:
    async with bus.subscribe("facts") as one, bus.subscribe("facts") as two:
        for n in range(1, 6):
            await bus.publish("facts", f"消息{n}".encode())
        expected = [Message("facts", n, f"消息{n}".encode()) for n in range(1, 6)]
        assert await take(one, 5) == expected
        assert await take(two, 5) == expected


async def test_topics_do_not_mix(bus: Bus) -> None:
    async with bus.subscribe("a") as a, bus.subscribe("b") as b:
        await bus.publish("a", b"for a")
        await bus.publish("b", b"for b")
        assert [m.payload for m in await take(a, 1) + await take(b, 1)] == [b"for a", b"for b"]
        await bus.publish("a", b"more")
        assert [m.payload for m in await take(a, 1)] == [b"more"]


async def test_a_subscriber_gets_only_what_comes_after_it_subscribed(bus: Bus) -> None:
    await bus.publish("facts", b"before")
    async with bus.subscribe("facts") as messages:
        await bus.publish("facts", b"after")
        assert await take(messages, 1) == [Message("facts", 2, b"after")]


async def test_a_waiting_subscriber_is_woken(bus: Bus) -> None:
    async with bus.subscribe("facts") as messages, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(take(messages, 1))
        await asyncio.sleep(0)
        await bus.publish("facts", b"now")
    assert [m.payload for m in waiting.result()] == [b"now"]


async def test_a_repeated_sequence_is_delivered_once(bus: Bus) -> None:
    async with bus.subscribe("feed") as messages:
        for sequence in (1, 2, 2, 1, 3):
            await bus.publish("feed", str(sequence).encode(), sequence)
        assert [(m.sequence, m.missed) for m in await take(messages, 3)] == [(1, 0), (2, 0), (3, 0)]
        await bus.publish("feed", b"4", 4)
        assert [m.sequence for m in await take(messages, 1)] == [4]


async def test_the_last_sequence_is_known(bus: Bus) -> None:
    assert await bus.last("feed") == 0
    await bus.publish("feed", b"x", 41)
    await bus.publish("feed", b"x", 42)
    assert await bus.last("feed") == 42
    await bus.publish("facts", b"x")
    assert await bus.last("facts") == 1


async def test_who_cannot_keep_up_loses_the_oldest_and_is_told_how_many(bus: Bus) -> None:
    async with bus.subscribe("facts") as messages:
        await bus.publish("facts", b"0")
        assert (await take(messages, 1))[0].missed == 0
        for n in range(1, 501):
            await bus.publish("facts", str(n).encode())
        got: list[Message] = []
        while not got or got[-1].payload != b"500":
            got += await take(messages, 1)
    assert len(got) <= 200
    assert got[0].missed > 0
    assert len(got) + sum(m.missed for m in got) == 500
    assert [m.sequence for m in got] == sorted({m.sequence for m in got})


async def test_many_are_appended_at_once_where_the_topic_stands(bus: Bus) -> None:
    async with bus.subscribe("feed") as messages:
        assert await bus.append("feed", [(5, b"a"), (6, b"b")], 0) == 6
        assert await bus.append("feed", [(7, b"c")], 6) == 7
        assert [(m.sequence, m.payload) for m in await take(messages, 3)] == [(5, b"a"), (6, b"b"), (7, b"c")]


async def test_nothing_is_appended_where_the_topic_stands_elsewhere(bus: Bus) -> None:
    assert await bus.append("feed", [(1, b"a"), (2, b"b")], 0) == 2
    assert await bus.append("feed", [(2, b"b"), (3, b"c")], 1) == 2
    assert await bus.append("feed", [(4, b"d")], 3) == 2
    assert await bus.last("feed") == 2
