"""Passwords of softphones come and go with the sign-in, and keys are pressed only where there is a call for them."""

from __future__ import annotations

import pytest

from gateway.model.facts import LegHeld
from gateway.model.orders import (
    DropSecret,
    Hangup,
    MarkLeg,
    MuteLeg,
    NotifyPhone,
    Order,
    OrderRefused,
    PressDigit,
    PutSecret,
)
from gateway.seats.phones import REALM, PhoneAct, Phones, digest_of
from gateway.seats.talks import Talks
from tests.seats import story
from tests.seats.story import ANSWERED_CALL, SEAT_CHANNEL, T0, hall, member, tell

SOFT = "PJSIP/8001w"
RINGING = ANSWERED_CALL[:-3]
HELD = LegHeld(T0 + 9, story.SEAT_LEG, story.CALL, SEAT_CHANNEL)


class Switch:
    """Keeps the orders it was given, and what may register by them."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.may: dict[str, float] = {}
        self.refuses = ""

    async def carry_out(self, order: Order) -> None:
        if self.refuses:
            raise OrderRefused(order, self.refuses)
        self.orders.append(order)
        if isinstance(order, DropSecret):
            self.may.pop(order.endpoint, None)

    async def issued(self) -> dict[str, float]:
        if self.refuses:
            raise OrderRefused("issued", self.refuses)
        return dict(self.may)


def desk(*facts: object) -> tuple[Phones, Switch]:
    of, switch = hall(), Switch()
    talks = Talks(of)
    for fact in facts:
        tell(of, fact)
        talks.apply(fact)  # type: ignore[arg-type]
    return Phones(of, talks, switch, switch, lambda: T0), switch


async def test_a_password_is_given_to_whoever_sits_there_with_the_softphone() -> None:
    phones, switch = desk(member(0, phone=SOFT))
    given = await phones.issue("A001", "1001", T0 + 60)
    assert (given.username, given.realm, given.expires_at) == ("8001w", REALM, T0 + 60)
    digest = digest_of("8001w", given.password)
    assert switch.orders == [PutSecret("8001w", REALM, digest, T0 + 60)]
    assert given.password not in repr(given) and given.password not in repr(switch.orders)
    assert (await phones.issue("A001", "1001", T0 + 60)).password != given.password


def test_the_digest_is_that_of_rfc_2617() -> None:
    assert digest_of("Mufasa", "Circle Of Life", "testrealm@host.com") == "939e7578ed9e3c518a452acee763bce9"


@pytest.mark.parametrize(
    ("facts", "seat", "agent", "why"),
    [
        ((), "A001", "1001", "not signed in"),
        ((member(0, phone=SOFT),), "A001", "1002", "not signed in"),
        ((member(0),), "A001", "1001", "desk phone"),
    ],
    ids=["nobody", "another", "desk phone"],
)
async def test_nobody_else_gets_one(facts: tuple[object, ...], seat: str, agent: str, why: str) -> None:
    phones, switch = desk(*facts)
    with pytest.raises(OrderRefused, match=why):
        await phones.issue(seat, agent, T0 + 60)
    assert switch.orders == []
    with pytest.raises(LookupError):
        await phones.issue("Z999", agent, T0 + 60)


async def test_what_has_outlived_its_log_in_or_its_sign_in_is_taken_back() -> None:
    phones, switch = desk(member(0, phone=SOFT))
    switch.may = {"8001w": T0 + 60, "8002w": T0 + 60, "8003w": T0 - 1}
    assert await phones.sweep() == 2
    assert switch.may == {"8001w": T0 + 60}
    switch.may = {"8001w": T0}
    assert await phones.sweep() == 1
    switch.refuses = "link is down"
    assert await phones.sweep() == 0


async def test_a_password_that_is_given_while_the_old_ones_are_swept_is_left_alone() -> None:
    phones, switch = desk(member(0, phone=SOFT))
    switch.may = {"8001w": T0 - 1, "8002w": T0 - 1}
    read = switch.issued

    async def issued() -> dict[str, float]:
        found = await read()
        await phones.issue("A001", "1001", T0 + 60)  # the agent logs in anew while the list is on its way
        switch.may["8001w"] = T0 + 60
        return found

    switch.issued = issued  # type: ignore[method-assign]
    assert await phones.sweep() == 1
    assert switch.may == {"8001w": T0 + 60}
    switch.issued = read  # type: ignore[method-assign]
    switch.may["8001w"] = T0
    assert await phones.sweep() == 1, "the sweep after takes it back when its time is over"


@pytest.mark.parametrize(
    ("act", "facts", "order"),
    [
        ("answer", RINGING, NotifyPhone(SEAT_CHANNEL, "talk")),
        ("hold", ANSWERED_CALL, NotifyPhone(SEAT_CHANNEL, "hold")),
        ("resume", (*ANSWERED_CALL, HELD), NotifyPhone(SEAT_CHANNEL, "talk")),
        ("mute", ANSWERED_CALL, MuteLeg(SEAT_CHANNEL, True)),
        ("unmute", (*ANSWERED_CALL, HELD), MuteLeg(SEAT_CHANNEL, False)),
        ("dtmf", ANSWERED_CALL, PressDigit(SEAT_CHANNEL, "5")),
        ("hangup", ANSWERED_CALL, Hangup(SEAT_CHANNEL)),
        ("hangup", RINGING, Hangup(SEAT_CHANNEL)),
    ],
)
async def test_a_key_is_pressed_on_the_seats_own_leg(act: PhoneAct, facts: tuple[object, ...], order: Order) -> None:
    phones, switch = desk(member(0), *facts)
    await phones.act("A001", act, "5" if act == "dtmf" else "")
    assert switch.orders == [order]


@pytest.mark.parametrize(
    ("act", "facts"),
    [
        ("answer", ANSWERED_CALL),
        ("hold", RINGING),
        ("resume", ANSWERED_CALL),
        ("mute", RINGING),
        ("dtmf", ()),
        ("hangup", ()),
    ],
)
async def test_a_key_that_fits_no_call_is_refused_in_words(act: PhoneAct, facts: tuple[object, ...]) -> None:
    phones, switch = desk(member(0), *facts)
    with pytest.raises(OrderRefused, match=r"[一-龥] / "):
        await phones.act("A001", act, "1")
    assert switch.orders == []


async def test_keys_go_one_after_another() -> None:
    phones, switch = desk(member(0), *ANSWERED_CALL)
    await phones.act("A001", "dtmf", "1#")
    assert switch.orders == [PressDigit(SEAT_CHANNEL, "1"), PressDigit(SEAT_CHANNEL, "#")]
    with pytest.raises(LookupError):
        await phones.act("Z999", "hangup")


async def test_a_lead_who_ends_a_call_that_was_taken_over_lets_the_citizen_go_too() -> None:
    phones, switch = desk(*ANSWERED_CALL, *story.LISTENING)
    await phones.act("A002", "hangup")
    assert switch.orders == [Hangup(story.LEAD_CHANNEL)]  # who only listens leaves
    phones, switch = desk(*ANSWERED_CALL, *story.LISTENING, story.taken(20), story.completed(20), story.seat_ended(20))
    await phones.act("A002", "hangup")
    assert switch.orders == [MarkLeg(str(story.LEG), "GW_XFER", "completed"), Hangup(story.LEAD_CHANNEL)]
