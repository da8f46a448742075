"""The stream's client: any portions give the same events, a cut line is taken up again without gap or repeat."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli import sse
from gateway.cli.sse import Broken, FeedClient, Frames
from gateway.demo.hotline import HotlineRefused
from tests.cli.feed_server import TOKEN, FeedServer, event, serving
from tests.serverends import ending

WIRE = (
    'retry: 2000\n\n: heartbeat\n\nid: 1\ndata: {"字":1}\n\nid: 2\r\ndata:two\r\ndata: lines\r\n\r\nid: 3\ndata: \n\n'
).encode()
MEANT = [("1", '{"字":1}'.encode()), ("2", b"two\nlines"), ("3", b"")]


@given(st.lists(st.integers(0, len(WIRE)), max_size=12))
def test_any_portions_give_the_same_events(cuts: list[int]) -> None:
    frames, found, at = Frames(), [], 0
    for cut in [*sorted(cuts), len(WIRE)]:
        found += frames.feed(WIRE[at:cut])
        at = cut
    assert found == MEANT and frames.last_id == "3"


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_are_read_without_complaint(portions: list[bytes]) -> None:
    frames = Frames()
    for portion in portions:
        frames.feed(portion)


def test_an_event_without_end_is_broken_and_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_LONGEST", 1000)
    for portion in (b"x" * 400, b"data: " + b"x" * 400 + b"\n"):
        frames = Frames()
        with pytest.raises(Broken):
            for _ in range(10):
                frames.feed(portion)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_FIRST_S", 0.001)
    monkeypatch.setattr(sse, "_MOST_S", 0.002)


async def collect(server: FeedServer, after: int, count: int, said: list[str], token: str = TOKEN) -> list[int]:
    async def enter() -> None: ...

    seen: list[int] = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
        client = FeedClient(http, server.url, enter, said.append)
        async with asyncio.timeout(60), aclosing(client.follow(after)) as events:
            async for one in events:
                seen.append(int(one["sequence"]))
                if len(seen) == count:
                    break
    return seen


@pytest.mark.usefixtures("quick")
async def test_a_stream_that_is_cut_again_and_again_misses_nothing_and_repeats_nothing() -> None:
    said: list[str] = []
    async with serving() as server:
        server.events = [event(n) for n in range(1, 31)]
        server.breaks_after = [7, 0, 5, 1, 0, 0]
        assert await collect(server, 2, 28, said) == list(range(3, 31))
    assert server.resumed_from[:4] == ["2", "9", "9", "14"]
    assert said and "lost the feed" in said[0]


@pytest.mark.usefixtures("quick")
async def test_one_that_may_not_follow_is_told_so() -> None:
    async with serving() as server:

        async def refuse() -> None:
            raise HotlineRefused("wrong password", 401)

        async with aiohttp.ClientSession() as http:
            client = FeedClient(http, server.url, refuse, lambda said: None)
            with pytest.raises(HotlineRefused, match="wrong password"):
                await anext(client.follow(0))
            with pytest.raises(HotlineRefused, match="请先登录"):
                await client.batch(0)


async def test_a_server_that_is_no_gateway_is_told_plainly() -> None:
    async def enter() -> None: ...

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")
        await writer.drain()
        writer.close()

    door = await asyncio.start_server(page, "127.0.0.1", 0)
    async with ending(door) as port, aiohttp.ClientSession() as http:
        with pytest.raises(HotlineRefused, match="is not a gateway"):
            await FeedClient(http, f"http://127.0.0.1:{port}", enter, lambda said: None).batch(0)
