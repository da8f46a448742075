"""A fake clamd that speaks INSTREAM for real (clamd(8)): reads the chunks as sent, finds EICAR's test string."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.serverends import ending

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class ClamdFake:
    """``mood``: scans, mute (reads and says nothing), rude (hangs up at once), odd (answers nonsense)."""

    mood: str = "scans"
    most: int = 25_000_000
    seen: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.mood != "rude":
                await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        body = bytearray()
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            if len(body) + length > self.most:
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                await writer.drain()
                return
            body += await reader.readexactly(length)
        self.seen.append(bytes(body))
        if self.mood == "mute":
            await reader.read()
            return
        answer = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in body else b"stream: OK\0"
        writer.write(b"UNKNOWN COMMAND\0" if self.mood == "odd" else answer)
        await writer.drain()


@asynccontextmanager
async def clamd_at(path: Path, fake: ClamdFake) -> AsyncIterator[str]:
    """Serve on a unix socket; gives the address for the configuration."""
    server = await asyncio.start_unix_server(fake.serve, path)
    async with ending(server):
        yield f"unix:{path}"


@asynccontextmanager
async def clamd_on_tcp(fake: ClamdFake) -> AsyncIterator[str]:
    async with ending(await asyncio.start_server(fake.serve, "127.0.0.1", 0)) as port:
        yield f"tcp:127.0.0.1:{port}"
