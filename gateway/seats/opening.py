"""Queues opened and closed, and emergency broadcasts: what shift leads switch before queues, and for how long.

Asterisk keeps it and acts on it alone (``gateway.seats.queue_states``). So an act is: have the words spoken, have
Asterisk remember, and read back what it remembers; the hall shows only what was read. ``run`` reads again now and
then, because what is in force ends by itself, and sweeps up what has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from gateway.model.facts import Fact, NoticeHeard, QueueWasClosed, Snapshot
from gateway.model.ids import QueueId, new_id
from gateway.model.orders import Forget, OrderRefused, Remember
from gateway.seats.capacity import IsOpen, lines_of
from gateway.seats.hall import Hall
from gateway.seats.ports import Memory, Switch, Voice
from gateway.seats.queue_states import Broadcast, Closure, QueueStates
from gateway.seats.queue_words import closed_words
from gateway.seats.queueing import QueueRefused

_log = structlog.get_logger(__name__)

MOST_BROADCAST_S = 24 * 3600.0
"""The longest broadcast. Ours: one that is still needed tomorrow is worth being said again by a person."""
MOST_CLOSED_S = 366 * 86_400.0
_EVERY_S = 30.0
_LEAST_S = 0.2
_HEARD_KEPT = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """A broadcast as asked for: ``text`` to be spoken, or the name of a ``recording``; ``queues`` None for all."""

    queues: Sequence[str] | None
    until: float
    text: str = ""
    text_en: str = ""
    recording: str = ""


class Openings:
    """Acts of shift leads on queues, and the keeper of what Asterisk says of them. The acts raise QueueRefused, and
    OrderRefused for Asterisk's no; they return when Asterisk has taken it. ``show`` hands the hall's news on."""

    HEARS = (Snapshot, NoticeHeard, QueueWasClosed)

    def __init__(
        self, hall: Hall, switch: Switch, memory: Memory, voice: Voice, is_open: IsOpen, now: Callable[[], float],
        show: Callable[[], None],
    ) -> None:  # fmt: skip
        self._hall, self._switch, self._memory, self._voice = hall, switch, memory, voice
        self._is_open, self._now, self._show = is_open, now, show
        self._asked = asyncio.Event()
        self._turn = asyncio.Lock()
        self.states = QueueStates()
        self.heard: dict[str, int] = {}
        """Callers who have heard a broadcast, by its id, since this node runs."""
        self.sent_on = 0
        """Callers who met a closed queue, since this node runs."""

    # -- acts --------------------------------------------------------------------------------------------------------

    async def close(self, closure: Closure) -> Closure:
        """Close a queue; who waits in it already is served. Again for a closed queue: the new words and end hold."""
        now, queue = self._now(), self._hall.queues.get(closure.queue)
        if queue is None:
            raise QueueRefused("unknown", f"没有队列 {closure.queue}", f"there is no queue {closure.queue}", "id")
        self._check_to(closure, now)
        if closure.until is not None and not now < closure.until <= now + MOST_CLOSED_S:
            raise QueueRefused(
                "not_allowed", "结束时间须在一年之内", "until must lie ahead, by at most a year", "until"
            )
        self._rows(closure)
        words = closed_words(queue.config, closure, now, self._hall.zone)
        try:
            closure = replace(closure, sound=await self._voice.speak(new_id(), *words))
        except OrderRefused as refused:  # the dialplan has words of its own for this
            _log.warning("queues.not_spoken", queue=closure.queue, why=refused.why)
        async with self._turn:
            await self._keep(closure)
            await self._read()
        return closure

    def _check_to(self, closure: Closure, now: float) -> None:
        if not closure.to:
            return
        if self._hall.queues.get(QueueId(closure.to)) is None:
            raise QueueRefused("not_allowed", f"没有队列 {closure.to}", f"there is no queue {closure.to}", "to")
        if closure.to == closure.queue or self.states.closure(closure.to, now) is not None:
            raise QueueRefused("not_allowed", "转往的队列须是开放的", "callers must be sent on to an open queue", "to")

    async def open(self, queue: str) -> None:
        """Open a queue; one that is open already stays so."""
        if self._hall.queues.get(QueueId(queue)) is None:
            raise QueueRefused("unknown", f"没有队列 {queue}", f"there is no queue {queue}", "id")
        async with self._turn:
            await self._switch.carry_out(Forget("gw-closed", queue))
            await self._switch.carry_out(Forget("gw-note", f"closed_{queue}"))
            await self._read()

    async def broadcast(self, wish: Wish, by: str) -> Broadcast:
        """Have it heard by whoever comes into these queues, once a call, from now on. A queue has one broadcast, and
        there is one for all; the newer replaces the older."""
        now = self._now()
        self._check_wish(wish, now)
        queues = tuple(QueueId(queue) for queue in wish.queues or ())
        made = Broadcast(
            new_id(), wish.until, queues, wish.text, wish.text_en, wish.recording, by=by, at=round(now, 3)
        )  # fmt: skip
        self._rows(made)
        if wish.recording:
            sound = await self._voice.install(made.id, wish.recording)
        else:
            sound = await self._voice.speak(made.id, wish.text, wish.text_en or f"[zh]{wish.text}")
        made = replace(made, sound=sound)
        async with self._turn:
            await self._keep(made)
            await self._read()
        return made

    def _check_wish(self, wish: Wish, now: float) -> None:
        for queue in wish.queues or ():
            if self._hall.queues.get(QueueId(queue)) is None:
                raise QueueRefused("not_allowed", f"没有队列 {queue}", f"there is no queue {queue}", "queues")
        if bool(wish.text) == bool(wish.recording):
            raise QueueRefused("not_allowed", "文字和录音须选其一", "give either text or sound", "text")
        if not now < wish.until <= now + MOST_BROADCAST_S:
            raise QueueRefused("not_allowed", "结束时间须在24小时之内", "until must lie within 24 h", "until")
        if wish.recording and wish.recording not in self._voice.recordings():
            raise QueueRefused("not_allowed", f"没有录音 {wish.recording}", f"no recording {wish.recording}", "sound")

    async def end(self, id: str) -> Broadcast:
        """End a broadcast before its time; returns what it was."""
        async with self._turn:
            await self._read()
            found = self.states.broadcasts.get(id)
            if found is None or not found.holds(self._now()):
                raise QueueRefused("unknown", "没有这条播报", "there is no such broadcast", "id")
            for key in found.keys:
                await self._switch.carry_out(Forget("gw-notice", key))
            await self._switch.carry_out(Forget("gw-note", f"notice_{id}"))
            await self._read()
        return found

    def broadcasts(self) -> list[Broadcast]:
        """What is heard now, the newest first."""
        return self.states.in_force(self._now())

    def recordings(self) -> list[str]:
        """The names of recordings that may be broadcast."""
        return self._voice.recordings()

    def _rows(self, what: Closure | Broadcast) -> list[Remember]:
        try:
            return what.rows()
        except ValueError as error:
            field, _, why = str(error).partition(": ")
            raise QueueRefused("not_allowed", "文字过长", why, field) from None

    async def _keep(self, what: Closure | Broadcast) -> None:
        for row in self._rows(what):
            await self._switch.carry_out(row)

    # -- what Asterisk says ------------------------------------------------------------------------------------------

    def on_fact(self, fact: Fact) -> None:
        """Take a fact that the hall has. A snapshot is a reason to read again."""
        if isinstance(fact, Snapshot):
            self._asked.set()
        elif isinstance(fact, NoticeHeard):
            if len(self.heard) < _HEARD_KEPT or fact.notice in self.heard:
                self.heard[fact.notice] = self.heard.get(fact.notice, 0) + 1
        elif isinstance(fact, QueueWasClosed):
            self.sent_on += 1

    def poke(self) -> None:
        """Look again soon: the configuration has changed."""
        self._asked.set()

    async def run(self) -> None:
        """Read what Asterisk keeps when it is there (again), when something ends, and now and then."""
        while True:
            try:
                async with asyncio.timeout(self._pause()):
                    await self._asked.wait()
            except TimeoutError:
                pass
            self._asked.clear()
            if self._hall.link == "up":
                await self.refresh()
            self._show_all()

    def _pause(self) -> float:
        now = self._now()
        end = self.states.next_end(now)
        return _EVERY_S if end is None else min(_EVERY_S, max(_LEAST_S, end - now + _LEAST_S))

    async def refresh(self) -> None:
        """Read, sweep up what has ended, and keep only the sounds that are still played."""
        async with self._turn:
            try:
                await self._read()
                if over := self.states.over(self._now()):
                    for order in over:
                        await self._switch.carry_out(order)
                    await self._read()
                await self._voice.keep_only(self.states.sounds)
            except OrderRefused as refused:
                _log.info("queues.not_read", why=refused.why)

    async def _read(self) -> None:
        closed = await self._memory.kept("gw-closed")
        notices = await self._memory.kept("gw-notice")
        self.states = QueueStates.of(closed, notices, await self._memory.kept("gw-note"))
        self.heard = {id: count for id, count in self.heard.items() if id in self.states.broadcasts}
        self._show_all()

    def _show_all(self) -> None:
        now = self._now()
        for id, queue in self._hall.queues.queues.items():
            closed, heard = self.states.closure(id, now), self.states.broadcast(id, now)
            self._hall.show_queue(id, closed, heard, lines_of(queue.config, now, self._is_open))
        self._show()
