"""Figures inside a transaction: all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.kpi.counting import TimeRow
from gateway.kpi.packs import Cell
from gateway.kpi.ports import Counted
from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def test_what_fails_after_it_keeps_nothing_of_a_counting(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        await ledger.add_agent_times([TimeRow(7, "1001", 1, 0, 0, 0, 0, 0, 0)], "t", {})
        await ledger.reset_figures("rules")
        version, _ = await ledger.figure_version()
        marks = await ledger.figure_marks(None, None, 9)
        counted = Counted({7: (b"pack", None)}, {("h", 0): {Cell(""): "[1,1]"}}, marks)

        async def fails(tx: Any) -> None:
            assert await tx.keep_figures(version, counted)
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            await ledger.write(fails)
        assert await ledger.figure_version() == (version, "rules")
        assert await ledger.figure_packs(0, 9) == {} and await ledger.figure_cells_at("h", 0) == {}
        assert await ledger.figure_marks(None, None, 9) == marks
        assert await ledger.keep_figures(version, counted)
        assert await ledger.figure_marks(None, None, 9) == []


async def test_a_mark_that_came_meanwhile_stays(tmp_path: Path) -> None:
    row = TimeRow(7, "1001", 1, 0, 0, 0, 0, 0, 0)
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        await ledger.reset_figures("rules")
        await ledger.add_agent_times([row], "t", {})
        version, _ = await ledger.figure_version()
        marks = await ledger.figure_marks(None, None, 9)
        await ledger.add_agent_times([row], "t", {})
        assert await ledger.keep_figures(version, Counted({}, {}, marks))
        left = await ledger.figure_marks(None, None, 9)
        assert [mark[0] for mark in left] == [7] and not set(left) & set(marks)
