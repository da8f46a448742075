"""The hub without a network: order, bounds, and one encoding for all."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.live import ASKS_FREE, LiveHub, LiveSocket


def encoded(n: int) -> bytes:
    return orjson.dumps({"type": "diff", "n": n})


async def drain(socket: LiveSocket, n: int) -> list[dict[str, Any]]:
    """All that the socket would send now, with a hall that is at ``n``."""
    sent = []
    while True:
        try:
            async with asyncio.timeout(0.001):
                message = await socket.next(lambda: orjson.dumps({"type": "snapshot", "n": n}))
        except TimeoutError:
            return sent
        sent.append(orjson.loads(message))


async def test_first_message_is_a_snapshot_and_diffs_follow_it() -> None:
    socket = LiveSocket(8)
    assert socket.put(encoded(1))  # before the snapshot: contained in it
    first = await drain(socket, 1)
    assert [(m["type"], m["n"]) for m in first] == [("snapshot", 1)]
    socket.put(encoded(2))
    socket.put(encoded(3))
    assert [m["n"] for m in await drain(socket, 3)] == [2, 3]


async def test_full_queue_is_dropped_for_one_fresh_snapshot() -> None:
    socket = LiveSocket(3)
    await drain(socket, 0)
    assert [socket.put(encoded(n)) for n in range(1, 7)] == [True, True, True, False, True, True]
    assert [(m["type"], m["n"]) for m in await drain(socket, 6)] == [("snapshot", 6)]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_whatever_the_pace_a_client_can_always_apply_what_it_gets(takes: list[bool], size: int) -> None:
    async def play() -> None:
        socket, n, have = LiveSocket(size), 0, None
        for take in [*takes, *[True] * (size + 2)]:
            if not take:
                n += 1
                socket.put(encoded(n))
                continue
            try:
                async with asyncio.timeout(0):
                    fresh = partial(orjson.dumps, {"type": "snapshot", "n": n})
                    message = orjson.loads(await socket.next(fresh))
            except TimeoutError:
                continue
            assert message["type"] == "snapshot" or message["n"] == have + 1
            have = message["n"]
        assert have == n

    asyncio.run(play())


async def test_client_that_asks_all_the_time_is_refused() -> None:
    socket = LiveSocket(3)
    assert all(socket.ask(float(second) / 10) for second in range(ASKS_FREE))
    assert not socket.ask(5.0)
    assert socket.ask(60.0)


def test_publishing_to_nobody_costs_nothing_and_keeps_nothing() -> None:
    hub = LiveHub(dict)
    hub.publish({"not json": object()})  # would raise if it were encoded
    assert hub.open == 0
