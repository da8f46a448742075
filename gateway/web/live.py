"""The live stream of the seat map: one hub, many sockets, one encoding of each diff.

A socket that cannot keep up never grows a queue: when its bounded queue is full the queue is dropped and the socket
gets a fresh snapshot as soon as it can take one. While a snapshot is due no diff is queued, and it is taken at the
moment it is sent: so the next diff a socket sees always follows it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

log = structlog.get_logger(__name__)

ASKS_FREE = 10
"""Snapshots a client may ask for within ten seconds; beyond that it is broken and is closed."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How one socket is watched: ``still`` tells whether its log-in holds, asked every ``recheck_s`` seconds; a peer
    that takes nothing for ``send_timeout_s`` seconds is dropped."""

    still: Callable[[], Awaitable[bool]]
    recheck_s: float
    send_timeout_s: float
    monotonic: Callable[[], float]


class LiveSocket:
    """One socket's place in the hub: its queue of encoded diffs, or the wish for a snapshot."""

    def __init__(self, size: int) -> None:
        self._diffs: deque[bytes] = deque()
        self._size = size
        self._wants_snapshot = True
        self._something = asyncio.Event()
        self._something.set()
        self._asks: deque[float] = deque(maxlen=ASKS_FREE)

    def put(self, diff: bytes) -> bool:
        """Queue a diff; False when that was one too many and the queue was dropped for a snapshot."""
        if self._wants_snapshot:
            return True
        if len(self._diffs) >= self._size:
            self.want_snapshot()
            return False
        self._diffs.append(diff)
        self._something.set()
        return True

    def want_snapshot(self) -> None:
        self._diffs.clear()
        self._wants_snapshot = True
        self._something.set()

    def ask(self, now: float) -> bool:
        """The client asks for a snapshot; False when it asks far too often. ``now`` is monotonic seconds."""
        if len(self._asks) == ASKS_FREE and now - self._asks[0] < 10:
            return False
        self._asks.append(now)
        self.want_snapshot()
        return True

    async def next(self, snapshot: Callable[[], bytes]) -> bytes:
        """The next message to send; waits until there is one."""
        while True:
            if self._wants_snapshot:
                self._wants_snapshot = False
                return snapshot()
            if self._diffs:
                return self._diffs.popleft()
            self._something.clear()
            await self._something.wait()


class Beside(Protocol):
    """A stream that is made of the hub's diffs."""

    @property
    def followed(self) -> bool: ...

    def take(self, diff: dict[str, Any]) -> None: ...


class LiveHub:
    """Publishes diffs to every open socket. ``snapshot`` is ``Hall.live``; ``queue_size`` diffs wait for a socket."""

    def __init__(self, snapshot: Callable[[], dict[str, Any]], *, queue_size: int = 64) -> None:
        self._snapshot = snapshot
        self._queue_size = queue_size
        self._sockets: dict[LiveSocket, web.WebSocketResponse] = {}
        self.dropped = 0
        self.also: list[Beside] = []
        """Who else is handed each diff, in the same step: the walls' stream."""

    @property
    def open(self) -> int:
        """Open sockets now."""
        return len(self._sockets)

    @property
    def followed(self) -> bool:
        """Whether anybody looks: while nobody does, no diff need be made."""
        return bool(self._sockets) or any(beside.followed for beside in self.also)

    def publish(self, diff: dict[str, Any]) -> None:
        """Hand one diff to all sockets: encoded once, never waits. Call it in the step that changed the hall."""
        for beside in self.also:
            beside.take(diff)
        if not self._sockets:
            return
        encoded = orjson.dumps(diff)
        for socket in self._sockets:
            if not socket.put(encoded):
                self.dropped += 1

    async def serve(self, request: web.Request, ws: web.WebSocketResponse, watch: Watch) -> None:
        """Feed the websocket, prepared for ``request``, until it ends. Both directions stop together."""
        socket = LiveSocket(self._queue_size)
        self._sockets[socket] = ws
        try:
            async with asyncio.TaskGroup() as both:
                beside = (
                    both.create_task(self._send(socket, request, ws, watch.send_timeout_s)),
                    both.create_task(_recheck(ws, watch)),
                )
                await self._receive(socket, ws, watch.monotonic)
                for task in beside:
                    task.cancel()
        finally:
            del self._sockets[socket]

    async def close(self) -> None:
        """Say goodbye to every socket (1001): browsers reconnect, to us or to the next run."""
        async with asyncio.TaskGroup() as all_of_them:
            for ws in self._sockets.values():
                all_of_them.create_task(ws.close(code=WSCloseCode.GOING_AWAY, message=b"gateway stops"))

    def _encode_snapshot(self) -> bytes:
        return orjson.dumps(self._snapshot())

    async def _send(self, socket: LiveSocket, request: web.Request, ws: web.WebSocketResponse, limit_s: float) -> None:
        while True:
            message = await socket.next(self._encode_snapshot)
            try:
                async with asyncio.timeout(limit_s):
                    await ws.send_frame(message, WSMsgType.TEXT)
            except TimeoutError:
                log.warning("live socket takes nothing, closed", after_s=limit_s)
                _abort(request)
                return
            except ConnectionError:
                return  # gone: the receiving side ends the socket

    async def _receive(self, socket: LiveSocket, ws: web.WebSocketResponse, now: Callable[[], float]) -> None:
        async for message in ws:
            if message.type is not WSMsgType.TEXT or not _asks_snapshot(message.data):
                await ws.close(code=WSCloseCode.UNSUPPORTED_DATA, message=b'send {"type":"snapshot"} or nothing')
            elif not socket.ask(now()):
                await ws.close(code=WSCloseCode.POLICY_VIOLATION, message=b"too many snapshots asked for")


def _asks_snapshot(text: str) -> bool:
    try:
        asked = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return isinstance(asked, dict) and asked.get("type") == "snapshot"


async def _recheck(ws: web.WebSocketResponse, watch: Watch) -> None:
    """Close the socket when the log-in behind it no longer holds."""
    while await watch.still():  # noqa: ASYNC110 - a log-in ends without telling anybody
        await asyncio.sleep(watch.recheck_s)
    await ws.close(code=WSCloseCode.POLICY_VIOLATION, message=b"logged out")


def _abort(request: web.Request) -> None:
    """Drop the connection without a goodbye that the peer would not read either."""
    if request.transport is not None:
        request.transport.abort()
