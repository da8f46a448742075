"""Calls and tickets over HTTP: masked, paged, looked up and revealed under audit."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest


@pytest.fixture
async def filled(site: Any, fakes: Any) -> Any:
    for number in range(1, 6):
        call = fakes.call(number, outcome="answered" if number % 2 else "abandoned_queue")
        site.ledger.rows.calls[call.call_id] = call
        ticket = fakes.ticket(number)
        site.ledger.rows.tickets[ticket.ticket_no] = ticket
    return site


async def test_no_answer_of_a_list_or_a_record_holds_a_whole_number(filled: Any, fakes: Any) -> None:
    for client in (await filled.logged_in("root"), filled.client(token=filled.tokens["machine"])):
        for path in ("calls", "calls/1732200001.15", "tickets", "tickets/460000-20261121-0000001"):
            async with client.http.get(f"/api/v1/{path}") as response:
                text = await response.text()
            assert response.status == 200
            for secret in (fakes.number, "13900001111", "13700002222", "089865321234", "三丰", "8K2M"):
                assert secret not in text, (path, secret)
            assert "138****5678" in text
            assert "1732200001.15" in text  # identifiers stay whole


async def test_secret_ticket_shows_nothing_of_the_person(filled: Any, fakes: Any) -> None:
    filled.ledger.rows.tickets["460000-20261121-0000001"] = fakes.ticket(1, is_secret=True)
    _, ticket, _ = await (await filled.logged_in("agent1")).get("/api/v1/tickets/460000-20261121-0000001")
    assert set(ticket["calling_number"] + ticket["contact_number"] + ticket["name"]) == {"*"}


@pytest.mark.parametrize(("what", "key"), [("calls", "call_id"), ("tickets", "ticket_no")])
async def test_pages_by_keyset_meet_without_gap_or_overlap(filled: Any, what: str, key: str) -> None:
    client = await filled.logged_in("agent1")
    seen, after = [], ""
    for _ in range(3):
        _, page, _ = await client.get(f"/api/v1/{what}?limit=2{after}")
        seen += [item[key] for item in page["items"]]
        after = f"&after={page['next']}"
    assert page["next"] is None
    assert len(seen) == len(set(seen)) == 5 and seen == sorted(seen, reverse=True)


async def test_calls_are_filtered_by_time_outcome_and_queue(filled: Any) -> None:
    client = await filled.logged_in("agent1")
    _, page, _ = await client.get("/api/v1/calls?outcome=abandoned_queue&queue=hotline")
    assert len(page["items"]) == 2
    _, page, _ = await client.get("/api/v1/calls?since=2025-11-21T23:00:03Z&until=1763766005")
    assert [item["started_at"] for item in page["items"]] == [1763766004.0, 1763766003.0]
    _, same, _ = await client.get("/api/v1/calls?since=2025-11-22T07:00:03+08:00&until=1763766005")
    assert same == page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=ten", "limit"),
        ("outcome=lost", "outcome"),
        ("since=yesterday", "since"),
        ("since=nan", "since"),
        ("colour=red", "colour"),
        ("queue=a&queue=b", "queue"),
        ("queue=a%0D%0Ab", "queue"),
        ("after=%00", "after"),
        ("after=unknown", "after"),
        ("number=12ab", "number"),
    ],
)
async def test_bad_queries_name_their_field(filled: Any, query: str, field: str) -> None:
    status, problem, response = await (await filled.logged_in("lead")).get(f"/api/v1/calls?{query}")
    assert (status, problem["field"]) == (400, field)
    assert response.content_type == "application/problem+json"


async def test_look_up_by_number_is_for_supervisors_and_audited_masked(filled: Any, fakes: Any) -> None:
    path = f"/api/v1/calls?number={fakes.number}"
    assert (await (await filled.logged_in("agent1")).get(path))[0] == 403
    assert (await filled.client(token=filled.tokens["machine"]).get(path))[0] == 403
    status, page, _ = await (await filled.logged_in("lead")).get(path)
    assert status == 200 and len(page["items"]) == 5
    entry = filled.ledger.rows.audits[-1]
    assert (entry.login, entry.act, entry.subject) == ("lead", "calls.looked_up", "138****5678")


async def test_reveal_needs_a_role_and_a_reason(filled: Any) -> None:
    for what in ("calls/1732200001.15", "tickets/460000-20261121-0000001"):
        agent = await filled.logged_in("agent1")
        assert (await agent.post(f"/api/v1/{what}/reveal", {"reason": "回访"}))[0] == 403
        lead = await filled.logged_in("lead")
        for body in ({}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 201}):
            status, problem, _ = await lead.post(f"/api/v1/{what}/reveal", body)
            assert (status, problem["field"]) == (400, "reason")
    assert not [entry for entry in filled.ledger.rows.audits if "revealed" in entry.act]


async def test_reveal_shows_the_number_and_is_audited(filled: Any, fakes: Any) -> None:
    lead = await filled.logged_in("lead")
    status, call, _ = await lead.post("/api/v1/calls/1732200001.15/reveal", {"reason": "回访市民"})
    assert status == 200 and call["caller_number"] == fakes.number
    _, ticket, _ = await lead.post("/api/v1/tickets/460000-20261121-0000001/reveal", {"reason": "回访市民"})
    assert ticket["content"] == f"请回电 {fakes.number}" and ticket["more"]["against"]["phone"] == "13900001111"
    audited = [(e.login, e.act, e.subject, e.detail) for e in filled.ledger.rows.audits if "revealed" in e.act]
    assert audited == [
        ("lead", "call.revealed", "1732200001.15", {"reason": "回访市民"}),
        ("lead", "ticket.revealed", "460000-20261121-0000001", {"reason": "回访市民"}),
    ]


async def test_number_does_not_leave_before_the_audit_entry_is_committed(filled: Any) -> None:
    lead = await filled.logged_in("lead")
    filled.ledger.commit_gate.clear()
    revealing = asyncio.create_task(lead.post("/api/v1/calls/1732200001.15/reveal", {"reason": "回访"}))
    done, _ = await asyncio.wait({revealing}, timeout=0.3)
    assert not done
    filled.ledger.commit_gate.set()
    assert (await revealing)[0] == 200


async def test_unknown_call_and_ticket_are_not_found_and_not_audited(filled: Any) -> None:
    lead = await filled.logged_in("lead")
    for what in ("calls/9.9", "tickets/460000-20261121-9999999"):
        assert (await lead.get(f"/api/v1/{what}"))[0] == 404
        assert (await lead.post(f"/api/v1/{what}/reveal", {"reason": "回访"}))[0] == 404
    assert not [entry for entry in filled.ledger.rows.audits if "revealed" in entry.act]
