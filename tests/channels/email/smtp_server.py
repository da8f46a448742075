"""A real SMTP server (aiosmtpd) on a free loopback port that keeps what it takes and answers as a test tells it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.mailservers import certificate
from tests.serverends import ending


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail as the server has it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...]


@dataclass
class Sink:
    """``rcpt``, ``data`` and ``mail`` are answers to give first, one a command; "drop" cuts the connection, "hang"
    waits for ``gate``. ``ends`` closes a connection after each mail; ``left`` tells that it has."""

    mail: list[str] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    ends: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)
    taken: list[Taken] = field(default_factory=list)
    tries: int = 0
    connections: int = 0
    logins: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    under_way: int = 0
    most_under_way: int = 0

    async def _scripted(self, server: Any, script: list[str]) -> str:
        answer = script.pop(0) if script else ""
        if answer == "drop":
            server.transport.abort()
            return "421 gone"
        if answer == "hang":
            await self.gate.wait()
            return "421 too late"
        return answer

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        if answer := await self._scripted(server, self.mail):
            return answer
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if answer := await self._scripted(server, self.rcpt) or self.refuses.get(address, ""):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            if answer := await self._scripted(server, self.data):
                return answer
        finally:
            self.under_way -= 1
        content, options = bytes(envelope.original_content), tuple(envelope.mail_options)
        self.taken.append(Taken(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, options))
        if self.ends:
            self.left.clear()
            asyncio.get_running_loop().call_later(0.01, self._leave, server.transport)
        return "250 taken"

    def _leave(self, transport: Any) -> None:
        transport.close()
        self.left.set()

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"mima", handled=False)


@asynccontextmanager
async def smtp_server(sink: Sink | None = None, *, lmtp: bool = False, **options: Any) -> AsyncIterator[Sink]:
    """``options`` are aiosmtpd's; ``implicit`` a server context for TLS from the first byte."""
    sink = sink or Sink()
    implicit: ssl.SSLContext | None = options.pop("implicit", None)
    kind: Callable[..., Any] = LMTP if lmtp else SMTP

    def made() -> Any:
        sink.connections += 1
        return kind(sink, **options)

    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0, ssl=implicit)
    async with ending(server) as sink.port:
        try:
            yield sink
        finally:
            sink.gate.set()


def server_tls(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's TLS for 127.0.0.1 and the file of the authority that vouches for it."""
    cert, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, str(cert)
