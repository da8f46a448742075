"""One AGI connection over a socket pair: what a handler sees of each thing that Asterisk can do."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from collections.abc import Iterator
from typing import cast

import pytest

from gateway.asterisk.fastagi.session import (
    AgiCounters,
    AgiLimits,
    AgiSession,
    ChannelGone,
    CommandRefused,
    SessionBroken,
    parse_address,
)
from gateway.asterisk.fastagi.wire import Result
from gateway.ivr.ports import HungUp, LineFailed

OPENING = "agi_network_script: flow/day?call=7.1\nagi_uniqueid: 42.1\nagi_calleridname: 王小明\n\n".encode()


class Desk:
    """The owner of one session, and Asterisk's end of it."""

    def __init__(self) -> None:
        self.counters = AgiCounters()
        self.limits = AgiLimits(header_s=1, session_s=60)
        self.begun = self.gone = 0
        self.asterisk, ours = socket.socketpair()
        self.asterisk.settimeout(30)
        ours.setblocking(False)
        self.session = AgiSession(self, asyncio.get_running_loop(), ours)

    def begin(self, session: AgiSession) -> None:
        self.begun += 1

    def left(self, session: AgiSession) -> None:
        self.gone += 1

    async def hear(self, data: bytes) -> None:
        """Let the session read what Asterisk says now: until nothing is on its way, and two turns to wake who waits."""
        self.asterisk.sendall(data)
        async with asyncio.timeout(40):
            while struct.unpack("i", fcntl.ioctl(self.asterisk, termios.TIOCOUTQ, bytes(4)))[0]:
                await asyncio.sleep(0)
        for _ in range(2):
            await asyncio.sleep(0)

    async def ask(self, verb: str, *words: str, limit_s: float = 5) -> asyncio.Task[Result]:
        task = asyncio.ensure_future(self.session.command(verb, *words, limit_s=limit_s))
        await asyncio.sleep(0)
        return task


class HeldBack:
    """A socket that has these pieces one after another."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.calls = iter(pieces), list[str]()

    def fileno(self) -> int:
        return -1

    def recv(self, most: int, flags: int) -> bytes:
        self.calls.append("recv")
        return next(self.pieces)

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.calls.append("setsockopt")


class Unwatched:
    """A Watch that tells nothing."""

    def add_reader(self, number: int, tell: object, /) -> None: ...

    def remove_reader(self, number: int, /) -> None: ...


@pytest.fixture
async def late_desk() -> Iterator[Desk]:
    """Its session has not begun to read."""
    desk = Desk()
    yield desk
    desk.session.fail("the test is over")
    desk.asterisk.close()


@pytest.fixture
async def desk(late_desk: Desk) -> Desk:
    late_desk.session.open()
    return late_desk


@pytest.fixture
async def talking(desk: Desk) -> Desk:
    await desk.hear(OPENING)
    assert desk.begun == 1
    return desk


async def test_the_environment_begins_the_session_whatever_the_pieces(desk: Desk) -> None:
    for code in OPENING:
        assert desk.begun == 0
        await desk.hear(bytes([code]))
    assert desk.begun == 1
    assert desk.session.environment["agi_calleridname"] == "王小明"
    assert (desk.session.path, desk.session.query, desk.session.call_id) == ("flow/day", {"call": "7.1"}, "7.1")


async def test_what_asterisk_holds_back_is_asked_for_and_read_in_one_look(late_desk: Desk) -> None:
    """Its kernel sends the first header, and all others once that one is acknowledged."""
    ours = HeldBack(OPENING[:20], OPENING[20:])
    session = AgiSession(late_desk, asyncio.get_running_loop(), cast(socket.socket, ours), Unwatched())
    session.start()
    assert late_desk.begun == 1
    assert ours.calls == (["recv", "setsockopt", "recv"] if hasattr(socket, "TCP_QUICKACK") else ["recv", "recv"])


async def test_a_session_that_ends_before_its_second_look_is_not_looked_at(late_desk: Desk) -> None:
    late_desk.asterisk.send(OPENING[:30])
    late_desk.session.start()
    late_desk.session.fail("the server is closing")
    await asyncio.sleep(0.02)
    assert (late_desk.counters.abandoned, late_desk.gone, late_desk.session.broken) == (0, 1, "the server is closing")


async def test_a_command_gets_its_answer(talking: Desk) -> None:
    task = await talking.ask("GET FULL VARIABLE", "${GW_ENTRY}")
    assert talking.asterisk.recv(100) == b'GET FULL VARIABLE "${GW_ENTRY}"\n'
    await talking.hear(b"200 result=1 (12345)\n")
    assert await task == Result(200, "1", "12345")


async def test_the_last_command_goes_out_before_the_end_and_nobody_waits_for_its_answer(talking: Desk) -> None:
    talking.session.tell_last("SET VARIABLE", "GW_DONE", "1")
    talking.session.fail("the session is over")
    assert talking.asterisk.recv(100) == b"SET VARIABLE GW_DONE 1\n"
    assert talking.asterisk.recv(100) == b"", "and behind it the end"


async def test_a_session_whose_last_command_was_answered_is_of_no_more_use(talking: Desk) -> None:
    talking.session.tell_last("SET VARIABLE", "GW_DONE", "1")
    await talking.hear(b"200 result=1\n")
    with pytest.raises(SessionBroken, match="an answer came to no command"):
        await talking.session.command("NOOP")


async def test_the_last_command_is_not_sent_where_none_can_be(talking: Desk) -> None:
    task = await talking.ask("STREAM FILE", "gw/greeting", "")
    assert talking.asterisk.recv(100) == b'STREAM FILE gw/greeting ""\n'
    with pytest.raises(RuntimeError, match="SET VARIABLE while STREAM FILE is under way"):
        talking.session.tell_last("SET VARIABLE", "GW_DONE", "1")
    await talking.hear(b"HANGUP\n")
    with pytest.raises(ChannelGone):
        await task
    with pytest.raises(ChannelGone):
        talking.session.tell_last("SET VARIABLE", "GW_DONE", "1")
    talking.session.fail("closed by us")
    assert talking.asterisk.recv(100) == b""


async def test_the_last_command_fails_where_the_peer_is_gone(talking: Desk) -> None:
    talking.asterisk.close()
    with pytest.raises(SessionBroken, match="the connection is lost"):
        talking.session.tell_last("SET VARIABLE", "GW_DONE", "1")
    with pytest.raises(SessionBroken):
        talking.session.tell_last("SET VARIABLE", "GW_DONE", "1")


async def test_hangup_in_mid_dialogue_is_a_hangup_and_no_answer(talking: Desk) -> None:
    task = await talking.ask("STREAM FILE", "gw/greeting", "")
    await talking.hear(b"HANGUP\n")
    with pytest.raises(ChannelGone):
        await task
    await talking.hear(b"200 result=-1 endpos=0\nHANGUP\n")  # the answer that crossed it, and Asterisk's second notice
    assert talking.session.hung_up and not talking.session.broken
    assert talking.counters.hangups == 1
    with pytest.raises(HungUp):
        await talking.session.command("NOOP")


async def test_an_answer_before_the_hangup_is_still_the_answer(talking: Desk) -> None:
    task = await talking.ask("STREAM FILE", "gw/greeting", "")
    await talking.hear(b"200 result=-1 endpos=800\nHANGUP\n")
    assert await task == Result(200, "-1", None, 800)
    assert talking.session.hung_up


async def test_a_dead_channel_is_a_hangup(talking: Desk) -> None:
    task = await talking.ask("ANSWER")
    await talking.hear(b"511 Command Not Permitted on a dead channel\n")
    with pytest.raises(ChannelGone):
        await task
    assert talking.counters.hangups == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"510 Invalid or unknown command\n", 510),
        (b"520-Invalid\nUsage: X\n200 result=0\n520 End of proper usage.\n", 520),
    ],
)
async def test_a_refused_command_names_itself_and_the_session_goes_on(talking: Desk, answer: bytes, code: int) -> None:
    task = await talking.ask("RECORD FILE", "x")
    await talking.hear(answer)
    with pytest.raises(CommandRefused, match="RECORD FILE") as caught:
        await task
    assert caught.value.code == code and isinstance(caught.value, LineFailed)
    assert talking.counters.usage_errors == 1
    task = await talking.ask("NOOP")
    await talking.hear(b"200 result=0\n")
    assert await task == Result(200, "0")


@pytest.mark.parametrize("said", [b"200 result=0\n", b"520 Invalid\n", b"nonsense\n"])
async def test_what_nobody_asked_for_breaks_the_session(talking: Desk, said: bytes) -> None:
    await talking.hear(said)
    with pytest.raises(SessionBroken):
        await talking.session.command("NOOP")
    assert talking.asterisk.recv(1) == b"", "Asterisk is let go"
    assert talking.gone == 1


async def test_asterisk_gone_without_a_word_breaks_the_command_under_way(talking: Desk) -> None:
    task = await talking.ask("WAIT FOR DIGIT", "5000")
    talking.asterisk.recv(100)
    talking.asterisk.close()
    with pytest.raises(SessionBroken, match="closed"):
        await task


async def test_a_cancelled_command_breaks_the_session_because_its_answer_would_come_late(talking: Desk) -> None:
    task = await talking.ask("WAIT FOR DIGIT", "5000")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(SessionBroken, match="cancelled"):
        await talking.session.command("NOOP")


async def test_two_commands_at_once_are_a_mistake_of_the_handler(talking: Desk) -> None:
    task = await talking.ask("NOOP")
    with pytest.raises(RuntimeError, match="one command at a time"):
        await talking.session.command("ANSWER")
    await talking.hear(b"200 result=0\n")
    assert await task == Result(200, "0")


async def test_a_refused_argument_leaves_the_session_as_it_was(talking: Desk) -> None:
    with pytest.raises(ValueError, match="CR, LF and NUL"):
        await talking.session.command("SET VARIABLE", "A", "b\nHANGUP")
    task = await talking.ask("NOOP")
    assert talking.asterisk.recv(100) == b"NOOP\n"
    await talking.hear(b"200 result=0\n")
    assert await task == Result(200, "0")


async def test_a_peer_that_never_reads_ends_the_session_instead_of_filling_memory(talking: Desk) -> None:
    for _ in range(5_000):  # socket buffers hold some of it
        task = await talking.ask("NOOP", "x" * 2_000)
        if task.done():
            break
        await talking.hear(b"200 result=0\n")
    with pytest.raises(SessionBroken):
        await task


async def test_the_deadline_follows_what_is_under_way(talking: Desk) -> None:
    loop = asyncio.get_running_loop()
    whole = talking.session.deadline
    assert 50 < whole - loop.time() <= 60
    before = loop.time()
    task = await talking.ask("NOOP", limit_s=5)
    assert before + 5 <= talking.session.deadline <= loop.time() + 5
    await talking.hear(b"200 result=0\n")
    await task
    assert talking.session.deadline == whole


async def test_an_expired_command_breaks_the_session(talking: Desk) -> None:
    task = await talking.ask("STREAM FILE", "gw/greeting", "")
    talking.session.expire(talking.session.deadline)
    with pytest.raises(SessionBroken, match="STREAM FILE was not answered"):
        await task
    assert talking.counters.timeouts == 1


async def test_expired_headers_close_the_connection(desk: Desk) -> None:
    await desk.hear(b"agi_network: yes\n")
    desk.session.expire(desk.session.deadline)
    assert desk.asterisk.recv(1) == b""
    assert (desk.counters.header_timeouts, desk.counters.abandoned, desk.gone) == (1, 0, 1)


@pytest.mark.parametrize(
    ("headers", "path", "query"),
    [
        ({"agi_network_script": "flow/day"}, "flow/day", {}),
        (
            {"agi_network_script": "flow/day/?entry=*12#&account=%E5%A4%96"},
            "flow/day",
            {"entry": "*12#", "account": "外"},
        ),
        ({"agi_network_script": "f?entry=+86&entry=2&x"}, "f", {"entry": "+86", "x": ""}),
        ({"agi_request": "agi://10.0.0.1:4573/flow/night?call=1.2"}, "flow/night", {"call": "1.2"}),
        ({"agi_request": "agi://10.0.0.1"}, "", {}),
        ({}, "", {}),
    ],
)
def test_the_address_tells_flow_and_call(headers: dict[str, str], path: str, query: dict[str, str]) -> None:
    assert parse_address(headers) == (path, query)
