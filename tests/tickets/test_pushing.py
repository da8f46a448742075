"""Tickets that go with transfers, over a real ledger: found by their call, pushed in the transaction of the press."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.desk import Draft, Filing
from gateway.model.ids import AgentId, CallId, LegId, SeatId, TicketNo
from gateway.model.records import CallChange, CallRecord
from gateway.model.transfers import TicketRef, Transfer
from gateway.tickets.calls import FIGURES, CallBook
from gateway.tickets.config import CategoriesConfig, RepliesConfig
from gateway.tickets.ports import StaleRevision, TicketDraft
from gateway.tickets.pushing import TransferPushes
from gateway.tickets.service import TicketService, ticket_policy

AT = 1_795_300_000.0
CALL = CallId("1.1")


class Words:
    def say(self, name: str, **values: str) -> str:
        return name


class Stage:
    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger, self.woken = ledger, 0
        policy = ticket_policy(RepliesConfig(), CategoriesConfig(), lambda start, days: start + days * 86_400)
        self.tickets = TicketService(
            ledger, policy, Words(), self.wake, {"110": "公安"}.get, lambda _: 60.0, lambda: AT  # type: ignore[arg-type]
        )  # fmt: skip
        self.book = CallBook(lambda _: "460000")
        self.live: dict[str, CallRecord] = {}
        self.pushes = TransferPushes(ledger, self.tickets, self.book, self.live.get, open_within_s=30.0)

    def wake(self) -> None:
        self.woken += 1

    async def ticket(self, **fields: Any) -> TicketNo:
        draft = TicketDraft("phone", "460000", AT, AT, fields=fields)
        ticket, _ = await self.ledger.write(lambda tx: tx.open_ticket(draft, f"call:{CALL}"))
        return ticket.ticket_no

    async def push(self, number: TicketNo) -> str:
        return await self.ledger.write(lambda tx: self.pushes.push(tx, number, "110", "agent1", CALL))

    async def types(self, fields: dict[str, Any], key: str = CALL) -> None:
        draft = Draft(key, "agent1", 1, AT, fields)
        assert await self.ledger.write(lambda tx: tx.save_draft(draft))

    def talks(self, **fields: Any) -> CallRecord:
        """A call that was answered a moment ago; the recorder has not written it."""
        call = CallRecord(
            CALL, AT - 30, entry_number="12345", caller_number="13812345678", agent=AgentId("8001"),
            answered_at=AT - 1, **fields,
        )  # fmt: skip
        self.live[CALL] = call
        return call

    async def writes(self, call: CallRecord, kind: Any) -> None:
        change = CallChange(kind, AT, call).frozen()
        await self.ledger.write(lambda tx: self.book.write(tx, [change]))


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Stage]:
    async with open_ledger(LedgerConfig(), path, LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)) as ledger:
        yield Stage(ledger)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with opened(tmp_path) as made:
        yield made


async def test_the_calls_own_ticket_is_found_with_the_partners_number_for_it(stage: Stage) -> None:
    assert await stage.pushes.ticket_for(CALL, "", "110") is None
    number = await stage.ticket(external_nos={"110": "A-1"})
    assert await stage.pushes.ticket_for(CALL, "", "110") == TicketRef(number, "A-1")
    assert await stage.pushes.ticket_for(CallId("2.2"), number, "119") == TicketRef(number, "")
    assert await stage.pushes.ticket_for(CALL, TicketNo("460000-20261121-0009999"), "110") is None


async def test_the_push_stands_or_falls_with_the_press(stage: Stage) -> None:
    number = await stage.ticket()

    async def press(tx: Any) -> None:
        delivery = await stage.pushes.push(tx, number, "110", "agent1", CALL)
        await tx.save_transfer(
            Transfer("t1", "k1", CALL, "attended", "110", SeatId("A001"), AgentId("1"), AT, delivery=delivery,
                     caller_leg=LegId("1.1"), version=1)
        )  # fmt: skip
        raise RuntimeError("not this time")

    with pytest.raises(RuntimeError):
        await stage.ledger.write(press)
    assert await stage.ledger.deliveries(kind="push") == [] and await stage.ledger.transfer("t1") is None
    id_ = await stage.push(number)
    pushes = await stage.ledger.pushes([id_, "nobody"])
    assert list(pushes) == [id_] and pushes[id_].answer_by == AT + 60 and stage.woken == 0
    stage.pushes.wake()
    assert stage.woken == 1


async def test_a_second_press_for_the_same_ticket_is_the_same_push_until_the_ticket_says_something_else(
    stage: Stage,
) -> None:
    number = await stage.ticket(content="路灯不亮")
    first = await stage.push(number)
    assert await stage.push(number) == first
    await _state(stage, first, "delivered")
    assert await stage.push(number) == first
    await stage.ledger.write(lambda tx: tx.update_ticket(number, {"external_nos": {"110": "A-1"}}))
    assert await stage.push(number) == first  # the partner's own number is no news to it
    await stage.ledger.write(lambda tx: tx.update_ticket(number, {"content": "路灯不亮，有人受伤"}))
    second = await stage.push(number)
    assert second != first and await stage.push(number) == second
    assert len(await stage.ledger.deliveries(ticket_no=number, kind="push")) == 2


async def test_one_that_waits_will_bring_the_ticket_as_it_is_then(stage: Stage) -> None:
    number = await stage.ticket(content="路灯不亮")
    first = await stage.push(number)
    await stage.ledger.write(lambda tx: tx.update_ticket(number, {"content": "路灯不亮，有人受伤"}))
    assert await stage.push(number) == first


async def test_a_ticket_that_has_gone_is_no_fault_of_the_press(stage: Stage) -> None:
    assert await stage.push(TicketNo("460000-20261121-0009999")) == ""


async def test_what_is_being_typed_goes_along_and_the_form_is_filed_later_all_the_same(stage: Stage) -> None:
    call = stage.talks()
    await stage.writes(call, "answered")
    found = await stage.pushes.ticket_for(CALL, "", "110")
    assert found is not None
    read = await stage.ledger.ticket(found.ticket_no)
    await stage.types({"kind": "投诉", "content": "有人受伤。在龙昆南路", "contact_number": "1381"})
    id_ = await stage.push(found.ticket_no)
    pushed = await stage.ledger.ticket(found.ticket_no)
    assert read is not None and pushed is not None
    assert (pushed.kind, pushed.content, pushed.title) == ("投诉", "有人受伤。在龙昆南路", "有人受伤")
    assert pushed.state == "received" and pushed.more[FIGURES] == [read.revision + 1]
    assert await stage.ledger.draft(CALL) is not None, "the form is still being typed"
    updated = [one for one in await stage.ledger.events(0) if one.data.get("changed")]
    assert [one.data["changed"] for one in updated][-1] == ["pushed"] and "content" in updated[-2].data["changed"]
    (entry, *_) = await stage.ledger.audits(subject=found.ticket_no, act="ticket.change")
    assert entry.login == "agent1" and entry.detail["by"] == "transfer" and "受伤" not in str(entry.detail)
    assert await stage.push(found.ticket_no) == id_, "a second press finds nothing new"
    form = {"kind": "投诉", "content": "有人受伤。在龙昆南路 8 号"}
    filing = Filing(form, "460000", call=call, revision=read.revision, draft=CALL, agent=AgentId("8001"))
    filed = await stage.tickets.file(filing, "agent1")
    assert (filed.state, filed.content) == ("accepted", form["content"]) and await stage.ledger.draft(CALL) is None


async def test_what_was_typed_stands_or_falls_with_the_press(stage: Stage) -> None:
    number = await stage.ticket(call_id=CALL)
    await stage.types({"content": "有人受伤"})

    async def press(tx: Any) -> None:
        await stage.pushes.push(tx, number, "110", "agent1", CALL)
        raise RuntimeError("not this time")

    with pytest.raises(RuntimeError):
        await stage.ledger.write(press)
    ticket = await stage.ledger.ticket(number)
    assert ticket is not None and (ticket.content, ticket.revision) == ("", 1)


async def test_a_change_by_somebody_else_is_still_noticed_when_the_form_is_filed(stage: Stage) -> None:
    call = stage.talks()
    await stage.writes(call, "answered")
    await stage.types({"content": "有人受伤"})
    found = await stage.pushes.ticket_for(CALL, "", "110")
    assert found is not None
    await stage.push(found.ticket_no)
    await stage.tickets.change(found.ticket_no, {"title": "值班长改过"}, "lead")
    with pytest.raises(StaleRevision):
        await stage.tickets.file(Filing({"content": "别的"}, "460000", call=call, revision=1), "agent1")


async def test_the_ticket_of_a_call_whose_answer_is_not_written_yet_is_there_at_the_press(stage: Stage) -> None:
    call = stage.talks()
    found = await stage.pushes.ticket_for(CALL, "", "110")
    assert found is not None and await stage.pushes.ticket_for(CALL, "", "110") == found
    await stage.writes(call, "answered")
    call.ended_at, call.talk_s, call.outcome = AT, 30.0, "answered"
    await stage.writes(call, "ended")
    assert [one.ticket_no for one in await stage.ledger.tickets()] == [found.ticket_no]
    ticket = await stage.ledger.ticket(found.ticket_no)
    assert ticket is not None and (ticket.talk_s, ticket.call_id, ticket.calling_number) == (30.0, CALL, "13812345678")
    types = [one.type.removeprefix("hotline.").removesuffix(".v1") for one in await stage.ledger.events(0)]
    assert types.count("ticket.opened") == 1


async def test_a_call_that_nobody_answered_and_a_call_to_a_colleague_open_nothing(stage: Stage) -> None:
    stage.talks()
    assert await stage.pushes.ticket_for(CALL, "", "") is None  # to a seat or a queue
    stage.live[CALL].answered_at = None
    assert await stage.pushes.ticket_for(CALL, "", "110") is None
    assert await stage.pushes.ticket_for(CallId("9.9"), "", "110") is None
    assert await stage.ledger.tickets() == []


async def test_a_call_back_about_a_ticket_takes_that_ticket_along(stage: Stage) -> None:
    other = TicketDraft("web", "460000", AT, AT)
    ticket, _ = await stage.ledger.write(lambda tx: tx.open_ticket(other, "web:1"))
    stage.talks(direction="out", ticket_no=ticket.ticket_no)
    assert await stage.pushes.ticket_for(CALL, "", "110") == TicketRef(ticket.ticket_no)
    await stage.types({"content": "回访中所记"})
    await stage.push(ticket.ticket_no)
    kept = await stage.ledger.ticket(ticket.ticket_no)
    assert kept is not None and kept.content == "", "the form of a call back is filed by itself"


async def test_a_press_does_not_wait_for_a_slow_ledger(stage: Stage) -> None:
    stage.talks()
    hold, held = asyncio.Event(), asyncio.Event()

    async def slow(_tx: Any) -> None:
        held.set()
        await hold.wait()

    first = asyncio.create_task(stage.ledger.write(slow))
    await held.wait()
    pushes = TransferPushes(stage.ledger, stage.tickets, stage.book, stage.live.get, open_within_s=0.01)
    try:
        assert await pushes.ticket_for(CALL, "", "110") is None
    finally:
        hold.set()
        await first
    assert await stage.pushes.ticket_for(CALL, "", "110") is not None


async def _state(stage: Stage, id_: str, state: Any) -> None:
    from dataclasses import replace

    async def work(tx: Any) -> None:
        await tx.save_delivery(replace(await tx.delivery(id_), state=state))

    await stage.ledger.write(work)
