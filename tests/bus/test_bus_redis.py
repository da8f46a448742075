"""Redis that goes away, comes back, or comes back empty: publishers are told at once, subscribers go on."""

from __future__ import annotations

import asyncio

import pytest

from gateway.bus import Bus, BusConfig, BusUnavailable, open_bus
from tests.serverends import ending
from tests.servers import Redis
from tools.lab import free_port


def config_of(server: Redis, **fields: object) -> BusConfig:
    """A Redis that is slow is no Redis that is away: these tests tell the two apart by its being there."""
    return BusConfig(kind="redis", url=server.url, **{"timeout_s": 20, **fields})  # type: ignore[arg-type]


async def publish_when_up(bus: Bus, topic: str, payload: bytes, sequence: int | None = None) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                return await bus.publish(topic, payload, sequence)
            except BusUnavailable:
                await asyncio.sleep(0.05)


async def test_publishing_without_redis_fails_within_its_limit() -> None:
    config = BusConfig(kind="redis", url=f"redis://127.0.0.1:{free_port()}/0", timeout_s=1)
    async with open_bus(config) as bus:
        async with asyncio.timeout(30):
            with pytest.raises(BusUnavailable):
                await bus.publish("facts", b"x")
            with pytest.raises(BusUnavailable):
                await bus.last("facts")


async def test_a_redis_that_accepts_and_says_nothing_is_given_up_on() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with (
        ending(await asyncio.start_server(silent, "127.0.0.1", 0)) as port,
        open_bus(BusConfig(kind="redis", url=f"redis://127.0.0.1:{port}/0", timeout_s=0.3)) as bus,
    ):
        with pytest.raises(BusUnavailable):
            await bus.publish("facts", b"x")


async def test_a_subscriber_goes_on_after_a_restart_without_loss(redis_server: Redis) -> None:
    async with open_bus(config_of(redis_server)) as bus, bus.subscribe("feed") as messages:
        await bus.publish("feed", b"1", 1)
        assert (await anext(messages)).sequence == 1
        await bus.publish("feed", b"2", 2)
        redis_server.stop()
        with pytest.raises(BusUnavailable):
            await bus.publish("feed", b"3", 3)
        redis_server.start()
        await publish_when_up(bus, "feed", b"3", 3)
        async with asyncio.timeout(60):
            assert [(m.sequence, m.missed) for m in (await anext(messages), await anext(messages))] == [(2, 0), (3, 0)]


async def test_a_subscriber_is_told_when_redis_came_back_empty(redis_server: Redis) -> None:
    async with open_bus(config_of(redis_server)) as bus, bus.subscribe("facts") as messages:
        for _ in range(5):
            await bus.publish("facts", b"x")
            await anext(messages)
        async with asyncio.TaskGroup() as tasks:
            redis_server.stop()
            waiting = tasks.create_task(anext(messages))
            redis_server.start(keep=False)
            await publish_when_up(bus, "facts", b"new")
            async with asyncio.timeout(60):
                message = await waiting
    assert (message.payload, message.missed) == (b"new", -1)


async def test_a_feed_that_is_filled_anew_is_not_delivered_twice(redis_server: Redis) -> None:
    async with open_bus(config_of(redis_server)) as bus, bus.subscribe("feed") as messages:
        for n in (1, 2, 3):
            await bus.publish("feed", b"x", n)
            assert (await anext(messages)).sequence == n
        redis_server.stop()
        redis_server.start(keep=False)
        for n in (1, 2, 3, 4):
            await publish_when_up(bus, "feed", b"x", n)
        async with asyncio.timeout(60):
            message = await anext(messages)
        assert (message.sequence, message.missed) == (4, 0)


async def test_a_subscription_made_while_redis_is_away_begins_when_it_comes(redis_server: Redis) -> None:
    redis_server.stop()
    async with (
        open_bus(config_of(redis_server, timeout_s=0.5)) as bus,
        bus.subscribe("facts") as messages,
        asyncio.TaskGroup() as tasks,
    ):
        waiting = tasks.create_task(anext(messages))
        redis_server.start()
        async with asyncio.timeout(60):
            while not waiting.done():
                await publish_when_up(bus, "facts", b"x")
                await asyncio.wait({waiting}, timeout=0.1)
    assert waiting.result().missed == -1


async def test_a_topic_is_trimmed_to_its_length(redis_server: Redis) -> None:
    async with open_bus(config_of(redis_server, stream_length=100)) as bus, bus.subscribe("facts") as messages:
        for n in range(1000):
            await bus.publish("facts", str(n).encode())
        first = await anext(messages)
        assert first.sequence > 1
    assert bus.backlog == 100


async def test_a_publisher_can_be_cancelled_at_any_moment(redis_server: Redis) -> None:
    """With redis-py's own time limit some cancellations were lost and the task went on for ever (Python 3.11)."""

    async def publish_for_ever() -> None:
        while True:
            await bus.publish("facts", b"x")

    async with open_bus(config_of(redis_server)) as bus:
        for turns in range(60):
            publishing = asyncio.ensure_future(publish_for_ever())
            for _ in range(turns):
                await asyncio.sleep(0)
            publishing.cancel()
            await asyncio.wait({publishing}, timeout=30)
            assert publishing.cancelled()
