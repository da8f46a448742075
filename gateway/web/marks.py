"""Marks on a recording: where in the file somebody was on hold, a transfer ran, three people spoke.

MixMonitor writes only while the citizen is connected with somebody (its option b, docs/asterisk-notes.md): the file is
shorter than the call, without waiting, ringing and the music that a citizen hears alone. So a moment is placed by what
was recorded before it. Which holds were recorded depends on how they were made (the telephone's own hold is, music
during a consultation is not); of the readings that are possible the one that gives the file's own length is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.model.records import CallRecord
from gateway.model.transfers import Transfer

MarkKind = Literal["talk", "hold", "transfer", "three_way"]
Span = tuple[float, float]

_EXACT_S = 2.0
"""So far may file and stretches be apart: each end of a stretch is an event that took its time."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Seconds from the file's beginning; ``by`` is the agent of a talk, or whom a transfer went to."""

    kind: MarkKind
    start_s: float
    end_s: float
    by: str = ""
    mode: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """``exact`` False: file and call differ in length, so the marks may be some seconds off."""

    marks: Sequence[Mark]
    exact: bool


def marks_of(call: CallRecord, transfers: Sequence[Transfer], seconds: float) -> Marked:
    """The marks of a recording that is ``seconds`` long, in the order of their beginning."""
    spans = min(_readings(call, transfers), key=lambda one: abs(_length(one) - seconds))
    placed = _Placed(spans, seconds)
    marks = [*_of_stretches(call, placed), *_of_transfers(transfers, placed, call.ended_at)]
    marks.sort(key=lambda one: (one.start_s, one.kind))
    return Marked(marks, abs(_length(spans) - seconds) <= _EXACT_S)


class _Placed:
    """Moments of a call as seconds of its file."""

    def __init__(self, spans: Sequence[Span], seconds: float) -> None:
        self._spans, self._seconds = spans, seconds

    def at(self, moment: float) -> float:
        before = sum(min(end, moment) - start for start, end in self._spans if start < moment)
        return round(min(max(before, 0.0), self._seconds), 3)


def _readings(call: CallRecord, transfers: Sequence[Transfer]) -> list[list[Span]]:
    """What may have been recorded: holds of a transfer left out, all holds in, all out."""
    talks = [*_spans(call, "talking"), *_released(transfers, call.ended_at)]
    holds = _spans(call, "held")
    apart = [one for one in holds if not any(_overlap(one, other) for other in _running(transfers, call.ended_at))]
    return [_merged([*talks, *some]) for some in (apart, holds, [])]


def _spans(call: CallRecord, kind: str) -> list[Span]:
    over = call.ended_at
    ends = ((s.start, s.end if s.end is not None else over) for s in call.stretches if s.kind == kind)
    return [(start, end) for start, end in ends if end is not None and end > start]


def _running(transfers: Iterable[Transfer], over: float | None) -> list[Span]:
    return [(one.started_at, one.released_at or one.ended_at or over or one.started_at) for one in transfers]


def _released(transfers: Iterable[Transfer], over: float | None) -> list[Span]:
    """Citizen and partner went on without the agent: recorded to the call's end."""
    went = [one.released_at for one in transfers if one.released_at is not None and one.target_kind == "partner"]
    return [(at, over) for at in went if over is not None and over > at]


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _merged(spans: Iterable[Span]) -> list[Span]:
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def _length(spans: Iterable[Span]) -> float:
    return sum(end - start for start, end in spans)


def _of_stretches(call: CallRecord, placed: _Placed) -> list[Mark]:
    marks = []
    for one in call.stretches:
        if one.kind not in ("talking", "held"):
            continue
        kind: MarkKind = "talk" if one.kind == "talking" else "hold"
        end = one.end if one.end is not None else call.ended_at or one.start
        marks.append(Mark(kind, placed.at(one.start), placed.at(end), one.agent or ""))
    return marks


def _of_transfers(transfers: Sequence[Transfer], placed: _Placed, over: float | None) -> list[Mark]:
    marks = []
    for one in transfers:
        end = one.ended_at or over or one.started_at
        # a target that is no partner may be a person's number: never shown
        whom = one.partner or (one.target if one.target_kind in ("queue", "flow", "seat") else "")
        said = (whom, one.mode, one.outcome or "")
        marks.append(Mark("transfer", placed.at(one.started_at), placed.at(end), *said))
        if one.mode == "three_way" and one.joined_at is not None:
            left = one.released_at or end
            marks.append(Mark("three_way", placed.at(one.joined_at), placed.at(left), *said))
    return marks
