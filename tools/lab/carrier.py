"""A carrier with many numbers behind one address: what the trunk leads to when several partners are called at once.

One UDP socket takes all that Asterisk sends there. A call goes to the telephone (``tools.lab.phone``) of the number
that was dialled, its later messages to the same by Call-ID; a number that nobody has is not in service (404).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self

from tools.lab.phone import Manner, Phone

_CALL_ID = re.compile(rb"^call-id\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_DIALLED = re.compile(rb"^[A-Z]+ sip:([^@;>\s]+)")
_REMEMBERED = 5000


class Carrier(asyncio.DatagramProtocol):
    """Open it with ``Carrier.open``; ``phone`` puts a telephone behind a number."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._by_number: dict[str, Phone] = {}
        self._by_call: dict[bytes, Phone] = {}
        self._stack = AsyncExitStack()
        self._transport: Any = None

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int, server_port: int) -> AsyncIterator[Self]:
        """At ``port``, for an Asterisk that listens at ``server_port``."""
        carrier = cls(server_port)
        loop = asyncio.get_running_loop()
        carrier._transport, _ = await loop.create_datagram_endpoint(lambda: carrier, local_addr=("127.0.0.1", port))
        try:
            async with carrier._stack:
                yield carrier
        finally:
            carrier._transport.close()
            await asyncio.sleep(0)

    async def phone(self, party: str, *numbers: str, manner: Manner | None = None) -> Phone:
        """A telephone behind one or more numbers, until the carrier closes or another takes the number."""
        opened = Phone.open(party, numbers[0], self._server_port, manner=manner, shared=self._transport)
        phone = await self._stack.enter_async_context(opened)
        self._by_number.update(dict.fromkeys(numbers, phone))
        return phone

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        call = _CALL_ID.search(data)
        if call is None:
            return
        phone = self._by_call.get(call[1])
        dialled = _DIALLED.match(data)
        if phone is None and dialled is not None:
            phone = self._by_number.get(dialled[1].decode("ascii", "replace"))
            if phone is not None:
                self._by_call[call[1]] = phone
                if len(self._by_call) > _REMEMBERED:
                    del self._by_call[next(iter(self._by_call))]
        if phone is not None:
            phone.take(data)
        elif data.startswith(b"INVITE "):
            self._transport.sendto(_not_in_service(data), addr)


def _not_in_service(invite: bytes) -> bytes:
    """The answer to a call to a number that nobody has."""
    kept = (b"via:", b"from:", b"call-id:", b"cseq:", b"to:")
    rows = [row for row in invite.split(b"\r\n\r\n")[0].split(b"\r\n")[1:] if row.lower().startswith(kept)]
    rows = [row + b";tag=none" if row.lower().startswith(b"to:") else row for row in rows]
    return b"\r\n".join([b"SIP/2.0 404 Not Found", *rows, b"Content-Length: 0", b"", b""])
