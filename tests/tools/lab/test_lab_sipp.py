"""SIPp callers and seats against a real Asterisk; what goes wrong is said and bounded."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tools.lab import Ports, Sipp, SippFailed
from tools.lab.sipp import SCENARIOS

pytestmark = pytest.mark.asterisk
HERE = Path(__file__).parent
CALL, ANSWER, REGISTER = HERE / "call.xml", HERE / "answer.xml", HERE / "register.xml"
CITIZEN, RINGS = SCENARIOS / "citizen.xml", SCENARIOS / "seat-answer.xml"
RINGS_LONG = {"ring_ms": "3600000", "talk_ms": "0"}


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
    stats = await sipp.run(CALL, service="12345", calls=3, rate=50, timeout_s=60)
    assert (stats.created, stats.successful, stats.failed, stats.status) == (3, 3, 0, 0)


async def test_a_call_that_is_refused_fails_with_what_asterisk_said(sipp: Sipp) -> None:
    with pytest.raises(SippFailed, match=r"0 of 1 calls went well[\s\S]*404"):
        await sipp.run(CALL, service="999", timeout_s=60)


async def test_one_that_does_not_end_is_ended_at_its_limit(sipp: Sipp) -> None:
    with pytest.raises(SippFailed, match="did not end within 0 s"):
        await sipp.run(ANSWER, timeout_s=0.3)


async def test_a_registered_seat_answers(sipp: Sipp, asterisk: Any) -> None:
    async with sipp.seats({"8001": "correct-horse"}, answer=ANSWER, register=REGISTER) as seat:
        assert "8001/sip:8001@127.0.0.1" in asterisk.rx("pjsip show contacts")
        await sipp.run(CALL, service="8001", timeout_s=60)
    assert seat.stats().created == 1


async def test_a_wrong_password_fails_with_the_scenario_named(sipp: Sipp) -> None:
    with pytest.raises(SippFailed, match=r"register\.xml: 0 of 1"):
        async with sipp.seats({"8001": "wrong"}, answer=ANSWER, register=REGISTER):
            pass


class Registrar(asyncio.DatagramProtocol):
    """Answers REGISTER n with the n-th of ``statuses``; one that is sent again gets its answer again."""

    def __init__(self, statuses: list[int]) -> None:
        self.left = statuses
        self.given: dict[bytes, bytes] = {}
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data in self.given:
            self.transport.sendto(self.given[data], addr)
        if data in self.given or not self.left:
            return
        rows = [row for row in data.decode().split("\r\n") if row.startswith(("Via", "From", "To", "Call-ID", "CSeq"))]
        challenge = f'WWW-Authenticate: Digest realm="lab", nonce="{len(self.left)}", algorithm=MD5, qop="auth"'
        answer = [f"SIP/2.0 {self.left.pop(0)} Said", *rows, challenge, "Content-Length: 0", "", ""]
        self.given[data] = "\r\n".join(answer).encode()
        self.transport.sendto(self.given[data], addr)


@pytest.mark.parametrize(("statuses", "good"), [([401, 200], 1), ([401, 401, 200], 1), ([401, 401, 401], 0)])
async def test_a_seat_registers_though_a_challenge_comes_twice(
    tmp_path: Path, ports: Ports, statuses: list[int], good: int
) -> None:
    port, loop = ports.take(), asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Registrar(statuses), local_addr=("127.0.0.1", port))
    row = ("8001", "[authentication username=8001 password=secret]")
    stats = await Sipp(port, tmp_path, ports=ports).run(SCENARIOS / "seat-register.xml", rows=[row], check=False)
    assert (stats.successful, stats.created) == (good, 1)
    transport.close()


class Squatter(Ports):
    """Gives out neighbours of which a stranger, who knows nothing of our locks, takes the third in the same moment."""

    def __init__(self, folder: Path, times: int) -> None:
        super().__init__(folder)
        self.strangers: list[socket.socket] = []
        self._times = times

    def take_run(self, count: int) -> int:
        first = super().take_run(count)
        if count > 1 and self._times:
            self._times -= 1
            self.strangers.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            self.strangers[-1].bind(("127.0.0.1", first + 2))
        return first

    def close(self) -> None:
        super().close()
        for stranger in self.strangers:
            stranger.close()


@pytest.fixture
def squatted(asterisk: Any, tmp_path: Path) -> Iterator[Callable[[int], Sipp]]:
    made: list[Squatter] = []

    def make(times: int) -> Sipp:
        made.append(Squatter(tmp_path / "locks", times))
        return Sipp(asterisk.sip_port, tmp_path / "squatted", ports=made[-1])

    yield make
    for ports in made:
        ports.close()


async def test_a_caller_whose_video_port_is_taken_calls_from_other_ports(squatted: Callable[[int], Sipp]) -> None:
    stats = await squatted(2).run(CALL, service="12345", timeout_s=60)
    assert stats.successful == 1


async def test_a_caller_who_never_gets_his_ports_is_said_to_be_missing(squatted: Callable[[int], Sipp]) -> None:
    with pytest.raises(SippFailed, match=r"ports were taken 3 times[\s\S]*Unable to bind video RTP socket"):
        async with squatted(3).running(CALL, ["-s", "12345", "-m", "1"]):
            pass


async def test_one_that_is_killed_is_seen_to_be_dead_and_one_whose_call_is_over_is_not(sipp: Sipp) -> None:
    async with sipp.running(ANSWER) as seat:
        seat.check()
        os.killpg(seat._process.pid, signal.SIGKILL)
        await seat._process.wait()
        with pytest.raises(SippFailed, match="died with exit status -9"):
            seat.check()
    async with sipp.running(CALL, ["-s", "12345", "-m", "1"]) as caller:
        await caller.ended(60)
        caller.check()


@pytest.mark.parametrize("answers", [True, False])
async def test_a_citizen_hangs_up_by_word_answered_or_not(sipp: Sipp, asterisk: Any, answers: bool) -> None:
    row = ("13800000000", "wang", "12345" if answers else "8001", "0", "3600000", "no")
    async with AsyncExitStack() as stack:
        if not answers:
            registered = sipp.seats({"8001": "correct-horse"}, answer=RINGS, register=REGISTER, keys=RINGS_LONG)
            await stack.enter_async_context(registered)
        citizen = await stack.enter_async_context(sipp.running(CITIZEN, ["-m", "1"], rows=[row]))
        wanted = "Up" if answers else "Ring"
        async with asyncio.timeout(60):
            while wanted not in await asyncio.to_thread(asterisk.rx, "core show channels concise"):
                await asyncio.sleep(0.05)
        citizen.hang_up()
        stats = await citizen.ended(60)
    assert (stats.successful, stats.failed) == (1, 0)


def test_a_line_break_never_reaches_an_injection_file(sipp: Sipp) -> None:
    with pytest.raises(ValueError, match="line break"):
        asyncio.run(sipp.run(CALL, rows=[("8001\n8002",)]))
