"""Fixtures of the ledger's tests: a ledger on each database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from tests.servers import Postgres, fresh_database, postgres_server, redis_server

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
    async with open_ledger(LedgerConfig(url=ledger_url), tmp_path, KEYS) as opened:
        yield opened
