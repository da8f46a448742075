"""The desk's side, composed as a node composes it, on a real ledger and with a switch that takes every order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.asterisk.ami.errors import LinkDown
from gateway.asterisk.ami.link import Link
from gateway.desk import DeskSide
from gateway.ledger import LedgerKeys, SqlLedger, open_ledger
from gateway.model.desk import Draft
from gateway.model.facts import EndpointChanged, LinkLost, VirtualBegun
from gateway.model.hearers import Hearers
from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId
from gateway.model.orders import DialOut, Order
from gateway.model.records import Ticket
from gateway.seats.dialling import DialRefused
from gateway.seats.hall import Hall
from gateway.seats.map import Member
from gateway.seats.talks import Talks
from gateway.settings import Settings, load, load_secrets
from gateway.tail import FeedTail
from gateway.tickets.drafts import KEPT_S
from gateway.tickets.ports import TicketDraft, Tx
from gateway.tickets.telling import ticket_data
from gateway.web.envelope import encoder
from tools.lab.site import CONFIG

A001 = SeatId("A001")


class Switch:
    def __init__(self) -> None:
        self.orders: list[Order] = []

    async def carry_out(self, order: Order) -> None:
        self.orders.append(order)


def no_link() -> Link:
    raise LinkDown("no Asterisk here")


class Side:
    """The composed side and what is beside it. ``shown`` rings whenever the live stream was to be served at once."""

    def __init__(self, settings: Settings, ledger: SqlLedger) -> None:
        self.settings, self.ledger = settings, ledger
        self.hall = Hall(settings.halls, settings.queues, {})
        self.switch, self.shown = Switch(), asyncio.Event()
        self.tail = FeedTail(ledger, encoder("test"))
        talks = Talks(self.hall)
        self.made = DeskSide(settings, ledger, self.hall, self.switch, no_link, talks, self.tail, self.shown.set)

    def signs_in(self, agent: str = "1001") -> None:
        self.hall.link = "up"
        seat = self.hall.seats.by_id[A001]
        for queue in seat.config.queues:
            seat.members[QueueId(queue)] = Member(AgentId(agent), False, "", 1.0)
        seat.settle(1.0)
        self.hall.apply(EndpointChanged(1.0, seat.interface.removeprefix("PJSIP/"), reachable=True))
        assert seat.presence == "ready"

    async def written(self) -> Ticket:
        """A message of the web page that has opened a ticket."""
        now = time.time()

        async def work(tx: Tx) -> Ticket:
            ticket, _ = await tx.open_ticket(TicketDraft("web", "460000", now, now), None)
            await tx.emit("hotline.ticket.opened.v1", ticket.ticket_no, ticket_data(ticket), now)
            return ticket

        return await self.ledger.write(work)

    def figures(self) -> dict[str, float]:
        return {figure.name: figure.read() for figure in self.made.figures()}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(CONFIG, {"GATEWAY__GATEWAY__STATE_DIR": str(tmp_path / "var")})


@pytest.fixture
async def side(settings: Settings) -> AsyncIterator[Side]:
    secrets = load_secrets(settings.state_dir, settings, {})
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    async with open_ledger(settings.ledger, settings.state_dir, keys) as ledger:
        yield Side(settings, ledger)


async def test_the_page_starts_with_what_the_configuration_says_now(side: Side) -> None:
    means, settings = side.made.means, side.settings
    assert list(means.entries) == [entry.number for entry in settings.entries]
    assert means.flows == {flow.id: flow.name for flow in settings.flows} and means.flows
    assert "paperwork" in {reason.id for reason in means.reasons}
    side.made.adopt(replace(settings, entries=settings.entries[:1], flows=()))
    assert len(side.made.means.entries) == 1 and side.made.means.flows == {}


async def test_a_written_ticket_is_offered_and_its_agents_page_is_told_at_once(side: Side) -> None:
    side.signs_in()
    await side.made.inbox.look()  # begins at the feed's end
    ticket = await side.written()
    side.hall.take_diff(1.0)
    await side.made.inbox.look()
    mine = await side.made.inbox.mine(AgentId("1001"))
    assert [one.ticket_no for one in mine.items] == [ticket.ticket_no] and side.shown.is_set()
    diff = side.hall.take_diff(2.0)
    assert diff is not None
    assert {"agent": "1001", "kind": "inbox", "n": 1} in diff["desk"]
    assert side.figures()["written_offered"] == 1


async def test_a_call_out_goes_by_the_rules_of_the_configuration_now(side: Side) -> None:
    side.signs_in()
    call = await side.made.dialler.dial("A001", "13812345678")
    (order,) = side.switch.orders
    assert isinstance(order, DialOut)
    assert (order.call, order.interface, order.agent) == (call, "PJSIP/8001", "1001")
    assert order.shown == side.settings.asterisk.caller_id
    with pytest.raises(DialRefused):
        await side.made.dialler.dial("A001", "110")
    closed = side.settings.asterisk.model_copy(update={"outside": ()})
    side.made.adopt(replace(side.settings, asterisk=closed, partners=()))
    side.made.dialler._asked.clear()
    with pytest.raises(DialRefused):
        await side.made.dialler.dial("A001", "13812345678")


async def test_its_works_run_until_they_are_cancelled_and_old_drafts_go(side: Side) -> None:
    now = time.time()
    old, fresh = Draft("new/a", "agent1", 1, now - KEPT_S - 9, {}), Draft("new/b", "agent1", 1, now, {})
    for draft in (old, fresh):
        await side.ledger.write(lambda tx, one=draft: tx.save_draft(one))  # type: ignore[misc]
    works = side.made.works()
    assert [name for name, _ in works] == ["inbox", "drafts", "virtual", "phones"]
    tidied, tidy = asyncio.Event(), side.made._drafts.tidy

    async def tidies() -> int:
        gone = await tidy()
        tidied.set()
        return gone

    side.made._drafts.tidy = tidies  # type: ignore[method-assign]
    tasks = [asyncio.create_task(work, name=name) for name, work in works]
    try:
        async with asyncio.timeout(60):
            await tidied.wait()
        assert await side.ledger.draft(old.key) is None
        assert await side.ledger.draft(fresh.key) is not None
        assert not [task for task in tasks if task.done()]
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_every_figure_is_a_number_before_anything_has_happened(side: Side) -> None:
    figures = side.figures()
    assert len(figures) == len(side.made.figures()) and set(figures.values()) == {0}


async def test_facts_of_virtual_numbers_reach_them(side: Side) -> None:
    heard: list[Any] = []
    side.made.numbers.apply = heard.append  # type: ignore[method-assign]
    fact = VirtualBegun(1.0, LegId("1.1"), CallId("1.1"), "b1", "citizen")
    hearers = Hearers()
    side.made.hear(hearers)
    hearers.tell(fact)
    hearers.tell(LinkLost(2.0, "of no concern to them"))
    assert heard == [fact]
