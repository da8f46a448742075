"""Wrap-ups: begun by the end of a conversation, held by Asterisk's pause, over when presence moves on."""

from __future__ import annotations

import pytest

from gateway.model.ids import SeatId
from gateway.seats.hall import Hall
from gateway.seats.map import WRAP_UP
from tests.seats import story
from tests.seats.story import T0, hall, tell

A001 = SeatId("A001")


def after_a_call(**queue: int) -> Hall:
    h = hall(**(queue or {"wrap_up_s": 30}))
    tell(h, story.member(0), *story.ANSWERED_CALL, *story.AFTER)
    return h


def test_the_agent_wraps_up_at_once_and_until_the_pause_is_over() -> None:
    h = after_a_call()
    seat = h.seats.by_id[A001]
    assert (seat.presence, seat.wrap_up_until) == ("wrap_up", T0 + 98)
    tell(h, story.member(68.2, paused=True, reason=WRAP_UP))
    assert h.wrap_up_over(T0 + 80) == []
    tell(h, story.member(90))
    (change,) = h.wrap_up_over(T0 + 90)
    assert (change.kind, change.call.wrap_s) == ("updated", 22.0)
    assert h.calls.wrapping == {}


def test_a_pause_that_is_never_told_of_was_no_wrap_up() -> None:
    h = after_a_call()
    assert h.wrap_up_over(T0 + 70) == []
    (change,) = h.wrap_up_over(T0 + 72)
    assert (change.kind, h.seats.by_id[A001].presence) == ("updated", "ready")


@pytest.mark.parametrize("paused", [True, False])
def test_no_wrap_up_without_time_for_it_or_for_whoever_is_not_ready(paused: bool) -> None:
    h = hall(wrap_up_s=30 if paused else 0)
    tell(h, story.member(0), *story.ANSWERED_CALL)
    if paused:
        tell(h, story.member(20, paused=True, reason="lunch"))
    tell(h, *story.AFTER)
    assert h.calls.wrapping == {}
    assert h.seats.by_id[A001].presence == ("not_ready" if paused else "ready")


def test_a_wrap_up_that_only_asterisk_knows_of_ends_with_the_longest_of_the_queues() -> None:
    h = hall(wrap_up_s=30)
    tell(h, story.snapshot(100, members=(story.member(95, paused=True, reason=WRAP_UP),)))
    seat = h.seats.by_id[A001]
    assert (seat.presence, seat.wrap_up_until) == ("wrap_up", T0 + 125)


def test_the_wrap_up_of_a_seat_that_is_taken_off_the_plan_is_over() -> None:
    h = after_a_call()
    del h.seats.by_id[A001]
    (change,) = h.wrap_up_over(T0 + 75)
    assert change.call.wrap_s == 7.0


def test_the_hall_knows_which_seats_wrap_up_whatever_brought_them_there() -> None:
    def agrees(h: Hall) -> bool:
        return h.wrapping_up == {key for key, seat in h.seats.by_id.items() if seat.presence == "wrap_up"}

    h = after_a_call()
    assert h.wrapping_up == {A001} and agrees(h)
    h.wrap_up_over(T0 + 72)  # the pause was never told of
    assert h.wrapping_up == set() and agrees(h)
    paused = story.member(80, paused=True, reason=WRAP_UP)
    tell(h, story.snapshot(81, members=(paused,)))
    assert h.wrapping_up == {A001} and agrees(h)
    h.adopt((), (), {})
    assert h.wrapping_up == set() and agrees(h)


def test_who_asks_is_told_of_each_seat_that_moves_and_of_none_that_does_not() -> None:
    h, moved = hall(wrap_up_s=30), list[tuple[str, str, str, float]]()
    h.on_seat.append(lambda seat, at: moved.append((seat.config.id, seat.presence, seat.activity, at - T0)))
    tell(h, story.member(0), story.member(1), *story.ANSWERED_CALL, *story.AFTER)
    assert moved[0] == ("A001", "ready", "idle", 0)
    assert moved[-1][1:3] == ("wrap_up", "idle")
    assert {key for key, *_ in moved} == {"A001"}
    states = [one[1:3] for one in moved]
    assert ("ready", "talking") in states
    told = len(moved)
    tell(h, story.member(69, paused=True, reason=WRAP_UP))  # it wraps up already
    assert len(moved) == told
