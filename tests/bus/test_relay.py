"""The feed reaches the bus whole, once and in order, whatever happens to the bus meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.bus import Bus, BusConfig, Message, Relay, open_bus
from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.records import Event
from tests.servers import Redis

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as opened:
        yield opened


def encode(event: Event) -> bytes:
    return event.subject.encode()


async def emit(ledger: SqlLedger, *subjects: str) -> None:
    for subject in subjects:
        await ledger.write(lambda tx, subject=subject: tx.emit("t", subject, {}, 1.0))


async def take(messages: AsyncIterator[Message], count: int) -> list[tuple[int, bytes]]:
    async with asyncio.timeout(30):
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
        async with asyncio.timeout(5):
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
