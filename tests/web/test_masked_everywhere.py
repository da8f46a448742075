"""No GET of the API gives an agent or a machine a citizen's whole number: every route there is, asked over a ledger
that is full of them. A new route is walked by itself; one that answers no 200 here must be named, with why.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.model.ids import AgentId, CallId, SeatId, TicketNo
from gateway.model.messages import Delivery, KeptMessage, Message, Person, Reply
from gateway.model.transfers import Transfer
from gateway.transfer.config import PartnerConfig
from gateway.transfer.registry import PartnerLine
from gateway.transfer.virtual_service import Wish
from gateway.web.server import all_routes
from tests.web.number_stage import CITIZEN, CONTACT, DAY, OFFICE, NumberSite, number_site

AGAINST, EMAIL = "13700002222", "zhangsan@example.com"
SECRETS = (CITIZEN, CONTACT, OFFICE, AGAINST, EMAIL)

UNASKED = {
    "/api/v1/live": "a websocket: its masking is tested in test_live and the hall's tests",
    "/api/v1/attachments/{id}": "a file, as the citizen sent it; each reading is audited",
    "/api/v1/calls/{id}/recording": "sound",
    "/api/v1/feed/stream": "never ends; the same events as /api/v1/feed",
    "/metrics": "figures, without any person in them",
}
ELSEWHERE = {
    "/api/v1/recordings/{id}/peaks": "404 without a file: tests/web/test_api_archive.py; loudness, no words",
    "/api/v1/recordings/{id}/marks": "404 without a file: tests/web/test_api_archive.py",
    "/api/v1/desk/messages": "not composed here: tests/web/test_api_supervision.py; a shift lead's words to the asker",
    "/api/v1/alarms": "not composed here: tests/web/test_api_alarms.py; masked at the making: tests/alarms",
    "/api/v1/alarms/{id}": "not composed here: as above",
    "/api/v1/alarms/rules": "not composed here: the configuration of rules, without any person in it",
    "/api/v1/desk/inbox": "not composed here: tests/web/test_api_inbox.py",
    "/api/v1/desk/inbox/{no}": "not composed here: tests/web/test_api_inbox.py",
    "/api/v1/figures": "not composed here: tests/web/test_api_figures.py; figures, without any person in them",
    "/api/v1/figures/calls": "not composed here: tests/web/test_api_figures.py; masked like every list of calls",
    "/api/v1/figures/live": "not composed here: tests/web/test_api_figures.py; figures, without any person in them",
    "/api/v1/desk/drafts/{key}": "404 without a draft: what an agent typed is shown to who typed it",
}


class Lines:
    """The partners' lines, for the panel."""

    def lines(self) -> list[PartnerLine]:
        return [PartnerLine(PartnerConfig(number="110", name="公安", mode="three_way"), True, "free", 0, 0)]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[tuple[NumberSite, TicketNo]]:
    async with number_site(tmp_path, transfers=Lines()) as opened:
        yield opened, await _fill(opened)


async def _fill(site: NumberSite) -> TicketNo:
    said = f"请回电 {CONTACT} 或 {CITIZEN}，被反映人电话 {AGAINST}，邮箱 {EMAIL}"
    ticket = await site.ticket(
        call_id="7.1", agent_id="8001", title=f"路灯 {CITIZEN}", content=said, against=f"李某 {AGAINST}",
        against_number=AGAINST, email=EMAIL, result=said, more={"note": said},
    )  # fmt: skip
    await site.call()
    await site.call(call_id=CallId("out-1"), direction="out", ticket_no=ticket.ticket_no)
    await site.call(call_id=CallId("7.3"), started_at=DAY + 90, ended_at=None, answered_at=None, outcome=None)
    await site.numbers.bind(Wish(ticket.ticket_no, "12328", (OFFICE,)))
    no = ticket.ticket_no
    message = Message(
        "k", "sms", "main", "text", DAY, DAY, person=Person(user_id=CITIZEN, name="张三丰", contact_number=CONTACT),
        text=said,
    )  # fmt: skip
    handed = Transfer(
        "t1", "agent1:k", CallId("7.1"), "attended", CITIZEN, SeatId("A001"), AgentId("8001"), DAY, ticket_no=no,
        target_kind="partner", endpoint=f"PJSIP/{CITIZEN}@trunk", ended_at=DAY + 9, phase="ended", outcome="busy",
        more={"caller_number": CITIZEN},
    )  # fmt: skip

    async def work(tx: Any) -> None:
        await tx.add_message(KeptMessage("m1", "r1", no, message))
        await tx.add_reply(Reply("p1", no, DAY, "agent1", said))
        await tx.save_delivery(Delivery("d1", "reply", no, "sms", "main", CITIZEN, DAY, reply_id="p1", text=said))
        await tx.save_delivery(Delivery("d2", "reply", no, "email", "main", EMAIL, DAY, error=f"<{EMAIL}> {CITIZEN}"))
        await tx.save_transfer(handed)
        await tx.emit("hotline.call.arrived.v1", "7.1", {"call_id": "7.1", "caller": CITIZEN, "note": said}, DAY)

    await site.ledger.write(work)
    return no


def paths(ticket_no: str) -> list[tuple[str, str]]:
    """(template, address) of every GET that agents, machines or everybody may ask."""
    first = {"no": ticket_no, "key": "new", "call_id": "7.1"}
    by_path = {"/api/v1/transfers/{id}": "t1", "/api/v1/calls/{id}": "7.1"}
    asked = [one.path for one in all_routes() if one.method == "GET" and one.path not in UNASKED]
    return [
        (path, re.sub(r"\{(\w+)\}", lambda found, path=path: first.get(found[1], by_path.get(path, "x")), path))
        for path in asked
    ]


@pytest.mark.parametrize("login", ["agent1", "machine"])
async def test_no_get_shows_a_whole_number(site: tuple[NumberSite, TicketNo], login: str) -> None:
    house, ticket_no = site
    client = house.machine() if login == "machine" else await house.seated(login)
    roles = {one.path: one.roles for one in all_routes() if one.method == "GET"}
    role = "reader" if login == "machine" else "agent"
    leaks, silent = [], []
    for template, address in paths(ticket_no):
        async with client.http.get(address) as response:
            body = (await response.read()).decode("utf-8", "replace")
        allowed = roles[template] is None or role in roles[template]
        assert (response.status == 403) == (not allowed), (template, response.status)
        if allowed and response.status != 200:
            silent.append(template)
        leaks += [(template, secret) for secret in SECRETS if secret in body]
    assert not leaks
    assert set(silent) <= set(ELSEWHERE)


async def test_the_search_for_alike_tickets_shows_none_either(site: tuple[NumberSite, TicketNo]) -> None:
    house, _ = site
    client = await house.seated()
    for query in (f"text=路灯不亮{CITIZEN}", "text=路灯&call_id=7.1"):
        async with client.http.get(f"/api/v1/desk/similar?{query}") as response:
            body = await response.text()
        assert not [secret for secret in SECRETS if secret in body]


async def test_the_walk_would_see_a_number(site: tuple[NumberSite, TicketNo]) -> None:
    """That the ledger holds what the walk looks for: a shift lead's reveal shows it."""
    house, ticket_no = site
    lead = await house.logged_in("lead")
    _, data, _ = await lead.post(f"/api/v1/tickets/{ticket_no}/reveal", {"reason": "核对"})
    assert [data[name] for name in ("calling_number", "contact_number", "against_number")] == [
        CITIZEN,
        CONTACT,
        AGAINST,
    ]
    kept = await house.ledger.ticket(ticket_no)
    assert kept is not None
    assert replace(kept).email == EMAIL
