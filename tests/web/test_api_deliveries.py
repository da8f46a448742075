"""What did not arrive is seen and tried again; who is not heard is seen and heard again."""

from __future__ import annotations

from typing import Any

import pytest

NO = "460000-20261121-0000001"


@pytest.fixture
async def filled(site: Any, fakes: Any) -> Any:
    rows = site.ledger.rows
    rows.tickets[NO] = fakes.ticket(1, channel="wechat", user_id="oABCDEFGHIJ")
    rows.tickets["460000-20261121-0000002"] = fakes.ticket(2, calling_number="", contact_number="")
    for name, state in (("d1", "failed"), ("d2", "waiting"), ("d3", "impossible")):
        rows.deliveries[name] = fakes.delivery(id=name, state=state, attempts=5, error="超时", ticket_no=NO)
    return site


async def test_failed_deliveries_are_listed_and_masked(filled: Any) -> None:
    agent = await filled.logged_in("agent1")
    _, page, _ = await agent.get("/api/v1/deliveries?state=failed")
    assert [one["id"] for one in page["items"]] == ["d1"] and "oABCDEFGHIJ" not in str(page)
    _, page, _ = await agent.get(f"/api/v1/deliveries?ticket_no={NO}")
    assert len(page["items"]) == 3
    assert (await agent.get("/api/v1/deliveries?state=lost"))[0] == 400


async def test_a_failed_one_is_tried_again_at_once_and_audited(filled: Any) -> None:
    agent = await filled.logged_in("agent1")
    status, delivery, _ = await agent.post("/api/v1/deliveries/d1/retry")
    assert (status, delivery["state"], delivery["attempts"], delivery["error"]) == (202, "waiting", 0, "")
    assert delivery["due_at"] is not None and len(filled.woken) == 1
    assert filled.ledger.rows.audits[-1].act == "delivery.retried"
    assert (await agent.post("/api/v1/deliveries/d2/retry"))[0] == 409
    assert (await agent.post("/api/v1/deliveries/d9/retry"))[0] == 404
    assert len(filled.woken) == 1


async def test_the_sender_of_a_ticket_is_denied_seen_and_heard_again(filled: Any) -> None:
    lead = await filled.logged_in("lead")
    body = {"ticket_no": NO, "reason": "反复骚扰", "until": 4_000_000_000}
    status, denial, _ = await lead.post("/api/v1/denials", body)
    assert (status, denial["channel"], denial["user_id"], denial["by"]) == (201, "wechat", "oAB***IJ", "lead")
    assert filled.ledger.rows.denials[denial["id"]].user_id == "oABCDEFGHIJ"
    _, page, _ = await lead.get("/api/v1/denials?channel=wechat")
    assert [one["id"] for one in page["items"]] == [denial["id"]]
    assert (await lead.ask("DELETE", f"/api/v1/denials/{denial['id']}"))[0] == 204
    assert (await lead.ask("DELETE", f"/api/v1/denials/{denial['id']}"))[0] == 404
    assert [event.type for event in filled.ledger.rows.events] == [
        "hotline.sender.denied.v1",
        "hotline.sender.heard.v1",
    ]
    assert "oABCDEFGHIJ" not in str(filled.ledger.rows.events)
    assert [entry.act for entry in filled.ledger.rows.audits][-2:] == ["sender.denied", "sender.heard"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"reason": "骚扰"}, 400, "body"),
        ({"ticket_no": NO, "channel": "sms", "user_id": "1", "reason": "骚扰"}, 400, "body"),
        ({"ticket_no": NO, "reason": ""}, 400, "reason"),
        ({"ticket_no": NO, "reason": "骚扰", "until": 5}, 400, "until"),
        ({"ticket_no": "460000-20261121-0000002", "reason": "骚扰"}, 409, "ticket_no"),
    ],
)
async def test_a_denial_of_nobody_is_refused(filled: Any, body: dict[str, Any], status: int, field: str) -> None:
    seen, problem, _ = await (await filled.logged_in("lead")).post("/api/v1/denials", body)
    assert (seen, problem["field"]) == (status, field) and not filled.ledger.rows.denials


async def test_a_sender_may_be_named_by_channel_and_id(filled: Any) -> None:
    lead = await filled.logged_in("lead")
    body = {"channel": "sms", "user_id": "13812345678", "reason": "广告短信"}
    status, denial, _ = await lead.post("/api/v1/denials", body)
    assert (status, denial["until"], denial["user_id"]) == (201, None, "138***78")
