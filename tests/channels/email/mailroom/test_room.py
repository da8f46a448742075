"""The gateway's end: the process is started, supervised and seen out; what it hands over goes to its desk."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mail_stage import MemoryDesk, ended

from gateway.channels.email.mailroom import room as rooms
from gateway.channels.email.mailroom.counters import Counters
from gateway.channels.email.mailroom.room import Mailroom

CHILDREN = Path(__file__).with_name("children.py")
ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@asynccontextmanager
async def running(kind: str, desk: MemoryDesk, **options: Any) -> AsyncIterator[Mailroom]:
    command = (sys.executable, str(CHILDREN), kind)
    room = Mailroom({"hall": desk}, Path("config"), command=command, **{"first_s": 0.01, "most_s": 0.02, **options})
    work = asyncio.create_task(room.run())
    try:
        yield room
    finally:
        pid = room.pid
        await ended(work)
        assert not pid or not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(true: Callable[[], bool], limit_s: float = 60.0) -> None:
    """A process of its own has no bell to ring here."""
    async with asyncio.timeout(limit_s):
        while not true():
            await asyncio.sleep(0.01)


async def test_mails_are_handed_over_many_at_a_time_and_the_process_ends_with_the_gateway() -> None:
    desk = MemoryDesk()
    async with running("hands over", desk) as room:
        await until(lambda: room.up)
        assert len(desk.taken) == 100
        assert (room.count("taken"), room.count("mailboxes"), room.restarts) == (100, 2, 0)
        pid = room.pid
        assert alive(pid)
    assert not alive(pid)


async def test_a_desk_that_cannot_now_and_one_that_breaks_are_told_apart() -> None:
    desk = MemoryDesk()
    failures = {"k1": OSError("locked"), "k2": KeyError("a defect"), "k3": TimeoutError()}
    desk.script = lambda handed: failures.get(handed.message.key)
    async with running("hands over", desk) as room:
        await until(lambda: room.up)
        assert (room.count("taken"), room.count("later"), room.count("broken")) == (97, 2, 1)
        assert (room.later, room.broken) == (2, 1)


async def test_a_desk_that_does_not_come_to_an_end_is_not_waited_for() -> None:
    desk = MemoryDesk()
    desk.gate.clear()
    async with running("hands over", desk, commit_s=0.05) as room:
        await until(lambda: room.up)
        assert (room.count("later"), desk.taken) == (100, {})


async def test_an_account_that_the_gateway_does_not_know_is_put_off() -> None:
    desk = MemoryDesk()
    async with running("hands over", desk) as room:
        room._desks = {}
        await until(lambda: room.restarts > 0)  # the cursor is refused too, which ends this child
        assert desk.taken == {}


async def test_a_process_that_dies_is_started_again_and_its_figures_add_up() -> None:
    desk = MemoryDesk()
    async with running("hands over and dies", desk) as room:
        await until(lambda: desk.cursors.get("box", {}).get("lives", 0) >= 3)
        await until(lambda: room.restarts >= 2)
        assert len(desk.taken) == 100
        assert len(desk.again) >= 200
        assert room.count("received") >= 200
        await until(lambda: room.count("mailboxes") in (0, 2))


async def test_a_process_that_does_not_even_begin_is_started_again_with_pauses() -> None:
    async with running("ends", MemoryDesk()) as room:
        await until(lambda: room.restarts >= 3)
        assert not room.up


async def test_a_command_that_is_not_there_does_not_end_the_gateway() -> None:
    room = Mailroom({}, Path("config"), command=("/nowhere/python",), first_s=0.01, most_s=0.02)
    work = asyncio.create_task(room.run())
    await until(lambda: room.restarts >= 2)
    await ended(work)


async def test_a_silent_process_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "_LEAVE_S", 0.1)
    async with running("silent", MemoryDesk(), silence_s=0.3) as room:
        await until(lambda: room.restarts >= 1)


async def test_a_process_that_talks_nonsense_and_will_not_go_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "_LEAVE_S", 0.1)
    async with running("deaf", MemoryDesk()) as room:
        await until(lambda: room.restarts >= 1)


async def test_every_counter_has_a_figure() -> None:
    room = Mailroom({}, Path("config"))
    names = {figure.name for figure in room.figures()}
    assert {f"mail_{name}" for name in Counters().values()} <= names
    assert all(figure.read() == 0 for figure in room.figures())


def test_the_command_is_this_python_and_this_configuration() -> None:
    room = Mailroom({}, Path("/etc/gateway"))
    assert room._command == (sys.executable, "-m", "gateway", "mailroom", "--config", "/etc/gateway")
