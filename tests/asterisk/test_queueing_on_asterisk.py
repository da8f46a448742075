"""Queues by hand on a real Asterisk: who is answered first, who picks up, what a closed queue says, what is broadcast.

No gateway runs: what is shown is what one order and the dialplan do, so it holds when the gateway dies after the order.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
import wave
from array import array
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from transfer_stage import PATIENCE_S, SLOW, Stage

from gateway.asterisk.queueing import QueueMemory
from gateway.asterisk.voice import Announcer
from gateway.model.facts import (
    CallAbandoned,
    CallEntered,
    CallLeftQueue,
    CallQueued,
    EndpointChanged,
    LegRang,
    NoticeHeard,
    QueueLeft,
    QueueWasClosed,
    SeatAnswered,
)
from gateway.model.ids import QueueId
from gateway.model.orders import AddMember, MoveWaiting, Remember
from gateway.model.records import CallRecord
from gateway.seats.opening import Openings, Wish
from gateway.seats.queue_states import Closure
from gateway.seats.queueing import QueueActs
from tests.plugins.lab import short_folder
from tools.lab import Ports
from tools.lab.phone import Manner, Phone
from tools.lab.site import CONFIG, PROMPT_CACHE, Site
from tools.lab.tones import LINEAR, TONES, tone

pytestmark = pytest.mark.asterisk

ENGLISH, LEGAL, HOTLINE = QueueId("english"), QueueId("legal"), QueueId("hotline")
FIRST, SECOND = "13812345678", "13900000000"


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Site, int]]:
    """One Asterisk for all of these tests. Its queue "market" lets nobody in while nobody is signed in there."""
    ports = Ports()
    carrier = ports.take()
    with short_folder() as folder:
        config = shutil.copytree(CONFIG, folder / "config")
        queues = (config / "queues.toml").read_text(encoding="utf-8")
        assert 'id = "market"' in queues
        changed = queues.replace('id = "market"', 'id = "market"\njoin_empty = false')
        (config / "queues.toml").write_text(changed, encoding="utf-8")
        trunk = {"GATEWAY__ASTERISK__TRUNK_CONTACT": f"sip:127.0.0.1:{carrier}"}
        site = Site.free(folder, config_dir=config, overrides=trunk)
        try:
            site.start()
            for name in ("static-greeting", "queue-closed", "queue-closed-on", "queue-closed-end"):
                say_tone(site.paths.data / "sounds" / "zh" / "gw" / f"{name}.wav", seconds=1)
            yield site, carrier
        finally:
            site.stop()
            ports.close()


class Floor:
    """A stage with the acts of a shift lead, over the real switch and Asterisk's real memory."""

    def __init__(self, stage: Stage, recorded: Path) -> None:
        self.stage = stage
        memory, sounds = QueueMemory(lambda: stage.orders), stage.site.paths.data / "sounds"
        voice = Announcer(sounds, PROMPT_CACHE, lambda: recorded)
        self.openings = Openings(
            stage.hall, stage.switch, memory, voice, lambda _name, _at: True, time.time, lambda: None
        )
        self.acts = QueueActs(stage.hall, stage.switch)
        self.citizen: Phone
        self.second: Phone

    async def waiting(self) -> None:
        """Two citizens wait, in the order in which they called."""
        stage = self.stage
        self.citizen, self.second = await stage.phone("citizen", FIRST), await stage.phone("second", SECOND)
        async with stage.flow(ENGLISH):
            for phone in (self.citizen, self.second):
                await phone.call("12345")
                await stage.told(CallQueued, caller_number=phone.number)

    async def agent(self, *, manner: Manner | None = None) -> Phone:
        """An agent's telephone, registered and known to be so."""
        phone = await self.stage.phone("agent", "8001", manner=manner)
        await phone.register(self.stage.site.secrets.seats["8001"])
        await self.stage.told(EndpointChanged, endpoint="8001", reachable=True)
        return phone

    def call_id(self, number: str) -> str:
        return str(self.record(number).call_id)

    def record(self, number: str) -> CallRecord:
        live = [live.record for live in self.stage.hall.calls.live.values()]
        over = [change.call for change in self.stage.kept if change.kind == "ended"]
        return next(record for record in (*live, *reversed(over)) if record.caller_number == number)

    async def over(self, number: str) -> CallRecord:
        return await self.stage.until(
            lambda: found if (found := self.record(number)).ended_at is not None else None, f"{number} is over"
        )

    def places(self, queue: QueueId) -> list[str]:
        return [w["call_id"] for w in self.stage.hall.queues.queues[queue].view()["waiting"]]


@pytest.fixture
async def floor(house: tuple[Site, int], tmp_path: Path) -> AsyncIterator[Floor]:
    async with Stage.open(*house) as stage:
        yield Floor(stage, tmp_path)
        for family in ("gw-closed", "gw-notice", "gw-note"):
            await asyncio.to_thread(house[0].asterisk.rx, f"database deltree {family}")


async def test_who_is_put_forward_is_answered_first_and_who_is_moved_goes_on_waiting_since_the_first_queue(
    floor: Floor,
) -> None:
    stage = floor.stage
    await floor.waiting()
    one, two = floor.call_id(FIRST), floor.call_id(SECOND)
    await floor.acts.move(two, "english", "front")
    await stage.until(lambda: floor.places(ENGLISH) == [two, one], "the second is first")
    put = time.time()
    await stage.until(lambda: int(time.time()) > int(put), "the next second: places at the front go by seconds")
    await floor.acts.move(one, "english", "front")
    await stage.until(lambda: floor.places(ENGLISH) == [one, two], "the first is before him again")
    await floor.acts.move(one, "english", "back")
    await stage.until(lambda: floor.places(ENGLISH) == [two, one], "the first is last")
    agent = await floor.agent()
    await stage.switch.carry_out(AddMember(ENGLISH, "PJSIP/8001", "1001"))
    await agent.until_hears("second")
    await floor.second.until_hears("agent")
    await floor.acts.move(one, "legal", "back")
    await stage.told(CallQueued, queue=LEGAL)
    assert (floor.places(ENGLISH), floor.places(LEGAL)) == ([], [one])  # facts of before the move came before its own
    await floor.citizen.until_hears("something")
    await agent.hang_up()
    await floor.citizen.hang_up()
    lost, answered = await floor.over(FIRST), await floor.over(SECOND)
    assert (lost.outcome, lost.queue, answered.outcome) == ("abandoned_queue", LEGAL, "answered")
    joined = {
        number: (await stage.told(CallQueued, caller_number=number)).at for number in (FIRST, SECOND)
    }  # of the first queue
    left = await stage.told(CallAbandoned, call=one, queue=LEGAL)  # a move is told as one of the queue before
    assert lost.ended_at is not None and answered.answered_at is not None
    assert joined[FIRST] < left.at <= lost.ended_at
    assert lost.wait_s == pytest.approx(lost.ended_at - joined[FIRST], abs=0.01)
    assert answered.wait_s == pytest.approx(answered.answered_at - joined[SECOND], abs=0.01)


async def test_who_is_not_picked_up_is_back_at_the_front_and_who_is_picked_up_speaks_with_the_lead(
    floor: Floor,
) -> None:
    stage = floor.stage
    await floor.waiting()
    two = floor.call_id(SECOND)
    lead = await floor.agent(manner=Manner(status=486, reason="Busy Here"))
    await floor.acts.pick_up(two, "A001", "8100")
    back = await stage.told(CallQueued, leg=two, since=2)
    assert back.position == 1 and floor.places(ENGLISH)[0] == two
    assert len(lead.invites) == 1
    lead.manner = Manner(ring_s=None)
    await stage.until(lambda: stage.seat.activity == "idle", "the seat's telephone is free again")
    await floor.acts.pick_up(two, "A001", "8100")
    await lead.until("ringing")
    await stage.told(LegRang, call=two)
    await stage.until(lambda: stage.seat.activity == "ringing" and stage.seat.call == two, "the seat rings for him")
    assert floor.places(ENGLISH) == [floor.call_id(FIRST)]
    await floor.second.until_hears("something")
    lead.pick_up()
    await lead.until_hears("second")
    await floor.second.until_hears("agent")
    taken = await stage.told(SeatAnswered)
    assert (taken.leg, taken.interface, taken.member) == (two, "PJSIP/8001", "8100")
    await lead.hang_up()
    await floor.second.until("ended")
    record = await floor.over(SECOND)
    first = await stage.told(CallQueued, caller_number=SECOND)
    assert (record.outcome, record.agent, record.seat, record.ended_by) == ("answered", "8100", "A001", "agent")
    assert record.wait_s == pytest.approx(taken.at - first.at, abs=0.01)
    log = (stage.site.asterisk.dir / "log" / "queue_log").read_text(encoding="utf-8")
    told = [row.split("|")[4] for row in log.splitlines() if row.split("|")[1] == two]
    assert [event for event in told if event in ("CONNECT", "COMPLETEAGENT")] == ["CONNECT", "COMPLETEAGENT"]


async def test_who_is_moved_where_nobody_is_let_in_is_back_at_the_front(floor: Floor) -> None:
    stage = floor.stage
    await floor.waiting()
    two = await stage.told(CallQueued, caller_number=SECOND)
    await stage.switch.carry_out(MoveWaiting(two.channel, ENGLISH, QueueId("market"), front=False))
    back = await stage.told(CallQueued, leg=two.leg, since=2)
    assert (back.queue, back.position) == (ENGLISH, 1)
    assert floor.second.line == "up" and not stage.facts(QueueLeft)


async def test_who_is_handed_on_into_a_closed_queue_is_back_with_an_agent(floor: Floor) -> None:
    stage = await floor.stage.talking()
    await floor.openings.close(Closure(LEGAL, "开会"))
    await stage.move_to("queue", "legal")
    await stage.told(QueueWasClosed)
    await stage.told(SeatAnswered, since=1)
    await stage.citizen.until_hears("agent")
    await stage.agent.until_hears("citizen")
    assert not stage.facts(QueueLeft)


async def test_a_closed_queue_says_why_and_sends_on_or_says_goodbye(floor: Floor) -> None:
    stage = floor.stage
    citizen = await stage.phone("citizen", FIRST)
    await floor.openings.close(Closure(LEGAL, "律师开会", to="english"))
    async with stage.flow(LEGAL):
        await citizen.call("12345")
        await citizen.until_hears("something")
        joined = await stage.told(CallQueued, queue=ENGLISH)
    closed = await stage.told(QueueWasClosed)
    assert (closed.queue, closed.to) == (LEGAL, "english")
    assert stage.hall.told.index(closed) < stage.hall.told.index(joined)
    await citizen.hang_up()
    await floor.openings.close(Closure(LEGAL, "律师开会", until=time.time() + 3600))
    citizen.forget()
    async with stage.flow(LEGAL):
        await citizen.call("12345")
        await stage.told(QueueWasClosed, since=1)
        await citizen.until_has_heard("something")  # the words may be over by now, and the call with them
        left = await stage.told(QueueLeft)
        await citizen.until("ended")
    assert (left.queue, left.status) == (LEGAL, "CLOSED")
    record = await floor.over(FIRST)
    assert (record.outcome, record.ended_by, record.queue) == ("no_seat", "system", LEGAL)
    await floor.openings.open("legal")
    async with stage.flow(LEGAL):
        await citizen.call("12345")
        await stage.told(CallQueued, queue=LEGAL)


async def test_without_a_gateway_a_closed_queue_is_closed_and_one_whose_end_has_come_is_open(floor: Floor) -> None:
    stage = floor.stage
    citizen = await stage.phone("citizen", FIRST)
    await floor.openings.close(Closure(HOTLINE, "停电", to="english"))
    await citizen.call("12345")  # nobody answers FastAGI: the static way
    await stage.told(QueueWasClosed, queue=HOTLINE, to="english")
    await stage.told(CallQueued, queue=ENGLISH)
    await citizen.hang_up()
    over = f"{int(time.time()) - 1}:english:"
    await stage.switch.carry_out(Remember("gw-closed", "hotline", over))
    await citizen.call("12345")
    await stage.told(CallQueued, queue=HOTLINE)
    assert len(stage.facts(QueueWasClosed)) == 1


async def test_a_broadcast_is_heard_once_before_the_wait_and_not_after_its_end(floor: Floor, tmp_path: Path) -> None:
    stage = floor.stage
    say_tone(tmp_path / "zh" / "broadcasts" / "typhoon.wav")
    begun = await floor.openings.broadcast(Wish(None, time.time() + 3600, recording="typhoon"), "lead")
    citizen = await stage.phone("citizen", FIRST)
    async with stage.flow(ENGLISH):
        await citizen.call("12345")
        heard = await stage.told(NoticeHeard)
        await citizen.until_has_heard("partner")  # two seconds of it
        joined = await stage.told(CallQueued, queue=ENGLISH)
    assert stage.hall.told.index(heard) < stage.hall.told.index(joined)
    assert (heard.notice, heard.queue) == (begun.id, ENGLISH)
    await floor.acts.move(str(joined.call), "legal", "front")
    await stage.told(CallQueued, queue=LEGAL)
    await citizen.hang_up()
    record = await floor.over(FIRST)
    assert record.ended_at is not None
    assert record.wait_s == pytest.approx(record.ended_at - joined.at, abs=0.01)  # the words are no wait
    await stage.switch.carry_out(Remember("gw-notice", "all", f"{int(time.time()) - 1}:{begun.id}:{begun.sound}"))
    async with stage.flow(ENGLISH):
        await citizen.call("12345")
        await stage.told(CallQueued, queue=ENGLISH, since=2)
    assert len(stage.facts(NoticeHeard)) == 1


async def test_two_queues_that_send_on_to_each_other_let_their_caller_in(floor: Floor) -> None:
    stage = floor.stage
    until = int(time.time()) + 600
    await stage.switch.carry_out(Remember("gw-closed", "legal", f"{until}:english:"))
    await stage.switch.carry_out(Remember("gw-closed", "english", f"{until}:legal:gw/notice/gone"))
    citizen = await stage.phone("citizen", FIRST)
    async with stage.flow(LEGAL):
        await citizen.call("12345")
        await stage.told(CallQueued)
    assert len(stage.facts(QueueWasClosed)) == 3
    assert len(stage.facts(CallEntered)) == 1 and not stage.facts(CallLeftQueue)


async def test_what_is_closed_is_closed_after_a_restart_of_asterisk(house: tuple[Site, int], tmp_path: Path) -> None:
    async with Stage.open(*house) as stage:
        await Floor(stage, tmp_path).openings.close(Closure(LEGAL, "停电", to="english", by="lead"))
    await asyncio.to_thread(house[0].asterisk.restart)
    async with Stage.open(*house) as stage:
        again = Floor(stage, tmp_path)
        await again.openings.refresh()
        found = again.openings.states.closure("legal", time.time())
        assert found is not None and (found.why, found.to, found.by) == ("停电", "english", "lead")
        await again.openings.open("legal")


async def test_asterisk_complained_of_nothing(house: tuple[Site, int]) -> None:
    """Last, over all that was played here. A gateway that is not there, and a sound that was removed, were meant."""
    async with asyncio.timeout(PATIENCE_S):
        text = await asyncio.to_thread((house[0].asterisk.dir / "log" / "messages.log").read_text, "utf-8", "replace")
    rows = [row for row in text.splitlines() if "WARNING" in row or "ERROR" in row]
    expected = (*SLOW, "FastAGI failed", "Connection refused", "gw/notice/gone", "Unable to join queue 'market'")
    assert "\n".join(row for row in rows if not any(word in row for word in expected)) == ""


def say_tone(path: Path, *, seconds: int = 2) -> None:
    """The partner's tone, which no telephone of these tests sends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = array("h", [LINEAR[code] for code in tone(TONES["partner"])] * (50 * seconds))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
