"""Erlang's formulas: how many agents a load needs, and what callers get from a given number (what-if, staffing).

Three models, each with its source. In all of them calls come at random (Poisson) and handling times are exponential:

- Erlang B: who finds all lines busy is turned away. A. K. Erlang 1917; recursion of ITU-T E.501 and V. Iversen,
  Teletraffic Engineering Handbook, 7.3.
- Erlang C: who finds all agents busy waits for ever. Erlang 1917; Cooper, Introduction to Queueing Theory, 3.2.
- Erlang A: callers wait no longer than an exponential patience. C. Palm 1946; Mandelbaum and Zeltyn, Service
  Engineering in Action: The Palm/Erlang-A Queue (2007); its integrals as in Zeltyn and Mandelbaum 2005, M/M/n+G, 4.

Load is in erlang: calls a second times mean handling time in seconds. Times are seconds, shares are between 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, expm1, inf, log

MOST_AGENTS = 5_000
"""Beyond this nobody asks; a search for a number of agents gives up here."""

_STEPS = 400
"""Steps of the integrals of Erlang A (Simpson's rule): six digits for every hall between 1 and 1,000 agents."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What comes to a queue and what is promised: ``calls_an_hour``, mean ``handling_s`` (talk, hold and wrap-up), mean
    ``patience_s`` and the promise ``answer_within_s`` (GB/T 33358: 15 s)."""

    calls_an_hour: float
    handling_s: float
    patience_s: float = 300.0
    answer_within_s: float = 15.0

    @property
    def load(self) -> float:
        """Erlang."""
        return self.calls_an_hour / 3600.0 * self.handling_s


@dataclass(frozen=True, slots=True)
class LoadNow:
    """What a queue has now: what-if questions begin with it. ``agents`` are signed in and do not rest."""

    offered: Offered
    agents: int


@dataclass(frozen=True, slots=True)
class Service:
    """What callers get. ``service_level``: share of all callers answered within the promise; ``mean_wait_s`` of all
    callers (None: the queue grows without end); ``occupancy``: share of an agent's time that is handling; ``lost``:
    share of callers who hang up; ``waits``: share who do not get an agent at once."""

    agents: int
    service_level: float
    mean_wait_s: float | None
    occupancy: float
    lost: float
    waits: float


def erlang_b(load: float, lines: int) -> float:
    """Share of calls that find all lines busy. B(0) = 1, B(n) = a B(n-1) / (n + a B(n-1)). Raises ValueError for a
    negative load or number."""
    if load < 0 or lines < 0:
        raise ValueError("load and lines are not negative")
    blocked = 1.0
    for line in range(1, lines + 1):
        blocked = load * blocked / (line + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """Share of callers who wait: C = n B / (n - a (1 - B)); 1 when the load is not below the number of agents."""
    if load >= agents:
        return 1.0
    blocked = erlang_b(load, agents)
    return agents * blocked / (agents - load * (1.0 - blocked))


def with_endless_patience(offered: Offered, agents: int) -> Service:
    """Erlang C: P(W <= t) = 1 - C exp(-(n - a) t / h), E[W] = C h / (n - a)."""
    load, waits = offered.load, erlang_c(offered.load, agents)
    spare = agents - load
    if spare <= 0:
        return Service(agents, 0.0, None, 1.0, 0.0, 1.0)
    level = 1.0 - waits * exp(-spare * offered.answer_within_s / offered.handling_s)
    return Service(agents, level, waits * offered.handling_s / spare, load / agents, 0.0, waits)


def with_patience(offered: Offered, agents: int) -> Service:
    """Erlang A: callers hang up after an exponential patience. ``service_level`` counts those answered in time among
    all callers, as the rate by R does. Without agents everybody is lost."""
    calls, patience = offered.calls_an_hour / 3600.0, offered.patience_s
    if calls <= 0:
        return Service(agents, 1.0, 0.0, 0.0, 0.0, 0.0)
    if agents < 1:
        return Service(0, 0.0, patience, 0.0, 1.0, 1.0)
    ends = agents / offered.handling_s
    free = _share_free(offered.load, agents)
    virtual = _VirtualWait(calls, ends, patience)
    free *= exp(-virtual.top)
    waiting = calls * virtual.integral(inf, 0.0)
    whole = free + waiting
    lost = max(0.0, waiting - calls * virtual.integral(inf, 1.0 / patience)) / whole
    level = (free + calls * virtual.integral(offered.answer_within_s, 1.0 / patience)) / whole
    busy = min(1.0, (1.0 - lost) * offered.load / agents)
    return Service(agents, min(1.0, level), lost * patience, busy, lost, waiting / whole)


def _share_free(load: float, agents: int) -> float:
    """Sum of a^j/j! for j below n, over a^(n-1)/(n-1)!: the inverse of B(a, n-1)."""
    blocked = erlang_b(load, agents - 1)
    return 1.0 / blocked if blocked > 0 else inf


class _VirtualWait:
    """The density of the wait that a caller with endless patience would have, but for a factor: exp(calls H(x) - ends
    x) with H(x) = patience (1 - exp(-x / patience)), over its greatest value exp(``top``): so no load is too large."""

    def __init__(self, calls: float, ends: float, patience: float) -> None:
        self._calls, self._ends, self._patience = calls, ends, patience
        self._peak = patience * log(calls / ends) if calls > ends else 0.0
        self.top = self._power(self._peak)

    def _power(self, x: float) -> float:
        return -self._calls * self._patience * expm1(-x / self._patience) - self._ends * x

    def _far(self) -> float:
        """Where the density has fallen below 1e-14 of its height."""
        beyond = min(1.0 / self._ends, self._patience)
        while self._power(self._peak + beyond) > self.top - 32.0:
            beyond *= 1.2
        return self._peak + beyond

    def integral(self, until: float, hangs_up: float) -> float:
        """The integral of exp(-hangs_up x) times the density, from 0 to ``until``."""
        end = min(until, self._far())
        step = end / _STEPS
        total = 0.0
        for at in range(_STEPS + 1):
            x = at * step
            weight = 1 if at in (0, _STEPS) else (4 if at % 2 else 2)
            total += weight * exp(self._power(x) - self.top - hangs_up * x)
        return total * step / 3.0


def agents_for(offered: Offered, share: float, *, patient: bool = True) -> int:
    """The least number of agents with which ``share`` of all callers are answered within the promise; by Erlang C, or
    by Erlang A when callers are not ``patient``. Raises ValueError when there is none up to MOST_AGENTS."""
    service = with_endless_patience if patient else with_patience
    low = max(0, ceil(offered.load)) if patient else 0
    high = max(low, 1)
    while service(offered, high).service_level < share:
        low, high = high, high * 2
        if high > MOST_AGENTS:
            raise ValueError(f"no number of agents up to {MOST_AGENTS} reaches {share:.0%}")
    while low < high:
        middle = (low + high) // 2
        if service(offered, middle).service_level >= share:
            high = middle
        else:
            low = middle + 1
    return low
