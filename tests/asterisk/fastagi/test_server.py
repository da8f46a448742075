"""The FastAGI server against each trap that a network and a telephone switch hold ready, over real sockets."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from gateway.asterisk.fastagi.server import AgiLimits, AgiSession, FastAgiServer
from gateway.asterisk.fastagi.session import ChannelGone, SessionBroken

if TYPE_CHECKING:
    from conftest import Lab, Peer, Serve

ROOT = Path(__file__).resolve().parents[3]


async def say_hello(session: AgiSession) -> None:
    await session.command("NOOP", "hello", limit_s=60)


def limits(**given: float) -> AgiLimits:
    return AgiLimits(**({"header_s": 40, "tick_s": 0.01, "drain_s": 30, "grace_s": 0.5} | given))  # type: ignore[arg-type]


async def served(lab: Lab) -> None:
    """A whole session, within the limits of Peer."""
    peer = await lab.peer(lab.opening())
    assert await peer.command() == "NOOP hello"
    await peer.send(b"200 result=0\n")
    assert await peer.command() == ""


async def test_a_session_is_served_and_counted(serve: Serve) -> None:
    async with serve(say_hello) as lab:
        await served(lab)
        await lab.until(lambda: lab.server.counters.open == 0)
        assert lab.server.counters.sessions == 1
        assert lab.server.counters.failures == 0


async def test_port_scans_leave_nothing_behind_and_the_next_call_is_served(serve: Serve) -> None:
    async with serve(say_hello) as lab:
        for _ in range(20):
            (await lab.peer()).hang()
        await served(lab)
        await lab.until(lambda: lab.server.counters.open == 0)
        assert lab.server.counters.abandoned == 20
        assert lab.server.counters.sessions == 1


async def test_half_sent_headers_are_given_up_after_their_limit(serve: Serve) -> None:
    async with serve(say_hello, limits(header_s=0.05)) as lab:
        peers = [await lab.peer(lab.opening()[:-1]), await lab.peer(b"agi_"), await lab.peer()]
        for peer in peers:
            assert await peer.closed()
        assert lab.server.counters.header_timeouts == 3
        assert lab.server.counters.sessions == 0


@pytest.mark.parametrize(
    "said", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x00\xa5", b"agi_x: " + b"y" * 50_000]
)
async def test_strangers_are_shown_the_door_at_once(serve: Serve, said: bytes) -> None:
    async with serve(say_hello) as lab:
        peer = await lab.peer(said)
        assert await peer.closed()
        assert lab.server.counters.garbage == 1
        await served(lab)


async def test_a_hangup_in_mid_dialogue_ends_the_session_quietly(serve: Serve) -> None:
    async with serve(say_hello) as lab:
        with capture_logs() as logs:
            peer = await lab.peer(lab.opening())
            await peer.command()
            await peer.send(b"HANGUP\n")
            assert await peer.closed()
            await lab.until(lambda: lab.server.counters.open == 0)
        assert (lab.server.counters.hangups, lab.server.counters.failures) == (1, 0)
        assert logs == []


async def test_a_usage_error_is_counted_and_logged_with_the_call(serve: Serve) -> None:
    async with serve(say_hello) as lab:
        with capture_logs() as logs:
            peer = await lab.peer(lab.opening())
            await peer.command()
            await peer.send(
                b"520-Invalid command syntax.  Proper usage follows:\nUsage: NOOP\n520 End of proper usage.\n"
            )
            assert await peer.closed()
            await lab.until(lambda: lab.server.counters.failures == 1)
        assert lab.server.counters.usage_errors == 1
        assert [(entry["event"], entry["call_id"]) for entry in logs] == [("agi_session_failed", "1763765000.7")]


async def test_a_silent_asterisk_costs_one_session_and_its_limit(serve: Serve) -> None:
    broken: list[str] = []

    async def impatient(session: AgiSession) -> None:
        try:
            await session.command("NOOP", limit_s=0.05)
        except SessionBroken as error:
            broken.append(str(error))

    async with serve(impatient) as lab:
        peer = await lab.peer(lab.opening())
        assert await peer.closed()
        await lab.until(lambda: bool(broken))
        assert "NOOP was not answered" in broken[0]
        assert lab.server.counters.timeouts == 1


async def test_a_session_has_a_limit_even_when_its_handler_is_stuck(serve: Serve) -> None:
    cancelled = asyncio.Event()

    async def stuck(session: AgiSession) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with serve(stuck, limits(session_s=0.05)) as lab:
        peer = await lab.peer(lab.opening())
        assert await peer.closed()
        async with asyncio.timeout(40):
            await cancelled.wait()
        await lab.until(lambda: lab.server.counters.open == 0)


async def test_a_handler_that_raises_is_logged_with_its_call_and_the_next_one_is_served(serve: Serve) -> None:
    async def broken(session: AgiSession) -> None:
        if session.query["call"] == "bad.1":
            raise ZeroDivisionError("a flow divided by zero")
        await say_hello(session)

    async with serve(broken) as lab:
        with capture_logs() as logs:
            assert await (await lab.peer(lab.opening(network_script="flow/day?call=bad.1"))).closed()
        assert [(entry["event"], entry["call_id"]) for entry in logs] == [("agi_handler_raised", "bad.1")]
        assert lab.server.counters.failures == 1
        await served(lab)


async def test_over_the_limit_a_connection_is_closed_at_once_and_room_is_used_again(serve: Serve) -> None:
    async with serve(say_hello, limits(open_sessions=2)) as lab:
        first = [await lab.peer(lab.opening()) for _ in range(2)]
        for peer in first:
            await peer.command()
        for _ in range(3):
            assert await (await lab.peer(lab.opening())).closed()
        assert lab.server.counters.refused == 3
        assert lab.server.counters.open == 2
        await first[0].send(b"200 result=0\n")
        assert await first[0].closed()
        await served(lab)


async def test_a_thousand_sessions_open_at_once_are_each_served(serve: Serve) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4_096)), hard))
    names: set[str] = set()

    async def remember(session: AgiSession) -> None:
        await session.command("NOOP", session.call_id, limit_s=60)  # the first waits until the last has connected
        names.add(session.call_id)

    async with serve(remember) as lab:
        peers: list[Peer] = [await lab.peer(lab.opening(network_script=f"flow/day?call={n}")) for n in range(1_000)]
        for n, peer in enumerate(peers):
            assert await peer.command() == f"NOOP {n}"
        assert lab.server.counters.open == 1_000
        for peer in peers:
            await peer.send(b"200 result=0\n")
        for peer in peers:
            assert await peer.command() == ""
        await lab.until(lambda: lab.server.counters.open == 0)
        assert len(names) == 1_000
        assert lab.server.counters.refused == 0


async def test_closing_lets_sessions_finish_and_takes_no_new_ones(serve: Serve) -> None:
    async with serve(say_hello) as lab:
        peer, stranger = await lab.peer(lab.opening()), await lab.peer(b"agi_")
        assert await peer.command() == "NOOP hello"
        async with asyncio.TaskGroup() as group:
            closing = group.create_task(lab.server.close())
            assert await stranger.closed()
            with pytest.raises(OSError):
                await lab.peer()
            assert not closing.done()
            await peer.send(b"200 result=0\n")
        assert lab.server.counters.failures == 0


async def test_closing_lets_go_of_sessions_that_do_not_finish(serve: Serve) -> None:
    seen: list[BaseException] = []

    async def wait_long(session: AgiSession) -> None:
        try:
            await session.command("WAIT FOR DIGIT", "60000", limit_s=60)
        except SessionBroken as error:
            seen.append(error)
            await asyncio.Event().wait()  # a handler that will not take the hint

    async with serve(wait_long, limits(drain_s=0.05, grace_s=0.05)) as lab:
        peer = await lab.peer(lab.opening())
        await peer.command()
        async with asyncio.timeout(40):
            await lab.server.close()
        assert await peer.closed(), "the channel goes on in the dialplan"
        assert [str(error) for error in seen] == ["the server is closing"]


async def test_cancelling_run_closes_every_connection(serve: Serve) -> None:
    async with serve(say_hello) as lab:
        peer, stranger = await lab.peer(lab.opening()), await lab.peer(b"agi_")
        await peer.command()
        await lab.until(lambda: lab.server.counters.open == 2)
        lab.running.cancel()
        assert await peer.closed() and await stranger.closed()
        with pytest.raises(OSError):
            await lab.peer()
        assert lab.running.cancelled()


async def test_a_server_can_be_closed_before_it_ran() -> None:
    server = FastAgiServer("127.0.0.1", 0, say_hello)
    with pytest.raises(RuntimeError, match="not started"):
        _ = server.port
    await server.start()
    assert server.port > 0
    await server.close()
    async with asyncio.timeout(40):
        await server.run()


async def test_a_taken_port_is_said_at_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = FastAgiServer("127.0.0.1", other.getsockname()[1], say_hello)
        with pytest.raises(OSError) as caught:
            await server.start()
        assert caught.value.errno == errno.EADDRINUSE


async def test_a_vanished_peer_is_found_by_keep_alive(serve: Serve) -> None:
    options: dict[str, int] = {}

    async def look(session: AgiSession) -> None:
        ours = session._socket
        options["keepalive"] = ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        options["idle"] = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
        options["every"] = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
        options["times"] = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
        options["nodelay"] = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    async with serve(look) as lab:
        assert await (await lab.peer(lab.opening())).closed()
    assert options["keepalive"] and options["nodelay"]
    assert options["idle"] + options["every"] * options["times"] <= 60


async def test_a_reset_in_mid_dialogue_is_a_broken_session(serve: Serve) -> None:
    seen: list[BaseException] = []

    async def remember(session: AgiSession) -> None:
        try:
            await session.command("NOOP", limit_s=60)
        except (SessionBroken, ChannelGone) as error:
            seen.append(error)

    async with serve(remember) as lab:
        peer = await lab.peer(lab.opening())
        await peer.command()
        peer.writer.transport.abort()
        await lab.until(lambda: bool(seen))
        assert isinstance(seen[0], SessionBroken)


async def test_without_descriptors_the_listener_rests_instead_of_spinning() -> None:
    class Loop:
        readers: list[object] = []
        later: list[tuple[object, ...]] = []

        def remove_reader(self, listener: object) -> None:
            self.readers.remove(listener)

        def add_reader(self, listener: object, *call: object) -> None:
            self.readers.append(listener)

        def call_later(self, _seconds: float, call: object, *words: object) -> None:
            self.later.append((call, *words))

    class Full:
        def accept(self) -> None:
            raise OSError(errno.EMFILE, "too many open files")

    server, loop, full = FastAgiServer("127.0.0.1", 0, say_hello), Loop(), Full()
    loop.readers.append(full)
    with capture_logs() as logs:
        server._accept(full, loop)  # type: ignore[arg-type]
    assert loop.readers == []
    assert (server.counters.refused, logs[0]["event"]) == (1, "agi_accept_failed")
    resume, *words = loop.later[0]
    resume(*words)  # type: ignore[operator]
    assert loop.readers == [full]


def a_call_is_answered(kind: str, *, after_health_check: bool, within_s: float = 40.0, calls: int = 1) -> bool:
    """By a server in a process of its own with a hard limit on CPU; a health check connects, is mute and closes.

    Of several ``calls``, which come one after the other and stay, each is: the server may hear of the first before it
    hears that the health check has closed.
    """
    command = ["prlimit", "--cpu=5", sys.executable, str(ROOT / "bench/agi.py"), "serve", kind]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process as serving, ExitStack() as open_calls:
        try:
            assert serving.stdout is not None
            address = ("127.0.0.1", int(serving.stdout.readline()))
            if after_health_check:
                socket.create_connection(address, timeout=40).close()
            for _ in range(calls):
                call = open_calls.enter_context(socket.create_connection(address, timeout=within_s))
                call.sendall(b"agi_network_script: flow/day\nagi_uniqueid: 1.1\n\n")
                if call.recv(100) != b"ANSWER\n":
                    return False
            return True
        except TimeoutError:
            return False
        finally:
            serving.kill()


def test_a_connection_that_opens_and_closes_leaves_the_loop_responsive() -> None:
    assert a_call_is_answered("ours", after_health_check=True)


def test_the_same_connection_freezes_the_loop_of_panoramisk() -> None:
    assert a_call_is_answered("panoramisk", after_health_check=False)
    assert not a_call_is_answered("panoramisk", after_health_check=True, within_s=1.5, calls=200)


def packets_sent(peer: socket.socket) -> int:
    """tcpi_segs_out of Linux's struct tcp_info: all packets of this end, acknowledgements among them."""
    return int.from_bytes(peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)[136:140], sys.byteorder)


async def test_headers_written_one_by_one_come_in_a_few_packets(serve: Serve) -> None:
    """As res_agi writes them, and without TCP_NODELAY on its side: each packet would be Asterisk's own work."""
    lines = 30 * [b"agi_arg_1: a header of a common length\n"]
    async with serve(say_hello) as lab:
        with socket.create_connection(("127.0.0.1", lab.server.port)) as peer:
            peer.settimeout(40)
            for line in [*lines[:-1], b"agi_uniqueid: 42.1\n", b"\n"]:
                peer.send(line)
            assert await asyncio.to_thread(peer.recv, 100) == b"NOOP hello\n"
            assert packets_sent(peer) < len(lines) / 2  # SYN, ACK, first header, all others, one or two more
            peer.send(b"200 result=0\n")
            assert await asyncio.to_thread(peer.recv, 100) == b""
