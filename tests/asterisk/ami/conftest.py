"""A small AMI server that speaks the true wire protocol and does what a test tells it, and a Link that runs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.asterisk.ami.link import Link, LinkConfig

LIMIT = 40.0


class FakeSession:
    """One connection to FakeAmi. ``actions`` are all that came; ``action(name)`` waits for the next of a name."""

    def __init__(self, ami: FakeAmi, writer: asyncio.StreamWriter) -> None:
        self.ami, self.writer = ami, writer
        self.actions: list[dict[str, str]] = []
        self.gone = asyncio.Event()
        self.changed = asyncio.Condition()
        self._taken = 0

    def names(self) -> list[str]:
        return [action["Action"] for action in self.actions]

    def send(self, *frames: str) -> None:
        """Send frames given as ``Name: value|Name: value``."""
        for frame in frames:
            self.writer.write(frame.replace("|", "\r\n").encode() + b"\r\n\r\n")

    def answer(self, action: dict[str, str], *frames: str) -> None:
        """Send frames that carry the action's id (after their first line)."""
        for frame in frames:
            head, _, more = frame.partition("|")
            self.send(f"{head}|ActionID: {action['ActionID']}" + (f"|{more}" if more else ""))

    async def action(self, name: str) -> dict[str, str]:
        async with asyncio.timeout(LIMIT), self.changed:
            while True:
                while self._taken < len(self.actions):
                    self._taken += 1
                    if self.actions[self._taken - 1]["Action"] == name:
                        return self.actions[self._taken - 1]
                await self.changed.wait()

    def abort(self) -> None:
        self.writer.transport.abort()

    def close(self) -> None:
        self.writer.close()


class FakeAmi:
    """Greets, challenges, logs in, answers pings, says FullyBooted; each can be turned off."""

    def __init__(self) -> None:
        self.greeting = b"Asterisk Call Manager/11.0.0\r\n"
        self.secret = "s3cret"
        self.silent: set[str] = set()  # actions left to the test; "*" for all
        self.boots = True
        self.port = 0
        self.sessions: list[FakeSession] = []
        self._new: asyncio.Queue[FakeSession] = asyncio.Queue()

    async def session(self) -> FakeSession:
        """The next connection that comes."""
        return await asyncio.wait_for(self._new.get(), LIMIT)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = FakeSession(self, writer)
        self.sessions.append(session)
        self._new.put_nowait(session)
        writer.write(self.greeting)
        try:
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                action = dict(line.split(": ", 1) for line in raw.decode().split("\r\n") if line)
                self._default(session, action)
                async with session.changed:
                    session.actions.append(action)
                    session.changed.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            session.gone.set()
            writer.close()

    def _default(self, session: FakeSession, action: dict[str, str]) -> None:
        name = action["Action"]
        if name in self.silent or "*" in self.silent:
            return
        if name == "Challenge":
            session.answer(action, "Response: Success|Challenge: 4711")
        elif name == "Login":
            key = hashlib.md5(f"4711{self.secret}".encode()).hexdigest()
            if self.secret not in (action.get("Secret"),) and action.get("Key") != key:
                session.answer(action, "Response: Error|Message: Authentication failed")
                return
            session.answer(action, "Response: Success|Message: Authentication accepted")
            if self.boots and action.get("Events") != "off":
                session.send("Event: FullyBooted|Privilege: system,all|Status: Fully Booted")
        elif name in ("Ping", "Filter"):
            session.answer(action, "Response: Success|Ping: Pong")


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    fake = FakeAmi()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        for session in fake.sessions:
            session.abort()
        for session in fake.sessions:
            await asyncio.wait_for(session.gone.wait(), LIMIT)
        await server.wait_closed()


class Running:
    """A link in its TaskGroup, what it told, and a way to wait for it."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.ups: asyncio.Queue[Link] = asyncio.Queue()
        self.downs: asyncio.Queue[str] = asyncio.Queue()

    async def up(self) -> Link:
        return await asyncio.wait_for(self.ups.get(), LIMIT)

    async def down(self) -> str:
        return await asyncio.wait_for(self.downs.get(), LIMIT)


Start = Callable[..., Any]


@pytest.fixture
def start(ami: FakeAmi) -> Start:
    """``async with start(role=..., frames=...) as running``: LinkConfig and Link arguments alike; quick to reconnect,
    patient with all else."""

    @asynccontextmanager
    async def started(**arguments: Any) -> AsyncIterator[Running]:
        of_link = {k: arguments.pop(k) for k in ("frames", "tap", "on_up", "on_down", "rng") if k in arguments}
        quick = {"backoff_first_s": 0.01, "backoff_most_s": 0.05}
        patient = dict.fromkeys(("connect_limit_s", "login_limit_s", "down_limit_s", "ping_limit_s"), LIMIT)
        settings = {"secret": "s3cret", **quick, **patient} | arguments
        config = LinkConfig("127.0.0.1", settings.pop("port", ami.port), "gw", **settings)
        running = Running(Link(config, **of_link))
        if "on_up" not in of_link:
            running.link._on_up = running.ups.put_nowait
        if "on_down" not in of_link:
            running.link._on_down = running.downs.put_nowait
        async with asyncio.TaskGroup() as group:
            group.create_task(running.link.run())
            try:
                yield running
            finally:
                running.link.close()

    return started
