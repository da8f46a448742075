"""The floor plan: rooms that do not overlap, and seats each on a free cell inside their room."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from gateway.seats.config import HallConfig, RoomConfig, SeatConfig
from gateway.settings.draft import Draft, Placed
from gateway.settings.errors import ConfigError, Location, nearest


def check_floor(draft: Draft) -> Iterator[ConfigError]:
    for hall in draft.halls:
        yield from _rooms(hall)
        yield from _places(hall)


def _rooms(hall: Placed[HallConfig]) -> Iterator[ConfigError]:
    seen: set[str] = set()
    for n, room in enumerate(hall.value.rooms):
        if room.id in seen:
            yield hall.error(f'the room "{room.id}" is given twice', "rooms", n, "id")
        seen.add(room.id)
        for x, y in room.pillars:
            if not _inside(room, x, y):
                yield hall.error(f"the pillar ({x}, {y}) is outside the room, {_size(room)}", "rooms", n, "pillars")
    for (_, first), (n, second) in combinations(enumerate(hall.value.rooms), 2):
        if _overlap(first, second):
            yield hall.error(f'"{second.name}" overlaps "{first.name}" on the floor; move x or y', "rooms", n)


def _places(hall: Placed[HallConfig]) -> Iterator[ConfigError]:
    rooms = {room.id: room for room in hall.value.rooms}
    taken: dict[tuple[str, int, int], str] = {}
    for at, name in _room_names(hall.value):
        if name not in rooms:
            yield hall.error(f'unknown room "{name}"; allowed are the rooms of this hall.{nearest(name, rooms)}', *at)
    for at, seat in _seats(hall.value):
        room = rooms.get(seat.room)
        if room is None:
            continue
        place = f'seat "{seat.id}" at ({seat.x}, {seat.y})'
        if not _inside(room, seat.x, seat.y):
            yield hall.error(f'{place} is outside the room "{room.name}", {_size(room)}', *at)
        elif (seat.x, seat.y) in room.pillars:
            yield hall.error(f'{place} is on a pillar of "{room.name}"', *at)
        other = taken.setdefault((seat.room, seat.x, seat.y), seat.id)
        if other != seat.id:
            yield hall.error(f'{place} is on the cell of seat "{other}"', *at)


def _room_names(hall: HallConfig) -> Iterator[tuple[Location, str]]:
    for n, seat in enumerate(hall.seats):
        yield ("seats", n, "room"), seat.room
    for n, block in enumerate(hall.seat_blocks):
        yield ("seat_blocks", n, "room"), block.room


def _seats(hall: HallConfig) -> Iterator[tuple[Location, SeatConfig]]:
    for n, seat in enumerate(hall.seats):
        yield ("seats", n), seat
    for n, block in enumerate(hall.seat_blocks):
        for seat in block.seats():
            yield ("seat_blocks", n), seat


def _inside(room: RoomConfig, x: int, y: int) -> bool:
    return 0 <= x < room.width and 0 <= y < room.height


def _size(room: RoomConfig) -> str:
    return f"whose cells go from (0, 0) to ({room.width - 1}, {room.height - 1})"


def _overlap(one: RoomConfig, other: RoomConfig) -> bool:
    apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
    apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
    return not (apart_x or apart_y)
