"""Fixtures beside the gate (tests/channels/conftest.py): a server for a channel's doors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from gateway.channels.wechat import WechatChannel
from tests.fakes.gate import Gate, channel_of, serving


@pytest.fixture
def channel(gate: Gate) -> WechatChannel:
    return channel_of(gate)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Gate, Any], Awaitable[str]]]:
    async with serving() as start:
        yield start


@pytest.fixture
async def url(gate: Gate, channel: WechatChannel, serve: Callable[[Gate, Any], Awaitable[str]]) -> str:
    """The address of the account's door."""
    return await serve(gate, channel) + "/in/wechat/hainan"
