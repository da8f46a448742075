"""One epoll for many sockets: who has something is told, who is gone is not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from gateway.asterisk.fastagi.poll import Poll, watch_of


@pytest.fixture
async def poll() -> Iterator[Poll]:
    made = watch_of(asyncio.get_running_loop())
    assert isinstance(made, Poll)
    yield made
    made.close()


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    made = [socket.socketpair() for _ in range(3)]
    yield made
    for pair in made:
        for end in pair:
            end.close()


Pairs = list[tuple[socket.socket, socket.socket]]


async def test_only_who_has_something_is_told_and_again_until_it_is_read(poll: Poll, pairs: Pairs) -> None:
    told: list[int] = []
    for n, (ours, _) in enumerate(pairs):
        poll.add_reader(ours.fileno(), lambda n=n: told.append(n))  # type: ignore[misc]
    pairs[1][1].send(b"x")
    async with asyncio.timeout(40):
        while len(told) < 2:
            await asyncio.sleep(0)
    assert set(told) == {1}
    pairs[1][0].recv(1)
    await asyncio.sleep(0)
    before = len(told)
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(told) == before


async def test_an_end_is_told(poll: Poll, pairs: Pairs) -> None:
    told = asyncio.Event()
    poll.add_reader(pairs[0][0].fileno(), told.set)
    pairs[0][1].close()
    async with asyncio.timeout(40):
        await told.wait()


async def test_one_that_was_closed_by_another_in_the_same_look_is_not_told(poll: Poll, pairs: Pairs) -> None:
    told: list[int] = []

    def end_all(n: int) -> None:
        told.append(n)
        for ours, _ in pairs:
            poll.remove_reader(ours.fileno())
            ours.close()

    for n, (ours, theirs) in enumerate(pairs):
        poll.add_reader(ours.fileno(), lambda n=n: end_all(n))  # type: ignore[misc]
        theirs.send(b"x")
    async with asyncio.timeout(40):
        while not told:
            await asyncio.sleep(0)
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(told) == 1


async def test_forgetting_says_whether_it_was_known_and_closing_twice_does_no_harm(poll: Poll, pairs: Pairs) -> None:
    number = pairs[0][0].fileno()
    poll.add_reader(number, lambda: None)
    assert poll.remove_reader(number)
    assert not poll.remove_reader(number)
    poll.close()
    poll.close()


async def test_without_epoll_the_loop_itself_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("select.epoll")
    loop = asyncio.get_running_loop()
    assert watch_of(loop) is loop
