"""Supervision over HTTP: who may, what is on record before anybody is listened to, refusals in words, and notices."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.model.ids import AgentId
from gateway.model.notices import Notice
from gateway.model.orders import Hangup, Monitor, Order, OrderRefused, SwitchMonitor, TakeOver
from gateway.seats.hall import Hall
from gateway.seats.notices import Notices
from gateway.seats.supervision import Supervision
from tests.seats.story import (
    ANSWERED_CALL,
    CALL,
    LEAD_PHONE,
    LEG,
    SEAT_LEG,
    SPY,
    hall,
    member,
    monitors,
    spy_created,
    spy_up,
    tell,
)
from tests.web.number_stage import NumberSite, number_site

AGENT, LEAD = "8001", "8100"
"""The agent numbers of the accounts agent1 and lead."""


@dataclass
class Obeys:
    """A switch that writes down its orders, and what was in the audit when each came; ``refuses`` makes it refuse."""

    orders: list[Order] = field(default_factory=list)
    known: list[list[str]] = field(default_factory=list)
    refuses: str = ""
    site: NumberSite | None = None

    async def carry_out(self, order: Order) -> None:
        assert self.site is not None
        self.known.append([one.act for one in await self.site.ledger.audits(login="lead")])
        if self.refuses:
            raise OrderRefused(order, self.refuses)
        self.orders.append(order)


class Later:
    """The site's ledger, which is opened after the services are made."""

    site: NumberSite

    async def write(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        return await self.site.ledger.write(work)

    async def notices(self, agent: AgentId, at: float, limit: int = 100) -> Sequence[Notice]:
        return await self.site.ledger.notices(agent, at, limit)


@dataclass
class Stage:
    site: NumberSite
    hall: Hall
    switch: Obeys
    hints: list[tuple[str, str, int]]

    def listening(self) -> None:
        tell(self.hall, spy_created(10), spy_up(11), monitors(11.1, agent=LEAD))


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """At A001 agent1 speaks with a citizen, the lead is signed in at A002."""
    live, switch, ledger = hall(), Obeys(), Later()
    hints: list[tuple[str, str, int]] = []
    tell(live, member(-1, agent=AGENT), member(-1, phone=LEAD_PHONE, agent=LEAD), *ANSWERED_CALL)
    notices = Notices(ledger, live, lambda agent, kind, n: hints.append((agent, kind, n)), time.time)
    async with number_site(tmp_path, supervision=Supervision(live, switch), notices=notices) as site:
        switch.site = ledger.site = site
        yield Stage(site, live, switch, hints)


async def test_a_lead_listens_and_it_is_on_record_before_the_telephone_rings(stage: Stage) -> None:
    client = await stage.site.logged_in("lead")
    status, data, _ = await client.post("/api/v1/seats/A001/monitor", {"mode": "listen"})
    assert (status, data) == (202, {"accepted": True, "seat": "A001"})
    (order,) = stage.switch.orders
    assert isinstance(order, Monitor) and (order.watched, order.mode, order.agent) == (SEAT_LEG, "listen", LEAD)
    assert stage.switch.known[0][0] == "seat.listen"
    (entry,) = await stage.site.audited("seat.listen")
    assert (entry.login, entry.subject) == ("lead", "A001")
    assert entry.detail == {"agent": AGENT, "call_id": CALL, "phone": "A002"}


async def test_a_lead_goes_on_in_another_way_takes_over_and_ends_it_each_audited(stage: Stage) -> None:
    stage.listening()
    client = await stage.site.logged_in("lead")
    base = "/api/v1/seats/A001"
    assert (await client.post(f"{base}/monitor", {"mode": "barge", "by": "A002"}))[0] == 202
    assert (await client.post(f"{base}/take-over"))[0] == 202
    assert (await client.ask("DELETE", f"{base}/monitor"))[0] == 202
    assert (await client.post(f"{base}/hang-up"))[0] == 202
    status, data, _ = await client.post(f"/api/v1/calls/{CALL}/hang-up")
    assert (status, data["seat"]) == (202, "A001")
    kinds = [type(order) for order in stage.switch.orders]
    assert kinds == [SwitchMonitor, TakeOver, Hangup, Hangup, Hangup]
    assert [order.channel for order in stage.switch.orders if isinstance(order, Hangup)] == [SPY, SEAT_LEG, LEG]
    acts = [entry.act for entry in await stage.site.ledger.audits(login="lead") if "." in entry.act]
    assert acts == ["call.hung_up", "seat.hung_up", "seat.monitor_ended", "seat.taken_over", "seat.barge"]
    assert [one.subject for one in await stage.site.audited("call.hung_up")] == [CALL]


async def test_agents_and_machines_monitor_nobody(stage: Stage) -> None:
    agent, machine = await stage.site.logged_in("agent1"), stage.site.machine()
    for client in (agent, machine):
        for path in ("seats/A002/monitor", "seats/A002/take-over", "seats/A002/hang-up", f"calls/{CALL}/hang-up"):
            body = {"mode": "listen"} if path.endswith("monitor") else {}
            assert (await client.post(f"/api/v1/{path}", body))[0] == 403
        assert (await client.ask("DELETE", "/api/v1/seats/A002/monitor"))[0] == 403
        assert (await client.post("/api/v1/seats/messages", {"text": "早"}))[0] == 403
    assert stage.switch.orders == []


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("seats/A002/monitor", {"mode": "listen", "by": "A001"}, 409, "nobody talks"),
        ("seats/A001/monitor", {"mode": "listen", "by": "A001"}, 409, "same seat"),
        ("seats/Z999/monitor", {"mode": "listen"}, 404, "no seat Z999"),
        ("seats/A001/monitor", {"mode": "shout"}, 400, "mode"),
        ("seats/A001/take-over", {}, 409, "listen, whisper or barge"),
        ("seats/A002/hang-up", {}, 409, "on no call"),
        ("calls/7.7/hang-up", {}, 404, "over"),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_is_refused_in_words_and_orders_nothing(
    stage: Stage, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    client = await stage.site.logged_in("lead")
    answered, problem, _ = await client.post(f"/api/v1/{path}", body)
    assert answered == status and words in problem["detail"]
    assert stage.switch.orders == []
    assert not [one for one in await stage.site.ledger.audits(login="lead") if one.act.startswith(("seat.", "call."))]


async def test_a_refusal_of_the_switch_is_told_and_the_attempt_stays_on_record(stage: Stage) -> None:
    client = await stage.site.logged_in("lead")
    stage.switch.refuses = "link to Asterisk is down"
    status, problem, _ = await client.post("/api/v1/seats/A001/monitor", {"mode": "whisper"})
    assert status == 409 and "link to Asterisk is down" in problem["detail"]
    assert len(await stage.site.audited("seat.whisper")) == 1


async def test_a_message_lies_at_the_desk_until_it_is_read(stage: Stage) -> None:
    lead, agent = await stage.site.logged_in("lead"), await stage.site.logged_in("agent1")
    body = {"seats": ["A001"], "text": "台风来了\n请就绪"}
    status, sent, _ = await lead.post("/api/v1/seats/messages", body)
    assert (status, sent["agents"], sent["nobody"]) == (201, [AGENT], [])
    assert stage.hints == [(AGENT, "notice", 1)]
    _, unread, _ = await agent.get("/api/v1/desk/messages")
    (one,) = unread["items"]
    assert (one["id"], one["by"], one["text"]) == (sent["ids"][0], "陈班长", body["text"])
    assert (await lead.get("/api/v1/desk/messages"))[1] == {"items": []}
    other = await stage.site.logged_in("agent2")
    assert (await other.post(f"/api/v1/desk/messages/{one['id']}/read"))[0] == 404
    assert (await agent.post(f"/api/v1/desk/messages/{one['id']}/read"))[1] == {"read": True, "id": one["id"]}
    assert (await agent.post(f"/api/v1/desk/messages/{one['id']}/read"))[0] == 404
    assert (await agent.get("/api/v1/desk/messages"))[1] == {"items": []}
    assert stage.hints[-1] == (AGENT, "notice", 0)
    (entry,) = await stage.site.audited("desk.notified")
    assert entry.detail == {"seats": ["A001"], "agents": [AGENT]} and "台风" not in repr(entry)


async def test_a_message_to_all_reaches_who_is_signed_in(stage: Stage) -> None:
    lead = await stage.site.logged_in("lead")
    status, sent, _ = await lead.post("/api/v1/seats/messages", {"text": "交接班"})
    assert (status, sent["agents"], len(sent["ids"])) == (201, [AGENT, LEAD], 2)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"text": " "}, 400, "text"), ({"text": "x" * 501}, 400, "text"), ({"text": "早", "until": 5.0}, 400, "until"),
        ({"seats": ["Z9"], "text": "早"}, 404, "seats"), ({"seats": [], "text": "早"}, 409, "seats"),
    ],
)  # fmt: skip
async def test_a_message_that_reaches_nobody_or_says_nothing_is_refused(
    stage: Stage, body: dict[str, Any], status: int, field: str
) -> None:
    lead = await stage.site.logged_in("lead")
    answered, problem, _ = await lead.post("/api/v1/seats/messages", body)
    assert (answered, problem["field"]) == (status, field)


async def test_an_account_without_an_agent_number_has_no_messages(stage: Stage) -> None:
    root = await stage.site.logged_in("root")
    assert (await root.get("/api/v1/desk/messages"))[1] == {"items": []}
