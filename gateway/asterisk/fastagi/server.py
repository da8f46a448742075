"""The FastAGI server: listens, keeps the sessions within their limits, and lets them finish at a shutdown.

A citizen must never pay for our trouble: whatever goes wrong here ends in a closed connection, upon which Asterisk goes
on in the dialplan and finds GW_DONE unset (AGISTATUS tells nothing: one missing sound makes it FAILURE). What we cannot
mend from here is our own silence: TIMEOUT(absolute) ends a mute AGI only when the dialplan has set AGIEXITONHANGUP=yes
(seen on Asterisk 22.10: without it the channel stays in AGI until we close). Over the limit we therefore close at once
instead of letting anybody wait. One clock looks after all deadlines; TCP_NODELAY and keep-alive probes, which find the
peers that vanished without a word, are set once on the listening socket and inherited from there.
"""

from __future__ import annotations

import _socket
import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable

import structlog

from gateway.asterisk.fastagi.poll import Poll, Watch, watch_of
from gateway.asterisk.fastagi.session import AgiCounters, AgiLimits, AgiSession
from gateway.ivr.ports import HungUp, LineFailed

__all__ = ["AgiCounters", "AgiLimits", "AgiSession", "FastAgiServer", "Handler"]

Handler = Callable[[AgiSession], Awaitable[None]]

_ACCEPTS_AT_ONCE = 64  # then the sessions have their turn
_ACCEPT_PAUSE_S = 1.0
_PASSING = frozenset({errno.ECONNABORTED, errno.EINTR, errno.EPROTO})

_OPTIONS = (
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 15),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 30_000),
)
"""A silent peer is probed after 15 s and given up 15 s later; unacknowledged data is given up after 30 s."""


class _Listener(socket.socket):
    """A listening socket whose peers are plain sockets of the C module.

    ``socket.socket`` around each would look up its family and type anew and count files that nobody opens.
    """

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._known = (family, kind, protocol)

    def accept(self) -> tuple[_socket.socket, object]:  # type: ignore[override]
        number, address = self._accept()  # type: ignore[attr-defined]
        return _socket.socket(*self._known, number), address


class FastAgiServer:
    """Serves each session with one call of ``handler``; its exceptions are logged and end only that session.

    ``start`` listens (port 0: the kernel chooses, read ``port``), ``run`` serves until ``close`` or cancellation and
    belongs into the application's TaskGroup. ``close`` may be called from any task and returns when all is closed.
    """

    def __init__(self, host: str, port: int, handler: Handler, limits: AgiLimits | None = None) -> None:
        self.counters = AgiCounters()
        self.limits = limits or AgiLimits()
        self._address = (host, port)
        self._handler = handler
        self._log = structlog.get_logger(__name__)
        self._socket: socket.socket | None = None
        self._port: int | None = None
        self._group: asyncio.TaskGroup | None = None
        self._sessions: set[AgiSession] = set()
        self._watch: Watch | None = None
        self._closing = asyncio.Event()
        self._idle = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def port(self) -> int:
        """The bound port. RuntimeError before ``start``."""
        if self._port is None:
            raise RuntimeError("the FastAGI server is not started")
        return self._port

    async def start(self) -> None:
        """Listen: who connects from now on waits in the backlog for ``run``. OSError when the address is taken."""
        if self._socket is not None:
            return
        host, port = self._address
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        listener = _Listener(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            for level, option, value in _OPTIONS:
                if hasattr(socket, option):
                    listener.setsockopt(level, getattr(socket, option), value)
            listener.setblocking(False)
            listener.bind(address)
            listener.listen(self.limits.backlog)
            if hasattr(socket, "TCP_QUICKACK"):
                # What comes is acknowledged when the session asks for the rest, not header by header. Peers have it
                # from here, and listen() would take it away again.
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        except BaseException:
            listener.close()
            raise
        self._socket, self._port = listener, int(listener.getsockname()[1])

    async def run(self) -> None:
        """Serve until ``close``; then let the sessions finish within ``drain_s`` and let go of the rest."""
        if self._closing.is_set():
            self._ended.set()
            return
        await self.start()
        assert self._socket is not None
        watch = self._watch = watch_of(asyncio.get_running_loop())
        try:
            async with asyncio.TaskGroup() as self._group:
                await self._serve_until_closing(self._socket, self._group)
        finally:
            self._let_go("the server is gone")
            if isinstance(watch, Poll):
                watch.close()
            self._socket.close()
            self._ended.set()

    async def _serve_until_closing(self, listener: socket.socket, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        clock = group.create_task(self._keep_time(loop))
        loop.add_reader(listener, self._accept, listener, loop)
        try:
            await self._closing.wait()
        finally:
            self._closing.set()  # cancelled: no session may begin in a group that is being torn down
            loop.remove_reader(listener)
            listener.close()
        await self._drain()
        clock.cancel()

    async def close(self) -> None:
        """Stop listening, give the sessions ``drain_s`` + ``grace_s`` seconds, return when ``run`` is over."""
        self._closing.set()
        if self._group is not None:
            await self._ended.wait()
        elif self._socket is not None:
            self._socket.close()

    def _accept(self, listener: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        """Connections have come: open a session for each, or close it at once when there is no room."""
        for _ in range(_ACCEPTS_AT_ONCE):
            try:
                peer, _address = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno not in _PASSING:
                    self._pause(listener, loop, error)
                return
            if len(self._sessions) >= self.limits.open_sessions:
                peer.close()
                self.counters.refused += 1
                continue
            # It never waits for its peer: MSG_DONTWAIT spares a system call here.
            session = AgiSession(self, loop, peer, self._watch)
            self._sessions.add(session)
            self.counters.open += 1
            session.start()

    def _pause(self, listener: socket.socket, loop: asyncio.AbstractEventLoop, error: OSError) -> None:
        """No descriptors or memory left: the listener stays readable, so look away for a while instead of spinning."""
        self.counters.refused += 1
        self._log.error("agi_accept_failed", why=str(error), pause_s=_ACCEPT_PAUSE_S)
        loop.remove_reader(listener)
        loop.call_later(_ACCEPT_PAUSE_S, self._resume, listener, loop)

    def _resume(self, listener: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        if not self._closing.is_set():
            loop.add_reader(listener, self._accept, listener, loop)

    def begin(self, session: AgiSession) -> None:
        """The headers are complete: hand the session to the handler. (Called by the session.)"""
        if self._group is None or self._closing.is_set():
            session.fail("the server is closing")
            return
        self.counters.sessions += 1
        session.task = self._group.create_task(self._serve(session))

    def left(self, session: AgiSession) -> None:
        """Connection and handler are both over. (Called by the session, or when its handler ends.)"""
        if session in self._sessions:
            self._sessions.remove(session)
            self.counters.open -= 1
        if not self._sessions:
            self._idle.set()

    async def _serve(self, session: AgiSession) -> None:
        try:
            await self._handler(session)
        except HungUp:
            pass  # counted where Asterisk said so
        except LineFailed as error:
            self.counters.failures += 1
            self._log.warning("agi_session_failed", call_id=session.call_id, path=session.path, why=str(error))
        except Exception:
            self.counters.failures += 1
            self._log.exception("agi_handler_raised", call_id=session.call_id, path=session.path)
        finally:
            session.fail("the session is over")
            self.left(session)

    async def _keep_time(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            await asyncio.sleep(self.limits.tick_s)
            now = loop.time()
            for session in [each for each in self._sessions if each.deadline <= now]:
                session.expire(now)
                self._log.info("agi_expired", call_id=session.call_id, path=session.path, why=session.broken)

    async def _drain(self) -> None:
        """Strangers go at once, sessions when they are done, late ones are let go, stubborn handlers are cancelled."""
        for session in [each for each in self._sessions if each.task is None]:
            session.fail("the server is closing")
        if await self._emptied(self.limits.drain_s):
            return
        self._log.warning("agi_sessions_let_go", calls=[each.call_id for each in self._sessions][:50])
        self._let_go("the server is closing")
        if not await self._emptied(self.limits.grace_s):
            for session in self._sessions:
                if session.task is not None:
                    session.task.cancel()

    async def _emptied(self, limit_s: float) -> bool:
        """True when no session is left within the limit."""
        self._idle.clear()
        if self._sessions:
            try:
                async with asyncio.timeout(limit_s):
                    await self._idle.wait()
            except TimeoutError:
                return False
        return True

    def _let_go(self, why: str) -> None:
        for session in list(self._sessions):
            session.fail(why)
