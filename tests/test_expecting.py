"""The keeper of expected waits over a hall of facts: what it learns, whom it counts, and when it says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.expecting import Expecting, oldest_first
from gateway.model.facts import CallQueued, EndpointChanged
from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.records import CallRecord
from gateway.seats.hall import Hall
from tests.seats import story
from tests.seats.story import HOTLINE, T0, tell

LEGAL = QueueId("legal")


class Clock:
    def __init__(self) -> None:
        self.at = T0

    def __call__(self) -> float:
        return self.at


def stage(**queue: int) -> tuple[Hall, Expecting, Clock]:
    hall, clock = story.hall(**queue), Clock()
    hall.link = "up"
    return hall, Expecting(hall, lambda: None, clock), clock


def caller(number: int, at: float, queue: QueueId = HOTLINE) -> CallQueued:
    """Somebody else who begins to wait."""
    leg = f"w{number}"
    fact = replace(story.queued(at), leg=LegId(leg), call=CallId(leg), channel=f"PJSIP/trunk-{number:02d}", queue=queue)
    return replace(fact, position=0)


def expected(hall: Hall, queue: QueueId = HOTLINE) -> tuple[list[float | None], float | None]:
    view = hall.queues.queues[queue].view()
    return [one["expected_s"] for one in view["waiting"]], view["expected_s"]


def test_nobody_knows_how_long_it_takes_when_nobody_is_there_to_answer() -> None:
    hall, waits, clock = stage()
    tell(hall, caller(1, 0))
    clock.at = T0 + 1
    assert waits.look()
    assert expected(hall) == ([None], None)
    assert not waits.look(), "nothing has moved"


def test_caller_with_a_ready_agent_waits_for_the_answer_and_the_next_one_for_the_end_of_a_call() -> None:
    hall, waits, clock = stage()
    tell(hall, reachable(), story.member(0), caller(1, 1), caller(2, 2))
    clock.at = T0 + 3
    assert waits.look()
    (first, second), new = expected(hall)
    assert first == 4.0 and second is not None and new is not None
    assert 60.0 < second < new


def test_stream_is_told_again_only_when_an_expectation_has_left_what_it_shows() -> None:
    hall, waits, clock = stage()
    call = CallRecord(CallId("1"), T0 - 600, queue=HOTLINE, answered_at=T0 - 590)
    call.talk_s, call.wrap_s = 120.0, 20.0
    waits.take_up([call] * 100)
    tell(hall, reachable(), story.member(0), *story.ANSWERED_CALL, caller(1, 9))
    clock.at = T0 + 10
    assert waits.look()
    hall.take_diff(clock.at)
    told = 0
    for second in range(11, 71):
        clock.at = T0 + second
        moved = waits.look()
        assert (hall.take_diff(clock.at) is not None) == moved
        told += moved
    assert 0 < told < 15
    hall.link = "down"
    clock.at = T0 + 600
    assert not waits.look(), "what is stale is not reckoned on"


def reachable() -> EndpointChanged:
    return EndpointChanged(T0, "8001", True)


def test_handling_is_learnt_from_answer_to_the_end_of_wrap_up_and_patience_from_who_leaves() -> None:
    hall, waits, clock = stage(wrap_up_s=20)
    day: list[Any] = [reachable(), story.member(0), *story.ANSWERED_CALL, *story.AFTER]
    day += [story.member(68.2, paused=True, reason="wrap_up"), story.member(88)]
    for second in range(95):
        clock.at = T0 + second
        due = [fact for fact in day if T0 + second - 1 < fact.at <= clock.at]
        for fact in due:
            tell(hall, fact)
            waits.on_fact(fact)
        waits.look()
    load = waits.load("hotline")
    assert load is not None and load.agents == 1
    assert load.offered.calls_an_hour == 1.0
    assert load.offered.handling_s == pytest.approx(((60 + 160) + (20 + 20)) / 2 + 4.0, abs=2.0)
    waits.on_fact(story.abandoned(100, hold_s=65.0))
    after = waits.load("hotline")
    assert after is not None and after.offered.patience_s < load.offered.patience_s
    assert waits.load("nowhere") is None


def test_callers_of_another_queue_with_the_same_agents_count_by_weight_and_by_how_long_they_wait() -> None:
    hall, waits, clock = stage()
    tell(
        hall,
        reachable(),
        story.member(0),
        story.member(0, queue="legal"),
        caller(1, 1, LEGAL),
        caller(2, 2),
        caller(3, 3, LEGAL),
    )
    clock.at = T0 + 4
    waits.look()
    (elder,), _ = expected(hall)
    legal, _ = expected(hall, LEGAL)
    assert legal[0] == 4.0, "the first of both queues"
    assert elder is not None and legal[1] is not None and 4.0 < elder < legal[1]
    hall.queues.queues[LEGAL].config = hall.queues.queues[LEGAL].config.model_copy(update={"weight": 5})
    waits.look()
    (later,), _ = expected(hall)
    assert later is not None and later > elder, "both of the heavier queue go first"


def test_agents_who_rest_or_cannot_be_called_are_not_counted_on() -> None:
    hall, waits, _ = stage()
    tell(hall, reachable(), story.member(0))
    assert (waits.load("hotline") or pytest.fail("no load")).agents == 1
    tell(hall, story.member(1, paused=True, reason="break"))
    assert (waits.load("hotline") or pytest.fail("no load")).agents == 0
    tell(hall, story.member(2), EndpointChanged(T0 + 2, "8001", False))
    assert (waits.load("hotline") or pytest.fail("no load")).agents == 0


def test_day_before_a_restart_is_not_unknown() -> None:
    _, waits, clock = stage()
    call = CallRecord(CallId("1"), T0 - 600, queue=HOTLINE, answered_at=T0 - 590)
    call.wait_s, call.talk_s, call.hold_s, call.wrap_s = 10.0, 300.0, 20.0, 30.0
    lost = replace(call, call_id=CallId("2"), started_at=T0 - 4000, answered_at=None, talk_s=None, wait_s=45.0)
    out = replace(call, call_id=CallId("3"), direction="out", queue=None)
    kept = oldest_first([call, out, lost])
    assert [one.call_id for one in kept] == ["2", "1"]
    waits.take_up(kept)
    clock.at = T0
    load = waits.load("hotline")
    assert load is not None
    assert load.offered.calls_an_hour == 1.0
    assert load.offered.handling_s == pytest.approx((320 + 160 + 30 + 20) / 2 + 4.0)


async def test_run_looks_again_and_again_and_shows_what_moved() -> None:
    hall, clock, shown = story.hall(), Clock(), asyncio.Event()
    hall.link = "up"
    waits = Expecting(hall, shown.set, clock)
    tell(hall, caller(1, 0))
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(waits.run())
        await shown.wait()
        running.cancel()
    assert hall.take_diff(clock.at) is not None
