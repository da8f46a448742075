"""A day of one queue, simulated event by event, and what two announcements would have told each caller who came.

The hall of the sizing table (domain.md): 4,300 calls with the day's double peak, talks that are not exponential,
callers who hang up, agents in shifts, hours that nobody planned for and a storm. Seeded: the same seed is the same day.
The expectation under test is asked when a caller comes and again every ``again_s`` while the caller waits; so is
app_queue's: its holdtime (``(3 * old + new) >> 2`` of whole seconds at each answer, recalc_holdtime) less what was
waited, never below 0, and without its rounding to minutes, which would only make it worse.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from random import Random

from gateway.kpi.erlang import Offered, agents_for
from gateway.kpi.wait import AgentNow, HandlingTimes, Patience, expected_waits

DAY_S, HOUR_S = 86_400.0, 3_600.0

_BY_HOUR = (6, 4, 3, 3, 3, 5, 12, 30, 70, 96, 100, 92, 62, 55, 78, 94, 92, 80, 56, 42, 36, 28, 18, 10)
"""How the calls of a hotline's day lie, in parts of the busiest hour."""

_SHIFTS = (0, 8, 12, 14, 18, 22, 24)
"""Hours at which shifts begin; each is staffed for the mean of its two busiest hours."""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What kind of day. ``storm`` multiplies the calls of one hour; ``level`` is what the planners aimed for."""

    calls: int = 4_300
    talk_s: float = 160.0
    talk_spread: float = 0.8
    wrap_s: float = 20.0
    patience_s: float = 240.0
    level: float = 0.95
    storm_hour: int = 15
    storm: float = 2.0
    again_s: float = 15.0


@dataclass(slots=True)
class Told:
    """One thing told to one caller: seconds still to wait by each, and what came true."""

    at: float
    caller: int
    ours: float
    theirs: float
    first: bool
    came: float | None = None


@dataclass(slots=True)
class _Agent:
    until: float = 0.0
    began: float = 0.0
    doing: str = "ready"
    leaves: bool = False


@dataclass(slots=True)
class QueueDay:
    """Runs one day; ``told`` is the outcome."""

    seed: int
    plan: DayPlan = field(default_factory=DayPlan)
    told: list[Told] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    lost: int = 0
    _heap: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _count: int = 0
    _queue: list[tuple[int, float]] = field(default_factory=list)
    _agents: list[_Agent] = field(default_factory=list)
    _holdtime: int = 0
    _open: dict[int, list[Told]] = field(default_factory=dict)
    _handling: HandlingTimes = field(default_factory=HandlingTimes)
    _patience: Patience = field(default_factory=Patience)
    _dice: Random = field(init=False)

    def run(self) -> QueueDay:
        self._dice = Random(self.seed)
        self._staff(0.0)
        self._arrivals()
        for hour in _SHIFTS[1:-1]:
            self._at(hour * HOUR_S, self._staff)
        while self._heap:
            at, _, act = heapq.heappop(self._heap)
            act(at)
        return self

    def errors(self, least_s: float = 0.0) -> tuple[float, float]:
        """Mean absolute error of ours and of theirs, seconds, over what was told to callers who were answered;
        ``least_s``: of those alone who had to wait at least so long still."""
        known = [one for one in self.told if one.came is not None and one.came >= least_s]
        ours = sum(abs(one.ours - (one.came or 0.0)) for one in known) / len(known)
        theirs = sum(abs(one.theirs - (one.came or 0.0)) for one in known) / len(known)
        return ours, theirs

    # -- events

    def _at(self, at: float, act: Callable[[float], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, act))

    def _rate(self, hour: int) -> float:
        return self.plan.calls * _BY_HOUR[hour] / sum(_BY_HOUR)

    def _arrivals(self) -> None:
        """A Poisson stream an hour, which is up to a quarter more or less than planned."""
        caller = 0
        for hour in range(24):
            mean = self._rate(hour) * self._dice.uniform(0.75, 1.25)
            mean *= self.plan.storm if hour == self.plan.storm_hour else 1.0
            at = hour * HOUR_S
            while (at := at + self._dice.expovariate(mean / HOUR_S)) < (hour + 1) * HOUR_S:
                caller += 1
                self._at(at, lambda now, caller=caller: self._comes(now, caller))  # type: ignore[misc]

    def _staff(self, at: float) -> None:
        """The shift's agents, less some who are ill or rest; those who are too many leave after their call."""
        begins = int(at // HOUR_S)
        ends = next(hour for hour in _SHIFTS if hour > begins)
        busiest = sorted((self._rate(hour) for hour in range(begins, ends)), reverse=True)[:2]
        wanted = Offered(sum(busiest) / len(busiest), self.plan.talk_s + self.plan.wrap_s)
        count = max(2, round(agents_for(wanted, self.plan.level) * self._dice.uniform(0.9, 1.0)))
        staying = [one for one in self._agents if not one.leaves]
        for one in sorted(staying, key=lambda one: one.doing == "ready", reverse=True)[: max(0, len(staying) - count)]:
            one.leaves = True
        self._agents = [one for one in self._agents if not (one.leaves and one.doing == "ready")]
        self._agents += [_Agent() for _ in range(count - len(staying))]
        self._serve(at)

    def _comes(self, now: float, caller: int) -> None:
        self._queue.append((caller, now))
        patience = self._dice.expovariate(1.0 / self.plan.patience_s)
        self._at(now + patience + 5.0, lambda at: self._hangs_up(at, caller))
        self._tell(now, caller, first=True)
        self._serve(now)

    def _tell(self, now: float, caller: int, *, first: bool = False) -> None:
        place = next((at for at, one in enumerate(self._queue) if one[0] == caller), None)
        if place is None:
            return
        ours = expected_waits(self._seen(now), self._handling, [float(place)], hang_up_rate=self._patience.rate)[0]
        theirs = max(0.0, self._holdtime - (now - self._queue[place][1]))
        told = Told(now, caller, ours if ours is not None else 0.0, theirs, first)
        self.told.append(told)
        self._open.setdefault(caller, []).append(told)
        self._at(now + self.plan.again_s, lambda at: self._tell(at, caller))

    def _seen(self, now: float) -> Sequence[AgentNow]:
        """What the gateway sees of the agents: not when they will be done, nor who leaves after the call."""
        return [
            AgentNow("wrapping", one.until - now) if one.doing == "wrapping" else AgentNow(one.doing, now - one.began)  # type: ignore[arg-type]
            for one in self._agents
        ]

    def _serve(self, now: float) -> None:
        """Offer the first caller to who has been ready longest."""
        ready = sorted((one for one in self._agents if one.doing == "ready"), key=lambda one: one.until)
        offered = sum(one.doing == "ringing" for one in self._agents)
        for agent in ready[: max(0, len(self._queue) - offered)]:
            agent.doing = "ringing"
            self._at(now + self._dice.uniform(2.0, 6.0), lambda at, agent=agent: self._answers(at, agent))  # type: ignore[misc]

    def _answers(self, now: float, agent: _Agent) -> None:
        if not self._queue:  # hung up while it rang
            self._ready(now, agent)
            return
        caller, since = self._queue.pop(0)
        waited = now - since
        self.waited.append(waited)
        self._patience.add(waited, lost=False)
        self._holdtime = (3 * self._holdtime + int(waited)) >> 2
        for told in self._open.pop(caller, ()):
            told.came = now - told.at
        talk = self._dice.lognormvariate(*_lognormal(self.plan.talk_s, self.plan.talk_spread))
        agent.doing, agent.began = "talking", now
        self._at(now + talk, lambda at: self._wraps(at, agent))

    def _wraps(self, now: float, agent: _Agent) -> None:
        agent.doing, agent.until = "wrapping", now + self.plan.wrap_s
        self._at(agent.until, lambda at: self._done(at, agent))

    def _done(self, now: float, agent: _Agent) -> None:
        self._handling.add(now - agent.began - self.plan.wrap_s, self.plan.wrap_s)
        self._ready(now, agent)

    def _ready(self, now: float, agent: _Agent) -> None:
        agent.doing, agent.until = "ready", now
        if agent.leaves:
            self._agents.remove(agent)
        self._serve(now)

    def _hangs_up(self, now: float, caller: int) -> None:
        for place, (one, since) in enumerate(self._queue):
            if one == caller:
                del self._queue[place]
                self.lost += 1
                self._patience.add(now - since, lost=True)
                self._open.pop(caller, None)
                return


def _lognormal(mean: float, spread: float) -> tuple[float, float]:
    """mu and sigma of the lognormal with this mean and coefficient of variation."""
    variance = log(1.0 + spread * spread)
    return log(mean) - variance / 2.0, sqrt(variance)
