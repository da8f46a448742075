"""A FastAGI server on a free port and an Asterisk that plays a script line by line, for the tests of this folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from gateway.asterisk.fastagi.line import AgiLine, LineLimits
from gateway.asterisk.fastagi.server import AgiLimits, AgiSession, FastAgiServer, Handler

HEADERS = {
    "agi_network": "yes",
    "agi_network_script": "flow/day?call=1763765000.7&entry=12315&account=trunk",
    "agi_request": "agi://127.0.0.1:4573/flow/day?call=1763765000.7&entry=12315&account=trunk",
    "agi_channel": "PJSIP/trunk-0000002a",
    "agi_language": "zh",
    "agi_uniqueid": "1763765432.42",
    "agi_callerid": "13812345678",
    "agi_calleridname": "王小明",
    "agi_dnid": "12345",
    "agi_rdnis": "unknown",
    "agi_extension": "s",
    "agi_accountcode": "",
}


class Peer:
    """Asterisk's end of one connection, with a limit on every wait."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def command(self) -> str:
        """The next command without its line feed, "" when the connection was closed instead."""
        async with asyncio.timeout(40):
            return (await self.reader.readline()).decode().removesuffix("\n")

    async def closed(self) -> bool:
        """Wait until the server closes; whatever it still said is dropped."""
        try:
            async with asyncio.timeout(40):
                await self.reader.read()
        except ConnectionResetError:
            return True
        return self.reader.at_eof()

    def hang(self) -> None:
        self.writer.close()


class Lab:
    """A running server and the way to it."""

    def __init__(self, server: FastAgiServer, running: asyncio.Task[None]) -> None:
        self.server, self.running = server, running
        self.peers: list[Peer] = []

    @staticmethod
    def opening(**changes: str) -> bytes:
        """The block that Asterisk begins with; names without ``agi_``."""
        given = HEADERS | {f"agi_{name}": value for name, value in changes.items()}
        return ("".join(f"{name}: {value}\n" for name, value in given.items()) + "\n").encode()

    async def peer(self, opening: bytes = b"") -> Peer:
        async with asyncio.timeout(40):
            peer = Peer(*await asyncio.open_connection("127.0.0.1", self.server.port))
        self.peers.append(peer)
        if opening:
            await peer.send(opening)
        return peer

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what the server does on its own, at most forty seconds."""
        async with asyncio.timeout(40):
            while not holds():
                await asyncio.sleep(0.005)


Serve = Callable[..., AbstractAsyncContextManager[Lab]]


@pytest.fixture
def serve() -> Serve:
    @asynccontextmanager
    async def serving(handler: Handler, limits: AgiLimits | None = None) -> AsyncIterator[Lab]:
        patient = AgiLimits(header_s=40, tick_s=0.01, drain_s=30, grace_s=0.5)
        server = FastAgiServer("127.0.0.1", 0, handler, limits or patient)
        await server.start()
        async with asyncio.TaskGroup() as group:
            lab = Lab(server, group.create_task(server.run()))
            try:
                yield lab
            finally:
                for peer in lab.peers:
                    peer.hang()
                await server.close()

    return serving


Script = Sequence[tuple[str, str]]
Play = Callable[[Script, Callable[[AgiLine], Awaitable[object]]], Awaitable[object]]


@pytest.fixture
def play(serve: Serve) -> Play:
    async def run(script: Script, act: Callable[[AgiLine], Awaitable[object]]) -> object:
        """Run ``act`` on a line; Asterisk expects the commands of ``script`` in order and answers with its lines.

        Returns what ``act`` returned or raised. An answer "" closes the connection.
        """
        ended: asyncio.Future[object] = asyncio.get_running_loop().create_future()

        async def handler(session: AgiSession) -> None:
            try:
                ended.set_result(await act(AgiLine(session, LineLimits(reply_s=30, sound_s=30, answer_s=30))))
            except Exception as error:
                ended.set_result(error)

        async with serve(handler) as lab:
            peer = await lab.peer(lab.opening())
            for command, answer in script:
                assert await peer.command() == command
                if not answer:
                    peer.hang()
                    break
                await peer.send(answer.encode() + b"\n")
            else:
                assert await peer.command() == "", "the line said more than the script knows"
            async with asyncio.timeout(40):
                return await ended

    return run
