"""An account's connections to a carrier: the ``Link`` of the protocols that keep one (CMPP, SMGP, SMPP).

    connect -> log in -> up: deliveries in, messages out -> ended -> a jittered pause -> connect

What is delivered is answered when the inbox has kept it and not before. When it cannot be kept, no answer is given:
the standard knows one thing only that makes a carrier send again, an answer that stays away (60 s, three times); an
answer with an error ends the matter at many gateways. Meanwhile we try ourselves, so that a short failure of the
ledger costs nothing, and before the first repeat is due we log off until the ledger keeps again: a carrier holds
messages for days for one who is not connected.

Messages of ours wait in one ``Outbox`` for all connections. One whose connection ends without an answer is sent again
on the next, N times in all; then the delivery's own plan decides. One that is never answered on a connection that
lives is given up after N sends, as the standard says, in words that tell the agent so.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from gateway.backoff import span
from gateway.channels.port import ChannelMeans, Permanent, Retryable
from gateway.channels.sms.carrier_config import LineBase
from gateway.channels.sms.connection import Connection
from gateway.channels.sms.dialect import Speaks, Submitted
from gateway.channels.sms.frames import Frame
from gateway.channels.sms.outbox import Outbox, Piece, Submission
from gateway.channels.sms.port import Arrived, Inbox, Told
from gateway.channels.sms.session import Answered, Delivered, Ended, Event, GivenUp, Up
from gateway.channels.sms.window import Pace
from gateway.model.http import Door

SUBMIT_LIMIT_S = 25.0
"""A delivery's try ends within 30 s (gateway.channels.port)."""

UP_LIMIT_S = 5.0
_CONNECT_LIMIT_S = 10.0
_REFUSED_LEAST_S = 15.0
"""A refused login is not tried again sooner than this share of the longest pause allows: gateways lock accounts."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Counters:
    """Plain sums since the start, for /metrics. ``deferred``: tries to keep something that our ledger did not keep;
    ``unfit``: what the inbox failed on for a reason of ours; ``strange``: frames with no place in the protocol.
    """

    sessions: int = 0
    refusals: int = 0
    messages: int = 0
    reports: int = 0
    unreadable: int = 0
    deferred: int = 0
    unfit: int = 0
    submitted: int = 0
    taken: int = 0
    resent: int = 0
    strange: int = 0


class CarrierLink:
    """Implements ``gateway.channels.sms.port.Link`` for one account."""

    def __init__(
        self,
        config: LineBase,
        means: ChannelMeans,
        inbox: Inbox,
        speaks: Speaks,
        rng: random.Random | None = None,
        submit_limit_s: float = SUBMIT_LIMIT_S,
    ) -> None:
        self.counters = Counters()
        self.why = "not connected yet"
        self._config, self._means, self._inbox, self._speaks = config, means, inbox, speaks
        self._rng = rng or random.SystemRandom()
        self._submit_limit_s = submit_limit_s
        self._limits = config.limits()
        self._outbox = Outbox()
        self._pace = Pace(config.per_second, burst=max(1, min(config.window, int(config.per_second))))
        self._pace_timer: asyncio.TimerHandle | None = None
        self._connections: list[Connection] = []
        self._someone_up = asyncio.Event()
        self._stuck: Arrived | Told | None = None
        self._group: asyncio.TaskGroup | None = None
        self._log = _log.bind(account=config.account, protocol=speaks.name)

    @property
    def up(self) -> int:
        """Connections that are logged in now."""
        return len(self._connections)

    @property
    def waiting(self) -> int:
        """Messages of ours that wait for a place in a window."""
        return self._outbox.waiting

    def figures(self) -> Mapping[str, float]:
        """For /metrics: the counters, and what is up and waits now."""
        counted = {f"sms_link_{name}": float(getattr(self.counters, name)) for name in Counters.__slots__}
        return {**counted, "sms_link_up": self.up, "sms_link_waiting": self.waiting}

    def doors(self) -> Sequence[Door]:
        return ()

    # -- out -----------------------------------------------------------------------------------------------------------

    async def submit(self, target: str, text: str, key: str) -> Sequence[str]:
        """See the port. The same ``key`` with the same text goes on where it was left."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._submit_limit_s
        await self._wait_until_up(min(UP_LIMIT_S, self._submit_limit_s))
        submission = self._outbox.open(key, target, text, lambda: self._speaks.parts(target, text, key))
        self._pump()
        try:
            async with asyncio.timeout_at(end):
                await submission.rest.wait()
        except TimeoutError:
            pass
        finally:
            submission.withdraw()
        return self._outcome(submission, key)

    def _outcome(self, submission: Submission, key: str) -> list[str]:
        if (ids := submission.ids()) is not None:
            return ids
        error = submission.refused()
        if isinstance(error, Permanent):
            self._outbox.forget(key)
        if error is not None:
            raise error
        raise Retryable("运营商短信网关尚未应答 / the carrier has not answered yet", self._limits.answer_s)

    async def _wait_until_up(self, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                await self._someone_up.wait()
        except TimeoutError:
            raise Retryable(f"短信网关未连接 / not connected: {self.why}") from None

    def _pump(self) -> None:
        """Send what waits, as far as windows and our own pace allow."""
        loop = asyncio.get_running_loop()
        while (piece := self._outbox.next()) is not None:
            connection = max(self._connections, key=lambda one: one.session.room, default=None)
            if connection is None or connection.session.room <= 0:
                return
            if (wait := self._pace.wait(loop.time())) > 0:
                if self._pace_timer is None:
                    self._pace_timer = loop.call_later(wait, self._pace_over)
                return
            self._outbox.sent()
            try:
                connection.put(piece, piece.part)
            except ValueError as error:
                piece.settle(Submitted(error=Permanent(f"短信无法发送：{error}")))
                continue
            self._pace.sent(loop.time())
            self.counters.submitted += 1

    def _pace_over(self) -> None:
        self._pace_timer = None
        self._pump()

    # -- connections ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the connections until cancelled; then take our leave of the carrier."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for n in range(self._config.connections):
                group.create_task(self._keep_up(), name=f"sms-{self._config.account}-{n}")

    async def _keep_up(self) -> None:
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            ended = await self._one_connection()
            self.why = ended.why
            self.counters.refusals += ended.refused
            held = asyncio.get_running_loop().time() - began > self._config.reconnect_most_s
            failures = 1 if held else failures + 1
            await self._until_kept()
            pause = 0.0 if ended.again else self._pause(failures, ended.refused)
            self._log.warning("sms.link_down", why=ended.why, retry_in_s=round(pause, 2))
            await asyncio.sleep(pause)

    def _pause(self, failures: int, refused: bool) -> float:
        first, most = self._config.reconnect_first_s, self._config.reconnect_most_s
        longest = span(failures, first_s=first, most_s=most)
        least = min(_REFUSED_LEAST_S, most / 4) if refused else longest / 4
        return self._rng.uniform(least, max(least, longest))

    async def _one_connection(self) -> Ended:
        connection: Connection | None = None
        try:
            async with asyncio.timeout(_CONNECT_LIMIT_S):
                connection = await self._open()
        except OSError as error:  # TimeoutError is one, ssl.SSLError too
            return Ended(f"cannot connect to {self._config.host}:{self._config.port}: {error or 'no answer'}")
        try:
            await asyncio.wait({connection.ended})
            return connection.ended.result()
        finally:
            await self._over(connection)

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        tls = ssl.create_default_context() if self._config.tls else None
        _, connection = await loop.create_connection(
            lambda: Connection(self._speaks.dialect(), self._limits, self._on_event),
            self._config.host, self._config.port, ssl=tls,
        )  # fmt: skip
        return connection

    async def _over(self, connection: Connection) -> None:
        """After the end, or when we are cancelled: leave politely, count, and put back what has no answer."""
        with suppress(ValueError):
            self._connections.remove(connection)
        if not self._connections:
            self._someone_up.clear()
        if not connection.ended.done():
            connection.close()
            await asyncio.wait({connection.ended}, timeout=self._limits.leave_s + 0.5)
        self.counters.strange += connection.session.strange
        self.counters.resent += connection.session.resent
        self._put_back(connection)
        await connection.finish()

    def _put_back(self, connection: Connection) -> None:
        for waiting in reversed(list(connection.session.unanswered())):
            piece = waiting.item
            piece.sends = waiting.sends
            if waiting.sends < self._limits.tries:
                self._outbox.back(piece)
            else:
                words = f"运营商断开连接，{waiting.sends} 次发送均未应答 / the connection ended, never answered"
                piece.settle(Submitted(error=Retryable(words, self._limits.answer_s)))
        self._pump()

    def _on_event(self, connection: Connection, event: Event[Piece]) -> None:
        match event:
            case Delivered(frame):
                connection.begin_taking()
                assert self._group is not None
                self._group.create_task(self._take(connection, frame))
            case Answered(piece, submitted):
                self.counters.taken += submitted.error is None
                piece.settle(submitted)
                self._pump()
            case GivenUp(piece):
                words = "运营商短信网关多次未应答，已停发；对方可能已收到 / never answered, may have arrived"
                piece.settle(Submitted(error=Permanent(words)))
                self._pump()
            case Up(proved):
                self.counters.sessions += 1
                self._connections.append(connection)
                self._someone_up.set()
                self._log.info("sms.link_up", proved=proved)
                self._pump()

    # -- in ------------------------------------------------------------------------------------------------------------

    async def _take(self, connection: Connection, frame: Frame) -> None:
        """Keep what was delivered, then answer. Nothing that goes wrong with one touches the others."""
        try:
            handed = connection.dialect.handed(frame, self._means.clock())
            if await self._kept(handed, connection):
                self._count(handed)
                connection.received(frame)
        except Exception:
            self.counters.unfit += 1
            self._log.exception("sms.not_taken")
        finally:
            connection.end_taking()

    async def _kept(self, handed: Arrived | Told, connection: Connection) -> bool:
        """True when it is kept; False when the connection ended first, or ends now because nothing is kept."""
        loop = asyncio.get_running_loop()
        end, failures = loop.time() + self._config.patience_s, 0
        while not await self._offered(handed):
            failures += 1
            pause = span(failures, first_s=0.1, most_s=5.0)
            if loop.time() + pause > end:
                self._stuck = handed
                connection.close()
                return False
            await asyncio.wait({connection.ended}, timeout=pause)
            if connection.ended.done():
                return False
        return True

    async def _offered(self, handed: Arrived | Told) -> bool:
        try:
            async with asyncio.timeout(self._config.answer_s):
                await (self._inbox.told(handed) if isinstance(handed, Told) else self._inbox.arrived(handed))
            return True
        except OSError as error:
            self.counters.deferred += 1
            self._log.warning("sms.not_kept", error=type(error).__name__)
            return False

    async def _until_kept(self) -> None:
        """When our ledger kept nothing: stay away from the carrier until it keeps what failed last."""
        failures = 0
        while (stuck := self._stuck) is not None:
            try:
                kept = await self._offered(stuck)
            except Exception:
                self.counters.unfit += 1
                self._log.exception("sms.not_taken")
                kept = True
            if kept:
                self._stuck = None
                return
            failures += 1
            await asyncio.sleep(self._rng.uniform(0.5, 1.0) * span(failures, first_s=0.2, most_s=10.0))

    def _count(self, handed: Arrived | Told) -> None:
        if isinstance(handed, Told):
            self.counters.reports += 1
        else:
            self.counters.messages += 1
            self.counters.unreadable += "unreadable" in handed.flags
