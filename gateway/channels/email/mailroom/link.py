"""The mailroom's end of the wire: asks the gateway and waits for its answers. Every wait has a limit.

What goes wrong is either ``OSError`` (the gateway is away, its ledger does not write, no answer came in time: whoever
holds the mail keeps it and tries again) or ``MailBroken`` (this mail made the gateway fail: trying again is no use).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import count

import structlog

from gateway.channels.email.mailroom.handing import Answer, AskCursor, Figures, Frame, Frames, KeepCursor, Take, encode
from gateway.channels.email.port import Handed

_CHUNK = 65_536
_UNDER_WAY = 32

_log = structlog.get_logger(__name__)


class MailBroken(Exception):
    """The gateway failed at this mail for a reason of its own making. The message is the gateway's."""


class Link:
    """``run`` reads answers until the gateway is gone; the rest may be called meanwhile.

    ``limit_s`` is the longest wait for an answer. At most 32 asks are under way, further ones wait within the same
    limit.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit_s: float) -> None:
        self._reader, self._writer, self._limit_s = reader, writer, limit_s
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._numbers = count(1)
        self._slots = asyncio.Semaphore(_UNDER_WAY)
        self._gone = False

    async def run(self) -> None:
        """Returns when the gateway has closed its end. Raises HandingError when it speaks another language."""
        frames = Frames()
        try:
            while data := await self._reader.read(_CHUNK):
                for frame in frames.feed(data):
                    self._answered(frame)
        except ConnectionError as error:
            _log.warning("mailroom_link_broke", why=str(error))
        finally:
            self._end()

    async def take(self, account: str, handed: Handed) -> None:
        """Returns after the gateway's commit. Raises OSError, MailBroken, HandingError."""
        await self._ask(lambda n: Take(n, account, handed))

    async def cursor(self, account: str, name: str) -> Mapping[str, int] | None:
        """Raises OSError."""
        return (await self._ask(lambda n: AskCursor(n, account, name))).value

    async def keep_cursor(self, account: str, name: str, value: Mapping[str, int]) -> None:
        """Raises OSError."""
        await self._ask(lambda n: KeepCursor(n, account, name, value))

    async def tell(self, figures: Mapping[str, int]) -> None:
        """Raises OSError when the gateway does not take them in time."""
        async with asyncio.timeout(self._limit_s):
            await self._write(encode(Figures(figures)))

    async def _ask(self, make: Callable[[int], Frame]) -> Answer:
        n = next(self._numbers)
        data = encode(make(n))
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._limit_s), self._slots:
                self._waiting[n] = answer
                await self._write(data)
                told = await answer
        except TimeoutError:
            raise TimeoutError(f"no answer from the gateway within {self._limit_s:g} s") from None
        finally:
            self._waiting.pop(n, None)
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # seen: it may have been set while the ask was still being written
        if told.failed == "later":
            raise OSError(told.why)
        if told.failed:
            raise MailBroken(told.why)
        return told

    async def _write(self, data: bytes) -> None:
        if self._gone:
            raise ConnectionResetError("the gateway is gone")
        self._writer.write(data)
        await self._writer.drain()

    def _answered(self, frame: Frame) -> None:
        if not isinstance(frame, Answer):
            _log.error("mailroom_not_asked", frame=type(frame).__name__)
            return
        waiting = self._waiting.get(frame.n)  # none: it came after its limit
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)

    def _end(self) -> None:
        self._gone = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError("the gateway is gone"))
