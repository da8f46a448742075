"""Calls that ended while nobody watched: into the ledger once, with the ordinary events, and nobody else's touched."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import structlog

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tickets"))

from fake_ledger import FakeLedger
from recorded_queue_log import BUSY_DAY, TURNED_AWAY

from gateway.asterisk import unseen as module
from gateway.asterisk.unseen import STATE, Unseen
from gateway.model.facts import CallEntered, CallQueued, LegEnded, LegImage, MemberSeen, SeatAnswered, Snapshot
from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.records import CallChange, CallRecord
from gateway.seats.config import HallConfig, QueueConfig, RoomConfig, SeatConfig
from gateway.seats.hall import Hall
from gateway.tickets.calls import CallBook

NOW = 1795306000.0
MEMBER = MemberSeen(NOW, QueueId("hotline"), "PJSIP/8001", "1001", False, "", 1, 0, 0.0, 0.0)
WANG = "1795304985.1"


class KeepingLedger(FakeLedger):
    """FakeLedger with the reads that recovery needs."""

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, Mapping[str, Any]] = {}
        self.unreadable = False

    async def call(self, call_id: CallId) -> CallRecord | None:
        return self.kept_calls.get(call_id)

    async def state(self, name: str) -> Mapping[str, Any] | None:
        if self.unreadable:
            raise OSError("ledger away")
        return self.states.get(name)

    async def save_state(self, name: str, value: Mapping[str, Any]) -> None:
        self.states[name] = value


def new_hall() -> Hall:
    room = RoomConfig(id="r", name="r", width=5, height=5)
    seat = SeatConfig(id="A001", extension="8001", room="r", x=0, y=0, queues=["hotline"])
    config = HallConfig(id="h", name="h", area_code="460000", rooms=[room], seats=[seat])
    queues = [QueueConfig(id="hotline", name="热线", wrap_up_s=5), QueueConfig(id="legal", name="法律")]
    return Hall([config], queues, {"12345": "own"})


class Stage:
    """A queue_log, a ledger, and gateways that die and are started again."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "queue_log"
        self.log.write_text("1795304900|NONE|NONE|NONE|QUEUESTART|\n", encoding="utf-8")
        self.ledger = KeepingLedger()
        self.book = CallBook(lambda _: "460000")
        self.durable = True
        self.start()

    def start(self) -> None:
        """What a start of the gateway does: all live state comes from the ledger."""
        self.hall = new_hall()
        self.hall.calls.restore(c for c in self.ledger.kept_calls.values() if c.ended_at is None)
        self.unseen = Unseen(self.log, self.hall, self.ledger, self.drained)

    async def drained(self, limit_s: float) -> bool:
        return self.durable

    def write(self, text: str) -> None:
        with self.log.open("a", encoding="utf-8") as file:
            file.write(text)

    async def keep(self, changes: list[CallChange]) -> None:
        for change in changes:
            await self.ledger.write(lambda tx, change=change: self.book.write(tx, [change]))  # type: ignore[misc]

    async def snapshot(self, *legs: LegImage, at: float = NOW, epoch: int = 1) -> None:
        """The link comes up and shows these legs."""
        snapshot = Snapshot(at, epoch, legs, (MEMBER,))
        async for changes in self.unseen.catch_up(snapshot):
            await self.keep(changes)
        await self.keep([change.frozen() for change in self.hall.apply(snapshot)])

    async def live(self, *facts: Any) -> None:
        for fact in facts:
            await self.keep([change.frozen() for change in self.hall.apply(fact)])

    def told(self, call: str) -> list[str]:
        return [e.type.removeprefix("hotline.").removesuffix(".v1") for e in self.ledger.feed if e.subject == call]

    def all_told(self) -> list[tuple[str, str]]:
        return [(e.type, e.subject) for e in self.ledger.feed]


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    """A gateway has run here once: the cursor stands behind what was before it."""
    stage = Stage(tmp_path)
    await stage.snapshot(at=1795304950.0)
    stage.start()
    return stage


def leg(call: str, age_s: float = 30.0, channel: str = "PJSIP/trunk-1") -> LegImage:
    return LegImage(LegId(call), CallId(call), channel, "Up", "13812345678", "", "12345", age_s)


async def test_a_hall_without_a_cursor_begins_at_the_end_of_the_log(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.write(BUSY_DAY)
    await stage.snapshot()
    assert stage.ledger.kept_calls == {}
    assert stage.ledger.states[STATE]["offset"] == stage.log.stat().st_size


async def test_unseen_calls_get_their_rows_events_and_tickets_in_the_ordinary_words(stage: Stage) -> None:
    stage.write(BUSY_DAY + TURNED_AWAY)
    await stage.snapshot()
    calls = stage.ledger.kept_calls
    assert {c: calls[c].outcome for c in sorted(calls)} == {
        "1795304985.1": "answered", "1795304992.3": "answered", "1795305003.5": "abandoned_ringing",
        "1795305007.7": "abandoned_ringing", "1795305295.0": "no_seat", "1795305295.1": "timed_out",
        "1795305296.2": "queue_full",
    }  # fmt: skip
    assert (calls[WANG].seat, calls[WANG].talk_s, calls[WANG].ended_by) == ("A001", 2.0, "agent")
    assert stage.told(WANG) == ["call.arrived", "call.queued", "call.answered", "call.ended"]
    assert stage.told("1795305003.5") == ["call.arrived", "call.queued", "call.ended", "call.lost"]
    assert [e.time for e in stage.ledger.feed if e.subject == WANG] == [
        1795304985.0, 1795304986.0, 1795304988.0, 1795304990.0,
    ]  # fmt: skip
    assert sorted(t.call_id for t in stage.ledger.kept_tickets.values()) == ["1795304985.1", "1795304992.3"]
    assert {t.talk_s for t in stage.ledger.kept_tickets.values()} == {2.0, 1.0}
    queue = stage.hall.queues.queues[QueueId("hotline")]
    assert (queue.answered_today, queue.lost_today) == (2, 4)
    assert stage.unseen.found == 7


@pytest.mark.parametrize("cut", range(1, 29, 3))
async def test_a_log_read_again_after_a_crash_anywhere_tells_nothing_twice(stage: Stage, cut: int) -> None:
    lines = BUSY_DAY.splitlines(keepends=True)
    stage.write("".join(lines[:cut]))
    last = lines[cut - 1].split("|")[1]
    await stage.snapshot(*[leg(last)] if "." in last else [])
    stage.start()
    stage.write("".join(lines[cut:]))
    await stage.snapshot(epoch=2)
    told = stage.all_told()
    assert len(told) == len(set(told))
    assert all(call.ended_at is not None for call in stage.ledger.kept_calls.values())
    assert {c.ended_by for c in stage.ledger.kept_calls.values()} == {"agent", "caller"}
    stage.start()
    await stage.snapshot(epoch=3)
    assert stage.all_told() == told


async def test_a_crash_with_only_some_of_a_calls_changes_written_is_completed(stage: Stage) -> None:
    stage.write(BUSY_DAY)
    snapshot = Snapshot(NOW, 1, (), (MEMBER,))
    async for changes in stage.unseen.catch_up(snapshot):
        await stage.keep(changes[:2])
        break
    assert stage.told(WANG) == ["call.arrived", "call.queued"]
    stage.start()
    await stage.snapshot()
    assert stage.told(WANG) == ["call.arrived", "call.queued", "call.answered", "call.ended"]
    assert stage.ledger.kept_calls[WANG].talk_s == 2.0


async def test_a_call_that_talked_when_the_gateway_died_gets_its_true_end(stage: Stage) -> None:
    wang, first, queue = CallId(WANG), LegId(WANG), QueueId("hotline")
    await stage.live(
        CallEntered(1795304985.3, first, wang, "PJSIP/trunk-1", "13812345678", "", "12345", "trunk"),
        CallQueued(1795304986.4, first, wang, "PJSIP/trunk-1", queue, 1, "13812345678", "", "12345"),
        SeatAnswered(
            1795304988.6, first, wang, "", queue, "PJSIP/8001", "1001", LegId("1795304986.2"), 2, 1, "", "", ""
        ),
    )
    stage.write(BUSY_DAY)
    stage.start()
    await stage.snapshot()
    call = stage.ledger.kept_calls[WANG]
    assert (call.outcome, call.ended_by, call.answered_at, call.ended_at) == (
        "answered", "agent", 1795304988.6, 1795304990.0,
    )  # fmt: skip
    assert (call.wait_s, call.talk_s) == (pytest.approx(2.2), pytest.approx(1.4))
    assert stage.told(WANG) == ["call.arrived", "call.queued", "call.answered", "call.ended"]
    assert len([t for t in stage.ledger.kept_tickets.values() if t.call_id == WANG]) == 1


async def test_a_call_that_was_never_answered_when_the_gateway_died_but_was_later_opens_its_ticket(
    stage: Stage,
) -> None:
    await stage.live(CallEntered(1795304985.3, LegId(WANG), CallId(WANG), "", "13812345678", "", "12345", "trunk"))
    stage.start()
    stage.write("".join(BUSY_DAY.splitlines(keepends=True)[:8]))
    await stage.snapshot()
    (ticket,) = stage.ledger.kept_tickets.values()
    assert (ticket.call_id, ticket.talk_s, ticket.wait_s) == (WANG, 2.0, 2.0)


async def test_a_call_alive_here_and_there_is_not_touched(stage: Stage) -> None:
    await stage.live(CallEntered(1795304985.3, LegId(WANG), CallId(WANG), "", "13812345678", "", "12345", "trunk"))
    before = stage.all_told()
    stage.write(BUSY_DAY.partition("1795304992|")[0])
    await stage.snapshot(leg(WANG))
    assert stage.all_told() == before
    assert stage.hall.calls.record(CallId(WANG)) is not None


async def test_a_call_alive_in_asterisk_and_unknown_here_is_opened_as_it_came(stage: Stage) -> None:
    stage.write("".join(BUSY_DAY.splitlines(keepends=True)[:6]))
    await stage.snapshot(leg(WANG, age_s=NOW - 1795304985))
    call = stage.hall.calls.record(CallId(WANG))
    assert call is not None
    assert (call.queued_at, call.answered_at, call.ended_at) == (1795304986.0, 1795304988.0, None)
    assert stage.told(WANG) == ["call.arrived", "call.queued", "call.answered"]


async def test_a_call_that_began_as_we_looked_is_left_to_the_stream(stage: Stage) -> None:
    stage.write(f"{int(NOW)}|9.1|NONE|NONE|INFO|GWARRIVED|12345|9.1|trunk|138\n")
    await stage.snapshot()
    assert stage.told("9.1") == []
    await stage.live(CallEntered(NOW + 0.1, LegId("9.1"), CallId("9.1"), "", "138", "", "12345", "trunk"))
    assert stage.told("9.1") == ["call.arrived"]


async def test_what_the_stream_says_late_of_a_call_from_the_log_changes_nothing(stage: Stage) -> None:
    stage.write(BUSY_DAY)
    await stage.snapshot()
    before = stage.all_told()
    await stage.live(
        CallEntered(1795304985.3, LegId(WANG), CallId(WANG), "", "138", "", "12345", "trunk"),
        LegEnded(1795304990.5, LegId(WANG), CallId(WANG), "", 16, ""),
    )
    assert stage.all_told() == before


async def test_the_end_of_a_conversation_that_is_written_a_moment_late_is_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = BUSY_DAY.splitlines(keepends=True)[2:8]
    complete = lines.pop(4)
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        stage.write(complete)
        await real(0)

    stage.write("".join(lines))
    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    await stage.snapshot(at=1795304990.2)
    assert stage.ledger.kept_calls[WANG].ended_by == "agent"


async def test_who_was_on_the_line_when_asterisk_died_ended_unseen_when_it_began_anew(stage: Stage) -> None:
    stage.write("".join(BUSY_DAY.splitlines(keepends=True)[2:6]))
    stage.write("1795305000|NONE|NONE|NONE|QUEUESTART|\n")
    await stage.snapshot()
    call = stage.ledger.kept_calls[WANG]
    assert (call.outcome, call.ended_by, call.ended_at, call.talk_s) == ("answered", "unseen", 1795305000.0, 12.0)


async def test_a_log_that_cannot_be_read_is_said_once_and_the_snapshot_still_counts(stage: Stage) -> None:
    await stage.live(CallEntered(1.0, LegId("9.1"), CallId("9.1"), "", "138", "", "12345", "trunk"))
    stage.log.unlink()
    with structlog.testing.capture_logs() as logs:
        await stage.snapshot()
        await stage.snapshot(epoch=2)
    assert [entry["event"] for entry in logs] == ["queue_log.not_read"]
    assert stage.ledger.kept_calls["9.1"].outcome == "ended_unseen"


async def test_a_ledger_that_is_away_does_not_stop_the_hall(stage: Stage) -> None:
    stage.ledger.unreadable = True
    await stage.snapshot()
    assert stage.hall.link == "up"


async def test_while_we_watch_the_cursor_follows_one_look_late_and_behind_the_recorder(stage: Stage) -> None:
    await stage.snapshot()
    await stage.unseen.look()
    at_first = stage.ledger.states[STATE]["offset"]
    stage.write(BUSY_DAY)
    await stage.unseen.look()
    assert stage.ledger.states[STATE]["offset"] == at_first
    stage.durable = False
    await stage.unseen.look()
    assert stage.ledger.states[STATE]["offset"] == at_first
    stage.durable = True
    await stage.unseen.look()
    assert stage.ledger.states[STATE]["offset"] == stage.log.stat().st_size


async def test_a_look_from_before_a_lost_link_is_not_saved(stage: Stage) -> None:
    await stage.snapshot()
    await stage.unseen.look()
    at_first = stage.ledger.states[STATE]["offset"]
    stage.write(BUSY_DAY)
    await stage.unseen.look()
    stage.hall.link = "down"
    await stage.unseen.look()
    stage.hall.link = "up"
    await stage.unseen.look()
    assert stage.ledger.states[STATE]["offset"] == at_first


async def test_a_long_gap_is_read_in_parts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PART", 200)
    stage.write(BUSY_DAY + TURNED_AWAY)
    await stage.snapshot()
    assert stage.unseen.found == 7
    assert {c.ended_by for c in stage.ledger.kept_calls.values()} == {"agent", "caller", "system"}
