"""Calls out of the desk: whether a seat may dial a number now, and the order that does it.

Emergencies are never dialled as plain calls: their keys take ticket, place and caller along (2022 No. 12). What a seat
may dial outside is what the dialplan lets it dial by hand; what the citizen sees is an entry number of ours.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.model.dialled import EMERGENCY, national
from gateway.model.ids import CallId, SeatId, new_id
from gateway.model.orders import DialOut
from gateway.seats.hall import Hall
from gateway.seats.map import Seat
from gateway.seats.outbound import PREFIX
from gateway.seats.ports import Switch

_AGAIN_S = 3.0
"""So long after an order was taken the seat counts as dialling: the fact that it rings may take a moment."""

_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}


class DialRefused(Exception):
    """It may not be dialled. ``zh`` and ``en`` are fit for users, ``field`` says where, ``kind`` of what sort."""

    def __init__(self, kind: Literal["unknown", "not_now", "not_allowed"], zh: str, en: str, field: str = "") -> None:
        super().__init__(en)
        self.kind, self.zh, self.en, self.field = kind, zh, en, field


@dataclass(frozen=True, slots=True)
class Ways:
    """``entries`` are our entry numbers, ``shown`` the one that is shown when none is chosen; ``outside`` Asterisk's
    patterns of what may be dialled, ``partners`` the numbers of partners, which may be dialled too."""

    entries: Collection[str]
    shown: str
    outside: Sequence[str]
    partners: Collection[str] = ()


class Dialler:
    """``ways`` is asked anew each time, so that a reload counts at once; ``now`` is epoch seconds."""

    def __init__(self, hall: Hall, switch: Switch, ways: Callable[[], Ways], now: Callable[[], float]) -> None:
        self._hall, self._switch, self._ways, self._now = hall, switch, ways, now
        self._asked: dict[SeatId, float] = {}

    async def dial(self, seat_id: str, number: str, shown: str = "", ticket_no: str = "") -> CallId:
        """Ring the seat's telephone in use, then ``number`` under ``shown`` ("" for the usual). Returns the name that
        the call will have, when Asterisk has accepted the order. Raises DialRefused, OrderRefused.
        """
        ways, seat = self._ways(), self._free(seat_id)
        order = DialOut(
            CallId(f"{PREFIX}{new_id()}"), seat.interface, self._outside(number, ways), self._shown(shown, ways),
            str(seat.agent), ticket_no,
        )  # fmt: skip
        self._asked[SeatId(seat_id)] = math.inf  # while the order is on its way, however long the switch takes
        try:
            await self._switch.carry_out(order)
        except BaseException:
            del self._asked[SeatId(seat_id)]
            raise
        self._asked[SeatId(seat_id)] = self._now()
        return order.call

    def _free(self, seat_id: str) -> Seat:
        seat = self._hall.seats.by_id.get(SeatId(seat_id))
        if seat is None:
            raise DialRefused("unknown", f"没有座席 {seat_id}", f"there is no seat {seat_id}", "seat")
        if not seat.members:
            raise DialRefused("not_now", "请先签入座席", "sign in first", "seat")
        if seat.activity != "idle":
            raise DialRefused("not_now", "本座席正在通话或振铃", "the seat is on a call, or rings", "seat")
        if not seat.reachable:
            raise DialRefused("not_now", "本座席的话机不在线", "the seat's telephone is not there", "seat")
        if self._now() - self._asked.get(SeatId(seat_id), 0.0) < _AGAIN_S:
            raise DialRefused("not_now", "正在呼叫，请稍候", "already dialling", "seat")
        return seat

    def _outside(self, number: str, ways: Ways) -> str:
        dialled = national(number)
        if not dialled:
            raise DialRefused("not_allowed", "不是有效的电话号码", "this is no number to dial", "number")
        if dialled in EMERGENCY:
            raise DialRefused(
                "not_allowed", f"{dialled} 请用联动单位的一键转接", f"use the partner's key for {dialled}", "number"
            )
        known = dialled in ways.partners or any(matches(pattern, dialled) for pattern in ways.outside)
        if not known or dialled in ways.entries:
            raise DialRefused("not_allowed", "该号码不允许外呼", "this number may not be dialled", "number")
        return dialled

    def _shown(self, shown: str, ways: Ways) -> str:
        if shown and shown not in ways.entries:
            raise DialRefused("not_allowed", "主叫只能是本热线的号码", "only an entry number of ours", "from_number")
        return shown or ways.shown


def matches(pattern: str, number: str) -> bool:
    """Whether an extension of Asterisk without wildcards (``_1[3-9]XXXXXXXXX``) takes a number."""
    if not pattern.startswith("_"):
        return pattern == number
    inside = re.sub(r"\[[^\]]*\]|[XZN]", lambda found: _CLASSES.get(found[0], found[0]), pattern[1:])
    return re.fullmatch(inside.replace("*", r"\*").replace("+", r"\+"), number) is not None
