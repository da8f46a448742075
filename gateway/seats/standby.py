"""Calling in the standby: who is on standby by the roster, or is named, is told that a queue needs them.

The roster is another's, as is the way a message takes; here is only who is meant, and how many have been called in for
a queue, which then counts with the lines that are planned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.model.ids import AgentId, QueueId, SeatId
from gateway.seats.capacity import Capacity, IsOpen, capacity_of
from gateway.seats.hall import Hall
from gateway.seats.queueing import QueueRefused
from gateway.seats.queues import Queue

Roster = Callable[[], Sequence[str]]
"""The agent numbers of who is on standby now."""

CALLED_S = 8 * 3600.0
"""So long one who was called in counts as planned: a shift. Ours."""


@dataclass(frozen=True, slots=True)
class CalledIn:
    """Who was told. ``here`` are those of them who are signed in at a seat."""

    agents: tuple[AgentId, ...]
    here: tuple[AgentId, ...]
    text: str


class Standby:
    """Raises QueueRefused."""

    def __init__(self, hall: Hall, is_open: IsOpen, now: Callable[[], float], roster: Roster) -> None:
        self._hall, self._is_open, self._now, self._roster = hall, is_open, now, roster
        self._called: dict[QueueId, dict[AgentId, float]] = {}

    def meant(self, queue_id: str, names: Sequence[str]) -> CalledIn:
        """Whom to tell, and what: those named (seats or agent numbers), or all of the roster's standby."""
        queue = self._queue(queue_id)
        named = [self._agent(name) for name in names] or [AgentId(one) for one in self._roster()]
        agents = tuple(dict.fromkeys(named))
        if not agents:
            raise QueueRefused("not_now", "现在没有备班人员", "nobody is on standby now", "call")
        here = tuple(agent for agent in agents if self._hall.seats.by_agent(agent) is not None)
        return CalledIn(agents, here, self._text(queue))

    def called(self, queue_id: str, agents: Sequence[AgentId]) -> None:
        """They have been told: from now on they are planned for."""
        now = self._now()
        known = self._called.setdefault(QueueId(queue_id), {})
        for agent in agents:
            known[agent] = now
        for agent in [agent for agent, at in known.items() if at < now - CALLED_S]:
            del known[agent]

    def capacity(self, queue_id: str) -> Capacity:
        """The queue against its rule of this hour."""
        queue, now = self._queue(queue_id), self._now()
        called = sum(at >= now - CALLED_S for at in self._called.get(QueueId(queue_id), {}).values())
        return capacity_of(queue, called, now, self._is_open)

    def _queue(self, queue_id: str) -> Queue:
        found = self._hall.queues.get(QueueId(queue_id))
        if found is None:
            raise QueueRefused("unknown", f"没有队列 {queue_id}", f"there is no queue {queue_id}", "id")
        return found

    def _agent(self, name: str) -> AgentId:
        """A seat stands for who sits there; an agent number must be one of an account."""
        seat = self._hall.seats.by_id.get(SeatId(name))
        if seat is not None:
            if not seat.agent:
                raise QueueRefused("not_now", f"座席 {name} 无人签入", f"nobody is signed in at {name}", "call")
            return seat.agent
        if name not in self._hall.names:
            raise QueueRefused("not_allowed", f"没有座席或工号 {name}", f"no seat or agent number {name}", "call")
        return AgentId(name)

    def _text(self, queue: Queue) -> str:
        waiting, seats = len(queue.waiting), queue.signed_in
        zh = f"请备班人员支援“{queue.config.name}”：{waiting}人等候，{seats}席在岗"
        en = f"standby wanted for {queue.config.name_en or queue.config.id}: {waiting} waiting, {seats} signed in"
        return f"{zh} / {en}"
