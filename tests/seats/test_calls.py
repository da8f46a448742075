"""The call table: one record a call, right figures, one outcome, whatever order and however often facts come."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import story
from story import T0, hall, tell

from gateway.model.facts import LegHeld, LegResumed, RecordingStarted
from gateway.model.records import CallRecord
from gateway.seats.calls import endpoint_of
from gateway.seats.hall import Hall


def ended_record(h: Hall, *facts: object) -> CallRecord:
    """Apply facts and return the record of the one call that ended."""
    closed = [c.call for fact in facts for c in h.apply(fact) if c.kind == "ended"]  # type: ignore[arg-type]
    assert len(closed) == 1
    return closed[0]


def test_an_answered_call_has_its_figures_and_one_outcome() -> None:
    h = hall()
    tell(h, story.member(-10))
    record = ended_record(h, *story.ANSWERED_CALL, *story.AFTER)
    assert (record.outcome, record.ended_by, record.entry_number) == ("answered", "caller", "12345")
    assert (record.wait_s, record.ring_s, record.talk_s, record.hold_s) == (4.0, 3.0, 60.0, 0.0)
    assert (record.queue, record.seat, record.agent) == ("hotline", "A001", "1001")
    assert [s.kind for s in record.stretches][:4] == ["flow", "waiting", "ringing", "talking"]
    assert h.calls.live == {}


def test_every_fact_told_twice_changes_nothing() -> None:
    once, twice = hall(), hall()
    facts = [story.member(-10), *story.ANSWERED_CALL, *story.AFTER]
    kinds = tell(once, *facts)
    doubled = tell(twice, *(f for fact in facts for f in (fact, fact)))
    assert doubled == kinds == ["arrived", "queued", "answered", "ended"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_late_repeats_of_older_facts_never_reopen_or_double_a_call(data: st.DataObject) -> None:
    facts = [story.member(-10), *story.ANSWERED_CALL, *story.AFTER]
    told: list[object] = []
    for i, fact in enumerate(facts):
        told.append(fact)
        if i and data.draw(st.booleans()):
            told.append(facts[data.draw(st.integers(0, i))])
    h = hall()
    kinds = tell(h, *told)
    assert kinds.count("arrived") == kinds.count("answered") == kinds.count("ended") == 1
    assert h.calls.live == {}


@pytest.mark.parametrize(
    ("facts", "outcome", "by"),
    [
        ((story.entered(0), story.ended(2)), "abandoned_flow", "caller"),
        ((story.entered(0), story.flow_ended(2), story.ended(2)), "self_service", "system"),
        ((story.entered(0), story.queued(2), story.abandoned(9), story.left_queue(9), story.ended(9)),
         "abandoned_queue", "caller"),
        ((story.entered(0), story.queued(2), story.seat_called(3), story.abandoned(9), story.ended(9)),
         "abandoned_ringing", "caller"),
        ((story.entered(0), story.queued(2), story.left_queue(9), story.queue_left(9, "TIMEOUT"), story.ended(12)),
         "timed_out", "system"),
        ((story.entered(0), story.queued(2), story.seat_called(3), story.no_answer(8), story.queue_left(9, "TIMEOUT"),
          story.ended(12)), "no_answer", "system"),
        ((story.entered(0), story.queued(2), story.abandoned(9), story.left_queue(9), story.queue_left(9, "TIMEOUT"),
          story.ended(12)), "timed_out", "system"),
        ((story.entered(0), story.queue_left(3, "FULL"), story.ended(5)), "queue_full", "system"),
        ((story.entered(0), story.queue_left(3, "JOINEMPTY"), story.ended(5)), "no_seat", "system"),
        ((story.entered(0), story.queued(2), story.queue_left(3, ""), story.ended(5)), "system", "system"),
        ((story.entered(0), story.ended(1, cause=38)), "system", "system"),
    ],
)  # fmt: skip
def test_each_way_a_call_is_lost_has_its_outcome(facts: tuple[object, ...], outcome: str, by: str) -> None:
    record = ended_record(hall(), *facts)
    assert (record.outcome, record.ended_by) == (outcome, by)


def test_wait_of_a_lost_call_ends_with_the_call() -> None:
    record = ended_record(hall(), story.entered(0), story.queued(2), story.abandoned(9), story.ended(9))
    assert record.wait_s == 7.0
    assert record.talk_s is None


def test_hold_is_not_talk() -> None:
    h = hall()
    tell(h, story.member(-10), *story.ANSWERED_CALL)
    tell(h, LegHeld(T0 + 20, story.SEAT_LEG, story.CALL, story.SEAT_CHANNEL))
    tell(h, LegHeld(T0 + 21, story.SEAT_LEG, story.CALL, story.SEAT_CHANNEL))
    tell(h, LegResumed(T0 + 30, story.SEAT_LEG, story.CALL, story.SEAT_CHANNEL))
    record = ended_record(h, *story.AFTER)
    assert (record.talk_s, record.hold_s) == (50.0, 10.0)


def test_a_stream_joined_at_the_answer_still_makes_a_call() -> None:
    h = hall()
    record = ended_record(h, story.answered(8, hold_s=4.0), *story.AFTER)
    assert (record.entry_number, record.caller_number, record.wait_s) == ("12345", story.NUMBER, 4.0)
    assert record.outcome == "answered"


def test_calls_that_ended_while_nobody_watched_are_closed_as_unseen() -> None:
    h = hall()
    tell(h, story.entered(0), story.queued(2))
    (change,) = h.apply(story.snapshot(60))
    assert (change.kind, change.call.outcome, change.call.ended_by) == ("ended", "ended_unseen", "unseen")


def test_an_answered_call_that_ended_unseen_stays_answered() -> None:
    h = hall()
    tell(h, story.member(-10), *story.ANSWERED_CALL)
    (change,) = h.apply(story.snapshot(60))
    assert (change.call.outcome, change.call.ended_by) == ("answered", "unseen")


def test_snapshot_after_a_restart_takes_the_talking_call_up_without_a_second_answer() -> None:
    before, after = hall(), hall()
    tell(before, story.member(-10), *story.ANSWERED_CALL)
    after.calls.restore([before.calls.live[story.CALL].record])
    legs = (story.citizen_image(20, "b"), story.seat_image(15, "b"))
    assert tell(after, story.snapshot(20, legs=legs, members=(story.member(20, device=2),))) == []
    record = ended_record(after, *story.AFTER)
    assert (record.outcome, record.talk_s, record.wait_s) == ("answered", 60.0, 4.0)


def test_snapshot_finds_the_answer_that_happened_while_we_were_away() -> None:
    h = hall()
    record = CallRecord(story.CALL, T0, entry_number="12345", queued_at=T0 + 4, queue=story.HOTLINE)
    h.calls.restore([record])
    legs = (story.citizen_image(20, "b"), story.seat_image(12, "b"))
    kinds = tell(h, story.snapshot(20, legs=legs, members=(story.member(20, device=2),)))
    assert kinds == ["answered"]
    assert (record.answered_at, record.wait_s, record.agent) == (T0 + 8, 4.0, "1001")


def test_snapshot_finds_a_call_that_arrived_and_waits_since_we_were_away() -> None:
    h = hall()
    kinds = tell(h, story.snapshot(30, legs=(story.citizen_image(20),), waiting=(story.waiting_image(15.0),)))
    assert kinds == ["arrived", "queued"]
    record = h.calls.live[story.CALL].record
    assert (record.started_at, record.queued_at, record.entry_number) == (T0 + 10, T0 + 15, "12345")


def test_the_recording_is_known_by_its_leg() -> None:
    h = hall()
    tell(h, *story.ANSWERED_CALL, RecordingStarted(T0 + 8, story.LEG, story.CALL, "c1"))
    assert ended_record(h, *story.AFTER).recording_id == "c1"


def test_wrap_up_counts_on_the_call_it_followed() -> None:
    h = hall(wrap_up_s=20)
    tell(h, story.member(-10), *story.ANSWERED_CALL, *story.AFTER)
    assert h.wrap_up_over(T0 + 69) == []
    tell(h, story.member(68.01, paused=True, reason="wrap_up"))
    assert h.wrap_up_over(T0 + 75) == []
    tell(h, story.member(80))
    (change,) = h.wrap_up_over(T0 + 80)
    assert change.kind == "updated"
    assert change.call.wrap_s == pytest.approx(12.0)


def test_a_table_of_closed_calls_does_not_grow_without_bound() -> None:
    from gateway.model.facts import CallEntered, LegEnded
    from gateway.model.ids import CallId, LegId

    h = hall()
    for i in range(10_000):
        tell(h, CallEntered(T0 + i, LegId(f"{i}"), CallId(f"{i}"), story.TRUNK, "1", "", "12345", "trunk"))
        tell(h, LegEnded(T0 + i + 0.5, LegId(f"{i}"), CallId(f"{i}"), story.TRUNK, 16, ""))
    assert (len(h.calls.live), len(h.calls.legs)) == (0, 0)
    assert len(h.calls.closed) <= 4096


def test_endpoint_is_the_channel_without_its_serial() -> None:
    assert endpoint_of("PJSIP/8001-0000002a") == "PJSIP/8001"
    assert endpoint_of("PJSIP/city-hk-0000002a") == "PJSIP/city-hk"


# As app_queue tells of a caller who is taken out by a shift lead: abandoned, left, and the telephone that rings.
_TAKEN_OUT = (story.entered(0), story.queued(4), story.abandoned(9), story.left_queue(9), story.seat_created(9.1),
              story.seat_called(9.1))  # fmt: skip


def test_who_is_picked_up_by_hand_has_waited_since_the_first_queue_and_is_answered() -> None:
    record = ended_record(
        hall(), *_TAKEN_OUT, story.answered(11), story.completed(20), story.seat_ended(20), story.ended(20)
    )
    assert (record.outcome, record.wait_s, record.ring_s, record.talk_s) == ("answered", 7.0, 1.9, 9.0)
    assert [s.kind for s in record.stretches if s.kind != "wrap_up"] == ["flow", "waiting", "ringing", "talking"]


def test_who_is_not_picked_up_waits_on_and_the_clock_never_starts_again() -> None:
    h = hall()
    tell(h, *_TAKEN_OUT, story.seat_ended(14), story.queued(14.1))
    record = ended_record(h, story.abandoned(20), story.left_queue(20), story.ended(20))
    assert (record.outcome, record.ended_by, record.wait_s) == ("abandoned_queue", "caller", 16.0)
    assert [s.kind for s in record.stretches] == ["flow", "waiting", "ringing", "waiting"]


def test_who_hangs_up_while_a_lead_is_rung_for_him_is_lost_in_ringing() -> None:
    record = ended_record(hall(), *_TAKEN_OUT, story.ended(12))
    assert (record.outcome, record.ended_by, record.wait_s) == ("abandoned_ringing", "caller", 8.0)


def test_who_meets_a_closed_queue_and_is_not_sent_on_found_no_seat() -> None:
    record = ended_record(hall(), story.entered(0), story.queue_left(3, "CLOSED"), story.ended(9))
    assert (record.outcome, record.ended_by, record.queue) == ("no_seat", "system", "hotline")
