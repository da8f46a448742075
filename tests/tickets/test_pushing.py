"""Tickets that go with transfers, over a real ledger: found by their call, pushed in the transaction of the press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.ids import AgentId, CallId, LegId, SeatId, TicketNo
from gateway.model.transfers import TicketRef, Transfer
from gateway.tickets.config import CategoriesConfig, RepliesConfig
from gateway.tickets.ports import TicketDraft
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
        self.pushes = TransferPushes(ledger, self.tickets)

    def wake(self) -> None:
        self.woken += 1

    async def ticket(self, **fields: Any) -> TicketNo:
        draft = TicketDraft("phone", "460000", AT, AT, fields=fields)
        ticket, _ = await self.ledger.write(lambda tx: tx.open_ticket(draft, f"call:{CALL}"))
        return ticket.ticket_no

    async def push(self, number: TicketNo) -> str:
        return await self.ledger.write(lambda tx: self.pushes.push(tx, number, "110", "agent1"))


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
        delivery = await stage.pushes.push(tx, number, "110", "agent1")
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


async def _state(stage: Stage, id_: str, state: Any) -> None:
    from dataclasses import replace

    async def work(tx: Any) -> None:
        await tx.save_delivery(replace(await tx.delivery(id_), state=state))

    await stage.ledger.write(work)
