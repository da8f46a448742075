"""Calls to Tencent: what is answered is read within limits, and a token is shared and kept from readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from gateway.channels.port import Fetched, Retryable
from gateway.channels.tencent import ApiError, Calls, Token, TokenKeeper, TooLarge, token_of
from tests.fakes.serving import serving_app
from tests.tickets.fake_ledger import FakeLedger


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read(), content_type="application/json")

    async def chunked(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(5):
            await response.write(b"x" * 1000)
        return response

    async def named(request: web.Request) -> web.Response:
        header = 'attachment; filename="../../etc/passwd.jpg"'
        return web.Response(body=b"jpg", content_type="image/jpeg", headers={"Content-Disposition": header})

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound("http://169.254.169.254/")

    routes = [web.post("/echo", echo), web.get("/chunked", chunked), web.get("/named", named), web.get("/away", away)]
    async with serving_app(routes) as base, aiohttp.ClientSession() as http:
        yield Calls(http, base, 2.0)


async def test_characters_go_out_as_themselves(calls: Calls) -> None:
    assert await calls.json("POST", "/echo", {}, {"errcode": 0, "text": "好😀"}) == {"errcode": 0, "text": "好😀"}


@pytest.mark.parametrize("code", [40001, -1, "45009"])
async def test_a_code_is_an_error_with_its_number(calls: Calls, code: object) -> None:
    with pytest.raises(ApiError, match="no") as caught:
        await calls.json("POST", "/echo", {}, {"errcode": code, "errmsg": "no"})
    assert caught.value.code == int(str(code))


@pytest.mark.parametrize("answer", [[1], "text", None])
async def test_json_that_is_no_object_is_retryable(calls: Calls, answer: object) -> None:
    with pytest.raises(Retryable):
        await calls.json("POST", "/echo", {}, answer)


async def test_a_file_is_bounded_though_its_length_is_not_told(calls: Calls) -> None:
    with pytest.raises(TooLarge):
        await calls.file("/chunked", {}, 3000)
    found = await calls.file("/chunked", {}, 5000)
    assert isinstance(found, Fetched)
    assert len(found.body) == 5000


async def test_a_file_s_name_has_no_path(calls: Calls) -> None:
    found = await calls.file("/named", {}, 5000)
    assert isinstance(found, Fetched)
    assert (found.name, found.content_type) == ("passwd.jpg", "image/jpeg")


async def test_redirects_are_not_followed(calls: Calls) -> None:
    with pytest.raises(Retryable, match="302"):
        await calls.file("/away", {}, 5000)


async def test_an_unreachable_platform_is_retryable_without_the_token_in_the_words() -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(Retryable) as caught:
            await Calls(http, "http://127.0.0.1:1", 2.0).json("POST", "/x", {"access_token": "hush"})
    assert "hush" not in caught.value.why


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": "t", "expires_in": "x"}])
def test_an_answer_without_a_token_is_retryable(answer: dict[str, object]) -> None:
    with pytest.raises(Retryable):
        token_of(answer, 0.0)


def test_a_token_is_replaced_before_its_end() -> None:
    assert token_of({"access_token": "t", "expires_in": 7200}, 100.0) == Token("t", 100.0 + 6900)
    assert token_of({"access_token": "t", "expires_in": 60}, 0.0).until == 30


class States(FakeLedger):
    """With the ledger's named values."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, object] = {}

    async def save_state(self, name: str, value: object) -> None:
        self.values[name] = value

    async def state(self, name: str) -> object:
        return self.values.get(name)


async def test_a_token_is_asked_for_once_and_another_secret_cannot_read_it() -> None:
    ledger, asked = States(), 0

    async def ask(force: bool) -> Token:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return Token(f"t{asked}", 100.0)

    keepers = [TokenKeeper(ledger, "n", secret, ask, lambda: 0.0) for secret in ("s", "s", "other")]  # type: ignore[arg-type]
    assert await asyncio.gather(*(keepers[0].get() for _ in range(5))) == ["t1"] * 5
    assert await keepers[1].get() == "t1"
    assert await keepers[2].get() == "t2"
    assert await asyncio.gather(*(keepers[0].replace("t1") for _ in range(3))) == ["t3"] * 3
