"""Virtual numbers over HTTP: bound for a ticket, shown once bound, ended, and nobody's number with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.model.ids import CallId
from gateway.model.masking import mask_number
from gateway.model.virtual import VirtualCall
from gateway.transfer.config import PartnerConfig
from gateway.transfer.registry import PartnerLine
from tests.web.number_stage import CITIZEN, CONTACT, OFFICE, UNKNOWN, NumberSite, number_site


class Lines:
    """The partners, as transfers know them."""

    def lines(self) -> list[PartnerLine]:
        return [PartnerLine(PartnerConfig(number="12328", name="交通", mode="blind"), True, "free", 0, 0)]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NumberSite]:
    async with number_site(tmp_path, transfers=Lines()) as opened:
        yield opened


def at(number: str) -> str:
    return f"/api/v1/tickets/{number}/virtual"


BODY = {"partner": "12328", "callers": [OFFICE]}


async def test_a_number_is_bound_shown_and_ended(site: NumberSite) -> None:
    client, ticket = await site.logged_in("agent1"), await site.ticket()
    status, bound, _ = await client.post(at(ticket.ticket_no), BODY)
    assert (status, bound["number"], bound["holds"], bound["by"]) == (201, "66001", True, "agent1")
    again = (await client.post(at(ticket.ticket_no), BODY))[1]
    assert again["number"] == "66001"
    _, listed, _ = await client.get(at(ticket.ticket_no))
    assert [one["number"] for one in listed["items"]] == ["66001"]
    status, ended, _ = await client.ask("DELETE", f"{at(ticket.ticket_no)}/66001")
    assert (status, ended) == (200, {"accepted": True, "ended": 1})
    _, listed, _ = await client.get(at(ticket.ticket_no))
    assert [one["holds"] for one in listed["items"]] == [False]
    assert [len(await site.audited(act)) for act in ("virtual.bound", "virtual.ended")] == [1, 1]


async def test_no_answer_holds_the_citizens_number_or_the_departments(site: NumberSite) -> None:
    client, ticket = await site.logged_in("lead"), await site.ticket()
    answers = [await client.post(at(ticket.ticket_no), BODY), await client.get(at(ticket.ticket_no))]
    assert not any(number in repr(data) for _, data, _ in answers for number in (CITIZEN, CONTACT, OFFICE))


async def test_a_departments_own_system_may_ask_for_one(site: NumberSite) -> None:
    ticket = await site.ticket()
    status, bound, _ = await site.machine().post(at(ticket.ticket_no), {**BODY, "hours": 2})
    assert (status, bound["by"]) == (201, "machine")
    assert 7190 < bound["until"] - bound["bound_at"] <= 7200


async def test_calls_are_listed_newest_first(site: NumberSite) -> None:
    client, ticket = await site.logged_in("agent1"), await site.ticket()
    for n in (1, 2):
        call = VirtualCall(CallId(f"9.{n}"), "b", ticket.ticket_no, "66001", "citizen", float(n), outcome="busy")
        await site.ledger.write(lambda tx, call=call: tx.save_virtual_call(call))
    _, listed, _ = await client.get(at(ticket.ticket_no))
    assert [(one["call_id"], one["outcome"]) for one in listed["calls"]] == [("9.2", "busy"), ("9.1", "busy")]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "callers"), ({"callers": []}, 400, "callers"), ({"callers": ["x;y"]}, 400, "callers.0"),
        ({"callers": ["66002"]}, 400, "callers"), ({"callers": [OFFICE], "hours": 800}, 400, "hours"),
        ({"callers": [OFFICE], "partner": "a'b"}, 400, "partner"), ({**BODY, "partner": "999"}, 400, "partner"),
    ],
)  # fmt: skip
async def test_what_cannot_be_bound_is_told_by_its_field(site: NumberSite, body: Any, status: int, field: str) -> None:
    client, ticket = await site.logged_in("agent1"), await site.ticket()
    got, problem, _ = await client.post(at(ticket.ticket_no), body)
    assert (got, problem["field"]) == (status, field)


async def test_an_empty_pool_an_unknown_ticket_and_a_secret_one(site: NumberSite) -> None:
    client = await site.logged_in("agent2")
    assert (await client.post(at(UNKNOWN), BODY))[0] == 404
    assert (await client.get(at(UNKNOWN)))[0] == 404
    secret = await site.ticket(is_secret=True, agent_id="8001")
    assert (await client.post(at(secret.ticket_no), BODY))[0] == 403
    for _ in range(3):
        assert (await client.post(at((await site.ticket()).ticket_no), BODY))[0] == 201
    status, problem, _ = await client.post(at((await site.ticket()).ticket_no), BODY)
    assert status == 409 and "号码" in problem["title"] + problem.get("detail", "")
    plain = await site.ticket()
    assert (await client.ask("DELETE", f"{at(plain.ticket_no)}/66001"))[0] == 404
    assert (await client.ask("DELETE", at(plain.ticket_no)))[1]["ended"] == 0
    assert (await client.ask("DELETE", at(UNKNOWN)))[0] == 404


async def test_the_numbers_of_a_secret_ticket_are_its_agents_and_the_leads(site: NumberSite) -> None:
    ticket = await site.ticket(is_secret=True, agent_id="8001")
    own, other, lead = [await site.logged_in(one) for one in ("agent1", "agent2", "lead")]
    assert (await own.post(at(ticket.ticket_no), BODY))[0] == 201
    for method, path in (("GET", ""), ("DELETE", "/66001"), ("DELETE", "")):
        assert (await other.ask(method, at(ticket.ticket_no) + path))[0] == 403
    _, listed, _ = await own.get(at(ticket.ticket_no))
    assert [one["holds"] for one in listed["items"]] == [True]
    assert (await lead.ask("DELETE", f"{at(ticket.ticket_no)}/66001"))[1]["ended"] == 1


async def test_the_departments_telephones_are_audited_masked(site: NumberSite) -> None:
    client, ticket = await site.logged_in("agent1"), await site.ticket()
    await client.post(at(ticket.ticket_no), BODY)
    (entry,) = await site.audited("virtual.bound")
    assert entry.detail["callers"] == [mask_number(OFFICE)] and OFFICE not in repr(entry)


async def test_a_gateway_without_virtual_numbers_says_so(tmp_path: Path) -> None:
    async with number_site(tmp_path, virtual=None) as site:
        client, ticket = await site.logged_in("agent1"), await site.ticket()
        assert (await client.get(at(ticket.ticket_no)))[0] == 404
