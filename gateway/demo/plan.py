"""The play as decided beforehand: who calls when, whom they dial, how long they wait; how seats pick up and talk.

Pure: the same seed gives the same play. SIPp starts calls at an even pace and cannot draw arrivals itself, so each
call carries its own delay: started evenly a little too early, it waits for its moment (``delays_ms``).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.model.masking import mask_number

Behaviour = Literal["patient", "gives_up"]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_HEADS = ("130", "133", "135", "136", "138", "139", "150", "158", "177", "186", "189")
MOST_CALLS = 36**4


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked for. ``rate`` is calls a second; ``calls`` wins over ``minutes`` when it is not 0."""

    seats: int = 8
    rate: float = 0.2
    minutes: float = 2.0
    calls: int = 0
    talk_s: float = 15.0
    seed: int = 12345

    @property
    def placed(self) -> int:
        """How many calls the play has."""
        return self.calls or max(1, round(self.rate * self.minutes * 60))

    def wrong(self) -> str:
        """What is not possible, in a sentence; empty when all is well."""
        if not 1 <= self.seats <= 1000:
            return "--seats must be 1 to 1000"
        if not 0.01 <= self.rate <= 100:
            return "--rate must be 0.01 to 100 calls a second"
        if not 0 < self.minutes <= 110:
            return "--minutes must be above 0 and at most 110: seats register for two hours"
        if not 0 <= self.calls <= MOST_CALLS:
            return f"--calls must be 0 to {MOST_CALLS}"
        if self.calls / self.rate > 110 * 60:
            return "that many calls at that rate take more than 110 minutes"
        return "" if 1 <= self.talk_s <= 600 else "--talk must be 1 to 600 seconds"


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One citizen. ``mark`` is the display name, unique in the run; ``at_s`` counts from the start of the play.

    ``patience_s``: a patient one stays so long once the line is answered, one who gives up hangs up so long after
    dialling.
    """

    mark: str
    number: str
    entry: str
    at_s: float
    behaviour: Behaviour
    patience_s: float

    @property
    def masked_mark(self) -> str:
        """The mark as the API shows it: the middle of a name with digits is hidden, head and tail are not."""
        return mask_number(self.mark)


def mark_of(run: str, n: int) -> str:
    """The display name of call ``n``: run in the first three characters, number in the last four, digits in it.

    Made so that masking (first 3 and last 4 stay) leaves it unique. Raises ValueError for another length of ``run``.
    """
    if len(run) != 3 or not run[0].isdigit() or not run.isalnum():
        raise ValueError(f"run {run!r} is not a digit and two letters or digits")
    if not 0 <= n < MOST_CALLS:
        raise ValueError(f"call {n} is outside 0 to {MOST_CALLS - 1}")
    tail = ""
    for _ in range(4):
        n, digit = divmod(n, 36)
        tail = _DIGITS[digit] + tail
    return f"{run}-demo-{tail}"


def run_name(rng: random.Random) -> str:
    """A name for a run: a digit and two letters or digits."""
    return rng.choice(_DIGITS[:10]) + rng.choice(_DIGITS) + rng.choice(_DIGITS)


def weights(entries: Sequence[str]) -> dict[str, float]:
    """How often each entry number is dialled: 12345 (or else the first) takes 70 in 100, the rest share 30."""
    if not entries:
        raise ValueError("no entry number to dial")
    main = "12345" if "12345" in entries else entries[0]
    rest = [entry for entry in entries if entry != main]
    if not rest:
        return {main: 1.0}
    return {main: 0.7, **dict.fromkeys(rest, 0.3 / len(rest))}


def plan_calls(wishes: Wishes, entries: Mapping[str, float], run: str) -> list[PlannedCall]:
    """The citizens in order of arrival: Poisson (exponential gaps of mean 1/rate), one in eight short of patience."""
    rng = random.Random(wishes.seed)  # noqa: S311 - a play, no secret
    at, calls = 0.0, []
    numbers = unique_numbers(rng, wishes.placed)
    for n, number in enumerate(numbers):
        at += rng.expovariate(wishes.rate)
        gives_up = rng.random() < 0.125
        calls.append(
            PlannedCall(
                mark=mark_of(run, n),
                number=number,
                entry=rng.choices(list(entries), list(entries.values()))[0],
                at_s=round(at, 3),
                behaviour="gives_up" if gives_up else "patient",
                patience_s=round(rng.uniform(1.5, 12.0) if gives_up else rng.uniform(45.0, 120.0), 3),
            )
        )
    return calls


def unique_numbers(rng: random.Random, count: int) -> list[str]:
    """Mobile numbers of mainland shape, each once."""
    seen: dict[str, None] = {}
    while len(seen) < count:
        seen[rng.choice(_HEADS) + f"{rng.randrange(10**8):08d}"] = None
    return list(seen)


def even_period_ms(calls: Sequence[PlannedCall]) -> int:
    """The even pace for these calls: at least 1 ms, so that the last start is not after the last arrival."""
    return max(1, int(calls[-1].at_s * 1000 / len(calls))) if calls else 1


def delays_ms(calls: Sequence[PlannedCall], period_ms: int) -> tuple[int, list[int]]:
    """(lead, delays): call i, started ``i * period_ms`` after SIPp, waits delays[i] and dials at lead + its moment.

    The lead is the least that makes no delay negative; it is the time by which the play begins late.
    """
    early = [round(call.at_s * 1000) - i * period_ms for i, call in enumerate(calls)]
    lead = max(0, -min(early, default=0))
    return lead, [lead + e for e in early]


def citizen_rows(calls: Sequence[PlannedCall], delays: Sequence[int], audio: bool) -> list[list[str]]:
    """Rows for citizen.xml and citizen-gives-up.xml."""
    speak = "yes" if audio else "no"
    return [
        [call.number, call.mark, call.entry, str(delay), str(round(call.patience_s * 1000)), speak]
        for call, delay in zip(calls, delays, strict=True)
    ]


def seat_rows(wishes: Wishes, count: int = 500) -> list[list[str]]:
    """Rows for seat-hall.xml: ms of ringing and of talk. One in thirty rings on until the queue takes the call away."""
    rng = random.Random(wishes.seed + 1)  # noqa: S311 - a play, no secret
    rows = []
    for _ in range(count):
        ring = 120.0 if rng.random() < 1 / 30 else rng.uniform(0.8, 4.0)
        talk = min(max(2.0, rng.expovariate(1 / wishes.talk_s)), 8 * wishes.talk_s)
        rows.append([str(round(ring * 1000)), str(round(talk * 1000))])
    return rows
