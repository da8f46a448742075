"""Reads about drafts and notes at their bounds (what they promise: tests/contracts/test_desk_contract.py)."""

from __future__ import annotations

from pathlib import Path

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.model.desk import Draft, Watch

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def test_odd_bounds_and_keys_find_nothing(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        await ledger.write(lambda tx: tx.save_draft(Draft("a", "agent1", 1, 1.0)))
        await ledger.write(lambda tx: tx.save_watch(Watch("w", "110", "care", "x", "lead", 1.0)))
        assert await ledger.drafts("agent1", -1) == [] and await ledger.watches(-1) == []
        assert await ledger.draft("a\0\udc80") is None and await ledger.watch("--") is None
        assert len(await ledger.drafts("agent1", 10**9)) == 1
