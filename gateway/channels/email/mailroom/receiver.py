"""The way in for mail servers: LMTP or SMTP over TCP or a unix socket. 250 is said after the gateway's commit.

Refused at once: peers not on the list, more connections than allowed, addresses that are no account's, mails over the
announced size. Everything else is taken or, when that fails, answered 451 so that the server before us keeps it.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address, ip_network

import structlog

from gateway.backoff import next_try
from gateway.channels.email.config import MailroomConfig
from gateway.channels.email.mailroom.addressed import Addressed
from gateway.channels.email.mailroom.counters import Counters
from gateway.channels.email.mailroom.desk import Desk, Envelope
from gateway.channels.email.mailroom.link import MailBroken
from gateway.channels.email.mailroom.session import LATER, MailLmtp, MailSmtp

_LEAST_ROOM = 268_435_456
_MAILS_OF_ROOM = 4

_log = structlog.get_logger(__name__)


class Held:
    """Bytes that one mail holds while it is received and taken."""

    def __init__(self, office: Office) -> None:
        self._office, self._bytes = office, 0

    def more(self, size: int) -> bool:
        """False when all mails together would hold too much."""
        if self._office.held + size > self._office.room:
            return False
        self._office.held += size
        self._bytes += size
        return True

    def none(self) -> None:
        """Give all of it back."""
        self._office.held -= self._bytes
        self._bytes = 0


class Office:
    """What the sessions of one receiver share: limits, addresses, counters, the desk."""

    def __init__(self, config: MailroomConfig, addressed: Addressed, desk: Desk, counters: Counters) -> None:
        self.max_bytes, self.idle_s, self.commit_s = config.max_bytes, config.idle_s, config.commit_s
        self.hostname = socket.gethostname()
        self.counters = counters
        self.held, self.room = 0, max(_LEAST_ROOM, _MAILS_OF_ROOM * config.max_bytes)
        self._protocol, self._most = config.protocol, config.connections
        self._peers = [ip_network(one, strict=False) for one in config.peers]
        self._addressed, self._desk = addressed, desk

    def refusal(self, peer: str) -> str:
        """Why a connection is not let in; "" when it is. ``peer`` "" came over the unix socket."""
        if peer and not any(ip_address(peer) in network for network in self._peers):
            _log.warning("mail_peer_refused", peer=peer)
            self.counters.refused += 1
            return "554 5.7.1 not from your address"
        if self.counters.connections >= self._most:
            _log.warning("mail_too_many_connections", most=self._most)
            return "421 4.3.2 too many connections"
        return ""

    def entered(self) -> None:
        self.counters.connections += 1

    def left(self) -> None:
        self.counters.connections -= 1

    def known(self, recipient: str) -> bool:
        if self._addressed.account(recipient):
            return True
        self.counters.refused += 1
        return False

    @contextmanager
    def holding(self) -> Iterator[Held]:
        """A mail's share of the memory, given back at the end."""
        held = Held(self)
        try:
            yield held
        finally:
            held.none()

    async def deliver(self, raw: bytes, sender: str, recipients: Sequence[str]) -> list[str]:
        """An answer for each recipient, in their order. A mail to several addresses of one account is one mail."""
        accounts = [self._addressed.account(one) for one in recipients]
        answers: dict[str, str] = {}
        for account, recipient in zip(accounts, recipients, strict=True):
            if account not in answers:
                answers[account] = await self._taken(account, raw, Envelope(sender, recipient))
        return [answers[account] for account in accounts]

    async def _taken(self, account: str, raw: bytes, envelope: Envelope) -> str:
        try:
            await self._desk.take(account, raw, envelope, self._protocol)
        except OSError as error:
            _log.warning("mail_put_off", account=account, bytes=len(raw), why=str(error) or type(error).__name__)
        except MailBroken as error:
            _log.error("mail_put_off", account=account, bytes=len(raw), why=str(error), broken=True)
            self.counters.deferred += 1
        else:
            return "250 2.0.0 taken"
        return LATER


class Receiver:
    """Listens as ``config`` says. ``run`` until cancelled; a place that is taken is tried again.

    ``listening`` is set while it listens; ``port`` is the TCP port then.
    """

    def __init__(self, config: MailroomConfig, office: Office) -> None:
        self._config, self._office = config, office
        self._rng = random.Random()  # noqa: S311 - spreads tries
        self.listening = asyncio.Event()
        self.port = 0

    async def run(self) -> None:
        """A certificate that cannot be read or used is waited for as well: somebody may be renewing it."""
        failures = 0
        while True:
            try:
                server = await self._listen()
            except OSError as error:
                failures += 1
                _log.error("mail_not_listening", place=self._config.listen, why=str(error))
                now = time.monotonic()
                await asyncio.sleep(next_try(failures, now, self._rng, first_s=1, most_s=30) - now)
                continue
            _log.info("mail_listening", place=self._config.listen, protocol=self._config.protocol)
            self.listening.set()
            try:
                await server.serve_forever()
            finally:
                self.listening.clear()
                server.close()

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        tls = self._tls()
        kind = MailLmtp if self._config.protocol == "lmtp" else MailSmtp

        def session() -> MailLmtp | MailSmtp:
            return kind(self._office, tls, loop)

        scheme, _, place = self._config.listen.partition(":")
        if scheme == "unix":
            server = await loop.create_unix_server(session, place)
            # Mail servers run as users of their own; who may reach the folder may deliver, as over loopback.
            os.chmod(place, 0o666)  # noqa: PTH101, S103 - one system call at the start
            return server
        host, _, port = place.rpartition(":")
        server = await loop.create_server(session, host.strip("[]"), int(port))
        self.port = int(server.sockets[0].getsockname()[1])
        return server

    def _tls(self) -> ssl.SSLContext | None:
        if not self._config.certificate:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._config.certificate, self._config.certificate_key)
        return context
