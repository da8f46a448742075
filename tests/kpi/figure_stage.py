"""A ledger of figures in memory: rows that are put in are marked, as the database's triggers do it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.kpi.calendar import quarter_of
from gateway.kpi.counting import Call, Rules, TicketRow, TimeRow, TransferRow
from gateway.kpi.packs import Cell, Pack, Packer
from gateway.kpi.ports import CallFilter, Counted, FigureStore, Mark, Rows, Span
from gateway.model.records import CallRecord

ROW = Call(0.0, None, None, None, None, None, None, None, None, "in", "hotline", None, "12345")
TICKET = TicketRow(
    0.0, "phone", "hotline", "1001", "12345", "460000", "", "received", None, None, None, None, None, None, None, None
)  # fmt: skip


def pack_of(
    calls: Iterable[Call] = (), tickets: Iterable[TicketRow] = (), transfers: Iterable[TransferRow] = (),
    times: Iterable[TimeRow] = (), at: float = 1.0,
) -> Pack:  # fmt: skip
    """The pack of a quarter's rows as it is at a time, by the rules that stand when nothing is configured."""
    packer = Packer(Rules(), at)
    for call in calls:
        packer.call(call)
    for ticket in tickets:
        packer.ticket(ticket)
    for transfer in transfers:
        packer.transfer(transfer)
    for row in times:
        packer.time(row)
    return packer.pack()


async def rows_of(store: FigureStore, first: int, last: int) -> Rows:
    """All rows of some quarters."""
    calls: list[Call] = []
    tickets: list[TicketRow] = []
    transfers: list[TransferRow] = []
    times: list[TimeRow] = []
    async for some in store.figure_rows(first, last):
        calls += some.calls
        tickets += some.tickets
        transfers += some.transfers
        times += some.times
    return Rows(calls, tickets, transfers, times)


@dataclass
class Store:
    """What settling and reports ask of ``gateway.kpi.ports.FigureStore``. What they do not ask (states, the list of
    calls behind a figure) only a ledger has; there the contract tests try it."""

    calls: dict[str, Call] = field(default_factory=dict)
    tickets: dict[str, TicketRow] = field(default_factory=dict)
    transfers: dict[str, TransferRow] = field(default_factory=dict)
    times: dict[tuple[int, str], TimeRow] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    packs: dict[int, tuple[bytes, float | None]] = field(default_factory=dict)
    cells: dict[tuple[Span, int, Cell], str] = field(default_factory=dict)
    version: int = 0
    rules: str = ""
    keeps: int = 0
    overtaken: int = 0
    """How many times somebody else is to be first."""
    reads: int = 0

    def put(self, id: str, row: Call | TicketRow | TransferRow | None, kind: str = "calls") -> None:
        """Write a row, or delete it."""
        table: dict[str, Any] = getattr(self, kind)
        for one in (table.get(id), row):
            if one is not None:
                self.mark(quarter_of(one[0]))
        if row is None:
            table.pop(id, None)
        else:
            table[id] = row

    def put_time(self, row: TimeRow) -> None:
        self.times[row.quarter, row.agent] = row
        self.mark(row.quarter)

    def mark(self, quarter: int) -> None:
        self.marks.append((quarter, len(self.marks) + 1_000 * self.version))

    # -- the port ----------------------------------------------------------------------------------------------------

    async def figure_version(self) -> tuple[int, str]:
        return self.version, self.rules

    async def figure_marks(self, since: int | None, until: int | None, limit: int) -> Sequence[Mark]:
        within = (one for one in self.marks if (since is None or one[0] >= since) and (until is None or one[0] < until))
        return sorted(within, key=lambda one: (-one[0], one[1]))[:limit]

    async def figures_due(self, at: float) -> Sequence[int]:
        return [quarter for quarter, (_, due) in self.packs.items() if due is not None and due < at]

    async def figure_rows(self, first: int, last: int) -> AsyncGenerator[Rows, None]:
        self.reads += 1

        def within(rows: Mapping[Any, Any]) -> list[Any]:
            return [row for row in rows.values() if first <= quarter_of(row[0]) <= last]

        times = [row for row in self.times.values() if first <= row.quarter <= last]
        for call in within(self.calls):
            yield Rows(calls=[call])
        yield Rows(tickets=within(self.tickets), transfers=within(self.transfers), times=times)

    async def figure_rows_of(self, agent: str, since: int, until: int) -> Rows:
        def of(rows: Mapping[Any, Any]) -> list[Any]:
            return [row for row in rows.values() if since <= row[0] < until and row.agent == agent]

        return Rows(of(self.calls), of(self.tickets), of(self.transfers), [])

    async def figure_packs(self, first: int, last: int) -> Mapping[int, bytes]:
        return {quarter: data for quarter, (data, _) in self.packs.items() if first <= quarter <= last}

    async def figure_cells_at(self, span: Span, at: int) -> Mapping[Cell, str]:
        return {cell: data for (its, start, cell), data in self.cells.items() if (its, start) == (span, at)}

    async def figure_cells(
        self, cube: str, span: Span, since: int, until: int, where: Mapping[str, str]
    ) -> Sequence[tuple[int, str, str, str, str, str]]:
        return [
            (at, cell.queue, cell.agent, cell.entry, cell.topic, data)
            for (its, at, cell), data in self.cells.items()
            if its == span and since <= at < until and cell.cube == cube
            if all(getattr(cell, name) == value for name, value in where.items())
        ]

    async def keep_figures(self, version: int, counted: Counted) -> bool:
        if self.overtaken:
            self.overtaken -= 1
            self.version += 1
        if version != self.version:
            return False
        self.version += 1
        self.keeps += 1
        self.packs |= counted.packs
        for (span, at), cells in counted.cells.items():
            self.cells |= {(span, at, cell): data for cell, data in cells.items()}
        self.marks = [mark for mark in self.marks if mark not in set(counted.marks)]
        return True

    async def reset_figures(self, rules: str) -> None:
        for quarter in self.packs:
            self.mark(quarter)
        self.packs, self.cells = {}, {}
        self.version, self.rules = self.version + 1, rules

    async def add_agent_times(self, rows: Sequence[TimeRow], name: str, told: Mapping[str, Any]) -> None:
        raise AssertionError(f"this fake keeps no states, asked for {name}: put_time, or use a ledger")

    async def figure_calls(self, asked: CallFilter) -> Sequence[CallRecord]:
        raise AssertionError(f"this fake has no list of calls, asked for {asked}: use a ledger")
