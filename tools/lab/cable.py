"""A cable that can be pulled: a TCP forwarder on a loopback port between the gateway and what it talks to.

Pulled, it ends every connection through it and lets no new one come, as a switch that is down; plugged in, it forwards
again. It reads nothing of what goes through.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PIECE = 65_536


class Cable:
    """Forwards ``port`` of this machine to ``target``, both on loopback."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self._target = port, target
        self._server: asyncio.Server | None = None
        self._through: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def between(cls, port: int, target: int) -> AsyncIterator[Cable]:
        """A cable that is plugged in, for the block."""
        cable = cls(port, target)
        await cable.plug()
        try:
            yield cable
        finally:
            await cable.pull()

    async def plug(self) -> None:
        """Forward from now on."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def pull(self) -> None:
        """End what goes through, and refuse what comes; again does no harm."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in list(self._through):
            task.cancel()
        if self._through:
            await asyncio.wait(self._through)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._through.add(task)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(_carry(reader, back))
                    both.create_task(_carry(there, writer))
            finally:
                back.close()
        except (OSError, asyncio.CancelledError):
            pass  # the other side is away, or the cable is pulled: this connection is over
        finally:
            writer.close()
            self._through.discard(task)


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(_PIECE):
        sink.write(piece)
        await sink.drain()
    sink.close()
