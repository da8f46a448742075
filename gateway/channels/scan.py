"""A small client of clamd, the ClamAV daemon: one file over one connection (INSTREAM, clamd(8)).

The file goes over the socket in chunks, each behind its length in four bytes, big-endian; a chunk of length nought ends
it. The answer is one line: ``stream: OK``, ``stream: <name> FOUND`` or ``<why> ERROR``.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct

_CHUNK = 65_536
_LONGEST_ANSWER = 4096


class NoVerdict(Exception):
    """The scanner did not say whether the file is clean: away, too slow, or it refused to look."""


class Clamd:
    """``address`` is ``unix:/path`` or ``tcp:host:port``; ``limit_s`` covers the whole conversation."""

    def __init__(self, address: str, limit_s: float = 10.0) -> None:
        self._address, self._limit_s = address, limit_s

    async def found_in(self, body: bytes) -> str:
        """The name of what was found; empty for a clean file. Raises NoVerdict."""
        try:
            async with asyncio.timeout(self._limit_s):
                answer = await self._ask(body)
        except TimeoutError as error:
            raise NoVerdict(f"no answer of clamd within {self._limit_s:g} s") from error
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise NoVerdict(f"clamd: {str(error) or type(error).__name__}") from error
        return _verdict(answer)

    async def _ask(self, body: bytes) -> bytes:
        reader, writer = await self._connect()
        try:
            # A scanner that has seen enough answers and hangs up in the middle: its answer still counts.
            with contextlib.suppress(ConnectionError):
                await _send(writer, body)
            return await reader.readuntil(b"\0")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        scheme, _, where = self._address.partition(":")
        if scheme == "unix":
            return await asyncio.open_unix_connection(where, limit=_LONGEST_ANSWER)
        host, _, port = where.rpartition(":")
        return await asyncio.open_connection(host, int(port), limit=_LONGEST_ANSWER)


async def _send(writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(b"zINSTREAM\0")
    for start in range(0, len(body), _CHUNK):
        chunk = body[start : start + _CHUNK]
        writer.write(struct.pack(">I", len(chunk)) + chunk)
        await writer.drain()
    writer.write(struct.pack(">I", 0))
    await writer.drain()


def _verdict(answer: bytes) -> str:
    text = answer.rstrip(b"\0\r\n").decode("utf-8", "replace")
    said = text.removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")[:200]
    raise NoVerdict(f"clamd: {text[:200]}")
