"""A hall's file with seats and pillars moved: only their lines change, and what comes of it is what was meant."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.seats.config import HallConfig
from gateway.settings.hall_text import moved

EXAMPLE = (Path(__file__).resolve().parents[2] / "config" / "halls" / "haikou.toml").read_text(encoding="utf-8")


def hall_of(text: str) -> HallConfig:
    return HallConfig.model_validate(tomllib.loads(text))


def places(text: str) -> dict[str, tuple[str, int, int]]:
    return {seat.id: (seat.room, seat.x, seat.y) for seat in hall_of(text).all_seats()}


def changed(before: str, after: str) -> list[str]:
    kept = before.splitlines()
    return [line for line in after.splitlines() if line not in kept]


def test_nothing_moved_is_the_same_text() -> None:
    assert moved(EXAMPLE, {}, {}) == EXAMPLE
    assert moved(EXAMPLE, places(EXAMPLE), {"main": ((3, 3), (8, 3))}) == EXAMPLE


def test_a_single_seat_changes_its_two_lines_and_keeps_the_comments() -> None:
    after = moved(EXAMPLE, {"P001": ("main", 6, 7)}, {})
    assert places(after)["P001"] == ("main", 6, 7)
    assert after.count("#") == EXAMPLE.count("#")
    assert len(after.splitlines()) == len(EXAMPLE.splitlines())


def test_a_block_that_moves_whole_stays_a_block() -> None:
    seats = {f"L{n:03d}": ("expert", n, 5) for n in (1, 2, 3)}
    after = moved(EXAMPLE, seats, {})
    assert changed(EXAMPLE, after) == ["y = 5"] and places(after) == places(EXAMPLE) | seats


def test_a_block_of_which_one_seat_moves_is_written_out_with_its_comment() -> None:
    after = moved(EXAMPLE, {"Z002": ("main", 6, 7)}, {})
    assert places(after) == places(EXAMPLE) | {"Z002": ("main", 6, 7)}
    assert [seat.queues for seat in hall_of(after).all_seats() if seat.id == "Z003"] == [
        ["market", "hr", "fund", "transport", "hotline"]
    ]
    assert "[[seats]]                     # Z001-Z004, 8021-8024: the dual numbers' own people" not in after
    assert after.count("[[seat_blocks]]") == EXAMPLE.count("[[seat_blocks]]") - 1


def test_pillars_change_their_line_also_over_several_lines_and_where_there_was_none() -> None:
    spread = EXAMPLE.replace("pillars = [[3, 3], [8, 3]]", "pillars = [\n  [3, 3],  # by the door\n  [8, 3],\n]  # two")
    after = moved(spread, {}, {"main": ((1, 7),), "expert": ()})
    assert [room.pillars for room in hall_of(after).rooms] == [[(1, 7)], []]
    assert "pillars = [[1, 7]]  # two\n" in after
    bare = EXAMPLE.replace("pillars = [[3, 2]]\n", "")
    assert hall_of(moved(bare, {}, {"expert": ((3, 2),)})) == hall_of(EXAMPLE)


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="Q009"):
        moved(EXAMPLE, {"Q009": ("main", 1, 1)}, {})
    with pytest.raises(KeyError, match="cellar"):
        moved(EXAMPLE, {}, {"cellar": ()})


@given(
    st.dictionaries(
        st.sampled_from(sorted(places(EXAMPLE))),
        st.tuples(st.sampled_from(["main", "expert"]), st.integers(0, 200), st.integers(0, 200)),
        max_size=12,
    ),
    st.dictionaries(st.sampled_from(["main", "expert"]), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)))),
)
def test_any_moves_come_out_as_meant_and_touch_nothing_else(
    seats: dict[str, tuple[str, int, int]], pillars: dict[str, list[tuple[int, int]]]
) -> None:
    after = moved(EXAMPLE, seats, {room: tuple(cells) for room, cells in pillars.items()})
    assert places(after) == places(EXAMPLE) | seats
    was, now = hall_of(EXAMPLE), hall_of(after)
    assert [room.pillars for room in now.rooms] == [pillars.get(room.id, room.pillars) for room in was.rooms]
    assert now.rest_reasons == was.rest_reasons
    assert {s.id: (s.extension, s.queues) for s in now.all_seats()} == {
        s.id: (s.extension, s.queues) for s in was.all_seats()
    }
