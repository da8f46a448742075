"""How long a caller still has to wait: our own expectation, for each who waits and for the next who comes.

app_queue announces one number a queue: a running mean of the last waits, ``(3 * old + new) / 4`` (recalc_holdtime),
less what the caller has waited. It knows nothing of a queue that has just filled or emptied. We count what a wait is
made of. Whoever has k callers in front is served by the (k+1)th agent who becomes free. The model:

- An agent who has talked for e seconds is free within t more with P(T <= e + t - w | T > e): T is taken from the
  queue's recent talks (with one exponential share for the tail, which no sample has), w is the mean wrap-up. One in
  wrap-up is free when it ends. Those served meanwhile are free again after the answer, a new T and w (its renewal
  function). One who rests does not come back.
- Callers in front hang up with the rate at which callers have hung up lately (exponential patience, maximum likelihood
  with censoring: lost / seconds waited by all).
- The number free within t is taken as normal with the sum of these means and variances (for the first in the queue
  exactly), and E[T] is the integral of P(fewer than k + 1 are free within t).

Sources: queue-length based estimators, W. Whitt, Predicting Queueing Delays, Management Science 45 (1999), with elapsed
times as in its section 4; callers who hang up, R. Ibrahim and W. Whitt, Real-Time Delay Estimation (M&SOM 2009). Pure;
times are seconds. Measured against app_queue's number: ``python -m bench wait``.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import erf, exp, prod, sqrt
from typing import Literal

_STEPS = 28
"""Steps of the integral of each group of places."""

_LONGEST_S = 3_600
"""Handling times beyond an hour are counted as an hour: somebody forgot to hang up."""

_FIRST_S = 5.0
"""Calls given up within this are shown apart (domain.md, Figures)."""

_GROUP = 2.0
"""Places are reckoned in groups, each twice as long as the one before, each on a grid of its own."""


@dataclass(frozen=True, slots=True)
class AgentNow:
    """An agent who takes calls of the queue. ``seconds``: with ``talking`` how long the call has lasted, with
    ``wrapping`` how long the wrap-up still lasts at most; else of no meaning."""

    doing: Literal["ready", "ringing", "talking", "wrapping"]
    seconds: float = 0.0


class HandlingTimes:
    """A queue's recent calls: how long they were talked (hold included) and wrapped up. Bounded; before the first,
    talks are exponential with ``talk_s`` and wrap-ups are ``wrap_s``."""

    def __init__(self, talk_s: float = 160.0, wrap_s: float = 20.0, size: int = 400) -> None:
        self._recent: deque[tuple[float, float]] = deque(maxlen=size)
        self._sorted: list[float] = []
        self._prior_s, self._prior_wrap_s = talk_s, wrap_s
        self._talks_s = self._wraps_s = 0.0
        self._over: list[float] = []

    def add(self, talk_s: float, wrap_s: float = 0.0) -> None:
        """One call more; what is not positive is no talk."""
        if talk_s <= 0:
            return
        talk_s, wrap_s = min(talk_s, float(_LONGEST_S)), min(max(wrap_s, 0.0), float(_LONGEST_S))
        if len(self._recent) == self._recent.maxlen:
            oldest, wrapped = self._recent[0]
            self._talks_s, self._wraps_s = self._talks_s - oldest, self._wraps_s - wrapped
            del self._sorted[bisect_left(self._sorted, oldest)]
        self._recent.append((talk_s, wrap_s))
        insort(self._sorted, talk_s)
        self._talks_s, self._wraps_s = self._talks_s + talk_s, self._wraps_s + wrap_s
        self._over = []

    @property
    def talk(self) -> float:
        """Mean seconds of talk; what was assumed counts as one call."""
        return (self._talks_s + self._prior_s) / (len(self._recent) + 1)

    @property
    def wrap(self) -> float:
        """Mean seconds of wrap-up."""
        return (self._wraps_s + self._prior_wrap_s) / (len(self._recent) + 1)

    @property
    def mean(self) -> float:
        """Mean handling time, seconds."""
        return self.talk + self.wrap

    def over(self, seconds: float) -> float:
        """P(T > seconds); never 0."""
        if seconds <= 0:
            return 1.0
        table = self._over or self._table()
        at = int(seconds)
        if at >= len(table) - 1:
            return table[-1] * exp(-(seconds - len(table) + 1) / self.talk)
        return table[at] + (table[at + 1] - table[at]) * (seconds - at)

    def _table(self) -> list[float]:
        """P(T > s) for whole seconds up to the longest talk."""
        count, known = len(self._sorted), self._sorted
        fades, tail, gone = exp(-1.0 / self.talk), 1.0, 0
        table = []
        for second in range(int(known[-1] if known else 0) + 3):
            while gone < count and known[gone] <= second:
                gone += 1
            table.append((count - gone + tail) / (count + 1))
            tail *= fades
        self._over = table
        return table


@dataclass(slots=True)
class Patience:
    """How fast callers hang up. ``lost`` of those who waited ``waited_s`` in all; both fade, so that ``memory`` callers
    count. At first one lost in ``mean_s``. The first seconds do not count: who leaves in them has dialled wrongly."""

    mean_s: float = 600.0
    memory: float = 300.0
    lost: float = field(init=False, default=1.0)
    waited_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.waited_s = self.mean_s

    def add(self, waited_s: float, *, lost: bool) -> None:
        """A caller has left the queue, answered or not."""
        if waited_s <= _FIRST_S:
            return
        keeps = 1.0 - 1.0 / self.memory
        self.lost = self.lost * keeps + lost
        self.waited_s = self.waited_s * keeps + waited_s - _FIRST_S

    @property
    def rate(self) -> float:
        """Hang-ups a second and caller."""
        return self.lost / max(self.waited_s, 1.0)

    @property
    def mean(self) -> float:
        """Seconds that a caller is prepared to wait, in the mean."""
        return 1.0 / self.rate if self.rate > 0 else self.mean_s


def expected_waits(
    agents: Sequence[AgentNow],
    handling: HandlingTimes,
    ahead: Sequence[float],
    *,
    hang_up_rate: float = 0.0,
    answer_s: float = 4.0,
) -> list[float | None]:
    """Seconds until each caller is answered. ``ahead`` has for each how many are served first, ascending (a part of one
    where an agent serves other queues as well); ``answer_s`` is from the offer to the answer. None without agents."""
    if not agents:
        return [None] * len(ahead)
    free = sum(one.doing in ("ready", "ringing") for one in agents)
    waits: list[float | None] = [answer_s for places in ahead if places + 1.0 <= free]
    later = [places + 1.0 - free for places in ahead[len(waits) :]]
    if later:
        # whoever is served at once takes an agent, who is busy from then on
        busy = _alike(agents, free, answer_s)
        for group in _groups(later):
            knots = group if len(group) <= 3 else [group[0], group[len(group) // 2], group[-1]]
            reached = _reached(knots, busy, handling, hang_up_rate, answer_s)
            waits += [answer_s + _between(place, knots, reached) for place in group]
    return waits


_Alike = list[tuple[AgentNow, int]]
"""Busy agents and how many of them are (nearly) alike: a hall of 200 has a few dozen kinds."""


def _alike(agents: Sequence[AgentNow], free: int, answer_s: float) -> _Alike:
    kinds: Counter[AgentNow] = Counter()
    for one in agents:
        if one.doing in ("talking", "wrapping"):
            width = 2.0 + one.seconds // 40.0 * 2.0
            kinds[AgentNow(one.doing, (one.seconds // width + 0.5) * width)] += 1
    kinds[AgentNow("talking", -answer_s)] += free
    return [(kind, count) for kind, count in kinds.items() if count]


def _between(place: float, knots: Sequence[float], waits: Sequence[float]) -> float:
    """On the straight line between the two knots around a place."""
    at = min(bisect_left(knots, place), len(knots) - 1)
    if knots[at] <= place or at == 0:
        return waits[at]
    share = (place - knots[at - 1]) / (knots[at] - knots[at - 1])
    return waits[at - 1] + share * (waits[at] - waits[at - 1])


def _groups(places: Sequence[float]) -> Iterator[list[float]]:
    start = 0
    while start < len(places):
        end = start + 1
        while end < len(places) and places[end] <= _GROUP * places[start]:
            end += 1
        yield list(places[start:end])
        start = end


def _reached(
    places: Sequence[float], busy: _Alike, handling: HandlingTimes, rate: float, answer_s: float
) -> list[float]:
    """Seconds until as many agents have become free as each place wants (ascending, close to each other)."""
    farthest = places[-1]
    pace = sum(count for _, count in busy) / (handling.mean + answer_s)
    end = handling.wrap + (farthest + 2.0 + 2.5 * sqrt(farthest)) / pace
    step = end / _STEPS
    counts = [count for _, count in busy]
    firsts = [[_free_within(one, handling, at * step) for one, _ in busy] for at in range(_STEPS + 1)]
    freed, spread = _sums(firsts, counts, _renewals(handling, step, answer_s))
    none = [prod((1.0 - p) ** count for p, count in zip(row, counts, strict=True)) for row in firsts]
    waits = []
    for place in places:
        gone = _gone(place - 1.0, freed, rate * step)
        short = [
            none[at] if place <= 1.0 else _fewer(place, freed[at] + gone[at], spread[at] + gone[at])
            for at in range(_STEPS + 1)
        ]
        sure = sum(short) - (short[0] + short[-1]) / 2.0
        # what is beyond the grid goes on at the mean pace
        waits.append(step * sure + short[-1] * max(1.0, place - freed[-1]) / pace)
    return waits


def _gone(ahead: float, freed: Sequence[float], share: float) -> list[float]:
    """How many of those in front have hung up, by the grid; ``share`` of those who still wait do so each step."""
    gone = [0.0]
    for served in freed[1:]:
        gone.append(gone[-1] + share * max(0.0, ahead - served - gone[-1]))
    return gone


def _free_within(agent: AgentNow, handling: HandlingTimes, seconds: float) -> float:
    if agent.doing == "wrapping":
        return 1.0 if seconds >= agent.seconds else 0.0
    if seconds <= handling.wrap:
        return 0.0
    return 1.0 - handling.over(agent.seconds + seconds - handling.wrap) / handling.over(agent.seconds)


def _renewals(handling: HandlingTimes, step: float, answer_s: float) -> list[float]:
    """M(t) = F(t) + the integral of M(t - s) dF(s): how often an agent who is offered a call now is free again in t.
    By the trapezoid rule over dF, solved for the newest value (M. Xie, On the solution of renewal-type integral
    equations, 1989)."""
    done = [1.0 - handling.over(at * step - handling.wrap - answer_s) for at in range(_STEPS + 1)]
    grown = [done[at + 1] - done[at] for at in range(_STEPS)]
    again = [0.0]
    for at in range(1, _STEPS + 1):
        again.append(0.0)
        again[at] = (done[at] + _convolved(grown, again, at)) / (1.0 - grown[0] / 2.0)
    return again


def _convolved(grown: Sequence[float], again: Sequence[float], at: int) -> float:
    return sum(grown[s] * (again[at - s] + again[at - 1 - s]) for s in range(at)) / 2.0


def _sums(
    firsts: Sequence[Sequence[float]], counts: Sequence[int], again: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Mean and variance of how many times an agent becomes free, by the grid: first times, and after those again."""
    first = [sum(n * p for p, n in zip(row, counts, strict=True)) for row in firsts]
    varies = [sum(n * p * (1.0 - p) for p, n in zip(row, counts, strict=True)) for row in firsts]
    grown = [first[at + 1] - first[at] for at in range(_STEPS)]
    later = [_convolved(grown, again, at) for at in range(_STEPS + 1)]
    return [a + b for a, b in zip(first, later, strict=True)], [a + b for a, b in zip(varies, later, strict=True)]


def _fewer(place: float, mean: float, variance: float) -> float:
    """P(fewer than ``place`` are free)."""
    if variance <= 1e-9:
        return 1.0 if mean < place - 0.5 else 0.0
    return 0.5 * (1.0 + erf((place - 0.5 - mean) / sqrt(2.0 * variance)))
