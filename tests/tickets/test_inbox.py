"""The desk's written work on a real ledger: who gets what, once, also after a kill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from gateway.ledger import LedgerConfig, LedgerError, LedgerKeys, SqlLedger, open_ledger
from gateway.ledger.tx import SqlTx
from gateway.model.assignments import Assignment, Writer
from gateway.model.ids import AgentId, TicketNo
from gateway.model.records import Event, Ticket
from gateway.tail import FeedTail
from gateway.tickets import telling
from gateway.tickets.config import WrittenConfig
from gateway.tickets.inbox import CURSOR, Sharing
from gateway.tickets.intake import Intake
from gateway.tickets.policy import IntakePolicy
from gateway.tickets.ports import NotFound, Refused, TicketDraft, Tx
from gateway.tickets.service import TicketService, ticket_policy
from gateway.tickets.templates import Templates
from gateway.web.envelope import encoder
from tests.tickets.conftest import shipped_categories, shipped_replies, working_days

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
NOON = 1_795_233_600.0
ONE, TWO = AgentId("8001"), AgentId("8002")


def encode(event: Event) -> bytes:
    return orjson.dumps({"subject": event.subject, "data": event.data})


class Floor:
    def __init__(self, *agents: str) -> None:
        self.here = {AgentId(agent): Writer(AgentId(agent)) for agent in agents}
        self.up = True

    def true(self) -> bool:
        return self.up

    def writers(self) -> Sequence[Writer]:
        return list(self.here.values())


class Desk:
    """A ledger with a desk; ``restart`` forgets all that was in memory."""

    def __init__(self, ledger: SqlLedger, floor: Floor) -> None:
        self.ledger, self.floor, self.at = ledger, floor, NOON
        self.rules = WrittenConfig(limit=2)
        self.told: list[tuple[str, str, int]] = []
        self.restart()

    def restart(self) -> None:
        feed = FeedTail(self.ledger, encode)
        self.sharing = Sharing(
            self.ledger, feed, self.floor, lambda: self.rules, lambda: self.at, lambda *hint: self.told.append(hint)
        )

    async def look(self, after_s: float = 0.0) -> None:
        """Time passes in steps, as it does for ``run``."""
        end = self.at + after_s
        while self.at < end:
            self.at = min(end, self.at + 10)
            await self.sharing.look()
        self.at += 3
        await self.sharing.look()

    async def opened(self, channel: str = "wechat", **fields: Any) -> Ticket:
        async def work(tx: Tx) -> Ticket:
            draft = TicketDraft(channel, "460000", self.at, self.at, account="hainan", fields=fields)
            ticket, _ = await tx.open_ticket(draft, None)
            await tx.emit("hotline.ticket.opened.v1", ticket.ticket_no, telling.ticket_data(ticket), self.at)
            return ticket

        return await self.ledger.write(work)

    async def tell(self, number: str, what: str, **data: Any) -> None:
        data = {"channel": "wechat", "account": "hainan", **data}
        await self.ledger.write(lambda tx: tx.emit(f"hotline.ticket.{what}.v1", number, data, self.at))

    async def kept(self, number: str) -> Assignment:
        kept = await self.ledger.assignment(TicketNo(number))
        assert kept is not None
        return kept


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        yield Desk(ledger, Floor(ONE, TWO))


async def test_a_message_is_offered_and_taken_and_the_ticket_says_by_whom(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    offered = await desk.kept(ticket.ticket_no)
    assert (offered.state, offered.agent) == ("offered", ONE)
    assert desk.told == [(ONE, "inbox", 1)]
    taken = await desk.sharing.take(ticket.ticket_no, ONE, "agent1")
    assert taken == await desk.kept(ticket.ticket_no)
    assert taken.state == "taken"
    assert await desk.sharing.take(ticket.ticket_no, ONE, "agent1") == taken
    signed = await desk.ledger.ticket(ticket.ticket_no)
    assert signed is not None
    assert signed.agent_id == ONE
    (event,) = [one for one in await desk.ledger.events(0) if one.type == "hotline.ticket.updated.v1"]
    assert (event.data["author"], event.data["changed"]) == ("agent1", ["agent_id"])


async def test_telephone_calls_are_not_written_work(desk: Desk) -> None:
    ticket = await desk.opened("phone")
    await desk.look()
    assert await desk.ledger.assignment(ticket.ticket_no) is None


async def test_what_came_before_the_desk_was_there_is_found_once(desk: Desk) -> None:
    waits, answered = await desk.opened(), await desk.opened(first_response_at=NOON)
    await desk.opened("phone")
    await desk.look()
    assert (await desk.kept(waits.ticket_no)).unread == 1
    assert await desk.ledger.assignment(answered.ticket_no) is None
    before = await desk.kept(waits.ticket_no)
    desk.restart()
    await desk.look()
    assert await desk.kept(waits.ticket_no) == before


async def test_a_new_ticket_is_not_looked_for_and_one_that_has_gone_on_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking for what is hardly ever there was a quarter of the desk's work for a message."""
    asked: list[Sequence[TicketNo]] = []
    assignments = SqlTx.assignments

    async def noted(self: SqlTx, numbers: Sequence[TicketNo]) -> Mapping[TicketNo, Assignment]:
        asked.append(numbers)
        return await assignments(self, numbers)

    await desk.look()
    monkeypatch.setattr(SqlTx, "assignments", noted)
    new = [await desk.opened() for _ in range(3)]
    await desk.look()
    assert asked == []
    assert [(await desk.kept(one.ticket_no)).unread for one in new] == [1, 1, 1]
    await desk.tell(new[1].ticket_no, "joined")
    fresh = await desk.opened()
    await desk.look()
    assert asked == [[new[1].ticket_no]]
    assert ((await desk.kept(new[1].ticket_no)).unread, (await desk.kept(fresh.ticket_no)).unread) == (2, 1)


async def test_an_event_that_is_read_again_after_a_kill_counts_once(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.tell(ticket.ticket_no, "joined")
    await desk.look()
    assert (await desk.kept(ticket.ticket_no)).unread == 2
    await desk.ledger.write(lambda tx: tx.save_state(CURSOR, {"sequence": 0}))
    desk.restart()
    await desk.look()
    assert (await desk.kept(ticket.ticket_no)).unread == 2


async def test_a_restart_keeps_who_has_what_and_those_not_yet_seen_have_a_moment(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    await desk.sharing.take(ticket.ticket_no, ONE, "agent1")
    desk.restart()
    seated = desk.floor.here.pop(ONE)
    await desk.look(after_s=20)
    assert (await desk.kept(ticket.ticket_no)).agent == ONE
    desk.floor.here[ONE] = seated
    await desk.look(after_s=120)
    assert (await desk.kept(ticket.ticket_no)).state == "taken"


async def test_who_signs_out_gives_back_with_the_place_kept(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    taken = await desk.sharing.take(ticket.ticket_no, ONE, "agent1")
    del desk.floor.here[ONE]
    desk.told.clear()
    await desk.look(after_s=desk.rules.gone_s + 5)
    now = await desk.kept(ticket.ticket_no)
    assert (now.state, now.agent, now.place) == ("offered", TWO, taken.place)
    assert set(desk.told) == {(ONE, "inbox", 0), (TWO, "inbox", 1)}


async def test_nothing_moves_while_nobody_knows_who_is_signed_in(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    await desk.sharing.take(ticket.ticket_no, ONE, "agent1")
    seated, desk.floor.here, desk.floor.up = desk.floor.here, {}, False
    second = await desk.opened()
    await desk.look(after_s=600)
    assert (await desk.kept(ticket.ticket_no)).state == "taken"
    assert (await desk.kept(second.ticket_no)).state == "waiting"
    desk.floor.up = True  # the line is back, and its members come one by one
    await desk.look()
    assert (await desk.kept(ticket.ticket_no)).state == "taken"
    desk.floor.here = seated
    await desk.look()
    assert (await desk.kept(second.ticket_no)).state == "offered"


async def test_a_message_on_a_ticket_that_is_taken_is_told_to_its_agent(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    await desk.sharing.take(ticket.ticket_no, ONE, "agent1")
    assert await desk.sharing.read(await desk.kept(ticket.ticket_no))
    desk.told.clear()
    await desk.tell(ticket.ticket_no, "joined")
    await desk.look()
    assert desk.told == [(ONE, "message", 1)]


async def test_what_came_while_it_was_read_stays_unread(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    seen = await desk.sharing.take(ticket.ticket_no, ONE, "agent1")
    await desk.tell(ticket.ticket_no, "joined")
    await desk.look()
    assert not await desk.sharing.read(seen)
    assert (await desk.kept(ticket.ticket_no)).unread == 2
    assert await desk.sharing.read(replace(seen, unread=0))


async def test_the_limit_holds_for_what_is_taken_from_the_pool(desk: Desk) -> None:
    desk.floor.here.clear()
    await desk.look()
    tickets = [await desk.opened() for _ in range(3)]
    await desk.look()
    acts = [desk.sharing.take(one.ticket_no, ONE, "agent1") for one in tickets]
    results = await asyncio.gather(*acts, return_exceptions=True)
    assert sum(isinstance(one, Refused) for one in results) == 1
    mine = await desk.sharing.mine(ONE)
    assert (mine.limit, len(mine.items), mine.waiting) == (2, 2, 1)


async def test_release_gives_to_another_and_done_ends_it(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    await desk.sharing.release(ticket.ticket_no, ONE)
    await desk.look()
    assert (await desk.kept(ticket.ticket_no)).agent == TWO
    await desk.sharing.take(ticket.ticket_no, TWO, "agent2")
    with pytest.raises(Refused):
        await desk.sharing.done(ticket.ticket_no, ONE)
    done = await desk.sharing.done(ticket.ticket_no, TWO)
    assert (done.state, done.due_at) == ("done", None)
    assert await desk.sharing.done(ticket.ticket_no, TWO) == done
    with pytest.raises(Refused):
        await desk.sharing.take(ticket.ticket_no, TWO, "agent2")
    with pytest.raises(Refused):
        await desk.sharing.release(ticket.ticket_no, None)


async def test_what_another_has_is_refused_and_what_is_not_there_is_not_found(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    with pytest.raises(Refused):
        await desk.sharing.take(ticket.ticket_no, TWO, "agent2")
    with pytest.raises(NotFound):
        await desk.sharing.take(TicketNo("460000-20261121-9999999"), TWO, "agent2")
    assert (await desk.sharing.release(ticket.ticket_no, None)).state == "waiting"


class Between:
    """A ledger in which somebody else acts between the look at what is held and the writing of the shares."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger
        self.act: Callable[[], Awaitable[Any]] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def waiting_assignments(self, limit: int) -> Sequence[Assignment]:
        found = await self._ledger.waiting_assignments(limit)
        act, self.act = self.act, None
        if act is not None:
            await act()
        return found


async def test_an_act_between_the_look_and_the_offer_stands(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    between = Between(desk.ledger)
    desk.ledger = between  # type: ignore[assignment]
    desk.restart()
    await desk.look()
    between.act = lambda: desk.sharing.done(ticket.ticket_no, ONE)
    desk.at += desk.rules.offer_s  # the offer has run out: back into the pool and to the other, two moves at once
    await desk.look()
    kept = await desk.kept(ticket.ticket_no)
    assert between.act is None and (kept.state, kept.agent) == ("done", ONE)


async def test_a_message_counts_though_another_gateway_has_moved_the_ticket_meanwhile(desk: Desk) -> None:
    await desk.look()
    ticket = await desk.opened()
    await desk.look()
    before = await desk.kept(ticket.ticket_no)
    taken = before.moved("taken", ONE, desk.at)
    await desk.ledger.write(lambda tx: tx.save_assignment(taken))
    await desk.tell(ticket.ticket_no, "joined")
    stale = [before]
    real = SqlTx.assignments

    async def late(tx: SqlTx, numbers: Sequence[TicketNo]) -> Mapping[TicketNo, Assignment]:
        """What PostgreSQL shows of a row that another process is just changing."""
        return {ticket.ticket_no: stale.pop()} if stale else await real(tx, numbers)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqlTx, "assignments", late)
        await desk.look()
    kept = await desk.kept(ticket.ticket_no)
    assert not stale and (kept.state, kept.agent, kept.unread) == ("taken", ONE, 2)


@pytest.mark.parametrize("failure", [OSError("away"), LedgerError("no"), ValueError("no")])
async def test_it_runs_at_each_commit_and_goes_on_when_the_ledger_was_away(desk: Desk, failure: Exception) -> None:
    failures = [failure]
    read = desk.ledger.last_sequence

    async def once() -> int:
        if failures:
            raise failures.pop()
        return await read()

    desk.ledger.last_sequence = once  # type: ignore[method-assign]
    arrived = asyncio.Event()
    desk.sharing = Sharing(
        desk.ledger, FeedTail(desk.ledger, encode), desk.floor, lambda: desk.rules, lambda: desk.at,
        lambda *_: arrived.set(), look_s=0.05, away_s=0.05,
    )  # fmt: skip
    running = asyncio.create_task(desk.sharing.run())
    try:
        await desk.opened()
        await asyncio.wait_for(arrived.wait(), 60)
    finally:
        running.cancel()
    assert not failures
    assert desk.sharing.offered == 1


async def test_what_the_intake_and_the_service_tell_is_understood(
    tmp_path: Path, policy: IntakePolicy, chat: Any
) -> None:
    """The real intake, replies and reports, over the feed as followers get it."""
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        desk = Desk(ledger, Floor(ONE))
        intake = Intake(ledger, policy, clock=lambda: desk.at)
        words = Templates(shipped_replies())
        acts = ticket_policy(shipped_replies(), shipped_categories(), working_days, ZoneInfo("Asia/Shanghai"))
        service = TicketService(ledger, acts, words, lambda: None, lambda _: None, lambda _: None, lambda: desk.at)
        feed = FeedTail(ledger, encoder("test"))
        desk.sharing = Sharing(ledger, feed, desk.floor, lambda: desk.rules, lambda: desk.at)
        await desk.look()
        taken = await intake.take(*chat("海秀路12号的路灯坏了三天", at=desk.at))
        assert taken.ticket is not None
        number = taken.ticket.ticket_no
        await desk.look()
        assert (await desk.kept(number)).unread == 1
        await desk.sharing.take(number, ONE, "agent1")
        joined = await intake.take(*chat("是北侧的路灯", at=desk.at))
        assert joined.outcome == "joined"
        await desk.look()
        assert (await desk.kept(number)).unread == 2
        await service.reply(number, "已通知市政", "agent1")
        await desk.look()
        assert ((await desk.kept(number)).state, (await desk.kept(number)).due_at) == ("taken", None)
        await service.report(number, "closed", "agent1", result="已修复")
        await desk.look()
        assert (await desk.kept(number)).state == "done"
