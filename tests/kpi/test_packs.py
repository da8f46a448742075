"""Packs, cubes and cells."""

from __future__ import annotations

import pytest

from gateway.kpi.counting import TimeRow, TransferRow
from gateway.kpi.packs import (
    CUBES,
    Cell,
    Cells,
    Key,
    cube_of,
    difference,
    packed,
    spread,
    unpacked,
)
from gateway.kpi.sums import AT, total
from tests.kpi.figure_stage import ROW, TICKET, pack_of

REQUEST = ROW._replace(queued_at=1.0, answered_at=2.0, wait_s=1.0, agent="1001")


def a_pack() -> dict[Key, dict[int, int]]:
    tickets = [TICKET._replace(category="01"), TICKET._replace(category="02", state="closed")]
    transfers = [TransferRow(0.0, "110", "1001", "completed", "hotline", "12345")]
    return pack_of([REQUEST, REQUEST], tickets, transfers, [TimeRow(0, "1001", 5, 0, 0, 0, 0, 0, 0)])


def test_a_pack_is_kept_and_found_again() -> None:
    pack = a_pack()
    assert unpacked(packed(pack)) == pack and unpacked(None) == {} == unpacked(packed({}))
    assert {key.kind for key in pack} == {"c", "t", "x", "w"}


def test_every_cube_adds_up_to_the_whole_of_what_it_tells_apart() -> None:
    cells: Cells = {}
    spread(a_pack(), cells)
    for field in ("requests", "tickets", "transfers"):
        whole = cells[Cell("")][AT[field]]
        for cube in CUBES:
            of_cube = total(sums for cell, sums in cells.items() if cell.cube == cube)
            told = {"requests": "H", "transfers": "P"}.get(field, "HRC")
            expected = whole if cube[:1] in ("", "q", "a", "e", *told) else 0
            assert of_cube.get(AT[field], 0) == expected, (field, cube)


def test_agents_time_is_of_agents_and_of_nothing_else() -> None:
    cells: Cells = {}
    spread(a_pack(), cells)
    assert {cell.cube for cell, sums in cells.items() if sums.get(AT["time_signed"])} == {"", "a"}


def test_only_the_wanted_cubes_are_spread() -> None:
    cells: Cells = {}
    spread(a_pack(), cells, ("C",))
    assert {cell.topic for cell in cells} == {"01", "02"} and {cell.cube for cell in cells} == {"C"}


def test_a_difference_makes_the_old_the_new() -> None:
    old, new = a_pack(), pack_of([REQUEST._replace(queue="social")])
    cells: Cells = {}
    spread(old, cells)
    spread(difference(old, new), cells)
    fresh: Cells = {}
    spread(new, fresh)
    assert {cell: sums for cell, sums in cells.items() if sums} == fresh
    assert difference(new, new) == {}


@pytest.mark.parametrize(
    ("sides", "topic", "cube"),
    [("", "", ""), ("aq", "", "qa"), ("eqa", "", "qae"), ("e", "category", "Ce"), ("eq", "channel", "Hqe"),
     ("q", "partner", "Pq"), ("", "area", "R")],
)  # fmt: skip
def test_the_smallest_cube_that_tells_them_apart(sides: str, topic: str, cube: str) -> None:
    assert cube_of(sides, topic) == cube and cube in CUBES
