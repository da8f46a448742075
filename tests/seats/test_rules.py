"""Automatic orders: wrap-up and its end, and the seat that lets callers ring in vain."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import story
from story import PHONE, T0, hall, tell

from gateway.model.facts import LinkLost
from gateway.model.orders import PauseMember
from gateway.seats.rules import Rules

WRAP = PauseMember(PHONE, paused=True, reason="wrap_up")
READY = PauseMember(PHONE, paused=False)


def test_wrap_up_is_ordered_at_the_end_of_a_call_and_ended_on_time() -> None:
    h = hall(wrap_up_s=20)
    rules = Rules(h)
    tell(h, story.snapshot(-20), story.member(-10), *story.ANSWERED_CALL)
    done = story.completed(68)
    h.apply(done)
    assert rules.react(done) == [WRAP]
    tell(h, *story.AFTER[1:], story.member(68.01, paused=True, reason="wrap_up"))
    assert rules.due(T0 + 87) == []
    assert rules.due(T0 + 88.5) == [READY]


def test_an_order_whose_fact_does_not_come_is_given_again_but_not_at_once() -> None:
    h = hall(wrap_up_s=20)
    rules = Rules(h)
    tell(h, story.snapshot(-20), story.member(-10), *story.ANSWERED_CALL, *story.AFTER)
    tell(h, story.member(68.01, paused=True, reason="wrap_up"))
    assert rules.due(T0 + 89) == [READY]
    assert rules.due(T0 + 90) == []
    assert rules.due(T0 + 92.5) == [READY]
    tell(h, story.member(93))
    assert rules.due(T0 + 99) == []


def test_a_seat_wraps_up_from_the_end_of_the_call_on_and_is_never_shown_ready_in_between() -> None:
    h = hall(wrap_up_s=20)
    tell(h, story.snapshot(-20), story.member(-10), *story.ANSWERED_CALL)
    seat = h.seats.by_interface[PHONE]
    (queue,) = (q for q in h.queues.queues.values() if q.config.id == "hotline")
    seen = []
    # Asterisk images the member unpaused once more before it has carried the pause out
    facts = (
        story.completed(68),
        *story.AFTER[1:],
        story.member(68.1),
        story.member(68.2, paused=True, reason="wrap_up"),
    )
    for fact in facts:
        h.apply(fact)
        seen.append((seat.presence, queue.ready))
    assert set(seen) == {("wrap_up", 0)}
    assert (seat.presence_since, seat.view({})["wrap_up_until"]) == (T0 + 68, T0 + 88)
    tell(h, story.member(70))
    assert (seat.presence, queue.ready) == ("ready", 1)


def test_a_wrap_up_that_asterisk_never_tells_of_ends_soon() -> None:
    h = hall(wrap_up_s=20)
    tell(h, story.snapshot(-20), story.member(-10), *story.ANSWERED_CALL, story.completed(68), *story.AFTER[1:])
    seat = h.seats.by_interface[PHONE]
    assert h.wrap_up_over(T0 + 70) == []
    assert seat.presence == "wrap_up"
    (change,) = h.wrap_up_over(T0 + 72)
    assert (seat.presence, change.kind, change.call.wrap_s) == ("ready", "updated", 4.0)


def test_a_seat_that_rings_again_was_never_paused() -> None:
    h = hall(wrap_up_s=20)
    tell(h, story.snapshot(-20), story.member(-10), *story.ANSWERED_CALL, story.completed(68), *story.AFTER[1:])
    tell(h, story.seat_called(69))
    assert h.seats.by_interface[PHONE].presence == "ready"


def test_no_wrap_up_for_an_agent_who_asked_to_rest_during_the_call() -> None:
    h = hall(wrap_up_s=20)
    rules = Rules(h)
    tell(h, story.member(-10), *story.ANSWERED_CALL, story.member(20, paused=True, reason="lunch"))
    done = story.completed(68)
    h.apply(done)
    assert rules.react(done) == []


def test_a_seat_that_does_not_answer_three_times_is_taken_out_once() -> None:
    h = hall(no_answer_limit=3)
    rules = Rules(h)
    tell(h, story.member(-10), story.entered(0), story.queued(1))
    orders = []
    for i in range(3):
        miss = story.no_answer(10 + i)
        h.apply(miss)
        orders.append(rules.react(miss))
    assert orders == [[], [], [PauseMember(PHONE, paused=True, reason="system")]]
    tell(h, story.member(20, paused=True, reason="system"))
    assert rules.react(story.no_answer(21)) == []


def test_a_gateway_that_was_away_ends_the_wrap_up_it_finds() -> None:
    h = hall(wrap_up_s=20)
    rules = Rules(h)
    tell(h, story.snapshot(100, members=(story.member(50, paused=True, reason="wrap_up"),)))
    assert rules.due(T0 + 100) == [READY]


def test_no_orders_while_the_link_is_down() -> None:
    h = hall(wrap_up_s=20)
    rules = Rules(h)
    tell(h, story.snapshot(100, members=(story.member(50, paused=True, reason="wrap_up"),)), LinkLost(T0 + 101, "x"))
    assert rules.due(T0 + 102) == []
