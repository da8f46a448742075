"""The API as the play uses it: log-in with cookie and CSRF token, pages of calls, and refusals in plain words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.demo.hotline import Hotline, HotlineRefused, Login, read_logins, shift_lead
from tools.lab import Ports


async def login(request: web.Request) -> web.Response:
    asked = await request.json()
    if asked != {"login": "lead", "password": "right"}:
        return web.json_response({"detail": "工号或密码不正确 / wrong login or password"}, status=401)
    answer = web.json_response({"login": "lead", "csrf": "token"})
    answer.set_cookie("gw_session", "cookie", httponly=True)
    return answer


async def calls(request: web.Request) -> web.Response:
    rows = [{"call_id": str(n)} for n in range(5)]
    start = int(request.query.get("after", "-1")) + 1
    page = rows[start : start + 2]
    return web.json_response({"items": page, "next": page[-1]["call_id"] if start + 2 < 5 else None})


async def sign_in(request: web.Request) -> web.Response:
    if request.cookies.get("gw_session") != "cookie" or request.headers.get("X-CSRF-Token") != "token":
        return web.json_response({"detail": "log in first"}, status=401)
    if (await request.json())["login"] != "zhang":
        return web.Response(status=409, text="not json")
    return web.json_response({"accepted": True, "seat": request.match_info["id"]}, status=202)


@pytest.fixture
async def address() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/api/v1/login", login)
    app.router.add_get("/api/v1/calls", calls)
    app.router.add_post("/api/v1/seats/{id}/sign-in", sign_in)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_all_pages_of_calls_are_read(address):
    async with Hotline(address, "lead", "right") as hotline:
        assert [call["call_id"] for call in await hotline.calls(1.0)] == list("01234")


async def test_an_act_carries_cookie_and_csrf_token(address):
    async with Hotline(address, "lead", "right") as hotline:
        await hotline.sign_in("A001", "zhang")


async def test_a_refusal_says_why_and_with_which_status(address):
    async with Hotline(address, "lead", "right") as hotline:
        with pytest.raises(HotlineRefused, match="HTTP 409") as refused:
            await hotline.sign_in("A001", "wang")
    assert refused.value.status == 409
    with pytest.raises(HotlineRefused, match="wrong login or password"):
        async with Hotline(address, "lead", "wrong"):
            pass


async def test_a_gateway_that_is_not_there_is_named():
    ports = Ports()
    with pytest.raises(HotlineRefused, match="cannot be reached"):
        async with Hotline(f"http://127.0.0.1:{ports.take()}", "lead", "right"):
            pass
    ports.close()


def test_first_logins_are_read_and_the_supervisor_found(tmp_path):
    file = tmp_path / "first-logins.txt"
    assert read_logins(file) == []
    file.write_text(
        "# login password role\nadmin pw1 admin\n1001\tpw2\tagent\t张三\nlead pw3 supervisor 1000 李四\nodd line\n\n"
    )
    found = read_logins(file)
    assert [one.login for one in found] == ["admin", "1001", "lead"]
    assert shift_lead(found) == Login("lead", "pw3", "supervisor")
    assert shift_lead(found[:2]) == Login("admin", "pw1", "admin")
    assert shift_lead([]) is None
