"""The live stream over a real socket."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from gateway.web.live_views import LiveMessage


async def receive(ws: Any) -> dict[str, Any]:
    return await ws.receive_json(timeout=30)


async def test_snapshot_then_diffs_each_as_described(site: Any) -> None:
    client = await site.logged_in("lead")
    async with client.http.ws_connect("/api/v1/live") as ws:
        first = await receive(ws)
        assert (first["type"], len(first["seats"]), first["link"]) == ("snapshot", 30, "up")
        LiveMessage.model_validate(first)
        site.hall.change("A007", presence="ready")
        site.hall.change("A008", presence="ready")
        diffs = [await receive(ws), await receive(ws)]
        assert [diff["n"] for diff in diffs] == [first["n"] + 1, first["n"] + 2]
        assert [seat["id"] for diff in diffs for seat in diff["seats"]] == ["A007", "A008"]
        LiveMessage.model_validate(diffs[0])


async def test_client_that_saw_a_gap_gets_a_snapshot_when_it_asks(site: Any) -> None:
    client = await site.logged_in("lead")
    async with client.http.ws_connect("/api/v1/live") as ws:
        first = await receive(ws)
        site.hall.n += 1  # a diff got lost
        site.hall.change("A007", presence="ready")
        assert (await receive(ws))["n"] == first["n"] + 2
        await ws.send_str('{"type":"snapshot"}')
        again = await receive(ws)
        assert (again["type"], again["n"]) == ("snapshot", first["n"] + 2)


async def test_slow_socket_loses_its_queue_and_gets_a_fresh_snapshot(open_site: Any) -> None:
    async with open_site(socket_queue=4) as site:
        client = await site.logged_in("lead")
        async with client.http.ws_connect("/api/v1/live") as ws:
            await receive(ws)
            for _ in range(50):  # in one step of the loop: the sender has no chance to keep up
                site.hall.change("A007", presence="ready")
            site.hall.change("A009", presence="ready")
            caught_up = await receive(ws)
            assert (caught_up["type"], caught_up["n"]) == ("snapshot", site.hall.n)
            assert site.hub.dropped >= 1
            site.hall.change("A010", presence="ready")
            assert (await receive(ws))["n"] == caught_up["n"] + 1


async def test_peer_that_takes_nothing_is_dropped_and_the_others_are_served(open_site: Any) -> None:
    async with open_site(send_timeout_s=8.0) as site:  # who is only slow must not be dropped with it
        token = site.tokens["machine"]
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1024)
        writer.write(
            "GET /api/v1/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        assert b" 101 " in await reader.readline()
        client = await site.logged_in("lead")
        async with client.http.ws_connect("/api/v1/live", max_msg_size=0) as ws:
            await receive(ws)
            assert site.hub.open == 2
            async with asyncio.timeout(30):
                while site.hub.open == 2:
                    site.hall.change("A007", agent_name="字" * 100_000)
                    await receive(ws)
                    await asyncio.sleep(0.05)
        writer.transport.abort()


async def test_socket_needs_a_login_by_cookie_or_token(site: Any) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.client().http.ws_connect("/api/v1/live")
    assert refused.value.status == 401
    async with site.client(token=site.tokens["machine"]).http.ws_connect("/api/v1/live") as ws:
        assert (await receive(ws))["type"] == "snapshot"


async def test_page_of_another_origin_cannot_open_a_socket(open_site: Any) -> None:
    async with open_site(allowed_origins=["https://wall.example"]) as site:
        client = await site.logged_in("lead")
        for origin in ("https://evil.example", "null"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.http.ws_connect("/api/v1/live", headers={"Origin": origin})
            assert refused.value.status == 403
        for origin in (client.base, "https://wall.example"):
            async with client.http.ws_connect("/api/v1/live", headers={"Origin": origin}) as ws:
                assert (await receive(ws))["type"] == "snapshot"


async def test_plain_request_is_told_to_upgrade(site: Any) -> None:
    status, problem, _ = await (await site.logged_in("lead")).get("/api/v1/live")
    assert status == 426 and "WebSocket" in problem["detail"]


@pytest.mark.parametrize("nonsense", ["hello", '{"type":"order"}', "[]", "x" * 5000])
async def test_client_that_talks_nonsense_is_closed(site: Any, nonsense: str) -> None:
    client = await site.logged_in("lead")
    async with client.http.ws_connect("/api/v1/live") as ws:
        await receive(ws)
        await ws.send_str(nonsense)
        assert (await ws.receive(timeout=30)).type is aiohttp.WSMsgType.CLOSE


async def test_log_out_ends_the_open_socket(open_site: Any) -> None:
    async with open_site(recheck_s=0.05) as site:
        client = await site.logged_in("lead")
        async with client.http.ws_connect("/api/v1/live") as ws:
            await receive(ws)
            await client.post("/api/v1/logout")
            ended = await ws.receive(timeout=30)
            assert (ended.type, ended.data) == (aiohttp.WSMsgType.CLOSE, 1008)


async def test_sockets_are_bounded(open_site: Any) -> None:
    async with open_site(max_sockets=1) as site:
        client = await site.logged_in("lead")
        async with client.http.ws_connect("/api/v1/live") as ws:
            await receive(ws)
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.http.ws_connect("/api/v1/live")
            assert refused.value.status == 503
