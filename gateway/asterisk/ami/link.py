"""The link to Asterisk's manager: connects, logs in, watches, reconnects. One Link is one AMI user; a gateway has two,
one for events and one for orders, so that an order never waits behind a burst of events.

    link = Link(LinkConfig(host, port, user, secret, role="orders"), on_up=..., on_down=...)
    async with asyncio.TaskGroup() as group:
        group.create_task(link.run())
        ...
        frame = await link.send(actions.ping())
        link.close()

An action belongs to the session it was sent on. When that session ends the caller gets LinkDown, and nothing is ever
sent again: a transfer replayed ten seconds late is worse than one that failed. A peer that has fallen silent is noticed
within ``ping_every_s + ping_limit_s`` (9 s); TCP alone would need a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import inspect
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.actions import Action
from gateway.asterisk.ami.errors import ActionRefused, ActionTimeout, AmiError, LinkDown, LoginFailed
from gateway.asterisk.ami.replies import ONE, Answer, Exchange, Expect, Replies, is_error
from gateway.asterisk.ami.session import Counters, Frames, Session, Tap
from gateway.asterisk.ami.surface import Surface, headers_of
from gateway.asterisk.ami.wire import MAX_FRAME, Frame, FrameReader, Value

log = structlog.get_logger(__name__)

OnUp = Callable[["Link"], Awaitable[None] | None]
OnDown = Callable[[str], Awaitable[None] | None]

_CLOSED = "closed by the gateway"


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """Where and as whom to connect, and every limit, in seconds.

    ``wanted`` names the events to keep (None: all); for the role orders there are none. ``headers`` names, by event,
    the only ones that are looked at (of an event that it does not name: all). ``filters`` are headers of Filter actions
    sent after login; manager.conf is the better place. ``boot_limit_s`` is how long to wait for FullyBooted, which only
    users with read=system are told. ``stall_limit_s`` bounds how long a consumer may keep reading paused before the
    session is given up and begun anew with a snapshot. ``rest_s`` is how long the socket of events is left alone at
    least after some have come, ``rest_most_s`` at most, so that those behind them come together (see ``Session``).
    """

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    role: Literal["events", "orders"] = "events"
    wanted: frozenset[str] | None = None
    headers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    filters: tuple[str, ...] = ()
    connect_limit_s: float = 5.0
    login_limit_s: float = 5.0
    boot_limit_s: float = 30.0
    up_limit_s: float = 30.0
    down_limit_s: float = 5.0
    ping_every_s: float = 4.0
    ping_limit_s: float = 5.0
    stall_limit_s: float = 30.0
    backoff_first_s: float = 0.2
    backoff_most_s: float = 10.0
    max_frame: int = MAX_FRAME
    max_in_flight: int = 512
    queue_high: int = 20_000
    rest_s: float = 0.006
    rest_most_s: float = 0.040


class Backoff:
    """Waits between attempts: doubling from ``first`` to ``most`` seconds, each drawn from the upper half of its step,
    so that many gateways do not come back in one instant.
    """

    def __init__(self, first: float, most: float, rng: random.Random) -> None:
        self._first, self._most, self._rng = first, most, rng
        self._step = first

    def next(self) -> float:
        step, self._step = self._step, min(self._most, self._step * 2)
        return max(self._first, self._rng.uniform(step / 2, step))

    def reset(self) -> None:
        self._step = self._first


class Link(Surface):
    """See the module. ``frames(batch, at)`` gets events in order from the reader itself (at: seconds since the epoch),
    so it must be quick; give it ``FrameQueue.put`` for a consumer that may be slow. Events can come before ``on_up``.

    ``on_up(link)`` runs after each login, awaited with a limit while events flow; if it raises, the session is given
    up. ``on_down(why)`` follows each on_up, unless ``run`` itself was cancelled. ``tap(data, at)`` sees the raw bytes.
    """

    def __init__(
        self,
        config: LinkConfig,
        *,
        frames: Frames | None = None,
        tap: Tap | None = None,
        on_up: OnUp | None = None,
        on_down: OnDown | None = None,
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(
            Counters(),
            config.queue_high,
            host=config.host,
            port=config.port,
            username=config.username,
            protocol_factory=self._new_session,
        )
        self.settings = config
        self.why = "not connected yet"
        self._frames, self._tap, self._on_up, self._on_down = frames, tap, on_up, on_down
        self._clock = clock
        self._backoff = Backoff(config.backoff_first_s, config.backoff_most_s, rng or random.SystemRandom())
        self._session: Session | None = None  # logged in
        self._up_since: float | None = None  # and booted, so that on_up was called
        self._closing = asyncio.Event()
        self._running = False
        self._pauses = 0
        self._paused_at = self._resumed_at = 0.0
        self._for_callbacks.flow = self

    @property
    def up(self) -> bool:
        """Logged in to a booted Asterisk, as far as is known. ``why`` says why not."""
        return self._up_since is not None and self._session is not None and not self._session.lost.done()

    @property
    def in_flight(self) -> int:
        """Actions that wait for their answer now."""
        return self._session.in_flight() if self._session is not None else 0

    # -- sending

    async def send(self, action: Action | Mapping[str, Any], timeout: float = 5.0) -> Frame:
        """Send one action and return its Success response.

        Raises LinkDown, ActionTimeout (``timeout`` in seconds), ActionRefused with Asterisk's message, UnsafeHeader.
        """
        return (await self._ask(action, ONE, timeout)).response

    async def send_list(
        self, action: Action | Mapping[str, Any], complete_event: str = "", timeout: float = 10.0
    ) -> list[Frame]:
        """Send an action that is answered by a list and return its items, without response and closing event.

        The list ends with ``EventList: Complete`` or with ``complete_event``. "Nothing found" errors that the action
        names are an empty list. Raises as ``send`` does; a session that ends in mid-list raises LinkDown.
        """
        complete = complete_event or (action.complete if isinstance(action, Action) else "")
        try:
            return (await self._ask(action, Expect(many=True, complete=complete), timeout)).items
        except ActionRefused as refused:
            if isinstance(action, Action) and refused.message in action.nothing_found:
                return []
            raise

    async def _ask(self, action: Action | Mapping[str, Any], expect: Expect, limit: float) -> Answer:
        headers = list(action.headers) if isinstance(action, Action) else headers_of(action)
        session, exchange = self._exchange(headers, expect)
        return await self._answer(session, exchange, limit)

    async def _answer(self, session: Session, exchange: Exchange, limit: float) -> Answer:
        try:
            async with asyncio.timeout(limit):
                answer = await exchange.answer
        except TimeoutError:
            self.counters.timeouts += 1
            raise ActionTimeout(exchange.action, limit) from None
        finally:
            session.abandon(exchange)
        if is_error(answer.response):
            heads = answer.response  # a refused Command has its reason in its output
            message = (heads.get("Output") or heads.get("Message") or "no reason given").strip()
            raise ActionRefused(message, exchange.action, answer.response)
        return answer

    def _exchange(self, headers: list[tuple[str, Value]], expect: Expect) -> tuple[Session, Exchange]:
        if self._session is None or not self.up:
            raise LinkDown(self.why)
        return self._session, self._session.exchange(str(headers[0][1]) if headers else "", headers, expect)

    # -- running

    async def run(self) -> None:
        """Keep the link up until ``close()``. For a TaskGroup; once in a Link's life."""
        if self._running:
            raise RuntimeError("this link runs already or has run")
        self._running = True
        async with asyncio.TaskGroup() as group:
            callbacks = group.create_task(self._run_callbacks())
            await self._keep_up()
            callbacks.cancel()

    def close(self) -> None:
        """Log off and never reconnect; ``run()`` returns soon after. What is in flight raises LinkDown."""
        self._closing.set()
        if self._session is not None:
            self._session.farewell(_CLOSED)

    def pause(self) -> None:
        """Stop reading, for a consumer that has fallen behind (``FrameQueue`` does it). Each needs its ``resume``."""
        self._pauses += 1
        if self._pauses == 1:
            self._paused_at = time.monotonic()
            if self._session is not None:
                self._session.pause()

    def resume(self) -> None:
        self._pauses -= 1
        if self._pauses == 0:
            self._resumed_at = time.monotonic()
            if self._session is not None:
                self._session.resume()

    async def _keep_up(self) -> None:
        while not self._closing.is_set():
            await self._one_session()
            if self._closing.is_set():
                break
            self.counters.failures += 1
            wait = self._backoff.next()
            log.warning("ami.down", role=self.settings.role, why=self.why, retry_in_s=round(wait, 2))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), wait)

    async def _one_session(self) -> None:
        opened = await self._unless_closed(self._open())
        if not isinstance(opened, Session):
            self.why = opened or _CLOSED
            return
        self._session = self.protocol = session = opened
        try:
            await self._hold(session)
        finally:
            session.fail(_CLOSED)
            self.why = session.lost.result()
            was_up_since, self._up_since = self._up_since, None
            self._session = self.protocol = None
            await session.finish()
        if was_up_since is not None:
            if time.monotonic() - was_up_since > self.settings.backoff_most_s:
                self._backoff.reset()
            await self._tell_down()

    async def _unless_closed(self, opening: Coroutine[Any, Any, Session | str]) -> Session | str | None:
        """Await ``opening``, or give it up when the link is closed meanwhile."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(opening)
            closed = group.create_task(self._closing.wait())
            await asyncio.wait({task, closed}, return_when=asyncio.FIRST_COMPLETED)
            task.cancel()
            closed.cancel()
        return None if task.cancelled() else task.result()

    async def _open(self) -> Session | str:
        """Connect and log in; a session, or why there is none."""
        session: Session | None = None
        limits, host, port = self.settings, self.config["host"], self.config["port"]
        try:
            async with asyncio.timeout(limits.connect_limit_s):
                loop = asyncio.get_running_loop()
                _, session = await loop.create_connection(self.config["protocol_factory"], host, port)
            async with asyncio.timeout(limits.login_limit_s):
                await self._log_in(session)
        except (OSError, AmiError) as error:  # TimeoutError is an OSError
            if session is None:
                return f"cannot connect to {host}:{port}: {str(error) or 'no answer'}"
            session.fail(f"login: {str(error) or 'no answer within the limit'}")
            return session.lost.result()
        except asyncio.CancelledError:
            if session is not None:
                session.fail(_CLOSED)
            raise
        return session

    def _new_session(self) -> Session:
        """The protocol factory. ActionIDs begin anew, so that no session answers what another was asked."""
        prefix = f"gw-{secrets.token_hex(4)}-"
        keep = frozenset[str]() if self.settings.role == "orders" else self.settings.wanted
        read = None if keep is None else keep | {"FullyBooted"}
        reader = FrameReader(read, self.settings.max_frame, own=prefix, headers=self.settings.headers)
        replies = Replies(prefix, self.settings.max_in_flight)
        rest_s = self.settings.rest_s if self.settings.role == "events" else 0.0
        return Session(
            reader, replies, self.counters, self._clock, self._hand_on, self._tap, keep, rest_s,
            self.settings.rest_most_s,
        )  # fmt: skip

    async def _log_in(self, session: Session) -> None:
        """Greeting, MD5 challenge, login: the secret itself never crosses the wire."""
        await asyncio.wait({session.greeted})
        if session.greeted.result() is None:
            raise LinkDown(session.lost.result())
        challenge = await self._ask_on(session, actions.challenge())
        word = challenge.get("Challenge", "") + self.settings.secret
        key = hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()  # AMI knows no better
        login = actions.login(self.settings.username, key, events=self.settings.role == "events")
        try:
            await self._ask_on(session, login)
        except ActionRefused as refused:
            raise LoginFailed(f"user {self.settings.username!r} refused: {refused.message}") from None
        for criterion in self.settings.filters:
            await self._ask_on(session, actions.filter_events(criterion))

    async def _ask_on(self, session: Session, action: Action) -> Frame:
        exchange = session.exchange(action.name, action.headers, ONE)
        return (await self._answer(session, exchange, self.settings.login_limit_s)).response

    async def _hold(self, session: Session) -> None:
        """Watch over a logged-in session until it ends."""
        if self._closing.is_set():  # in the very moment of the login
            session.farewell(_CLOSED)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._watch(session)), group.create_task(self._come_up(session))]
            await asyncio.wait({session.lost})
            for task in tasks:
                task.cancel()

    async def _come_up(self, session: Session) -> None:
        limit = self.settings.boot_limit_s if self.settings.role == "events" else 0.0
        if limit:
            await asyncio.wait({session.booted}, timeout=limit)
            if not session.booted.done():
                log.warning("ami.not_booted", hint="has the AMI user read=system?", waited_s=limit)
        if session.lost.done():
            return
        if self._pauses:
            session.pause()
        self._up_since = time.monotonic()
        self.counters.sessions += 1
        log.info("ami.up", role=self.settings.role, version=session.greeted.result())
        try:
            if self._on_up is not None:
                async with asyncio.timeout(self.settings.up_limit_s):
                    await _maybe(self._on_up(self))
        except LinkDown:
            session.fail("the link went down during on_up")
        except Exception as error:
            self.counters.callback_failed("on_up")
            session.fail(f"on_up failed: {type(error).__name__} {error}")

    async def _tell_down(self) -> None:
        try:
            if self._on_down is not None:
                async with asyncio.timeout(self.settings.down_limit_s):
                    await _maybe(self._on_down(self.why))
        except Exception:
            self.counters.callback_failed("on_down")

    def _hand_on(self, frames: list[Frame], at: float) -> None:
        if self.patterns:
            self._for_callbacks.put(frames, at)
        if self._frames is not None:
            self._frames(frames, at)

    # -- watching

    async def _watch(self, session: Session) -> None:
        """A ping every few seconds; unanswered within its limit it is the end. Not judged while we do not read."""
        while True:
            await asyncio.sleep(self.settings.ping_every_s)
            if self._pauses:
                paused_s = time.monotonic() - self._paused_at
                if paused_s > self.settings.stall_limit_s:
                    session.fail(f"the consumer has not kept up for {paused_s:.0f} s")
            elif not await self._is_alive(session):
                session.fail(f"no answer to a ping within {self.settings.ping_limit_s:g} s")

    async def _is_alive(self, session: Session) -> bool:
        began = time.monotonic()
        self.counters.pings += 1
        try:
            exchange = session.exchange("Ping", actions.ping().headers, ONE)
        except LinkDown as down:  # ended, or too many actions unanswered: the watch goes on
            log.warning("ami.no_ping", why=down.why)
            return True
        for _ in range(2):
            await asyncio.wait({exchange.answer}, timeout=self.settings.ping_limit_s)
            if exchange.answer.done() or self._pauses or self._resumed_at > began:
                break
            if session.silent_s() > self.settings.ping_limit_s / 2:
                return False
            # bytes are streaming in: the answer stands behind a backlog, wait for it once more
        else:
            return False
        if exchange.answer.done():
            exchange.answer.exception()  # seen
        session.abandon(exchange)
        return True


async def _maybe(result: Awaitable[None] | None) -> None:
    if inspect.isawaitable(result):
        await result
