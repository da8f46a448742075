"""Calling a vendor: bounded, and not begun anew."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.byhttp.calls import LARGEST, Sending, call
from tests.fakes.serving import serving_app


async def test_an_answer_is_read_within_bounds_and_redirects_are_not_followed() -> None:
    async def large(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * (LARGEST + 10))

    async def elsewhere(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/large"})

    routes = [web.get("/large", large), web.get("/elsewhere", elsewhere)]
    async with serving_app(routes) as base, aiohttp.ClientSession() as http:
        assert len((await call(http, "GET", URL(f"{base}/large"), {}, None, 2)).body) == LARGEST
        assert (await call(http, "GET", URL(f"{base}/elsewhere"), {}, None, 2)).status == 302


async def test_no_answer_is_retryable_and_its_words_hold_no_password() -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async def busy(_: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "7"})

    routes = [web.get("/silent", silent), web.get("/busy", busy)]
    async with serving_app(routes) as base, aiohttp.ClientSession() as http:
        with pytest.raises(Retryable, match="没有答复") as slow:
            await call(http, "GET", URL(f"{base}/silent?password=pw"), {}, None, 0.05)
        with pytest.raises(Retryable) as limited:
            await call(http, "GET", URL(f"{base}/busy"), {}, None, 2)
    assert limited.value.after_s == 7
    async with aiohttp.ClientSession() as http:
        with pytest.raises(Retryable, match="无法连接") as away:
            await call(http, "GET", URL(f"{base}/silent?password=pw"), {}, None, 2)
    assert "pw" not in slow.value.why + away.value.why


async def test_a_try_goes_on_behind_what_went_out_before() -> None:
    went: list[str] = []
    faults: list[Exception] = [Retryable("busy")]

    async def one(text: str, n: int) -> str:
        if text == "二" and faults:
            raise faults.pop()
        went.append(text)
        return f"id-{n}"

    sending = Sending()
    with pytest.raises(Retryable):
        await sending.send("d1", ("一", "二", "三"), one)
    assert await sending.send("d1", ("一", "二", "三"), one) == ("id-0", "id-1", "id-2")
    assert went == ["一", "二", "三"]
    assert await sending.send("d1", ("一",), one) == ("id-0",), "what is done is forgotten"


async def test_a_refusal_in_the_middle_says_what_went_out() -> None:
    async def one(text: str, n: int) -> str:
        if n == 1:
            raise Permanent("内容含有敏感词")
        return "id"

    with pytest.raises(Permanent, match="内容含有敏感词（前1条已发出"):
        await Sending().send("d1", ("一", "二"), one)
