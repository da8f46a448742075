"""Calls out over HTTP: whom, from where, who may, and what stays in the audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.model.ids import AgentId, CallId
from gateway.model.orders import OrderRefused
from gateway.seats.dialling import DialRefused
from tests.web.number_stage import CITIZEN, CONTACT, UNKNOWN, NumberSite, number_site

AT = "/api/v1/desk/dial"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NumberSite]:
    async with number_site(tmp_path) as opened:
        yield opened


async def test_a_number_is_dialled_from_the_own_seat_and_noted_masked(site: NumberSite) -> None:
    client = await site.seated()
    status, data, _ = await client.post(AT, {"number": "138 1234 5678", "from_number": "12345"})
    assert (status, data) == (202, {"accepted": True, "call_ref": "out-1"})
    assert site.dialled.calls == [("A001", "138 1234 5678", "12345", "")]
    (entry,) = await site.audited("call.dialled")
    assert (entry.login, entry.subject, entry.address) == ("agent1", "A001", "127.0.0.1")
    assert CITIZEN not in repr(entry) and "1234 5678" not in repr(entry)


async def test_of_a_ticket_the_contact_number_is_dialled_and_never_shown(site: NumberSite) -> None:
    client, ticket = await site.seated(), await site.ticket()
    status, data, _ = await client.post(AT, {"ticket_no": ticket.ticket_no})
    assert status == 202
    assert site.dialled.calls == [("A001", CONTACT, "", ticket.ticket_no)]
    assert CONTACT not in repr(data)
    assert [one.subject for one in await site.audited("call.dialled")] == [ticket.ticket_no]


async def test_of_an_own_call_the_caller_is_dialled_for_its_ticket(site: NumberSite) -> None:
    client = await site.seated()
    await site.call()
    ticket = await site.ticket(call_id="7.1")
    assert (await client.post(AT, {"call_id": "7.1"}))[0] == 202
    assert site.dialled.calls == [("A001", CITIZEN, "", ticket.ticket_no)]


async def test_a_call_of_others_is_theirs(site: NumberSite) -> None:
    client = await site.seated("agent2", "A002")
    await site.call()
    assert (await client.post(AT, {"call_id": "7.1"}))[0] == 403
    assert site.dialled.calls == []


async def test_a_secret_ticket_is_called_by_who_took_it_and_by_shift_leads(site: NumberSite) -> None:
    ticket = await site.ticket(is_secret=True, agent_id="8001")
    statuses = []
    for login, seat in (("agent2", "A002"), ("agent1", "A001"), ("lead", "A003")):
        client = await site.seated(login, seat)
        statuses.append((await client.post(AT, {"ticket_no": ticket.ticket_no}))[0])
    assert statuses == [403, 202, 202]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"), ({"number": CITIZEN, "call_id": "7.1"}, "body"), ({"number": "abc"}, "number"),
        ({"number": CITIZEN, "from_number": "x"}, "from_number"), ({"ticket_no": "nonsense"}, "ticket_no"),
    ],
)  # fmt: skip
async def test_a_body_that_says_nothing_right_is_refused_by_its_field(site: NumberSite, body: Any, field: str) -> None:
    client = await site.seated()
    status, problem, _ = await client.post(AT, body)
    assert (status, problem["field"]) == (400, field)


async def test_what_the_telephone_refuses_is_told(site: NumberSite) -> None:
    client = await site.seated()
    refusals: tuple[tuple[Exception, int, str | None], ...] = (
        (DialRefused("not_allowed", "110 请用一键转接", "use the partner's key for 110", "number"), 400, "number"),
        (DialRefused("not_now", "正在通话", "the seat is on a call", "seat"), 409, "seat"),
        (OrderRefused(None, "no such endpoint"), 409, None),
    )
    for refusal, status, field in refusals:
        site.dialled.refuses = refusal
        got, problem, _ = await client.post(AT, {"number": "110"})
        assert (got, problem.get("field")) == (status, field)


async def test_nobody_dials_without_a_seat_a_number_or_a_telephone(site: NumberSite, tmp_path: Path) -> None:
    client = await site.logged_in("agent1")
    assert (await client.post(AT, {"number": CITIZEN}))[0] == 409
    client = await site.seated()
    silent = await site.ticket(calling_number="", contact_number="")
    assert (await client.post(AT, {"ticket_no": silent.ticket_no}))[0] == 409
    assert (await client.post(AT, {"ticket_no": UNKNOWN}))[0] == 404
    assert (await client.post(AT, {"call_id": "nobody"}))[0] == 404
    assert (await site.machine().post(AT, {"number": CITIZEN}))[0] == 403
    assert site.dialled.calls == []


async def test_a_gateway_without_calls_out_says_so(tmp_path: Path) -> None:
    async with number_site(tmp_path, dialler=None) as site:
        client = await site.seated()
        assert (await client.post(AT, {"number": CITIZEN}))[0] == 404


async def test_a_call_out_that_is_dialled_again_keeps_its_ticket(site: NumberSite) -> None:
    client, ticket = await site.seated(), await site.ticket()
    await site.call(call_id=CallId("out-7"), direction="out", ticket_no=ticket.ticket_no, agent=AgentId("8001"))
    assert (await client.post(AT, {"call_id": "out-7"}))[0] == 202
    assert site.dialled.calls == [("A001", CITIZEN, "", ticket.ticket_no)]
