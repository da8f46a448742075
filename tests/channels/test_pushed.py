"""A pushing platform's door: no answer to what could not be kept, a ticket for what nobody can read, else a no."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.channels.pushed import Pushed
from gateway.channels.wechat_crypto import WireError
from gateway.model.http import HttpAnswer, HttpAsked
from gateway.model.messages import Message, Raw
from gateway.tickets.ports import Taken

QUERY = "nonce=1&echostr=e"
ASKED = HttpAsked("POST", f"/in/x/a?{QUERY}", {}, {"nonce": "1"}, {"content-type": "text/xml"}, b"<x/>", "::1", 5.0)


class Intake:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.taken: list[tuple[Raw, Message]] = []

    async def take(self, raw: Raw, message: Message) -> Taken:
        self.taken.append((raw, message))
        return Taken("opened", "m1")


class Means:
    def __init__(self) -> None:
        self.intake = Intake()


class Door(Pushed):
    """Does with a push what a test says."""

    name = "weibo"

    def __init__(self, act: Any = None) -> None:
        self.means = Means()
        super().__init__("a", self.means, 0.05)  # type: ignore[arg-type]
        self.act = act

    def _echo(self, asked: HttpAsked) -> str:
        if self.act is not None:
            raise self.act
        return "e"

    async def _take(self, asked: HttpAsked) -> HttpAnswer:
        if isinstance(self.act, Exception):
            raise self.act
        if self.act is not None:
            await self.act()
        return HttpAnswer(body=b"ok")

    def _unread(self, asked: HttpAsked, why: str) -> Message:
        return Message("k", "weibo", "a", "unreadable", asked.at, asked.at, text=why)


async def test_a_push_that_was_kept_is_answered() -> None:
    door = Door()
    assert await door.receive(ASKED) == HttpAnswer(body=b"ok")
    assert (await door.verify(ASKED)).body == b"e"
    assert (door.refused, door.unanswered) == (0, 0)


@pytest.mark.parametrize(
    "act", [OSError("the disk is full"), lambda: asyncio.sleep(5)], ids=["ledger away", "too slow"]
)
async def test_what_could_not_be_kept_in_time_gets_no_answer_so_that_it_comes_again(act: Any) -> None:
    door = Door(act)
    answer = await door.receive(ASKED)
    assert answer.dropped
    assert (door.refused, door.unanswered) == (0, 1)
    assert door.means.intake.taken == []


async def test_a_push_that_nobody_vouches_for_is_refused_and_not_kept() -> None:
    door = Door(WireError("signature", "does not fit the token", 401))
    for ask in (door.receive, door.verify):
        answer = await ask(ASKED)
        assert (answer.status, answer.dropped) == (401, False)
        assert b"signature" in answer.body
    assert door.refused == 2
    assert door.means.intake.taken == []


async def test_what_is_vouched_for_and_cannot_be_read_is_kept_with_its_original() -> None:
    door = Door(WireError("body", "is no XML", 400, vouched=True))
    assert (await door.receive(replace(ASKED, body=b"garbage"))).status == 400
    ((raw, message),) = door.means.intake.taken
    assert (raw.channel, raw.account, raw.body, raw.content_type) == ("weibo", "a", b"garbage", "text/xml")
    assert raw.meta == {"query": QUERY, "method": "POST"}
    assert message.kind == "unreadable"
    assert "is no XML" in message.text


async def test_a_defect_is_not_taken_for_a_ledger_that_is_away() -> None:
    with pytest.raises(KeyError):
        await Door(KeyError("FromUserName")).receive(ASKED)
