"""Who follows the feed gets all of it, whoever was away in between: a webhook's end, a stream's reader, Redis, or the
gateway, killed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import redis.asyncio as redis_asyncio
from office import LOOPBACK, Office, office_on
from standardwebhooks.webhooks import Webhook

from tests.bus.receiver import Got, receiving
from tests.plugins.lab import MakeSite
from tests.servers import Redis, redis_server
from tools.lab import Ports
from tools.lab.process import Child

__all__ = ["redis_server"]

OPENED = "hotline.ticket.opened.v1"


@asynccontextmanager
async def office_with(make_site: MakeSite, config: Path, **overrides: str) -> AsyncIterator[Office]:
    site = await make_site(config_dir=config, overrides=LOOPBACK | overrides, start=False)
    async with office_on(site) as office:
        yield office


@pytest.fixture
async def office(make_site: MakeSite, quick_config: Path) -> AsyncIterator[Office]:
    async with office_with(make_site, quick_config) as opened:
        yield opened


async def file(office: Office, first: int, last: int) -> set[str]:
    """Requests first..last, one after the other; their ticket numbers."""
    numbers = range(first, last + 1)
    filed = [await office.file(f"第{n}号路灯不亮，请维修", f"lamp-of-the-story-{n:04d}") for n in numbers]
    return {one["ticket_no"] for one in filed}


@pytest.fixture
def follower_port() -> Iterator[int]:
    """A port that nobody else is given while the follower is away."""
    ports = Ports()
    yield ports.take()
    ports.close()


# -- a webhook's end ---------------------------------------------------------------------------------------------------


def sequences(got: list[Got], secret: str) -> list[int]:
    """The events of these posts in their order, each post verified as a follower does it, with PyPI's library."""
    verifier = Webhook(secret)
    for one in got:
        verifier.verify(one.body, one.headers)
    return [int(event["sequence"]) for one in got for event in one.events]


def firsts(numbers: list[int]) -> list[int]:
    """Each number once, where it came first."""
    return list(dict.fromkeys(numbers))


async def test_a_follower_that_was_away_gets_all_of_it_in_order_though_the_gateway_was_killed_meanwhile(
    office: Office, follower_port: int
) -> None:
    async with receiving(follower_port) as before:
        made = await office.ask("POST", "/api/v1/followers", {"name": "工单系统", "url": before.url, "after": 0})
        secret, id = made["secret"], made["follower"]["id"]
        tickets = await file(office, 1, 3)
        await before.until(lambda end: count(end.taken, OPENED) >= 3)

    tickets |= await file(office, 4, 8)
    await office.until(lambda: is_failing(office, id), "the follower is called failing")
    office.kill()
    await office.start()
    tickets |= await file(office, 9, 13)

    async with receiving(follower_port) as after, asyncio.TaskGroup() as street:
        filing = street.create_task(file(office, 14, 33))
        await after.until(lambda end: count(end.taken, OPENED) >= 12)
        office.kill()  # while it posts
        await office.start()
        tickets |= await filing
        seen: list[int] = []

        async def has_all() -> bool:
            seen[:] = sequences(before.taken + after.taken, secret)
            return set(seen) == {int(event["sequence"]) for event in await office.feed()}

        await office.until(has_all, "the follower has the whole feed")
    posts = before.taken + after.taken
    assert firsts(seen) == list(range(1, max(seen) + 1))
    assert len({(one.id, one.body) for one in posts}) == len({one.id for one in posts}), "an id stood for two events"
    got = [event for one in posts for event in one.events]
    assert {event["subject"] for event in got if event["type"] == OPENED} == tickets and len(tickets) == 33
    assert (await office.ask("GET", f"/api/v1/followers/{id}"))["state"] == "active"
    told = [event["type"] for event in await office.told()]
    assert told.count("hotline.follower.failing.v1") == told.count("hotline.follower.recovered.v1") == 1


def count(got: list[Got], type: str) -> int:
    """How many events of a type have come; what was sent again, because an answer was late, counts once."""
    return len({event["sequence"] for one in got for event in one.events if event["type"] == type})


async def is_failing(office: Office, id: str) -> bool:
    return (await office.ask("GET", f"/api/v1/followers/{id}"))["state"] == "failing"


async def test_a_batching_follower_of_one_type_gets_that_type_and_its_rotated_secret_verifies(office: Office) -> None:
    async with receiving() as end:
        asked = {"name": "统计", "url": end.url, "types": ["hotline.ticket.opened.*"], "batch": 50, "after": 0}
        made = await office.ask("POST", "/api/v1/followers", asked)
        await file(office, 1, 5)
        await end.until(lambda end: count(end.taken, OPENED) >= 5)
        rotated = await office.ask("POST", f"/api/v1/followers/{made['follower']['id']}/rotate", {})
        earlier = len(end.taken)
        await file(office, 6, 7)
        await end.until(lambda end: count(end.taken, OPENED) >= 7)
        assert {event["type"] for got in end.taken for event in got.events} == {OPENED}
        sequences(end.taken, made["secret"])  # the one of before signs for a day more
        sequences(end.taken[earlier:], rotated["secret"])


# -- a stream's reader -------------------------------------------------------------------------------------------------


class Reader:
    """A follower of /api/v1/feed/stream that comes again with the id it read last, as browsers do."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.events: list[dict[str, Any]] = []
        self.ids: list[int] = []
        self.connections = 0

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                await self._read()
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)

    async def _read(self) -> None:
        http = self._office.lead._session
        assert http is not None
        headers = {"Last-Event-ID": str(self.ids[-1] if self.ids else 0)}
        limits = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with http.get(f"{self._office.url}/api/v1/feed/stream", headers=headers, timeout=limits) as answer:
            assert answer.status == 200, await answer.text()
            self.connections += 1
            id = 0
            async for line in answer.content:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "id":
                    id = int(value)
                elif name == "data":
                    self.ids.append(id)
                    self.events.append(json.loads(value))


async def test_a_stream_goes_on_over_a_killed_gateway_without_gap_or_repeat(office: Office) -> None:
    reader = Reader(office)
    tickets: set[str] = set()
    async with asyncio.TaskGroup() as street:
        reading = street.create_task(reader.run())
        for wave in (0, 20):
            tickets |= await file(office, wave + 1, wave + 4)
            await office.until(lambda all=tickets: set(opened_in(reader.events)) == all, "the reader is there")
            filing = [street.create_task(file(office, wave + n, wave + n)) for n in range(5, 21)]
            await asyncio.wait(filing, return_when=asyncio.FIRST_COMPLETED)
            office.kill()
            await office.start()
            tickets |= set().union(*[await one for one in filing])
        told = await office.told()
        await office.until(lambda: len(reader.ids) >= len(told), "the reader has the rest")
        reading.cancel()
    assert reader.connections == 3
    assert reader.ids == [int(event["sequence"]) for event in reader.events] == list(range(1, len(reader.ids) + 1))
    assert reader.events[: len(told)] == told, "what is told later, as an alarm, may be there too"
    opened = Counter(event["subject"] for event in told if event["type"] == OPENED)
    assert len(tickets) == 40 and opened == Counter(dict.fromkeys(tickets, 1))


async def test_the_feed_command_prints_each_event_once_while_the_gateway_is_killed(office: Office) -> None:
    command = ("feed", "-f", "--json", "--after", "0", "--config", str(office.site.settings.config_dir))
    terminal = office.site.gateway(*command, log=office.site.state_dir / "terminal.log")
    try:
        await file(office, 1, 3)
        await office.until(lambda: len(opened_in(printed(terminal))) == 3, "the terminal shows the first three")
        office.kill()
        await office.start()
        await file(office, 4, 6)
        told = await office.told()
        await office.until(lambda: len(printed(terminal)) >= len(told), "the terminal shows the rest")
        shown = printed(terminal)
        assert shown[: len(told)] == told, "what is told later, as an alarm, may be there too"
        assert [int(event["sequence"]) for event in shown] == list(range(1, len(shown) + 1))
    finally:
        await asyncio.to_thread(terminal.stop)


def printed(terminal: Child) -> list[dict[str, Any]]:
    """The whole lines that are events; the others tell of the line that was down."""
    lines = terminal.log.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]


def opened_in(events: list[dict[str, Any]]) -> list[str]:
    return [event["subject"] for event in events if event["type"] == OPENED]


# -- Redis -------------------------------------------------------------------------------------------------------------


async def test_redis_that_was_away_misses_nothing_and_its_entries_have_the_feeds_sequence_as_id(
    make_site: MakeSite, quick_config: Path, redis_server: Redis
) -> None:
    bus = {"GATEWAY__BUS__KIND": "redis", "GATEWAY__BUS__URL": redis_server.url}
    async with office_with(make_site, quick_config, **bus) as office:
        await file(office, 1, 3)
        await office.until(lambda: relayed(redis_server, office), "Redis has the beginning")
        redis_server.stop()
        await file(office, 4, 8)
        office.kill()
        await office.start()
        await file(office, 9, 10)
        redis_server.start()
        await office.until(lambda: relayed(redis_server, office), "Redis has all of it")
        told = await office.told()
        entries = await entries_of(redis_server)
        assert [id for id, _ in entries] == [f"{event['sequence'].lstrip('0')}-0" for _, event in entries]
        assert [event for _, event in entries][: len(told)] == told, "what is told later may be there too"
        assert len(opened_in(told)) == 10


async def entries_of(server: Redis) -> list[tuple[str, dict[str, Any]]]:
    """What a consumer group reads from the beginning."""
    client = redis_asyncio.Redis.from_url(server.url, decode_responses=True)
    try:
        await client.xgroup_create("gw:feed", "dispatch", id="0")
        ((_, entries),) = await client.xreadgroup("dispatch", "worker-1", {"gw:feed": ">"}, count=1000)
        return [(id, json.loads(fields["p"])) for id, fields in entries]
    finally:
        await client.aclose()


async def relayed(server: Redis, office: Office) -> bool:
    client = redis_asyncio.Redis.from_url(server.url)
    try:
        return bool(await client.xlen("gw:feed") == len(await office.feed()))
    finally:
        await client.aclose()
