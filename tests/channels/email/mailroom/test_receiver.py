"""The receiver over real sockets: who may come, what is announced, when 250 is said, and to whom."""

from __future__ import annotations

import asyncio
import ssl
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
import uvloop
from mail_stage import Stage, ended, mail
from talker import talking

from gateway.channels.email.config import MailroomConfig
from gateway.channels.email.mailroom.addressed import Addressed
from gateway.channels.email.mailroom.link import MailBroken
from gateway.channels.email.mailroom.receiver import Office, Receiver
from tests.mailservers import certificate
from tools.lab import free_port

HALL, ENV = "12345@hotline.example", "12369@hotline.example"


@asynccontextmanager
async def receiving(stage: Stage, **config: Any) -> AsyncIterator[Receiver]:
    place = {"listen": f"tcp:127.0.0.1:{free_port()}", "max_bytes": 65_536, "idle_s": 30, **config}
    settings = MailroomConfig.model_validate(place)
    addressed = Addressed({"hall": [HALL], "env": [ENV]})
    receiver = Receiver(settings, Office(settings, addressed, stage.desk, stage.counters))
    work = asyncio.create_task(receiver.run())
    async with asyncio.timeout(60):
        await receiver.listening.wait()
    try:
        yield receiver
    finally:
        await ended(work)


@pytest.fixture
def stage() -> Stage:
    return Stage("hall", "env")


async def test_a_mail_is_taken_and_then_answered_250(stage: Stage) -> None:
    stage.memory.gate.clear()
    async with receiving(stage) as receiver, talking(receiver.port) as server:
        assert "gateway-12345" in await server.reply()
        await server.begin(HALL)
        answer = asyncio.create_task(server.data(mail(1)))
        while stage.counters.received == 0:
            await asyncio.sleep(0)
        assert not answer.done()  # nothing is committed yet
        stage.memory.gate.set()
        assert (await answer)[0].startswith("250")
    (handed,) = stage.memory.taken.values()
    assert handed.raw.body == mail(1)
    assert handed.raw.meta["envelope_from"] == "wang@example.com"


async def test_size_8bitmime_and_utf8_are_announced_and_no_auth(stage: Stage) -> None:
    async with receiving(stage) as receiver, talking(receiver.port) as server:
        await server.reply()
        offered = (await server.say("LHLO mx.example")).replace("250-", "").replace("250 ", "").split("\n")[1:]
        assert set(offered) == {
            "SIZE 65536", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES", "HELP",
        }  # fmt: skip
        assert (await server.say("AUTH PLAIN AGEAYg==")).startswith("502")
        assert (await server.say("EHLO mx.example")).startswith("500")


async def test_recipients_are_judged_one_by_one(stage: Stage) -> None:
    async with receiving(stage) as receiver, talking(receiver.port) as server:
        await server.reply()
        answers = await server.begin(HALL, "nobody@hotline.example", "12345+tag@HOTLINE.example", "postmaster")
        assert [one[:9] for one in answers] == ["250 2.1.5", "550 5.1.1", "250 2.1.5", "250 2.1.5"]
        assert await server.data(mail(1), 3) == ["250 2.0.0 taken"] * 3
    assert stage.link.accounts == ["hall"]  # three addresses of one account: one mail
    assert stage.counters.refused == 1


async def test_lmtp_answers_for_each_account_and_one_that_fails_does_not_stop_the_other(stage: Stage) -> None:
    stage.memory.script = lambda handed: OSError("locked") if handed.message.account == "env" else None
    async with receiving(stage) as receiver, talking(receiver.port) as server:
        await server.reply()
        await server.begin(ENV, HALL)
        answers = await server.data(mail(1), 2)
        assert [one[:9] for one in answers] == ["451 4.3.0", "250 2.0.0"]


async def test_smtp_answers_once_and_asks_for_all_again_when_one_failed(stage: Stage) -> None:
    stage.memory.script = lambda handed: OSError("locked") if handed.message.account == "env" else None
    async with receiving(stage, protocol="smtp") as receiver, talking(receiver.port) as server:
        await server.reply()
        await server.begin(ENV, HALL, hello="EHLO mx.example")
        assert [one[:9] for one in await server.data(mail(1))] == ["451 4.3.0"]
        stage.memory.script = lambda _: None
        await server.begin(ENV, HALL, hello="EHLO mx.example")
        assert [one[:9] for one in await server.data(mail(1))] == ["250 2.0.0"]
    assert (len(stage.memory.taken), len(stage.memory.again)) == (2, 1)


@pytest.mark.parametrize("failure", [OSError("locked"), ConnectionResetError("gone"), TimeoutError(), MailBroken("x")])
async def test_what_is_not_committed_stays_with_the_server_before_us(stage: Stage, failure: Exception) -> None:
    stage.memory.script = lambda _: failure
    async with receiving(stage) as receiver, talking(receiver.port) as server:
        await server.reply()
        await server.begin(HALL)
        assert (await server.data(mail(1)))[0].startswith("451 4.3.0")
        stage.memory.script = lambda _: None
        assert (await server.begin(HALL))[0].startswith("250")  # the connection is still good
        assert (await server.data(mail(1)))[0].startswith("250")
    assert stage.counters.deferred == 1


async def test_a_fault_of_ours_is_451_and_not_500(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving(stage) as receiver, talking(receiver.port) as server:

        async def broken(*_: object) -> None:
            raise KeyError("a defect")

        monkeypatch.setattr(Office, "deliver", broken)
        await server.reply()
        await server.begin(HALL)
        assert (await server.data(mail(1)))[0].startswith("451 4.3.0")


async def test_a_mail_over_the_announced_size_is_refused_at_its_announcement(stage: Stage) -> None:
    async with receiving(stage) as receiver, talking(receiver.port) as server:
        await server.reply()
        await server.say("LHLO mx.example")
        assert (await server.say("MAIL FROM:<a@b.example> SIZE=65537")).startswith("552")


async def test_a_mail_over_the_size_is_refused_for_every_recipient_and_the_session_goes_on(stage: Stage) -> None:
    async with receiving(stage) as receiver, talking(receiver.port) as server:
        await server.reply()
        await server.begin(HALL, ENV)
        assert [one[:9] for one in await server.data(mail(1, size=70_000), 2)] == ["552 5.3.4"] * 2
        await server.begin(HALL)
        assert (await server.data(mail(2)))[0].startswith("250")
    assert stage.memory.titles == ["request 2"]


async def test_a_mail_that_does_not_end_is_cut_off(stage: Stage) -> None:
    async with receiving(stage) as receiver, talking(receiver.port) as server:
        await server.reply()
        await server.begin(HALL)
        assert (await server.say("DATA")).startswith("354")
        server.writer.write(b"x" * (6 * 65_536))
        assert (await server.reply()).startswith("421")
        assert await server.reply() == ""


async def test_when_mails_hold_too_much_memory_further_ones_are_put_off(stage: Stage) -> None:
    async with receiving(stage) as receiver, talking(receiver.port) as server:
        receiver._office.room = 1000
        await server.reply()
        await server.begin(HALL)
        assert (await server.data(mail(1, size=5000)))[0].startswith("452 4.3.1")
        assert receiver._office.held == 0
        await server.begin(HALL)
        assert (await server.data(mail(2)))[0].startswith("250")
        assert receiver._office.held == 0


async def test_peers_that_are_not_listed_are_sent_away(stage: Stage) -> None:
    async with receiving(stage, peers=("10.0.0.0/8",)) as receiver, talking(receiver.port) as server:
        assert (await server.reply()).startswith("554 5.7.1")
        assert await server.reply() == ""
    assert stage.counters.connections == 0


async def test_connections_over_the_limit_are_told_to_come_later(stage: Stage) -> None:
    async with receiving(stage, connections=1) as receiver:
        async with talking(receiver.port) as first:
            assert (await first.reply()).startswith("220")
            async with talking(receiver.port) as second:
                assert (await second.reply()).startswith("421 4.3.2")
            await first.say("QUIT")
            assert await first.reply() == ""
        async with talking(receiver.port) as third:
            assert (await third.reply()).startswith("220")


async def test_an_idle_connection_is_told_and_closed(stage: Stage) -> None:
    async with receiving(stage, idle_s=5) as receiver:
        receiver._office.idle_s = 0.05
        async with talking(receiver.port) as server:
            await server.reply()
            assert (await server.reply()).startswith("421 4.4.2")
            assert await server.reply() == ""


@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_starttls_is_offered_with_a_certificate_and_a_mail_goes_through_it(
    tmp_path: Path, make_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(through_tls(tmp_path))


async def through_tls(tmp_path: Path) -> None:
    stage = Stage("hall", "env")
    cert, key = certificate(tmp_path)
    options = {"certificate": str(cert), "certificate_key": str(key), "protocol": "smtp"}
    context = ssl.create_default_context(cafile=str(cert))
    async with receiving(stage, **options) as receiver:
        async with talking(receiver.port) as server:
            await server.reply()
            assert "STARTTLS" in await server.say("EHLO mx.example")
        smtp = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=receiver.port, start_tls=True, tls_context=context, timeout=60
        )
        async with smtp:
            assert not smtp.supported_auth_methods
            await smtp.sendmail("wang@example.com", HALL, mail(1))
    assert stage.memory.titles == ["request 1"]


async def test_over_a_unix_socket_and_over_what_a_killed_process_left_of_it(stage: Stage, tmp_path: Path) -> None:
    place = tmp_path / "lmtp.sock"
    for n in (1, 2):
        async with receiving(stage, listen=f"unix:{place}"):
            assert stat.S_IMODE(place.stat().st_mode) == 0o666
            reader, writer = await asyncio.open_unix_connection(str(place))
            assert (await reader.readline()).startswith(b"220")
            writer.close()
            await writer.wait_closed()
        if not place.exists():
            import socket

            with socket.socket(socket.AF_UNIX) as left:
                left.bind(str(place))
        assert place.exists(), n


async def test_a_port_that_is_taken_is_tried_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.channels.email.mailroom.receiver.next_try", lambda _n, now, *_a, **_k: now)
    import socket

    port = free_port()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a neighbour's connections may still be ending
        other.bind(("127.0.0.1", port))
        other.listen()
        settings = MailroomConfig(listen=f"tcp:127.0.0.1:{port}")
        receiver = Receiver(settings, Office(settings, Addressed({"hall": [HALL]}), stage.desk, stage.counters))
        work = asyncio.create_task(receiver.run())
        await asyncio.sleep(0.05)
        assert not receiver.listening.is_set()
    async with asyncio.timeout(60):
        await receiver.listening.wait()
    await ended(work)
