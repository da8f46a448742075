"""A seat dials only what may be dialled, only when it is free, and only under a number of ours."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import story
from story import T0, hall, tell

from gateway.model.facts import LegCreated
from gateway.model.ids import LegId
from gateway.model.orders import DialOut, Order, OrderRefused
from gateway.seats.dialling import Dialler, DialRefused, Ways, matches
from gateway.seats.hall import Hall
from gateway.seats.outbound import PREFIX

NUMBER, TICKET = "13812345678", "460000-20261121-0000001"
WAYS = Ways(("12345", "12315"), "12345", ("_1[3-9]XXXXXXXXX", "_0[3-9]XXXXXXXXXX"), ("12328",))


class FakeSwitch:
    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.refuses = False

    async def carry_out(self, order: Order) -> None:
        if self.refuses:
            raise OrderRefused(order, "no")
        self.orders.append(order)


class Clock:
    now = T0


def ready_hall() -> Hall:
    h = hall()
    tell(h, story.member(0))
    return h


def dialler(h: Hall, switch: FakeSwitch | None = None) -> tuple[Dialler, FakeSwitch, Clock]:
    clock, switch = Clock(), switch or FakeSwitch()
    return Dialler(h, switch, lambda: WAYS, lambda: clock.now), switch, clock


async def test_the_order_has_the_seats_telephone_the_number_as_dialled_and_what_it_is_about() -> None:
    dials, switch, _ = dialler(ready_hall())
    call = await dials.dial("A001", "+86 138-1234-5678", "12315", TICKET)
    (order,) = switch.orders
    assert order == DialOut(call, "PJSIP/8001", NUMBER, "12315", "1001", TICKET)
    assert call.startswith(PREFIX)


async def test_the_usual_number_is_shown_unless_another_of_ours_is_chosen() -> None:
    dials, switch, _ = dialler(ready_hall())
    await dials.dial("A001", NUMBER)
    (order,) = switch.orders
    assert isinstance(order, DialOut)
    assert order.shown == "12345"


@pytest.mark.parametrize("number", ["110", "119", "120", "122", "+86110"])
async def test_emergencies_are_sent_to_their_key(number: str) -> None:
    dials, switch, _ = dialler(ready_hall())
    with pytest.raises(DialRefused, match="key") as refused:
        await dials.dial("A001", number)
    assert (refused.value.field, switch.orders) == ("number", [])


@pytest.mark.parametrize("number", ["", "abc", "00112345678", "12345", "9", "138123456789", "0898;1"])
async def test_what_may_not_be_dialled_by_hand_is_not_dialled_by_the_desk(number: str) -> None:
    dials, switch, _ = dialler(ready_hall())
    with pytest.raises(DialRefused) as refused:
        await dials.dial("A001", number)
    assert (refused.value.kind, refused.value.field, switch.orders) == ("not_allowed", "number", [])


async def test_a_foreign_number_is_never_shown() -> None:
    dials, _, _ = dialler(ready_hall())
    with pytest.raises(DialRefused) as refused:
        await dials.dial("A001", NUMBER, "110")
    assert refused.value.field == "from_number"


async def test_a_partner_may_be_called_too() -> None:
    dials, switch, _ = dialler(ready_hall())
    await dials.dial("A001", "12328")
    assert len(switch.orders) == 1


async def test_a_seat_that_is_busy_signed_out_gone_or_unknown_does_not_dial() -> None:
    h = hall()
    dials, _, _ = dialler(h)
    for seat in ("A001", "Z999"):
        with pytest.raises(DialRefused) as refused:
            await dials.dial(seat, NUMBER)
        assert refused.value.field == "seat"
    tell(h, story.member(0), LegCreated(T0, LegId("s"), story.CALL, story.SEAT_CHANNEL, False, "", "", "", ""))
    with pytest.raises(DialRefused, match="rings"):
        await dials.dial("A001", NUMBER)
    away = hall()
    tell(away, story.member(0, device=5))
    with pytest.raises(DialRefused, match="not there"):
        await dialler(away)[0].dial("A001", NUMBER)


async def test_a_second_press_before_the_first_rings_is_refused_and_a_later_one_is_not() -> None:
    dials, switch, clock = dialler(ready_hall())
    await dials.dial("A001", NUMBER)
    with pytest.raises(DialRefused, match="already"):
        await dials.dial("A001", NUMBER)
    clock.now += 3.0
    await dials.dial("A001", NUMBER)
    assert len(switch.orders) == 2


async def test_a_refused_order_leaves_the_seat_free_to_try_again() -> None:
    dials, switch, _ = dialler(ready_hall())
    switch.refuses = True
    with pytest.raises(OrderRefused):
        await dials.dial("A001", NUMBER)
    switch.refuses = False
    await dials.dial("A001", NUMBER)


async def test_however_long_the_switch_takes_the_seat_dials_once_and_its_no_is_told() -> None:
    class SlowSwitch(FakeSwitch):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.says = asyncio.Event(), asyncio.Event()

        async def carry_out(self, order: Order) -> None:
            self.asked.set()
            await self.says.wait()
            await super().carry_out(order)

    slow = SlowSwitch()
    dials, switch, clock = dialler(ready_hall(), slow)
    first = asyncio.create_task(dials.dial("A001", NUMBER))
    await slow.asked.wait()
    clock.now += 4.0
    with pytest.raises(DialRefused, match="already"):
        await dials.dial("A001", NUMBER)
    switch.refuses = True
    slow.says.set()
    with pytest.raises(OrderRefused):
        await first
    switch.refuses = False
    await dials.dial("A001", NUMBER)
    assert len(switch.orders) == 1


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{1,12}", fullmatch=True))
def test_a_pattern_takes_what_asterisk_takes(number: str) -> None:
    assert matches("_1[3-9]XX", number) == bool(re.fullmatch("1[3-9][0-9][0-9]", number))
    assert matches("_ZN", number) == bool(re.fullmatch("[1-9][2-9]", number))
    assert matches("12345", number) == (number == "12345")
