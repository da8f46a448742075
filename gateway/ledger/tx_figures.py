"""The part of a transaction's hands that is about figures (``SqlTx`` in tx.py has it).

Cells are many: they go in some hundred at a time, and the loop gets its turn in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from gateway.kpi.counting import TimeRow
from gateway.kpi.ports import Counted
from gateway.ledger.driver import Params, Sql
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable

if TYPE_CHECKING:
    from gateway.ledger.tx import Group

_PART = 200
HEAD = "figures"


class FiguresTx:
    """See ``gateway.kpi.ports.FigureStore`` for what the methods promise."""

    _group: Group
    _sql: Statements

    async def keep_figures(self, version: int, counted: Counted) -> bool:
        moved = await self._group.session.row(self._sql.move_figures, {"name_": HEAD, "version_": version})
        if moved is None:
            return False
        packs = [{"quarter": q, "due_at": due, "data": data} for q, (data, due) in counted.packs.items()]
        await self._many(self._sql.put_figure_pack, packs)
        for (span, at), cells in counted.cells.items():
            rows: list[Params] = [
                {"cube": cell.cube, "span": span, "at": at, "queue": cell.queue, "agent": cell.agent,
                 "entry": cell.entry, "topic": cell.topic, "data": data}
                for cell, data in cells.items()
            ]  # fmt: skip
            await self._many(self._sql.put_figure_cell, rows)
        await self._many(self._sql.drop_mark, [{"quarter_": quarter, "n_": n} for quarter, n in counted.marks])
        return True

    async def begin_reset_figures(self, mark: int) -> None:
        """Forget the packs and mark their quarters; cells follow (``drop_some_figure_cells``), then ``end``."""
        await self._group.session.run(self._sql.put_figure_head, {"name": HEAD, "version": 1, "rules": ""})
        await self._group.session.run(self._sql.mark_all_packs, {"n": mark})
        await self._group.session.run(self._sql.drop_packs, {})

    async def drop_some_figure_cells(self) -> bool:
        """True when there may be more."""
        return len(await self._group.session.rows(self._sql.drop_some_cells, {"limit": _PART})) == _PART

    async def end_reset_figures(self, rules: str) -> None:
        await self._group.session.run(self._sql.put_figure_head, {"name": HEAD, "version": 1, "rules": rules})

    async def add_agent_times(self, rows: Sequence[TimeRow]) -> None:
        many: list[Params] = [
            {"quarter": row.quarter, "agent": storable(row.agent)}
            | {f"{name}_ms": getattr(row, name) for name in TimeRow._fields[2:]}
            for row in sorted(rows)  # in one order in all processes, so that none waits for another in a circle
        ]
        await self._many(self._sql.add_agent_time, many)

    async def _many(self, sql: Sql, rows: Sequence[Params]) -> None:
        left = iter(rows)
        while part := list(islice(left, _PART)):
            await self._group.session.run_many(sql, part)
            await asyncio.sleep(0)
