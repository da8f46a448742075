"""Reads with what nobody should ask (what they promise: tests/contracts/test_virtual_contract.py)."""

from __future__ import annotations

from pathlib import Path

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.model.ids import CallId, TicketNo

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def test_nonsense_finds_nothing_and_raises_nothing(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        assert await ledger.virtual_binding("\ud800'; --") is None
        assert await ledger.virtual_call(CallId("")) is None
        assert list(await ledger.virtual_bindings(TicketNo("x"), limit=-1)) == []
        assert list(await ledger.virtual_calls(TicketNo("x"), limit=10**9)) == []
        assert list(await ledger.open_virtual_calls()) == []
