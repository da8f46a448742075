"""A fake IMAP server for what a real one does only when it is ill: silence, nonsense, an end in the wrong place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from tests.serverends import ending

GREETING = b"* OK fake ready\r\n"
USUAL: Mapping[str, bytes] = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n",
    "LOGIN": b"",
    "SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] \r\n* OK [UIDNEXT 9] \r\n",
    "UID SEARCH": b"* SEARCH 8\r\n",
}


class FakeImap:
    """``answers`` by command are sent before the tagged OK; None is silence for ever, ``BYE`` ends the connection."""

    def __init__(self, answers: Mapping[str, bytes | None], greeting: bytes | None = GREETING) -> None:
        self.answers = {**USUAL, **answers}
        self.greeting = greeting
        self.heard: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.greeting is not None:
                writer.write(self.greeting)
            while line := (await reader.readline()).decode("latin-1").rstrip():
                tag, _, command = line.partition(" ")
                self.heard.append(command)
                words = command.upper().split()
                name = " ".join(words[:2]) if words[:1] == ["UID"] else "".join(words[:1])
                answer = self.answers.get(name, b"")
                if answer is None:
                    continue
                writer.write(answer)
                if answer.startswith(b"* BYE"):
                    break
                if not answer.startswith(b"!"):
                    writer.write(f"{tag} OK done\r\n".encode())
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def fake_imap(answers: Mapping[str, bytes | None], greeting: bytes | None = GREETING) -> AsyncIterator[FakeImap]:
    fake = FakeImap(answers, greeting)
    async with ending(await asyncio.start_server(fake.serve, "127.0.0.1", 0)) as fake.port:
        yield fake
