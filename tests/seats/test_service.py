"""What people do to seats becomes orders, and what they may not do is said with the field's name."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import story
from story import PHONE, T0, hall, tell

from gateway.model.ids import AgentId, QueueId
from gateway.model.orders import AddMember, DropSecret, Order, OrderRefused, PauseMember, RemoveMember
from gateway.model.records import Account
from gateway.seats.config import Device
from gateway.seats.hall import Hall
from gateway.seats.service import SeatService

SOFT = "PJSIP/8001w"
WANG = Account("wang", "王芳", "agent", AgentId("1001"))
LI = Account("li", "李明", "agent", AgentId("1002"))


class FakeSwitch:
    """Keeps the orders it was given."""

    def __init__(self) -> None:
        self.orders: list[Order] = []

    async def carry_out(self, order: Order) -> None:
        self.orders.append(order)


def service(h: Hall) -> tuple[SeatService, FakeSwitch]:
    switch = FakeSwitch()
    return SeatService(h, switch, lambda: {"lunch", "rest"}, lambda: T0), switch


async def test_signing_in_joins_every_queue_of_the_seat_paused() -> None:
    acts, switch = service(hall())
    await acts.sign_in("A001", WANG)
    assert switch.orders == [
        AddMember(QueueId(q), PHONE, "1001", paused=True, reason="sign_in") for q in ("hotline", "legal")
    ]


async def test_signing_in_again_at_the_same_seat_orders_nothing() -> None:
    h = hall()
    acts, switch = service(h)
    tell(h, story.member(0), story.member(0, queue="legal"))
    await acts.sign_in("A001", WANG)
    assert switch.orders == []
    assert acts.seat_of("1001") == "A001"


async def test_one_agent_sits_at_one_seat_and_one_seat_has_one_agent() -> None:
    h = hall()
    acts, _ = service(h)
    tell(h, story.member(0))
    with pytest.raises(ValueError, match="agent_id"):
        await acts.sign_in("A002", WANG)
    with pytest.raises(ValueError, match="seat"):
        await acts.sign_in("A001", LI)


async def test_an_account_without_agent_number_cannot_sign_in() -> None:
    acts, _ = service(hall())
    with pytest.raises(ValueError, match="agent_id"):
        await acts.sign_in("A001", Account("reader", "", "reader", AgentId("")))


async def test_ready_and_not_ready_pause_in_all_queues() -> None:
    h = hall()
    acts, switch = service(h)
    tell(h, story.member(0, paused=True, reason="sign_in"))
    await acts.ready("A001")
    await acts.not_ready("A001", "lunch")
    assert switch.orders == [PauseMember(PHONE, paused=False), PauseMember(PHONE, paused=True, reason="lunch")]


async def test_a_reason_that_is_not_configured_is_refused_with_the_allowed_ones() -> None:
    h = hall()
    acts, _ = service(h)
    tell(h, story.member(0))
    with pytest.raises(ValueError, match=r"reason.*lunch, rest"):
        await acts.not_ready("A001", "holiday\r\nAction: Hangup")


async def test_signing_out_leaves_every_queue() -> None:
    h = hall()
    acts, switch = service(h)
    tell(h, story.member(0), story.member(0, queue="legal"))
    await acts.sign_out("A001")
    assert switch.orders == [RemoveMember(QueueId("hotline"), PHONE), RemoveMember(QueueId("legal"), PHONE)]


async def test_an_unknown_seat_and_an_empty_seat_are_said_apart() -> None:
    acts, _ = service(hall())
    with pytest.raises(LookupError, match="Z999"):
        await acts.ready("Z999")
    with pytest.raises(OrderRefused, match="nobody"):
        await acts.ready("A001")


async def test_the_softphone_signs_in_in_place_of_the_desk_phone() -> None:
    h = hall()
    acts, switch = service(h)
    await acts.sign_in("A001", WANG, "softphone")
    assert switch.orders == [
        AddMember(QueueId(q), SOFT, "1001", paused=True, reason="sign_in") for q in ("hotline", "legal")
    ]
    tell(h, story.member(0, phone=SOFT), story.member(0, phone=SOFT, queue="legal"))
    switch.orders.clear()
    await acts.ready("A001")
    await acts.sign_out("A001")
    assert switch.orders == [
        PauseMember(SOFT, paused=False),
        RemoveMember(QueueId("hotline"), SOFT),
        RemoveMember(QueueId("legal"), SOFT),
        DropSecret("8001w"),
    ]


@pytest.mark.parametrize(("phone", "other", "word"), [(PHONE, "softphone", "话机"), (SOFT, "phone", "软电话")])
async def test_a_second_telephone_is_refused_while_signed_in_with_the_first(
    phone: str, other: Device, word: str
) -> None:
    h = hall()
    acts, switch = service(h)
    tell(h, story.member(0, phone=phone), story.member(0, phone=phone, queue="legal"))
    with pytest.raises(OrderRefused) as refused:
        await acts.sign_in("A001", WANG, other)
    assert f"已用{word}签入" in refused.value.why and "sign out first" in refused.value.why
    assert switch.orders == []


class SlowSwitch(FakeSwitch):
    """Takes its time with the first order: ``asked`` when it has it, ``says`` when it may answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.says = asyncio.Event(), asyncio.Event()
        self.refuses = ""

    async def carry_out(self, order: Order) -> None:
        self.asked.set()
        await self.says.wait()
        if self.refuses:
            raise OrderRefused(order, self.refuses)
        await super().carry_out(order)


async def test_of_two_who_sign_in_at_once_one_gets_the_seat_and_an_agent_gets_one_seat() -> None:
    switch = SlowSwitch()
    acts = SeatService(hall(), switch, set, lambda: T0)
    first = asyncio.create_task(acts.sign_in("A001", WANG))
    await switch.asked.wait()
    for seat, agent in (("A001", LI), ("A002", WANG)):
        with pytest.raises(OrderRefused, match="signing in"):
            await acts.sign_in(seat, agent)
    switch.says.set()
    await first
    with pytest.raises(OrderRefused, match="signing in"):  # accepted, and Asterisk's fact is still on its way
        await acts.sign_in("A002", WANG)
    await acts.sign_in("A002", LI)
    await acts.sign_out("A001")
    await acts.sign_in("A001", Account("zhao", "赵敏", "agent", AgentId("1003")))


async def test_a_sign_in_that_was_refused_or_is_long_ago_keeps_no_seat() -> None:
    switch, now = SlowSwitch(), [T0]
    acts = SeatService(hall(), switch, set, lambda: now[0])
    switch.says.set()
    switch.refuses = "no"
    with pytest.raises(OrderRefused):
        await acts.sign_in("A001", WANG)
    switch.refuses = ""
    await acts.sign_in("A001", LI)
    now[0] += 3.0
    await acts.sign_in("A001", WANG)
