"""Transfers by partner and outcome (domain.md, Figures; the State Council Office's 2022 No. 12 asks that those between
12345 and 110 are followed). Pure functions over records; the caller chooses the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from gateway.model.transfers import Transfer, TransferOutcome

_NOT_JUDGED: frozenset[TransferOutcome] = frozenset({"cancelled", "caller_left", "agent_left"})
"""Outcomes that say nothing of the partner."""


@dataclass(frozen=True, slots=True)
class TransferFigures:
    """One partner's (or, ``partner`` "", all queues', flows' and seats') transfers that have ended.

    ``outcomes`` counts each outcome. ``reached`` = transfers that the target answered / all less those that the agent,
    the citizen or we gave up first; None without any. ``completed_rate`` = completed / the same. ``answer_s`` is the
    mean from the press to the answer, ``talk_s`` from the join to the end, in seconds; None without any.
    """

    partner: str
    total: int
    outcomes: dict[TransferOutcome, int]
    reached: float | None
    completed_rate: float | None
    answer_s: float | None
    talk_s: float | None


def transfer_figures(transfers: Iterable[Transfer]) -> list[TransferFigures]:
    """By partner, the one with most transfers first. Transfers that still run are left out."""
    by_partner: dict[str, list[Transfer]] = {}
    for one in transfers:
        if one.ended_at is not None:
            by_partner.setdefault(one.partner, []).append(one)
    figures = [_of(partner, of) for partner, of in by_partner.items()]
    return sorted(figures, key=lambda one: (-one.total, one.partner))


def _of(partner: str, transfers: Sequence[Transfer]) -> TransferFigures:
    outcomes = Counter(one.outcome or "failed" for one in transfers)
    judged = [one for one in transfers if one.answered_at is not None or one.outcome not in _NOT_JUDGED]
    answers = [one.answered_at - one.started_at for one in transfers if one.answered_at is not None]
    talks = [one.ended_at - one.joined_at for one in transfers if one.joined_at and one.ended_at]
    return TransferFigures(
        partner,
        len(transfers),
        dict(outcomes.most_common()),
        _share(sum(one.answered_at is not None for one in judged), len(judged)),
        _share(outcomes["completed"], len(judged)),
        round(fmean(answers), 3) if answers else None,
        round(fmean(talks), 3) if talks else None,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
