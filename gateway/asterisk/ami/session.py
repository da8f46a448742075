"""One TCP connection to Asterisk's manager: the asyncio end of the wire. A session ends once and is never used again;
``link`` makes the next one. Nothing that a callback does can end it: what a callback raises is logged and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import structlog

from gateway.asterisk.ami.errors import LinkDown, WireError
from gateway.asterisk.ami.replies import Exchange, Expect, Replies
from gateway.asterisk.ami.wire import Frame, FrameReader, Headers, encode

log = structlog.get_logger(__name__)

_MUCH = 65_536
"""Bytes of one read behind which more is waiting."""

_EACH_S = 0.001
"""By so much each event of a read makes the rest behind it longer: from some 60 calls a second on it is the longest."""

Frames = Callable[[list[Frame], float], None]
Tap = Callable[[bytes, float], None]


@dataclass(slots=True)
class Counters:
    """Plain sums over all sessions of a link, for /metrics.

    ``frames`` kept by the wire, ``dropped`` there by name, ``headless`` pieces that were no frame; ``late_replies``
    that nobody waited for any more; ``sessions`` that came up, ``failures`` attempts and sessions that
    ended badly; ``callback_errors`` exceptions out of frames, tap, on_up, on_down and event callbacks.
    """

    bytes: int = 0
    frames: int = 0
    dropped: int = 0
    headless: int = 0
    actions: int = 0
    pings: int = 0
    timeouts: int = 0
    late_replies: int = 0
    sessions: int = 0
    failures: int = 0
    callback_errors: int = 0

    @property
    def reconnects(self) -> int:
        """Sessions that came up after the first."""
        return max(0, self.sessions - 1)

    def callback_failed(self, which: str) -> None:
        """Count, and log with its traceback: the first ten, then every thousandth, so that a log never floods."""
        self.callback_errors += 1
        if self.callback_errors <= 10 or self.callback_errors % 1000 == 0:
            log.exception("ami.callback_failed", callback=which, count=self.callback_errors)


class Session(asyncio.Protocol):
    """``lost`` resolves to why the session ended, ``gone`` when its socket is closed. ``greeted`` resolves to the
    server's version, or None when the session ended before; ``booted`` to True with FullyBooted, or to False.
    """

    def __init__(
        self,
        reader: FrameReader,
        replies: Replies,
        counters: Counters,
        clock: Callable[[], float],
        frames: Frames | None = None,
        tap: Tap | None = None,
        wanted: frozenset[str] | None = None,
        rest_s: float = 0.0,
        rest_most_s: float = 0.0,
    ) -> None:
        """``rest_s``: after events, leave the socket alone for this long and a little longer for each that came, at
        most ``rest_most_s``. Asterisk sends each event by itself, and waking for each costs more than the event does:
        the more there are, the more come together. The first after a silence is never late, those behind it at most
        so much.
        """
        self._loop = loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()
        self.greeted: asyncio.Future[str | None] = loop.create_future()
        self.booted: asyncio.Future[bool] = loop.create_future()
        self._heard = loop.time()
        self._time = loop.time
        self._reader, self._replies, self._counters, self._clock = reader, replies, counters, clock
        self._frames, self._tap, self._wanted = frames, tap, wanted
        self._transport: asyncio.Transport | None = None
        self._rest_s, self._rest_most_s, self._resting, self._paused = rest_s, rest_most_s, False, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transport is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(f"connection lost: {exc}" if exc else "Asterisk closed the connection")
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self.lost.done():
            return
        at, fault = self._clock(), ""
        self._heard = self._time()
        if self._tap is not None:
            try:
                self._tap(data, at)
            except Exception:
                self._counters.callback_failed("tap")
        self._reader.listening = len(self._replies) > 0
        try:
            frames = self._reader.feed(data)
        except WireError as error:
            frames, fault = error.frames, str(error)
        if self._reader.version is not None and not self.greeted.done():
            self.greeted.set_result(self._reader.version)
        self._hand_on(frames, at)
        self._count(len(data), len(frames))
        if fault:
            self.fail(fault)
        elif self._rest_s and frames and len(data) < _MUCH and not self._replies:
            self._rest(len(frames))

    def _rest(self, came: int) -> None:
        """After so many events, do not look for a while. Never while an answer of ours is awaited, nor behind a
        backlog."""
        if self._transport is None or self._resting or self._paused or self._transport.is_closing():
            return
        self._resting = True
        self._transport.pause_reading()
        rest_s = max(self._rest_s, min(self._rest_s + came * _EACH_S, self._rest_most_s))
        self._loop.call_later(rest_s, self._look_again)

    def _look_again(self) -> None:
        if not self._resting:
            return
        self._resting = False
        if self._transport is not None and not self._paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def _hand_on(self, frames: list[Frame], at: float) -> None:
        """Answers to their actions, events as one batch to the callback."""
        take = self._replies.take
        events = [f for f in frames if not (("ActionID" in f or "Event" not in f) and take(f))]
        if not self.booted.done() and any(f["Event"] == "FullyBooted" for f in events):
            self.booted.set_result(True)
        if self._wanted is not None:  # FullyBooted is always read, and so is what carries an ActionID of ours
            events = [f for f in events if f["Event"] in self._wanted]
        if events and self._frames is not None:
            try:
                self._frames(events, at)
            except Exception:
                self._counters.callback_failed("frames")

    def _count(self, size: int, frames: int) -> None:
        counters, reader, replies = self._counters, self._reader, self._replies
        counters.bytes += size
        counters.frames += frames
        counters.dropped += reader.dropped
        counters.headless += reader.headless
        counters.late_replies += replies.late
        reader.dropped = reader.headless = replies.late = 0

    def exchange(self, action: str, headers: Headers, expect: Expect) -> Exchange:
        """Send an action. Raises UnsafeHeader before anything is sent, LinkDown when the session has ended."""
        if self.lost.done() or self._transport is None:
            raise LinkDown(self.lost.result() if self.lost.done() else "not connected")
        body = encode(headers)
        exchange = self._replies.open(action, expect)
        first, _, others = body.partition(b"\r\n")
        self._transport.write(b"%s\r\nActionID: %s\r\n%s" % (first, exchange.id.encode(), others))
        self._counters.actions += 1
        self._look_again()
        return exchange

    def abandon(self, exchange: Exchange) -> None:
        self._replies.abandon(exchange)

    def in_flight(self) -> int:
        """Actions that wait for their answer."""
        return len(self._replies)

    def silent_s(self) -> float:
        """Seconds since the last bytes came."""
        return self._time() - self._heard

    def pause(self) -> None:
        """Stop reading until ``resume``."""
        self._paused = True
        if self._transport is not None and not self._resting and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        self._paused = self._resting = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def fail(self, why: str) -> None:
        """End the session at once. The first reason stays."""
        if self._end(why) and self._transport is not None:
            self._transport.abort()

    def farewell(self, why: str) -> None:
        """End the session politely: log off, send what is still to be sent, close."""
        if self._transport is not None and not self.lost.done():
            self._transport.write(encode({"Action": "Logoff"}))
            self._end(why)
            self._transport.close()

    async def finish(self) -> None:
        """Wait until the socket is closed; one that cannot send its last bytes within a second is cut off."""
        await asyncio.wait({self.gone}, timeout=1.0)
        if not self.gone.done() and self._transport is not None:
            self._transport.abort()

    def _end(self, why: str) -> bool:
        if self.lost.done():
            return False
        self.lost.set_result(why)
        if not self.greeted.done():
            self.greeted.set_result(None)
        if not self.booted.done():
            self.booted.set_result(False)
        self._replies.end(why)
        return True
