"""aiosmtpd's SMTP and LMTP sessions, with what real mail and unkind peers need that they lack (1.4.6, read and tried):

- DATA is read in blocks up to CR LF . CR LF alone: a bare LF ends nothing (no smuggling), lines may be of any length
  (aiosmtpd refuses a mail with one of over 1001 bytes, and real mail has them), 20 MB cost no half million steps;
- LMTP answers once a recipient (RFC 2033 section 4.2), also when the mail is too large;
- limits of a command's length are the connection's own (aiosmtpd shares one table among all and clears it at each
  greeting); addresses are read by us (the standard library's parser raises at some); no AUTH is offered or taken;
- what goes wrong here is answered 451, never 500: the server before us keeps the mail.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, syntax
from aiosmtpd.smtp import Session as SmtpSession

from gateway.channels.email.mailroom.addressed import parse_path

if TYPE_CHECKING:
    import ssl

    from gateway.channels.email.mailroom.receiver import Held, Office

_END = b"\r\n.\r\n"
_COMMAND = 2048
_RECIPIENTS = 100
_ENDLESS = 4
"""Times the size limit after which a sender that does not end is cut off."""
_HEAR_OUT_S, _PIECE = 2.0, 65_536

LATER = "451 4.3.0 not now, keep it and try again"
NO_ROOM = "452 4.3.1 too much mail at this moment, try again"
TOO_LARGE = "552 5.3.4 the mail is larger than is taken here"

_log = structlog.get_logger(__name__)


class _Handler:
    """What aiosmtpd asks. One a connection."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: SmtpSession, _envelope: Envelope, hostname: str, said: list[str]
    ) -> list[str]:
        session.host_name = hostname
        offered = [line for line in said[1:-1] if not line.startswith("250-AUTH")]
        return [said[0], *offered, "250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250 HELP"]

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= _RECIPIENTS:
            return "452 4.5.3 too many recipients"
        if not self._office.known(address):
            return "550 5.1.1 no such address here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        _log.error("mail_session_failed", exc_info=error)
        return LATER


class _Cured(SMTP):
    line_length_limit = 65_536  # of the reader: what is read at once, and (twice) what is buffered
    command_size_limit = _COMMAND

    def __init__(self, office: Office, tls: ssl.SSLContext | None, loop: asyncio.AbstractEventLoop) -> None:
        self.command_size_limits = defaultdict(lambda: _COMMAND)
        self._office = office
        self._refused = False
        self._inside = False
        super().__init__(
            _Handler(office),
            data_size_limit=office.max_bytes,
            enable_SMTPUTF8=True,
            hostname=office.hostname,
            ident="gateway-12345",
            tls_context=tls,
            timeout=office.idle_s,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=loop,
        )

    # -- connections ---------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._inside:  # STARTTLS begins anew on the same connection
            super().connection_made(transport)
            return
        refusal = self._office.refusal(_peer(transport))
        if refusal:
            self._refused = True
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(f"{refusal}\r\n".encode())
            transport.close()
            return
        self._inside = True
        self._office.entered()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._refused:
            return
        if self._inside:
            self._inside = False
            self._office.left()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return False if self._refused else super().eof_received()

    def _timeout_cb(self) -> None:
        self._writer.write(b"421 4.4.2 idle for too long\r\n")
        super()._timeout_cb()  # type: ignore[no-untyped-call]

    # -- commands ------------------------------------------------------------------------------------------------------

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """aiosmtpd takes "" for no address, so the null sender goes by "<>"."""
        path = parse_path(arg)
        return (None, None) if path is None else (path[0] or "<>", path[1])

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        await self.push("502 5.5.1 no AUTH here")

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Read the mail, have it taken, answer: once for SMTP, once a recipient for LMTP."""
        envelope = self.envelope
        assert envelope is not None and self.session is not None
        if not envelope.rcpt_tos:
            await self.push("503 5.5.1 RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        with self._office.holding() as held:
            content, refusal = await self._content(held)
            self._reset_timeout(self._office.commit_s + self._office.idle_s)
            sender = "" if envelope.mail_from == "<>" else envelope.mail_from or ""
            if refusal:
                self._office.counters.refused += 1
                answers = [refusal] * len(envelope.rcpt_tos)
            else:
                answers = await self._office.deliver(content, sender, envelope.rcpt_tos)
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        self._reset_timeout()
        await self.push(self._answered(answers))

    def _answered(self, answers: Sequence[str]) -> str:
        """One answer for all: the worst. What has been taken already is known when it comes again."""
        return max(answers, key=lambda one: (one[0] == "4", one))

    async def _content(self, held: Held) -> tuple[bytes, str]:
        """The mail without its dots, and why it is not taken ("" when it is)."""
        # As if the line end of the DATA command came with the mail: the end may be its first line. aiosmtpd, too,
        # reaches into this buffer (at STARTTLS).
        self._reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        parts: list[bytes] = []
        seen, refusal, ended = 0, "", False
        while not ended:
            part, ended = await self._part()
            seen += len(part)
            self._reset_timeout()
            if not refusal and seen > self._office.max_bytes + len(_END):
                refusal = TOO_LARGE
            elif not refusal and not held.more(len(part)):
                refusal = NO_ROOM
            if refusal:
                parts.clear()
                held.none()
                if seen > _ENDLESS * self._office.max_bytes:
                    await self.push("421 4.7.0 this mail does not end")
                    await self._hear_out()
                    raise ConnectionResetError("a mail without end")
            else:
                parts.append(part)
        body = b"".join(parts)[:-3]  # without the last dot and its line end; nothing when it was refused
        parts.clear()
        return body.replace(b"\r\n.", b"\r\n")[2:], refusal

    async def _hear_out(self) -> None:
        """Throw away what is still on its way: a connection closed with octets unread is reset, and the other end may
        lose the answer before it has read it."""
        if self._writer.can_write_eof():
            self._writer.write_eof()
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_HEAR_OUT_S):
                while await self._reader.read(_PIECE):
                    pass

    async def _part(self) -> tuple[bytes, bool]:
        """The next of the mail; True when it ends with the end."""
        try:
            return await self._reader.readuntil(_END), True
        except asyncio.LimitOverrunError as over:
            return await self._reader.readexactly(over.consumed), False


class MailSmtp(_Cured):
    """SMTP, for mail servers that know no LMTP."""


class MailLmtp(_Cured, LMTP):
    """LMTP (RFC 2033): the server before us keeps what a recipient's account could not commit, and only that."""

    def _answered(self, answers: Sequence[str]) -> str:
        return "\r\n".join(answers)


def _peer(transport: asyncio.BaseTransport) -> str:
    """The other side's address, "" over a unix socket."""
    name = transport.get_extra_info("peername")
    if not isinstance(name, tuple):
        return ""
    try:
        address = ip_address(str(name[0]).partition("%")[0])
    except ValueError:
        return str(name[0])
    return str(getattr(address, "ipv4_mapped", None) or address)
