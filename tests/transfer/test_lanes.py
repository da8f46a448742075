"""Orders on their way: in sequence within a transfer, side by side between transfers."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.model.ids import LegId
from gateway.model.orders import DialTarget, Hangup, MarkLeg, MoveLegs, Order, OrderRefused
from gateway.transfer.inputs import Carried, NotCarried
from gateway.transfer.lanes import Lanes

MOVE, DIAL = MoveLegs("t1", ()), DialTarget("t1", LegId("l"), "", "", "", 30)
MARK, HANG_UP = MarkLeg("c", "GW_XFER", "x"), Hangup("c")


class Switch:
    def __init__(self, *refused: Order) -> None:
        self.refused, self.got, self.gate = refused, [], asyncio.Event()  # type: ignore[var-annotated]
        self.stuck: Order | None = None

    async def carry_out(self, order: Order) -> None:
        self.got.append(order)
        if order is self.stuck:
            await self.gate.wait()
        if order in self.refused:
            raise OrderRefused(order, "no")


async def given(switch: Switch, *steps: tuple[str, int, list[Order]], limit_s: float = 5.0) -> list[Any]:
    told: list[Any] = []

    async def tell(transfer: str, one: Carried | NotCarried) -> None:
        told.append((transfer, type(one).__name__, one.version))

    lanes = Lanes(switch, tell, lambda: 1.0, limit_s)
    async with asyncio.TaskGroup() as tasks:
        lanes.use(tasks)
        for transfer, version, orders in steps:
            lanes.give(transfer, version, orders)
        assert all(lanes.idle(transfer) != bool(orders) for transfer, _, orders in steps)
    assert all(lanes.idle(transfer) for transfer, _, _ in steps)
    return told


async def test_what_became_of_moves_and_dials_is_told_in_sequence() -> None:
    switch = Switch()
    told = await given(switch, ("t1", 1, [MARK, MOVE, DIAL]), ("t1", 2, [HANG_UP, MOVE]))
    assert switch.got == [MARK, MOVE, DIAL, HANG_UP, MOVE]
    assert told == [("t1", "Carried", 1)] * 2 + [("t1", "Carried", 2)]


async def test_a_refused_move_ends_its_own_step_only() -> None:
    switch = Switch(MOVE)
    told = await given(switch, ("t1", 1, [MOVE, DIAL]), ("t1", 2, [HANG_UP]))
    assert switch.got == [MOVE, HANG_UP] and told == [("t1", "NotCarried", 1)]


async def test_a_refused_mark_or_hang_up_stops_nothing() -> None:
    switch = Switch(MARK, HANG_UP)
    assert await given(switch, ("t1", 1, [MARK, HANG_UP, DIAL])) == [("t1", "Carried", 1)]


async def test_a_switch_that_is_silent_has_refused() -> None:
    switch = Switch()
    switch.stuck = MOVE
    assert await given(switch, ("t1", 1, [MOVE]), limit_s=0.01) == [("t1", "NotCarried", 1)]


async def test_a_step_without_orders_has_no_lane() -> None:
    assert await given(Switch(), ("t1", 1, [])) == []
