"""The mailroom's end of the wire, against a gateway that is played here."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from mail_stage import ended

from gateway.channels.email.mailroom.handing import Answer, AskCursor, Figures, Frame, Frames, KeepCursor, Take, encode
from gateway.channels.email.mailroom.link import Link, MailBroken
from gateway.channels.email.port import Handed
from gateway.model.messages import Message, Raw

HANDED = Handed(
    Raw("r", "email", "hall", 1.0, "message/rfc822", b"bytes"), Message("k", "email", "hall", "text", 1.0, 1.0)
)


@dataclass
class Played:
    """The gateway's end."""

    link: Link
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    running: asyncio.Task[None]

    async def asked(self, count: int = 1) -> list[Frame]:
        frames, found = Frames(), list[Frame]()
        async with asyncio.timeout(60):
            while len(found) < count:
                found += frames.feed(await self.reader.read(65_536))
        return found

    async def answer(self, *answers: Frame) -> None:
        self.writer.write(b"".join(encode(one) for one in answers))
        await self.writer.drain()


@asynccontextmanager
async def linked(limit_s: float = 60.0) -> AsyncIterator[Played]:
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=theirs)
    there_reader, there_writer = await asyncio.open_unix_connection(sock=ours)
    link = Link(reader, writer, limit_s)
    running = asyncio.create_task(link.run())
    try:
        yield Played(link, there_reader, there_writer, running)
    finally:
        await ended(running)
        writer.close()
        there_writer.close()


async def test_answers_may_come_in_any_order() -> None:
    async with linked() as played:
        asks = [asyncio.create_task(played.link.cursor("hall", f"box{n}")) for n in range(3)]
        numbers = [ask.n for ask in await played.asked(3) if isinstance(ask, AskCursor)]
        await played.answer(*(Answer(n, value={"uid": n}) for n in reversed(numbers)))
        assert [await ask for ask in asks] == [{"uid": n} for n in numbers]


async def test_a_mail_is_taken_when_the_gateway_says_so() -> None:
    async with linked() as played:
        taking = asyncio.create_task(played.link.take("hall", HANDED))
        (ask,) = await played.asked()
        assert isinstance(ask, Take)
        assert (ask.account, ask.handed) == ("hall", HANDED)
        assert not taking.done()
        await played.answer(Answer(ask.n))
        await taking


@pytest.mark.parametrize(("failed", "error"), [("later", OSError), ("broken", MailBroken)])
async def test_a_refusal_says_whether_trying_again_is_of_use(failed: str, error: type[Exception]) -> None:
    async with linked() as played:
        keeping = asyncio.create_task(played.link.keep_cursor("hall", "box", {"uid": 1}))
        (ask,) = await played.asked()
        assert isinstance(ask, KeepCursor)
        await played.answer(Answer(ask.n, failed, "because"))  # type: ignore[arg-type]
        with pytest.raises(error, match="because"):
            await keeping


async def test_no_answer_in_time_is_an_oserror_and_a_late_one_does_no_harm() -> None:
    async with linked(0.05) as played:
        with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
            await played.link.take("hall", HANDED)
        (ask,) = await played.asked()
        assert isinstance(ask, Take)
        await played.answer(Answer(ask.n), Answer(999), Figures({}))
        with pytest.raises(TimeoutError):
            await played.link.cursor("hall", "box")
        assert not played.running.done()


async def test_when_the_gateway_goes_all_who_wait_are_told() -> None:
    async with linked() as played:
        asks = [asyncio.create_task(played.link.take("hall", HANDED)) for _ in range(40)]
        await played.asked(32)  # no more are under way at once
        played.writer.close()
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert {type(one) for one in results} == {ConnectionResetError}
        await played.running
        with pytest.raises(ConnectionResetError):
            await played.link.tell({"received": 1})


async def test_figures_are_told() -> None:
    async with linked() as played:
        await played.link.tell({"received": 3})
        assert await played.asked() == [Figures({"received": 3})]
