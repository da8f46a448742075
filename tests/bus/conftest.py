"""Fixtures of the bus's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from tests.servers import redis_server

__all__ = ["redis_server"]

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as opened:
        yield opened
