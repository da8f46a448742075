"""A cable carries bytes both ways, and pulled it ends what goes through it."""

from __future__ import annotations

import asyncio

import pytest

from tools.lab.cable import Cable
from tools.lab.ports import Ports


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(100):
        writer.write(piece.upper())
        await writer.drain()
    writer.close()


async def test_it_carries_until_it_is_pulled_and_again_when_it_is_plugged_in() -> None:
    ports = Ports()
    try:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        target = int(server.sockets[0].getsockname()[1])
        async with asyncio.timeout(30), server, Cable.between(ports.take(), target) as cable:
            for _ in range(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", cable.port)
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"HELLO"
                await cable.pull()
                assert await reader.read() == b""
                writer.close()
                with pytest.raises(OSError):
                    await asyncio.open_connection("127.0.0.1", cable.port)
                await cable.plug()
    finally:
        ports.close()
