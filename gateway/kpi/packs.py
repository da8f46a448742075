"""Packs and cells: how a quarter of an hour is kept, and how it adds to the hours and days of reports.

A pack is all that one quarter of an hour of UTC adds to the figures, by everything that anybody groups by (``Key``);
it is made from the ledger's rows, and made again whenever one of them has changed. A cell is the sums of an hour or a
day of the hall for one cube: all of it, by queue, by agent and entry number, by category and queue ... Reports read
cells. When a pack is made again, what it adds now less what it added before goes into its cells (``difference``,
``spread``): so a cell is at all times the sum of its packs, to the last digit and in whatever order they came.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from gateway.kpi.counting import (
    Call,
    Rules,
    TicketRow,
    TimeRow,
    TransferRow,
    call_sums,
    ticket_sums,
    time_sums,
    transfer_sums,
)
from gateway.kpi.sums import Sums, add, flat, of_flat


class Key(NamedTuple):
    """Whose sums. ``kind``: c calls, t tickets, x transfers, w agents' time; "" is for none or not known."""

    kind: str
    queue: str = ""
    agent: str = ""
    entry: str = ""
    channel: str = ""
    area: str = ""
    category: str = ""
    partner: str = ""


class Cell(NamedTuple):
    """One cell of a cube; what the cube does not group by is "". ``topic`` is a channel, area, category or partner."""

    cube: str
    queue: str = ""
    agent: str = ""
    entry: str = ""
    topic: str = ""


Pack = dict[Key, Sums]
Cells = dict[Cell, Sums]

HOURLY = ("", "q", "a", "e", "qe")
"""Cubes that are kept by the hour and the day: by queue (q), agent (a), entry number (e)."""
TOPICS: Mapping[str, str] = {"channel": "H", "area": "R", "category": "C", "partner": "P"}
_BESIDE = ("", "q", "e", "qe")
_SIDES = (*HOURLY, "qa", "ae", "qae")
CUBES: tuple[str, ...] = (*_SIDES, *(letter + beside for letter in TOPICS.values() for beside in _BESIDE))
"""Those and all others are kept by the day. What one agent has by topic, queue or entry number is kept nowhere: an
agent's month is a few thousand rows, read as they are."""

_TOPICS_OF: Mapping[str, tuple[str, ...]] = {
    "c": ("channel",), "t": ("channel", "area", "category"), "x": ("partner",), "w": (),
}  # fmt: skip


def cube_of(sides: Iterable[str], topic: str = "") -> str:
    """The cube that tells these of queue, agent and entry number (q, a, e) apart, of a topic if one is given."""
    among = frozenset(sides)
    wanted = "".join(side for side in "qae" if side in among)
    return TOPICS[topic] + wanted if topic else wanted


@dataclass(slots=True)
class Packer:
    """Makes the pack of one quarter, of its rows as they come; limits are looked at as of ``at`` (epoch seconds)."""

    rules: Rules
    at: float
    changes: float | None = None
    """When the pack changes though nothing happens: a limit passes."""
    _pack: Pack = field(default_factory=dict)

    def call(self, call: Call) -> None:
        key = Key("c", call.queue or "", call.agent or "", call.entry_number, "phone")
        add(self._pack.setdefault(key, {}), call_sums(call))

    def ticket(self, one: TicketRow) -> None:
        sums, due = ticket_sums(one, self.rules, self.at)
        key = Key("t", one.queue, one.agent, one.entry_number, one.channel, one.area_code, one.category)
        add(self._pack.setdefault(key, {}), sums)
        if due is not None:
            self.changes = due if self.changes is None else min(self.changes, due)

    def transfer(self, one: TransferRow) -> None:
        key = Key("x", one.queue or "", one.agent, one.entry_number or "", partner=one.partner)
        add(self._pack.setdefault(key, {}), transfer_sums(one))

    def time(self, row: TimeRow) -> None:
        add(self._pack.setdefault(Key("w", agent=row.agent), {}), time_sums(row))

    def pack(self) -> Pack:
        """Of what has come; sums of nothing are left out."""
        return {key: sums for key, sums in self._pack.items() if sums}


def difference(old: Mapping[Key, Sums], new: Mapping[Key, Sums]) -> Pack:
    """What the new pack adds that the old one did not; less than nothing where it adds less."""
    found: Pack = {}
    for key in {**old, **new}:
        before, after = old.get(key, {}), new.get(key, {})
        if before != after:
            found[key] = {**after}
            add(found[key], before, -1)
    return found


def spread(pack: Mapping[Key, Sums], into: Cells, cubes: Iterable[str] = CUBES) -> None:
    """Add a pack to the cells of cubes."""
    wanted = tuple(cubes)
    by_kind = {kind: [one for one in wanted if _is_of(kind, one)] for kind in _TOPICS_OF}
    for key, sums in pack.items():
        for cube in by_kind[key.kind]:
            add(into.setdefault(cell_of(cube, key), {}), sums)


def _is_of(kind: str, cube: str) -> bool:
    """Whether a cube has sums of a kind. Agents' time is of no queue and no entry number, so not in the cubes by
    them."""
    if kind == "w":
        return cube in ("", "a")
    return not cube[:1].isupper() or cube[0] in {TOPICS[name] for name in _TOPICS_OF[kind]}


_NAMES: Mapping[str, str] = {letter: name for name, letter in TOPICS.items()}


def cell_of(cube: str, key: Key) -> Cell:
    """Where in a cube a key belongs."""
    return Cell(
        cube,
        key.queue if "q" in cube else "",
        key.agent if "a" in cube else "",
        key.entry if "e" in cube else "",
        getattr(key, _NAMES[cube[0]]) if cube[:1].isupper() else "",
    )


def packed(pack: Mapping[Key, Sums]) -> bytes:
    """As bytes to keep."""
    return zlib.compress(orjson.dumps([[*key, flat(sums)] for key, sums in sorted(pack.items())]), 1)


def unpacked(kept: bytes | None) -> Pack:
    """The pack of what was kept; of nothing an empty one."""
    if not kept:
        return {}
    return {Key(*one[:-1]): of_flat(one[-1]) for one in orjson.loads(zlib.decompress(kept))}
