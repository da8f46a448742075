"""Reads about figures at their bounds (what they promise: tests/contracts/test_figures_contract.py)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gateway.kpi.packs import Cell
from gateway.kpi.ports import CallFilter, Counted, Rows
from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.model.ids import CallId
from gateway.model.records import CallRecord
from tests.kpi.figure_stage import rows_of

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def test_a_ledger_that_has_counted_nothing_has_no_rules_and_no_figures(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        assert await ledger.figure_version() == (0, "")
        assert await ledger.figure_marks(None, None, 10) == [] and await ledger.figures_due(1e12) == []
        assert not await ledger.keep_figures(0, Counted({}, {}))
        assert await rows_of(ledger, 0, 10) == Rows([], [], [], [])
        assert await ledger.figure_calls(CallFilter(0.0, 1e12)) == []


async def test_odd_words_find_nothing_and_break_nothing(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        assert await ledger.figure_cells("", "d", 0, 10, {"queue": "a\0\udc80"}) == []
        odd = CallFilter(0.0, 1e12, queue="a\0", agent="\udc80", entry_number="'", cause="'; --", limit=-1)
        assert await ledger.figure_calls(odd) == []


async def test_no_queue_is_a_group_that_can_be_asked_for(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        for id_, queue in (("1", None), ("2", "hotline")):
            call = CallRecord(CallId(id_), 5.0, queue=queue, agent=None)  # type: ignore[arg-type]
            await ledger.write(lambda tx, call=call: tx.save_call(call))

        async def found(asked: CallFilter) -> Sequence[str]:
            return [str(one.call_id) for one in await ledger.figure_calls(asked)]

        assert await found(CallFilter(0.0, 9.0, queue="")) == ["1"]
        assert await found(CallFilter(0.0, 9.0, agent="")) == ["2", "1"]
        assert await found(CallFilter(0.0, 9.0)) == ["2", "1"]


async def test_a_great_reset_goes_in_parts(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        await ledger.reset_figures("one")
        version, _ = await ledger.figure_version()
        many = {Cell("a", agent=str(n)): "[1,1]" for n in range(450)}
        assert await ledger.keep_figures(version, Counted({7: (b"", None)}, {("d", 0): many}))
        assert len(await ledger.figure_cells_at("d", 0)) == 450
        await ledger.reset_figures("two")
        assert await ledger.figure_cells_at("d", 0) == {}
        assert [mark[0] for mark in await ledger.figure_marks(None, None, 9)] == [7]
        assert (await ledger.figure_version())[1] == "two"
