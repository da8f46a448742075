"""Transfers on a real Asterisk, by orders alone: who hears whom, who is left where when somebody goes, and that nobody
is left alone in silence when no order comes any more. Each person is a telephone with a tone of its own.
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
from gateway.model.facts import (
    CallEntered,
    CallQueued,
    LegEnded,
    LegJoinedRoom,
    MemberSeen,
    SeatAnswered,
    SeatCompleted,
    TargetFailed,
)
from gateway.model.ids import QueueId
from gateway.model.orders import MarkLeg, MoveLegs, OrderRefused
from gateway.transfer.words import outcome_of
from tests.plugins.lab import short_folder
from tools.lab import Ports
from tools.lab.phone import Manner
from tools.lab.site import Site

pytestmark = pytest.mark.asterisk


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


@pytest.fixture
async def stage(house: tuple[Site, int]) -> AsyncIterator[Stage]:
    async with Stage.open(*house) as stage:
        yield stage


# -- everybody comes together ------------------------------------------------------------------------------------------


async def test_a_three_way_call_is_heard_by_all_three(stage: Stage) -> None:
    await stage.talking()
    await stage.three_way()
    await stage.agent.until_hears("citizen", "partner")
    await stage.partner.until_hears("citizen", "agent")
    await stage.until(lambda: stage.seat.activity == "three_way", "three speak")
    assert {fact.call for fact in stage.facts(LegJoinedRoom) if fact.leg != stage.target} == {stage.call.call_id}


async def test_after_an_attended_transfer_citizen_and_partner_talk_and_the_agent_is_free(stage: Stage) -> None:
    await stage.talking()
    await stage.attended()
    await stage.partner.until_hears("citizen")
    await stage.gone("agent")
    await stage.told(SeatCompleted)
    await stage.until(lambda: stage.seat.activity == "idle", "the agent is free")
    assert stage.call.ended_at is None
    assert {s.kind for s in stage.call.stretches if s.end is None} <= {"wrap_up"}


async def test_a_consultation_is_not_heard_by_the_citizen_and_partner_and_citizen_take_turns(stage: Stage) -> None:
    await stage.talking()
    await stage.consulting()
    await stage.until(lambda: stage.seat.activity == "consulting", "agent and partner speak")
    await stage.move(("caller", "room"), ("target", "hold"))
    await stage.citizen.until_hears("agent")
    await stage.agent.until_hears("citizen")
    await stage.partner.until_hears("something")
    await stage.move(("caller", "hold"), ("target", "room"))
    await stage.agent.until_hears("partner")
    await stage.citizen.until_hears("something")
    turns = ["talking", "held", "talking", "held"]
    await stage.until(lambda: turns == [s.kind for s in stage.call.stretches if s.kind in turns], "two turns")


async def test_a_consultation_becomes_a_call_of_three_and_the_agent_may_leave_it(stage: Stage) -> None:
    await stage.talking()
    await stage.consulting()
    await stage.move(("caller", "room"))
    await stage.citizen.until_hears("agent", "partner")
    await stage.mark("completed")
    await stage.agent.hang_up()
    await stage.citizen.until_hears("partner")
    await stage.partner.until_hears("citizen")


async def test_the_partner_is_told_of_the_ticket_and_sees_the_hotline_number(stage: Stage) -> None:
    await stage.talking()
    await stage.dial(**{"X-Ticket-No": "460000-20261121-0000001", "X-Place": "海口市，国兴大道9号; 110.3,20.0"})
    await stage.partner.until("up")
    (invite,) = stage.partner.invites
    assert invite["x-ticket-no"] == "460000-20261121-0000001"
    assert invite["x-place"] == "海口市，国兴大道9号; 110.3,20.0"
    assert "sip:12345@" in invite["from"]


async def test_a_snapshot_shows_who_is_in_which_room(stage: Stage) -> None:
    await stage.talking()
    await stage.three_way()
    snapshot = await take_snapshot(stage.events, 2, time.time)
    rooms = {str(image.leg): image.room for image in snapshot.legs if image.room}
    assert rooms == {str(stage.leg(who)): f"x-{stage.transfer}" for who in ("caller", "agent", "target")}
    stage.hall.apply(snapshot)
    assert stage.seat.activity == "three_way"


async def test_the_recording_goes_on_through_the_room_in_one_file(stage: Stage) -> None:
    await stage.talking()
    await stage.three_way()
    await stage.talk_on(stage.citizen)  # the first moment after a move is not recorded
    await stage.agent.hang_up()
    await stage.citizen.until_hears("partner")
    await stage.move_to("queue", "hotline")  # records as well
    await stage.told(CallQueued, queue="hotline")
    await stage.move(("caller", "room"))
    await stage.citizen.until_hears("partner")
    await stage.citizen.hang_up()
    await stage.over()
    (file,) = stage.recordings()
    await stage.until(lambda: heard_in(file) >= {"citizen", "agent", "partner"}, "all three are in the recording")


# -- the partner does not come -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "cause"),
    [
        (Manner(status=486, reason="Busy Here"), 17),
        (Manner(status=480, reason="Temporarily Unavailable"), 19),
        (Manner(status=603, reason="Decline"), 21),
        (Manner(status=404, reason="Not Found"), 1),
        (Manner(status=503, reason="Service Unavailable"), 34),
        (Manner(status=302, reason="Moved Temporarily", contact="<sip:12345@127.0.0.1>"), 23),
        (Manner(ring_s=None), 19),
    ],
    ids=["busy", "unavailable", "declined", "unknown", "congestion", "moved", "rings-for-ever"],
)
async def test_a_partner_who_does_not_answer_costs_nobody_anything(stage: Stage, manner: Manner, cause: int) -> None:
    await stage.talking()
    stage.partner.manner = manner
    await stage.dial(ring_s=2 if manner.ring_s is None else 20)
    ended = await stage.told(LegEnded, leg=stage.target)
    if manner.status == 302 and (ended.cause, ended.cause_text) == (0, "Unknown"):
        # Asterisk 22 now and then tells no cause: the dialling hangs up before the 302 has set it. Then it must have
        # been the 302 that ended it, and the transfer comes out as with the cause.
        assert "> 302 Moved Temporarily (INVITE)" in stage.partner.said() and stage.partner.ended_by == ""
        assert outcome_of("refused", None) == outcome_of("refused", cause)
    else:
        assert ended.cause == cause
    await stage.citizen.until_hears("agent")
    await stage.agent.until_hears("citizen")
    assert not stage.facts(TargetFailed)  # the leg's end has told it
    assert len(stage.facts(CallEntered)) == 1


async def test_a_telephone_that_is_not_there_is_told_of_by_its_name(stage: Stage) -> None:
    await stage.talking()
    await stage.dial(endpoint="PJSIP/8002")
    failed = await stage.told(TargetFailed)
    assert (failed.transfer, failed.leg, failed.status) == (stage.transfer, stage.target, "failed")
    await stage.citizen.until_hears("agent")


async def test_a_carrier_that_says_nothing_is_given_up_after_the_ring_limit(stage: Stage) -> None:
    await stage.talking()
    stage.partner.deaf = True
    await stage.dial(ring_s=2)
    await stage.told(LegEnded, leg=stage.target)
    await stage.citizen.until_hears("agent")


async def test_a_partner_who_hangs_up_at_once_leaves_a_late_citizen_with_the_agent(stage: Stage) -> None:
    await stage.talking()
    stage.partner.manner = Manner(ring_s=0.05, talk_s=0.0)
    await stage.dial()
    await stage.told(LegEnded, leg=stage.target)
    stage.citizen.forget()
    await stage.move(("caller", "room"))
    await stage.citizen.until_has_heard("something")  # for as long as somebody may still come
    await stage.told(SeatAnswered, since=1)
    await stage.citizen.until_hears("agent")


async def test_a_leg_that_is_gone_is_refused_by_name_and_the_other_stays_where_it_was(stage: Stage) -> None:
    await stage.talking()
    await stage.partner_in_room()
    moves = ((stage.channel("caller"), "room", ""), ("PJSIP/8001-0000ffff", "room", ""))
    with pytest.raises(OrderRefused, match="PJSIP/8001-0000ffff"):
        await stage.switch.carry_out(MoveLegs(stage.transfer, moves))
    await stage.citizen.until_hears("agent")
    assert not [fact for fact in stage.facts(LegJoinedRoom) if fact.leg == stage.leg("caller")]


async def test_a_leg_is_known_by_its_unique_id_too(stage: Stage) -> None:
    await stage.talking()
    await stage.partner_in_room()
    legs = tuple((str(stage.leg(who)), "room", "") for who in ("caller", "agent"))
    await stage.switch.carry_out(MoveLegs(stage.transfer, legs))
    await stage.citizen.until_hears("agent", "partner")


# -- somebody goes, and no order comes -----------------------------------------------------------------------------


async def test_three_way_without_the_agent_goes_on_and_without_the_partner_too_leads_back(stage: Stage) -> None:
    await stage.talking()
    await stage.three_way()
    await stage.agent.hang_up()
    await stage.citizen.until_hears("partner")
    await stage.partner.hang_up()
    await stage.told(SeatAnswered, since=1)
    await stage.citizen.until_hears("agent")
    await stage.agent.until_hears("citizen")
    await stage.agent.hang_up()
    await stage.over()
    assert [s.kind for s in stage.call.stretches if s.kind == "talking"] == ["talking", "talking"]
    assert (stage.call.outcome, stage.call.ended_by) == ("answered", "agent")


async def test_three_way_without_the_partner_is_the_conversation_of_before(stage: Stage) -> None:
    await stage.talking()
    await stage.three_way()
    await stage.partner.hang_up()
    await stage.citizen.until_hears("agent")
    await stage.agent.until_hears("citizen")
    await stage.until(lambda: stage.seat.activity == "talking", "the seat talks")
    await stage.citizen.hang_up()
    await stage.agent.until("ended")
    await stage.over()
    assert stage.call.ended_by == "caller"


async def test_three_way_without_the_citizen_goes_on_and_wrap_up_begins_with_the_agents_end(stage: Stage) -> None:
    await stage.talking(queue=QueueId("hotline"))
    await stage.three_way()
    await stage.citizen.hang_up()
    await stage.over()
    await stage.agent.until_hears("partner")
    await stage.until(lambda: (stage.seat.presence, stage.seat.activity) == ("ready", "consulting"), "the two go on")
    await stage.agent.hang_up()
    await stage.told(MemberSeen, paused=True, reason="wrap_up")
    await stage.until(lambda: (stage.seat.presence, stage.seat.activity) == ("wrap_up", "idle"), "wrap-up")


async def test_a_released_citizen_whose_partner_hangs_up_hears_a_word_and_is_done(stage: Stage) -> None:
    await stage.talking()
    await stage.attended()
    await stage.mark("completed")
    stage.citizen.forget()
    await stage.partner.hang_up()
    await stage.citizen.until_has_heard("something")
    await stage.citizen.until("ended")
    await stage.over()
    assert (stage.call.outcome, stage.call.ended_by) == ("answered", "transfer")


async def test_a_citizen_whose_partner_hangs_up_before_the_release_is_back_with_the_agent(stage: Stage) -> None:
    await stage.talking()
    await stage.attended()
    await stage.partner.hang_up()
    await stage.told(SeatAnswered, since=1)
    await stage.agent.until_hears("citizen")


async def test_a_released_partner_whose_citizen_hangs_up_is_let_go(stage: Stage) -> None:
    await stage.talking()
    await stage.attended()
    await stage.citizen.hang_up()
    await stage.partner.until("ended")
    await stage.over()
    assert stage.call.ended_by == "caller"


async def test_a_citizen_on_hold_whose_agent_goes_talks_to_the_partner(stage: Stage) -> None:
    await stage.talking()
    await stage.consulting()
    await stage.agent.hang_up()
    await stage.citizen.until_hears("partner")
    await stage.partner.until_hears("citizen")


async def test_a_citizen_on_hold_whose_agent_and_partner_go_is_back_with_the_agent(stage: Stage) -> None:
    await stage.talking()
    await stage.consulting()
    assert await stage.eventually("caller", "GW_EMPTY")
    await stage.partner.hang_up()
    await stage.agent.hang_up()
    await stage.agent.until("up")
    await stage.citizen.until_hears("agent")


async def test_a_citizen_on_hold_who_hangs_up_leaves_agent_and_partner_talking(stage: Stage) -> None:
    await stage.talking()
    await stage.consulting()
    await stage.citizen.hang_up()
    await stage.over()
    await stage.agent.until_hears("partner")
    await stage.agent.hang_up()
    await stage.until(lambda: stage.seat.activity == "idle", "the agent is free")


async def test_a_blind_transfer_of_a_gateway_that_died_brings_citizen_and_partner_together(stage: Stage) -> None:
    await stage.talking()
    await stage.move(("caller", "hold"))
    await stage.dial()
    await stage.partner.until("up")
    await stage.citizen.until_hears("partner")


# -- back, on, and out ---------------------------------------------------------------------------------------------


async def test_back_is_with_the_same_agent_and_is_told_like_any_conversation(stage: Stage) -> None:
    await stage.talking()
    await stage.attended()
    await stage.move(("caller", "back"))
    await stage.citizen.until_hears("agent")
    again = await stage.told(SeatAnswered, since=1)
    assert (again.leg, again.interface, again.member) == (stage.leg("caller"), "PJSIP/8001", "1001")
    await stage.until(lambda: stage.seat.activity == "talking", "the seat talks")
    await stage.citizen.hang_up()
    await stage.over()
    log = [row[4] for row in stage.queue_log() if row[4] in ("CONNECT", "COMPLETEAGENT", "COMPLETECALLER")]
    assert log == ["CONNECT", "COMPLETEAGENT", "CONNECT", "COMPLETECALLER"]
    assert (await stage.told(SeatCompleted, since=1)).reason == "caller"


async def test_back_without_an_agent_is_at_the_front_of_the_queue(stage: Stage) -> None:
    await stage.talking()
    await stage.three_way()
    await stage.pause(paused=True)
    await stage.another_citizen()
    await stage.move_to("back", "")
    queued = await stage.told(CallQueued, leg=stage.leg("caller"), since=1)
    assert queued.position == 1
    await stage.citizen.until_hears("something")


async def test_an_agent_who_does_not_take_the_citizen_back_is_not_waited_for(stage: Stage) -> None:
    await stage.talking()
    await stage.attended()
    stage.agent.manner = Manner(status=486, reason="Busy Here")
    await stage.move(("caller", "back"))
    queued = await stage.told(CallQueued, leg=stage.leg("caller"), since=1)
    assert queued.queue == stage.queue


async def test_a_citizen_is_sent_on_to_another_queue_and_from_an_unknown_one_back(stage: Stage) -> None:
    await stage.talking()
    await stage.move_to("queue", "legal")
    await stage.told(CallQueued, queue="legal")
    await stage.agent.until("ended")
    await stage.move_to("queue", "nowhere")
    assert (await stage.told(CallQueued, since=2)).queue == "legal"


async def test_the_agent_of_a_citizen_who_was_handed_on_gets_the_next_call(stage: Stage) -> None:
    await stage.talking(queue=QueueId("legal"))
    await stage.attended()
    await stage.partner.until_hears("citizen")
    await stage.told(SeatCompleted)
    await stage.told(MemberSeen, paused=True, reason="wrap_up")
    await stage.pause(paused=False)
    await stage.another_citizen()
    await stage.agent.until_hears("second")
    await stage.citizen.until_hears("partner")


async def test_a_citizen_is_sent_into_a_flow(stage: Stage) -> None:
    await stage.talking()
    async with stage.flow("legal"):
        await stage.move_to("flow", "greeting")
        await stage.told(CallQueued, queue="legal")


async def test_a_number_is_dialled_at_once_with_the_ticket(stage: Stage) -> None:
    await stage.talking()
    await stage.switch.carry_out(MarkLeg(stage.channel("caller"), "GW_TICKET", "460000-20261121-0000001"))
    await stage.move_to("dial", "12366")
    await stage.citizen.until_hears("partner")
    await stage.partner.until_hears("citizen")
    assert stage.partner.invites[-1]["x-ticket-no"] == "460000-20261121-0000001"
    await stage.partner.hang_up()
    await stage.citizen.until("ended")
    await stage.over()


async def test_a_number_that_is_busy_leads_back_to_the_agent(stage: Stage) -> None:
    await stage.talking()
    stage.partner.manner = Manner(status=486, reason="Busy Here")
    await stage.move_to("dial", "12366")
    await stage.told(SeatAnswered, since=1)
    await stage.citizen.until_hears("agent")


# -- afterwards ----------------------------------------------------------------------------------------------------


async def test_asterisk_complained_of_nothing(stage: Stage) -> None:
    """Last, over all that was played here. ConfKick says so when the one whom it should let go has gone by himself."""
    expected = ("8002", "No participants found in conference bridge", "No conference bridge named")
    assert stage.complaints(*expected) == ""
