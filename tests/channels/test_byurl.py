from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from gateway.channels.byurl import by_url, retry_after
from gateway.channels.port import Permanent, Retryable
from gateway.guard import GuardConfig, guarded_session
from tests.fakes.partner import FakePartner


@pytest.fixture
async def fake() -> AsyncIterator[FakePartner]:
    async with FakePartner().running() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_file_comes_with_name_and_type(fake, http):
    fetched = await by_url(http, f"{fake.base}/files/a.mp3", 100)
    assert (fetched.body, fetched.name, fetched.content_type) == (b"bytes of a.mp3", "a.mp3", "audio/mpeg")


@pytest.mark.parametrize("status", [204, 400, 403, 404, 410])
async def test_a_file_that_is_not_there_is_permanent(fake, http, status):
    with pytest.raises(Permanent, match=str(status)):
        await by_url(http, f"{fake.base}/files/{status}", 100)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_a_server_in_trouble_is_tried_again_when_it_says(fake, http, status):
    with pytest.raises(Retryable) as caught:
        await by_url(http, f"{fake.base}/files/{status}", 100)
    assert caught.value.after_s == 7


async def test_a_file_beyond_the_limit_is_refused(fake, http):
    with pytest.raises(Permanent, match="more than 5 bytes"):
        await by_url(http, f"{fake.base}/files/a.mp3", 5)


@pytest.mark.parametrize("url", ["", "not an address", "http://", "ftp://127.0.0.1/x"])
async def test_what_is_no_address_is_permanent(http, url):
    with pytest.raises(Permanent):
        await by_url(http, url, 100)


async def test_our_own_network_is_not_reached(fake):
    async with guarded_session(GuardConfig()) as guarded:
        with pytest.raises(Permanent, match="loopback"):
            await by_url(guarded, f"{fake.base}/files/a.mp3", 100)


async def test_a_server_that_is_away_is_tried_again(http):
    with pytest.raises(Retryable, match="could not be reached"):
        await by_url(http, "http://127.0.0.1:1/x", 100)


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), ("999999999", 86_400.0), ("Wed, 21 Oct", None), ("", None), ("²", None)]
)
def test_retry_after_is_read_in_seconds(text, seconds):
    assert retry_after({"Retry-After": text}) == seconds
