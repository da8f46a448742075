"""A mail server's end of an SMTP or LMTP dialogue, word by word, so that tests can say what no library would."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LIMIT_S = 60.0


class Talker:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reply(self) -> str:
        """The next whole reply; "" at the end of the connection."""
        lines: list[str] = []
        async with asyncio.timeout(LIMIT_S):
            while line := (await self.reader.readline()).decode().rstrip("\r\n"):
                lines.append(line)
                if line[3:4] != "-":
                    break
        return "\n".join(lines)

    async def say(self, line: str) -> str:
        self.writer.write(line.encode() + b"\r\n")
        return await self.reply()

    async def data(self, content: bytes, answers: int = 1) -> list[str]:
        """DATA with a content that is stuffed as RFC 5321 wants."""
        assert (await self.say("DATA")).startswith("354")
        stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        self.writer.write(stuffed + (b"" if stuffed.endswith(b"\r\n") or not stuffed else b"\r\n") + b".\r\n")
        await self.writer.drain()
        return [await self.reply() for _ in range(answers)]

    async def begin(self, *recipients: str, hello: str = "LHLO mx.example", options: str = "") -> list[str]:
        """Hello, MAIL, RCPTs; the replies to the RCPTs."""
        assert (await self.say(hello)).startswith("250")
        assert (await self.say(f"MAIL FROM:<wang@example.com>{options}")).startswith("250")
        return [await self.say(f"RCPT TO:<{one}>") for one in recipients]

    async def starttls(self, context: ssl.SSLContext) -> None:
        assert (await self.say("STARTTLS")).startswith("220")
        await self.writer.start_tls(context, server_hostname="127.0.0.1")


@asynccontextmanager
async def talking(port: int) -> AsyncIterator[Talker]:
    """Connected and greeted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Talker(reader, writer)
    finally:
        writer.close()
