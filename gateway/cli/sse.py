"""The feed of a running gateway as a client reads it: batches by cursor, and the stream that outlives the connection.

A stream that breaks is taken up again with Last-Event-ID, so nothing is missed and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from gateway.backoff import next_try
from gateway.demo.hotline import HotlineRefused

LIMIT_S = 10.0
SILENCE_S = 60.0
_FIRST_S, _MOST_S = 1.0, 15.0
_LONGEST = 16 * 1024 * 1024


class Broken(Exception):
    """What came is no stream of server-sent events."""


class Frames:
    """Server-sent events (WHATWG HTML, 9.2.6) out of bytes in any portions: ``feed`` gives (id, data) pairs."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self.last_id = ""

    def feed(self, portion: bytes) -> list[tuple[str, bytes]]:
        """Raises Broken for an event without end."""
        lines = (self._rest + portion).split(b"\n")
        self._rest = lines.pop()
        found = [event for line in lines if (event := self._line(line.removesuffix(b"\r"))) is not None]
        if len(self._rest) + self._size > _LONGEST:
            raise Broken("an event of more than 16 MB")
        return found

    def _line(self, line: bytes) -> tuple[str, bytes] | None:
        if not line:
            data, self._data, self._size = self._data, [], 0
            return (self.last_id, b"\n".join(data)) if data else None
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
            self._size += len(value)
        elif field == b"id" and b"\0" not in value:
            self.last_id = value.decode(errors="replace")
        return None


@dataclass(frozen=True, slots=True)
class Batch:
    """``last`` is the feed's end when it was asked."""

    events: list[dict[str, Any]]
    cursor: int
    last: int


class FeedClient:
    """Reads one gateway's feed. ``enter`` logs in (again); ``say`` tells the user of a line that is down."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        enter: Callable[[], Awaitable[None]],
        say: Callable[[str], None],
        rng: random.Random | None = None,
    ) -> None:
        self._http, self._url, self._enter, self._say = http, url.rstrip("/"), enter, say
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret

    async def batch(self, after: int, limit: int = 500) -> Batch:
        """Events after a cursor. Raises HotlineRefused."""
        where = f"{self._url}/api/v1/feed?after={after}&limit={limit}"
        try:
            async with self._http.get(where, timeout=aiohttp.ClientTimeout(total=LIMIT_S)) as answer:
                await _check(answer)
                cursor, last = answer.headers["X-Feed-Cursor"], answer.headers["X-Feed-Last"]
                return Batch(orjson.loads(await answer.read()), int(cursor), int(last))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise HotlineRefused(f"{self._url} 无法访问 / cannot be reached: {error or 'timeout'}") from error
        except (KeyError, ValueError) as error:
            raise HotlineRefused(f"{self._url} 不是网关 / is not a gateway") from error

    async def follow(self, after: int) -> AsyncGenerator[dict[str, Any], None]:
        """Events after a cursor, then each as it comes, for ever. Raises HotlineRefused when it is not let in."""
        cursor, failures = after, 0
        while True:
            why = ""
            try:
                async with aclosing(self._stream(cursor)) as events:
                    async for event in events:
                        cursor, failures = int(event["sequence"]), 0
                        yield event
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                why = str(error) or "timeout"
            except (Broken, ValueError, KeyError) as error:
                raise HotlineRefused(f"{self._url} 的数据流不可读 / sends no readable stream: {error}") from error
            except HotlineRefused as refused:
                if refused.status not in (401, 503):
                    raise
                why = str(refused)
            failures += 1
            self._say(f"连接中断，将自动重连 / lost the feed, trying again: {why or 'the gateway closed it'}")
            await asyncio.sleep(self._wait(failures))
            await self._in_again()

    def _wait(self, failures: int) -> float:
        return next_try(failures, 0.0, self._rng, first_s=_FIRST_S, most_s=_MOST_S)

    async def _in_again(self) -> None:
        try:
            await self._enter()
        except HotlineRefused as refused:
            if refused.status in (400, 401, 403):
                raise

    async def _stream(self, after: int) -> AsyncGenerator[dict[str, Any], None]:
        frames = Frames()
        limits = aiohttp.ClientTimeout(total=None, sock_connect=LIMIT_S, sock_read=SILENCE_S)
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        async with self._http.get(f"{self._url}/api/v1/feed/stream", headers=headers, timeout=limits) as answer:
            await _check(answer)
            async for portion in answer.content.iter_any():
                for _, data in frames.feed(portion):
                    yield orjson.loads(data)


async def _check(answer: aiohttp.ClientResponse) -> None:
    """Raise HotlineRefused with the gateway's own words."""
    if answer.status < 400:
        return
    try:
        problem = await answer.json(content_type=None)
        said = str(problem.get("detail") or problem.get("title") or f"HTTP {answer.status}")
    except (ValueError, AttributeError):
        said = f"HTTP {answer.status}"
    raise HotlineRefused(said, answer.status)
