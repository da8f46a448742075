"""Keeps the expected waits of all queues: reckons them once a second, learns how long calls are handled and how long
callers hold, and tells the live stream what has moved.

The model is ``gateway.kpi.wait``. A page that shows a wait for some seconds more or less is not wrong, and a queue's
view is large when many wait: so a queue is told of again only when an expectation has left what was last told by more
than the greater of 5 s and a fifth. The views of a queue that moved for another reason carry the newest anyway.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from gateway.kpi.erlang import LoadNow, Offered
from gateway.kpi.wait import AgentNow, HandlingTimes, Patience, expected_waits
from gateway.model.facts import CallAbandoned, CallQueued, Fact, SeatAnswered, Snapshot
from gateway.model.ids import LegId, QueueId, SeatId
from gateway.model.records import CallRecord
from gateway.seats.hall import Hall
from gateway.seats.map import Seat
from gateway.seats.queues import Queue, Waiting

EVERY_S = 1.0
"""Seconds between two looks."""

_STEP_S, _SHARE = 5.0, 0.2
_HOUR_S = 3600.0
_MOST_ARRIVALS = 50_000
_BUSY = frozenset({"talking", "held", "consulting", "three_way", "outbound", "monitored"})


@dataclass(slots=True)
class _Known:
    """What is learnt of one queue. ``told`` is what the live stream shows, the next caller's under None."""

    handling: HandlingTimes = field(default_factory=HandlingTimes)
    patience: Patience = field(default_factory=Patience)
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_ARRIVALS))
    answer_s: float = 4.0
    told: dict[LegId | None, float | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Handled:
    """A call at a seat while it is handled: its talk, and from ``talked`` on its wrap-up."""

    queue: QueueId
    began: float
    talked: float | None = None


class Expecting:
    """``show`` hands what the hall was told to the live stream; ``now`` is epoch seconds by the hall's clock."""

    HEARS = (CallQueued, CallAbandoned, SeatAnswered, Snapshot)

    def __init__(self, hall: Hall, show: Callable[[], None], now: Callable[[], float]) -> None:
        self._hall, self._show, self._now = hall, show, now
        self._known: dict[QueueId, _Known] = {}
        self._at_seats: dict[SeatId, _Handled] = {}
        hall.on_seat.append(self._follow)

    def take_up(self, records: Iterable[CallRecord]) -> None:
        """Learn from calls that have ended, oldest first: after a restart the day is not unknown."""
        for one in records:
            known = self._of(one.queue)
            known.arrivals.append(one.started_at)
            if one.answered_at is not None and one.talk_s:
                known.handling.add(one.talk_s + (one.hold_s or 0.0), one.wrap_s or 0.0)
            if one.wait_s is not None:
                known.patience.add(one.wait_s, lost=one.answered_at is None)

    def on_fact(self, fact: Fact) -> None:
        """Count arrivals and how callers leave."""
        if isinstance(fact, CallQueued):
            self._of(fact.queue).arrivals.append(fact.at)
        elif isinstance(fact, CallAbandoned):
            self._of(fact.queue).patience.add(fact.hold_s, lost=True)
        elif isinstance(fact, SeatAnswered):
            known = self._of(fact.queue)
            known.patience.add(fact.hold_s, lost=False)
            known.answer_s += (min(fact.ring_s, 30.0) - known.answer_s) / 20.0
        elif isinstance(fact, Snapshot):
            for seat in self._hall.seats.by_id.values():
                self._follow(seat, fact.at)

    async def run(self) -> None:
        """Look every second, for ever; the loop is given back after each queue, which may cost some milliseconds."""
        while True:
            await asyncio.sleep(EVERY_S)
            moved = False
            for one_moved in self._looks():
                moved |= one_moved
                await asyncio.sleep(0)
            if moved:
                self._show()

    def look(self) -> bool:
        """Reckon every queue anew; true when the live stream has something to show."""
        return any(list(self._looks()))

    def _looks(self) -> Iterator[bool]:
        now = self._now()
        for queue_id, queue in list(self._hall.queues.queues.items()):
            if self._hall.link == "up":
                yield self._reckon(queue_id, queue, now)

    def load(self, queue_id: str) -> LoadNow | None:
        """What comes to a queue now and who is there for it: calls of the last hour, recent handling and patience.
        None for a queue that is not ours."""
        queue = self._hall.queues.get(QueueId(queue_id))
        if queue is None:
            return None
        known, now = self._of(QueueId(queue_id)), self._now()
        calls = sum(now - at <= _HOUR_S for at in known.arrivals)
        offered = Offered(
            float(calls), known.handling.mean + known.answer_s, known.patience.mean, float(queue.config.answer_within_s)
        )
        return LoadNow(offered, len(self._agents(QueueId(queue_id), now)))

    # -- learning

    def _of(self, queue: QueueId | None) -> _Known:
        known = self._known.get(queue or QueueId(""))
        if known is None:  # setdefault would make what is learnt of a queue anew for each fact
            known = self._known[queue or QueueId("")] = _Known()
        return known

    def _follow(self, seat: Seat, at: float) -> None:
        """A seat's state has moved: follow it from its call to the end of its wrap-up."""
        seat_id = SeatId(seat.config.id)
        at_seat, busy = self._at_seats.get(seat_id), seat.activity in _BUSY
        if at_seat is not None and at_seat.talked is None and not busy:
            at_seat.talked = at
        if at_seat is not None and at_seat.talked is not None and (busy or seat.presence != "wrap_up"):
            talked = at_seat.talked
            self._of(at_seat.queue).handling.add(talked - at_seat.began, at - talked)
            del self._at_seats[seat_id]
            at_seat = None
        if busy and at_seat is None and seat.queue is not None:
            self._at_seats[seat_id] = _Handled(seat.queue, _began(self._hall, seat))

    # -- reckoning

    def _reckon(self, queue_id: QueueId, queue: Queue, now: float) -> bool:
        known, callers = self._of(queue_id), list(queue.waiting.values())
        elsewhere = self._elsewhere(queue_id, queue)
        ahead = [place + _first(elsewhere, one) for place, one in enumerate(callers)]
        ahead.append(len(callers) + _first(elsewhere, None))
        rising = [max(ahead[: at + 1]) for at in range(len(ahead))]
        agents = self._agents(queue_id, now, rising[-1] + 1.0)
        waits = expected_waits(
            agents, known.handling, rising, hang_up_rate=known.patience.rate, answer_s=known.answer_s
        )
        legs: list[LegId | None] = [*(one.leg for one in callers), None]
        fresh = {leg: None if wait is None else float(round(wait)) for leg, wait in zip(legs, waits, strict=True)}
        moved = any(_left(known.told, leg, wait) for leg, wait in fresh.items())
        callers_waits = {leg: wait for leg, wait in fresh.items() if leg is not None and wait is not None}
        self._hall.expect(queue_id, callers_waits, fresh[None], tell=moved)
        if moved:
            known.told = fresh
        return moved

    def _agents(self, queue_id: QueueId, now: float, enough: float = inf) -> list[AgentNow]:
        """Who takes calls of a queue, now or after what they do. Of the whole hall only so many as are needed to know
        that ``enough`` are free: then what the others do says nothing, and that is how it is most of the day."""
        found: list[AgentNow] = []
        for seat in self._hall.seats.by_id.values():
            doing = self._doing(seat, queue_id, now)
            if doing is not None:
                found.append(AgentNow(*doing))
                enough -= doing[0] in ("ready", "ringing")
                if enough <= 0.0:
                    break
        return found

    def _doing(
        self, seat: Seat, queue_id: QueueId, now: float
    ) -> tuple[Literal["ready", "ringing", "talking", "wrapping"], float] | None:
        member = seat.members.get(queue_id)
        if member is None or seat.presence in ("signed_out", "not_ready") or not seat.reachable:
            return None
        if member.paused and seat.presence != "wrap_up":
            return None
        if seat.activity in _BUSY:
            return "talking", max(0.0, now - _began(self._hall, seat))
        if seat.activity in ("ringing", "reserved"):
            return ("ringing", 0.0) if seat.queue in (queue_id, None) else ("talking", 0.0)
        if seat.presence == "wrap_up":
            until = seat.wrap_up_until if seat.wrap_up_until is not None else now + self._of(queue_id).handling.wrap
            return "wrapping", max(0.0, until - now)
        return "ready", 0.0

    def _elsewhere(self, queue_id: QueueId, queue: Queue) -> _Elsewhere:
        """Callers of other queues who may come first, by what part of them our agents take, and whether all of them do:
        those of a queue with more weight. Of one with the same, who waits longer (app_queue goes by weight)."""
        others = self._hall.queues.queues.items()
        return [
            (list(other.waiting.values()), self._shared(queue_id, other_id), other.config.weight > queue.config.weight)
            for other_id, other in others
            if other is not queue and other.waiting and other.config.weight >= queue.config.weight
        ]

    def _shared(self, ours: QueueId, other: QueueId) -> float:
        """The part of another queue's agents who take our calls as well."""
        members = [seat for seat in self._hall.seats.by_id.values() if other in seat.members]
        return sum(ours in seat.members for seat in members) / len(members) if members else 0.0


_Elsewhere = list[tuple[list[Waiting], float, bool]]


def _first(elsewhere: _Elsewhere, caller: Waiting | None) -> float:
    """How many of them are served before a caller; before the next who comes (None), all."""
    return sum(
        share * sum(heavier or caller is None or one.since < caller.since for one in waiting)
        for waiting, share, heavier in elsewhere
    )


def _began(hall: Hall, seat: Seat) -> float:
    """When the agent took the call; a hold or a consultation does not begin it anew."""
    record = hall.calls.record(seat.call) if seat.call is not None else None
    stretches = record.stretches if record is not None else []
    taken = (one.start for one in stretches if one.kind == "talking" and one.seat == seat.config.id)
    return next(taken, seat.since)


def _left(told: Mapping[LegId | None, float | None], leg: LegId | None, wait: float | None) -> bool:
    """Whether an expectation has left what is shown. The next caller's shows nothing new below the first step."""
    shown = told.get(leg)
    if wait is None or shown is None:
        return wait is not shown or leg not in told
    return abs(wait - shown) > max(_STEP_S, _SHARE * shown)


def oldest_first(pages: Sequence[CallRecord]) -> list[CallRecord]:
    """As the ledger gives calls (newest first), the other way round, those of queues alone."""
    return [one for one in reversed(pages) if one.queue and one.direction == "in"]
