"""Queues closed and opened, broadcasts begun and ended: what Asterisk is told, what the hall shows, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.model.facts import NoticeHeard, QueueWasClosed
from gateway.model.ids import QueueId
from gateway.model.orders import OrderRefused, Remember
from gateway.seats.hall import Hall
from gateway.seats.opening import MOST_BROADCAST_S, Openings, Wish
from gateway.seats.queue_states import Broadcast, Closure
from gateway.seats.queueing import QueueRefused
from tests.seats import story
from tests.seats.switchboard import Switchboard, Voice

HOTLINE, LEGAL = QueueId("hotline"), QueueId("legal")


@dataclass
class House:
    hall: Hall
    board: Switchboard = field(default_factory=Switchboard)
    voice: Voice = field(default_factory=Voice)
    at: float = story.T0
    shown: int = 0

    def __post_init__(self) -> None:
        self.openings = Openings(
            self.hall, self.board, self.board, self.voice, lambda _name, _at: False, lambda: self.at, self._show
        )

    def _show(self) -> None:
        self.shown += self.hall.take_diff(self.at) is not None

    def view(self, queue: str) -> dict[str, Any]:
        return next(view for view in self.hall.queue_views() if view["id"] == queue)


@pytest.fixture
def house() -> House:
    return House(story.hall(day="day_shift", day_lines=6, night_lines=2))  # type: ignore[arg-type]


async def test_a_closed_queue_says_so_with_its_reason_and_an_open_one_nothing(house: House) -> None:
    done = await house.openings.close(Closure(LEGAL, "律师开会", to="hotline", until=story.T0 + 600, by="lead"))
    view = house.view("legal")
    assert (view["open"], view["closed_why"], view["closed_to"]) == (False, "律师开会", "hotline")
    assert view["closed_until"] == story.T0 + 600
    assert house.board.rows["gw-closed", "legal"] == f"{int(story.T0 + 600)}:hotline:{done.sound}"
    assert "律师开会" in house.voice.spoken[0][0]
    assert house.view("hotline")["open"] is True
    await house.openings.open("legal")
    assert house.view("legal")["open"] is True and house.view("legal")["closed_why"] == ""
    assert house.board.rows == {}
    assert house.shown == 2


async def test_a_queue_is_closed_even_when_nothing_can_be_spoken(house: House) -> None:
    house.voice.mute = True
    done = await house.openings.close(Closure(LEGAL, "停电"))
    assert done.sound == "" and house.view("legal")["open"] is False


async def test_only_what_asterisk_remembers_is_shown(house: House) -> None:
    house.board.refuses = "the link is down"
    with pytest.raises(OrderRefused):
        await house.openings.close(Closure(LEGAL, "停电"))
    assert house.view("legal")["open"] is True


async def test_callers_are_sent_on_only_to_another_open_queue(house: House) -> None:
    for to, at in (("legal", LEGAL), ("nowhere", LEGAL)):
        with pytest.raises(QueueRefused) as refused:
            await house.openings.close(Closure(at, "停电", to=to))
        assert refused.value.field == "to"
    await house.openings.close(Closure(HOTLINE, "停电"))
    with pytest.raises(QueueRefused, match="open queue"):
        await house.openings.close(Closure(LEGAL, "停电", to="hotline"))


async def test_ends_that_are_past_or_too_far_are_refused(house: House) -> None:
    for until in (story.T0, story.T0 - 1, story.T0 + 400 * 86_400):
        with pytest.raises(QueueRefused) as refused:
            await house.openings.close(Closure(LEGAL, "停电", until=until))
        assert refused.value.field == "until"
    for until in (story.T0, story.T0 + MOST_BROADCAST_S + 1):
        with pytest.raises(QueueRefused) as refused:
            await house.openings.broadcast(Wish(None, until, "停水"), "lead")
        assert refused.value.field == "until"


async def test_a_broadcast_for_all_is_on_every_queue_and_ends_by_itself(house: House) -> None:
    begun = await house.openings.broadcast(Wish(None, story.T0 + 60, "台风预警"), "lead")
    assert house.board.rows["gw-notice", "all"] == f"{int(story.T0 + 60)}:{begun.id}:{begun.sound}"
    assert house.voice.spoken == [("台风预警", "[zh]台风预警")]
    shown = {"id": begun.id, "text": "台风预警", "sound": "", "until": story.T0 + 60}
    assert [house.view(queue)["broadcast"] for queue in ("hotline", "legal")] == [shown, shown]
    house.at += 60
    await house.openings.refresh()
    assert house.view("hotline")["broadcast"] is None
    assert house.openings.broadcasts() == []
    assert house.voice.kept_only[-1] == frozenset()
    assert ("gw-notice", "all") not in house.board.rows


async def test_a_recording_is_broadcast_in_one_queue_and_ended_before_its_time(house: House) -> None:
    begun = await house.openings.broadcast(Wish(["legal"], story.T0 + 60, recording="typhoon"), "lead")
    assert (house.view("legal")["broadcast"] or {})["sound"] == "typhoon"
    assert house.view("hotline")["broadcast"] is None
    ended = await house.openings.end(begun.id)
    assert ended.queues == (LEGAL,)
    assert house.view("legal")["broadcast"] is None and house.board.rows == {}
    with pytest.raises(QueueRefused):
        await house.openings.end(begun.id)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish(["nowhere"], story.T0 + 60, "停水"), "queues"),
        (Wish(None, story.T0 + 60), "text"),
        (Wish(None, story.T0 + 60, "停水", recording="typhoon"), "text"),
        (Wish(None, story.T0 + 60, recording="flood"), "sound"),
        (Wish(None, story.T0 + 60, "台" * 200, "台" * 200), "text"),
    ],
    ids=["queue", "neither", "both", "no-recording", "too-long"],
)
async def test_a_broadcast_that_cannot_be_is_refused_by_field(house: House, wish: Wish, field: str) -> None:
    with pytest.raises(QueueRefused) as refused:
        await house.openings.broadcast(wish, "lead")
    assert refused.value.field == field
    assert house.board.orders == []


async def test_who_cannot_speak_cannot_broadcast(house: House) -> None:
    house.voice.mute = True
    with pytest.raises(OrderRefused, match="espeak-ng"):
        await house.openings.broadcast(Wish(None, story.T0 + 60, "停水"), "lead")
    assert house.board.orders == []


async def test_queues_that_are_not_there_are_neither_closed_nor_opened(house: House) -> None:
    for act in (house.openings.close(Closure(QueueId("nowhere"), "停电")), house.openings.open("nowhere")):
        with pytest.raises(QueueRefused) as refused:
            await act
        assert refused.value.kind == "unknown"


async def test_a_gateway_that_starts_reads_what_is_in_force_from_asterisk(house: House) -> None:
    rows = [*Closure(LEGAL, "停电").rows(), *Broadcast("b1", story.T0 + 60, (HOTLINE,), "停水").rows()]
    for row in rows:
        await house.board.carry_out(row)
    async with running(house):
        story.tell(house.hall, fact := story.snapshot(0))
        house.openings.on_fact(fact)
        async with asyncio.timeout(60):
            while house.view("legal")["open"]:
                await asyncio.sleep(0)
    assert house.view("legal")["closed_why"] == "停电"
    assert (house.view("hotline")["broadcast"] or {})["text"] == "停水"
    assert house.view("hotline")["planned"] == 2  # by night


async def test_a_link_that_is_down_leaves_what_was_known(house: House) -> None:
    await house.openings.close(Closure(LEGAL, "停电"))
    house.board.silent = True
    await house.openings.refresh()
    assert house.view("legal")["open"] is False


async def test_rows_by_hand_that_nobody_understands_are_let_be(house: House) -> None:
    await house.board.carry_out(Remember("gw-closed", "legal", "tomorrow"))
    await house.openings.refresh()
    assert house.view("legal")["open"] is True


async def test_callers_who_heard_and_who_were_sent_on_are_counted_while_it_lasts(house: House) -> None:
    begun = await house.openings.broadcast(Wish(None, story.T0 + 60, "台风预警"), "lead")
    for n in range(3):
        house.openings.on_fact(NoticeHeard(story.T0 + n, story.LEG, story.CALL, HOTLINE, begun.id))
    house.openings.on_fact(QueueWasClosed(story.T0, story.LEG, story.CALL, LEGAL, ""))
    assert (house.openings.heard, house.openings.sent_on) == ({begun.id: 3}, 1)
    await house.openings.end(begun.id)
    assert house.openings.heard == {}


@asynccontextmanager
async def running(house: House) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(house.openings.run())
        yield
        task.cancel()
