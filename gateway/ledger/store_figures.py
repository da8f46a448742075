"""The reads and writes about figures (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar, cast

from gateway.kpi.calendar import QUARTER_S
from gateway.kpi.counting import Call, TicketRow, TimeRow, TransferRow
from gateway.kpi.packs import Cell
from gateway.kpi.ports import CallFilter, Counted, Mark, Rows, Span
from gateway.ledger.driver import Database, Params, Row, Sql
from gateway.ledger.personal import Seal
from gateway.ledger.rows import call_of
from gateway.ledger.statements import Statements
from gateway.ledger.store_messages import made, page
from gateway.ledger.texts import storable
from gateway.model.records import CallRecord
from gateway.tickets.ports import NotFound, Tx

if TYPE_CHECKING:
    from gateway.ledger.tx_figures import FiguresTx
    from gateway.ledger.writer import Writer

T = TypeVar("T")

_FIRST, _LAST = 0, 1 << 40


class FiguresLedger:
    """See ``gateway.kpi.ports.FigureStore`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal
    _writer: Writer

    async def figure_version(self) -> tuple[int, str]:
        rows = await self._database.lookup(self._sql.figure_head, {})
        return (rows[0][0], rows[0][1]) if rows else (0, "")

    async def figure_marks(self, since: int | None, until: int | None, limit: int) -> Sequence[Mark]:
        first, last = _FIRST if since is None else since, _LAST if until is None else until - 1
        rows = await self._database.query(self._sql.figure_marks, {"first": first, "last": last, "limit": limit})
        return [(row[0], row[1]) for row in rows]

    async def figures_due(self, at: float) -> Sequence[int]:
        return [row[0] for row in await self._database.query(self._sql.figures_due, {"at_": at})]

    async def figure_rows(self, first: int, last: int) -> AsyncGenerator[Rows, None]:
        times = {"since": float(first * QUARTER_S), "until": float((last + 1) * QUARTER_S)}
        quarters = {"first": first, "last": last}
        kinds: Sequence[tuple[Sql, Params, Callable[[Sequence[Row]], Rows]]] = (
            (self._sql.counted_calls, times, lambda rows: Rows(calls=[Call._make(row) for row in rows])),
            (self._sql.counted_tickets, times, lambda rows: Rows(tickets=[TicketRow._make(row) for row in rows])),
            (self._sql.counted_transfers, times, lambda rows: Rows(transfers=[TransferRow._make(row) for row in rows])),
            (self._sql.counted_times, quarters, lambda rows: Rows(times=[TimeRow._make(row) for row in rows])),
        )
        for sql, given, made_of in kinds:
            async with aclosing(self._database.walk(sql, given)) as parts:
                async for rows in parts:
                    yield made_of(rows)

    async def figure_rows_of(self, agent: str, since: int, until: int) -> Rows:
        given = {"since": float(since), "until": float(until), "agent": storable(agent)}
        query = self._database.query
        return Rows(
            await made(await query(self._sql.counted_calls_of, given), Call._make),
            await made(await query(self._sql.counted_tickets_of, given), TicketRow._make),
            await made(await query(self._sql.counted_transfers_of, given), TransferRow._make),
            (),
        )

    async def figure_packs(self, first: int, last: int) -> Mapping[int, bytes]:
        rows = await self._database.query(self._sql.figure_packs, {"first": first, "last": last})
        return {row[0]: row[1] for row in rows}

    async def figure_cells_at(self, span: Span, at: int) -> Mapping[Cell, str]:
        rows = await self._database.query(self._sql.figure_cells_at, {"span": span, "at_": at})
        return {Cell(*row[:5]): row[5] for row in rows}

    async def figure_cells(
        self, cube: str, span: Span, since: int, until: int, where: Mapping[str, str]
    ) -> Sequence[tuple[int, str, str, str, str, str]]:
        given = {"cube": cube, "span": span, "first": since, "last": until}
        given |= {f"{name}_": storable(value) for name, value in where.items()}
        rows = await self._database.query(self._sql.figure_cells_where(frozenset(where)), given)
        return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]

    async def keep_figures(self, version: int, counted: Counted) -> bool:
        return await self._in_tx(lambda tx: tx.keep_figures(version, counted))

    async def reset_figures(self, rules: str) -> None:
        version, _ = await self.figure_version()
        await self._in_tx(lambda tx: tx.begin_reset_figures(-version - 1))
        while await self._in_tx(lambda tx: tx.drop_some_figure_cells()):
            pass
        await self._in_tx(lambda tx: tx.end_reset_figures(rules))

    async def add_agent_times(self, rows: Sequence[TimeRow], name: str, told: Mapping[str, Any]) -> None:
        async def work(tx: Tx) -> None:
            await cast("FiguresTx", tx).add_agent_times(rows)
            await tx.save_state(name, told)

        await self._writer.submit(work)

    async def _in_tx(self, work: Callable[[FiguresTx], Awaitable[T]]) -> T:
        """A piece of work with those hands that only figures have."""

        async def with_hands(tx: Tx) -> T:
            return await work(cast("FiguresTx", tx))

        return await self._writer.submit(with_hands)

    async def figure_calls(self, asked: CallFilter) -> Sequence[CallRecord]:
        """NotFound when there is no call ``after``."""
        given = {"since", "until"}
        params: dict[str, Any] = {"since": asked.since, "until": asked.until}
        for name in ("queue", "agent"):
            value = getattr(asked, name)
            given |= {name if value else f"no_{name}"} if value is not None else set()
            params |= {name: storable(value)} if value else {}
        for name in ("entry_number", "cause"):
            value = getattr(asked, name)
            given |= {name} if value is not None else set()
            params |= {name: storable(value)} if value is not None else {}
        if asked.outcome is not None:
            given.add(asked.outcome)
        if asked.after is not None:
            start = await self._database.lookup(self._sql.call_start, {"call_id": storable(asked.after)})
            if not start:
                raise NotFound(f"no call {asked.after} to continue after")
            given.add("after")
            params |= {"after_at": start[0][0], "after_id": asked.after}
        sql = self._sql.search_figure_calls(frozenset(given))
        rows = await self._database.query(sql, {**params, "limit": page(asked.limit)})
        return [call_of(row, self._seal) for row in rows]
