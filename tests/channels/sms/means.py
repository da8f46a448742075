"""Means for links that only send: an HTTP session and a clock, no ledger behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp

from gateway.channels.port import ChannelMeans
from tests.channels.door_stage import ZONE


@asynccontextmanager
async def means_of(clock: Callable[[], float]) -> AsyncIterator[ChannelMeans]:
    """A link that touches more than ``http``, ``zone`` and ``clock`` fails."""
    none = cast("Any", None)
    async with aiohttp.ClientSession() as http:
        yield ChannelMeans(none, none, none, none, none, http, ZONE, clock=clock)
