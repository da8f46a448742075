"""A call that is handed over: what its record, the agent's seat and the rules make of rooms, releases and returns."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import story
from story import CALL, LEG, PHONE, SEAT_LEG, T0, TARGET, hall, tell

from gateway.model.ids import LegId
from gateway.model.orders import PauseMember
from gateway.model.records import CallRecord
from gateway.seats.hall import Hall
from gateway.seats.map import Seat
from gateway.seats.rules import Rules

WRAP = PauseMember(PHONE, paused=True, reason="wrap_up")


def talking(**queue: int) -> tuple[Hall, Seat]:
    h = hall(**queue)
    tell(h, story.snapshot(-20), story.member(-10), *story.ANSWERED_CALL)
    return h, h.seats.by_interface[PHONE]


def record_of(h: Hall, *facts: object) -> CallRecord:
    """The record when the call has ended by these facts."""
    changes = [change for fact in facts for change in h.apply(fact)]  # type: ignore[arg-type]
    return next(change.call for change in changes if change.kind == "ended")


def test_a_seat_shows_with_whom_its_agent_is_in_the_room() -> None:
    h, seat = talking()
    seen = []
    for fact in (*story.THREE_WAY, story.left(30, TARGET), story.left(40, LEG)):
        h.apply(fact)
        seen.append(seat.activity)
    assert seen == ["talking", "consulting", "three_way", "talking", "consulting"]


def test_three_who_talk_are_one_conversation_of_the_agent() -> None:
    h, _ = talking()
    tell(h, *story.THREE_WAY)
    record = record_of(h, story.completed(68), story.left(68, LEG), story.ended(68.01))
    assert [s.kind for s in record.stretches if s.kind in ("talking", "held")] == ["talking"]
    assert record.talk_s == pytest.approx(60.0)
    assert (record.outcome, record.ended_by) == ("answered", "caller")


def test_a_consultation_counts_as_hold() -> None:
    h, _ = talking()
    tell(h, story.joined(20, SEAT_LEG), story.joined(22, TARGET), story.joined(38, LEG))
    record = record_of(h, story.completed(68), story.left(68, LEG), story.ended(68.01))
    assert (record.talk_s, record.hold_s) == (pytest.approx(42.0), pytest.approx(18.0))


def test_a_released_citizens_call_goes_on_after_the_agent() -> None:
    h, seat = talking()
    tell(
        h, story.joined(20, TARGET), story.joined(20.01, LEG), story.completed(20.02, "agent"), story.seat_ended(20.03)
    )
    assert seat.activity == "idle"
    assert h.calls.record(CALL) is not None
    record = record_of(h, story.left(320, LEG), story.ended(320.01))
    assert (record.talk_s, record.ended_at, record.ended_by) == (pytest.approx(12.02), T0 + 320.01, "caller")


def test_a_released_citizen_who_is_sent_off_at_the_partners_end_did_not_hang_up() -> None:
    h, _ = talking()
    tell(h, story.joined(20, LEG), story.completed(20.02, "agent"), story.seat_ended(20.03))
    assert record_of(h, story.left(300, LEG), story.ended(304)).ended_by == "transfer"


def test_whoever_comes_back_to_the_queue_and_gives_up_was_answered_all_the_same() -> None:
    h, _ = talking()
    tell(h, story.completed(20, "agent"), story.seat_ended(20.1), story.queued(21))
    record = record_of(h, story.abandoned(60), story.left_queue(60), story.ended(60.1))
    assert (record.outcome, record.ended_by) == ("answered", "caller")


def test_a_late_word_of_the_first_agent_does_not_end_the_wait_or_the_talk_with_the_second() -> None:
    h, _ = talking()
    tell(h, story.queued(21), story.completed(22, "agent"))
    open_kinds = [s.kind for s in h.calls.live[CALL].record.stretches if s.end is None]
    assert "waiting" in open_kinds
    second = replace(story.answered(30), interface="PJSIP/8002", member="1002", seat_leg=LegId("s2"))
    tell(h, story.left_queue(30), second, story.completed(31, "agent"))
    record = h.calls.live[CALL].record
    assert [s.agent for s in record.stretches if s.kind == "talking" and s.end is None] == ["1002"]
    assert record.ended_by == ""


def test_an_agent_who_stays_with_the_partner_wraps_up_from_the_end_of_the_leg_on() -> None:
    h, seat = talking(wrap_up_s=20)
    rules = Rules(h)
    tell(h, *story.THREE_WAY, story.left(60, LEG))
    done = story.completed(60)
    h.apply(done)
    assert rules.react(done) == []
    tell(h, story.ended(60.01))
    assert (seat.presence, seat.activity) == ("ready", "consulting")
    over = story.seat_ended(90)
    tell(h, story.left(90, SEAT_LEG), over)
    assert rules.react(over) == [WRAP]
    assert (seat.presence, seat.activity) == ("wrap_up", "idle")
    assert seat.wrap_up_until == T0 + 110


def test_an_agent_whose_citizen_left_without_a_word_of_app_queue_wraps_up_all_the_same() -> None:
    h, seat = talking(wrap_up_s=20)
    rules = Rules(h)
    tell(h, *story.THREE_WAY, story.left(60, LEG), story.ended(60.01))
    assert (seat.presence, seat.activity) == ("ready", "consulting")
    over = story.seat_ended(90)
    h.apply(over)
    assert rules.react(over) == [WRAP]
    assert (seat.presence, seat.activity, seat.wrap_up_until) == ("wrap_up", "idle", T0 + 110)


def test_an_ordinary_end_of_a_leg_orders_nothing() -> None:
    h, _ = talking(wrap_up_s=20)
    rules = Rules(h)
    done, over = story.completed(60), story.seat_ended(60.1)
    h.apply(done)
    assert rules.react(done) == [WRAP]
    h.apply(over)
    assert rules.react(over) == []


def test_a_snapshot_puts_everybody_back_into_the_room() -> None:
    h, seat = talking()
    citizen = replace(story.citizen_image(20, "b"), room=story.ROOM)
    agent = replace(story.seat_image(12, "b"), room=story.ROOM)
    target = replace(story.citizen_image(3, "b"), leg=TARGET, call=TARGET, channel="PJSIP/trunk-03", room=story.ROOM)
    tell(h, story.snapshot(30, legs=(citizen, agent, target), members=(story.member(30),)))
    assert seat.activity == "three_way"
    tell(h, story.left(40, TARGET))
    assert seat.activity == "talking"
    tell(h, story.snapshot(50, legs=(story.citizen_image(40), story.seat_image(32)), members=(story.member(50),)))
    assert seat.activity == "talking"
    assert h.calls.rooms.members == {}


def test_facts_of_rooms_told_twice_change_nothing() -> None:
    h, seat = talking()
    facts = (*story.THREE_WAY, story.left(30, TARGET))
    tell(h, *facts)
    once = [(s.kind, s.start, s.end) for s in h.calls.live[CALL].record.stretches]
    tell(h, story.left(30, TARGET))
    assert [(s.kind, s.start, s.end) for s in h.calls.live[CALL].record.stretches] == once
    assert seat.activity == "talking"
