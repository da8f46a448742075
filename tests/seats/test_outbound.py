"""Calls out are whole records: begun, answered, ended, with one outcome and who hung up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import story
from story import SEAT_CHANNEL, T0, hall, tell

from gateway.model.facts import (
    Fact,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegHeld,
    LegImage,
    LegResumed,
    OutboundBegun,
    OutboundEnded,
    RecordingStarted,
)
from gateway.model.ids import CallId, LegId
from gateway.model.records import CallChange, CallRecord
from gateway.seats.hall import Hall
from gateway.seats.outbound import PREFIX, is_dialled_for

CALL, SEAT_LEG, FAR = CallId(f"{PREFIX}0198"), LegId(f"{PREFIX}0198"), LegId("1.9")
FAR_CHANNEL, NUMBER, TICKET = "PJSIP/trunk-09", "13812345678", "460000-20261121-0000001"


def begun() -> list[Fact]:
    """The desk has dialled for the agent at 8001, who has taken up; the citizen's telephone rings."""
    return [
        story.member(-10),
        LegCreated(T0, SEAT_LEG, CALL, SEAT_CHANNEL, False, "12345", "", "s", "gw-out"),
        LegAnswered(T0 + 1, SEAT_LEG, CALL, SEAT_CHANNEL),
        OutboundBegun(T0 + 1, SEAT_LEG, CALL, SEAT_CHANNEL, NUMBER, "12345", "1001", TICKET),
        RecordingStarted(T0 + 1, SEAT_LEG, CALL, CALL),
        LegCreated(T0 + 2, FAR, CALL, FAR_CHANNEL, False, "12345", "", "", "from-trunk"),
    ]


def answered() -> list[Fact]:
    return [LegAnswered(T0 + 6, FAR, CALL, FAR_CHANNEL)]


def over(source: str, at: float = 66.0, cause: int = 16) -> list[Fact]:
    return [
        OutboundEnded(T0 + at, SEAT_LEG, CALL, "ANSWER", source),
        LegEnded(T0 + at, FAR, CALL, FAR_CHANNEL, cause, ""),
        LegEnded(T0 + at, SEAT_LEG, CALL, SEAT_CHANNEL, 16, ""),
    ]


def ended(h: Hall, facts: list[Fact]) -> CallRecord:
    changes: list[CallChange] = [change for fact in facts for change in h.apply(fact)]
    (record,) = [change.call for change in changes if change.kind == "ended"]
    return record


def test_a_call_out_has_its_seat_agent_ticket_talk_and_recording() -> None:
    h = hall()
    assert tell(h, *begun(), *answered()) == ["arrived", "answered"]
    record = ended(h, over(SEAT_CHANNEL))
    assert (record.direction, record.outcome, record.ended_by) == ("out", "answered", "agent")
    assert (record.seat, record.agent, record.ticket_no) == ("A001", "1001", TICKET)
    assert (record.caller_number, record.entry_number, record.track) == (NUMBER, "12345", "own")
    assert (record.ring_s, record.talk_s, record.hold_s, record.wait_s) == (4.0, 60.0, 0.0, None)
    assert record.recording_id == CALL


def test_who_hangs_up_first_is_told() -> None:
    assert ended(hall(), [*begun(), *answered(), *over(FAR_CHANNEL)]).ended_by == "caller"
    assert ended(hall(), [*begun(), *answered(), *over("")]).ended_by == "system"


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [(17, "busy"), (19, "no_answer"), (16, "no_answer"), (21, "refused"), (1, "unreachable"), (34, "unreachable")],
)
def test_whoever_does_not_answer_gives_the_outcome_and_no_recording(cause: int, outcome: str) -> None:
    record = ended(hall(), [*begun(), *over("", cause=cause)])
    assert (record.outcome, record.talk_s, record.recording_id) == (outcome, None, "")


@pytest.mark.parametrize(
    ("status", "outcome"), [("CHANUNAVAIL", "unreachable"), ("NOANSWER", "no_answer"), ("BUSY", "busy")]
)
def test_a_trunk_that_is_not_there_leaves_the_dialplans_word(status: str, outcome: str) -> None:
    facts = begun()[:-1]
    facts += [
        OutboundEnded(T0 + 2, SEAT_LEG, CALL, status),
        LegEnded(T0 + 2, SEAT_LEG, CALL, SEAT_CHANNEL, 16, ""),
    ]
    assert ended(hall(), facts).outcome == outcome


def test_an_agent_who_does_not_take_up_has_made_no_call() -> None:
    h = hall()
    facts = begun()[:2]
    assert tell(h, *facts, LegEnded(T0 + 20, SEAT_LEG, CALL, SEAT_CHANNEL, 19, "")) == []


def test_the_seat_is_outbound_and_shows_the_call_masked() -> None:
    h = hall()
    tell(h, *begun())
    seat = h.seats.by_interface["PJSIP/8001"]
    assert (seat.activity, seat.call, seat.caller) == ("outbound", CALL, "138****5678")
    tell(h, *answered(), *over(SEAT_CHANNEL))
    assert (seat.activity, seat.call) == ("idle", None)


def test_a_hold_is_no_talk() -> None:
    held = [LegHeld(T0 + 16, FAR, CALL, FAR_CHANNEL), LegResumed(T0 + 26, FAR, CALL, FAR_CHANNEL)]
    record = ended(hall(), [*begun(), *answered(), *held, *over(SEAT_CHANNEL)])
    assert (record.talk_s, record.hold_s) == (50.0, 10.0)


def test_a_number_dialled_by_hand_is_a_whole_record_too() -> None:
    h, call = hall(), CallId("2.1")
    facts = [
        story.member(-10),
        LegCreated(T0, LegId("2.1"), call, SEAT_CHANNEL, True, "8001", "", NUMBER, "from-seats"),
        LegCreated(T0 + 1, FAR, call, FAR_CHANNEL, False, "12345", "", "", "from-trunk"),
        LegAnswered(T0 + 3, FAR, call, FAR_CHANNEL),
        LegEnded(T0 + 9, FAR, call, FAR_CHANNEL, 16, ""),
        LegEnded(T0 + 9, LegId("2.1"), call, SEAT_CHANNEL, 16, ""),
    ]
    record = ended(h, facts)
    assert (record.outcome, record.caller_number, record.agent, record.talk_s) == ("answered", NUMBER, "1001", 6.0)


def test_an_answer_while_the_gateway_was_away_is_found_in_the_snapshot() -> None:
    h = hall()
    tell(h, *begun()[:-1])
    images = (
        LegImage(SEAT_LEG, CALL, SEAT_CHANNEL, "Up", "12345", "", "", 20.0, "b1"),
        LegImage(FAR, CALL, FAR_CHANNEL, "Up", "12345", "", "", 18.0, "b1"),
    )
    assert "answered" in tell(h, story.snapshot(20, legs=images, members=(story.member(0),)))
    record = ended(h, over(FAR_CHANNEL))
    assert (record.outcome, record.ended_by) == ("answered", "caller")


def test_no_call_out_is_counted_as_lost_or_answered_in_a_queue() -> None:
    h = hall()
    tell(h, *begun(), *over("", cause=19))
    assert all((q.answered_today, q.lost_today) == (0, 0) for q in h.queues.queues.values())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_facts_told_twice_or_late_change_nothing(data: st.DataObject) -> None:
    facts = [*begun(), *answered(), *over(SEAT_CHANNEL)]
    told: list[Fact] = []
    for i, fact in enumerate(facts):
        told.append(fact)
        if i and data.draw(st.booleans()):
            told.append(facts[data.draw(st.integers(0, i))])
    kinds = tell(hall(), *told)
    assert [kinds.count(kind) for kind in ("arrived", "answered", "ended")] == [1, 1, 1]


def test_a_leg_of_ours_is_known_by_its_name() -> None:
    assert is_dialled_for(SEAT_LEG)
    assert not is_dialled_for(FAR)
