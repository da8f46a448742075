"""panoramisk's Manager surface over our link."""

from __future__ import annotations

import asyncio

import pytest
from panoramisk.actions import Action
from panoramisk.message import Message

from gateway.asterisk.ami.errors import LinkDown
from gateway.asterisk.ami.surface import headers_of, message_of
from gateway.asterisk.ami.wire import Frame


async def test_send_action_takes_dicts_and_actions_and_gives_messages(ami, start):
    async with start() as running:
        link = await running.up()
        action = Action({"Action": "Ping"})
        assert (await link.send_action({"Action": "Ping"})).ping == "Pong"
        answer = await link.send_action(action)
        assert isinstance(answer, Message)
        assert action.future.result() is answer
        assert action.id == answer.actionid


async def test_send_command_gives_the_output_as_content(ami, start):
    async with start() as running:
        link = await running.up()
        session = await ami.session()
        future = link.send_command("core show version")
        session.answer(await session.action("Command"), "Response: Success|Output: 一|Output: 二")
        assert (await future).content == "一\n二"


async def test_a_list_is_the_response_and_its_items(ami, start):
    async with start() as running:
        link = await running.up()
        session = await ami.session()
        future = link.send_action({"Action": "QueueStatus"})
        asked = await session.action("QueueStatus")
        session.answer(
            asked, "Response: Success|EventList: start", "Event: QueueParams", "Event: X|EventList: Complete"
        )
        assert [message.event or message.response for message in await future] == ["Success", "QueueParams"]


async def test_without_a_session_sending_fails_at_once(ami, start):
    async with start() as running:
        link = await running.up()
    with pytest.raises(LinkDown, match="closed"):
        link.send_action({"Action": "Ping"})


async def test_callbacks_match_patterns_sync_and_async_and_survive_each_other(ami, start):
    seen, done = [], asyncio.Event()
    async with start() as running:
        link = await running.up()

        @link.register_event("Queue*")
        async def slow(manager, event):
            await asyncio.sleep(0)
            seen.append(("slow", event.queue))

        @link.register_event("*")
        def broken(manager, event):
            seen.append(("broken", event.event))
            raise ValueError

        @link.register_event("Hangup")
        def last(manager, event):
            assert event.manager is link
            done.set()

        session = await ami.session()
        session.send("Event: QueueCallerJoin|Queue: hotline", "Event: Hangup|Uniqueid: 1")
        await asyncio.wait_for(done.wait(), 40)
        assert seen == [("slow", "hotline"), ("broken", "QueueCallerJoin"), ("broken", "Hangup")]
        assert link.counters.callback_errors == 2


async def test_a_coroutine_that_never_ends_has_a_limit(ami, start):
    done = asyncio.Event()
    async with start() as running:
        link = await running.up()
        link.callback_limit_s = 0.05
        link.register_event("Hold", lambda *_: asyncio.sleep(60))
        link.register_event("Unhold", lambda *_: done.set())
        (await ami.session()).send("Event: Hold|Uniqueid: 1", "Event: Unhold|Uniqueid: 1")
        await asyncio.wait_for(done.wait(), 40)
        assert link.counters.callback_errors == 1


async def test_what_the_manager_did_for_the_connection_is_refused(ami, start):
    async with start() as running:
        link = await running.up()
        for refused in (link.connect, link.run_forever):
            with pytest.raises(NotImplementedError):
                refused()
        with pytest.raises(NotImplementedError):
            link.dispatch(Message({"Event": "X"}))


def test_headers_begin_with_the_action_and_leave_the_id_to_the_session():
    given = {"actionid": "x", "Channel": "c", "action": "Hangup"}
    assert headers_of(given) == [("action", "Hangup"), ("Channel", "c")]


def test_a_message_shows_repeats_as_a_list():
    frame = Frame(Event="Hangup", ChanVariable="B=2")
    frame._pairs = [("Event", "Hangup"), ("ChanVariable", "A=1"), ("ChanVariable", "B=2")]
    assert message_of(frame).getdict("chanvariable")["a"] == "1"
