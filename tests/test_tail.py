"""The tail reads and encodes each event once for all its readers, and never skips, repeats or reorders one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.bell import FeedBell
from gateway.model.records import Event
from gateway.tail import PAGE, FeedTail


class Feed:
    """A ledger's feed in memory; ``silent`` commits are those of another process."""

    def __init__(self, count: int = 0, size: int = 10) -> None:
        self.events_: list[Event] = []
        self.recent: list[Event] = []
        self.size, self.reads, self.told = size, 0, []
        self.fails: OSError | None = None
        self.commit(count)

    def commit(self, count: int, *, silent: bool = False) -> None:
        for _ in range(count):
            n = len(self.events_) + 1
            self.events_.append(Event(n, f"e{n}", "t", "s", 1.0, {}))
        if not silent:
            for tell in self.told:
                tell(len(self.events_))

    def on_commit(self, tell: object) -> None:
        self.told.append(tell)

    async def events(self, after: int, limit: int = 100) -> Sequence[Event]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails
        return self.events_[after : after + limit]

    def recent_events(self, after: int, limit: int = 100) -> Sequence[Event]:
        return self.recent[after : after + limit]

    async def last_sequence(self) -> int:
        if self.fails:
            raise self.fails
        return len(self.events_)


class Encoder:
    def __init__(self, size: int = 10) -> None:
        self.count, self.size = 0, size

    def __call__(self, event: Event) -> bytes:
        self.count += 1
        return b"%d" % event.sequence + b"x" * self.size


async def drained(tail: FeedTail, after: int = 0, limit: int = PAGE) -> list[int]:
    seen: list[int] = []
    while page := await tail.read(after, limit):
        seen += [entry.sequence for entry in page]
        after = seen[-1]
    return seen


async def test_many_readers_cost_one_reading() -> None:
    feed, encode = Feed(250), Encoder()
    tail = FeedTail(feed, encode)  # type: ignore[arg-type]
    found = await asyncio.gather(*(drained(tail) for _ in range(50)))
    assert all(one == list(range(1, 251)) for one in found)
    assert encode.count == 250 and feed.reads == 3


async def test_what_is_committed_later_is_found_without_reading_the_rest_again() -> None:
    feed, encode = Feed(120), Encoder()
    tail = FeedTail(feed, encode)  # type: ignore[arg-type]
    assert len(await drained(tail)) == 120
    reads = feed.reads
    assert await tail.read(120) == []
    assert feed.reads == reads  # nothing new was told of, so nothing is read
    feed.commit(30)
    assert await drained(tail, 120) == list(range(121, 151))
    assert encode.count == 150


async def test_an_entry_is_framed_as_a_server_sent_event() -> None:
    tail = FeedTail(Feed(1), lambda event: b'{"a":1}')  # type: ignore[arg-type]
    (entry,) = await tail.read(0)
    assert (entry.id, entry.body, entry.framed) == ("e1", b'{"a":1}', b'id: 1\ndata: {"a":1}\n\n')


async def test_who_needs_no_envelope_has_the_events_as_they_are_and_nothing_is_encoded() -> None:
    feed, encode = Feed(150), Encoder()
    tail = FeedTail(feed, encode)  # type: ignore[arg-type]
    assert [one.id for one in await tail.events(140)] == [f"e{n}" for n in range(141, 151)]
    assert len(await tail.events(0, 7)) == 7 and await tail.events(150) == []
    assert encode.count == 0


async def test_what_the_ledger_still_knows_is_not_read_from_it() -> None:
    feed = Feed(10)
    tail = FeedTail(feed, Encoder())  # type: ignore[arg-type]
    feed.recent = feed.events_[:8]
    assert [one.id for one in await tail.events(6)] == ["e7", "e8"] and feed.reads == 0
    assert [one.id for one in await tail.events(8)] == ["e9", "e10"] and feed.reads == 1


async def test_memory_is_bounded_in_bytes_and_old_pages_can_be_read_again() -> None:
    tail = FeedTail(Feed(1000), Encoder(1000), kept_bytes=500_000)  # type: ignore[arg-type]
    assert len(await drained(tail)) == 1000
    assert tail._size <= 500_000 and len(tail._pages) < 4
    assert (await tail.read(0, 5))[0].sequence == 1


async def test_readers_far_behind_do_not_push_out_the_page_at_the_end() -> None:
    feed, encode = Feed(1000), Encoder(1000)
    tail = FeedTail(feed, encode, kept_bytes=500_000)  # type: ignore[arg-type]
    await tail.read(950)
    for after in range(0, 900, 100):
        await tail.read(after)
        before = encode.count
        await tail.read(950)
        assert encode.count == before


async def test_a_commit_of_another_process_rings_the_bell_in_time() -> None:
    feed, bell = Feed(3), FeedBell()
    tail = FeedTail(feed, Encoder(), look_s=0.01)  # type: ignore[arg-type]
    await tail.look()
    tail.tell(bell)
    task = asyncio.create_task(tail.run())
    feed.fails = OSError("away")
    await asyncio.sleep(0.03)
    feed.fails = None
    feed.commit(2, silent=True)
    assert await bell.beyond(3, 10)
    task.cancel()
    assert bell.last == 5


async def test_a_ledger_that_is_away_is_told_to_the_reader_who_then_goes_on() -> None:
    feed = Feed(10)
    tail = FeedTail(feed, Encoder())  # type: ignore[arg-type]
    feed.fails = OSError("away")
    with pytest.raises(OSError, match="away"):
        await tail.read(0)
    feed.fails = None
    assert await drained(tail) == list(range(1, 11))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 130), st.integers(1, 150)), max_size=12))
async def test_whatever_commits_and_limits_each_event_comes_once_in_order(steps: list[tuple[int, int]]) -> None:
    feed = Feed()
    tail = FeedTail(feed, Encoder(), kept_bytes=3000)  # type: ignore[arg-type]
    seen: list[int] = []
    for count, limit in steps:
        feed.commit(count)
        page = await tail.read(seen[-1] if seen else 0, limit)
        assert len(page) <= limit
        assert bool(page) == (len(feed.events_) > len(seen))
        seen += [entry.sequence for entry in page]
    seen += await drained(tail, seen[-1] if seen else 0)
    assert seen == list(range(1, len(feed.events_) + 1))
