"""The feed reaches the bus whole, once and in order, whatever happens to the bus meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from gateway.bus import Bus, BusConfig, BusUnavailable, Message, Relay, open_bus
from gateway.ledger import SqlLedger
from gateway.model.records import Event
from gateway.tickets.ports import Tx
from tests.servers import Redis


def encode(event: Event) -> bytes:
    return event.subject.encode()


async def emit(ledger: SqlLedger, *subjects: str) -> None:
    for subject in subjects:
        await ledger.write(lambda tx, subject=subject: tx.emit("t", subject, {}, 1.0))


async def take(messages: AsyncIterator[Message], count: int) -> list[tuple[int, bytes]]:
    async with asyncio.timeout(60):
        return [(m.sequence, m.payload) for m in [await anext(messages) for _ in range(count)]]


@asynccontextmanager
async def relaying(ledger: SqlLedger, bus: Bus) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(Relay(ledger, bus, "feed", encode).run())
        yield
        task.cancel()


async def test_events_reach_a_local_bus_as_they_are_committed(ledger: SqlLedger) -> None:
    async with open_bus(BusConfig()) as bus, bus.subscribe("feed") as messages, relaying(ledger, bus):
        await asyncio.sleep(0)
        await emit(ledger, "a", "b")
        got = await take(messages, 1)
        assert got[0][1] in (b"a", b"b")


async def test_what_was_committed_before_the_relay_started_reaches_redis(
    ledger: SqlLedger, redis_server: Redis
) -> None:
    await emit(ledger, "a", "b")
    config = BusConfig(kind="redis", url=redis_server.url)
    async with open_bus(config) as bus, bus.subscribe("feed") as messages, relaying(ledger, bus):
        await emit(ledger, "c")
        assert await take(messages, 3) == [(1, b"a"), (2, b"b"), (3, b"c")]


async def test_two_relays_of_one_feed_do_not_repeat(ledger: SqlLedger, redis_server: Redis) -> None:
    config = BusConfig(kind="redis", url=redis_server.url)
    async with (
        open_bus(config) as bus,
        bus.subscribe("feed") as messages,
        relaying(ledger, bus),
        relaying(ledger, bus),
    ):
        await emit(ledger, *"abcdefgh")
        assert await take(messages, 8) == [(n + 1, letter.encode()) for n, letter in enumerate("abcdefgh")]


@pytest.mark.parametrize("keep", [True, False])
async def test_redis_away_never_blocks_intake_and_the_relay_catches_up(
    ledger: SqlLedger, redis_server: Redis, keep: bool
) -> None:
    """With its data or without, after the outage Redis has the whole feed again."""
    async with open_bus(BusConfig(kind="redis", url=redis_server.url)) as bus, relaying(ledger, bus):
        async with bus.subscribe("feed") as messages:
            await emit(ledger, "a")
            assert await take(messages, 1) == [(1, b"a")]
        redis_server.stop()
        async with asyncio.timeout(30):
            await emit(ledger, "b", "c")
        redis_server.start(keep=keep)
        async with asyncio.timeout(30):
            while await bus.last("feed") < 3:
                await asyncio.sleep(0.05)
        raw = await bus._client.xrange("gw:feed")  # type: ignore[attr-defined]
        assert [(entry, fields[b"p"]) for entry, fields in raw] == [(b"1-0", b"a"), (b"2-0", b"b"), (b"3-0", b"c")]


async def test_a_bus_that_lags_further_than_it_keeps_is_filled_only_that_far(
    ledger: SqlLedger, redis_server: Redis
) -> None:
    await emit(ledger, *(str(n) for n in range(1, 151)))
    config = BusConfig(kind="redis", url=redis_server.url, stream_length=100)
    async with open_bus(config) as bus, bus.subscribe("feed") as messages, relaying(ledger, bus):
        assert (await take(messages, 1)) == [(51, b"51")]


async def last_is(bus: Bus, sequence: int) -> None:
    async with asyncio.timeout(30):
        while await bus.last("feed") != sequence:
            await asyncio.sleep(0.02)


async def test_a_redis_that_came_back_with_less_than_it_had_is_filled_up_without_a_gap(
    ledger: SqlLedger, redis_server: Redis
) -> None:
    """Synced once a second, a crash costs Redis what the relay had put there; nothing tells the relay."""
    async with open_bus(BusConfig(kind="redis", url=redis_server.url)) as bus, relaying(ledger, bus):
        await emit(ledger, "a", "b", "c")
        await last_is(bus, 3)
        client = bus._client  # type: ignore[attr-defined]
        await client.delete("gw:feed")
        await client.xadd("gw:feed", {"p": b"a"}, id="1-0")
        await emit(ledger, "d")
        await last_is(bus, 4)
        assert [entry for entry, _ in await client.xrange("gw:feed")] == [b"1-0", b"2-0", b"3-0", b"4-0"]


async def test_a_consumer_group_gets_each_event_once_and_takes_over_what_a_dead_worker_left(
    ledger: SqlLedger, redis_server: Redis
) -> None:
    """The commands of the description in gateway/bus/redis.py."""
    async with open_bus(BusConfig(kind="redis", url=redis_server.url)) as bus, relaying(ledger, bus):
        client = bus._client  # type: ignore[attr-defined]
        await client.xgroup_create("gw:feed", "dispatch", id="0", mkstream=True)
        await emit(ledger, *"abcdef")
        await last_is(bus, 6)
        ((_, first),) = await client.xreadgroup("dispatch", "worker-1", {"gw:feed": ">"}, count=4)
        ((_, second),) = await client.xreadgroup("dispatch", "worker-2", {"gw:feed": ">"}, count=4)
        assert [entry for entry, _ in first + second] == [b"%d-0" % n for n in range(1, 7)]
        await client.xack("gw:feed", "dispatch", *(entry for entry, _ in first[:2] + second))
        _, claimed, *_ = await client.xautoclaim("gw:feed", "dispatch", "worker-2", min_idle_time=0)
        assert [(entry, fields[b"p"]) for entry, fields in claimed] == [(b"3-0", b"c"), (b"4-0", b"d")]


async def test_a_group_made_before_the_first_event_does_not_stop_the_relay(
    ledger: SqlLedger, redis_server: Redis
) -> None:
    async with open_bus(BusConfig(kind="redis", url=redis_server.url)) as bus:
        await bus._client.xgroup_create("gw:feed", "early", id="0", mkstream=True)  # type: ignore[attr-defined]
        async with relaying(ledger, bus):
            await emit(ledger, "a")
            await last_is(bus, 1)


async def test_thousands_of_events_of_an_outage_reach_redis_whole_and_in_order(
    ledger: SqlLedger, redis_server: Redis
) -> None:
    async def many(tx: Tx) -> None:
        for n in range(1000):
            await tx.emit("t", str(n), {}, 1.0)

    async with open_bus(BusConfig(kind="redis", url=redis_server.url)) as bus, relaying(ledger, bus):
        await emit(ledger, "a")
        await last_is(bus, 1)
        redis_server.stop()
        for _ in range(4):
            await ledger.write(many)
        redis_server.start()
        async with asyncio.timeout(60):
            while True:
                with suppress(BusUnavailable):
                    if await bus.last("feed") == 4001:
                        break
                await asyncio.sleep(0.05)
        entries = [entry for entry, _ in await bus._client.xrange("gw:feed")]  # type: ignore[attr-defined]
    assert entries == [b"%d-0" % n for n in range(1, 4002)]
