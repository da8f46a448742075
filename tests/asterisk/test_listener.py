"""The listener: snapshot before stream, sessions that die half way, changes kept in order, backpressure."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).parent))

from stub_link import StubLink

from gateway.asterisk.ami.errors import LinkDown
from gateway.asterisk.ami.link import Link
from gateway.asterisk.ami.wire import Frame
from gateway.asterisk.listener import Listener
from gateway.model.facts import LegEnded, Snapshot
from gateway.model.ids import CallId, LegId
from gateway.model.orders import Order, OrderRefused
from gateway.model.records import CallChange
from gateway.seats.config import HallConfig, QueueConfig, RoomConfig, SeatConfig
from gateway.seats.hall import Hall
from gateway.seats.rules import Rules

MEMBER = {"Event": "QueueMember", "Queue": "hotline", "Name": "1001", "Location": "PJSIP/8001", "Status": "1"}
PAUSED = {
    "Event": "QueueMemberPause", "Queue": "hotline", "MemberName": "1001", "Interface": "PJSIP/8001", "Status": "1",
    "Paused": "1", "PausedReason": "lunch", "Timestamp": "100",
}  # fmt: skip
LISTS = {"QueueStatus": [MEMBER]}


class FakeSwitch:
    def __init__(self) -> None:
        self.orders: asyncio.Queue[Order] = asyncio.Queue()
        self.refuse = False

    async def carry_out(self, order: Order) -> None:
        await self.orders.put(order)
        if self.refuse:
            raise OrderRefused(order, "no")


class Stage:
    """A listener with its followers."""

    def __init__(self) -> None:
        room = RoomConfig(id="r", name="r", width=5, height=5)
        seat = SeatConfig(id="A001", extension="8001", room="r", x=0, y=0, queues=["hotline"])
        hall = HallConfig(id="h", name="h", area_code="460000", rooms=[room], seats=[seat])
        self.hall = Hall([hall], [QueueConfig(id="hotline", name="热线", wrap_up_s=5)], {"12345": "own"})
        self.kept: asyncio.Queue[CallChange] = asyncio.Queue()
        self.diffs: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.links: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
        self.switch = FakeSwitch()
        self.time = 100.0
        self.gate = asyncio.Event()
        self.gate.set()
        self.listener = Listener(
            self.hall, Rules(self.hall), self.switch, self.keep, self.diffs.put_nowait, lambda: self.time
        )
        self.listener.on_link = lambda up, why: self.links.put_nowait((up, why))

    async def keep(self, changes: Sequence[CallChange]) -> None:
        await self.gate.wait()
        for change in changes:
            self.kept.put_nowait(change)

    def tell(self, *frames: dict[str, str]) -> None:
        self.listener.frames.put([Frame(f) for f in frames], self.time)

    async def up(self, lists: dict[str, list[dict[str, str]]] | None = None) -> None:
        await self.listener.link_up(cast(Link, StubLink(lists if lists is not None else LISTS)))
        await asyncio.wait_for(self.links.get(), 40)

    def presence(self) -> tuple[str, str]:
        view = self.hall.seat_views()[0]
        return view["presence"], view["reason"]


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    stage = Stage()
    tasks = [asyncio.create_task(t) for t in (stage.listener.run(), stage.listener.obey(), stage.listener.tick())]
    try:
        yield stage
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def entered(call: str) -> dict[str, str]:
    return {
        "Event": "UserEvent", "UserEvent": "GWEntered", "Uniqueid": call, "Linkedid": call, "Channel": "PJSIP/trunk-1",
        "Entry": "12345", "CallerIDNum": "13812345678", "Timestamp": "101",
    }  # fmt: skip


async def test_frames_before_the_snapshot_wait_for_it() -> None:
    async with staged() as stage:
        stage.listener.frames.put([Frame(PAUSED)], 99.0)  # before any session: belongs to none
        await stage.up()
        assert stage.presence() == ("ready", "")
        stage.tell(PAUSED)
        await _until(lambda: stage.presence() == ("not_ready", "lunch"))


async def test_a_session_that_dies_before_its_snapshot_is_skipped_whole() -> None:
    async with staged() as stage:
        broken = StubLink()
        broken.refuse = LinkDown("cut")
        try:
            await stage.listener.link_up(cast(Link, broken))
        except LinkDown:
            stage.tell(PAUSED)
            stage.listener.link_down("cut")
        await stage.up()
        assert stage.presence() == ("ready", "")
        assert stage.hall.epoch == 2


async def test_what_nobody_watched_is_kept_before_the_snapshot_closes_the_rest() -> None:
    async with staged() as stage:
        await stage.up()
        stage.tell(entered("1"))
        assert (await asyncio.wait_for(stage.kept.get(), 40)).kind == "arrived"

        async def catch_up(snapshot: Snapshot) -> AsyncIterator[list[CallChange]]:
            yield [
                change.frozen() for change in stage.hall.calls.apply(LegEnded(102, LegId("1"), CallId("1"), "", 16, ""))
            ]

        stage.listener.catch_up = catch_up
        stage.listener.link_down("cable")
        await asyncio.wait_for(stage.links.get(), 40)
        stage.time = 110.0
        await stage.up()
        ended = await asyncio.wait_for(stage.kept.get(), 40)
        assert (ended.kind, ended.at, ended.call.ended_by) == ("ended", 102, "caller")
        assert stage.kept.empty()


async def test_a_lost_link_is_told_once_and_heals_with_the_next_snapshot() -> None:
    async with staged() as stage:
        await stage.up()
        stage.listener.link_down("cable")
        assert await asyncio.wait_for(stage.links.get(), 40) == (False, "cable")
        assert stage.hall.link == "down"
        await stage.up({"QueueStatus": []})
        assert stage.presence()[0] == "signed_out"


async def test_changes_of_calls_are_kept_in_order_and_as_they_were() -> None:
    async with staged() as stage:
        await stage.up()
        stage.tell(*(entered(str(i)) for i in range(500)))
        kept = [await asyncio.wait_for(stage.kept.get(), 40) for _ in range(500)]
        assert [c.call.call_id for c in kept] == [str(i) for i in range(500)]


async def test_a_slow_ledger_makes_the_stream_wait_and_loses_nothing() -> None:
    async with staged() as stage:
        await stage.up()
        stage.gate.clear()
        stage.tell(*(entered(str(i)) for i in range(300)))
        stage.tell(*(entered(str(i)) for i in range(300, 600)))
        await asyncio.sleep(0.05)
        assert stage.kept.empty()
        stage.gate.set()
        for i in range(600):
            assert (await asyncio.wait_for(stage.kept.get(), 40)).call.call_id == str(i)


async def test_no_diff_is_made_while_nobody_looks_and_who_comes_sees_all() -> None:
    async with staged() as stage:
        looked = False
        stage.listener.followed = lambda: looked
        await stage.up()
        stage.tell(PAUSED)
        await _until(lambda: stage.presence() == ("not_ready", "lunch"))
        assert stage.diffs.empty()
        looked = True
        stage.tell({**PAUSED, "Paused": "0", "Timestamp": "101"})
        diff = await asyncio.wait_for(stage.diffs.get(), 40)
        assert [(seat["presence"], seat["reason"]) for seat in diff["seats"]] == [("ready", "")]


async def test_a_wrap_up_that_is_over_is_ended_by_the_clock() -> None:
    async with staged() as stage:
        wrapping = MEMBER | {"Paused": "1", "PausedReason": "wrap_up", "LastPause": "90"}
        await stage.up({"QueueStatus": [wrapping]})
        order = await asyncio.wait_for(stage.switch.orders.get(), 40)
        assert type(order).__name__ == "PauseMember"


async def test_a_refused_order_is_counted_and_the_next_is_given() -> None:
    async with staged() as stage:
        stage.switch.refuse = True
        wrapping = MEMBER | {"Paused": "1", "PausedReason": "wrap_up", "LastPause": "90"}
        await stage.up({"QueueStatus": [wrapping]})
        await asyncio.wait_for(stage.switch.orders.get(), 40)
        stage.time += 10
        await asyncio.wait_for(stage.switch.orders.get(), 40)
        await _until(lambda: stage.listener.order_failures == 2)


async def _until(true: Any) -> None:
    async with asyncio.timeout(40):
        while not true():
            await asyncio.sleep(0.005)
