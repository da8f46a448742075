"""Who gets the next written ticket: the fair share rule. Pure; ``gateway.tickets.inbox`` feeds it and keeps the result.

The pool is served in the order of what is due. Each ticket is offered to one agent: of those signed in who do written
work in its channel and are under their limit, the one with the fewest open, then the one who was given one longest ago.
Whoever had the ticket before comes first: the citizen goes on with the same person. An offer that is not taken in time
goes to the next; when everybody has let it pass a new round begins. Whoever signs out gives back what they held, with
its place kept. Two agents never hold one ticket (it has one ``agent``), and nobody is given more than the limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from gateway.model.assignments import HELD, Assignment, Writer
from gateway.model.ids import AgentId
from gateway.tickets.config import WrittenConfig


@dataclass(slots=True)
class _Load:
    """What one agent holds, and when one was given last."""

    open: int = 0
    last: float = 0.0


_Order = tuple[bool, int, float, AgentId]
"""Who comes first: idle, few open, longest without a new one."""


@dataclass(slots=True)
class _Round:
    """One look at the desk. ``moves`` are the assignments that changed, by ticket number; ``free`` may be offered one
    more, and ``queue`` is a heap of them (with entries of before, which are passed over)."""

    rules: WrittenConfig
    writers: Mapping[AgentId, Writer]
    at: float
    loads: dict[AgentId, _Load]
    moves: dict[str, Assignment] = field(default_factory=dict)
    free: set[AgentId] = field(default_factory=set)
    queue: list[_Order] = field(default_factory=list)

    def give_back(self, one: Assignment, *, passed: bool) -> Assignment:
        """Into the pool, at its old place; ``passed``: not to the same agent again in this round."""
        back = one.moved("waiting", one.agent, self.at)
        if passed:  # it was given when it was offered, not now
            back = replace(back, passed=(*one.passed, one.agent), moved_at=one.moved_at)
        self.loads[one.agent].open -= 1
        self.moves[one.ticket_no] = back
        return back

    def open(self) -> None:
        """Find who is free, after all has been given back."""
        willing = (agent for agent, writer in self.writers.items() if works(writer, self.rules))
        self.free = {agent for agent in willing if self.loads[agent].open < self.rules.limit}
        self.queue = sorted(map(self.order, self.free))

    def offer(self, one: Assignment, agent: AgentId, passed: tuple[AgentId, ...]) -> None:
        load = self.loads[agent]
        load.open, load.last = load.open + 1, self.at
        if load.open < self.rules.limit:
            heappush(self.queue, self.order(agent))
        else:
            self.free.discard(agent)
        self.moves[one.ticket_no] = replace(one.moved("offered", agent, self.at), passed=passed)

    def order(self, agent: AgentId) -> _Order:
        load = self.loads[agent]
        return (not self.writers[agent].idle, load.open, load.last, agent)

    def first(self) -> AgentId:
        """The first of all who are free. Only for when somebody is."""
        while (top := self.queue[0])[3] not in self.free or top != self.order(top[3]):
            heappop(self.queue)
        return top[3]


def works(writer: Writer, rules: WrittenConfig) -> bool:
    """Whether an agent may be offered written tickets now: of a seat that does them, ready or resting for that very
    work, and not on a call unless the rules say so."""
    if rules.queues and not writer.queues.intersection(rules.queues):
        return False
    if writer.presence == "not_ready":
        return writer.reason in rules.reasons
    return writer.presence != "signed_out" and (writer.idle or rules.while_talking)


def share(
    held: Sequence[Assignment],
    pool: Sequence[Assignment],
    writers: Iterable[Writer],
    present: frozenset[AgentId],
    rules: WrittenConfig,
    at: float,
) -> list[Assignment]:
    """What changes now: offers that ran out, what absent agents held, and new offers from the pool.

    ``held`` are all assignments offered or taken, ``pool`` those that wait (or the first of them); ``present`` are the
    agents who are signed in or were a moment ago. The result holds the next version of each that changed: one above
    the present, also of what went back and was offered again, so that a move by anybody else meanwhile wins.
    """
    by_agent = {writer.agent: writer for writer in writers}
    step = _Round(rules, by_agent, at, _loads(held, pool, by_agent))
    back = [freed for one in held if (freed := _freed(one, step, present)) is not None]
    step.open()
    for one in sorted((*pool, *back), key=lambda one: (one.place, one.since, one.ticket_no)):
        _serve(one, step)
    was = {one.ticket_no: one.version for one in (*held, *pool)}
    return [replace(one, version=was[one.ticket_no] + 1) for one in step.moves.values()]


def _loads(
    held: Sequence[Assignment], pool: Sequence[Assignment], writers: Mapping[AgentId, Writer]
) -> dict[AgentId, _Load]:
    loads = {agent: _Load() for agent in (*writers, *(one.agent for one in held))}
    for one in held:
        load = loads[one.agent]
        load.open, load.last = load.open + 1, max(load.last, one.moved_at)
    for one in pool:  # an offer that an agent let pass was given as well
        if one.agent in loads:
            loads[one.agent].last = max(loads[one.agent].last, one.moved_at)
    return loads


def _freed(one: Assignment, step: _Round, present: frozenset[AgentId]) -> Assignment | None:
    """A held ticket that goes back to the pool now, else None."""
    if one.state not in HELD:
        return None
    if one.agent not in present:
        return step.give_back(one, passed=False)
    if one.state == "offered" and step.at >= one.moved_at + step.rules.offer_s:
        return step.give_back(one, passed=True)
    return None


def _serve(one: Assignment, step: _Round) -> None:
    if not step.free or one.channel not in step.rules.channels:
        return
    fresh, passed = step.free.difference(one.passed) if one.passed else step.free, one.passed
    rested = step.at >= one.moved_at + step.rules.offer_s  # who has just given it back is not asked again at once
    if not fresh and rested:  # a new round, which begins with somebody else if there is one
        fresh, passed = step.free - {one.passed[-1]} or step.free, ()
    if one.agent in fresh:
        step.offer(one, one.agent, passed)
    elif fresh:
        everybody = len(fresh) == len(step.free)
        step.offer(one, step.first() if everybody else min(fresh, key=step.order), passed)
