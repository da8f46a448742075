"""Fixtures beside the gate (tests/channels/conftest.py): its customer-service channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from gateway.channels.wecom import WecomChannel
from tests.fakes.gate import Gate, serving, wecom_of


@pytest.fixture
def channel(gate: Gate) -> WecomChannel:
    return wecom_of(gate)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Gate, Any], Awaitable[str]]]:
    async with serving() as start:
        yield start
