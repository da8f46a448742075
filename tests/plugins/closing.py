"""What a test has begun to close is closed before its event loop is.

A TLS connection says goodbye and waits for the other end's; a closed transport still has a turn of the loop to come.
Without this it would be luck whether the loop is there for it, and a warning (which is an error) in whichever test runs
when the garbage is collected. So it is with a connection that the other end has closed and whose end here has not been
told: servers of tests have many. It waits only for those: what a test leaves open at both ends is still told.
"""

from __future__ import annotations

import asyncio
import inspect
import selectors
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

_LIMIT_S = 10.0


def half_closed(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a transport of the loop is closing and has not yet let go of its socket."""
    transports = list(getattr(loop, "_transports", {}).values())
    return any(getattr(one, "_sock", None) is not None and (_is_closing(one) or _has_unread(one)) for one in transports)


def _is_closing(transport: Any) -> bool:
    """Also one under a TLS transport that was closed: it stays open itself until the goodbyes have been said."""
    tls = getattr(transport.get_protocol(), "_app_transport", None) if hasattr(transport, "get_protocol") else None
    return transport.is_closing() or (tls is not None and tls.is_closing())


def _has_unread(transport: Any) -> bool:
    """Whether there is something that the loop has yet to read: the other end's goodbye, at the end of a test."""
    if not getattr(transport, "is_reading", lambda: False)():
        return False
    try:
        if not transport._loop._selector.get_key(transport._sock_fd).events & selectors.EVENT_READ:
            return False
        transport._sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (BlockingIOError, KeyError):  # nothing yet; told already, and its protocol keeps it
        return False
    except (OSError, ValueError):  # reset; not a socket of a stream
        return isinstance(transport, asyncio.Transport)
    return True


async def all_closed() -> None:
    """Wait until it is so, for the end of a story that runs in a loop of its own."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + _LIMIT_S
    while half_closed(loop) and loop.time() < ends:
        await asyncio.sleep(0.001)


@pytest_asyncio.fixture
async def closing() -> AsyncIterator[None]:
    yield
    await all_closed()


@pytest.fixture(autouse=True)
def closes_what_it_began_to_close(request: pytest.FixtureRequest) -> None:
    """For tests that are coroutines; others have no loop."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("closing")
