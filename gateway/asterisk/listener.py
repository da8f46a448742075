"""The listener: the one writer of the hall. Frames in, facts, state, and out of it changes, diffs and orders.

Each session of the event link is: marker, snapshot, stream, marker. Frames that come before the session's snapshot is
applied wait in the bounded queue behind its marker; if the session dies before its snapshot is whole, what it brought
is skipped, because the next snapshot covers it. Nothing here drops a frame of a live session: when the recorder is
behind, the consumer waits, the queue fills, and reading from Asterisk pauses.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import structlog

from gateway.asterisk.ami.backpressure import FrameQueue
from gateway.asterisk.ami.errors import AmiError
from gateway.asterisk.ami.link import Link
from gateway.asterisk.ami.wire import Frame
from gateway.asterisk.snapshot import take_images, take_snapshot
from gateway.asterisk.transfers import Targets
from gateway.asterisk.translate import translate
from gateway.model.facts import Fact, LinkLost, Snapshot
from gateway.model.hearers import Hearers
from gateway.model.orders import Order, OrderRefused
from gateway.model.records import CallChange
from gateway.seats.drift import DriftWatch, differences
from gateway.seats.hall import Hall
from gateway.seats.ports import Switch
from gateway.seats.rules import Rules

_log = structlog.get_logger(__name__)

_UP, _LOST = "gateway-up", "gateway-lost"
_TICK_S = 0.25
_DRIFT_EVERY_S, _DRIFT_AGAIN_S = 30.0, 2.0
_BURST = 200
"""Facts applied before what they changed is handed on: bounds the delay of the live stream within a long batch."""

Keep = Callable[[Sequence[CallChange]], Awaitable[None]]
Publish = Callable[[dict[str, Any]], None]
CatchUp = Callable[[Snapshot], AsyncIterator[list[CallChange]]]
"""What happened to calls before a snapshot, while nobody watched (``gateway.asterisk.unseen``)."""


class Listener:
    """Owns the hall. ``keep`` makes changes of calls durable (it may wait), ``publish`` shows a diff (it may not).
    ``also`` are told of facts once the hall has them, ``changed`` of the changes of calls; they may not wait either."""

    def __init__(
        self, hall: Hall, rules: Rules, switch: Switch, keep: Keep, publish: Publish, now: Callable[[], float]
    ) -> None:
        self.hall = hall
        self.frames = FrameQueue()
        self.drift = DriftWatch()
        self.order_failures = 0
        self.on_link: Callable[[bool, str], None] | None = None
        self.catch_up: CatchUp | None = None
        self.also = Hearers()
        self.changed: list[Callable[[Sequence[CallChange]], None]] = []
        self.followed: Callable[[], bool] = lambda: True
        """Whether anybody is there to be shown a diff."""
        self._rules = rules
        self._targets = Targets()
        self._switch = switch
        self._keep = keep
        self._publish = publish
        self._now = now
        self._session = 0
        self._snapshots: dict[int, asyncio.Future[Snapshot | None]] = {}
        self._orders: asyncio.Queue[Order] = asyncio.Queue(2000)
        self._live = False
        self._writing = asyncio.Lock()

    # -- callbacks of the event link ---------------------------------------------------------------------------------

    async def link_up(self, link: Link) -> None:
        """Begin a session: mark it in the stream, take its snapshot. A failed snapshot gives the session up."""
        self._session += 1
        session = self._session
        self._snapshots[session] = asyncio.get_running_loop().create_future()
        self.frames.put([_marker(_UP, session)], self._now())
        snapshot = await take_snapshot(link, session, self._now)
        future = self._snapshots.get(session)
        if future is not None and not future.done():
            future.set_result(snapshot)

    def link_down(self, why: str) -> None:
        """End the session: what it did not finish is not waited for."""
        future = self._snapshots.get(self._session)
        if future is not None and not future.done():
            future.set_result(None)
        lost = _marker(_LOST, self._session)
        lost["Why"] = why
        self.frames.put([lost], self._now())

    # -- tasks -------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Consume frames until cancelled."""
        while True:
            frames, at = await self.frames.get()
            for start in range(0, len(frames), _BURST):
                await self._take(frames[start : start + _BURST], at)

    async def tick(self) -> None:
        """Look at the clock a few times a second: wrap-ups that are over."""
        while True:
            await asyncio.sleep(_TICK_S)
            self._order(self._rules.due(self._now()))
            await self._hand_on([])

    async def obey(self) -> None:
        """Give the rules' orders to the switch, one after another; a refused one is logged and due again later."""
        while True:
            order = await self._orders.get()
            try:
                await self._switch.carry_out(order)
            except OrderRefused:
                self.order_failures += 1

    async def check_drift(self, link: Link) -> None:
        """Compare with Asterisk's own lists now and then; heal and count what two looks agree on."""
        while True:
            await asyncio.sleep(_DRIFT_AGAIN_S if self.drift.suspects else _DRIFT_EVERY_S)
            if not (link.up and self._live):
                continue
            try:
                images = await take_images(link, self._now)
            except AmiError as error:
                _log.warning("drift.no_list", why=str(error))
                continue
            heal = self.drift.look(differences(self.hall, self._now(), *images))
            if heal:
                self.hall.drift = self.drift.total
                _log.warning("drift.healed", facts=[type(fact).__name__ for fact in heal])
                await self._apply(heal)

    # -- the fold ----------------------------------------------------------------------------------------------------

    async def _take(self, frames: Sequence[Frame], at: float) -> None:
        facts: list[Fact] = []
        for frame in frames:
            name = frame.get("Event")
            if name == _UP:
                await self._apply(facts)
                facts = []
                await self._begin(int(frame["Session"]))
            elif name == _LOST:
                facts.append(LinkLost(at, frame.get("Why", "")))
                await self._apply(facts)
                facts = []
                self._lost(frame.get("Why", ""))
            elif self._live:
                fact = translate(frame, at)
                if fact is not None and self._targets.passes(fact):
                    facts.append(fact)
        await self._apply(facts)

    async def _begin(self, session: int) -> None:
        snapshot = await self._snapshots[session]
        del self._snapshots[session]
        if snapshot is None:
            return
        self._live = True
        if self.catch_up is not None:
            async for changes in self.catch_up(snapshot):
                await self._hand_on(changes)
        await self._apply([snapshot])
        _log.info("hall.snapshot", epoch=session, legs=len(snapshot.legs), members=len(snapshot.members))
        if self.on_link is not None:
            self.on_link(True, "")

    def _lost(self, why: str) -> None:
        was_live, self._live = self._live, False
        if was_live and self.on_link is not None:
            self.on_link(False, why)

    async def _apply(self, facts: Sequence[Fact]) -> None:
        changes: list[CallChange] = []
        for fact in facts:
            # Frozen at once: the live record moves on with the next fact of the same burst.
            for change in self.hall.apply(fact):
                changes.append(change.frozen())
            self.also.tell(fact)
            orders = self._rules.react(fact)
            if orders:
                self._order(orders)
        await self._hand_on(changes)

    def show(self) -> None:
        """Hand what has changed to the live stream now."""
        if not self.followed():
            self.hall.pass_over()
            return
        diff = self.hall.take_diff(self._now())
        if diff is not None:
            self._publish(diff)

    async def _hand_on(self, changes: list[CallChange]) -> None:
        changes += [change.frozen() for change in self.hall.wrap_up_over(self._now())]
        self.show()
        if changes:
            for told in self.changed:
                told(changes)
            # Two tasks hand changes on (the stream and the clock): the lock keeps their order.
            async with self._writing:
                await self._keep(changes)

    def _order(self, orders: list[Order]) -> None:
        for order in orders:
            if self._orders.full():
                self.order_failures += 1
                _log.error("orders.full", order=type(order).__name__)
                return
            self._orders.put_nowait(order)


def _marker(name: str, session: int) -> Frame:
    return Frame({"Event": name, "Session": str(session)})
