"""The feed: a cursor that never skips, a stream that resumes, and no number in either."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import aiohttp
import pytest

from gateway.cli.sse import FeedClient

SECRET = "13812345678"


@asynccontextmanager
async def streaming(client: Any, path: str = "/api/v1/feed/stream", **headers: str) -> AsyncIterator[Any]:
    async with client.http.get(path, headers=headers) as response:
        assert response.status == 200 and response.content_type == "text/event-stream"
        yield response


async def take(response: Any, count: int) -> list[tuple[int, dict[str, Any]]]:
    """The next ``count`` events as (id, data)."""
    events, number = [], 0
    async with asyncio.timeout(30):
        while len(events) < count:
            line = (await response.content.readline()).decode().rstrip("\n")
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                events.append((number, json.loads(line[6:])))
    return events


async def reader(site: Any) -> Any:
    return site.client(token=site.tokens["machine"])


async def test_batch_is_cloudevents_in_sequence_with_the_next_cursor(site: Any) -> None:
    await site.ledger.emit(5, caller_number=SECRET, call_id="1732200000.15", text=f"回电 {SECRET}", wait_s=4.5)
    status, events, response = await (await reader(site)).get("/api/v1/feed?after=1&limit=3")
    assert status == 200 and response.content_type == "application/cloudevents-batch+json"
    assert [int(event["sequence"]) for event in events] == [2, 3, 4]
    assert response.headers["X-Feed-Cursor"] == "4"
    first = events[0]
    assert first["specversion"] == "1.0" and first["source"] == "urn:hotline:12345"
    assert first["type"] == "hotline.call.arrived.v1" and first["time"] == "2025-11-21T23:00:00.500Z"
    assert first["data"] == {
        "caller_number": "138****5678", "call_id": "1732200000.15", "text": "回电 138****5678", "wait_s": 4.5,
    }  # fmt: skip


async def test_text_order_of_sequences_is_feed_order(site: Any) -> None:
    await site.ledger.emit(12)
    _, events, _ = await (await reader(site)).get("/api/v1/feed")
    sequences = [event["sequence"] for event in events]
    assert len(sequences) == 12 and sequences == sorted(sequences)


async def test_empty_batch_keeps_the_cursor(site: Any) -> None:
    await site.ledger.emit(2)
    status, events, response = await (await reader(site)).get("/api/v1/feed?after=2")
    assert (status, events, response.headers["X-Feed-Cursor"]) == (200, [], "2")


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=99", "limit=0", "limit=1001", "after=99999999999999999999"]
)
async def test_cursor_that_cannot_be_is_refused(site: Any, query: str) -> None:
    status, problem, _ = await (await reader(site)).get(f"/api/v1/feed?{query}")
    assert status == 400 and problem["field"] == query.partition("=")[0]


async def test_agents_do_not_follow_the_feed(site: Any) -> None:
    client = await site.logged_in("agent1")
    assert (await client.get("/api/v1/feed"))[0] == 403
    assert (await client.get("/api/v1/feed/stream"))[0] == 403
    assert (await site.client().get("/api/v1/feed"))[0] == 401


async def test_stream_hands_on_what_is_committed_later(site: Any) -> None:
    await site.ledger.emit(2, caller=SECRET)
    async with streaming(await reader(site), "/api/v1/feed/stream?after=0") as response:
        assert [number for number, _ in await take(response, 2)] == [1, 2]
        await site.ledger.emit(3, caller=SECRET)
        events = await take(response, 3)
    assert [number for number, _ in events] == [3, 4, 5]
    assert all(event["data"]["caller"] == "138****5678" for _, event in events)


async def test_stream_without_cursor_begins_now(site: Any) -> None:
    await site.ledger.emit(3)
    async with streaming(await reader(site)) as response:
        await response.content.readline()  # the retry line: the cursor has been taken
        await site.ledger.emit(1)
        assert [number for number, _ in await take(response, 1)] == [4]


async def test_resumed_stream_has_neither_gap_nor_duplicate_while_writers_go_on(site: Any) -> None:
    client = await reader(site)
    seen: list[int] = []

    async def write() -> None:
        for _ in range(60):
            await site.ledger.emit(3)
            await asyncio.sleep(0)

    await site.ledger.emit(1)
    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        while len(seen) < 181:
            last = {"Last-Event-ID": str(seen[-1])} if seen else {}
            async with streaming(client, "/api/v1/feed/stream?after=0", **last) as response:
                seen += [number for number, _ in await take(response, min(40, 181 - len(seen)))]
    assert seen == list(range(1, 182))


async def test_last_event_id_must_be_a_sequence_of_this_feed(site: Any) -> None:
    client = await reader(site)
    for value in ("abc", "-1", "7"):
        status, problem, _ = await client.get("/api/v1/feed/stream", headers={"Last-Event-ID": value})
        assert (status, problem["field"]) == (400, "Last-Event-ID")


async def test_quiet_stream_sends_heartbeats(open_site: Any) -> None:
    async with open_site(heartbeat_s=0.05) as site, streaming(await reader(site)) as response:
        async with asyncio.timeout(30):
            while await response.content.readline() != b": heartbeat\n":
                pass


async def test_stream_reads_on_only_when_its_reader_has_taken_the_batch(open_site: Any) -> None:
    async with open_site(send_timeout_s=30) as site:
        big = "字" * 20_000
        await site.ledger.emit(600, text=big)
        client = await reader(site)
        async with streaming(client, "/api/v1/feed/stream?after=0") as response:
            await take(response, 1)
            await asyncio.sleep(0.3)  # time in which an eager server would read all of it
            assert max(after for after, _ in site.ledger.reads) < 600
            response.close()


async def test_reader_that_takes_nothing_is_dropped(open_site: Any) -> None:
    async with open_site(send_timeout_s=0.2) as site:
        await site.ledger.emit(600, text="字" * 20_000)
        reading, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1024)
        token = site.tokens["machine"]
        writer.write(
            f"GET /api/v1/feed/stream?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        await reading.readline()
        async with asyncio.timeout(30):
            while site.registry.get_sample_value("gateway_feed_streams"):
                await asyncio.sleep(0.05)
        writer.transport.abort()


async def test_stream_ends_when_its_token_is_withdrawn(open_site: Any) -> None:
    async with open_site(recheck_s=0.05, heartbeat_s=0.05) as site, streaming(await reader(site)) as response:
        site.ledger.disable("machine")
        async with asyncio.timeout(30):
            while await response.content.readline():
                pass


async def test_streams_are_bounded(open_site: Any) -> None:
    async with open_site(max_streams=1) as site, streaming(await reader(site)):
        assert (await (await reader(site)).get("/api/v1/feed/stream"))[0] == 503


async def test_many_streams_share_one_reading_of_each_event(site: Any) -> None:
    await site.ledger.emit(250)
    clients = [await reader(site) for _ in range(12)]

    async def read_all(client: Any) -> list[int]:
        async with streaming(client, "/api/v1/feed/stream?after=0") as response:
            return [number for number, _ in await take(response, 250)]

    seen = await asyncio.gather(*(read_all(client) for client in clients))
    assert all(one == list(range(1, 251)) for one in seen)
    assert sum(limit for _, limit in site.ledger.reads) <= 300 + 12  # three pages, not three for each stream


async def test_a_ledger_that_is_away_ends_the_stream_and_the_next_one_goes_on(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.ledger.emit(150)
    client = await reader(site)
    async with streaming(client, "/api/v1/feed/stream?after=0") as response:
        await take(response, 150)
        with monkeypatch.context() as away:

            async def fails(after: int, limit: int) -> None:
                raise OSError("the database is away")

            away.setattr(site.ledger, "events", fails)
            await site.ledger.emit(1)
            with pytest.raises(aiohttp.ClientError):
                async with asyncio.timeout(30):
                    while await response.content.readline():
                        pass
    async with streaming(client, "/api/v1/feed/stream?after=0", **{"Last-Event-ID": "150"}) as response:
        assert [number for number, _ in await take(response, 1)] == [151]


async def test_a_batch_tells_where_the_feed_ends(site: Any) -> None:
    await site.ledger.emit(7)
    _, events, response = await (await reader(site)).get("/api/v1/feed?limit=2")
    assert len(events) == 2 and response.headers["X-Feed-Last"] == "7"


async def test_the_client_of_the_terminal_reads_the_real_feed(site: Any) -> None:
    """``gateway feed`` is tested against a twin elsewhere; here against the server itself."""

    async def enter() -> None: ...

    await site.ledger.emit(12)
    headers = {"Authorization": f"Bearer {site.tokens['machine']}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        client = FeedClient(http, f"http://127.0.0.1:{site.port}", enter, lambda said: None)
        batch = await client.batch(10)
        assert (len(batch.events), batch.cursor, batch.last) == (2, 12, 12)
        async with asyncio.timeout(30), aclosing(client.follow(10)) as events:
            assert [int((await anext(events))["sequence"]) for _ in range(2)] == [11, 12]
            await site.ledger.emit(1)
            assert int((await anext(events))["sequence"]) == 13
