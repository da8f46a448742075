"""The bus of several nodes: a Redis Stream a topic. The stream itself is every subscriber's bounded queue.

A publisher's sequence is the entry id ``<sequence>-0``, which Redis takes only once and only rising: a repeat cannot
duplicate. A topic without one is numbered by Redis as ``0-<n>``. Either way ids rise by one, so a subscriber that
lagged until the stream was trimmed sees exactly how many it missed.

Systems outside read the feed as any Redis Stream (key ``<prefix>feed``, one field ``p`` with the CloudEvent):

    XREAD COUNT 100 BLOCK 5000 STREAMS gw:feed 1234-0          from the entry after sequence 1234
    XGROUP CREATE gw:feed dispatch 0 MKSTREAM                  a consumer group, from the beginning
    XREADGROUP GROUP dispatch worker-1 COUNT 100 BLOCK 5000 STREAMS gw:feed >
    XACK gw:feed dispatch 1235-0                               done with one; unacknowledged ones stay the group's
    XAUTOCLAIM gw:feed dispatch worker-2 60000 0               take over what a worker that died had not finished

A reader that was away longer than ``stream_length`` entries sees a gap between ids and fetches it by cursor from
``/api/v1/feed?after=``.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import redis.asyncio as redis_asyncio
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from gateway.bus.config import BusConfig
from gateway.bus.port import BusUnavailable, Message

_AWAY = (RedisError, OSError, TimeoutError)
_BLOCK_MS = 1000
_PAGE = 100
_LONGEST_PAUSE_S = 5.0
_FIELD = b"p"

_APPEND = """
local last = 0
local info = redis.pcall('XINFO', 'STREAM', KEYS[1])
if info.err then
    if not string.find(info.err, 'no such key', 1, true) then return info end
else
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then last = tonumber(string.match(info[i + 1], '^%d+')) end
    end
end
if last ~= tonumber(ARGV[1]) then return last end
for i = 3, #ARGV, 2 do
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], ARGV[i] .. '-0', 'p', ARGV[i + 1])
    last = tonumber(ARGV[i])
end
return last
"""
# One script: the look at the end and the entries are one act, so two relays or a Redis that came back with less than it
# had never leave a gap; and one answer instead of one an entry, which is half of the client's work.

_log = structlog.get_logger(__name__)


def _number(entry_id: bytes) -> int:
    """``17-0`` is 17 of the publisher's sequence, ``0-17`` is 17 of the bus's own."""
    major, _, minor = entry_id.partition(b"-")
    return int(major) or int(minor)


class _Subscription:
    """Reads one stream onward from where it stood at the start, over outages and trims."""

    def __init__(self, client: redis_asyncio.Redis, key: str, topic: str, config: BusConfig) -> None:
        self._client, self._key, self._topic = client, key, topic
        self._lag, self._limit_s = config.queue, config.timeout_s
        self._page: deque[tuple[bytes, bytes]] = deque()
        self._last: bytes | None = None
        self._missed = 0
        self._failures = 0

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        while not self._page:
            await self._fill()
        entry, payload = self._page.popleft()
        number, before = _number(entry), _number(self._last or b"0-0")
        missed = self._missed or (number - before - 1 if before else 0)
        self._last, self._missed = entry, 0
        return Message(self._topic, number, payload, missed)

    async def stand_at_end(self) -> None:
        """Take the stream's present end as the start."""
        self._last = await _last_id(self._client, self._key)

    async def _fill(self) -> None:
        try:
            async with asyncio.timeout(self._limit_s + _BLOCK_MS / 1000):
                if self._last is None or self._failures:
                    await self._find_place()
                await self._read()
        except _AWAY as error:
            self._failures += 1
            pause = random.uniform(0.5, 1.0) * min(_LONGEST_PAUSE_S, 0.1 * 2 ** min(self._failures, 10))  # noqa: S311
            _log.warning("bus_subscription_waits", topic=self._topic, error=str(error), pause_s=round(pause, 2))
            await asyncio.sleep(pause)
        else:
            self._failures = 0

    async def _find_place(self) -> None:
        """After an outage or a silence: a stream that ends before our place was lost and begun anew.

        One that Redis numbers is then read from its start; one with its publisher's sequence just goes on after ours.
        """
        end = await _last_id(self._client, self._key)
        if self._last is None:  # Redis was away when the subscription began: what came since may be anything
            self._last, self._missed = end, -1
        elif self._last.startswith(b"0-") and _number(end) < _number(self._last):
            self._last, self._missed = b"0-0", -1

    async def _read(self) -> None:
        assert self._last is not None
        answer = await self._client.xread({self._key: self._last}, count=_PAGE, block=_BLOCK_MS)
        for _, entries in cast("list[Any]", answer or []):
            self._page.extend(_entries(entries))
        if not self._page:  # a restart between two reads goes unnoticed by redis-py, which reconnects silently
            await self._find_place()
        if len(self._page) == _PAGE:
            await self._skip_what_lags()

    async def _skip_what_lags(self) -> None:
        """A subscriber further behind than its queue may be goes on from the newest messages."""
        behind = _number(await _last_id(self._client, self._key)) - _number(self._last or b"0-0")
        if behind > self._lag:
            newest = await self._client.xrevrange(self._key, count=min(self._lag, _PAGE))
            self._page = deque(reversed(_entries(newest)))


def _entries(answer: Any) -> list[tuple[bytes, bytes]]:
    """Entry ids and payloads of an XRANGE answer. One without our field (someone else's) counts as empty."""
    return [(entry, fields.get(_FIELD, b"")) for entry, fields in answer]


async def _last_id(client: redis_asyncio.Redis, key: str) -> bytes:
    try:
        info = await client.xinfo_stream(key)
    except ResponseError as error:
        if "no such key" in str(error):
            return b"0-0"
        raise
    return cast("bytes", info["last-generated-id"])


class RedisBus:
    """Implements ``Bus`` on Redis 7 or Valkey. Connections are made when first used."""

    def __init__(self, config: BusConfig) -> None:
        self._config = config
        # No socket_timeout: redis-py keeps it with asyncio.wait_for, which in Python 3.11 can swallow a cancellation.
        self._client = redis_asyncio.Redis.from_url(
            config.url,
            socket_timeout=None,
            socket_connect_timeout=config.timeout_s,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._append = self._client.register_script(_APPEND)

    @property
    def backlog(self) -> int:
        return self._config.stream_length

    def _key(self, topic: str) -> str:
        return self._config.prefix + topic

    async def publish(self, topic: str, payload: bytes, sequence: int | None = None) -> None:
        entry = "0-*" if sequence is None else f"{sequence}-0"
        try:
            async with asyncio.timeout(self._config.timeout_s):
                await self._client.xadd(
                    self._key(topic), {_FIELD: payload}, id=entry, maxlen=self._config.stream_length, approximate=True
                )
        except ResponseError as error:
            if "equal or smaller" in str(error):  # there already: a retry, or another node's relay was first
                return
            raise BusUnavailable(f"Redis refused a message of {topic}: {error}") from error
        except _AWAY as error:
            raise BusUnavailable(f"Redis is not reachable: {str(error) or type(error).__name__}") from error

    async def append(self, topic: str, messages: Sequence[tuple[int, bytes]], stood: int) -> int:
        flat = [part for message in messages for part in message]
        try:
            async with asyncio.timeout(self._config.timeout_s):
                return int(await self._append([self._key(topic)], [stood, self._config.stream_length, *flat]))
        except _AWAY as error:
            raise BusUnavailable(f"Redis did not take the feed: {str(error) or type(error).__name__}") from error

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[Message]]:
        subscription = _Subscription(self._client, self._key(topic), topic, self._config)
        try:
            async with asyncio.timeout(self._config.timeout_s):
                await subscription.stand_at_end()
        except _AWAY as error:
            _log.warning("bus_subscription_waits", topic=topic, error=str(error))
        yield subscription

    async def last(self, topic: str) -> int:
        try:
            async with asyncio.timeout(self._config.timeout_s):
                return _number(await _last_id(self._client, self._key(topic)))
        except _AWAY as error:
            raise BusUnavailable(f"Redis is not reachable: {str(error) or type(error).__name__}") from error

    async def close(self) -> None:
        await self._client.aclose()
