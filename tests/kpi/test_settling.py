"""Settling: whatever happens to rows, in whatever order, cells are at last what a counting from scratch makes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.kpi.calendar import day_start, hour_start
from gateway.kpi.counting import Call, Rules, TicketRow, TimeRow, TransferRow
from gateway.kpi.packs import CUBES, HOURLY, Cell, Cells, spread
from gateway.kpi.ports import Rows, Span
from gateway.kpi.settling import Settler, cell_sums, rest_s
from gateway.kpi.sums import Sums
from tests.kpi.figure_stage import ROW, TICKET, Store, pack_of

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
AUTUMN = 1_792_884_600.0
"""2026-10-25 01:30 in Berlin: half an hour before the hour that comes twice."""


def a_settler(
    store: Store, zone: ZoneInfo = SHANGHAI, at: float = AUTUMN + 10**6, rules: Rules | None = None
) -> Settler:
    kept = rules or Rules()
    return Settler(store, zone, zone.key, lambda: kept, lambda: at)


def from_scratch(store: Store, zone: ZoneInfo, at: float) -> dict[tuple[Span, int, Cell], Sums]:
    """All cells, made of the rows by themselves: no packs, no differences."""
    whole: dict[tuple[Span, int], Cells] = {}
    moments = [row[0] for rows in (store.calls, store.tickets, store.transfers) for row in rows.values()]
    moments += [row.quarter * 900.0 for row in store.times.values()]
    for moment in {one // 900 * 900 for one in moments}:

        def within(rows: Iterable[Call | TicketRow | TransferRow], start: float = moment) -> list[object]:
            return [row for row in rows if start <= row[0] < start + 900]

        times = [row for row in store.times.values() if row.quarter * 900 == moment]
        pack = pack_of(
            within(store.calls.values()), within(store.tickets.values()), within(store.transfers.values()), times, at  # type: ignore[arg-type]
        )  # fmt: skip
        spread(pack, whole.setdefault(("h", hour_start(moment, zone)), {}), HOURLY)
        spread(pack, whole.setdefault(("d", day_start(moment, zone)), {}), CUBES)
    return {(span, start, cell): sums for (span, start), cells in whole.items() for cell, sums in cells.items() if sums}


def kept(store: Store) -> dict[tuple[Span, int, Cell], Sums]:
    return {place: sums for place, data in store.cells.items() if (sums := cell_sums(data))}


@pytest.mark.parametrize(
    ("took_s", "rests_s"),
    [(0.0, 15.0), (0.07, 15.0), (0.1, 20.0), (0.3, 60.0), (2.0, 60.0), (3.0, 60.0), (60.0, 1200.0)],
)
def test_settling_rests_by_how_long_it_has_worked(took_s: float, rests_s: float) -> None:
    assert rest_s(took_s) == pytest.approx(rests_s)


@pytest.mark.parametrize("calm", [False, True])
async def test_it_pauses_between_parts_only_when_it_is_calm(calm: bool) -> None:
    store = Store()
    store.put("a", ROW._replace(started_at=AUTUMN))
    settler = a_settler(store)
    assert await settler.settle(calm=calm) == 0
    assert not store.marks
    assert (settler._paused_s > 0.0) is calm


async def test_settling_that_nobody_waits_for_lets_others_work_in_between() -> None:
    settler = a_settler(Store())
    assert settler._pause(0.01) == pytest.approx(0.03)
    assert settler._pause(60.0) == pytest.approx(0.1)
    asked: list[float] = []

    async def version() -> tuple[int, str]:
        asked.append(settler._pause(0.01))
        return 0, ""

    settler.store.figure_version = version  # type: ignore[method-assign]
    await settler.fresh(AUTUMN, AUTUMN + 3_600, 0.0, 1.0)
    assert asked
    assert set(asked) == {0.0}
    assert settler._pause(0.01) == pytest.approx(0.03)


MOMENTS = st.integers(0, 40).map(lambda n: AUTUMN - 3_000 + n * 700.0)
WAIT = st.sampled_from((0.0, 4.9, 15.0, 15.001, 300.0))
CALLS = st.builds(
    lambda at, wait, answered, queue, agent, entry: ROW._replace(
        started_at=at, queued_at=at + 1, answered_at=at + 1 + wait if answered else None, ended_at=at + 400,
        wait_s=wait, talk_s=30.0 if answered else None, queue=queue, agent=agent if answered else None,
        entry_number=entry, outcome="answered" if answered else "abandoned_queue",
    ),
    MOMENTS, WAIT, st.booleans(), st.sampled_from(("hotline", "social", None)), st.sampled_from(("1001", "1002")),
    st.sampled_from(("12345", "12333")),
)  # fmt: skip
TICKETS = st.builds(
    lambda at, channel, category, state, score: TICKET._replace(
        received_at=at, channel=channel, category=category, state=state, satisfaction=score
    ),
    MOMENTS, st.sampled_from(("phone", "sms")), st.sampled_from(("", "01")), st.sampled_from(("received", "closed")),
    st.sampled_from((None, 1, 5)),
)  # fmt: skip
TRANSFERS = st.builds(
    lambda at, partner, outcome: TransferRow(at, partner, "1001", outcome, "hotline", "12345"),
    MOMENTS, st.sampled_from(("110", "")), st.sampled_from(("completed", None, "busy")),
)  # fmt: skip
TIMES = st.builds(lambda at, agent, ms: TimeRow(int(at // 900), agent, ms, 0, ms, 0, 0, 0, 7), MOMENTS,
                  st.sampled_from(("1001", "1002")), st.integers(1, 900_000))  # fmt: skip
ID = st.sampled_from("abcdef")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("calls"), ID, st.one_of(st.none(), CALLS)),
        st.tuples(st.just("tickets"), ID, st.one_of(st.none(), TICKETS)),
        st.tuples(st.just("transfers"), ID, st.one_of(st.none(), TRANSFERS)),
        st.tuples(st.just("times"), ID, TIMES),
        st.tuples(st.just("settle"), ID, st.none()),
        st.tuples(st.just("overtaken"), ID, st.none()),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from((SHANGHAI, BERLIN)))
def test_any_order_of_writings_corrections_and_settlings_ends_as_counted_from_scratch(
    steps: list[tuple[str, str, object]], zone: ZoneInfo
) -> None:
    at = AUTUMN + 10**6
    store = Store()

    async def live() -> None:
        settler = a_settler(store, zone, at)
        for kind, id_, row in steps:
            if kind == "settle":
                assert await settler.settle() == 0
            elif kind == "overtaken":
                store.overtaken = 1
            elif kind == "times":
                store.put_time(row)  # type: ignore[arg-type]
            else:
                store.put(id_, row, kind)  # type: ignore[arg-type]
        assert await settler.settle() == 0

    asyncio.run(live())
    assert kept(store) == from_scratch(store, zone, at)
    assert not store.marks


async def test_nothing_new_costs_nothing() -> None:
    store = Store()
    store.put("a", ROW._replace(started_at=AUTUMN))
    settler = a_settler(store)
    assert await settler.settle() == 0
    keeps, reads = store.keeps, store.reads
    assert await settler.settle() == 0
    assert (store.keeps, store.reads) == (keeps, reads) == (1, 1)
    assert settler.as_of == AUTUMN + 10**6


async def test_a_mark_that_comes_while_its_quarter_is_counted_is_for_the_next_time() -> None:
    store = Store()
    store.put("a", ROW._replace(started_at=AUTUMN, queued_at=AUTUMN, ended_at=AUTUMN, outcome="queue_full"))

    rows = store.figure_rows

    async def then_a_call(first: int, last: int) -> AsyncGenerator[Rows, None]:
        async for read in rows(first, last):
            yield read
        store.figure_rows = rows  # type: ignore[method-assign]
        store.put("b", ROW._replace(started_at=AUTUMN + 1, queued_at=AUTUMN, ended_at=AUTUMN, outcome="queue_full"))

    store.figure_rows = then_a_call  # type: ignore[method-assign]
    settler = a_settler(store)
    await settler.settle()
    assert len(store.marks) == 1
    await settler.settle()
    assert kept(store) == from_scratch(store, SHANGHAI, AUTUMN + 10**6) and not store.marks


async def test_a_limit_that_passes_changes_the_figures_though_nothing_was_written() -> None:
    store = Store()
    store.put("t", TICKET._replace(received_at=AUTUMN, channel="sms"), "tickets")
    await a_settler(store, at=AUTUMN + 100).settle()
    early = kept(store)
    assert early == from_scratch(store, SHANGHAI, AUTUMN + 100)
    for later in (AUTUMN + 181, AUTUMN + 700):  # 3 minutes to answer, 10 to send on
        await a_settler(store, at=later).settle()
        assert kept(store) == from_scratch(store, SHANGHAI, later) != early
    assert not await store.figures_due(AUTUMN + 10**9)


async def test_other_rules_or_another_zone_count_everything_anew() -> None:
    store = Store()
    for n in range(5):
        store.put(f"{n}", TICKET._replace(received_at=AUTUMN + n * 3600, channel="sms"), "tickets")
    await a_settler(store).settle()
    assert await a_settler(store, BERLIN).settle() == 0
    assert kept(store) == from_scratch(store, BERLIN, AUTUMN + 10**6)
    patient = Rules(send_on_s=1e9, answer_s=1e9)
    await a_settler(store, BERLIN, rules=patient).settle()
    assert kept(store) != from_scratch(store, BERLIN, AUTUMN + 10**6)


async def test_without_patience_the_latest_are_counted_first_and_the_rest_is_told() -> None:
    store = Store()
    for n in range(40):
        store.put(f"{n}", ROW._replace(started_at=AUTUMN + n * 900))
    settler = a_settler(store)
    assert await settler.settle(limit_s=-1.0) == 40
    assert await settler.settle(since=AUTUMN + 30 * 900, until=AUTUMN + 40 * 900) == 0
    assert sorted(store.packs) == [int(AUTUMN // 900) + n for n in range(30, 40)]
    assert settler.as_of == 0.0
    assert await settler.settle() == 0 and len(store.packs) == 40


async def test_fresh_figures_are_not_settled_again() -> None:
    store = Store()
    settler = a_settler(store)
    store.put("a", ROW._replace(started_at=AUTUMN))
    assert await settler.fresh(AUTUMN, AUTUMN + 900, 5.0, 1.0) == (AUTUMN + 10**6, 0)
    store.put("b", ROW._replace(started_at=AUTUMN))
    assert await settler.fresh(AUTUMN, AUTUMN + 900, 5.0, 1.0) == (AUTUMN + 10**6, 0)
    assert store.marks
    await settler.fresh(AUTUMN, AUTUMN + 900, -1.0, 1.0)
    assert not store.marks


async def test_who_is_never_first_says_so() -> None:
    store = Store()
    store.put("a", ROW._replace(started_at=AUTUMN))
    store.overtaken = 99
    with pytest.raises(OSError, match="by others"):
        await a_settler(store).settle()
