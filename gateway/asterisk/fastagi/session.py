"""One FastAGI connection: the event loop says when bytes have come, the handler asks commands.

A session holds its socket itself, without asyncio's transport or streams: a command and its answer are a few dozen
bytes and one of them is under way at a time, so there is nothing to buffer, and the detour would cost more than the
work (per answer asyncio maps and unmaps 256 KiB to read 13 bytes into). Nor has it a timer: ``deadline`` is a plain
number that the server's one clock compares for all sessions. A session that falls out of step (a late or cancelled
answer, garbage, silence) is closed for good: Asterisk then goes on in the dialplan, whose static queue takes the
citizen. Commands are never sent ahead: res_agi reads them through a buffered FILE and polls the bare descriptor, so it
would not see the second of two that came together.
"""

from __future__ import annotations

import _socket
import asyncio
import math
import socket
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import unquote

from gateway.asterisk.fastagi.poll import Watch
from gateway.asterisk.fastagi.wire import (
    Decoder,
    Environment,
    Event,
    Garbage,
    HungUpNotice,
    Refused,
    Result,
    UsageError,
    WireLimits,
    encoded,
)
from gateway.ivr.ports import HungUp, LineFailed

_HEADER_BYTES, _ANSWER_BYTES = 4_096, 448
"""Bytes asked for in one read. Of the second size Python has memory at hand; a longer answer is read in parts."""

_PIECES_S = 0.002
"""Asterisk writes each header by itself, two dozen within a fraction of this: looked at once more, they are one."""

_QUICKACK: Final = int(getattr(socket, "TCP_QUICKACK", 0))  # Linux has it
_ACK_NOW: Final = 2
"""Acknowledge what has come, and go on putting off (1 would acknowledge every later packet by one of its own)."""

_AT_ONCE: Final = int(socket.MSG_DONTWAIT)  # a plain number: the enum costs a look-up at each command

REPLY_S = 5.0
"""Seconds that Asterisk has for a command which only sets or reads something."""


class ChannelGone(HungUp):
    """Asterisk said HANGUP, or 511: the channel is dead for the dialogue. No command is sent any more."""


class SessionBroken(LineFailed):
    """The connection is lost, silent, out of step or closed by us. No command is sent any more."""


class CommandRefused(LineFailed):
    """Asterisk does not know the command (510) or its arguments (520). The session itself goes on."""

    def __init__(self, verb: str, code: int, text: str) -> None:
        super().__init__(f"{verb}: {code} {text[:200]}")  # a usage block may be pages long
        self.verb, self.code, self.text = verb, code, text


@dataclass(slots=True)
class AgiCounters:
    """Since the start, for metrics; ``open`` is now.

    ``abandoned`` closed before the headers were complete (a port scan), ``garbage`` was no AGI, ``failures`` are
    handlers that raised, except because the citizen hung up.
    """

    sessions: int = 0
    refused: int = 0
    abandoned: int = 0
    garbage: int = 0
    header_timeouts: int = 0
    hangups: int = 0
    usage_errors: int = 0
    timeouts: int = 0
    failures: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class AgiLimits:
    """Bounds of the server; seconds unless named otherwise.

    ``open_sessions`` at once, more are closed on arrival · ``header_s`` from connecting to the end of the headers ·
    ``session_s`` a whole session · ``drain_s`` for sessions to end by themselves at a shutdown · ``grace_s`` for their
    handlers to end after that · ``tick_s`` how often the clock looks: each limit is kept with that precision ·
    ``backlog`` connections that the kernel keeps while we are busy.
    """

    open_sessions: int = 2_000
    header_s: float = 3.0
    session_s: float = 1_800.0
    drain_s: float = 10.0
    grace_s: float = 1.0
    tick_s: float = 0.25
    backlog: int = 1_024
    wire: WireLimits = field(default_factory=WireLimits)


class Owner(Protocol):
    """What a session needs of the server that it belongs to."""

    counters: AgiCounters
    limits: AgiLimits

    def begin(self, session: AgiSession) -> None: ...

    def left(self, session: AgiSession) -> None: ...


class AgiSession:
    """One call's dialogue. Handlers read ``environment``, ``path``, ``query``, ``call_id`` and await ``command``.

    ``path`` and ``query`` come from the address in the dialplan (``agi://host/flow/day?call=..``: path ``flow/day``).
    """

    __slots__ = (
        "_broken",
        "_bytes",
        "_counters",
        "_decoder",
        "_last",
        "_loop",
        "_number",
        "_owner",
        "_socket",
        "_verb",
        "_waiter",
        "_watch",
        "deadline",
        "environment",
        "hung_up",
        "path",
        "query",
        "task",
    )

    def __init__(
        self, owner: Owner, loop: asyncio.AbstractEventLoop, peer: _socket.socket, watch: Watch | None = None
    ) -> None:
        """``watch`` tells when ``peer`` can be read; the loop does it when there is none."""
        self._owner = owner
        self._counters = owner.counters
        self._loop = loop
        self._watch: Watch = watch or loop
        self._bytes = _HEADER_BYTES
        self._decoder = Decoder(owner.limits.wire)
        self._socket = peer
        self._number = peer.fileno()  # the loop is told this: of a socket it would form the repr, at two system calls
        self._waiter: asyncio.Future[Result] | None = None
        self._broken = ""
        self._verb = ""
        self._last = math.inf
        self.task: asyncio.Task[None] | None = None
        self.deadline = loop.time() + owner.limits.header_s
        self.environment: dict[str, str] = {}
        self.path = ""
        self.query: dict[str, str] = {}
        self.hung_up = False

    @property
    def call_id(self) -> str:
        """The Linkedid that the dialplan passed as ``call=``, else the channel's Uniqueid; "" before the headers."""
        return self.query.get("call") or self.environment.get("agi_uniqueid", "")

    @property
    def broken(self) -> str:
        """Why no command can be sent any more, "" while it can (a hang-up is told apart: ``hung_up``)."""
        return self._broken

    async def command(self, verb: str, *arguments: str, limit_s: float = REPLY_S) -> Result:
        """Send one command and return its answer (codes 200 to 299).

        Raises ValueError for what must not be sent, ChannelGone, CommandRefused, or SessionBroken: also when the
        answer takes longer than ``limit_s`` seconds. Cancelling it breaks the session: the answer would come late.
        """
        line = encoded(verb, arguments)
        self._must_be_free(verb)
        loop = self._loop
        waiter: asyncio.Future[Result] = loop.create_future()
        self._waiter = waiter
        self._verb = verb
        deadline = loop.time() + limit_s
        self.deadline = deadline if deadline < self._last else self._last
        self._send(line)
        try:
            return await waiter
        except asyncio.CancelledError:
            self.fail(f"{verb} was cancelled")
            raise
        finally:
            self._waiter = None
            self.deadline = self._last

    def tell_last(self, verb: str, *arguments: str) -> None:
        """Send the last command of a session, whose answer nobody waits for: the handler returns now.

        Asterisk carries out what came before the end of a connection (seen on 22.10): only the wait is spared, and with
        it a round trip of every call. Raises as ``command`` does when nothing can be sent any more.
        """
        line = encoded(verb, arguments)
        self._must_be_free(verb)
        self._send(line)
        if self._broken:
            raise SessionBroken(self._broken)

    def _must_be_free(self, verb: str) -> None:
        """That a command can be sent: the channel lives, the connection stands, no other command is under way."""
        if self.hung_up:
            raise ChannelGone("the channel has been hung up")
        if self._broken:
            raise SessionBroken(self._broken)
        if self._waiter is not None:
            raise RuntimeError(f"{verb} while {self._verb} is under way: a session carries one command at a time")

    def start(self) -> None:
        """Begin: read what is there already, as a rule the first header, and the rest, which Asterisk has mostly
        written by now. Headers that are still being written are left alone for a moment, or each of their lines would
        wake the loop. (Called by the server.)
        """
        self._readable()
        if self._last == math.inf and not self._broken:
            self._loop.call_later(_PIECES_S, self.open)
        else:
            self.open()

    def open(self) -> None:
        """Read what has come meanwhile, and from now on whatever comes."""
        if self._last == math.inf and not self._broken:
            self._readable()
        if not self._broken:
            self._watch.add_reader(self._number, self._readable)

    def fail(self, why: str) -> None:
        """Close the connection now; the command under way, and any later one, raises SessionBroken with ``why``."""
        if self._broken:
            return
        self._broken = why
        self._watch.remove_reader(self._number)
        self._socket.close()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(SessionBroken(why))
        if self.task is None:
            self._owner.left(self)

    def expire(self, now: float) -> None:
        """The deadline has passed: break off the headers, the command or the whole session, whichever is under way."""
        self.deadline = self._last if now < self._last else math.inf
        if self._last == math.inf:
            self._counters.header_timeouts += 1
            self.fail("the headers were not complete within their limit")
            return
        self._counters.timeouts += 1
        if now < self._last:
            self.fail(f"{self._verb} was not answered within its limit")
            return
        self.fail("the session passed its limit")
        if self.task is not None:
            self.task.cancel()

    def _send(self, line: bytes) -> None:
        """All of it at once, or not at all: only a peer that has long stopped reading can have filled the buffers."""
        try:
            sent = self._socket.send(line, _AT_ONCE)
        except OSError as error:
            self.fail(f"the connection is lost: {error}")
            return
        if sent < len(line):
            self.fail("the peer does not read")

    def _readable(self) -> None:
        self._read()
        if self._last == math.inf and not self._broken:
            self._ask_for_the_rest()
            self._read()  # on the same machine it is here already: that spares a turn of the loop

    def _ask_for_the_rest(self) -> None:
        """The kernel of an Asterisk whose first header is not acknowledged keeps all others back until it is, as one
        packet (Nagle): it sends two instead of two dozen. Without a word from here that would be 40 ms later.
        """
        if _QUICKACK:
            try:
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, _ACK_NOW)
            except OSError:
                return  # no TCP, or lost already: the next read says so

    def _read(self) -> None:
        try:
            data = self._socket.recv(self._bytes, _AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lost(f"the connection is lost: {error}")
            return
        if not data:
            self._lost("Asterisk closed the connection")
            return
        if (result := self._decoder.whole(data)) is not None:  # nearly all there is
            self._answer(result)
            return
        for event in self._decoder.feed(data):
            self._take(event)

    def _lost(self, why: str) -> None:
        if self._last == math.inf:
            self._counters.abandoned += 1
        self.fail(why)

    def _take(self, event: Event) -> None:
        match event:
            case Result():
                self._answer(event)
            case Environment():
                self._begin(event.headers)
            case HungUpNotice():
                self._hang_up("Asterisk said HANGUP")
            case UsageError():
                self._counters.usage_errors += 1
                self._answer(CommandRefused(self._verb, 520, event.text))
            case Refused(code=511):
                self._hang_up(f"{self._verb} came to a dead channel")
            case Refused():
                self._counters.usage_errors += 1
                self._answer(CommandRefused(self._verb, event.code, event.text))
            case Garbage():
                self._counters.garbage += 1
                self.fail(f"not AGI: {event.why}")

    def _begin(self, headers: dict[str, str]) -> None:
        self.environment = headers
        self._bytes = _ANSWER_BYTES
        self.path, self.query = parse_address(headers)
        self._last = self.deadline = self._loop.time() + self._owner.limits.session_s
        self._owner.begin(self)

    def _answer(self, answer: Result | CommandRefused) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            if not self.hung_up:  # after HANGUP the answer to the command that crossed it is expected
                self.fail("an answer came to no command")
        elif type(answer) is Result:
            waiter.set_result(answer)
        elif isinstance(answer, CommandRefused):
            waiter.set_exception(answer)

    def _hang_up(self, why: str) -> None:
        if not self.hung_up:
            self.hung_up = True
            self._counters.hangups += 1
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ChannelGone(why))


def parse_address(headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Path and query of the address that the dialplan called; the first of a repeated name counts, ``+`` is a plus."""
    script = headers.get("agi_network_script")
    if script is None:
        script = headers.get("agi_request", "").partition("://")[2].partition("/")[2]
    path, _, query = script.partition("?")
    read = unquote if "%" in script else str
    pairs: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        pairs.setdefault(read(name), read(value))
    return read(path).strip("/"), pairs
