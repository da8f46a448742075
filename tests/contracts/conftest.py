"""Fixtures of the contract tests: a ledger on each database, a bus of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.bus import Bus, BusConfig, open_bus
from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from tests.servers import Postgres, Redis, fresh_database, postgres_server, redis_server

__all__ = ["postgres_server", "redis_server"]

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The url of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    server: Postgres = request.getfixturevalue("postgres_server")
    return await fresh_database(server)


@pytest.fixture
async def ledger(ledger_url: str, tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with open_ledger(LedgerConfig(url=ledger_url, work_s=60, busy_s=60), tmp_path, KEYS) as opened:
        yield opened


@pytest.fixture(params=["local", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    """A bus of each kind in turn; a subscriber may lag 200 messages behind."""
    config = BusConfig(kind=request.param, queue=200, timeout_s=30)
    if request.param == "redis":
        server: Redis = request.getfixturevalue("redis_server")
        config = config.model_copy(update={"url": server.url})
    async with open_bus(config) as opened:
        yield opened
