"""The gate: which proof counts, and for how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher

from gateway.web.sessions import token_hash


async def test_wrong_token_is_not_forgiven_by_a_good_cookie(site: Any) -> None:
    client = await site.logged_in("lead")
    assert (await client.get("/api/v1/me", headers={"Authorization": "Bearer gw_wrong"}))[0] == 401


async def test_change_by_token_needs_no_csrf_but_the_role(site: Any) -> None:
    site.ledger.rows.tokens[token_hash("gw_lead")] = "lead"
    assert (await site.client(token="gw_lead").post("/api/v1/seats/A001/ready"))[0] == 202
    assert (await site.client(token=site.tokens["machine"]).post("/api/v1/seats/A001/ready"))[0] == 403


async def test_token_of_a_disabled_account_is_worth_nothing(site: Any) -> None:
    machine = site.client(token=site.tokens["machine"])
    assert (await machine.get("/api/v1/feed"))[0] == 200
    site.ledger.disable("machine")
    assert (await machine.get("/api/v1/feed"))[0] == 401


async def test_lowered_role_counts_at_the_next_request(site: Any) -> None:
    client = await site.logged_in("lead")
    account, stored = site.ledger.rows.accounts["lead"]
    site.ledger.rows.accounts["lead"] = (replace(account, role="agent"), stored)
    assert (await client.get("/api/v1/feed"))[0] == 403


@pytest.mark.parametrize("cookie", ["", ".", "abc", "YWJj.YWJj", "\u00fcber.x"])
async def test_nonsense_cookies_are_strangers_not_errors(site: Any, cookie: str) -> None:
    headers = {"Cookie": f"gw_session={cookie}"}
    assert (await site.client().get("/api/v1/me", headers=headers))[0] == 401


async def test_refused_attempts_tell_nothing_of_the_account_and_count_for_unknown_ones_too(open_site: Any) -> None:
    async with open_site(login_free=2, login_delay_s=60.0) as site:
        for login in ("agent1", "nobody"):
            assert [await site.client().log_in(login, "wrong") for _ in range(3)] == [401, 401, 429]


async def test_log_in_is_committed_to_the_audit_before_the_cookie_is_given(site: Any) -> None:
    await site.logged_in("agent1")
    assert [(entry.act, entry.login) for entry in site.ledger.rows.audits] == [("login", "agent1")]


async def test_password_of_an_old_cost_is_upgraded_and_the_new_session_holds(site: Any, fakes: Any) -> None:
    account, _ = site.ledger.rows.accounts["agent1"]
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(fakes.password)
    site.ledger.rows.accounts["agent1"] = (account, weak)
    client = await site.logged_in("agent1")
    assert site.ledger.rows.accounts["agent1"][1] != weak
    assert (await client.get("/api/v1/me"))[0] == 200
