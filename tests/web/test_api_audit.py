"""Looks at numbers and the log of them: to whom they are open, and that no number leaves before it is noted."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.model.ids import AgentId, SeatId
from gateway.model.records import AuditEntry
from gateway.web.api_audit import as_csv
from tests.web.number_stage import CITIZEN, CONTACT, UNKNOWN, ZONE, NumberSite, number_site

LOOK = "/api/v1/desk/reveal"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NumberSite]:
    async with number_site(tmp_path) as opened:
        yield opened


async def test_an_agent_looks_at_the_caller_of_the_own_call(site: NumberSite) -> None:
    client = await site.seated()
    await site.call()
    status, data, _ = await client.post(LOOK, {"call_id": "7.1", "field": "caller", "reason": "回访"})
    assert (status, data) == (200, {"value": CITIZEN})
    (entry,) = await site.audited("number.revealed")
    assert (entry.login, entry.subject, entry.address) == ("agent1", "7.1", "127.0.0.1")
    assert entry.detail == {"field": "caller", "reason": "回访"}


@pytest.mark.parametrize(
    ("field", "value"), [("contact_number", CONTACT), ("calling_number", CITIZEN), ("name", "张三丰"), ("email", "")]
)
async def test_an_agent_looks_at_a_field_of_the_own_ticket(site: NumberSite, field: str, value: str) -> None:
    client, ticket = await site.logged_in("agent1"), await site.ticket(agent_id="8001")
    status, data, _ = await client.post(LOOK, {"ticket_no": ticket.ticket_no, "field": field})
    assert (status, data) == (200, {"value": value})
    assert [one.detail["field"] for one in await site.audited("number.revealed")] == [field]


async def test_others_calls_and_tickets_are_for_shift_leads(site: NumberSite) -> None:
    await site.call()
    ticket = await site.ticket(agent_id="8001", is_secret=True)
    bodies: tuple[dict[str, Any], ...] = (
        {"call_id": "7.1", "field": "caller"},
        {"ticket_no": ticket.ticket_no, "field": "contact_number"},
    )
    for body in bodies:
        assert (await (await site.seated("agent2", "A002")).post(LOOK, body))[0] == 403
        assert (await site.machine().post(LOOK, body))[0] == 403
        assert (await (await site.logged_in("lead")).post(LOOK, body))[0] == 200
    assert {one.login for one in await site.audited("number.revealed")} == {"lead"}


async def test_the_ticket_of_the_call_that_is_at_the_own_seat_now_is_own(site: NumberSite) -> None:
    client = await site.seated("agent2", "A002")
    ticket = await site.ticket(agent_id="8001", call_id="7.1")
    body = {"ticket_no": ticket.ticket_no, "field": "contact_number"}
    assert (await client.post(LOOK, body))[0] == 403
    site.hall.alive["7.1"] = await site.call(ended_at=None, agent=AgentId("8001"), seat=SeatId("A002"))
    assert (await client.post(LOOK, body))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {"call_id": "7.1", "field": "name"}, {"ticket_no": UNKNOWN, "field": "caller"}, {"field": "caller"},
        {"call_id": "7.1", "ticket_no": UNKNOWN, "field": "caller"}, {"call_id": "7.1", "field": "password"},
    ],
)  # fmt: skip
async def test_a_look_at_what_there_is_not_is_refused(site: NumberSite, body: Any) -> None:
    client = await site.seated()
    assert (await client.post(LOOK, body))[0] == 400


async def test_an_unknown_ticket_or_call_is_not_found_and_not_noted(site: NumberSite) -> None:
    client = await site.logged_in("lead")
    assert (await client.post(LOOK, {"ticket_no": UNKNOWN, "field": "name"}))[0] == 404
    assert (await client.post(LOOK, {"call_id": "1.9", "field": "caller"}))[0] == 404
    assert not await site.audited("number.revealed")


async def fill(site: NumberSite) -> None:
    for at, login, act in (
        (1.0, "agent1", "call.dialled"),
        (2.0, "agent2", "call.dialled"),
        (3.0, "agent1", "=evil()"),
    ):
        entry = AuditEntry(at, login, act, "s", "127.0.0.1", {"seat": "A001"})
        await site.ledger.write(lambda tx, entry=entry: tx.audit(entry))


async def test_the_log_is_read_by_shift_leads_and_by_nobody_below(site: NumberSite) -> None:
    await fill(site)
    for login, status in (("agent1", 403), ("lead", 200), ("root", 200)):
        for path in ("/api/v1/audit", "/api/v1/audit.csv"):
            assert (await (await site.logged_in(login)).get(path))[0] == status
    assert (await site.machine().get("/api/v1/audit"))[0] == 403


async def test_the_log_is_searched_by_who_what_and_when(site: NumberSite) -> None:
    await fill(site)
    client = await site.logged_in("lead")
    for query, expected in (
        ("act=call.dialled", [2.0, 1.0]),
        ("login=agent1&until=1970-01-01T00:00:03Z", [1.0]),
        ("since=2&until=3", [2.0]),
        ("subject=s&limit=1", [3.0]),
    ):
        _, page, _ = await client.get(f"/api/v1/audit?{query}")
        assert [one["at"] for one in page["items"]] == expected


async def test_a_spreadsheet_gets_rows_that_it_does_not_compute_and_the_taking_out_is_noted(site: NumberSite) -> None:
    await fill(site)
    client = await site.logged_in("lead")
    async with client.http.get("/api/v1/audit.csv", params={"since": "1", "until": "4"}) as response:
        body = await response.read()
    assert body.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    assert head[1] == "账号 login"
    assert [row[2] for row in rows] == ["'=evil()", "call.dialled", "call.dialled"]
    assert rows[-1][0] == "1970-01-01 08:00:01.000+08:00"
    (entry,) = await site.audited("audit.exported")
    assert (entry.login, entry.detail) == ("lead", {"asked": {"since": 1.0, "until": 4.0}})


async def test_a_spreadsheet_is_of_what_was_searched_for(site: NumberSite) -> None:
    await fill(site)
    client = await site.logged_in("lead")
    for asked, acts in (({"act": "call.dialled"}, 2), ({"subject": "s"}, 3 + 1), ({"login": "agent2"}, 1)):
        async with client.http.get("/api/v1/audit.csv", params=asked) as response:
            assert response.status == 200
            rows = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))[1:]
        assert len(rows) == acts
    assert [one.detail["asked"] for one in reversed(await site.audited("audit.exported"))] == [
        {"act": "call.dialled"}, {"subject": "s"}, {"login": "agent2"},
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@x", "\tx"])
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    row = list(csv.reader(io.StringIO(as_csv([AuditEntry(0.0, cell, cell, cell, cell)], ZONE))))[1]
    assert all(one.startswith("'") for one in row[1:5])
