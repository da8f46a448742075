"""Gatherings beside other work of the same commit (what they promise: tests/contracts/test_gatherings_contract.py)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.tickets.ports import Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def gather(tx: Tx, n: int, fail: bool = False) -> None:
    held = await tx.hold_gathering("k", "sms", "a", 1.0)
    await tx.save_gathering(replace(held, value={"n": [*held.value.get("n", []), n]}))
    await tx.emit("t", "s", {}, 1.0)
    if fail:
        raise ArithmeticError


async def test_a_piece_that_fails_takes_only_its_own_back(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        done = await asyncio.gather(
            ledger.write(lambda tx: gather(tx, 1)),
            ledger.write(lambda tx: gather(tx, 2, fail=True)),
            ledger.write(lambda tx: gather(tx, 3)),
            return_exceptions=True,
        )
        assert isinstance(done[1], ArithmeticError)
        kept = await ledger.gathering("k")
        assert kept is not None
        assert kept.value == {"n": [1, 3]}
