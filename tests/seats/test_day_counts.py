"""Today's counts: by queue and by who sits where, over seats, restarts and midnight."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from gateway.model.ids import AgentId, CallId, LegId, SeatId
from gateway.model.records import CallChange, CallRecord, Stretch
from gateway.seats.day_counts import DayCounts
from gateway.seats.hall import Hall
from tests.seats import story
from tests.seats.story import HOTLINE, T0, hall, tell

A001 = SeatId("A001")


def answered_call(call: str, agent: str = "1001", **more: object) -> CallRecord:
    """Answered and over, with one hold: two stretches of talk."""
    leg = LegId(f"s-{call}")
    stretches = [
        Stretch("talking", T0 + 1, T0 + 5, HOTLINE, A001, AgentId(agent), leg),
        Stretch("held", T0 + 5, T0 + 6, HOTLINE, A001, AgentId(agent), leg),
        Stretch("talking", T0 + 6, T0 + 9, HOTLINE, A001, AgentId(agent), leg),
    ]
    record = CallRecord(CallId(call), T0, queue=HOTLINE, seat=A001, agent=AgentId(agent), answered_at=T0 + 1,
                        ended_at=T0 + 9, outcome="answered", stretches=stretches)  # fmt: skip
    for name, value in more.items():
        setattr(record, name, value)
    return record


def calls_at(h: Hall, seat: str = "A001") -> int:
    return next(view["calls_today"] for view in h.seat_views() if view["id"] == seat)


def test_a_seats_count_survives_a_restart() -> None:
    h = hall()
    h.resume_day([answered_call("x"), answered_call("y"), answered_call("z", agent="1002")])
    tell(h, story.snapshot(60, members=(story.member(60),)))
    assert (calls_at(h), calls_at(h, "A002")) == (2, 0)
    tell(h, *story.ANSWERED_CALL)
    assert calls_at(h) == 3


def test_a_count_goes_with_the_agent_from_seat_to_seat() -> None:
    h = hall()
    tell(h, story.member(0), *story.ANSWERED_CALL, *story.AFTER)
    assert calls_at(h) == 1
    tell(h, story.removed(100))
    assert calls_at(h) == 0, "nobody sits there"
    tell(h, story.member(110, agent="1002"))
    assert calls_at(h) == 0, "another agent has not answered any"
    tell(h, story.member(110, phone="PJSIP/8002", agent="1001"))
    assert calls_at(h, "A002") == 1


def test_a_call_that_is_talked_over_a_restart_counts_once() -> None:
    h = hall()
    talk = Stretch("talking", T0 + 1, None, HOTLINE, A001, AgentId("1001"), story.SEAT_LEG)
    still = answered_call("c1", ended_at=None, outcome=None, stretches=[talk])
    h.resume_day([still])
    h.calls.restore([still])
    tell(h, story.snapshot(60, legs=(story.citizen_image(60, "b1"), story.seat_image(55, "b1")),
                           members=(story.member(60),)))  # fmt: skip
    queue = h.queues.queues[HOTLINE]
    assert (queue.answered_today, calls_at(h)) == (1, 1)
    tell(h, story.ended(90))
    assert (queue.answered_today, queue.lost_today) == (1, 0)


def test_a_call_that_is_answered_by_two_counts_once_for_the_queue_and_for_each_agent() -> None:
    h = hall()
    both = answered_call("x")
    both.stretches.append(Stretch("talking", T0 + 9, T0 + 12, HOTLINE, SeatId("A002"), AgentId("1002"), LegId("s2")))
    h.resume_day([both])
    tell(h, story.member(60), story.member(60, phone="PJSIP/8002", agent="1002"))
    assert (h.queues.queues[HOTLINE].answered_today, calls_at(h), calls_at(h, "A002")) == (1, 1, 1)


def test_a_record_without_stretches_counts_for_its_agent() -> None:
    h = hall()
    h.resume_day([answered_call("x", stretches=[]), CallRecord(CallId("y"), T0, queue=HOTLINE, outcome="timed_out")])
    tell(h, story.member(60))
    assert (calls_at(h), h.queues.queues[HOTLINE].lost_today) == (1, 1)


def test_calls_out_and_queues_of_others_count_nowhere() -> None:
    h = hall()
    h.resume_day([answered_call("x", queue=None), answered_call("y", queue="elsewhere")])
    tell(h, story.member(60))
    assert calls_at(h) == 0
    counts = DayCounts(h.seats, h.queues, h.zone)
    assert counts.count([CallChange("answered", T0, answered_call("z", queue=None))]) == set()


def test_only_a_new_day_makes_all_counts_nought() -> None:
    h = hall()
    counts = DayCounts(h.seats, h.queues, ZoneInfo("Asia/Shanghai"))
    assert not counts.roll(T0), "the first look is no new day"
    assert counts.count([CallChange("answered", T0 + 1, answered_call("x"))]) == {HOTLINE}
    assert not counts.roll(T0 + 2)
    assert h.queues.queues[HOTLINE].answered_today == 1
    assert counts.roll(T0 + 86_400)
    assert h.queues.queues[HOTLINE].answered_today == 0
    seat = h.seats.by_id[A001]
    seat.agent = AgentId("1001")
    counts.show(seat)
    assert seat.calls_today == 0
