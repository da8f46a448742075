"""Drafts and notes beside other work of the same commit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.model.desk import Draft, Watch

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def test_a_draft_goes_with_the_work_that_ends_it_or_not_at_all(tmp_path: Path) -> None:
    async def file(tx: Any) -> None:
        assert await tx.drop_draft("a") and await tx.draft("a") is None
        await tx.emit("hotline.ticket.updated.v1", "t", {}, 1.0)
        raise ValueError("refused")

    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        await ledger.write(lambda tx: tx.save_draft(Draft("a", "agent1", 1, 1.0, {"x": 1})))
        with pytest.raises(ValueError, match="refused"):
            await ledger.write(file)
        kept = await ledger.draft("a")
        assert kept is not None and kept.fields == {"x": 1} and await ledger.last_sequence() == 0


async def test_a_note_is_told_as_it_is_kept(tmp_path: Path) -> None:
    async def twice(tx: Any) -> tuple[Watch, Watch]:
        first = await tx.save_watch(Watch("w1", "13812345678", "care", "一", "lead", 1.0))
        return first, await tx.save_watch(Watch("w2", "013812345678", "alert", "二", "root", 2.0, 9.0))

    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        first, second = await ledger.write(twice)
        assert (first.id, second.id, second.note, second.author, second.until) == ("w1", "w1", "二", "root", 9.0)
        assert await ledger.watches() == [second]
