"""The end of a test's own server: its door and every connection of it, also those that are just being made.

``async with server`` closes the door only. What it had accepted stays open until the handler sees the other end go,
which on a busy machine is after the test's loop has been closed: an unclosed transport, told in some later test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_LIMIT_S = 60.0


async def end(server: asyncio.Server) -> None:
    """Close the door, reset every connection, and wait until all have let go of their sockets."""
    server.close()
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_LIMIT_S):
        await asyncio.sleep(0)  # what is accepted becomes a transport in the turn after
        await asyncio.sleep(0)
        while left := _connections(loop, server):
            for one in left:
                one.abort()
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # and the handlers hear of it


@asynccontextmanager
async def ending(server: asyncio.Server) -> AsyncIterator[int]:
    """The server's port (0 for one on a unix socket); it ends with the block."""
    name = server.sockets[0].getsockname()
    try:
        yield name[1] if isinstance(name, tuple) else 0
    finally:
        await end(server)


def _connections(loop: asyncio.AbstractEventLoop, server: asyncio.Server) -> list[Any]:
    """Under TLS, too, these are the transports of the sockets: aborted, the shaking of hands ends as well."""
    transports = list(getattr(loop, "_transports", {}).values())
    return [one for one in transports if getattr(one, "_server", None) is server]
