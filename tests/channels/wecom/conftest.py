"""Fixtures: a gate (intake on a real ledger, fake Tencent) and its customer-service channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.wecom import WecomChannel
from gateway.tickets.policy import IntakePolicy
from tests.fakes.gate import Gate, open_gate, policy_of_tests, serving, wecom_of


@pytest.fixture(scope="session")
def policy() -> IntakePolicy:
    return policy_of_tests()


@pytest.fixture
async def gate(tmp_path: Path, policy: IntakePolicy) -> AsyncIterator[Gate]:
    async with open_gate(tmp_path, policy) as opened:
        yield opened


@pytest.fixture
def channel(gate: Gate) -> WecomChannel:
    return wecom_of(gate)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Gate, Any], Awaitable[str]]]:
    async with serving() as start:
        yield start
