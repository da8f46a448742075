"""What agents decide, look by look."""

from __future__ import annotations

import random
from typing import Any

import pytest

from gateway.demo.hotline import HotlineRefused
from gateway.demo.life import Act, Agent, Shift, decide, free_seats

REASONS = ["meal", "rest"]


def seat(presence: str, activity: str = "idle", **more: Any) -> dict[str, Any]:
    return {"id": "A001", "extension": "8001", "presence": presence, "activity": activity} | more


class Dice(random.Random):
    """Always throws the same."""

    def __init__(self, chance: float) -> None:
        super().__init__(1)
        self.chance = chance

    def random(self) -> float:
        return self.chance


def agent() -> Agent:
    return Agent("zhang", "A001", "8001")


def test_a_wrap_up_ends_after_some_seconds():
    one, dice = agent(), random.Random(1)
    assert decide(one, seat("wrap_up"), REASONS, 100.0, dice) is None
    assert 103.0 <= one.back_at <= 109.0
    assert decide(one, seat("wrap_up"), REASONS, one.back_at - 0.1, dice) is None
    assert decide(one, seat("wrap_up"), REASONS, one.back_at, dice) == Act("ready")
    assert one.back_at == 0.0


def test_an_agent_in_a_call_does_nothing():
    one = agent()
    for activity in ("ringing", "talking", "held", "reserved"):
        assert decide(one, seat("ready", activity), REASONS, 1.0, Dice(0.0)) is None
        assert decide(one, seat("not_ready", activity), REASONS, 1.0, Dice(0.0)) is None


def test_an_idle_agent_rests_sometimes_signs_out_rarely_and_mostly_waits():
    one = agent()
    assert decide(one, seat("ready"), REASONS, 1.0, Dice(0.9)) is None
    assert decide(one, seat("ready"), REASONS, 1.0, Dice(0.0)) == Act("sign_out")
    resting = decide(one, seat("ready"), REASONS, 1.0, Dice(0.005))
    assert resting is not None and resting.deed == "not_ready" and resting.reason in REASONS


def test_without_reasons_nobody_rests():
    assert decide(agent(), seat("ready"), [], 1.0, Dice(0.005)) is None


def test_who_signed_out_comes_back():
    one = agent()
    one.back_at = 5.0
    assert decide(one, seat("signed_out"), REASONS, 4.0, Dice(0.5)) is None
    assert decide(one, seat("signed_out"), REASONS, 5.0, Dice(0.5)) == Act("sign_in")


def test_a_seat_that_is_not_known_is_left_alone():
    assert decide(agent(), {}, REASONS, 1.0, Dice(0.0)) is None


def test_only_seats_where_nobody_sits_are_taken():
    seats = [seat("ready"), seat("signed_out", id="A002", extension="8002"), seat("signed_out", id="A003")]
    assert [one.seat for one in free_seats(seats, 1)] == ["A002"]
    assert [one.seat for one in free_seats(seats, 9)] == ["A002", "A003"]


def test_seats_are_taken_all_over_the_hall():
    seats = [seat("signed_out", id=f"A{n:03d}", extension=str(8000 + n)) for n in range(30)]
    assert [one.seat for one in free_seats(seats, 3)] == ["A000", "A010", "A020"]
    assert len({one.seat for one in free_seats(seats, 29)}) == 29


class FakeHotline:
    """A hall of one seat that keeps what was asked of it."""

    def __init__(self, refuse: tuple[str, ...] = ()) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.refuse = refuse
        self.view = seat("signed_out")

    async def seats(self) -> list[dict[str, Any]]:
        if "seats" in self.refuse:
            raise HotlineRefused("away", 0)
        return [self.view]

    async def _act(self, *asked: str) -> None:
        self.asked.append(asked)
        if self.refuse and set(asked) & set(self.refuse):
            raise HotlineRefused("no", 409)

    async def sign_in(self, seat: str, login: str) -> None:
        await self._act("sign_in", seat, login)

    async def sign_out(self, seat: str) -> None:
        await self._act("sign_out", seat)

    async def ready(self, seat: str) -> None:
        await self._act("ready", seat)

    async def not_ready(self, seat: str, reason: str) -> None:
        await self._act("not_ready", seat, reason)


async def test_a_refused_account_is_passed_over_for_the_next():
    hotline = FakeHotline(refuse=("zhang",))
    shift = Shift(hotline, [agent_without_login()], REASONS, 1)
    assert await shift.begin(["zhang", "wang", "li"]) == 1
    assert hotline.asked == [("sign_in", "A001", "zhang"), ("sign_in", "A001", "wang")]


def agent_without_login() -> Agent:
    return Agent("", "A001", "8001")


async def test_when_nobody_may_sign_in_the_play_does_not_begin():
    with pytest.raises(HotlineRefused, match="no agent could sign in"):
        await Shift(FakeHotline(refuse=("zhang",)), [agent_without_login()], REASONS, 1).begin(["zhang"])


async def test_a_look_counts_the_seats_and_acts():
    hotline = FakeHotline()
    one = agent()
    one.back_at = 1.0
    shift = Shift(hotline, [one], REASONS, 1)
    await shift.look(2.0)
    assert shift.presence == {"signed_out": 1}
    assert hotline.asked == [("sign_in", "A001", "zhang")]


async def test_a_gateway_that_is_away_is_waited_for_and_a_refusal_is_no_end():
    shift = Shift(FakeHotline(refuse=("seats",)), [agent()], REASONS, 1)
    await shift.look(1.0)
    one = agent()
    one.back_at = 1.0
    refused = Shift(FakeHotline(refuse=("sign_in",)), [one], REASONS, 1)
    await refused.look(2.0)
    assert (shift.refused, refused.refused) == (1, 1)


async def test_at_the_end_everybody_is_signed_out():
    hotline = FakeHotline(refuse=("A001",))
    await Shift(hotline, [agent(), Agent("wang", "A002", "8002")], REASONS, 1).end()
    assert hotline.asked == [("sign_out", "A001"), ("sign_out", "A002")]
