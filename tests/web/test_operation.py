"""Health, readiness, figures and the audit log."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from gateway.web.ports import PartState


async def test_healthz_tells_the_lag_without_a_login(site: Any) -> None:
    began = time.monotonic()
    status, health, _ = await site.client().get("/healthz")
    took_ms = (time.monotonic() - began) * 1000
    assert status == 200 and health["status"] == "alive"
    assert 0 <= health["lag_ms"] <= took_ms and health["worst_lag_ms"] >= 0


async def test_readyz_names_the_part_that_is_not_ready(site: Any) -> None:
    async def down() -> PartState:
        return PartState(False, "link down for 12 s")

    async def silent() -> PartState:
        await asyncio.sleep(60)
        return PartState(True, "never")

    async def broken() -> PartState:
        raise RuntimeError("secret")

    assert (await site.client().get("/readyz"))[:2] == (
        200,
        {"ready": True, "not_ready": [], "parts": {"ledger": {"ready": True, "state": "ok"}}},
    )
    site.parts |= {"asterisk": down, "agi": silent, "bus": broken}
    status, ready, _ = await site.client().get("/readyz")
    assert status == 503 and ready["not_ready"] == ["asterisk", "agi", "bus"]
    assert ready["parts"]["asterisk"] == {"ready": False, "state": "link down for 12 s"}
    assert ready["parts"]["agi"]["state"] == "no answer within 1 s"
    assert "secret" not in str(ready)


async def test_metrics_count_requests_by_route_and_never_by_address(site: Any) -> None:
    client = await site.logged_in("agent1")
    await client.get("/api/v1/calls/1732200000.15")
    await client.get("/wp-admin/setup.php")
    async with client.http.get("/metrics") as response:
        text = await response.text()
    assert 'gateway_http_requests_total{method="GET",route="/api/v1/calls/{id}",status="404"} 1.0' in text
    assert 'gateway_http_requests_total{method="GET",route="none",status="404"} 1.0' in text
    assert "wp-admin" not in text and 'gateway_logins_total{result="ok"} 1.0' in text


async def test_metrics_are_for_this_machine_or_a_token(open_site: Any) -> None:
    async with open_site(trusted_proxies=["127.0.0.1"]) as site:
        elsewhere = {"X-Forwarded-For": "203.0.113.9"}
        assert (await site.client().get("/metrics"))[0] == 200
        assert (await site.client().get("/metrics", headers=elsewhere))[0] == 401
        machine = site.client(token=site.tokens["machine"])
        assert (await machine.get("/metrics", headers=elsewhere))[0] == 200
        agent = await site.logged_in("agent1")
        assert (await agent.get("/metrics", headers=elsewhere))[0] == 403


async def test_unknown_proxy_on_this_machine_does_not_make_everyone_local(site: Any) -> None:
    assert (await site.client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}))[0] == 401


async def test_audit_log_is_for_shift_leads_and_admins_newest_first(site: Any) -> None:
    await site.client().log_in("agent1", "wrong")
    root = await site.logged_in("root")
    status, page, _ = await root.get("/api/v1/audit")
    assert status == 200
    assert [(item["login"], item["act"]) for item in page["items"]] == [("root", "login"), ("agent1", "login.failed")]
    _, page, _ = await root.get("/api/v1/audit?login=agent1")
    assert len(page["items"]) == 1
    for login, allowed in (("agent1", 403), ("lead", 200)):
        assert (await (await site.logged_in(login)).get("/api/v1/audit"))[0] == allowed
