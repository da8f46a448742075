"""Log-in and log-out as a client sees them."""

from __future__ import annotations

import base64
from typing import Any

import pytest


async def test_login_sets_a_cookie_that_scripts_cannot_read_and_tells_who(site: Any, fakes: Any) -> None:
    client = site.client()
    status, me, response = await client.post("/api/v1/login", {"login": "agent1", "password": fakes.password})
    assert status == 200
    assert (me["login"], me["role"], me["agent"], me["seat"]) == ("agent1", "agent", "8001", None)
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    status, again, _ = await client.get("/api/v1/me")
    assert status == 200 and again == me


async def test_key_that_seals_words_on_a_machine_is_the_accounts_own_and_the_same_each_time(site: Any) -> None:
    async def key_of(login: str) -> str:
        _, me, _ = await (await site.logged_in(login)).get("/api/v1/me")
        return str(me["local_key"])

    first = await key_of("agent1")
    assert len(base64.b64decode(first)) == 32
    assert first == await key_of("agent1") != await key_of("agent2")


async def test_cookie_behind_tls_is_secure_and_bound_to_the_host(open_site: Any, fakes: Any) -> None:
    async with open_site(cookie_secure=True) as site:
        _, _, response = await site.client().post("/api/v1/login", {"login": "lead", "password": fakes.password})
        assert response.headers["Set-Cookie"].startswith("__Host-gw_session=")
        assert "Secure" in response.headers["Set-Cookie"]
        assert "max-age" in response.headers["Strict-Transport-Security"]


async def test_wrong_password_and_unknown_login_are_told_apart_by_nothing(site: Any) -> None:
    answers = []
    for login in ("agent1", "nobody", "machine"):
        status, problem, _ = await site.client().post("/api/v1/login", {"login": login, "password": "wrong"})
        answers.append((status, problem["detail"], problem["title"]))
    assert set(answers) == {(401, "账号或密码不正确 / wrong login or password", "Unauthorized")}


async def test_disabled_account_cannot_log_in_and_loses_its_open_session(site: Any) -> None:
    client = await site.logged_in("agent1")
    site.ledger.disable("agent1")
    assert (await client.get("/api/v1/me"))[0] == 401
    assert await site.client().log_in("agent1") == 401


async def test_logout_kills_the_cookie_itself_even_after_a_restart(open_site: Any, fakes: Any) -> None:
    async with open_site() as site:
        client = await site.logged_in("agent1")
        cookies = {cookie.key: cookie.value for cookie in client.http.cookie_jar}
        kept = await site.logged_in("agent2")
        kept_cookies = {cookie.key: cookie.value for cookie in kept.http.cookie_jar}
        assert (await client.post("/api/v1/logout"))[0] == 204
        assert (await site.client().get("/api/v1/me", cookies=cookies))[0] == 401
        ledger = site.ledger
    async with open_site(ledger=ledger) as site:
        assert (await site.client().get("/api/v1/me", cookies=cookies))[0] == 401
        assert (await site.client().get("/api/v1/me", cookies=kept_cookies))[0] == 200


async def test_session_ends_with_its_hours(site: Any) -> None:
    client = await site.logged_in("agent1")
    site.ahead["s"] = 12 * 3600 - 60
    assert (await client.get("/api/v1/me"))[0] == 200
    site.ahead["s"] = 12 * 3600 + 60
    assert (await client.get("/api/v1/me"))[0] == 401


async def test_changed_password_ends_open_sessions(site: Any) -> None:
    client = await site.logged_in("agent1")
    account, _ = site.ledger.rows.accounts["agent1"]
    site.ledger.rows.accounts["agent1"] = (account, "$argon2id$other")
    assert (await client.get("/api/v1/me"))[0] == 401


async def test_logins_and_failures_are_audited_with_the_address(site: Any) -> None:
    client = site.client()
    await client.log_in("agent1", "wrong")
    await client.log_in("agent1")
    await client.post("/api/v1/logout")
    acts = [(entry.login, entry.act, entry.address) for entry in site.ledger.rows.audits]
    assert acts == [
        ("agent1", "login.failed", "127.0.0.1"),
        ("agent1", "login", "127.0.0.1"),
        ("agent1", "logout", "127.0.0.1"),
    ]


async def test_repeated_failures_must_wait_even_with_the_right_password(open_site: Any) -> None:
    async with open_site(login_free=3, login_delay_s=60.0) as site:
        client = site.client()
        assert [await client.log_in("agent1", "wrong") for _ in range(3)] == [401, 401, 401]
        status, problem, response = await client.post("/api/v1/login", {"login": "agent1", "password": "x"})
        assert status == 429 and int(response.headers["Retry-After"]) >= 1
        assert "秒后再试" in problem["detail"]
        assert await client.log_in("agent1") == 429
        assert await client.log_in("agent2") == 200
        site.ahead["s"] = 61
        assert await client.log_in("agent1") == 200


async def test_many_failures_from_one_address_make_all_its_logins_wait(open_site: Any) -> None:
    async with open_site(address_free=4, login_delay_s=60.0) as site:
        client = site.client()
        for number in range(4):
            assert await client.log_in(f"guess{number}", "wrong") == 401
        assert await client.log_in("agent1") == 429


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"login": "agent1"}, "password"),
        ({"login": "", "password": "x"}, "login"),
        ({"login": "a", "password": "x" * 257}, "password"),
        ({"login": "a", "password": "x", "role": "admin"}, "role"),
        ({"login": ["a"], "password": "x"}, "login"),
        ({"login": "agent1\r\nAction: Logoff", "password": "x"}, "login"),
    ],
)
async def test_bad_login_bodies_name_their_field(site: Any, body: Any, field: str) -> None:
    status, problem, _ = await site.client().post("/api/v1/login", body)
    assert status == 400 and problem["field"] == field


async def test_login_from_another_sites_page_is_refused(site: Any, fakes: Any) -> None:
    body = {"login": "agent1", "password": fakes.password}
    status, _, _ = await site.client().post("/api/v1/login", body, headers={"Origin": "https://evil.example"})
    assert status == 403


async def test_machine_knows_itself_by_its_token_and_gets_no_csrf(site: Any) -> None:
    status, me, _ = await site.client(token=site.tokens["machine"]).get("/api/v1/me")
    assert status == 200 and me["role"] == "reader" and me["csrf"] is None and me["local_key"] is None
    status, _, response = await site.client(token="gw_wrong").get("/api/v1/me")
    assert status == 401 and response.headers["WWW-Authenticate"].startswith("Bearer")
