"""Fixtures: a gate (intake on a real ledger, fake Tencent) and a server for a channel's doors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.wechat import WechatChannel
from gateway.tickets.policy import IntakePolicy
from tests.fakes.gate import Gate, channel_of, open_gate, policy_of_tests, serving


@pytest.fixture(scope="session")
def policy() -> IntakePolicy:
    return policy_of_tests()


@pytest.fixture
async def gate(tmp_path: Path, policy: IntakePolicy) -> AsyncIterator[Gate]:
    async with open_gate(tmp_path, policy) as opened:
        yield opened


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
