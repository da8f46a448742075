"""A lane keeps the order whatever its follower answers, waits for it, and knows an event's fault from an endpoint's."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.bell import FeedBell
from gateway.bus.config import FollowersConfig
from gateway.bus.lane import FAILING, RECOVERED, Lane, LaneMeans, Wanted
from gateway.bus.posting import Outcome, Post
from gateway.bus.signing import new_secret
from gateway.model.messages import Follower
from gateway.model.records import Event
from gateway.tail import FeedTail

FOLLOWER = Follower("f1", "工单系统", "https://x.example/hook", (new_secret(),))
QUICK = FollowersConfig(first_s=0.001, most_s=0.002)


class Feed:
    """A feed of events of one type, or of those given."""

    def __init__(self, types: Sequence[str]) -> None:
        self.rows = [Event(n, f"e{n}", type, f"s{n}", 1.0, {}) for n, type in enumerate(types, 1)]

    def on_commit(self, tell: object) -> None: ...

    async def events(self, after: int, limit: int = 100) -> Sequence[Event]:
        return self.rows[after : after + limit]

    async def last_sequence(self) -> int:
        return len(self.rows)


class End:
    """The follower's end: answers as ``answer`` says, and keeps what it took."""

    def __init__(self, answer: Callable[[list[int]], Outcome]) -> None:
        self.answer, self.tried, self.taken = answer, [], []  # type: ignore[var-annotated]
        self.open = 0

    async def send(self, url: str, keys: Sequence[bytes], post: Post, at: float) -> Outcome:
        self.open += 1
        assert self.open == 1, "one post in flight"
        await asyncio.sleep(0)
        self.open -= 1
        numbers = [int(part) for part in post.body.strip(b"[]").split(b",")]
        self.tried.append(numbers)
        outcome = self.answer(numbers)
        if outcome.verdict == "taken":
            self.taken += numbers
        return outcome


def ok(numbers: list[int]) -> Outcome:
    return Outcome("taken", 200)


class Clock:
    """Runs like a real one, and a test may set it forward."""

    def __init__(self) -> None:
        self.now, self._began = 1000.0, time.monotonic()

    def __call__(self) -> float:
        return self.now + time.monotonic() - self._began


@asynccontextmanager
async def following(
    end: End, types: Sequence[str], follower: Follower = FOLLOWER, config: FollowersConfig = QUICK, **more: Any
) -> AsyncIterator[Lane]:
    tail = FeedTail(Feed(types), lambda event: b"%d" % event.sequence)  # type: ignore[arg-type]
    await tail.look()
    clock = more.get("clock") or Clock()
    means = LaneMeans(tail, FeedBell(), end, config, clock, random.Random(1), lambda: None)  # type: ignore[arg-type]
    lane = Lane(follower, means)
    task = asyncio.create_task(lane.run())
    try:
        yield lane
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.001)


TYPES = ["hotline.ticket.opened.v1", "hotline.call.ended.v1", "hotline.ticket.state.v1", "hotline.line.lost.v1"]


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        ([], TYPES),
        (["*"], TYPES),
        (["hotline.ticket.*"], [TYPES[0], TYPES[2]]),
        (["hotline.ticket.opened.v1", "hotline.line.*"], [TYPES[0], TYPES[3]]),
        (["ticket"], []),
    ],
)
def test_patterns_choose_types(patterns: list[str], wanted: list[str]) -> None:
    assert [type for type in TYPES if Wanted(patterns)(type)] == wanted


async def test_a_follower_gets_the_feed_in_order_and_the_cursor_passes_what_it_does_not_want() -> None:
    end = End(ok)
    async with following(end, TYPES * 60, replace(FOLLOWER, types=("hotline.ticket.*",))) as lane:
        await until(lambda: lane.follower.cursor == 240)
    assert end.taken == [n for n in range(1, 241) if n % 2]
    assert lane.posted == 120


@pytest.mark.parametrize(("batch", "posts"), [(1, 250), (40, 8), (100, 3)])
async def test_a_batch_holds_as_many_events_as_its_follower_asks_for(batch: int, posts: int) -> None:
    end = End(ok)
    async with following(end, ["t"] * 250, replace(FOLLOWER, batch=batch)) as lane:
        await until(lambda: lane.follower.cursor == 250)
    assert end.taken == list(range(1, 251)) and len(end.tried) == posts


@settings(max_examples=40, deadline=None)
@given(fails=st.sets(st.integers(0, 60), max_size=30), batch=st.sampled_from([1, 3, 100]))
async def test_whichever_posts_fail_each_event_is_taken_once_and_in_order(fails: set[int], batch: int) -> None:
    end = End(lambda numbers: Outcome("failed", 500, "HTTP 500") if len(end.tried) in fails else Outcome("taken", 200))
    async with following(end, ["t"] * 25, replace(FOLLOWER, batch=batch)) as lane:
        await until(lambda: lane.follower.cursor == 25)
    assert end.taken == list(range(1, 26))
    assert lane.follower.state == "active" and lane.follower.failures == 0 and not lane.news.letters


async def test_failing_and_recovering_are_told_once_each() -> None:
    end = End(lambda numbers: Outcome("failed", 500, "HTTP 500") if len(end.tried) <= 8 else Outcome("taken", 200))
    async with following(end, ["t"] * 3) as lane:
        await until(lambda: lane.follower.cursor == 3)
    assert [type for type, _ in lane.news.events] == [FAILING, RECOVERED]
    told = lane.news.events[0][1]
    assert (told["follower_id"], told["state"], told["failures"], told["error"]) == ("f1", "failing", 3, "HTTP 500")


async def test_one_failure_is_not_worth_an_event() -> None:
    end = End(lambda numbers: Outcome("failed", 502, "HTTP 502") if len(end.tried) == 1 else Outcome("taken", 200))
    async with following(end, ["t"] * 3) as lane:
        await until(lambda: lane.follower.cursor == 3)
    assert not lane.news and lane.follower.error == ""


async def test_an_event_that_is_refused_for_long_enough_is_set_aside_and_the_feed_goes_on() -> None:
    clock = Clock()

    def answer(numbers: list[int]) -> Outcome:
        clock.now += 30
        return Outcome("refused", 422, "HTTP 422: bad") if 7 in numbers else Outcome("taken", 200)

    end = End(answer)
    config = FollowersConfig(first_s=0.001, most_s=0.002, refused_s=100)
    async with following(end, ["t"] * 20, replace(FOLLOWER, batch=10), config, clock=clock) as lane:
        await until(lambda: lane.follower.cursor == 20)
    assert end.taken == [n for n in range(1, 21) if n != 7]
    assert [(letter.sequence, letter.error) for letter in lane.news.letters] == [(7, "HTTP 422: bad")]
    assert lane.follower.state == "active"


async def test_when_the_next_event_fails_too_the_follower_is_paused_and_no_more_is_set_aside() -> None:
    clock = Clock()

    def answer(numbers: list[int]) -> Outcome:
        clock.now += 3600
        return Outcome("failed", 500, "HTTP 500")

    end = End(answer)
    async with following(end, ["t"] * 9, clock=clock) as lane:
        await until(lambda: lane.follower.state == "paused")
    assert [letter.sequence for letter in lane.news.letters] == [1]
    assert lane.follower.cursor == 1 and lane.follower.due_at is None
    assert [data["state"] for _, data in lane.news.events] == ["failing", "paused"]


async def test_one_that_is_not_reached_loses_no_event_and_is_paused_in_the_end() -> None:
    clock = Clock()

    def answer(numbers: list[int]) -> Outcome:
        clock.now += 3600
        return Outcome("unreachable", 0, "connection refused")

    async with following(End(answer), ["t"] * 9, clock=clock) as lane:
        await until(lambda: lane.follower.state == "paused")
    assert not lane.news.letters and lane.follower.cursor == 0
    assert 3 * 86_400 <= clock.now - 1000.0 <= 3 * 86_400 + 2 * 3600


async def test_gone_pauses_at_once() -> None:
    end = End(lambda numbers: Outcome("gone", 410, "HTTP 410"))
    async with following(end, ["t"] * 9) as lane:
        await until(lambda: lane.follower.state == "paused")
    assert len(end.tried) == 1 and lane.follower.cursor == 0


async def test_retry_after_is_waited_for() -> None:
    clock = Clock()
    end = End(lambda numbers: Outcome("failed", 429, "HTTP 429", after_s=50))
    async with following(end, ["t"], clock=clock) as lane:
        await until(lambda: lane.follower.due_at is not None)
        assert lane.follower.due_at is not None and lane.follower.due_at >= clock.now + 50


async def test_a_restarted_node_keeps_waiting_for_a_follower_that_failed_before() -> None:
    clock = Clock()
    end = End(ok)
    stood = replace(FOLLOWER, failures=5, failing_since=900.0, due_at=1060.0, state="failing", error="HTTP 500")
    async with following(end, ["t"], stood, clock=clock) as lane:
        await asyncio.sleep(0.02)
        assert not end.tried
        clock.now = 1060.0
        lane.follower = replace(lane.follower, due_at=None)
    async with following(end, ["t"], lane.follower, clock=clock) as again:
        await until(lambda: again.follower.cursor == 1)
    assert [type for type, _ in again.news.events] == [RECOVERED]
