"""One TCP connection to a carrier: the asyncio end of a ``Session``. It ends once; ``carrier`` makes the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from gateway.channels.sms.dialect import Dialect, Part
from gateway.channels.sms.frames import Frame
from gateway.channels.sms.limits import Limits
from gateway.channels.sms.outbox import Piece
from gateway.channels.sms.session import Ended, Event, Session

_MOST_UNSENT = 1_048_576
"""Octets that wait in the socket for a peer that sends and never reads."""


class Connection(asyncio.Protocol):
    """``ended`` resolves to why; ``on_event(connection, event)`` is told everything else, in order."""

    def __init__(self, dialect: Dialect, limits: Limits, on_event: Callable[[Connection, Event[Piece]], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[Ended] = self._loop.create_future()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self.dialect = dialect
        self.session: Session[Piece] = Session(dialect, limits)
        self.taking = 0
        """Deliveries that are being kept."""
        self._most_taking = limits.window
        self._on_event = on_event
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = self._paused = False

    # -- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.session.begin(self._loop.time())
        self._flush()

    def data_received(self, data: bytes) -> None:
        if not self.ended.done():
            self._tell(self.session.receive(data, self._loop.time()))

    def connection_lost(self, exc: Exception | None) -> None:
        self._tell(self.session.lost(f"connection lost: {exc}" if exc else "the carrier closed the connection"))
        if not self.gone.done():
            self.gone.set_result(None)

    # -- the link's side

    def put(self, piece: Piece, part: Part) -> None:
        """Send a message of ours. Raises ValueError."""
        self.session.put(piece, part, self._loop.time(), piece.sends)
        self._flush_soon()

    def received(self, frame: Frame) -> None:
        """What was delivered is kept."""
        self.session.received(frame)
        self._flush_soon()

    def begin_taking(self) -> None:
        """One more is being kept; as many as the window holds, then reading rests."""
        self.taking += 1
        if self.taking >= self._most_taking and not self._paused and self._open():
            self._paused = True
            self._transport_of().pause_reading()

    def end_taking(self) -> None:
        self.taking -= 1
        if self._paused and self.taking < self._most_taking:
            self._paused = False
            if self._open():
                self._transport_of().resume_reading()

    def fail(self, why: str) -> None:
        """End it at once."""
        self._tell(self.session.lost(why))

    def close(self) -> None:
        """Take our leave; ``ended`` follows within a second."""
        if not self.ended.done():
            self._tell(self.session.close(self._loop.time()))

    async def finish(self, limit_s: float = 1.0) -> None:
        """Wait until the socket is closed; one that cannot send its last octets is cut off."""
        await asyncio.wait({self.gone}, timeout=limit_s)
        if not self.gone.done() and self._transport is not None:
            self._transport.abort()

    # --

    def _tell(self, events: list[Event[Piece]]) -> None:
        self._flush()
        for event in events:
            if isinstance(event, Ended):
                self._end(event)
            else:
                self._on_event(self, event)

    def _end(self, event: Ended) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self.ended.done():
            self.ended.set_result(event)
        if self._transport is not None:
            self._transport.close()

    def _tick(self) -> None:
        self._timer = None
        if not self.ended.done():
            self._tell(self.session.tick(self._loop.time()))

    def _flush_soon(self) -> None:
        """Answers that are ready in one turn of the loop (a commit of many) leave in one write."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        octets = self.session.drain()
        if octets and self._open():
            transport = self._transport_of()
            transport.write(octets)
            if transport.get_write_buffer_size() > _MOST_UNSENT:
                transport.abort()
        self._wind()

    def _wind(self) -> None:
        """Set the timer to the next thing that the session has to do."""
        due = None if self.ended.done() else self.session.next_tick()
        if due is None or (self._timer is not None and self._timer.when() <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._tick)

    def _open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def _transport_of(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport
