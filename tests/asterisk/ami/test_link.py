"""The link against a scripted server: how sessions begin, end, and are never mixed up."""

from __future__ import annotations

import asyncio
import random

import pytest

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.backpressure import FrameQueue
from gateway.asterisk.ami.errors import ActionRefused, ActionTimeout, LinkDown, UnsafeHeader
from gateway.asterisk.ami.link import Backoff, Link, LinkConfig

LIMIT = 40.0


async def until(true, what="condition"):
    """Poll a condition of ours that no event tells; fails instead of hanging."""
    async with asyncio.timeout(LIMIT):
        while not true():
            await asyncio.sleep(0.005)


async def test_logs_in_by_challenge_and_never_sends_the_secret(ami, start):
    async with start() as running:
        link = await running.up()
        session = await ami.session()
        assert link.up
        assert session.names() == ["Challenge", "Login"]
        assert "s3cret" not in str(session.actions)
        assert session.actions[1]["Events"] == "on"


async def test_the_order_link_asks_for_no_events(ami, start):
    async with start(role="orders") as running:
        await running.up()
        assert ami.sessions[0].actions[1]["Events"] == "off"


async def test_filters_are_sent_before_the_link_is_up(ami, start):
    async with start(filters=("action(exclude),name(VarSet)",)) as running:
        await running.up()
        assert ami.sessions[0].actions[2]["Filter"] == "action(exclude),name(VarSet)"


async def test_a_wrong_secret_says_so_and_keeps_trying(ami, start):
    async with start(secret="wrong") as running:
        await ami.session()
        await ami.session()
        assert running.link.why == "login: user 'gw' refused: Authentication failed"
        assert not running.link.up
        with pytest.raises(LinkDown, match="Authentication failed") as down:
            await running.link.send(actions.ping())
        assert not down.value.sent
        assert running.ups.empty()


async def test_a_stranger_is_no_ami_server(ami, start):
    ami.greeting = b"SSH-2.0-OpenSSH_9.2\r\n"
    async with start() as running:
        await ami.session()
        await ami.session()
        assert "does not speak AMI" in running.link.why


async def test_a_peer_that_never_greets_is_left_within_the_login_limit(ami, start):
    ami.greeting = b""
    async with start(login_limit_s=0.05) as running:
        await (await ami.session()).gone.wait()
        await ami.session()
        assert running.link.why == "login: no answer within the limit"


async def test_a_refused_connection_is_tried_again_until_closed(start):
    async with start(port=1) as running:
        await until(lambda: running.link.counters.failures >= 3)
        assert running.link.why.startswith("cannot connect to 127.0.0.1:1")


async def test_an_asterisk_that_is_still_booting_is_not_up_yet(ami, start):
    ami.boots = False
    async with start() as running:
        session = await ami.session()
        await session.action("Login")
        with pytest.raises(LinkDown):
            await running.link.send(actions.ping())
        session.send("Event: FullyBooted|Status: Fully Booted")
        assert (await running.up()).up


async def test_a_user_who_is_not_told_of_the_boot_comes_up_after_the_limit(ami, start):
    ami.boots = False
    async with start(boot_limit_s=0.05) as running:
        assert (await running.up()).up


async def test_send_returns_the_success_response(ami, start):
    async with start() as running:
        link = await running.up()
        frame = await link.send(actions.ping())
        assert frame["Ping"] == "Pong"
        assert link.in_flight == 0


async def test_a_refusal_carries_asterisks_words(ami, start):
    async with start() as running:
        link = await running.up()
        session = await ami.session()
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(refused(link.send(actions.hangup("PJSIP/1"))))
            session.answer(await session.action("Hangup"), "Response: Error|Message: No such channel")
        assert asked.result() == "No such channel"


async def refused(sending):
    with pytest.raises(ActionRefused) as caught:
        await sending
    return caught.value.message


async def test_a_late_answer_is_discarded_and_counted(ami, start):
    events = []
    async with start(frames=lambda frames, at: events.extend(frames)) as running:
        link = await running.up()
        session = await ami.session()
        with pytest.raises(ActionTimeout, match="CoreStatus: no answer within"):
            await link.send(actions.core_status(), timeout=0.05)
        session.answer(await session.action("CoreStatus"), "Response: Success", "Event: CoreStatusItem")
        await link.send(actions.ping())
        assert link.counters.late_replies == 2
        assert link.counters.timeouts == 1
        assert link.in_flight == 0
        assert [frame["Event"] for frame in events] == ["FullyBooted"]


async def test_a_cancelled_caller_leaves_nothing_behind(ami, start):
    async with start() as running:
        link = await running.up()
        session = await ami.session()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(link.send(actions.core_status()))
            await session.action("CoreStatus")
            task.cancel()
        assert link.in_flight == 0


async def ask_list(ami, start, *answers, limit=5.0, then=None):
    """Ask for a list, let the server send ``answers`` and do ``then``; the items or the error."""
    async with start() as running:
        link = await running.up()
        session = await ami.session()

        async def ask():
            try:
                return await link.send_list(actions.pjsip_show_contacts(), timeout=limit)
            except (LinkDown, ActionTimeout, ActionRefused) as error:
                return error

        async with asyncio.TaskGroup() as group:
            asked = group.create_task(ask())
            session.answer(await session.action("PJSIPShowContacts"), *answers)
            if then is not None:
                then(session)
        assert link.in_flight == 0
        return asked.result()


STARTED = "Response: Success|EventList: start|Message: Contacts will follow"


async def test_a_list_is_its_items(ami, start):
    items = await ask_list(
        ami, start, STARTED, "Event: ContactList|Uri: a", "Event: ContactList|Uri: 张", "Event: X|EventList: Complete"
    )
    assert [item["Uri"] for item in items] == ["a", "张"]


async def test_a_list_ends_with_the_event_named_on_servers_that_do_not_mark_it(ami, start):
    assert await ask_list(ami, start, STARTED, "Event: ContactListComplete") == []


async def test_nothing_found_is_an_empty_list(ami, start):
    assert await ask_list(ami, start, "Response: Error|Message: No Contacts found\n") == []


async def test_a_list_refused_is_a_refusal(ami, start):
    assert isinstance(await ask_list(ami, start, "Response: Error|Message: Permission denied"), ActionRefused)


async def test_a_list_cancelled_by_asterisk_is_a_refusal(ami, start):
    assert isinstance(await ask_list(ami, start, STARTED, "Event: X|EventList: cancelled"), ActionRefused)


async def test_a_list_that_never_ends_times_out(ami, start):
    got = await ask_list(ami, start, STARTED, "Event: ContactList|Uri: a", limit=0.05)
    assert isinstance(got, ActionTimeout)


async def test_a_list_in_progress_ends_with_the_connection(ami, start):
    got = await ask_list(ami, start, STARTED, "Event: ContactList|Uri: a", then=lambda session: session.close())
    assert isinstance(got, LinkDown)
    assert got.sent


async def test_nothing_is_sent_again_after_a_reconnect(ami, start):
    async with start(role="orders") as running:
        link = await running.up()
        first = await ami.session()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(down(link.send(actions.hangup("PJSIP/1"))))
            await first.action("Hangup")
            first.abort()
        assert task.result().sent
        await running.down()
        await running.up()
        second = await ami.session()
        await link.send(actions.ping())
        assert second.names() == ["Challenge", "Login", "Ping"]
        assert link.counters.reconnects == 1


async def down(sending):
    with pytest.raises(LinkDown) as caught:
        await sending
    return caught.value


async def test_sending_while_down_fails_at_once(ami, start):
    async with start(backoff_first_s=5, backoff_most_s=5) as running:
        link = await running.up()
        (await ami.session()).close()
        assert await running.down() == "Asterisk closed the connection"
        assert not (await down(link.send(actions.ping()))).sent


async def test_a_half_open_peer_is_noticed_by_its_silence(ami, start):
    ami.silent.add("Ping")
    async with start(ping_every_s=0.02, ping_limit_s=0.05) as running:
        await running.up()
        assert await running.down() == "no answer to a ping within 0.05 s"
        await running.up()


def test_the_defaults_notice_silence_within_ten_seconds():
    config = LinkConfig("h", 1, "u", "s")
    assert config.ping_every_s + config.ping_limit_s <= 10
    assert config.ping_limit_s == 5


async def test_answered_pings_keep_the_link(ami, start):
    async with start(ping_every_s=0.005, ping_limit_s=LIMIT) as running:
        link = await running.up()
        await until(lambda: link.counters.pings >= 5)
        assert link.up
        assert running.downs.empty()


async def test_no_ping_is_judged_while_we_ourselves_do_not_read_but_the_stall_has_a_limit(ami, start):
    async with start(ping_every_s=0.01, ping_limit_s=0.02, stall_limit_s=0.2) as running:
        link = await running.up()
        link.pause()
        assert "the consumer has not kept up" in await running.down()
        link.resume()


async def test_close_logs_off_and_never_reconnects(ami, start):
    async with start() as running:
        link = await running.up()
        session = await ami.session()
        link.close()
        assert await running.down() == "closed by the gateway"
        await session.action("Logoff")
        await session.gone.wait()
    assert len(ami.sessions) == 1
    assert not link.up


async def test_close_while_waiting_to_reconnect_never_reconnects(ami, start):
    async with start(backoff_first_s=LIMIT, backoff_most_s=LIMIT) as running:
        await running.up()
        (await ami.session()).close()
        await running.down()
    assert len(ami.sessions) == 1


async def test_close_in_the_middle_of_the_login_ends_at_once(ami, start):
    ami.silent.add("Login")
    async with asyncio.timeout(LIMIT):
        async with start(login_limit_s=2 * LIMIT) as running:
            await (await ami.session()).action("Login")
        assert running.link.why == "closed by the gateway"


async def test_a_link_runs_once(ami, start):
    async with start() as running:
        await running.up()
        with pytest.raises(RuntimeError):
            await running.link.run()


async def test_cancelling_run_ends_the_session(ami):
    link = Link(LinkConfig("127.0.0.1", ami.port, "gw", "s3cret"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(link.run())
        session = await ami.session()
        await session.action("Login")
        task.cancel()
    await asyncio.wait_for(session.gone.wait(), LIMIT)
    assert not link.up


async def test_a_failing_on_up_gives_the_session_up_and_tries_again(ami, start):
    ups = []

    async def on_up(link):
        ups.append(await link.send(actions.ping()))
        if len(ups) == 1:
            raise ValueError("snapshot")

    async with start(on_up=on_up) as running:
        assert await running.down() == "on_up failed: ValueError snapshot"
        await until(lambda: len(ups) == 2)
        assert running.link.counters.callback_errors == 1


async def test_an_on_up_that_never_returns_has_a_limit(ami, start):
    async with start(on_up=lambda link: asyncio.sleep(60), up_limit_s=0.05) as running:
        assert "on_up failed: TimeoutError" in await running.down()


async def test_an_on_up_that_loses_its_link_is_no_error_of_the_callback(ami, start):
    async def on_up(link):
        await link.send(actions.core_status())

    async with start(on_up=on_up) as running:
        session = await ami.session()
        await session.action("CoreStatus")
        session.close()
        assert await running.down() == "Asterisk closed the connection"
        assert running.link.counters.callback_errors == 0


async def test_a_raising_callback_is_counted_and_the_link_lives(ami, start):
    seen = []

    def frames(batch, at):
        seen.extend(batch)
        raise KeyError("reducer")

    def tap(data, at):
        raise OSError("disk full")

    async with start(frames=frames, tap=tap) as running:
        link = await running.up()
        session = await ami.session()
        session.send("Event: Hangup|Uniqueid: 1")
        await link.send(actions.ping())
        assert [frame["Event"] for frame in seen] == ["FullyBooted", "Hangup"]
        assert link.counters.callback_errors >= 4
        assert running.downs.empty()


async def test_events_not_wanted_are_dropped_and_counted(ami, start):
    seen = []
    async with start(wanted=frozenset({"Hangup"}), frames=lambda batch, at: seen.extend(batch)) as running:
        link = await running.up()
        session = await ami.session()
        session.send("Event: VarSet|Value: 1", "Event: Hangup|Uniqueid: 1", "Event: VarSet|Value: 2")
        await link.send(actions.ping())
        assert [frame["Event"] for frame in seen] == ["Hangup"]
        assert link.counters.dropped == 2


async def test_an_event_with_the_id_of_an_order_that_was_answered_is_an_event(ami, start):
    seen = []
    async with start(wanted=frozenset({"OriginateResponse"}), frames=lambda batch, at: seen.extend(batch)) as running:
        link = await running.up()
        session = await ami.session()
        async with asyncio.TaskGroup() as group:
            group.create_task(link.send(actions.originate("PJSIP/1", "from-seats", "1")))
            order = await session.action("Originate")
            session.answer(order, "Event: OriginateResponse|Response: Failure", "Response: Success")
        session.answer(order, "Event: OriginateResponse|Response: Success", "Event: LocalBridge")
        await link.send(actions.ping())
        assert [frame["Response"] for frame in seen] == ["Failure", "Success"]


async def test_the_tap_sees_every_byte(ami, start):
    heard = bytearray()
    async with start(tap=lambda data, at: heard.extend(data)) as running:
        link = await running.up()
        await link.send(actions.ping())
        assert heard.startswith(b"Asterisk Call Manager/11.0.0\r\n")
        assert b"Ping: Pong" in heard
        assert link.counters.bytes == len(heard)


async def test_a_slow_consumer_stops_the_reading_and_loses_nothing(ami, start):
    queue = FrameQueue(high=50)
    async with start(frames=queue.put) as running:
        queue.flow = running.link
        await running.up()
        session = await ami.session()
        total = 20_000
        session.send(*(f"Event: Hangup|Uniqueid: {n}|Filler: {'x' * 200}" for n in range(total)))
        await until(lambda: queue.pauses == 1)
        assert len(queue) < total
        got = []
        async with asyncio.timeout(LIMIT):
            while len(got) < total + 1:
                got += (await queue.get())[0]
        assert [frame["Uniqueid"] for frame in got[1:]] == [str(n) for n in range(total)]
        assert queue.pauses > 1


async def test_line_breaks_never_reach_the_wire(ami, start):
    async with start() as running:
        link = await running.up()
        for bad in ("\r", "\n", "\0", "\r\n\r\nAction: Originate"):
            with pytest.raises(UnsafeHeader, match="Value"):
                await link.send({"Action": "Setvar", "Variable": "A", "Value": f"1{bad}"})
        await link.send(actions.ping())
        assert ami.sessions[0].names() == ["Challenge", "Login", "Ping"]
        assert link.in_flight == 0


async def test_too_many_unanswered_actions_are_refused_not_piled_up(ami, start):
    async with start(max_in_flight=1) as running:
        link = await running.up()
        session = await ami.session()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(link.send(actions.core_status()))
            asked = await session.action("CoreStatus")
            assert not (await down(link.send(actions.ping()))).sent
            session.answer(asked, "Response: Success")
            await task


def test_backoff_doubles_with_jitter_between_its_bounds():
    backoff = Backoff(0.2, 10.0, random.Random(1))
    waits = [backoff.next() for _ in range(200)]
    assert all(0.2 <= wait <= 10.0 for wait in waits)
    assert waits[0] == 0.2
    assert min(waits[10:]) >= 5.0
    assert len(set(waits[10:])) > 100
    backoff.reset()
    assert backoff.next() == 0.2
