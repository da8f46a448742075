"""Which frame answers which action, under any order of answers, abandonments and the end of the session."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.asterisk.ami import replies as module
from gateway.asterisk.ami.errors import ActionRefused, LinkDown
from gateway.asterisk.ami.replies import ONE, Expect, Replies, is_error
from gateway.asterisk.ami.wire import Frame

steps = st.lists(st.tuples(st.sampled_from(["open", "list", "answer", "item", "end", "abandon"]), st.integers(0, 5)))


@given(steps)
def test_every_exchange_ends_once_and_nothing_stays(script):
    async def play():
        replies, opened = Replies("p-", 100), []
        for what, n in script:
            if what in ("open", "list"):
                opened.append(replies.open("X", ONE if what == "open" else Expect(many=True)))
            elif n < len(opened) and what == "abandon":
                replies.abandon(opened[n])
            elif n < len(opened):
                head = {
                    "answer": {"Response": "Success"},
                    "item": {"Event": "I"},
                    "end": {"Event": "C", "EventList": "Complete"},
                }
                replies.take(Frame(head[what], ActionID=opened[n].id))
        waiting = [exchange for exchange in opened if not exchange.answer.done()]
        assert len(replies) == len(waiting)
        replies.end("over")
        assert len(replies) == 0
        assert all(exchange.answer.done() for exchange in opened)
        assert all(isinstance(exchange.answer.exception(), LinkDown) for exchange in waiting)

    asyncio.run(play())


async def test_an_answer_to_nobody_is_late_and_an_event_of_nobody_is_an_event():
    replies = Replies("p-", 10)
    assert replies.take(Frame(Response="Error", Message="Missing action in request"))
    assert replies.take(Frame(Response="Success", ActionID="p-77"))
    assert replies.late == 2
    assert not replies.take(Frame(Event="OriginateResponse", ActionID="p-77"))
    assert not replies.take(Frame(Event="Hangup"))


async def test_an_unbounded_list_is_refused(monkeypatch):
    monkeypatch.setattr(module, "MAX_ITEMS", 2)
    replies = Replies("p-", 10)
    exchange = replies.open("QueueStatus", Expect(many=True))
    for _ in range(3):
        replies.take(Frame(Event="QueueParams", ActionID=exchange.id))
    with pytest.raises(ActionRefused, match="more than 2"):
        await exchange.answer
    assert len(replies) == 0


async def test_a_list_is_known_by_its_response_when_nobody_says_so():
    replies = Replies("p-", 10)
    plain, listed = replies.open("Ping", Expect(many=None)), replies.open("Status", Expect(many=None))
    replies.take(Frame(Response="Success", ActionID=plain.id))
    replies.take(Frame(Response="Success", EventList="start", ActionID=listed.id))
    assert plain.answer.done()
    assert not listed.answer.done()
    replies.take(Frame(Event="S", ActionID=listed.id))
    replies.take(Frame(Event="StatusComplete", EventList="Complete", ActionID=listed.id))
    assert [item["Event"] for item in listed.answer.result().items] == ["S"]


def test_only_success_goodbye_and_follows_are_no_error():
    assert [is_error(Frame(Response=word)) for word in ("Success", "Goodbye", "Follows", "Error", "Fail", "")] == [
        False,
        False,
        False,
        True,
        True,
        True,
    ]
