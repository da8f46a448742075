"""What comes over the wire in a session: lines of any length, dots, lone line feeds, smuggling, odd commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_stage import Stage
from talker import Talker, talking
from test_receiver import HALL, receiving

from gateway.channels.email.mailroom.receiver import Receiver


@pytest.fixture
async def receiver(stage: Stage) -> AsyncIterator[Receiver]:
    stage.readers["env"] = stage.readers["hall"]
    async with receiving(stage) as one:
        yield one


async def delivered(receiver: Receiver, stage: Stage, content: bytes) -> bytes:
    """What arrives of a content."""
    stage.memory.taken.clear()
    async with talking(receiver.port) as server:
        await server.reply()
        await server.begin(HALL)
        (answer,) = await server.data(content)
        assert answer.startswith("250"), answer
    (handed,) = stage.memory.taken.values()
    return handed.raw.body


CONTENTS = {
    "nothing": b"",
    "one empty line": b"\r\n",
    "empty lines": b"\r\n\r\n\r\n",
    "a dot alone": b".\r\n",
    "dots": b".\r\n..\r\n...\r\n.x\r\n",
    "a dot first": b".hidden\r\n",
    "a dot in the middle": b"a\r\n.\r\nb\r\n",
    "a line of 60 kB": b"a" * 60_000 + b"\r\n",
    "a bare LF": b"a\nb\r\n",
    "bare LF around a dot": b"a\n.\nb\r\n",
    "bare LF before a dot and CRLF": b"a\n.\r\nb\r\n",
    "CR around a dot": b"a\r.\rb\r\n",
    "NUL and 8 bits": bytes(range(256)) + b"\r\n",
    "CRs before the end": b"a\r\r\r\n",
}


@pytest.mark.parametrize("name", CONTENTS)
async def test_a_content_arrives_as_it_was_sent(receiver: Receiver, stage: Stage, name: str) -> None:
    assert await delivered(receiver, stage, CONTENTS[name]) == CONTENTS[name]


@given(
    st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"a", b"\r\n.", b"x" * 500]), max_size=40).map(b"".join),
    st.lists(st.integers(0, 5000), max_size=6),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_content_arrives_as_it_was_sent_however_it_is_split(content: bytes, cuts: list[int]) -> None:
    async def story() -> None:
        stage = Stage("hall", "env")
        async with receiving(stage) as receiver, talking(receiver.port) as server:
            await server.reply()
            await server.begin(HALL)
            assert (await server.say("DATA")).startswith("354")
            whole = content if content.endswith(b"\r\n") or not content else content + b"\r\n"
            wire = (b"\r\n" + whole).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
            at = 0
            for cut in sorted(min(cut, len(wire)) for cut in cuts):
                server.writer.write(wire[at:cut])
                await server.writer.drain()
                await asyncio.sleep(0)
                at = cut
            server.writer.write(wire[at:])
            assert (await server.reply()).startswith("250")
            (handed,) = stage.memory.taken.values()
            assert handed.raw.body == whole

    asyncio.run(story())


async def test_a_second_mail_cannot_be_smuggled_behind_a_lone_line_feed(receiver: Receiver, stage: Stage) -> None:
    """CVE-2023-51764 and its family: the end is CR LF . CR LF and nothing else."""
    hidden = b"MAIL FROM:<boss@hotline.example>\r\nRCPT TO:<12345@hotline.example>\r\nDATA\r\nforged\r\n"
    for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n\x00.\r\n"):
        stage.memory.taken.clear()
        body = await delivered(receiver, stage, b"Subject: request\r\n\r\nhello" + end + hidden)
        assert b"forged" in body
        assert len(stage.memory.taken) == 1


async def test_commands_may_come_in_one_go(receiver: Receiver, stage: Stage) -> None:
    async with talking(receiver.port) as server:
        await server.reply()
        server.writer.write(
            b"LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<12345@hotline.example>\r\nDATA\r\n"
            b"Subject: one\r\n\r\n.\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<12345@hotline.example>\r\nDATA\r\n"
            b"Subject: two\r\n\r\n.\r\nQUIT\r\n"
        )
        codes = [(await server.reply())[:3] for _ in range(9)]
    assert codes == ["250", "250", "250", "354", "250", "250", "250", "354", "250"]
    assert stage.memory.titles == ["one", "two"]
    assert [one.raw.meta["envelope_from"] for one in stage.memory.taken.values()] == ["", "a@b.c"]


async def _said(server: Talker, *lines: str) -> list[str]:
    return [(await server.say(line))[:3] for line in lines]


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (("DATA",), ["503"]),
        (("LHLO mx", "DATA"), ["250", "503"]),
        (("LHLO mx", "RCPT TO:<12345@hotline.example>"), ["250", "503"]),
        (("LHLO mx", "MAIL FROM:<a b@c>"), ["250", "553"]),
        (("LHLO mx", "MAIL FROM:<a@b.c> FOO=BAR"), ["250", "555"]),
        (("LHLO mx", "MAIL FROM:<王@例子.cn> SMTPUTF8 BODY=8BITMIME"), ["250", "250"]),
        (("LHLO mx", f"MAIL FROM:<{'a' * 300}@b.c> SIZE=10", "RSET", "NOOP"), ["250", "250", "250", "250"]),
        (("LHLO mx", "MAIL FROM:<a@b.c>", "RCPT TO:<12345@hotline.example>", "DATA now"), ["250"] * 3 + ["501"]),
        (("x" * 5000, "NOOP"), ["500", "250"]),
        (("x" * 200_000, "NOOP"), ["500", "250"]),
        (("\x00\x01\x02", "王", "NOOP"), ["500", "500", "250"]),
    ],
)
async def test_odd_commands_are_answered_and_the_session_goes_on(
    receiver: Receiver, lines: tuple[str, ...], codes: list[str]
) -> None:
    async with talking(receiver.port) as server:
        await server.reply()
        assert await _said(server, *lines) == codes


async def test_more_than_a_hundred_recipients_are_told_to_come_with_another_mail(receiver: Receiver) -> None:
    async with talking(receiver.port) as server:
        await server.reply()
        answers = await server.begin(*[HALL] * 101)
        assert [one[:3] for one in answers] == ["250"] * 100 + ["452"]


async def test_the_limits_of_one_connection_are_not_anothers(receiver: Receiver) -> None:
    """aiosmtpd 1.4.6 shares one table of command lengths: each EHLO made it grow, each connection emptied it."""
    long = f"MAIL FROM:<{'a' * 200}@{'b' * 80}.c> SIZE=10 BODY=8BITMIME SMTPUTF8"
    async with talking(receiver.port) as first:
        await first.reply()
        await first.say("LHLO mx")
        async with talking(receiver.port) as second:
            await second.reply()
            assert (await first.say(long)).startswith("250")


async def test_a_server_that_goes_in_the_middle_of_a_mail_leaves_nothing_behind(
    receiver: Receiver, stage: Stage
) -> None:
    async with talking(receiver.port) as server:
        await server.reply()
        await server.begin(HALL)
        await server.say("DATA")
        server.writer.write(b"Subject: half\r\n\r\n" + b"x" * 100_000)
        await server.writer.drain()
    async with asyncio.timeout(60):
        while stage.counters.connections or receiver._office.held:
            await asyncio.sleep(0.01)
    assert stage.memory.taken == {}
