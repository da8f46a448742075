"""The faults of panoramisk 1.4 (shared/asterisk.md), each as one story told twice: to panoramisk's own Manager, which
must still get it wrong (when one of these fails, upstream has mended it), and to our link, which must get it right.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest
from panoramisk import Manager
from panoramisk.actions import Action

from gateway.asterisk.ami.errors import ActionTimeout, LinkDown, UnsafeHeader

LIMIT = 40.0
BOTH = pytest.mark.parametrize("kind", ["panoramisk", "ours"])


class Client:
    """A Manager of either kind: ``manager`` is connected and logged in; ``downs`` and ``ups`` tell its sessions."""

    def __init__(self, manager):
        self.manager = manager
        self.ups: asyncio.Queue = asyncio.Queue()
        self.downs: asyncio.Queue = asyncio.Queue()

    async def up(self):
        await asyncio.wait_for(self.ups.get(), LIMIT)

    async def down(self):
        return await asyncio.wait_for(self.downs.get(), LIMIT)

    def receive(self, data: bytes):
        """Give the connection a read of exactly these bytes."""
        self.manager.protocol.data_received(data)


@asynccontextmanager
async def plain(ami):
    manager = Manager(
        host="127.0.0.1",
        port=ami.port,
        username="gw",
        secret="s3cret",
        ping_delay=3600,
        reconnect_timeout=0,
        log=logging.getLogger("panoramisk"),
        loop=asyncio.get_running_loop(),
    )
    client = Client(manager)
    connect, connecting, over = manager.connect, [], False

    def connect_unless_over():
        if not over:
            connecting.append(connect())

    manager.connect = connect_unless_over
    manager.on_login = lambda _: client.ups.put_nowait("")
    manager.on_disconnect = lambda _, why: client.downs.put_nowait(why)
    manager.connect()
    await client.up()
    try:
        yield client
    finally:
        over = True
        await asyncio.wait(connecting, timeout=LIMIT)  # what it is still making, close() does not know of
        manager.close()


@pytest.fixture
def connect(ami, start):
    @asynccontextmanager
    async def connected(kind, **settings):
        ami.secret = "s3cret"
        if kind == "panoramisk":
            async with plain(ami) as client:
                yield client
            return
        async with start(**settings) as running:
            await running.up()
            client = Client(running.link)
            client.ups, client.downs = running.ups, running.downs
            yield client

    return connected


async def settled(future, limit=0.05):
    """How a future ends. Callers have seen to it that all that could end it has happened, else it is "pending"."""
    await asyncio.wait({future}, timeout=limit)
    if not future.done():
        future.cancel()
        return "pending"
    return future.exception() or future.result()


async def round_trip(client):
    """Everything that the server sent before has been handled when this returns."""
    await asyncio.wait_for(client.manager.send_action(Action({"Action": "Ping"})), LIMIT)


async def handled(client, *events):
    """Wait until our callbacks, which run behind a queue, have seen what came before ``events`` were expected."""
    async with asyncio.timeout(LIMIT):
        for event in events:
            await event.wait()


@BOTH
async def test_1_a_chinese_character_split_between_two_reads_survives(kind, ami, connect):
    names, seen = [], asyncio.Event()
    async with connect(kind) as client:
        client.manager.register_event("Newchannel", lambda _, e: (names.append(e.calleridname), seen.set()))
        raw = "Event: Newchannel\r\nCallerIDName: 张三\r\n\r\n".encode()
        middle = raw.index("张".encode()) + 1
        client.receive(raw[:middle])
        client.receive(raw[middle:])
        await handled(client, seen)
        assert names == (["张三"] if kind == "ours" else ["三"])


@BOTH
async def test_2_a_callback_that_raises_does_not_kill_the_connection(kind, ami, connect):
    def burst(manager, event):
        raise ValueError("reducer")

    async with connect(kind) as client:
        session = await ami.session()
        client.manager.register_event("Hangup", burst)
        session.send("Event: Hangup|Uniqueid: 1")
        if kind == "panoramisk":
            assert isinstance(await client.down(), ValueError)
            return
        seen = asyncio.Event()
        client.manager.register_event("Newchannel", lambda *_: seen.set())
        session.send("Event: Newchannel|Uniqueid: 2")
        await handled(client, seen)
        assert client.manager.up
        assert client.manager.counters.callback_errors == 1


@BOTH
async def test_3_a_half_open_peer_is_noticed(kind, ami, connect):
    ami.silent.add("Ping")
    async with connect(kind, ping_every_s=0.02, ping_limit_s=0.05) as client:
        session = await ami.session()
        if kind == "ours":
            assert "no answer to a ping" in await client.down()
            return
        for _ in range(3):
            client.manager.ping()
            client.manager.pinger.cancel()
            await session.action("Ping")
        assert client.downs.empty()
        assert client.manager.protocol.transport.is_closing() is False


@BOTH
async def test_4_a_list_in_progress_ends_when_the_connection_does(kind, ami, connect):
    async with connect(kind) as client:
        session = await ami.session()
        future = client.manager.send_action(Action({"Action": "QueueStatus"}), as_list=True)
        asked = await session.action("QueueStatus")
        session.answer(asked, "Response: Success|EventList: start|Message: will follow", "Event: QueueParams|Queue: a")
        session.close()
        await client.down()
        got = await settled(future)
        assert isinstance(got, LinkDown) if kind == "ours" else got == "pending"


@BOTH
async def test_5_no_order_is_sent_again_after_a_reconnect(kind, ami, connect):
    async with connect(kind) as client:
        first = await ami.session()
        order = {"Action": "Originate", "Channel": "PJSIP/8001", "Context": "a", "Exten": "1", "Priority": "1"}
        future = client.manager.send_action(Action(order))
        await first.action("Originate")
        first.close()
        await client.down()
        await client.up()
        second = await ami.session()
        if kind == "panoramisk":
            assert (await second.action("Originate"))["Channel"] == "PJSIP/8001"
            future.cancel()
            return
        assert isinstance(await settled(future), LinkDown)
        await round_trip(client)
        assert "Originate" not in second.names()


@BOTH
async def test_6_a_list_that_is_refused_does_not_hang(kind, ami, connect):
    async with connect(kind) as client:
        session = await ami.session()
        future = client.manager.send_action(Action({"Action": "QueueStatus"}), as_list=True)
        session.answer(await session.action("QueueStatus"), "Response: Error|Message: Permission denied")
        await round_trip(client)
        got = await settled(future)
        if kind == "panoramisk":
            assert got == "pending"
        else:
            assert not got.success
            assert got.message == "Permission denied"


@BOTH
async def test_7_a_late_reply_leaves_nothing_behind(kind, ami, connect):
    async with connect(kind) as client:
        session = await ami.session()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.manager.send_action(Action({"Action": "QueueStatus"})), 0.05)
        asked = await session.action("QueueStatus")
        session.answer(asked, "Response: Success|EventList: start|Message: will follow", "Event: QueueParams|Queue: a")
        await round_trip(client)
        if kind == "panoramisk":
            assert asked["ActionID"] in client.manager.protocol.responses
        else:
            assert client.manager.in_flight == 0
            assert client.manager.counters.late_replies == 2


async def test_7_a_future_of_ours_has_a_limit_even_if_nobody_sets_one(ami, connect):
    async with connect("ours") as client:
        client.manager.action_limit_s = 0.05
        got = await settled(client.manager.send_action(Action({"Action": "QueueStatus"})), LIMIT)
        assert isinstance(got, ActionTimeout)
        assert client.manager.in_flight == 0


@BOTH
async def test_8_close_is_final(kind, ami, connect):
    async with connect(kind, backoff_first_s=LIMIT, backoff_most_s=LIMIT) as client:
        session = await ami.session()
        client.manager.reconnect_timeout = 0.05
        session.close()
        await client.down()
        client.manager.close()
        if kind == "panoramisk":
            await ami.session()
            await client.up()
            return
    assert len(ami.sessions) == 1  # run() has returned: there is nothing left that could connect


@BOTH
async def test_9_line_breaks_in_a_header_inject_nothing(kind, ami, connect):
    async with connect(kind) as client:
        session = await ami.session()
        evil = "1\r\n\r\nAction: Originate\r\nActionID: evil\r\nChannel: PJSIP/attacker"
        action = Action({"Action": "Setvar", "Variable": "A", "Zvalue": evil})
        if kind == "panoramisk":
            client.manager.send_action(action)
            assert (await session.action("Originate"))["Channel"] == "PJSIP/attacker"
            return
        with pytest.raises(UnsafeHeader, match="Zvalue"):
            client.manager.send_action(action)
        await round_trip(client)
        assert session.names() == ["Challenge", "Login", "Ping"]


@BOTH
async def test_10_async_callbacks_run_in_order_one_at_a_time(kind, ami, connect):
    order, running, most, first_may_end, last = [], 0, 0, asyncio.Event(), asyncio.Event()

    async def reduce(manager, event):
        nonlocal running, most
        running += 1
        most = max(most, running)
        if event.uniqueid == "0":
            await first_may_end.wait()
        order.append(event.uniqueid)
        running -= 1
        if len(order) == 5:
            last.set()

    async with connect(kind) as client:
        client.manager.register_event("Hangup", reduce)
        for n in range(5):
            client.receive(f"Event: Hangup\r\nUniqueid: {n}\r\n\r\n".encode())
        await round_trip(client)
        first_may_end.set()
        await asyncio.wait_for(last.wait(), LIMIT)
        assert order == (["0", "1", "2", "3", "4"] if kind == "ours" else ["1", "2", "3", "4", "0"])
        assert most == (1 if kind == "ours" else 2)


@BOTH
async def test_10_a_slow_async_callback_stops_the_reading_instead_of_filling_memory(kind, ami, connect):
    may_end, started, total = asyncio.Event(), 0, 2000

    async def reduce(manager, event):
        nonlocal started
        started += 1
        await may_end.wait()

    async with connect(kind, queue_high=10) as client:
        session = await ami.session()
        client.manager.register_event("Hangup", reduce)
        session.send(*(f"Event: Hangup|Uniqueid: {n}|Filler: {'x' * 1000}" for n in range(total)))
        async with asyncio.timeout(LIMIT):
            while started < total if kind == "panoramisk" else not client.manager._for_callbacks.pauses:
                await asyncio.sleep(0.005)
        if kind == "ours":
            assert started <= 1
            assert len(client.manager._for_callbacks) < total
        may_end.set()
        async with asyncio.timeout(LIMIT):
            while started < total:
                await asyncio.sleep(0.005)
