"""Pushes without an acknowledgement: told once each, when their time is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.channels.overdue import Overdue
from gateway.ledger import SqlLedger
from gateway.model.messages import Delivery
from tests.channels.outgoing_stage import NOW, Clock, events, ledger_in, open_a_ticket, put, row, until


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with ledger_in(tmp_path) as opened:
        yield opened


async def test_a_push_without_an_answer_is_told_once_when_its_time_is_over(ledger: SqlLedger) -> None:
    clock, ticket = Clock(), await open_a_ticket(ledger)
    push = await put(
        ledger, ticket, kind="push", channel="partner", account="110", target="110", state="sent", due_at=None,
        answer_by=NOW + 60,
    )  # fmt: skip
    overdue = Overdue(ledger, clock, 5)
    assert await overdue.look() == 0
    clock.forward(75)
    assert await overdue.look() == 1
    assert await overdue.look() == 0
    [event] = await events(ledger)
    assert (event.type, event.subject) == ("hotline.push.overdue.v1", ticket)
    assert (event.data["partner"], event.data["late_s"], event.data["delivery_id"]) == ("110", 15.0, push.id)
    now = await row(ledger, push)
    assert (now.state, now.answer_by) == ("sent", None)
    assert now.more == {"answer_by": NOW + 60, "overdue_at": NOW + 75}
    assert overdue.told == 1


async def test_one_that_was_acknowledged_is_not_overdue(ledger: SqlLedger) -> None:
    clock, ticket = Clock(), await open_a_ticket(ledger)
    push = await put(ledger, ticket, kind="push", state="sent", due_at=None, answer_by=NOW + 60)
    await ledger.write(lambda tx: tx.save_delivery(replace(push, state="delivered", answer_by=None)))
    clock.forward(100)
    assert await Overdue(ledger, clock, 5).look() == 0
    assert not await events(ledger)


async def test_one_whose_time_was_moved_ahead_since_it_was_read_is_left(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await open_a_ticket(ledger)
    push = await put(ledger, ticket, kind="push", state="sent", due_at=None, answer_by=NOW + 600)

    async def stale(at: float, limit: int = 50) -> list[Delivery]:
        return [replace(push, answer_by=NOW - 1)]

    monkeypatch.setattr(ledger, "unanswered", stale)
    assert await Overdue(ledger, Clock(), 5).look() == 0
    assert (await row(ledger, push)).answer_by == NOW + 600


async def test_of_two_gateways_one_tells_and_a_crowd_is_told_whole(ledger: SqlLedger) -> None:
    clock, ticket = Clock(), await open_a_ticket(ledger)
    for n in range(120):
        await put(ledger, ticket, kind="push", target=str(n), state="sent", due_at=None, answer_by=NOW - n)
    one, other = Overdue(ledger, clock, 5), Overdue(ledger, clock, 5)
    assert sum(await asyncio.gather(one.look(), other.look())) == 120
    assert len(await events(ledger, "hotline.push.overdue")) == 120


async def test_it_goes_on_looking_after_the_ledger_was_away(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, ticket = Clock(), await open_a_ticket(ledger)
    await put(ledger, ticket, kind="push", state="sent", due_at=None, answer_by=NOW)
    unanswered = ledger.unanswered
    troubles = [OSError("away"), ValueError("odd")]

    async def sulk(at: float, limit: int = 50) -> object:
        if troubles:
            raise troubles.pop()
        return await unanswered(at, limit)

    monkeypatch.setattr(ledger, "unanswered", sulk)
    overdue = Overdue(ledger, clock, 0.001)
    running = asyncio.ensure_future(overdue.run())
    await until(lambda: overdue.told == 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert overdue.troubles == 2
