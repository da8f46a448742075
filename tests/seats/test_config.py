"""The hall's configuration: blocks of seats, and what is refused while errors can still be listed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.seats.config import (
    EntryNumberConfig,
    HallConfig,
    QueueConfig,
    RoomConfig,
    SeatBlockConfig,
    SeatConfig,
)


def block(**given: Any) -> SeatBlockConfig:
    return SeatBlockConfig(
        **{"prefix": "A", "first_extension": 8001, "count": 5, "room": "east", "queues": ["q"]} | given
    )


def test_a_block_numbers_its_seats_row_by_row() -> None:
    seats = block(count=5, columns=2, gap=2, x=3, y=1).seats()
    assert [(s.id, s.extension, s.x, s.y) for s in seats] == [
        ("A001", "8001", 3, 1), ("A002", "8002", 4, 1), ("A003", "8003", 3, 3), ("A004", "8004", 4, 3),
        ("A005", "8005", 3, 5),
    ]  # fmt: skip
    assert {s.room for s in seats} == {"east"} and all(s.queues == ["q"] for s in seats)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(100, 99_999_999), st.integers(1, 300), st.integers(0, 200), st.integers(0, 200),
    st.integers(1, 100), st.integers(1, 5),
)  # fmt: skip
def test_a_block_that_is_accepted_can_always_be_laid_out(
    first: int, count: int, x: int, y: int, columns: int, gap: int
) -> None:
    try:
        one = block(prefix="ABCD", first_extension=first, count=count, x=x, y=y, columns=columns, gap=gap)
    except ValidationError:
        return
    seats = one.seats()
    assert len({s.id for s in seats}) == len({s.extension for s in seats}) == len({(s.x, s.y) for s in seats}) == count


def test_a_block_whose_extensions_grow_too_long_is_refused_at_once() -> None:
    block(first_extension=99_999_995)
    with pytest.raises(ValidationError, match="last extension would be 100000000"):
        block(first_extension=99_999_996)


def test_a_block_that_leaves_every_room_is_refused_at_once() -> None:
    block(count=201, columns=1)
    with pytest.raises(ValidationError, match=r"reaches to cell \(0, 201\)"):
        block(count=202, columns=1)
    with pytest.raises(ValidationError, match=r"reaches to cell \(201, 0\)"):
        block(x=197, columns=10)


def test_a_hall_has_its_single_seats_before_those_of_its_blocks() -> None:
    room = RoomConfig(id="east", name="东厅", width=20, height=4)
    single = SeatConfig(id="Z1", extension="9001", room="east", x=19, y=3, queues=["q"])
    hall = HallConfig(
        id="hk", name="海口厅", area_code="460100", rooms=[room], seats=[single], seat_blocks=[block(count=2)]
    )
    assert [seat.id for seat in hall.all_seats()] == ["Z1", "A001", "A002"]
    assert hall.zone == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("model", "given", "wrong"),
    [
        (HallConfig, {"id": "hk", "name": "厅", "area_code": "4601", "rooms": [{}]}, "area_code"),
        (HallConfig, {"id": "hk", "name": "厅", "area_code": "460100", "rooms": []}, "rooms"),
        (RoomConfig, {"id": "east", "name": "东厅", "width": 0, "height": 4}, "width"),
        (SeatConfig, {"id": "A 1", "extension": "8001", "room": "e", "x": 0, "y": 0, "queues": ["q"]}, "id"),
        (SeatConfig, {"id": "A1", "extension": "80a1", "room": "e", "x": 0, "y": 0, "queues": ["q"]}, "extension"),
        (SeatConfig, {"id": "A1", "extension": "8001", "room": "e", "x": 0, "y": 0, "queues": []}, "queues"),
        (QueueConfig, {"id": "q", "name": "q", "strategy": "fastest"}, "strategy"),
        (QueueConfig, {"id": "q", "name": "q", "ring_s": 4}, "ring_s"),
        (QueueConfig, {"id": "q", "name": "q", "wrapup": 4}, "wrapup"),
        (EntryNumberConfig, {"number": "12345\r\n", "name": "热线"}, "number"),
    ],
)
def test_what_is_out_of_bounds_is_named(model: type, given: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValidationError) as caught:
        model(**given)
    assert wrong in {str(error["loc"][0]) for error in caught.value.errors()}


def test_a_queue_promises_an_answer_within_15_seconds_unless_told_otherwise() -> None:
    queue = QueueConfig(id="hotline", name="综合受理")
    assert (queue.answer_within_s, queue.max_wait_s, queue.record, queue.no_answer_limit) == (15, 0, True, 3)
