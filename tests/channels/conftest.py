"""Fixtures of what channels share: a gate (intake on a real ledger, fake Tencent)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.tickets.policy import IntakePolicy
from tests.fakes.gate import Gate, open_gate, policy_of_tests


@pytest.fixture(scope="session")
def policy() -> IntakePolicy:
    return policy_of_tests()


@pytest.fixture
async def gate(tmp_path: Path, policy: IntakePolicy) -> AsyncIterator[Gate]:
    async with open_gate(tmp_path, policy) as opened:
        yield opened
