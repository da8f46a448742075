"""Virtual numbers at work over a real ledger: bound once, ended, routed, and every call on its ticket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.facts import LegImage, RecordingStarted, Snapshot, VirtualBegun, VirtualEnded
from gateway.model.ids import CallId, LegId, TicketNo
from gateway.tickets.ports import TicketDraft
from gateway.transfer.ports import Refusal
from gateway.transfer.virtual_config import VirtualConfig
from gateway.transfer.virtual_service import EVENT, VirtualNumbers, Wish

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
NOON, HOUR = 1_795_233_600.0, 3600.0
CITIZEN, OFFICE = "13812345678", "089865321234"


@dataclass
class Bench:
    ledger: SqlLedger
    numbers: VirtualNumbers
    config: VirtualConfig
    now: float = NOON

    async def ticket(self, **fields: Any) -> TicketNo:
        draft = TicketDraft(
            channel="phone", area_code="460000", received_at=NOON, occurred_at=NOON, entry_number="12345",
            account="trunk", fields={"calling_number": CITIZEN} | fields,
        )  # fmt: skip
        ticket, _ = await self.ledger.write(lambda tx: tx.open_ticket(draft, None))
        return ticket.ticket_no

    async def wish(self, ticket: TicketNo, *callers: str, **rest: Any) -> Wish:
        return Wish(ticket, "12328", callers or (OFFICE,), login="agent1", address="127.0.0.1", **rest)

    async def bound(self, ticket: TicketNo, *callers: str, **rest: Any) -> str:
        return (await self.numbers.bind(await self.wish(ticket, *callers, **rest))).number


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_ledger(LedgerConfig(url=f"sqlite:///{tmp_path}/l.db"), tmp_path, KEYS) as ledger:
        made = Bench(ledger, None, VirtualConfig(numbers=("66001-66002",), per_ticket=2))  # type: ignore[arg-type]
        made.numbers = VirtualNumbers(ledger, lambda: made.config, lambda: made.now)
        task = asyncio.create_task(made.numbers.run())
        yield made
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_number_is_bound_to_the_ticket_and_asking_again_gives_the_same(bench: Bench) -> None:
    ticket = await bench.ticket()
    assert await bench.bound(ticket, "0898-65321234") == "66001"
    assert await bench.bound(ticket, OFFICE) == "66001"
    bindings, calls = await bench.numbers.of_ticket(ticket)
    assert [(one.citizen, one.callers, one.until) for one in bindings] == [(CITIZEN, (OFFICE,), NOON + 72 * HOUR)]
    assert not calls
    audits = await bench.ledger.audits(act="virtual.bound")
    assert [(one.login, one.subject, one.detail["number"]) for one in audits] == [("agent1", ticket, "66001")]
    assert CITIZEN not in repr(audits)


async def test_both_ways_are_routed_and_shown_under_the_virtual_number(bench: Bench) -> None:
    number = await bench.bound(await bench.ticket(contact_number="089866661111"))
    out = await bench.numbers.route(number, "+8689865321234")
    back = await bench.numbers.route(number, "089866661111")
    assert (out.kind, out.number, out.side) == ("dial", "089866661111", "department")
    assert (back.kind, back.number, back.side) == ("dial", OFFICE, "citizen")
    assert bench.numbers.shown(number) == number
    bench.config = bench.config.model_copy(update={"shown": "hotline", "hotline": "12345"})
    assert bench.numbers.shown(number) == "12345"


async def test_who_is_not_meant_is_refused(bench: Bench) -> None:
    number = await bench.bound(await bench.ticket())
    assert (await bench.numbers.route(number, "13700000000")).kind == "refused"
    assert (await bench.numbers.route("66002", OFFICE)).kind == "refused"
    assert (await bench.numbers.route("99999", OFFICE)).kind == "refused"
    assert bench.numbers.routed == {"dial": 0, "queue": 0, "refused": 3}


async def test_a_number_that_was_ended_rests_before_another_ticket_has_it(bench: Bench) -> None:
    first, second, third = [await bench.ticket() for _ in range(3)]
    number = await bench.bound(first)
    assert await bench.numbers.end(first, number, "agent1", "127.0.0.1") == 1
    assert (await bench.numbers.route(number, CITIZEN)).kind == "queue"
    assert await bench.bound(second) == "66002"
    with pytest.raises(Refusal, match="free now"):
        await bench.bound(third)
    bench.now += 168 * HOUR
    assert await bench.bound(third) == number
    assert len(await bench.ledger.audits(act="virtual.ended")) == 1


async def test_a_ticket_has_only_so_many_and_all_can_be_ended_at_once(bench: Bench) -> None:
    ticket = await bench.ticket()
    await bench.bound(ticket, "13900000001")
    await bench.bound(ticket, "13900000002")
    with pytest.raises(Refusal, match="at most 2"):
        await bench.bound(ticket, "13900000003")
    assert await bench.numbers.end(ticket, None, "agent1", "") == 2
    assert await bench.numbers.end(ticket, None, "agent1", "") == 0
    with pytest.raises(Refusal, match="no such virtual number"):
        await bench.numbers.end(ticket, "66001", "agent1", "")


async def test_at_once_two_tickets_never_get_the_same_number(bench: Bench) -> None:
    tickets = [await bench.ticket() for _ in range(3)]
    given = await asyncio.gather(*(bench.bound(one) for one in tickets), return_exceptions=True)
    assert sorted(str(one) for one in given if isinstance(one, str)) == ["66001", "66002"]


@pytest.mark.parametrize(
    ("fields", "callers", "rest", "field"),
    [
        ({}, ("nobody",), {}, "callers"), ({}, ("66001",), {}, "callers"), ({}, (CITIZEN,), {}, "callers"),
        ({"calling_number": "anonymous"}, (OFFICE,), {}, "ticket_no"), ({}, (OFFICE,), {"hours": 721}, "hours"),
    ],
)  # fmt: skip
async def test_what_cannot_be_bound_is_refused_by_its_field(
    bench: Bench, fields: dict[str, str], callers: tuple[str, ...], rest: dict[str, int], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await bench.bound(await bench.ticket(**fields), *callers, **rest)
    assert refused.value.field == field


async def test_an_unknown_ticket_and_an_empty_pool_are_told(bench: Bench) -> None:
    with pytest.raises(Refusal, match="no such ticket"):
        await bench.bound(TicketNo("460000-20261121-0000099"))
    bench.config = VirtualConfig()
    with pytest.raises(Refusal, match="no virtual numbers"):
        await bench.bound(await bench.ticket())


# -- the record of calls -----------------------------------------------------------------------------------------------


async def begun(bench: Bench) -> tuple[TicketNo, VirtualBegun]:
    ticket = await bench.ticket()
    await bench.bound(ticket)
    (binding,), _ = await bench.numbers.of_ticket(ticket)
    fact = VirtualBegun(NOON + 1, LegId("9.1"), CallId("9.1"), binding.id, "department")
    bench.numbers.apply(fact)
    return ticket, fact


def ended(fact: VirtualBegun, talk_s: float = 12.5, status: str = "ANSWER") -> VirtualEnded:
    return VirtualEnded(NOON + 20, fact.leg, fact.call, fact.binding, fact.side, status, talk_s, 16)


async def test_a_call_is_on_its_ticket_and_told_once(bench: Bench) -> None:
    ticket, fact = await begun(bench)
    for _ in range(2):
        bench.numbers.apply(ended(fact))
    assert await bench.numbers.drain(60)
    _, (call,) = await bench.numbers.of_ticket(ticket)
    assert (call.began_at, call.answered_at, call.ended_at) == (NOON + 1, NOON + 7.5, NOON + 20)
    assert (call.outcome, call.talk_s, call.recording_id) == ("answered", 12.5, "9.1")
    (event,) = [one for one in await bench.ledger.events(0) if one.type == EVENT]
    assert event.subject == ticket
    assert event.data["virtual_number"] == "66001"
    assert CITIZEN not in repr(event)


async def test_an_end_whose_beginning_was_lost_is_kept_all_the_same(bench: Bench) -> None:
    ticket = await bench.ticket()
    await bench.bound(ticket)
    (binding,), _ = await bench.numbers.of_ticket(ticket)
    fact = VirtualBegun(NOON, LegId("9.2"), CallId("9.2"), binding.id, "citizen")
    bench.numbers.apply(ended(fact, 0.0, "BUSY"))
    assert await bench.numbers.drain(60)
    _, (call,) = await bench.numbers.of_ticket(ticket)
    assert (call.outcome, call.side, call.recording_id) == ("busy", "citizen", "")


async def test_a_call_whose_end_was_lost_is_closed_by_the_snapshot(bench: Bench) -> None:
    ticket, fact = await begun(bench)
    image = LegImage(fact.leg, fact.call, "PJSIP/trunk-1", "Up", "", "", "", 1.0)
    bench.numbers.apply(Snapshot(NOON + 30, 2, legs=(image,)))
    assert await bench.numbers.drain(60)
    assert (await bench.numbers.of_ticket(ticket))[1][0].ended_at is None
    bench.numbers.apply(Snapshot(NOON + 60, 3))
    assert await bench.numbers.drain(60)
    (call,) = (await bench.numbers.of_ticket(ticket))[1]
    assert (call.outcome, call.ended_at) == ("ended_unseen", NOON + 60)


async def test_other_facts_and_unknown_bindings_are_nothing(bench: Bench) -> None:
    bench.numbers.apply(RecordingStarted(NOON, LegId("1"), CallId("1"), "1"))
    bench.numbers.apply(VirtualBegun(NOON, LegId("1"), CallId("1"), "nonsense", ""))
    assert await bench.numbers.drain(60)
    assert await bench.ledger.virtual_call(CallId("1")) is None
