"""The wall over HTTP: let in by its token alone, may read its own few addresses and nothing else, sees no person."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from gateway.web.server import all_routes
from gateway.web.wall_config import WallConfig
from tests.web import walls

AT = "/api/v1/wall"


async def opened(site: Any, token: str) -> Any:
    """A browser at the wall, with its cookie."""
    client = site.client()
    async with client.http.post(f"{AT}/session", json={"token": token}) as answer:
        assert answer.status == 204
        assert answer.cookies["gw_wall"]["httponly"] and answer.cookies["gw_wall"]["samesite"] == "Strict"
    return client


async def test_wall_reads_its_figures_and_hears_the_hall_without_persons(open_site: Any, fakes: Any) -> None:
    hall = walls.busy_hall(fakes)
    async with open_site(hall=hall, more=walls.services()) as site:
        client = await opened(site, walls.screen(site))
        status, view, _ = await client.get(AT)
        assert status == 200
        assert (view["rate_24h"], view["figures"]["requests"]) == (0.9631, 10_412)
        assert [one["name"] for one in view["areas"][:2]] == ["海口市", "三亚市"]
        assert view["categories"][0] == {"id": "0101", "name": "噪声扰民", "count": 2_400, "share": None}
        assert view["channels"][0]["name"] == "电话" and view["channels"][1]["share"] == pytest.approx(0.856, abs=1e-3)
        assert [page["kind"] for page in view["pages"]][:2] == ["now", "rates"]
        assert (view["version"], view["title"]) != ("", "") and len(view["by_hour"]) == 24
        async with client.http.ws_connect(f"{AT}/live") as ws:
            snapshot = await ws.receive_json(timeout=60)
            assert snapshot["type"] == "snapshot" and len(snapshot["seats"]) == 30
            hall.change("A001", activity="idle", agent_name="李小明", caller="138****5678")
            diff = await ws.receive_json(timeout=60)
        assert diff == {
            "type": "diff", "epoch": 1, "n": snapshot["n"] + 1, "at": diff["at"], "link": "up", "queues": [],
            "seats": [{"id": "A001", "hall": diff["seats"][0]["hall"], "state": "ready"}],
        }  # fmt: skip
        for word in ("王小芳", "李小明", "****", "13812345678", "'8001'", "call_id"):
            assert word not in str(snapshot) + str(diff), word


async def test_wall_may_ask_for_nothing_else(open_site: Any, fakes: Any) -> None:
    async with open_site(more=walls.services()) as site:
        token = walls.screen(site)
        client, machine = await opened(site, token), site.client(token=token)
        for one in all_routes():
            if one.roles is None or one.path.startswith(AT):
                continue
            path = one.path.replace("{", "").replace("}", "")
            assert "wall" not in one.roles, one.path
            for who in (client, machine):
                async with who.http.request(one.method, path) as answer:
                    assert answer.status in (401, 403), (one.method, path)


@pytest.mark.parametrize("role", ["reader", "admin", "agent"])
async def test_token_of_another_role_is_no_walls(open_site: Any, role: str) -> None:
    async with open_site(more=walls.services()) as site:
        token = walls.screen(site, role)
        async with site.client().http.post(f"{AT}/session", json={"token": token}) as answer:
            assert answer.status == 401 and "gw_wall" not in answer.cookies
        stranger = site.client()
        async with stranger.http.get(AT, cookies={"gw_wall": token}) as answer:
            assert answer.status == 401
        assert [one.act for one in site.ledger.rows.audits if one.act.startswith("wall")] == ["wall.refused"]


async def test_opening_is_audited_and_disabling_the_account_ends_it_at_once(open_site: Any, fakes: Any) -> None:
    async with open_site(hall=walls.busy_hall(fakes), more=walls.services(), recheck_s=0.1) as site:
        client = await opened(site, walls.screen(site))
        (entry,) = (one for one in site.ledger.rows.audits if one.act == "wall.opened")
        assert (entry.login, entry.subject) == ("wall1", "wall1")
        async with client.http.ws_connect(f"{AT}/live") as ws:
            await ws.receive_json(timeout=60)
            site.ledger.disable("wall1")
            async with asyncio.timeout(60):
                while not ws.closed:
                    await ws.receive()
            assert ws.close_code == 1008
        assert (await client.get(AT))[0] == 401


async def test_guessing_is_throttled_and_a_change_by_the_cookie_is_refused(open_site: Any) -> None:
    async with open_site(more=walls.services(), login_free=2, address_free=2, login_delay_s=60.0) as site:
        statuses = []
        for number in range(6):
            async with site.client().http.post(f"{AT}/session", json={"token": f"gw_guess_{number:04d}"}) as answer:
                statuses.append(answer.status)
        assert statuses[0] == 401 and 429 in statuses
        async with aiohttp.ClientSession() as elsewhere:
            headers = {"Origin": "https://evil.example"}
            url = f"http://127.0.0.1:{site.port}{AT}/session"
            async with elsewhere.post(url, json={"token": "gw_guess_0001"}, headers=headers) as answer:
                assert answer.status == 403


async def test_shift_leads_may_look_and_agents_and_strangers_may_not(open_site: Any) -> None:
    async with open_site(more=walls.services()) as site:
        assert (await (await site.logged_in("lead")).get(AT))[0] == 200
        assert (await (await site.logged_in("agent1")).get(AT))[0] == 403
        assert (await site.client().get(AT))[0] == 401
        assert (await site.client().get("/wall"))[0] == 200, "the page itself holds nothing"


async def test_configuration_chooses_title_halls_and_pages_and_a_gateway_without_figures_says_so(
    open_site: Any,
) -> None:
    config = WallConfig.model_validate(
        {"title": "东厅", "halls": ["gone"], "pages": [{"kind": "alarms", "seconds": 7}]}
    )
    async with open_site(more={"wall": lambda: config}) as site:
        _, view, _ = await (await site.logged_in("lead")).get(AT)
    assert (view["title"], view["pages"]) == ("东厅", [{"kind": "alarms", "seconds": 7}])
    assert view["halls"], "a hall that is gone is not the only one shown"
    assert (view["figures_at"], view["figures"], view["areas"]) == (None, {}, [])
