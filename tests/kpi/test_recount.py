"""Counting anew: what is kept otherwise than the rows say is told and put right, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from gateway.kpi.calendar import day_start, quarter_of
from gateway.kpi.counting import Rules
from gateway.kpi.packs import Cell
from gateway.kpi.recount import Day, OtherRules, recount
from gateway.kpi.settling import Settler
from tests.kpi.figure_stage import ROW, TICKET, Store
from tests.kpi.test_settling import AUTUMN, BERLIN, SHANGHAI, a_settler, from_scratch, kept

LATER = AUTUMN + 10**6


def a_store(zone: ZoneInfo = BERLIN) -> tuple[Store, Settler]:
    """Calls and tickets of two days, every 40 minutes, one of them the day on which the clock is set back."""
    store = Store()
    for n in range(60):
        at = AUTUMN + 2_400 * n
        row = ROW._replace(started_at=at, queued_at=at, answered_at=at + 9, ended_at=at + 99, wait_s=9.0, talk_s=90.0)
        store.put(str(n), row._replace(agent="1001", outcome="answered"))
        store.put(f"t{n}", TICKET._replace(received_at=at, category="01"), "tickets")
    return store, a_settler(store, zone)


async def counted(settler: Settler, *, keep: bool = True, days: int = 2) -> list[Day]:
    return [day async for day in recount(settler, AUTUMN, AUTUMN + 86_400 * days, keep=keep)]


@pytest.mark.parametrize("zone", [BERLIN, SHANGHAI], ids=str)
async def test_figures_that_are_right_are_left_alone(zone: ZoneInfo) -> None:
    store, settler = a_store(zone)
    await settler.settle()
    version = store.version
    assert [day.right for day in await counted(settler)] == [True] * 3
    assert store.version == version and kept(store) == from_scratch(store, zone, LATER)


async def test_what_nobody_has_counted_yet_is_settled_and_is_no_mistake() -> None:
    store, settler = a_store()
    assert all(day.right for day in await counted(settler))
    assert kept(store) == from_scratch(store, BERLIN, LATER)


def past_the_triggers(store: Store) -> None:
    """A call that becomes lost, one that goes and one that comes, without a mark."""
    store.calls["0"] = store.calls["0"]._replace(answered_at=None, talk_s=None, agent=None, outcome="no_answer")
    del store.calls["1"]
    for n in (1, 2):
        store.calls[f"new{n}"] = store.calls["2"]


def pack_gone(store: Store) -> None:
    store.packs.pop(quarter_of(AUTUMN))


def cells_by_hand(store: Store) -> None:
    start = day_start(AUTUMN, BERLIN)
    store.cells["d", start, Cell("")] = "[0,7]"
    store.cells["d", start, Cell("q", "nobody")] = "[0,1]"
    del store.cells["d", start, Cell("q", "hotline")]


@pytest.mark.parametrize(
    ("spoil", "quarters", "cells", "by"),
    [
        (past_the_triggers, 3, 0, {"answered": 0, "requests": 1, "lost_no_answer": 1}),
        (pack_gone, 1, 10, {"requests": 1, "answered": 1}),
        (cells_by_hand, 0, 3, {}),
    ],
)
async def test_what_differs_is_told_and_put_right(
    spoil: Callable[[Store], None], quarters: int, cells: int, by: dict[str, int]
) -> None:
    store, settler = a_store()
    await settler.settle()
    spoil(store)
    spoilt = dict(store.cells), dict(store.packs)
    dry = await counted(settler, keep=False)
    assert (store.cells, store.packs) == spoilt, "only told"
    found = await counted(settler)
    assert found == dry
    assert (found[0].quarters, found[0].cells >= cells, (found[0].cells > 0) == (cells > 0)) == (quarters, True, True)
    assert {name: found[0].by.get(name, 0) for name in by} == by
    assert [day.right for day in found] == [False, True, True]
    assert kept(store) == from_scratch(store, BERLIN, LATER)
    assert all(day.right for day in await counted(settler))


async def test_a_row_that_is_written_meanwhile_waits_for_its_settling_and_is_no_mistake() -> None:
    store, settler = a_store()
    await settler.settle()
    read = store.figure_version

    async def a_call_comes() -> tuple[int, str]:
        if "late" not in store.calls and store.reads:
            store.put("late", store.calls["5"])
        return await read()

    store.figure_version = a_call_comes  # type: ignore[method-assign]
    assert all(day.right for day in await counted(settler))
    await settler.settle()
    assert "late" in store.calls and kept(store) == from_scratch(store, BERLIN, LATER)


async def test_another_gateway_that_is_first_makes_it_count_again() -> None:
    store, settler = a_store()
    await settler.settle()
    cells_by_hand(store)
    store.overtaken = 3
    assert [day.right for day in await counted(settler)] == [False, True, True]
    cells_by_hand(store)
    store.overtaken = 1_000
    with pytest.raises(OSError, match="by others"):
        await counted(settler)


async def test_figures_of_other_rules_are_not_mixed_with_ours() -> None:
    _, settler = a_store()
    await settler.settle()
    with pytest.raises(OtherRules):
        await counted(replace(settler, rules=lambda: Rules(send_on_s=60.0)))
    with pytest.raises(OtherRules):
        await counted(replace(settler, zone_name="Asia/Shanghai"))
