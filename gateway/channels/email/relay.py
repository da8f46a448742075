"""The server that takes our mail, over aiosmtplib: a few connections kept for a while, TLS as configured or not at all.

STARTTLS is required where it is configured: a server (or somebody between) that does not offer it gets no mail. A
connection that went stale while it was kept is replaced once; beyond MAIL nothing is tried twice here, because the
server may have the mail already. Where the server offers delivery reports (RFC 3461) it is asked for those of failures,
under the delivery's id.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPSenderRefused, SMTPServerDisconnected

from gateway.channels.email.config import SmtpConfig
from gateway.channels.email.refusals import judged
from gateway.channels.port import Permanent, Retryable

_log = structlog.get_logger(__name__)

WHOLE_S = 27.0
"""For one mail from first to last; a channel's sending must end within 30 s."""
KEEP_S = 20.0
_LOOK_S = 5.0
_CLOSING = 421
_ADDRESS = re.compile(r"[!-;=?-~]{1,64}@[A-Za-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Between whom a mail goes. ``id`` comes back in delivery reports."""

    sender: str
    recipient: str
    id: str


class _Stale(Exception):
    """A kept connection had ended before it was asked for anything."""


class Relay:
    """One account's server. ``hostname`` is what we call ourselves. Counters only rise."""

    def __init__(
        self, config: SmtpConfig, password: str, hostname: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._config, self._password, self._hostname, self._monotonic = config, password, hostname, monotonic
        self._slots = asyncio.Semaphore(config.connections)
        self._idle: list[tuple[float, SMTP]] = []
        self._context: ssl.SSLContext | None = None
        self.connections = self.failures = 0

    async def give(self, envelope: Envelope, mail: bytes) -> None:
        """Returns when the server has taken the mail. Raises Retryable or Permanent, within ``WHOLE_S``."""
        if not all(_ADDRESS.fullmatch(one) for one in (envelope.sender, envelope.recipient)):
            raise Permanent("邮箱地址不能用于发信 / mail cannot be sent to this address")
        try:
            async with asyncio.timeout(WHOLE_S), self._slots:
                await self._give(envelope, mail)
        except TimeoutError as error:
            self._failed("timeout")
            raise Retryable("the mail server did not finish in time") from error

    async def _give(self, envelope: Envelope, mail: bytes) -> None:
        try:
            kept = self._take()
            if kept is not None:
                with suppress(_Stale):
                    return await self._over(kept, envelope, mail, kept=True)
            await self._over(await self._connected(), envelope, mail)
        except (SMTPException, OSError, ValueError) as error:
            verdict = judged(error)
            if isinstance(verdict, Retryable):
                self._failed(verdict.why)
            raise verdict from error

    def _failed(self, why: str) -> None:
        self.failures += 1
        config = self._config
        _log.warning("mail_not_sent", host=config.host, port=config.port, tls=config.tls, why=why)

    async def _over(self, client: SMTP, envelope: Envelope, mail: bytes, *, kept: bool = False) -> None:
        done = False
        try:
            await self._transact(client, envelope, mail, kept)
            done = True
        except SMTPResponseException as error:
            done = error.code != _CLOSING and await _reset(client)
            raise
        finally:
            if done and client.is_connected:
                self._idle.append((self._monotonic(), client))
            else:
                client.close()

    async def _transact(self, client: SMTP, envelope: Envelope, mail: bytes, kept: bool) -> None:
        reports = client.supports_extension("dsn")
        _fits(client, len(mail))
        options = [f"SIZE={len(mail)}"] if client.supports_extension("size") else []
        try:
            await client.mail(
                envelope.sender, options=[*options, *(("RET=HDRS", f"ENVID={envelope.id}") if reports else ())]
            )
            await client.rcpt(envelope.recipient, options=["NOTIFY=FAILURE"] if reports else [])
        except SMTPServerDisconnected as error:  # nothing is taken before the data: another connection may have it
            raise _Stale if kept else error from error
        except SMTPSenderRefused as error:
            raise _Stale if kept and error.code == _CLOSING else error from error
        await client.data(mail)

    # -- connections ---------------------------------------------------------------------------------------------------

    def _take(self) -> SMTP | None:
        """The connection used last, when one is kept and still there."""
        self._tidy()
        return self._idle.pop()[1] if self._idle else None

    def _tidy(self) -> None:
        now = self._monotonic()
        fresh = [one for one in self._idle if one[1].is_connected and now - one[0] < KEEP_S]
        for one in self._idle:
            if one not in fresh:
                one[1].close()
        self._idle = fresh

    async def _connected(self) -> SMTP:
        config = self._config
        context = await self._tls() if config.tls != "none" else None
        client = SMTP(
            hostname=config.host,
            port=config.port,
            username=config.user or None,
            password=self._password if config.user else None,
            local_hostname=self._hostname,
            timeout=config.call_s,
            use_tls=config.tls == "implicit",
            start_tls=config.tls == "starttls",
            tls_context=context,
        )
        await client.connect()
        self.connections += 1
        try:
            await client.ehlo()  # what it offers after TLS and login
        except BaseException:
            client.close()
            raise
        return client

    async def _tls(self) -> ssl.SSLContext:
        """Made once, in a thread: reading the authorities takes some tens of milliseconds."""
        if self._context is None:
            self._context = await asyncio.to_thread(_context, self._config.ca, self._config.verify)
        return self._context

    async def run(self) -> None:
        """Close what nobody has used for a while, until cancelled; then close all."""
        try:
            while True:
                await asyncio.sleep(_LOOK_S)
                self._tidy()
        finally:
            self.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        idle, self._idle = self._idle, []
        for _, client in idle:
            client.close()


def _context(ca: str, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _fits(client: SMTP, size: int) -> None:
    most = client.esmtp_extensions.get("size", "").strip()
    if most.isascii() and most.isdecimal() and 0 < int(most) < size:
        raise Permanent(f"邮件太大，发信服务器最多收 {most} 字节 / the server takes at most {most} bytes")


async def _reset(client: SMTP) -> bool:
    """End the transaction that was refused, so that the connection can be used again. False when it cannot."""
    try:
        await client.rset()
    except (SMTPException, OSError):
        return False
    return True
