"""How pushes go on, as the desk is told: by the feed, bounded, and for ten minutes after the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from gateway.model.messages import Delivery
from gateway.model.transfers import Transfer
from gateway.transfer.news import KEPT_S, PushNews
from gateway.transfer.words import say_push
from tests.transfer.telephone import T0, a_transfer

NUMBER = "460000-20261121-0000001"


@dataclass
class Entry:
    sequence: int
    type: str
    body: bytes


class Stage:
    """A feed, a bell and deliveries; ``news`` and ``late`` are what was told."""

    def __init__(self, **more: Any) -> None:
        self.entries: list[Entry] = []
        self.deliveries: dict[str, Delivery] = {}
        self.fails: OSError | None = None
        self.now, self.asked = T0, 0
        self.shown: list[tuple[str, str]] = []
        self.late: list[str] = []
        self._rung = asyncio.Event()
        self.news = PushNews(self, self, self, lambda: self.now, self._show, self._late, away_s=0, **more)

    def _show(self, transfer: Transfer) -> None:
        push = self.news.push_of(transfer)
        self.shown.append((transfer.id, "" if push is None else push.state))

    def _late(self, transfer: Transfer) -> None:
        self.late.append(transfer.id)

    def tells(self, type_: str, subject: str = NUMBER, **data: Any) -> None:
        body = orjson.dumps({"subject": subject, "data": data})
        self.entries.append(Entry(self.last + 1, f"hotline.{type_}.v1", body))
        self._rung.set()

    def moves(self, id_: str, state: Any) -> None:
        self.deliveries[id_] = Delivery(id_, "push", NUMBER, "partner", "110", "110", T0, state=state)  # type: ignore[arg-type]

    # -- the ports

    @property
    def last(self) -> int:
        return len(self.entries)

    async def look(self) -> int:
        return self.last

    async def read(self, after: int, limit: int = 2) -> Sequence[Entry]:
        return self.entries[after : after + 2]

    async def beyond(self, mark: int, timeout_s: float) -> bool:
        while self.last <= mark:
            self._rung.clear()
            await self._rung.wait()
        return True

    async def pushes(self, ids: Iterable[str]) -> Mapping[str, Delivery]:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return {id_: self.deliveries[id_] for id_ in ids if id_ in self.deliveries}


def pushed(id_: str = "t1", delivery: str = "d1", **more: Any) -> Transfer:
    return a_transfer("three_way", id=id_, delivery=delivery, ticket_no=NUMBER, **more)


@pytest.fixture
async def stage() -> Stage:
    made = Stage()
    await made.news.look()
    return made


@pytest.mark.parametrize(
    ("type_", "state"),
    [
        ("delivery.sent", "sent"), ("delivery.failed", "failed"), ("push.acknowledged", "delivered"),
        ("push.overdue", "sent"),
    ],
)  # fmt: skip
async def test_each_move_of_the_push_is_shown_once(stage: Stage, type_: str, state: str) -> None:
    stage.moves("d1", "waiting")
    stage.news.follow(pushed())
    await stage.news.look()
    assert stage.shown == [("t1", "waiting")]
    stage.moves("d1", state)
    stage.tells(type_, delivery_id="d1")
    stage.tells(type_, delivery_id="another")
    await stage.news.look()
    await stage.news.look()
    assert stage.shown == [("t1", "waiting"), ("t1", state)]


async def test_what_the_partner_says_of_the_ticket_is_shown_and_what_others_say_is_not(stage: Stage) -> None:
    stage.news.follow(pushed())
    stage.moves("d1", "delivered")
    await stage.news.look()
    stage.shown.clear()
    stage.tells("push.feedback", subject="460000-20261121-0000002", partner="110")
    stage.tells("push.feedback", partner="119")
    stage.tells("ticket.state", delivery_id="d1")
    await stage.news.look()
    assert stage.shown == []
    stage.tells("push.feedback", partner="110")
    await stage.news.look()
    assert stage.shown == [("t1", "delivered")]


async def test_one_that_moved_before_it_was_followed_is_seen_all_the_same(stage: Stage) -> None:
    stage.moves("d1", "delivered")
    stage.tells("push.acknowledged", delivery_id="d1")
    await stage.news.look()
    stage.news.follow(pushed())
    stage.tells("call.ended", subject="c1")
    await stage.news.look()
    assert stage.shown == [("t1", "delivered")]
    stage.news.follow(pushed(version=7))  # the next step of it: its push is as it was
    await stage.news.look()
    assert len(stage.shown) == 1 and stage.news.push_of(pushed()) == stage.deliveries["d1"]


async def test_a_ticket_that_comes_later_is_told_to_the_transfer_that_lacks_it(stage: Stage) -> None:
    lacking = a_transfer("three_way", push_why=say_push("no_ticket"))
    unwanted = a_transfer("three_way", id="t2", push_why=say_push("no_data"))
    stage.news.follow(lacking)
    stage.news.follow(unwanted)
    await stage.news.look()
    assert stage.late == ["t1"] and stage.news.followed == 1, "it may have come before it was followed"
    stage.tells("ticket.opened", call_id="another")
    await stage.news.look()
    assert stage.late == ["t1"]
    stage.tells("ticket.opened", call_id="c1")
    await stage.news.look()
    assert stage.late == ["t1", "t1"]
    stage.now += 61
    await stage.news.look()
    assert stage.late == ["t1"] * 3, "now and then, for a ledger that was away"
    stage.moves("d1", "sent")
    stage.news.follow(pushed(version=2))
    await stage.news.look()
    assert stage.late == ["t1"] * 3 and stage.shown == [("t1", "sent")]


async def test_the_ended_are_forgotten_after_ten_minutes_and_many_are_bounded() -> None:
    stage = Stage(most=2)
    await stage.news.look()
    for n in range(3):
        over = {"ended_at": T0, "phase": "ended"} if n == 1 else {}
        stage.news.follow(pushed(f"t{n}", f"d{n}", **over))
        stage.moves(f"d{n}", "sent")
    assert stage.news.followed == 2
    await stage.news.look()
    assert stage.shown == [("t1", "sent"), ("t2", "sent")]
    stage.now = T0 + KEPT_S + 1
    await stage.news.look()
    assert stage.news.followed == 1
    assert stage.news.push_of(pushed("t1", "d1")) is None and stage.news.push_of(pushed("t2", "d2")) is not None


async def test_a_gateway_without_transfers_reads_nothing(stage: Stage) -> None:
    stage.tells("delivery.sent", delivery_id="d1")
    await stage.news.look()
    stage.news.follow(replace(pushed(), delivery=""))  # to a queue: it has no push
    await stage.news.look()
    assert (stage.asked, stage.news.followed) == (0, 0)


async def test_a_ledger_that_is_away_is_asked_again_and_nothing_is_missed(stage: Stage) -> None:
    stage.moves("d1", "sent")
    stage.news.follow(pushed())
    stage.fails = OSError("away")
    shown = asyncio.Event()
    stage.news._on_news = lambda _: shown.set()
    task = asyncio.create_task(stage.news.run())
    try:
        async with asyncio.timeout(60):
            while stage.asked < 2:
                await asyncio.sleep(0)
            stage.fails = None
            await shown.wait()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_commits_wake_nobody_while_nothing_is_followed_and_the_first_hears_of_what_comes_after_it(
    stage: Stage,
) -> None:
    waits: list[int] = []
    beyond = stage.beyond

    async def counted(mark: int, timeout_s: float) -> bool:
        waits.append(mark)
        return await beyond(mark, timeout_s)

    stage.news._bell.beyond = counted  # type: ignore[method-assign]
    stage.moves("d1", "waiting")
    task = asyncio.create_task(stage.news.run())
    try:
        async with asyncio.timeout(40):
            while stage.news._begun.is_set() or not stage.news._begun._waiters:
                await asyncio.sleep(0)
            for _ in range(5):
                stage.tells("delivery.sent", delivery_id="another")
            assert waits == []
            stage.news.follow(pushed())
            stage.moves("d1", "sent")
            stage.tells("delivery.sent", delivery_id="d1")
            while stage.shown != [("t1", "sent")]:
                await asyncio.sleep(0)
            while waits != [6]:
                await asyncio.sleep(0)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
