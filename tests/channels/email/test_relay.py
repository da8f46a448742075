"""The server for outgoing mail, against a real one: TLS as configured, connections kept, every way of saying no."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.email import relay as module
from gateway.channels.email.config import SmtpConfig
from gateway.channels.email.relay import Envelope, Relay
from gateway.channels.port import Permanent, Retryable
from tests.channels.email.smtp_server import Sink, server_tls, smtp_server
from tools.lab import free_port

ENVELOPE = Envelope("12345@hotline.example", "wang@example.com", "d1")
MAIL = b"Subject: hello\r\n\r\n.first\r\nlast\r\n"


class Ticks:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def relay_to(port: int, clock: Ticks | None = None, **changes: Any) -> Relay:
    config = SmtpConfig.model_validate({"host": "127.0.0.1", "port": port, "tls": "none", **changes})
    return Relay(config, "mima", "hotline.example", clock or Ticks())


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with smtp_server() as sink:
        relay = relay_to(sink.port)
        await relay.give(ENVELOPE, MAIL)
        (taken,) = sink.taken
        assert (taken.sender, taken.recipients, taken.content) == ("12345@hotline.example", ("wang@example.com",), MAIL)
        relay.close()


async def test_a_connection_serves_many_mails_and_is_closed_after_a_while() -> None:
    async with smtp_server() as sink:
        clock = Ticks()
        relay = relay_to(sink.port, clock)
        for _ in range(5):
            await relay.give(ENVELOPE, MAIL)
        assert (len(sink.taken), sink.connections) == (5, 1)
        clock.now += 60
        await relay.give(ENVELOPE, MAIL)
        assert sink.connections == 2
        relay.close()


async def test_no_more_connections_than_configured() -> None:
    async with smtp_server() as sink:
        relay = relay_to(sink.port, connections=2)
        await asyncio.gather(*(relay.give(ENVELOPE, MAIL) for _ in range(12)))
        assert len(sink.taken) == 12
        assert sink.connections <= 2 and sink.most_under_way <= 2
        relay.close()


async def test_a_kept_connection_that_the_server_has_left_is_replaced() -> None:
    async with smtp_server(Sink(ends=True)) as sink:
        relay = relay_to(sink.port)
        for _ in range(3):
            await relay.give(ENVELOPE, MAIL)
            await sink.left.wait()
        assert len(sink.taken) == 3
        relay.close()


@pytest.mark.parametrize("answer", ["drop", "421 4.4.2 idle for too long"])
async def test_a_kept_connection_that_ends_at_the_first_command_is_replaced_once(answer: str) -> None:
    async with smtp_server() as sink:
        relay = relay_to(sink.port)
        await relay.give(ENVELOPE, MAIL)
        sink.mail.append(answer)
        await relay.give(ENVELOPE, MAIL)
        assert len(sink.taken) == 2 and sink.connections == 2
        sink.mail += [answer, answer]
        with pytest.raises(Retryable):
            await relay.give(ENVELOPE, MAIL)
        relay.close()


@pytest.mark.parametrize("where", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("answer", "kind"), [("450 4.2.0 later", Retryable), ("550 5.1.1 unknown", Permanent), ("drop", Retryable)]
)
async def test_a_no_ends_the_try_and_the_next_mail_leaves(where: str, answer: str, kind: type[Exception]) -> None:
    sink = Sink()
    getattr(sink, where).append(answer)
    async with smtp_server(sink) as sink:
        relay = relay_to(sink.port)
        with pytest.raises(kind):
            await relay.give(ENVELOPE, MAIL)
        assert sink.tries == 1 and not sink.taken
        await relay.give(ENVELOPE, MAIL)
        assert len(sink.taken) == 1
        assert sink.connections == (2 if answer == "drop" else 1)
        relay.close()


async def test_a_silent_server_is_left_within_the_limit() -> None:
    async with smtp_server(Sink(data=["hang"])) as sink:
        relay = relay_to(sink.port, call_s=2)
        async with asyncio.timeout(60):
            with pytest.raises(Retryable):
                await relay.give(ENVELOPE, MAIL)
        sink.gate.set()
        await relay.give(ENVELOPE, MAIL)
        assert len(sink.taken) == 1
        relay.close()


async def test_the_whole_has_a_limit_also_for_who_waits_for_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_S", 0.3)
    async with smtp_server(Sink(data=["hang"])) as sink:
        relay = relay_to(sink.port, connections=1)
        results = await asyncio.gather(*(relay.give(ENVELOPE, MAIL) for _ in range(3)), return_exceptions=True)
        assert any(isinstance(one, Retryable) for one in results)
        assert all(one is None or isinstance(one, Retryable) for one in results)
        relay.close()


async def test_a_server_that_is_away_is_tried_later() -> None:
    relay = relay_to(free_port())
    with pytest.raises(Retryable):
        await relay.give(ENVELOPE, MAIL)
    assert relay.failures == 1


async def test_a_mail_over_the_announced_size_is_not_even_begun() -> None:
    async with smtp_server(data_size_limit=1000) as sink:
        relay = relay_to(sink.port)
        with pytest.raises(Permanent, match="1000"):
            await relay.give(ENVELOPE, b"x" * 1001)
        assert sink.tries == 0
        relay.close()


async def test_an_address_with_a_line_end_reaches_no_server() -> None:
    async with smtp_server() as sink:
        relay = relay_to(sink.port)
        with pytest.raises(Permanent):
            await relay.give(Envelope("a@b.cn", "x@y.cn\r\nRCPT TO:<z@y.cn>", "d"), MAIL)
        assert not sink.taken
        relay.close()


# -- TLS and login -----------------------------------------------------------------------------------------------------


async def test_starttls_and_login(tmp_path: Path) -> None:
    context, ca = server_tls(tmp_path)
    sink = Sink()
    options = {"tls_context": context, "require_starttls": True, "auth_required": True}
    async with smtp_server(sink, authenticator=sink.authenticate, **options):
        relay = relay_to(sink.port, tls="starttls", ca=ca, user="u12345", password="env:X")
        await relay.give(ENVELOPE, MAIL)
        assert len(sink.taken) == 1 and sink.logins == ["u12345"]
        relay.close()


async def test_implicit_tls(tmp_path: Path) -> None:
    context, ca = server_tls(tmp_path)
    async with smtp_server(implicit=context) as sink:
        relay = relay_to(sink.port, tls="implicit", ca=ca)
        await relay.give(ENVELOPE, MAIL)
        assert len(sink.taken) == 1
        relay.close()


async def test_without_starttls_no_mail_leaves_where_it_is_required() -> None:
    async with smtp_server() as sink:
        relay = relay_to(sink.port, tls="starttls")
        with pytest.raises(Retryable, match="STARTTLS"):
            await relay.give(ENVELOPE, MAIL)
        assert sink.tries == 0 and not sink.taken


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_that_nobody_vouches_for_gets_no_mail_unless_told(tmp_path: Path, tls: str) -> None:
    context, _ = server_tls(tmp_path)
    options = {"implicit": context} if tls == "implicit" else {"tls_context": context}
    async with smtp_server(**options) as sink:
        with pytest.raises(Retryable):
            await relay_to(sink.port, tls=tls).give(ENVELOPE, MAIL)
        assert not sink.taken
        relay = relay_to(sink.port, tls=tls, verify=False)
        await relay.give(ENVELOPE, MAIL)
        assert len(sink.taken) == 1
        relay.close()


async def test_a_missing_authority_file_loses_no_mail(tmp_path: Path) -> None:
    async with smtp_server() as sink:
        with pytest.raises(Retryable):
            await relay_to(sink.port, tls="starttls", ca=str(tmp_path / "none.pem")).give(ENVELOPE, MAIL)


async def test_a_refused_login_is_tried_later(tmp_path: Path) -> None:
    context, ca = server_tls(tmp_path)
    sink = Sink()
    async with smtp_server(sink, authenticator=sink.authenticate, tls_context=context, auth_required=True):
        config = SmtpConfig.model_validate(
            {"host": "127.0.0.1", "port": sink.port, "tls": "starttls", "ca": ca, "user": "u", "password": "env:X"}
        )
        with pytest.raises(Retryable, match="登录"):
            await Relay(config, "wrong", "hotline.example").give(ENVELOPE, MAIL)
        assert not sink.taken


async def test_cancelled_while_it_runs_it_closes_what_it_kept() -> None:
    async with smtp_server() as sink:
        relay = relay_to(sink.port)
        await relay.give(ENVELOPE, MAIL)
        task = asyncio.create_task(relay.run())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await relay.give(ENVELOPE, MAIL)
        assert sink.connections == 2
        relay.close()
