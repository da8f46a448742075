"""The service over a real ledger and an exchange in play: presses, refusals, acts, failures, restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, LedgerError, LedgerKeys, LedgerUnavailable, SqlLedger, open_ledger
from gateway.model.facts import EndpointChanged, LegRang, LinkLost, Snapshot
from gateway.model.ids import CallId, LegId, SeatId, TicketNo
from gateway.model.messages import Delivery
from gateway.model.orders import DialTarget, MarkLeg, MoveLegs, Order, OrderRefused
from gateway.model.transfers import Talk, TicketRef, Transfer
from gateway.transfer.config import PartnerConfig, PartnerNumber
from gateway.transfer.ports import Press, Refusal, Target
from gateway.transfer.pressing import House
from gateway.transfer.registry import PartnerLine, Registry
from gateway.transfer.service import TransferService
from tests.transfer.telephone import CALL, T0, Telephone, a_talk

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
A001, A002 = SeatId("A001"), SeatId("A002")
PARTNERS = (
    PartnerConfig(number="110", name="公安", mode="three_way", modes=("attended",)),
    PartnerConfig(number="961017", name="扶贫", mode="consult", modes=("blind",)),
    PartnerConfig(number="12348", name="法律", mode="queue", queue="legal"),
    PartnerConfig(number="95598", name="供电", mode="attended", hours="office"),
    PartnerConfig(number="12388", name="纪检", mode="readout"),
)


TICKET = TicketNo("460000-20261121-0000001")
PUSHED = PartnerConfig.model_validate(
    {
        "number": "110", "name": "公安", "mode": "three_way", "data": "both_ways",
        "push": {"url": "https://110.example/cases", "secret": "made:out"},
    }
)  # fmt: skip


class Exchange:
    """The switch: orders reach the telephone, and what happens there reaches the service at once."""

    def __init__(self) -> None:
        self.phone = Telephone()
        self.service: TransferService | None = None
        self.refuse: Callable[[Order], bool] = lambda _: False
        self.before: Callable[[Order], Awaitable[None]] | None = None

    async def carry_out(self, order: Order) -> None:
        if self.before is not None:
            await self.before(order)
        if self.refuse(order):
            raise OrderRefused(order, "no")
        self.phone.carry_out(order)
        self.tell()

    def tell(self) -> None:
        for facts in self.phone.facts.values():
            while facts:
                fact = facts.popleft()
                if self.service is not None:
                    self.service.on_fact(fact)

    def kinds(self) -> list[str]:
        return [type(order).__name__ for order in self.phone.orders]


class TalksNow:
    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {A001: a_talk()}
        self.free = {A002}

    def at_seat(self, seat: SeatId) -> Talk | None:
        return self.talks.get(seat)

    def seat_of_call(self, call: CallId) -> SeatId | None:
        return A001 if call == CALL else None

    def interface_of(self, seat: SeatId) -> str | None:
        return {"A001": "PJSIP/8001", "A002": "PJSIP/8002"}.get(seat)

    def is_free(self, seat: SeatId) -> bool:
        return seat in self.free


class Stage:
    """``changed`` waits for a version that fits: facts and orders pass through tasks."""

    def __init__(self, ledger: SqlLedger, exchange: Exchange, pushes: Any = None) -> None:
        self.ledger, self.exchange, self.talks = ledger, exchange, TalksNow()
        self.now = T0
        self.open_now = True
        self.seen: list[Transfer] = []
        self._moved = asyncio.Event()
        self.registry = registry = Registry(PARTNERS, lambda _name, _at: self.open_now)
        self.pushes: Any = pushes
        self.lines: list[PartnerLine] = []
        house = House(lambda: {"legal", "hotline"}, lambda: {"night"})
        self.service = TransferService(
            ledger, exchange, self.talks, registry, house, lambda: self.now, on_change=self._change, pushes=pushes,
            on_lines=self._show,
        )  # fmt: skip
        exchange.service = self.service

    def _change(self, transfer: Transfer) -> None:
        self.seen.append(transfer)
        self._moved.set()

    def _show(self, lines: Sequence[PartnerLine]) -> None:
        self.lines += lines
        self._moved.set()

    async def shown(self, fits: Callable[[PartnerLine], bool], *, last: bool = False) -> PartnerLine:
        """A line that was shown; ``last``: what is shown last of its partner."""
        async with asyncio.timeout(60):
            while True:
                newest = {line.partner.number: line for line in self.lines}
                for line in newest.values() if last else self.lines:
                    if fits(line):
                        return line
                self._moved.clear()
                await self._moved.wait()

    async def changed(self, fits: Callable[[Transfer], bool]) -> Transfer:
        async with asyncio.timeout(60):
            while True:
                for one in self.seen:
                    if fits(one):
                        return one
                self._moved.clear()
                await self._moved.wait()

    async def phase(self, phase: str) -> Transfer:
        return await self.changed(lambda one: one.phase == phase)

    async def events(self) -> list[str]:
        return [one.type.split(".")[2] for one in await self.ledger.events(0)]

    async def press(self, target: str = "110", kind: str = "partner", key: str = "k1", **fields: Any) -> Transfer:
        press = Press(key, fields.pop("seat", A001), Target(kind, target), login="agent1", **fields)  # type: ignore[arg-type]
        return await self.service.start(press)


@asynccontextmanager
async def running(
    ledger: SqlLedger, exchange: Exchange | None = None, *, linked: bool = True, pushes: Any = None
) -> AsyncIterator[Stage]:
    stage = Stage(ledger, exchange or Exchange(), pushes)
    await stage.service.resume()
    task = asyncio.create_task(stage.service.run())
    if linked:
        stage.service.on_fact(stage.exchange.phone.snapshot())
    try:
        yield stage
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as opened:
        yield opened


@pytest.fixture
async def stage(ledger: SqlLedger) -> AsyncIterator[Stage]:
    async with running(ledger) as opened:
        yield opened


async def answers(stage: Stage) -> None:
    """The partner answers, once it rings."""
    await stage.changed(lambda one: one.why.startswith("对方振铃"))
    stage.exchange.phone.answer(stage.seen[-1].room)
    stage.exchange.tell()


async def test_a_three_way_call_from_press_to_end_is_told_written_and_audited(stage: Stage) -> None:
    pressed = await stage.press(ticket_no="460000-20261121-0000001")
    assert (pressed.mode, pressed.phase, pressed.version) == ("three_way", "calling", 1)
    await answers(stage)
    await stage.phase("three_way")
    assert stage.exchange.phone.company() == "somebody"
    await stage.service.act(pressed.id, "leave", "agent1")
    await stage.phase("released")
    await stage.changed(lambda one: one.phase == "released" and one.agent_at == "gone")
    phone = stage.exchange.phone
    assert not phone.agent.alive and phone.company() == "somebody" and phone.marks["GW_XFER"] == "completed"
    phone.hang_up(phone.legs[f"gw-{pressed.id}"], "himself")
    stage.exchange.tell()
    ended = await stage.phase("ended")
    assert ended.outcome == "completed" and phone.caller.ended_by == "completed"
    assert await stage.events() == ["started", "answered", "joined", "released", "ended"]
    assert {one.subject for one in await stage.ledger.events(0)} == {"460000-20261121-0000001"}
    assert await stage.ledger.transfer(pressed.id) == ended
    assert [one.act for one in await stage.ledger.audits(login="agent1")] == ["transfer.leave", "transfer.started"]
    assert stage.service.running() == [] and stage.service._by_leg == {}


async def test_the_invite_carries_the_reference(stage: Stage) -> None:
    pressed = await stage.press(ticket_no="460000-20261121-0000001")
    await stage.changed(lambda one: one.why.startswith("对方振铃"))
    (dialled,) = stage.exchange.phone.dialled
    assert dialled.endpoint == "PJSIP/110@trunk" and dialled.caller_number == "12345" and dialled.ring_s == 30
    assert dialled.headers == {
        "X-Call-Id": "c1", "X-Entry-Number": "12345", "X-Ticket-No": "460000-20261121-0000001",
        "X-Transfer-Id": pressed.id,
    }  # fmt: skip


async def test_a_key_is_one_transfer_however_often_it_is_pressed(stage: Stage) -> None:
    first, again = await asyncio.gather(stage.press(), stage.press())
    assert first.id == again.id
    await stage.changed(lambda one: one.why.startswith("对方振铃"))
    assert len(stage.exchange.phone.dialled) == 1
    stage.exchange.phone.refuse(first.id)
    stage.exchange.tell()
    await stage.phase("ended")
    assert (await stage.press()).id == first.id
    assert (await stage.press(key="k2")).id != first.id


@pytest.mark.parametrize(
    ("target", "kind", "mode", "says", "field"),
    [
        ("999", "partner", None, "没有联动单位", "partner"),
        ("110", "partner", "blind", "不支持", "mode"),
        ("110", "partner", "consult", "不支持", "mode"),
        ("12388", "partner", None, "12388", "mode"),
        ("95598", "partner", None, "不在服务时间", "partner"),
        ("nowhere", "queue", None, "没有队列", "queue"),
        ("nowhere", "flow", None, "没有流程", "flow"),
        ("legal", "queue", "consult", "只能用", "mode"),
        ("A001", "seat", None, "本座席", "to_seat"),
        ("Z999", "seat", None, "没有座席", "to_seat"),
        ("A002", "seat", "queue", "不支持", "mode"),
    ],
)
async def test_what_cannot_be_is_refused_with_words(
    stage: Stage, target: str, kind: str, mode: Any, says: str, field: str
) -> None:
    stage.open_now = False
    with pytest.raises(Refusal) as refused:
        await stage.press(target, kind, mode=mode)
    assert says in refused.value.zh and refused.value.field == field
    assert stage.exchange.phone.orders == [] and await stage.events() == []


async def test_a_second_press_while_one_runs_is_refused(stage: Stage) -> None:
    await stage.press()
    with pytest.raises(Refusal, match="already running"):
        await stage.press("961017", key="k2")


async def test_a_seat_without_a_call_and_a_seat_that_is_not_there_are_refused(stage: Stage) -> None:
    with pytest.raises(Refusal, match="on no call"):
        await stage.press(seat=A002)
    with pytest.raises(Refusal, match="no seat"):
        await stage.press(seat=SeatId("Z9"))


async def test_without_the_link_nothing_is_pressed(ledger: SqlLedger) -> None:
    async with running(ledger, linked=False) as stage:
        with pytest.raises(Refusal, match="link"):
            await stage.press()
        stage.service.on_fact(stage.exchange.phone.snapshot())
        await stage.press()
        stage.service.on_fact(LinkLost(T0, "gone"))
        with pytest.raises(Refusal, match="link"):
            await stage.press(key="k2")


async def test_a_busy_partner_leaves_the_citizen_with_the_agent_and_counts(stage: Stage) -> None:
    pressed = await stage.press()
    await stage.changed(lambda one: one.why.startswith("对方振铃"))
    stage.exchange.phone.refuse(pressed.id)
    stage.exchange.tell()
    ended = await stage.phase("ended")
    assert (ended.outcome, ended.cause) == ("busy", 17) and ended.why.startswith("对方忙")
    assert stage.exchange.phone.company() == "agent"
    assert not any(isinstance(order, MoveLegs) for order in stage.exchange.phone.orders)


async def test_consulting_can_be_toggled_merged_and_handed_over(stage: Stage) -> None:
    pressed = await stage.press("961017")
    phone = stage.exchange.phone
    await answers(stage)
    await stage.phase("consulting")
    assert phone.company() == "hold"
    await stage.service.act(pressed.id, "toggle")
    await stage.changed(lambda one: one.with_agent == "caller" and one.caller_at == "room")
    assert phone.company() == "somebody" and phone.target is not None and phone.target.where == "hold"
    await stage.service.act(pressed.id, "merge")
    await stage.phase("three_way")
    with pytest.raises(Refusal, match="not while three_way"):
        await stage.service.act(pressed.id, "toggle")
    await stage.service.act(pressed.id, "complete")
    await stage.changed(lambda one: one.phase == "released" and one.agent_at == "gone")
    assert phone.company() == "somebody" and not phone.agent.alive


async def test_an_act_on_what_is_not_there_is_refused(stage: Stage) -> None:
    with pytest.raises(Refusal, match="no such transfer"):
        await stage.service.act("nobody", "cancel")


async def test_a_refused_dial_ends_it_and_nobody_was_moved(stage: Stage) -> None:
    stage.exchange.refuse = lambda order: isinstance(order, DialTarget)
    await stage.press()
    returning = await stage.phase("returning")
    assert returning.outcome == "failed" and stage.exchange.phone.company() == "agent"
    assert not any(isinstance(order, MoveLegs) for order in stage.exchange.phone.orders)


async def test_a_refused_move_after_the_answer_leaves_citizen_and_agent_together(stage: Stage) -> None:
    await stage.press()
    stage.exchange.refuse = lambda order: isinstance(order, MoveLegs)
    await answers(stage)
    await stage.phase("returning")
    phone = stage.exchange.phone
    assert phone.company() == "agent"
    await stage.changed(lambda one: one.target_at == "gone")
    stage.now += 30
    stage.service.on_fact(LegRang(stage.now, LegId("c1"), CALL, ""))  # anything: the clock is looked at
    ended = await stage.phase("ended")
    assert ended.outcome == "failed" and phone.company() == "agent" and phone.marks["GW_XFER"] == ""


class Exchanged:
    """The tickets' side, with one ticket for the call. ``fails`` is raised within the transaction."""

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.there = True
        self.woken = 0

    async def ticket_for(self, call: CallId, ticket_no: str, partner: str) -> TicketRef | None:
        if not self.there:
            return None
        return TicketRef(TICKET, "A-1") if ticket_no in ("", TICKET) else None

    async def push(self, tx: Any, ticket_no: str, partner: str, author: str, call: CallId) -> str:
        await tx.save_delivery(Delivery("d1", "push", TICKET, "partner", partner, partner, T0, due_at=T0))
        if self.fails is not None:
            raise self.fails
        return "d1"

    def wake(self) -> None:
        self.woken += 1


async def test_the_ticket_goes_with_the_call_in_the_transaction_of_the_press(ledger: SqlLedger) -> None:
    async with running(ledger, pushes=Exchanged()) as stage:
        stage.registry.use((PUSHED,))
        stage.pushes.fails = LedgerUnavailable("disk full")
        with pytest.raises(LedgerUnavailable):
            await stage.press()
        assert stage.service.running() == [] and await ledger.deliveries(kind="push") == [] and stage.pushes.woken == 0
        stage.pushes.fails = None
        pressed = await stage.press(key="k2")
        assert (pressed.ticket_no, pressed.delivery, stage.pushes.woken) == (TICKET, "d1", 1)
        await stage.changed(lambda one: one.why.startswith("对方振铃"))
        (dialled,) = stage.exchange.phone.dialled
        assert (dialled.headers["X-Ticket-No"], dialled.headers["X-Case-No"]) == (TICKET, "A-1")
        kept = await ledger.transfer(pressed.id)
        assert kept is not None and kept.delivery == "d1" and len(await ledger.deliveries(kind="push")) == 1
        started = (await ledger.events(0))[0]
        assert started.data["delivery_id"] == "d1"
        again = await stage.press(key="k2")
        assert again.id == pressed.id and stage.pushes.woken == 1


async def test_a_ticket_that_comes_after_the_press_is_pushed_by_itself(ledger: SqlLedger) -> None:
    pushes = Exchanged()
    pushes.there = False
    async with running(ledger, pushes=pushes) as stage:
        stage.registry.use((PUSHED,))
        pressed = await stage.press()
        assert (pressed.ticket_no, pressed.delivery, pushes.woken) == ("", "", 0) and "尚无工单" in pressed.push_why
        stage.service.look_for_ticket(pressed)
        await answers(stage)
        talking = await stage.phase("three_way")
        assert talking.ticket_no == "" and await ledger.deliveries(kind="push") == []
        pushes.there = True
        stage.service.look_for_ticket(pressed)  # what was known of it then is old by now
        tied = await stage.changed(lambda one: one.ticket_no == TICKET)
        assert (tied.delivery, tied.push_why, tied.phase, pushes.woken) == ("d1", "", "three_way", 1)
        assert tied.version > talking.version and await ledger.transfer(pressed.id) == tied
        stage.service.look_for_ticket(tied)
        await stage.service.act(pressed.id, "leave", "agent1")
        released = await stage.phase("released")
        assert released.delivery == "d1" and len(await ledger.deliveries(kind="push")) == 1


async def test_a_ledger_that_is_away_when_the_ticket_comes_is_asked_again(ledger: SqlLedger) -> None:
    pushes = Exchanged()
    pushes.there = False
    async with running(ledger, pushes=pushes) as stage:
        stage.registry.use((PUSHED,))
        pressed = await stage.press()
        pushes.there, pushes.fails = True, LedgerUnavailable("away")
        stage.service.look_for_ticket(pressed)
        with pytest.raises(Refusal):
            await stage.service.act("nobody", "leave")  # the queue is taken in its order
        assert stage.service.running()[0].ticket_no == ""
        pushes.fails = None
        stage.service.look_for_ticket(pressed)
        assert (await stage.changed(lambda one: one.delivery == "d1")).ticket_no == TICKET


@pytest.mark.parametrize("failure", [LedgerError("no"), None])
async def test_a_late_push_that_cannot_be_ends_no_other_transfer(
    ledger: SqlLedger, failure: LedgerError | None
) -> None:
    pushes = Exchanged()
    pushes.there = False
    async with running(ledger, pushes=pushes) as stage:
        stage.registry.use((PUSHED,))
        pressed = await stage.press()
        pushes.there, pushes.fails = True, failure
        if failure is None:
            stage.registry.use(())  # a reload has taken the partner out meanwhile
        stage.service.look_for_ticket(pressed)
        with pytest.raises(Refusal):
            await stage.service.act("nobody", "leave")  # taken after it, by a task that lives
        assert stage.service.running()[0].ticket_no == "" and pushes.woken == 0


async def test_a_press_that_names_no_ticket_that_there_is_never_was(ledger: SqlLedger) -> None:
    async with running(ledger, pushes=Exchanged()) as stage:
        with pytest.raises(Refusal) as refused:
            await stage.press(ticket_no="460000-20261121-0000009")
        assert refused.value.field == "ticket_no" and stage.service.running() == []


@pytest.mark.parametrize("then", ["nobody", "another", "no link"])
async def test_a_citizen_who_is_gone_when_the_ticket_is_found_has_nobody_called(ledger: SqlLedger, then: str) -> None:
    pushes = Exchanged()
    async with running(ledger, pushes=pushes) as stage:
        find = pushes.ticket_for

        async def slowly(call: CallId, ticket_no: str, partner: str) -> TicketRef | None:
            if then == "no link":
                stage.service.on_fact(LinkLost(T0, "gone"))
            else:
                stage.talks.talks = {} if then == "nobody" else {A001: a_talk(call_id=CallId("c2"))}
            return await find(call, ticket_no, partner)

        pushes.ticket_for = slowly  # type: ignore[method-assign]
        with pytest.raises(Refusal) as refused:
            await stage.press()
        assert refused.value.kind == "not_now"
        assert stage.exchange.phone.orders == [] and stage.service.running() == [] and await stage.events() == []


async def test_a_press_whose_asker_has_been_told_that_it_failed_is_not_carried_out_later(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes = Exchanged()
    async with running(ledger, pushes=pushes) as stage:
        asked, go = asyncio.Event(), asyncio.Event()
        find = pushes.ticket_for

        async def slowly(call: CallId, ticket_no: str, partner: str) -> TicketRef | None:
            asked.set()
            await go.wait()
            return await find(call, ticket_no, partner)

        pushes.ticket_for = slowly  # type: ignore[method-assign]
        monkeypatch.setattr("gateway.transfer.service._ANSWER_S", 60.0)
        first = asyncio.create_task(stage.press(ticket_no="460000-20261121-0000009"))
        await asked.wait()
        monkeypatch.setattr("gateway.transfer.service._ANSWER_S", 0.01)
        with pytest.raises(TimeoutError):
            await stage.press(key="k2")
        with pytest.raises(TimeoutError):
            await stage.service.act("t1", "cancel")
        pushes.ticket_for = find  # type: ignore[method-assign]
        monkeypatch.setattr("gateway.transfer.service._ANSWER_S", 60.0)
        go.set()
        with pytest.raises(Refusal, match="no ticket"):
            await first
        with pytest.raises(Refusal, match="no such transfer"):
            await stage.service.act("nobody", "leave")  # taken after them
        assert stage.service.running() == [] and stage.exchange.phone.orders == []
        assert await ledger.transfer_by_key("k2") is None


async def test_a_busy_number_leads_to_the_next_and_all_of_it_is_on_the_record(ledger: SqlLedger) -> None:
    async with running(ledger) as stage:
        stage.registry.use((PUSHED.model_copy(update={"numbers": (PartnerNumber(number="1101"),)}),))
        pressed = await stage.press()
        await stage.changed(lambda one: one.why.startswith("对方振铃"))
        stage.exchange.phone.refuse(pressed.id)
        stage.exchange.tell()
        second = await stage.changed(lambda one: one.target == "1101" and one.why.startswith("对方振铃"))
        assert second.target_leg == f"gw-{pressed.id}-2"
        stage.exchange.phone.answer(pressed.room)
        stage.exchange.tell()
        talking = await stage.phase("three_way")
        assert talking.more["tried"] == [{"number": "110", "outcome": "busy"}]
        kept = await ledger.transfer(pressed.id)
        assert kept is not None and kept.target == "1101"


async def test_a_trunk_that_leaves_options_unanswered_is_shown_and_told(ledger: SqlLedger) -> None:
    async with running(ledger) as stage:
        await stage.shown(lambda line: line.partner.number == "110" and line.state == "free")
        stage.service.on_fact(EndpointChanged(T0, "trunk", reachable=False))
        failing = await stage.shown(lambda line: line.partner.number == "110" and line.state == "failing")
        assert "OPTIONS" in failing.reason
        stage.service.on_fact(replace(stage.exchange.phone.snapshot(), unreachable=frozenset()))
        await stage.shown(lambda line: line.partner.number == "110" and line.state == "free", last=True)


async def test_a_queue_is_handed_the_citizen_and_the_agent_is_free(stage: Stage) -> None:
    pressed = await stage.press("12348")
    assert (pressed.mode, pressed.target, pressed.partner) == ("queue", "legal", "12348")
    ended = await stage.phase("ended")
    assert ended.outcome == "completed" and stage.exchange.phone.company() == "queue"
    assert await stage.events() == ["started", "released", "ended"]


async def test_a_seat_is_dialled_like_a_partner_and_only_when_free(stage: Stage) -> None:
    pressed = await stage.press("A002", "seat")
    assert (pressed.mode, pressed.endpoint, pressed.target_seat) == ("attended", "PJSIP/8002", "A002")
    await answers(stage)
    released = await stage.phase("released")
    stage.talks.talks.clear()
    # The colleague transfers the same call on: the first transfer is over, nobody is hung up for it.
    further = await stage.press("110", key="k2", seat=A002)
    assert (further.caller_leg, further.agent_leg) == (released.caller_leg, released.target_leg)
    over = await stage.changed(lambda one: one.id == released.id and one.phase == "ended")
    assert over.outcome == "completed" and stage.exchange.phone.company() == "somebody"
    stage.talks.free.clear()
    stage.talks.talks[A001] = a_talk(call_id=CallId("c9"))
    with pytest.raises(Refusal, match="not free"):
        await stage.press("A002", "seat", key="k3")


async def test_nothing_is_ordered_before_it_is_written(ledger: SqlLedger) -> None:
    exchange = Exchange()
    async with running(ledger, exchange) as stage:
        kept: list[str] = []

        async def look(order: Order) -> None:
            known = await ledger.transfer_by_key("k1")
            assert known is not None and (known.phase, known.version) == (stage.seen[-1].phase, stage.seen[-1].version)
            kept.append(type(order).__name__)

        exchange.before = look
        await stage.press()
        await answers(stage)
        await stage.phase("three_way")
    assert kept[:3] == ["MarkLeg", "MarkLeg", "DialTarget"] and "MoveLegs" in kept


@pytest.mark.parametrize("failure", [LedgerUnavailable, LedgerError])
async def test_a_press_that_cannot_be_written_never_was(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, failure: type[LedgerError]
) -> None:
    async def away(_: Any) -> Any:
        raise failure("disk full")

    monkeypatch.setattr(stage.ledger, "write", away)
    with pytest.raises(failure):
        await stage.press()
    assert stage.service.running() == [] and stage.exchange.phone.orders == []
    monkeypatch.undo()
    await stage.press()


@pytest.mark.parametrize("failure", [LedgerUnavailable, LedgerError])
async def test_a_ledger_that_is_away_in_the_middle_keeps_nobody_waiting(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, failure: type[LedgerError]
) -> None:
    await stage.press("961017")

    async def away(_: Any) -> Any:
        raise failure("disk full")

    await stage.changed(lambda one: one.why.startswith("对方振铃"))
    monkeypatch.setattr(stage.ledger, "write", away)
    stage.exchange.phone.refuse("x")
    stage.exchange.tell()
    ended = await stage.phase("ended")
    assert stage.exchange.phone.company() == "somebody"
    monkeypatch.undo()
    stage.now += 5
    stage.service.on_fact(stage.exchange.phone.snapshot())
    async with asyncio.timeout(60):
        while stage.service.running():
            await asyncio.sleep(0)
    kept = await stage.ledger.transfer(ended.id)
    assert kept == ended and await stage.events() == ["started", "ended"]


@pytest.mark.parametrize("mode", ["three_way", "consult"])
async def test_a_restarted_gateway_goes_on_where_it_was(ledger: SqlLedger, mode: str) -> None:
    exchange = Exchange()
    async with running(ledger, exchange) as first:
        await first.press("961017" if mode == "consult" else "110")
        await answers(first)
        before = await first.phase("consulting" if mode == "consult" else "three_way")
    exchange.service = None
    phone = exchange.phone
    if mode == "consult":
        phone.hang_up(phone.legs[f"gw-{before.id}"], "himself")
        exchange.tell()  # nobody listens
    async with running(ledger, exchange) as second:
        if mode == "consult":
            ended = await second.phase("ended")
            assert ended.outcome == "partner_left" and phone.company() == "somebody"
            assert phone.agent.room == phone.caller.room
        else:
            await second.service.act(before.id, "leave", "agent1")
            assert (await second.phase("released")).id == before.id


async def test_a_restart_before_the_orders_went_out_ends_it_with_the_agent(ledger: SqlLedger) -> None:
    exchange = Exchange()
    stuck = asyncio.Event()

    async def never(_: Order) -> None:
        await stuck.wait()

    exchange.before = never
    async with running(ledger, exchange) as first:
        await first.press("961017")
    exchange.before = None
    async with running(ledger, exchange) as second:
        ended = await second.phase("ended")
    assert ended.outcome == "failed" and exchange.phone.company() == "agent"
    assert not any(isinstance(order, MoveLegs | DialTarget) for order in exchange.phone.orders)


async def test_a_slow_switch_holds_up_only_its_own_transfer(ledger: SqlLedger) -> None:
    exchange = Exchange()
    gate, held = asyncio.Event(), asyncio.Event()

    async def slow(order: Order) -> None:
        if isinstance(order, MarkLeg) and not held.is_set():
            held.set()
            await gate.wait()

    exchange.before = slow
    async with running(ledger, exchange) as stage:
        await stage.press("961017")
        await asyncio.wait_for(held.wait(), 60)
        stage.talks.talks[A002] = a_talk(call_id=CallId("c2"), seat=A002)
        other = await stage.press("110", key="k2", seat=A002)
        await stage.changed(lambda one: one.id == other.id and one.why.startswith("对方振铃"))
        assert exchange.kinds()[-1] == "DialTarget"
        gate.set()


async def test_a_partner_that_fails_again_and_again_is_shown_as_failing(stage: Stage) -> None:
    for n in range(3):
        pressed = await stage.press(key=f"k{n}")
        await stage.changed(lambda one, id_=pressed.id: one.id == id_ and one.why.startswith("对方振铃"))
        stage.exchange.phone.refuse(pressed.id, "failed", 38)
        stage.exchange.tell()
        await stage.changed(lambda one, id_=pressed.id: one.id == id_ and one.phase == "ended")
        del stage.exchange.phone.legs[f"gw-{pressed.id}"]
    lines = {line.partner.number: line.state for line in stage.service.registry.lines(stage.now)}
    assert lines == {"110": "failing", "961017": "free", "12348": "free", "95598": "free", "12388": "readout"}
    again = Stage(stage.ledger, Exchange())
    await again.service.resume()
    assert again.service.registry.failures("110") == 3


async def test_facts_of_others_and_older_than_the_snapshot_are_let_pass(stage: Stage) -> None:
    pressed = await stage.press()
    await stage.changed(lambda one: one.why.startswith("对方振铃"))
    stage.service.on_fact(LegRang(T0, LegId("other"), CallId("c7"), "PJSIP/x-1"))
    stage.service.on_fact(Snapshot(T0 + 60, 2, stage.exchange.phone.snapshot().legs))
    stage.exchange.phone.answer(pressed.room)  # its fact is older than that snapshot
    stage.exchange.tell()
    stage.exchange.phone.now = T0 + 61
    stage.service.on_fact(replace(stage.exchange.phone.snapshot(), epoch=3))
    assert (await stage.phase("joining")).version > pressed.version
