"""What a test has begun to close is closed before its event loop is.

A TLS connection says goodbye and waits for the other end's; a closed transport still has a turn of the loop to come.
Without this it would be luck whether the loop is there for it, and a warning (which is an error) in whichever test runs
when the garbage is collected. It waits only for what is closing already: what a test leaves open is still told.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

_LIMIT_S = 10.0


def half_closed(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a transport of the loop is closing and has not yet let go of its socket."""
    transports = list(getattr(loop, "_transports", {}).values())
    return any(_is_closing(one) and getattr(one, "_sock", None) is not None for one in transports)


def _is_closing(transport: Any) -> bool:
    """Also one under a TLS transport that was closed: it stays open itself until the goodbyes have been said."""
    tls = getattr(transport.get_protocol(), "_app_transport", None) if hasattr(transport, "get_protocol") else None
    return transport.is_closing() or (tls is not None and tls.is_closing())


@pytest_asyncio.fixture
async def closing() -> AsyncIterator[None]:
    yield
    loop = asyncio.get_running_loop()
    ends = loop.time() + _LIMIT_S
    while half_closed(loop) and loop.time() < ends:
        await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def closes_what_it_began_to_close(request: pytest.FixtureRequest) -> None:
    """For tests that are coroutines; others have no loop."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("closing")
