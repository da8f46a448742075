"""The telephone of the tests: it hears what is said and nothing else, and calls, rings, refuses and hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tools.lab.phone import Manner, Phone, PhoneFailed

SECOND = "correct-horse"


@pytest.fixture
async def sip(small_asterisk: Callable[[], Any]) -> AsyncIterator[int]:
    lab = small_asterisk()
    await asyncio.to_thread(lab.start)
    yield lab.sip_port
    await asyncio.to_thread(lab.stop)


@pytest.mark.asterisk
async def test_two_telephones_talk_and_one_hangs_up(sip: int) -> None:
    async with Phone.open("agent", "8001", sip) as seat, Phone.open("citizen", "139", sip) as citizen:
        await seat.register(SECOND)
        await citizen.call("8001")
        await citizen.until_hears("agent")
        await seat.until_hears("citizen")
        await seat.hang_up()
        await citizen.until("ended")
        assert (citizen.ended_by, seat.ended_by, len(seat.invites)) == ("them", "us", 1)
        await citizen.until_hears()
        await citizen.until_has_heard("agent")  # though it is over
        citizen.forget()
        with pytest.raises(PhoneFailed, match="never"):
            await citizen.until_has_heard("agent", limit_s=0.3)


@pytest.mark.asterisk
async def test_a_telephone_refuses_as_it_is_told(sip: int) -> None:
    busy = Manner(status=486, reason="Busy Here")
    async with Phone.open("agent", "8001", sip, manner=busy) as seat, Phone.open("citizen", "139", sip) as citizen:
        await seat.register(SECOND)
        with pytest.raises(PhoneFailed, match="refused with"):
            await citizen.call("8001")
        assert seat.line == "ended"


@pytest.mark.asterisk
async def test_a_wrong_password_is_said(sip: int) -> None:
    async with Phone.open("agent", "8001", sip) as seat:
        with pytest.raises(PhoneFailed, match="not registered"):
            await seat.register("wrong")


@pytest.mark.asterisk
async def test_what_is_waited_for_in_vain_is_said(sip: int) -> None:
    async with Phone.open("citizen", "139", sip) as citizen:
        await citizen.call("12345")
        with pytest.raises(PhoneFailed, match="hears"):
            await citizen.until_hears("agent", limit_s=0.3)
        with pytest.raises(PhoneFailed, match="is up, not ended"):
            await citizen.until("ended", limit_s=0.3)
