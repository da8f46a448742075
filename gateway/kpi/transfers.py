"""Transfers by partner, mode or day, and outcome (domain.md, Figures; the State Council Office's 2022 No. 12 asks that
those between 12345 and 110 are followed). Pure functions over records; the caller chooses the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Literal

from gateway.model.transfers import Transfer, TransferOutcome

By = Literal["partner", "mode", "day"]

_NOT_JUDGED: frozenset[TransferOutcome] = frozenset({"cancelled", "caller_left", "agent_left"})
"""Outcomes that say nothing of the partner."""


@dataclass(frozen=True, slots=True)
class TransferFigures:
    """One group's transfers that have ended: a partner's (``group`` "": all queues', flows' and seats'), a mode's or a
    day's (YYYY-MM-DD in the hall's zone).

    ``outcomes`` counts each outcome. ``reached`` = transfers that the target answered / all less those that the agent,
    the citizen or we gave up first; None without any. ``completed_rate`` = completed / the same. ``answer_s`` is the
    mean from the press to the answer, ``talk_s`` from the join to the end, in seconds; None without any. ``pushed``
    counts those whose ticket went to the partner with them.
    """

    group: str
    total: int
    outcomes: dict[TransferOutcome, int]
    reached: float | None
    completed_rate: float | None
    answer_s: float | None
    talk_s: float | None
    pushed: int = 0


@dataclass(slots=True)
class _Sums:
    """What is kept of a group while its transfers are read: no record of its own for any of them."""

    outcomes: Counter[TransferOutcome] = field(default_factory=Counter)
    judged: int = 0
    answers: int = 0
    answer_s: float = 0.0
    talks: int = 0
    talk_s: float = 0.0
    pushed: int = 0

    def add(self, one: Transfer) -> None:
        self.outcomes[one.outcome or "failed"] += 1
        self.judged += one.answered_at is not None or one.outcome not in _NOT_JUDGED
        self.pushed += bool(one.delivery)
        if one.answered_at is not None:
            self.answers += 1
            self.answer_s += one.answered_at - one.started_at
        if one.joined_at and one.ended_at:
            self.talks += 1
            self.talk_s += one.ended_at - one.joined_at

    def figures(self, group: str) -> TransferFigures:
        return TransferFigures(
            group,
            self.outcomes.total(),
            dict(self.outcomes.most_common()),
            _share(self.answers, self.judged),
            _share(self.outcomes["completed"], self.judged),
            round(self.answer_s / self.answers, 3) if self.answers else None,
            round(self.talk_s / self.talks, 3) if self.talks else None,
            self.pushed,
        )


class TransferTally:
    """Counts transfers as they are read, page by page. ``zone`` is the hall's, for days."""

    def __init__(self, by: By = "partner", zone: tzinfo | None = None) -> None:
        self._by, self._zone = by, zone
        self._groups: dict[str, _Sums] = {}

    def add(self, transfers: Iterable[Transfer]) -> None:
        """Transfers that still run are left out."""
        for one in transfers:
            if one.ended_at is not None:
                self._groups.setdefault(self._group(one), _Sums()).add(one)

    def _group(self, one: Transfer) -> str:
        if self._by == "day":
            return datetime.fromtimestamp(one.started_at, self._zone).date().isoformat()
        return one.mode if self._by == "mode" else one.partner

    def figures(self) -> list[TransferFigures]:
        """Days in their sequence; else the group with most transfers first."""
        figures = [sums.figures(group) for group, sums in self._groups.items()]
        if self._by == "day":
            return sorted(figures, key=lambda one: one.group)
        return sorted(figures, key=lambda one: (-one.total, one.group))


def transfer_figures(
    transfers: Iterable[Transfer], by: By = "partner", zone: tzinfo | None = None
) -> list[TransferFigures]:
    """The figures of some transfers at once."""
    tally = TransferTally(by, zone)
    tally.add(transfers)
    return tally.figures()


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
