"""Claims beside other work of the same commit (what they promise: tests/contracts/test_virtual_contract.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.model.ids import TicketNo
from gateway.model.virtual import Binding

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
MADE = Binding("b", "66001", TicketNo("460000-20261121-0000001"), "", ("089865321234",), "13812345678", 10.0, 20.0)


async def test_a_claim_of_work_that_fails_was_never_made(tmp_path: Path) -> None:
    async def fails(tx: Any) -> None:
        assert await tx.bind_virtual(MADE, 30.0)
        raise RuntimeError("no")

    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        with pytest.raises(RuntimeError, match="no"):
            await ledger.write(fails)
        assert await ledger.virtual_binding("66001") is None
        assert await ledger.write(lambda tx: tx.bind_virtual(MADE, 30.0))


async def test_two_claims_in_one_commit_see_each_other(tmp_path: Path) -> None:
    async def twice(tx: Any) -> list[bool]:
        return [await tx.bind_virtual(MADE, 30.0), await tx.bind_virtual(MADE, 30.0)]

    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        assert await ledger.write(twice) == [True, False]
