"""SIPp callers and seats against a real Asterisk; what goes wrong is said and bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tools.lab import Ports, Sipp, SippFailed

pytestmark = pytest.mark.asterisk
HERE = Path(__file__).parent
CALL, ANSWER, REGISTER = HERE / "call.xml", HERE / "answer.xml", HERE / "register.xml"


@pytest.fixture
async def asterisk(small_asterisk: Callable[[], Any]) -> AsyncIterator[Any]:
    lab = small_asterisk()
    await asyncio.to_thread(lab.start)
    yield lab
    await asyncio.to_thread(lab.stop)


@pytest.fixture
def sipp(asterisk: Any, tmp_path: Path, ports: Ports) -> Sipp:
    return Sipp(asterisk.sip_port, tmp_path / "sipp", ports=ports)


async def test_a_caller_is_answered_and_counted(sipp: Sipp) -> None:
    stats = await sipp.run(CALL, service="12345", calls=3, rate=50, timeout_s=20)
    assert (stats.created, stats.successful, stats.failed, stats.status) == (3, 3, 0, 0)


async def test_a_call_that_is_refused_fails_with_what_asterisk_said(sipp: Sipp) -> None:
    with pytest.raises(SippFailed, match=r"0 of 1 calls went well[\s\S]*404"):
        await sipp.run(CALL, service="999", timeout_s=20)


async def test_one_that_does_not_end_is_ended_at_its_limit(sipp: Sipp) -> None:
    with pytest.raises(SippFailed, match="did not end within 0 s"):
        await sipp.run(ANSWER, timeout_s=0.3)


async def test_a_registered_seat_answers(sipp: Sipp, asterisk: Any) -> None:
    async with sipp.seats({"8001": "correct-horse"}, answer=ANSWER, register=REGISTER) as seat:
        assert "8001/sip:8001@127.0.0.1" in asterisk.rx("pjsip show contacts")
        await sipp.run(CALL, service="8001", timeout_s=20)
    assert seat.stats().created == 1


async def test_a_wrong_password_fails_with_the_scenario_named(sipp: Sipp) -> None:
    with pytest.raises(SippFailed, match=r"register\.xml: 0 of 1"):
        async with sipp.seats({"8001": "wrong"}, answer=ANSWER, register=REGISTER):
            pass


def test_a_line_break_never_reaches_an_injection_file(sipp: Sipp) -> None:
    with pytest.raises(ValueError, match="line break"):
        asyncio.run(sipp.run(CALL, rows=[("8001\n8002",)]))
