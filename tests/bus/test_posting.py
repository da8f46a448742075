"""What an answer means, and that whatever the other side does is an outcome within the time limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from gateway.bus.posting import BATCH, ONE, Outcome, Post, Poster, post_of
from gateway.guard import GuardConfig, guarded_session
from gateway.tail import Entry
from tests.bus.receiver import receiving
from tests.serverends import ending
from tools.lab import free_port

POST = Post("evt-1", b'{"a":1}', ONE)
KEYS = [b"k" * 32]


def entry(sequence: int) -> Entry:
    body = b'{"n":%d}' % sequence
    return Entry(sequence, f"id-{sequence}", "hotline.ticket.opened.v1", 1.0, body, b"")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def send(http: aiohttp.ClientSession, url: str, timeout_s: float = 60.0) -> Outcome:
    return await Poster(http, timeout_s).send(url, KEYS, POST, 1_763_766_000.9)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "taken"), (202, "taken"), (204, "taken"), (301, "failed"), (307, "failed"), (400, "refused"),
        (401, "failed"), (404, "failed"), (410, "gone"), (413, "refused"), (422, "refused"), (429, "failed"),
        (500, "failed"), (503, "failed"),
    ],
)  # fmt: skip
async def test_the_status_decides(http: aiohttp.ClientSession, status: int, verdict: str) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda got: status
        outcome = await send(http, receiver.url)
    assert (outcome.verdict, outcome.status) == (verdict, status)
    assert (outcome.error == "") == (verdict == "taken")


async def test_a_post_carries_the_three_headers_and_the_event_untouched(http: aiohttp.ClientSession) -> None:
    async with receiving() as receiver:
        await send(http, receiver.url)
    (got,) = receiver.got
    assert got.body == POST.body and got.id == "evt-1"
    assert got.headers["webhook-timestamp"] == "1763766000"
    assert got.headers["webhook-signature"].startswith("v1,")
    assert got.headers["content-type"] == ONE


@pytest.mark.parametrize(("said", "after"), [("120", 120.0), ("99999999", 21600.0), ("soon", 0.0), ("", 0.0)])
async def test_retry_after_is_heard_within_reason(http: aiohttp.ClientSession, said: str, after: float) -> None:
    async with receiving() as receiver:
        receiver.answer, receiver.headers = lambda got: 503, {"Retry-After": said}
        assert (await send(http, receiver.url)).after_s == after


async def test_a_long_answer_is_read_no_further_than_needed_and_told_short(http: aiohttp.ClientSession) -> None:
    async with receiving() as receiver:
        receiver.answer, receiver.text = lambda got: 500, "错\n" * 500_000
        outcome = await send(http, receiver.url)
        receiver.answer = lambda got: 200
        assert (await send(http, receiver.url)).verdict == "taken"
    assert len(outcome.error) < 250 and "\n" not in outcome.error


async def test_nobody_there_is_told_from_one_who_does_not_answer(http: aiohttp.ClientSession) -> None:
    assert (await send(http, f"http://127.0.0.1:{free_port()}/")).verdict == "unreachable"

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    for serve in (mute, rude):
        async with ending(await asyncio.start_server(serve, "127.0.0.1", 0)) as port:
            assert (await send(http, f"http://127.0.0.1:{port}/", 0.3)).verdict == "failed"


async def test_the_address_guard_is_an_outcome_too() -> None:
    async with guarded_session(GuardConfig()) as guarded:
        outcome = await send(guarded, "http://127.0.0.1:9/")
    assert outcome.verdict == "unreachable" and "loopback" in outcome.error


def test_the_same_events_make_the_same_batch_and_others_another() -> None:
    one, two = post_of([entry(1), entry(2)], True), post_of([entry(1), entry(2)], True)
    assert one == two and one.content_type == BATCH and one.body == b'[{"n":1},{"n":2}]'
    assert post_of([entry(1)], True).id != one.id
    assert post_of([entry(7)], False) == Post("id-7", b'{"n":7}', ONE)
