"""The hall over HTTP: who may do what to which seat, and how refusals of the switch are told."""

from __future__ import annotations

from typing import Any

import pytest


async def test_seats_queues_and_plan_need_a_login(site: Any) -> None:
    for path in ("seats", "queues", "plan"):
        assert (await site.client().get(f"/api/v1/{path}"))[0] == 401
    client = await site.logged_in("agent1")
    _, seats, _ = await client.get("/api/v1/seats")
    assert [seat["id"] for seat in seats["seats"]][:2] == ["A001", "A002"]
    _, queues, _ = await client.get("/api/v1/queues")
    assert queues["queues"][0]["answer_within_s"] == 15
    _, plan, _ = await client.get("/api/v1/plan")
    assert plan["halls"][0]["rooms"][0]["name"] == "一号大厅"


async def test_agent_signs_in_rests_gets_ready_and_signs_out_at_an_own_seat(site: Any) -> None:
    client = await site.logged_in("agent1")
    steps = [("sign-in", {}), ("not-ready", {"reason": "break"}), ("ready", {}), ("sign-out", {})]
    seen = []
    for act, body in steps:
        status, data, _ = await client.post(f"/api/v1/seats/A003/{act}", body)
        assert (status, data) == (202, {"accepted": True, "seat": "A003"})
        seat = site.hall.seats()[2]
        seen.append((seat["presence"], seat["agent"], seat["reason"]))
    assert seen == [
        ("not_ready", "8001", None),
        ("not_ready", "8001", "break"),
        ("ready", "8001", None),
        ("signed_out", None, None),
    ]


async def test_agent_may_not_touch_the_seat_of_another(site: Any) -> None:
    await (await site.logged_in("agent2")).post("/api/v1/seats/A001/sign-in")
    client = await site.logged_in("agent1")
    for act, body in (("sign-out", {}), ("ready", {}), ("not-ready", {"reason": "break"})):
        assert (await client.post(f"/api/v1/seats/A001/{act}", body))[0] == 403
    assert (await client.post("/api/v1/seats/A001/sign-in"))[0] == 409
    assert (await client.post("/api/v1/seats/A002/sign-in", {"login": "agent2"}))[0] == 403
    assert site.hall.seats()[0]["agent"] == "8002"


async def test_agent_sits_at_one_seat_only(site: Any) -> None:
    client = await site.logged_in("agent1")
    assert (await client.post("/api/v1/seats/A001/sign-in"))[0] == 202
    status, problem, _ = await client.post("/api/v1/seats/A002/sign-in")
    assert status == 409 and "A001" in problem["detail"]


async def test_supervisor_acts_on_any_seat_and_each_act_is_audited(site: Any) -> None:
    client = await site.logged_in("lead")
    assert (await client.post("/api/v1/seats/A005/sign-in", {"login": "agent1"}))[0] == 202
    assert (await client.post("/api/v1/seats/A005/ready"))[0] == 202
    assert site.hall.seats()[4]["agent"] == "8001"
    audited = [(entry.act, entry.subject) for entry in site.ledger.rows.audits if entry.act.startswith("seat.")]
    assert audited == [("seat.sign_in", "A005"), ("seat.ready", "A005")]


async def test_what_a_supervisor_forces_is_audited_with_whom_and_why(site: Any) -> None:
    agent, lead = await site.logged_in("agent1"), await site.logged_in("lead")
    assert (await agent.post("/api/v1/seats/A005/sign-in"))[0] == 202
    steps: list[tuple[str, dict[str, str]]] = [("not-ready", {"reason": "meal"}), ("ready", {}), ("sign-out", {})]
    for act, body in steps:
        assert (await lead.post(f"/api/v1/seats/A005/{act}", body))[0] == 202
    audited = [(one.act, one.detail) for one in site.ledger.rows.audits if one.act.startswith("seat.")]
    assert audited == [
        ("seat.not_ready", {"reason": "meal", "agent": "8001"}),
        ("seat.ready", {"agent": "8001"}),
        ("seat.sign_out", {"agent": "8001"}),
    ]
    assert (await lead.post("/api/v1/seats/A005/not-ready", {}))[1]["field"] == "reason"  # a rest has its reason


async def test_reader_reads_seats_but_acts_on_none(site: Any) -> None:
    client = site.client(token=site.tokens["machine"])
    assert (await client.get("/api/v1/seats"))[0] == 200
    assert (await client.post("/api/v1/seats/A001/ready"))[0] == 403


async def test_refusal_of_the_switch_is_a_conflict_that_says_why(site: Any) -> None:
    client = await site.logged_in("lead")
    site.hall.refuses = "link to Asterisk is down"
    status, problem, _ = await client.post("/api/v1/seats/A001/ready")
    assert status == 409 and "link to Asterisk is down" in problem["detail"]


async def test_unknown_seat_is_not_found_and_unknown_reason_names_the_field(site: Any) -> None:
    client = await site.logged_in("lead")
    assert (await client.post("/api/v1/seats/Z999/ready"))[0] == 404
    status, problem, _ = await client.post("/api/v1/seats/A001/not-ready", {"reason": "holiday"})
    assert status == 400 and problem["field"] == "reason"


async def test_account_without_agent_number_cannot_sign_in(site: Any) -> None:
    client = await site.logged_in("root")
    assert (await client.post("/api/v1/seats/A001/sign-in"))[0] == 409
    status, problem, _ = await client.post("/api/v1/seats/A001/sign-in", {"login": "nobody"})
    assert status == 400 and problem["field"] == "login"


@pytest.mark.parametrize("bad", ["小休\r\nAction: Originate", "a\nb", "a\0b"])
async def test_line_breaks_in_a_reason_never_reach_the_hall(site: Any, bad: str) -> None:
    client = await site.logged_in("lead")
    before = site.hall.n
    status, problem, _ = await client.post("/api/v1/seats/A001/not-ready", {"reason": bad})
    assert status == 400 and problem["field"] == "reason" and "控制字符" in problem["detail"]
    assert site.hall.n == before


async def test_line_break_in_the_address_is_refused(site: Any) -> None:
    client = await site.logged_in("lead")
    status, problem, _ = await client.post("/api/v1/seats/A001%0D%0AAction:x/ready")
    assert status == 400 and problem["field"] == "id"


async def test_change_by_cookie_without_its_csrf_token_is_refused(site: Any) -> None:
    client = await site.logged_in("lead")
    right, client.csrf = client.csrf, ""
    for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": "caf\u00e9"}, {"X-CSRF-Token": right[:-1]}):
        assert (await client.post("/api/v1/seats/A001/ready", headers=headers))[0] == 403
    assert site.hall.seats()[0]["presence"] == "signed_out"


async def test_change_from_another_sites_page_is_refused_even_with_the_token(site: Any) -> None:
    client = await site.logged_in("lead")
    status, _, _ = await client.post("/api/v1/seats/A001/ready", headers={"Origin": "https://evil.example"})
    assert status == 403
    status, _, _ = await client.post("/api/v1/seats/A001/ready", headers={"Origin": client.base})
    assert status == 202
