"""What ``gateway.kpi.ports.FigureStore`` promises, on SQLite and PostgreSQL: above all that whatever changes a row, by
whatever way, marks its quarter of an hour, and that a counting of what is marked ends as one from scratch."""

from __future__ import annotations

import sqlite3
from contextlib import aclosing
from dataclasses import replace
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from gateway.kpi.counting import Rules, TimeRow
from gateway.kpi.packs import Cell
from gateway.kpi.ports import CallFilter, Counted
from gateway.kpi.reports import FigureReports, Wanted
from gateway.kpi.settling import Settler
from gateway.ledger import SqlLedger
from gateway.model.ids import AgentId, CallId, QueueId, SeatId
from gateway.model.records import CallRecord
from gateway.model.transfers import Transfer
from gateway.tickets.ports import NotFound, TicketDraft, Tx
from tests.kpi.figure_stage import rows_of

ZONE = ZoneInfo("Asia/Shanghai")
NOON = 1_795_233_600.0
QUARTER = int(NOON // 900)
_ALL = 100_000


def a_call(id: str = "1.1", at: float = NOON, **fields: Any) -> CallRecord:
    values: dict[str, Any] = {
        "entry_number": "12345", "queue": QueueId("hotline"), "queued_at": at + 1, "ended_at": at + 9, "wait_s": 8.0,
        "outcome": "abandoned_queue", "caller_number": "13812345678",
    }  # fmt: skip
    return CallRecord(CallId(id), at, **{**values, **fields})


async def save(ledger: SqlLedger, *calls: CallRecord) -> None:
    async def work(tx: Tx) -> None:
        for one in calls:
            await tx.save_call(one)

    await ledger.write(work)


async def marked(ledger: SqlLedger) -> set[int]:
    """Which quarters are marked; they are not marked any more afterwards."""
    marks = await ledger.figure_marks(None, None, _ALL)
    version, _ = await ledger.figure_version()
    if not version:
        await ledger.reset_figures("")
        version, _ = await ledger.figure_version()
    assert await ledger.keep_figures(version, Counted({}, {}, marks))
    return {quarter - QUARTER for quarter, _ in marks}


async def by_hand(url: str, statement: str) -> None:
    """As somebody does it who repairs something."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)
        connection.execute(statement)
        connection.commit()
        connection.close()
    else:
        away = await asyncpg.connect(url)
        await away.execute(statement)
        await away.close()


async def test_a_call_that_is_written_or_corrected_marks_where_it_was_and_is(
    ledger: SqlLedger, ledger_url: str
) -> None:
    await save(ledger, a_call(), a_call("2.2", NOON + 900))
    assert await marked(ledger) == {0, 1}
    await save(ledger, a_call(at=NOON + 1_800))
    assert await marked(ledger) == {0, 2}
    await by_hand(ledger_url, "UPDATE calls SET wait_s = 9 WHERE call_id = '2.2'")
    assert await marked(ledger) == {1}
    await by_hand(ledger_url, "DELETE FROM calls WHERE call_id = '2.2'")
    assert await marked(ledger) == {1}
    assert await marked(ledger) == set()


async def test_a_moment_just_before_a_quarter_is_of_the_one_before(ledger: SqlLedger) -> None:
    await save(ledger, a_call(at=NOON - 0.001), a_call("2", NOON + 899.999), a_call("3", 900.0 * (QUARTER + 7)))
    assert await marked(ledger) == {-1, 0, 7}


async def test_tickets_and_transfers_mark_their_quarters(ledger: SqlLedger) -> None:
    async def open_some(tx: Tx) -> str:
        opened = [
            (await tx.open_ticket(TicketDraft("sms", "460000", NOON + 900 * n, NOON), f"key{n}"))[0] for n in range(3)
        ]
        return opened[2].ticket_no

    number = await ledger.write(open_some)
    assert await marked(ledger) == {0, 1, 2}
    await ledger.write(lambda tx: tx.update_ticket(number, {"state": "closed", "satisfaction": 5}))  # type: ignore[arg-type]
    assert await marked(ledger) == {2}
    await ledger.write(lambda tx: tx.update_ticket(number, {"category": "0101"}))  # type: ignore[arg-type]
    assert await marked(ledger) == {2}
    made = Transfer(
        "x", "x", CallId("1.1"), "blind", "110", SeatId("A001"), AgentId("1"), NOON + 2_700, "110", version=1
    )
    await ledger.write(lambda tx: tx.save_transfer(made))
    assert await marked(ledger) == {3}
    await ledger.write(lambda tx: tx.save_transfer(replace(made, version=2, phase="ended", outcome="completed")))
    assert await marked(ledger) == {3}


async def test_a_calls_end_marks_its_ticket_and_its_transfer_too(ledger: SqlLedger) -> None:
    async def with_ticket(tx: Tx) -> None:
        await tx.save_call(a_call(ended_at=None, outcome=None))
        await tx.open_ticket(TicketDraft("phone", "460000", NOON + 900, NOON, fields={"call_id": "1.1"}), "call:1.1")
        await tx.save_transfer(
            Transfer("x", "x", CallId("1.1"), "blind", "110", SeatId("A"), AgentId("1"), NOON + 1_800)
        )

    await ledger.write(with_ticket)
    await marked(ledger)
    await save(ledger, a_call())
    assert await marked(ledger) == {0, 1, 2}


async def test_agents_time_adds_up_and_marks_its_quarter(ledger: SqlLedger) -> None:
    row = TimeRow(QUARTER, "1001", 1, 2, 3, 4, 5, 6, 7)
    await ledger.add_agent_times([row, row._replace(agent="1002"), row._replace(quarter=QUARTER + 1)], "t", {"at": 1.0})
    await ledger.add_agent_times([row], "t", {"at": 2.0})
    assert (await rows_of(ledger, QUARTER, QUARTER)).times == [
        TimeRow(QUARTER, "1001", 2, 4, 6, 8, 10, 12, 14), row._replace(agent="1002"),
    ]  # fmt: skip
    assert await ledger.state("t") == {"at": 2.0}
    assert await marked(ledger) == {0, 1}


async def test_a_quarter_of_many_rows_comes_in_parts_and_whole(ledger: SqlLedger) -> None:
    many = [TimeRow(QUARTER, f"{n:04d}", n, 0, 0, 0, 0, 0, 0) for n in range(1_201)]
    await ledger.add_agent_times(many, "t", {"at": 1.0})
    async with aclosing(ledger.figure_rows(QUARTER, QUARTER)) as parts:
        async for part in parts:
            assert 0 < len(part.times) < 1_000
    assert sorted((await rows_of(ledger, QUARTER, QUARTER)).times) == many


async def test_rows_left_unread_keep_nothing_busy(ledger: SqlLedger) -> None:
    await ledger.add_agent_times([TimeRow(QUARTER, f"{n}", 1, 0, 0, 0, 0, 0, 0) for n in range(2_000)], "t", {})
    for _ in range(20):  # more than there are connections to read with
        async with aclosing(ledger.figure_rows(QUARTER, QUARTER)) as parts:
            assert await anext(parts)
    assert len((await rows_of(ledger, QUARTER, QUARTER)).times) == 2_000


async def test_what_is_written_after_its_marks_were_read_stays_marked(ledger: SqlLedger) -> None:
    await ledger.reset_figures("")
    version, _ = await ledger.figure_version()
    await save(ledger, a_call())
    before = await ledger.figure_marks(None, None, _ALL)
    await save(ledger, a_call(talk_s=99.0))
    assert await ledger.keep_figures(version, Counted({}, {}, before))
    after = await ledger.figure_marks(None, None, _ALL)
    assert [quarter for quarter, _ in after] == [QUARTER] and after != before
    assert await marked(ledger) == {0} and await marked(ledger) == set()


async def test_what_is_rolled_back_marks_nothing(ledger: SqlLedger) -> None:
    async def fails(tx: Tx) -> None:
        await tx.save_call(a_call())
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await ledger.write(fails)
    assert await marked(ledger) == set()


async def test_only_the_first_of_two_countings_is_kept(ledger: SqlLedger) -> None:
    await save(ledger, a_call())
    await ledger.reset_figures("rules")
    version, rules = await ledger.figure_version()
    marks = await ledger.figure_marks(None, None, _ALL)
    assert rules == "rules" and [mark[0] for mark in marks] == [QUARTER]
    cells = {("h", 3_600): {Cell("q", "hotline"): "[0,1]"}}
    assert await ledger.keep_figures(version, Counted({QUARTER: (b"first", 5.0)}, cells, marks))  # type: ignore[arg-type]
    other = {("h", 3_600): {Cell("q", "hotline"): "[0,2]"}}
    assert not await ledger.keep_figures(version, Counted({QUARTER: (b"second", None)}, other))  # type: ignore[arg-type]
    assert await ledger.figure_packs(QUARTER, QUARTER) == {QUARTER: b"first"}
    assert await ledger.figure_cells_at("h", 3_600) == {Cell("q", "hotline"): "[0,1]"}
    assert await ledger.figures_due(5.0) == [] and await ledger.figures_due(5.1) == [QUARTER]
    assert await ledger.figure_marks(None, None, _ALL) == []


async def test_cells_are_found_by_cube_span_time_and_what_they_are_of(ledger: SqlLedger) -> None:
    await ledger.reset_figures("")
    version, _ = await ledger.figure_version()
    some = {
        Cell("qa", queue, agent): f"[1,{n}]" for n, (queue, agent) in enumerate((("a", "1"), ("a", "2"), ("b", "1")))
    }
    kept = {("d", 0): some, ("d", 86_400): {Cell("qa", "a", "1"): "[]"}, ("h", 0): {Cell("qa", "a", "1"): "[]"}}
    await ledger.keep_figures(version, Counted({}, kept))  # type: ignore[arg-type]

    async def found(*asked: Any, **where: str) -> list[str]:
        return sorted(row[-1] for row in await ledger.figure_cells(*asked, where))

    assert await found("qa", "d", 0, 86_400) == ["[1,0]", "[1,1]", "[1,2]"]
    assert await found("qa", "d", 0, 86_400, queue="a") == ["[1,0]", "[1,1]"]
    assert await found("qa", "d", 0, 86_401, queue="a", agent="1") == ["[1,0]", "[]"]
    assert await found("q", "d", 0, 86_400) == []
    [row] = await ledger.figure_cells("qa", "d", 0, 1, {"queue": "b"})
    assert tuple(row) == (0, "b", "1", "", "", "[1,2]")


async def test_a_reset_forgets_what_was_counted_and_marks_it(ledger: SqlLedger) -> None:
    await save(ledger, a_call(), a_call("2", NOON + 9_000))
    settler = Settler(ledger, ZONE, ZONE.key, Rules, lambda: NOON + 1e6)
    assert await settler.settle() == 0 and await ledger.figure_marks(None, None, _ALL) == []
    await ledger.reset_figures("other")
    assert {mark[0] for mark in await ledger.figure_marks(None, None, _ALL)} == {QUARTER, QUARTER + 10}
    assert await ledger.figure_cells("", "d", 0, 2**40, {}) == [] and await ledger.figure_packs(0, 2**40) == {}


async def test_marks_can_be_asked_for_by_time_and_come_the_latest_first(ledger: SqlLedger) -> None:
    await save(ledger, *(a_call(str(n), NOON + 900 * n) for n in range(5)))
    marks = await ledger.figure_marks(QUARTER + 1, QUARTER + 4, 2)
    assert [quarter - QUARTER for quarter, _ in marks] == [3, 2]


async def test_corrections_late_rows_and_restarts_end_as_counted_from_scratch(ledger: SqlLedger) -> None:
    """The live way, with a new settler now and then, against packs and cells made anew."""
    dice = Random(7)

    def a_settler() -> Settler:
        return Settler(ledger, ZONE, ZONE.key, Rules, lambda: NOON + 1e6)

    async def change(tx: Tx) -> None:
        for _ in range(4):
            at = NOON + 700 * dice.randrange(80)
            queue = QueueId(dice.choice(("hotline", "social")))
            spoken = {"answered_at": at + 2, "talk_s": 9.0, "outcome": "answered", "agent": AgentId("1001")}
            call = a_call(str(dice.randrange(12)), at, queue=queue, **(spoken if dice.random() < 0.6 else {}))
            await tx.save_call(call)
            draft = TicketDraft("phone", "460000", at, at, fields={"call_id": call.call_id, "queue": queue})
            ticket, new = await tx.open_ticket(draft, f"call:{call.call_id}")
            if not new:
                await tx.update_ticket(ticket.ticket_no, {"category": dice.choice(("01", "02")), "received_at": at})

    settler = a_settler()
    for turn in range(12):
        await ledger.write(change)
        if turn % 3 == 0:
            assert await settler.settle() == 0
        settler = a_settler() if turn % 5 == 0 else settler
    assert await settler.settle() == 0
    asked = [
        Wanted(by, NOON - 86_400, NOON + 86_400) for by in ("hour", "day", "queue", "agent", "category", "channel")
    ]  # type: ignore[arg-type]
    live = [await FigureReports(ledger, settler, ZONE, fresh_s=-1, patience_s=60).report(one) for one in asked]
    _, rules = await ledger.figure_version()
    await ledger.reset_figures(rules)
    scratch = [await FigureReports(ledger, settler, ZONE, fresh_s=-1, patience_s=60).report(one) for one in asked]
    assert [one.groups for one in live] == [one.groups for one in scratch]
    assert [one.total for one in live] == [one.total for one in scratch] and scratch[0].total["requests"]


async def test_two_gateways_on_one_ledger_count_nothing_twice(ledger: SqlLedger) -> None:
    await save(ledger, *(a_call(str(n), NOON + 300 * n) for n in range(60)))
    settlers = [Settler(ledger, ZONE, ZONE.key, Rules, lambda: NOON + 1e6) for _ in range(2)]
    assert await settlers[0].settle() == 0
    await save(ledger, *(a_call(str(n), NOON + 300 * n, outcome="no_answer") for n in range(0, 60, 7)))
    version, _ = await ledger.figure_version()
    stale = await settlers[1]._counted([QUARTER], await ledger.figure_marks(QUARTER, QUARTER + 1, 9))
    assert await settlers[0].settle() == 0
    assert not await ledger.keep_figures(version, stale)
    reports = FigureReports(ledger, settlers[1], ZONE, fresh_s=-1, patience_s=60)
    made = await reports.report(Wanted("day", NOON, NOON + 86_400))
    assert (made.total["requests"], made.total["lost_no_answer"]) == (60, 9)


async def test_pages_of_calls_go_on_where_the_one_before_ended(ledger: SqlLedger) -> None:
    await save(ledger, *(a_call(str(n), NOON + n) for n in range(5)))
    asked = CallFilter(NOON, NOON + 10, outcome="lost", limit=2)
    first = await ledger.figure_calls(asked)
    second = await ledger.figure_calls(replace(asked, after=str(first[-1].call_id)))
    assert [one.call_id for one in (*first, *second)] == ["4", "3", "2", "1"]
    with pytest.raises(NotFound):
        await ledger.figure_calls(replace(asked, after="nobody"))
