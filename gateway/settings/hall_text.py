"""The text of a hall's TOML file with seats and pillars moved, everything else as the operator wrote it.

Only the lines that say where something stands are replaced. A block of seats that moves as a whole keeps its table;
when single seats of it move, the block is written out seat by seat, because a block cannot say that. Comments stay
where they are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.seats.config import HallConfig, SeatBlockConfig, SeatConfig
from gateway.web.plan_edit import Cell

Place = tuple[str, int, int]
"""A room and a cell in it."""

_HEAD = re.compile(r"^\s*\[{1,2}\s*[\w.\"'-]+\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"^(?P<indent>\s*)(?P<key>[A-Za-z0-9_-]+)(?P<equals>\s*=\s*)")
_COMMENT = re.compile(r"\s+#[^\"']*$")


@dataclass(slots=True)
class _Table:
    """One ``[[name]]`` of the text: lines ``start`` (its head) up to ``end``, without what trails it."""

    start: int
    end: int


def moved(text: str, seats: Mapping[str, Place], pillars: Mapping[str, tuple[Cell, ...]]) -> str:
    """The text with these seats and pillars in their new places. Raises ValueError (tomllib's, pydantic's) for a text
    that is no hall, and KeyError for a seat or room that is not in it."""
    lines = text.splitlines(keepends=True)
    hall = HallConfig.model_validate(tomllib.loads(text))
    known = {seat.id: seat for seat in hall.all_seats()}
    left = {name: place for name, place in seats.items() if _place(known[name]) != place}
    edits = [*_rooms(lines, hall, pillars), *_single(lines, hall, left), *_blocks(lines, hall, left)]
    for start, end, fresh in sorted(edits, reverse=True):
        lines[start:end] = fresh
    return "".join(lines)


Edit = tuple[int, int, list[str]]
"""Lines from, to, and what stands there instead."""


def _place(seat: SeatConfig) -> Place:
    return seat.room, seat.x, seat.y


def _tables(lines: list[str], name: str) -> list[_Table]:
    head = re.compile(rf"^\s*\[\[\s*{name}\s*\]\]")
    found = []
    for n, line in enumerate(lines):
        if head.match(line):
            end = next((m for m in range(n + 1, len(lines)) if _HEAD.match(lines[m])), len(lines))
            while end > n + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
                end -= 1  # what stands above the next table belongs to that one
            found.append(_Table(n, end))
    return found


def _rooms(lines: list[str], hall: HallConfig, pillars: Mapping[str, tuple[Cell, ...]]) -> Iterator[Edit]:
    rooms = {room.id: n for n, room in enumerate(hall.rooms)}
    tables = _tables(lines, "rooms")
    for room, cells in pillars.items():
        if tuple(hall.rooms[rooms[room]].pillars) != cells:
            yield _set(lines, tables[rooms[room]], "pillars", str([list(cell) for cell in cells]))


def _single(lines: list[str], hall: HallConfig, seats: Mapping[str, Place]) -> Iterator[Edit]:
    tables = _tables(lines, "seats")
    for seat, table in zip(hall.seats, tables, strict=True):
        if seat.id in seats:
            yield from _put(lines, table, _place(seat), seats[seat.id])


def _blocks(lines: list[str], hall: HallConfig, seats: Mapping[str, Place]) -> Iterator[Edit]:
    tables = _tables(lines, "seat_blocks")
    for block, table in zip(hall.seat_blocks, tables, strict=True):
        before = block.seats()
        after = [seats.get(seat.id, _place(seat)) for seat in before]
        if after == [_place(seat) for seat in before]:
            continue
        room, dx, dy = after[0][0], after[0][1] - block.x, after[0][2] - block.y
        if after == [(room, seat.x + dx, seat.y + dy) for seat in before]:
            yield from _put(lines, table, (block.room, block.x, block.y), after[0])
        else:
            yield table.start, table.end, _written_out(lines[table.start], block, after)


def _put(lines: list[str], table: _Table, before: Place, after: Place) -> Iterator[Edit]:
    for key, was, now in zip(("room", "x", "y"), before, after, strict=True):
        if was != now:
            yield _set(lines, table, key, f'"{now}"' if key == "room" else str(now))


def _set(lines: list[str], table: _Table, key: str, value: str) -> Edit:
    """The line (or lines, of an array over several) of a key with another value; the comment behind it stays."""
    for n in range(table.start + 1, table.end):
        found = _KEY.match(lines[n])
        if found is None or found["key"] != key:
            continue
        end = n + 1
        while end < table.end and not _complete("".join(lines[n:end])):
            end += 1
        comment = _COMMENT.search(lines[end - 1].rstrip("\n"))
        tail = comment[0] if comment else ""
        return n, end, [f"{found['indent']}{key}{found['equals']}{value}{tail}\n"]
    return table.end, table.end, [f"{key} = {value}\n"]


def _complete(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _written_out(head: str, block: SeatBlockConfig, places: list[Place]) -> list[str]:
    comment = _COMMENT.search(head.rstrip("\n"))
    made: list[str] = []
    for seat, (room, x, y) in zip(block.seats(), places, strict=True):
        first = f"[[seats]]{comment[0] if comment and not made else ''}\n"
        body = {"id": seat.id, "extension": seat.extension, "room": room, "x": x, "y": y, "queues": seat.queues}
        made += [*(["\n"] if made else []), first, *(f"{key} = {_toml(value)}\n" for key, value in body.items())]
    return made


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return str(value) if isinstance(value, int) else f'"{value}"'  # ids, extensions and keys need no escapes
