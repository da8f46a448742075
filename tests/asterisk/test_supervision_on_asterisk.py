"""Supervision on a real Asterisk: who hears whom when a shift lead listens, whispers, barges in and takes over, and
that a lead's telephone that fails costs the citizen nothing. Each person is a telephone with a tone of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from transfer_stage import Stage, heard_in

from gateway.asterisk.snapshot import take_snapshot
from gateway.model.facts import LegEnded, MemberSeen, MonitorBegan, SeatAnswered, SeatCompleted
from gateway.model.ids import LegId, QueueId, SeatId
from gateway.model.orders import Hangup, Monitor
from gateway.seats.map import Seat
from gateway.seats.supervision import LeadRefused, Supervision
from tests.plugins.lab import short_folder
from tools.lab import Ports
from tools.lab.phone import Manner, Phone
from tools.lab.site import Site

pytestmark = pytest.mark.asterisk

LEAD = "1002"


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Site, int]]:
    """One Asterisk for all of these tests, with a carrier at a port where the partner's telephone will be."""
    ports = Ports()
    carrier = ports.take()
    with short_folder() as folder:
        site = Site.free(folder, overrides={"GATEWAY__ASTERISK__TRUNK_CONTACT": f"sip:127.0.0.1:{carrier}"})
        try:
            site.start()
            yield site, carrier
        finally:
            site.stop()
            ports.close()


class Room:
    """A conversation at A001, and a shift lead by the telephone of A002, where nobody is signed in."""

    def __init__(self, stage: Stage, lead: Phone) -> None:
        self.stage, self.lead = stage, lead
        self.acts = Supervision(stage.hall, stage.switch)

    @property
    def phone(self) -> Seat:
        return self.stage.hall.seats.by_id[SeatId("A002")]

    @property
    def leg(self) -> LegId:
        return next(leg for leg in self.phone.legs if str(leg).startswith("spy-"))

    @property
    def shown(self) -> list[str]:
        return [str(one["mode"]) for one in self.stage.seat.view({})["monitored_by"]]

    async def monitor(self, mode: str) -> None:
        """Returns when the seat shows it."""
        await self.acts.carry_out(self.acts.monitor("A001", mode, LEAD, "A002"))  # type: ignore[arg-type]
        await self.stage.until(lambda: self.shown == [mode], f"the seat is monitored: {mode}")

    async def take_over(self) -> None:
        await self.acts.carry_out(self.acts.take_over("A001", LEAD))
        await self.stage.told(SeatAnswered, interface="PJSIP/8002")


@pytest.fixture
async def room(house: tuple[Site, int]) -> AsyncIterator[Room]:
    async with Stage.open(*house) as stage:
        await stage.talking(queue=QueueId("hotline"))
        lead = await stage.phone("lead", "8002")
        await lead.register(stage.site.secrets.seats["8002"])
        one = Room(stage, lead)
        await stage.until(lambda: one.phone.reachable, "the lead's telephone is there")
        yield one


async def test_a_listener_hears_both_whisper_reaches_the_agent_alone_and_barge_both(room: Room) -> None:
    stage, lead = room.stage, room.lead
    await room.monitor("listen")
    await lead.until_hears("citizen", "agent")
    await stage.citizen.until_hears("agent")
    await stage.agent.until_hears("citizen")
    assert "answer-after=0" in lead.invites[0]["call-info"]  # the telephone takes up by itself
    await room.monitor("whisper")
    await stage.agent.until_hears("citizen", "lead")
    await stage.citizen.until_hears("agent")
    await lead.until_hears("citizen", "agent")
    await room.monitor("barge")
    await stage.citizen.until_hears("agent", "lead")
    await stage.agent.until_hears("citizen", "lead")
    await room.monitor("listen")
    await stage.citizen.until_hears("agent")
    await stage.agent.until_hears("citizen")
    # None of it is a call, nor keeps a seat that listens from being told apart from one that talks.
    assert list(stage.hall.calls.live) == [stage.call.call_id]
    assert (room.phone.activity, stage.seat.activity) == ("reserved", "talking")
    assert room.phone.view({})["monitoring"] == {"seat": "A001", "mode": "listen"}
    # A gateway that starts anew finds it.
    snapshot = await take_snapshot(stage.events, 2, time.time)
    stage.hall.watches.by_leg.clear()
    stage.hall.apply(snapshot)
    assert room.shown == ["listen"]
    assert (room.phone.activity, stage.seat.activity) == ("reserved", "talking")
    await room.acts.carry_out(room.acts.stop("A001", LEAD))
    await stage.until(lambda: not room.shown and room.phone.activity == "idle", "nobody listens")
    await lead.until("ended")
    await stage.citizen.until_hears("agent")


async def test_a_lead_whose_telephone_sends_nothing_while_nobody_speaks_is_obeyed_all_the_same(room: Room) -> None:
    """Silence suppression: a telephone without RTP must not keep ChanSpy from another mode, nor from its end."""
    stage, lead = room.stage, room.lead
    lead.manner = Manner(mute=True)
    await room.monitor("listen")
    await lead.until_hears("citizen", "agent")
    await room.monitor("whisper")
    await lead.until_hears("citizen", "agent")
    await room.monitor("barge")
    await room.acts.carry_out(room.acts.stop("A001", LEAD))
    await stage.until(lambda: not room.shown and room.phone.activity == "idle", "nobody listens")
    await lead.until("ended")
    await stage.citizen.until_hears("agent")


async def test_a_citizen_who_is_taken_over_speaks_with_the_lead_and_the_agent_wraps_up(room: Room) -> None:
    stage, lead = room.stage, room.lead
    await room.monitor("listen")
    await lead.until_hears("citizen", "agent")
    await room.take_over()
    await lead.until_hears("citizen")
    await stage.citizen.until_hears("lead")
    await stage.agent.until("ended")
    await stage.told(MemberSeen, paused=True, reason="wrap_up")
    await stage.until(lambda: stage.seat.presence == "wrap_up" and stage.seat.activity == "idle", "wrap-up")
    record = stage.call
    talked = [(s.seat, s.agent) for s in record.stretches if s.kind == "talking"]
    assert talked == [("A001", "1001"), ("A002", LEAD)]
    assert (record.seat, record.agent, record.ended_at) == ("A002", LEAD, None)
    assert [(s.seat, s.agent) for s in record.stretches if s.kind == "wrap_up"] == [("A001", "1001")]
    assert (room.phone.activity, room.phone.call) == ("talking", record.call_id)
    await stage.until(lambda: not room.shown and room.phone.view({})["monitoring"] is None, "nobody listens any more")
    # A gateway that starts anew has it as it was.
    stage.hall.apply(await take_snapshot(stage.events, 2, time.time))
    assert (room.phone.activity, room.phone.call) == ("talking", record.call_id)
    await stage.talk_on(lead)  # the first moment after a move is not recorded
    await lead.hang_up()
    await stage.citizen.until("ended")
    await stage.over()
    (file,) = stage.recordings()
    assert await stage.until(lambda: {"citizen", "lead"} <= heard_in(file), "the recording goes on")
    assert (record.outcome, record.ended_by) == ("answered", "agent")
    log = [row[3:5] for row in stage.queue_log() if row[4] in ("CONNECT", "COMPLETEAGENT", "COMPLETECALLER")]
    for agent in ("1001", LEAD):  # the queue writes of the one, the dialplan of the other: side by side
        assert [word for who, word in log if who == agent] == ["CONNECT", "COMPLETEAGENT"]


async def test_a_citizen_whose_lead_is_lost_after_the_taking_over_is_back_with_the_agent(room: Room) -> None:
    stage = room.stage
    await room.monitor("barge")
    await room.take_over()
    await stage.citizen.until_hears("lead")
    await stage.agent.until("ended")
    await stage.switch.carry_out(Hangup(str(room.leg), cause=44))  # no media any more
    await stage.told(SeatAnswered, since=2, interface="PJSIP/8001")
    await stage.citizen.until_hears("agent")
    await stage.agent.until_hears("citizen")
    await stage.citizen.hang_up()
    await stage.over()
    assert stage.call.ended_by == "caller"


async def test_a_lead_who_is_gone_at_the_moment_of_taking_over_costs_nobody_anything(room: Room) -> None:
    stage, lead = room.stage, room.lead
    await room.monitor("listen")
    plan = room.acts.take_over("A001", LEAD)
    await lead.hang_up()
    await stage.told(LegEnded, channel=stage.facts(MonitorBegan)[0].channel)
    await room.acts.carry_out(plan)
    await stage.told(SeatCompleted)
    await stage.told(SeatAnswered, since=1, interface="PJSIP/8001")
    await stage.citizen.until_hears("agent")


async def test_a_leads_telephone_that_does_not_answer_leaves_all_as_it_was(room: Room) -> None:
    stage, lead = room.stage, room.lead
    lead.manner = Manner(status=486, reason="Busy Here")
    await room.acts.carry_out(room.acts.monitor("A001", "listen", LEAD, "A002"))
    ended = await stage.told(LegEnded, cause=17)
    assert str(ended.leg).startswith("spy-")
    await stage.until(lambda: room.phone.activity == "idle", "the telephone is free")
    # One that rings until the conversation is over finds nobody to listen to when it is taken up.
    lead.manner = Manner(ring_s=None)
    await room.acts.carry_out(room.acts.monitor("A001", "listen", LEAD, "A002"))
    await lead.until("ringing")
    await stage.until(lambda: room.phone.activity == "ringing", "it rings")
    with pytest.raises(LeadRefused, match="take it up"):
        room.acts.monitor("A001", "listen", LEAD, "A002")
    await stage.citizen.until_hears("agent")
    await stage.agent.hang_up()
    await stage.over()
    lead.pick_up()
    await lead.until("ended")
    await stage.until(lambda: room.phone.activity == "idle", "the telephone is free")
    assert not stage.facts(MonitorBegan)
    assert [record.call.call_id for record in stage.kept if record.kind == "ended"] == [stage.call.call_id]
    # Nor does one that never answers ring longer than its limit.
    watched = LegId(str(stage.agent_leg))
    await stage.switch.carry_out(Monitor(LegId("spy-late"), "PJSIP/8002", watched, "listen", LEAD, ring_s=1))
    await stage.told(LegEnded, leg=LegId("spy-late"))


async def test_monitoring_follows_the_agent_into_a_call_of_three_and_ends_with_a_transfer(room: Room) -> None:
    stage, lead = room.stage, room.lead
    await room.monitor("listen")
    await stage.three_way()
    await lead.until_hears("citizen", "agent", "partner")
    await stage.until(lambda: stage.seat.activity == "three_way", "three speak")
    with pytest.raises(LeadRefused, match="call of three"):
        room.acts.monitor("A001", "barge", LEAD, "A002")
    with pytest.raises(LeadRefused, match="transfer is under way"):
        room.acts.take_over("A001", LEAD)
    await room.monitor("whisper")
    await stage.agent.until_hears("citizen", "partner", "lead")
    await stage.citizen.until_hears("agent", "partner")
    await stage.agent.hang_up()
    await lead.until("ended")
    await stage.until(lambda: not room.shown and room.phone.activity == "idle", "nobody is monitored")
    await stage.citizen.until_hears("partner")


async def test_a_lead_ends_a_call_at_a_seat_and_by_its_name(room: Room) -> None:
    stage = room.stage
    await room.monitor("listen")
    await room.acts.carry_out(room.acts.hang_up_seat("A001"))
    await stage.citizen.until("ended")
    await stage.over()
    await room.lead.until("ended")
    assert stage.call.outcome == "answered"
    await stage.until(lambda: stage.seat.activity == "idle" and not room.shown, "the agent is free")
    await stage.pause(paused=False)
    await stage.another_citizen()
    await stage.agent.until_hears("second")
    await room.acts.carry_out(room.acts.hang_up_call(str(stage.call.call_id)))
    await stage.agent.until("ended")
    await stage.over()
