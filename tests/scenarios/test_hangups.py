"""All the ways a call can end, and the hold in the middle of one: each leaves the outcome and the times it had."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import Story

from gateway.demo.hotline import HotlineRefused

pytestmark = pytest.mark.asterisk

Call = dict[str, Any]

SLOW_S = 30.0
"""How much longer than told a slow machine may take over a thing; what is not ended at all takes much longer."""
HOLD_S = TALK_S = 1.5
NEAR_S = 0.01
"""Between Asterisk's clock and ours, which are the same one, read in another order and rounded."""


def ended(call: Call) -> bool:
    return call["ended_at"] is not None


def answered(call: Call) -> bool:
    return call["answered_at"] is not None


async def test_a_hold_is_counted_apart_from_the_talk_and_seen_on_the_seat(hotline: Story) -> None:
    agent = await hotline.phone("A001", "1001")
    await hotline.citizen("he", number="13900000001")
    await hotline.until(lambda: _activity(hotline, "A001", "talking"), "the seat talks")
    asked = time.time()
    await agent.hold()
    await hotline.until(lambda: _activity(hotline, "A001", "held"), "the seat holds")
    held = time.time()
    await asyncio.sleep(HOLD_S)
    enough = time.time()
    await agent.resume()
    await hotline.until(lambda: _activity(hotline, "A001", "talking"), "the seat talks again")
    resumed = time.time()
    hotline.hang_up("he")
    call = await hotline.call_when("he", "has ended", ended)
    assert (call["outcome"], call["ended_by"]) == ("answered", "caller")
    assert enough - held - NEAR_S <= call["hold_s"] <= resumed - asked + NEAR_S
    talk = [stretch for stretch in call["stretches"] if stretch["kind"] in ("talking", "held")]
    assert [stretch["kind"] for stretch in talk] == ["talking", "held", "talking"]
    assert talk[0]["start"] == call["answered_at"] and talk[-1]["end"] <= call["ended_at"]
    assert call["talk_s"] + call["hold_s"] == pytest.approx(talk[-1]["end"] - talk[0]["start"], abs=NEAR_S)


async def test_an_agent_who_hangs_up_first_is_said_to_have_ended_the_call(hotline: Story) -> None:
    agent = await hotline.phone("A001", "1001")
    dialled = time.time()
    await hotline.citizen("lin", number="13900000002")
    await hotline.until(lambda: _activity(hotline, "A001", "talking"), "they talk")
    talking = time.time()
    await asyncio.sleep(TALK_S)
    hanging_up = time.time()
    await agent.hang_up()
    call = await hotline.call_when("lin", "has ended", ended)
    assert (call["outcome"], call["ended_by"], call["seat"]) == ("answered", "agent", "A001")
    assert hanging_up - talking - NEAR_S <= call["talk_s"] < time.time() - dialled


async def test_a_caller_who_hangs_up_while_a_seat_rings_is_lost_while_ringing(hotline: Story) -> None:
    await hotline.seat("A001", "1001", ring_ms=3_600_000)
    await hotline.citizen("ma", number="13900000003")
    await hotline.until(lambda: _activity(hotline, "A001", "ringing"), "the seat rings")
    hotline.hang_up("ma")
    call = await hotline.call_when("ma", "has ended", ended)
    assert (call["outcome"], call["ended_by"], call["answered_at"]) == ("abandoned_ringing", "caller", None)
    assert any(stretch["kind"] == "ringing" and stretch["seat"] == "A001" for stretch in call["stretches"])
    assert (await hotline.lost_call(call))["outcome"] == "abandoned_ringing"
    await hotline.until(lambda: _activity(hotline, "A001", "idle"), "the seat is quiet")
    assert (await hotline.seat_view("A001"))["presence"] == "ready"


async def test_a_queue_that_lets_nobody_wait_longer_says_so_and_the_call_timed_out(hotline: Story) -> None:
    await hotline.citizen("niu", number="13900000004", dials="12315")
    call = await hotline.call_when("niu", "has ended", ended)
    assert (call["outcome"], call["ended_by"], call["queue"]) == ("timed_out", "system", "market")
    assert 3.5 < call["stretches"][1]["end"] - call["stretches"][1]["start"] < 4 + SLOW_S
    assert (await hotline.lost_call(call))["outcome"] == "timed_out"


async def test_when_seats_rang_until_the_wait_was_over_the_outcome_is_no_answer(hotline: Story) -> None:
    await hotline.seat("Z001", "1001", ring_ms=3_600_000)
    await hotline.citizen("pan", number="13900000005", dials="12329")
    call = await hotline.call_when("pan", "has ended", ended)
    assert (call["outcome"], call["ended_by"], call["queue"]) == ("no_answer", "system", "fund")


async def test_a_full_queue_turns_the_next_caller_away_and_keeps_the_first(hotline: Story) -> None:
    await hotline.citizen("first", number="13900000006", dials="12333")
    await hotline.call_when("first", "waits", lambda c: c["queued_at"] is not None)
    await hotline.citizen("second", number="13900000007", dials="12333")
    call = await hotline.call_when("second", "has ended", ended)
    assert (call["outcome"], call["queue"], call["answered_at"]) == ("queue_full", "hr", None)
    assert (await hotline.lost_call(call))["outcome"] == "queue_full"
    first = await hotline.call("first")
    assert first is not None and first["ended_at"] is None


async def test_a_closed_queue_with_no_telephone_there_says_no_seat(hotline: Story) -> None:
    await hotline.citizen("qiu", number="13900000008", dials="12328")
    call = await hotline.call_when("qiu", "has ended", ended)
    assert (call["outcome"], call["queue"], call["ended_by"]) == ("no_seat", "transport", "system")


async def test_an_agent_who_signs_out_in_mid_call_finishes_it_and_is_rung_no_more(hotline: Story) -> None:
    await hotline.seat("A001", "1001")
    await hotline.citizen("ren", number="13900000009")
    await hotline.call_when("ren", "is answered", answered)
    await hotline.lead.sign_out("A001")
    await hotline.until(lambda: hotline.presence("A001", "signed_out"), "signed out")
    assert await _activity(hotline, "A001", "talking")
    hotline.hang_up("ren")
    call = await hotline.call_when("ren", "has ended", ended)
    assert (call["outcome"], call["seat"], call["agent"], call["ended_by"]) == ("answered", "A001", "1001", "caller")
    await hotline.until(lambda: _activity(hotline, "A001", "idle"), "the seat is quiet")
    assert (await hotline.seat_view("A001"))["presence"] == "signed_out"


async def test_a_telephone_that_goes_is_seen_to_be_unreachable_and_the_caller_waits(hotline: Story) -> None:
    await hotline.seat("A002", "1002")
    assert (await hotline.seat_view("A002"))["reachable"]
    await hotline.unregister("A002")
    await hotline.until(lambda: _reachable(hotline, "A002", reachable=False), "its telephone is gone")
    await hotline.citizen("shi", number="13900000010")
    await hotline.call_when("shi", "waits", lambda c: c["queued_at"] is not None)
    hotline.hang_up("shi")
    call = await hotline.call_when("shi", "has ended", ended)
    assert (call["outcome"], call["answered_at"]) == ("abandoned_queue", None)


async def test_an_order_that_makes_no_sense_is_refused_in_words(hotline: Story) -> None:
    with pytest.raises(HotlineRefused, match="nobody is signed in at A003") as refused:
        await hotline.lead.ready("A003")
    assert refused.value.status == 409


async def _activity(hotline: Story, seat: str, activity: str) -> bool:
    return (await hotline.seat_view(seat))["activity"] == activity


async def _reachable(hotline: Story, seat: str, *, reachable: bool) -> bool:
    return (await hotline.seat_view(seat))["reachable"] is reachable
