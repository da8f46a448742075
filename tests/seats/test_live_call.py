"""One call: stretches that begin and end, holds by several legs, and how it went when it is over."""

from __future__ import annotations

import pytest

from gateway.model.ids import AgentId, CallId, LegId, SeatId
from gateway.model.records import CallOutcome, CallRecord
from gateway.seats.live_call import LiveCall
from tests.seats import story
from tests.seats.story import HOTLINE, SEAT_LEG, T0

A001 = SeatId("A001")


def call(**fields: object) -> LiveCall:
    record = CallRecord(CallId("c1"), T0)
    for name, value in fields.items():
        assert hasattr(record, name), name
        setattr(record, name, value)
    return LiveCall(record, LegId("c1"))


def talking(at: float = 8.0) -> LiveCall:
    """Queued at second 4, rung at 5, answered at ``at``."""
    live = call(queued_at=T0 + 4, queue=HOTLINE)
    live.begin("waiting", T0 + 4, HOTLINE)
    live.begin("ringing", T0 + 5, HOTLINE, A001, AgentId("1001"), SEAT_LEG)
    live.take_up(story.answered(at), A001)
    return live


def kinds(live: LiveCall) -> list[tuple[str, float, float | None]]:
    return [(s.kind, s.start - T0, None if s.end is None else s.end - T0) for s in live.record.stretches]


def test_an_answer_ends_the_wait_and_the_ring_and_counts_both() -> None:
    live = talking()
    assert kinds(live) == [("waiting", 4.0, 8.0), ("ringing", 5.0, 8.0), ("talking", 8.0, None)]
    record = live.record
    assert (record.wait_s, record.ring_s, record.answered_at) == (4.0, 3.0, T0 + 8)
    assert (record.seat, record.agent, live.seat_leg) == (A001, "1001", SEAT_LEG)


def test_an_answer_of_which_nothing_was_seen_before_has_app_queues_own_seconds() -> None:
    live = call()
    live.take_up(story.answered(8, hold_s=5.0), None)
    assert (live.record.queued_at, live.record.wait_s, live.record.ring_s) == (T0 + 3, 5.0, 2.0)


def test_a_hold_lasts_until_the_last_who_holds_lets_go() -> None:
    live = talking()
    citizen, agent = LegId("c1"), SEAT_LEG
    live.hold(agent, T0 + 10)
    live.hold(agent, T0 + 11)
    live.hold(citizen, T0 + 12)
    live.resume(agent, T0 + 20)
    assert kinds(live)[-1] == ("held", 10.0, None)
    live.resume(citizen, T0 + 30)
    assert kinds(live)[-2:] == [("held", 10.0, 30.0), ("talking", 30.0, None)]
    live.resume(citizen, T0 + 40)
    assert kinds(live)[-1] == ("talking", 30.0, None), "who is not on hold is not taken back"


def test_the_seconds_of_a_call_are_those_of_its_stretches() -> None:
    live = talking()
    live.hold(SEAT_LEG, T0 + 10)
    live.resume(SEAT_LEG, T0 + 30)
    record = live.close(T0 + 68, failed=False, unseen=False)
    assert (record.talk_s, record.hold_s, record.wait_s, record.ended_at) == (40.0, 20.0, 4.0, T0 + 68)
    assert (record.outcome, record.ended_by) == ("answered", "system")


def test_a_wrap_up_outlives_the_call() -> None:
    live = talking()
    live.begin("wrap_up", T0 + 60)
    live.close(T0 + 68, failed=False, unseen=False)
    assert kinds(live)[-1] == ("wrap_up", 60.0, None)


@pytest.mark.parametrize(
    ("status", "rang", "outcome"),
    [("TIMEOUT", False, "timed_out"), ("TIMEOUT", True, "no_answer"), ("FULL", True, "queue_full"),
     ("LEAVEEMPTY", False, "no_seat"), ("CLOSED", False, "no_seat"), ("", False, "system")],
)  # fmt: skip
def test_a_wait_without_an_agent_has_the_outcome_of_app_queue(status: str, rang: bool, outcome: CallOutcome) -> None:
    live = call(ended_by="caller")
    live.any_rang = rang
    live.begin("waiting", T0 + 4, HOTLINE)
    live.leave_unserved(story.queue_left(9, status))
    assert (live.record.outcome, live.record.ended_by, live.record.queue) == (outcome, "", HOTLINE)
    assert kinds(live) == [("waiting", 4.0, 9.0)]


@pytest.mark.parametrize(
    ("before", "failed", "unseen", "outcome", "by"),
    [
        ({}, False, False, "abandoned_flow", "caller"),
        ({}, True, False, "system", "system"),
        ({"queued_at": T0 + 4}, False, False, "abandoned_queue", "caller"),
        ({"queued_at": T0 + 4}, True, True, "ended_unseen", "unseen"),
        ({"queued_at": T0 + 4, "answered_at": T0 + 8}, True, True, "answered", "unseen"),
        ({"direction": "out"}, False, False, "unreachable", "system"),
        ({"outcome": "timed_out", "queued_at": T0 + 4}, False, False, "timed_out", "system"),
    ],
)
def test_how_it_went(before: dict[str, object], failed: bool, unseen: bool, outcome: str, by: str) -> None:
    record = call(**before, recording_id="r").close(T0 + 20, failed=failed, unseen=unseen)
    assert (record.outcome, record.ended_by) == (outcome, by)
    assert bool(record.recording_id) == (record.answered_at is not None), "no conversation, no recording"


def test_who_hangs_up_while_it_rings_or_a_moment_after_is_lost_while_ringing() -> None:
    live = call(queued_at=T0 + 4)
    live.begin("ringing", T0 + 5)
    assert live.rings(T0 + 6)
    live.end_all(T0 + 7)
    assert live.rings(T0 + 7.4) and not live.rings(T0 + 7.6)
    assert live.close(T0 + 7.4, failed=False, unseen=False).outcome == "abandoned_ringing"


@pytest.mark.parametrize(("after", "by"), [(0.2, "caller"), (5.0, "transfer")])
def test_the_end_of_a_leg_that_was_in_a_room_is_the_callers_only_at_once(after: float, by: str) -> None:
    live = talking()
    live.room_at = T0 + 30
    assert live.close(T0 + 30 + after, failed=False, unseen=False).ended_by == by


def test_a_flow_that_did_all_is_self_service() -> None:
    live = call()
    live.begin("flow", T0)
    live.end("flow", T0 + 9)
    live.flow_done = True
    assert live.close(T0 + 9, failed=False, unseen=False).outcome == "self_service"
    assert kinds(live) == [("flow", 0.0, 9.0)]
