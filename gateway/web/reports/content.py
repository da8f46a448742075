"""A report's content, gathered and not yet set: the figures of the period and of the one before, by all that they are
told by. ``digest`` names exactly this content: a report whose figures were corrected has another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from gateway.web.reports.numbers import unit_of
from gateway.web.reports.periods import Period
from gateway.web.reports.source import By, FigureSource, Table
from gateway.web.reports.words import Lang

DIMENSIONS: tuple[By, ...] = ("queue", "entry_number", "channel", "agent", "partner", "category", "area")
COMPARED: tuple[By, ...] = ("queue", "category", "area")
"""Told by group against the period before, so that what rises is seen."""
_TRIES = 3
"""So often the tables are read when a correction comes between them."""


@dataclass(frozen=True, slots=True)
class Content:
    """``course`` is the period by hour (a day) or by day; ``hours`` all its hours; ``tables`` by each dimension.

    ``as_of`` is the moment of the figures: before the period's end it is a part of it.
    """

    period: Period
    hotline: str
    as_of: float
    hours: Table
    course: Table
    before: Table
    tables: Mapping[By, Table]
    tables_before: Mapping[By, Table] = field(default_factory=dict)
    hotline_en: str = ""

    def hotline_in(self, lang: Lang) -> str:
        """The hotline's name; where it has no English one, the Chinese."""
        return self.hotline_en if lang == "en" and self.hotline_en else self.hotline

    @property
    def left(self) -> int:
        """How many quarters of an hour are still to be counted."""
        return max(self.hours.left, self.course.left, self.before.left, *(one.left for one in self.tables.values()))

    @property
    def even(self) -> bool:
        """True when all tables are of the same moment: a correction that came between two of them shows in their
        totals."""
        now = (self.hours, self.course, *self.tables.values())
        earlier = (self.before, *self.tables_before.values())
        return all(_counts(one) == _counts(row[0]) for row in (now, earlier) for one in row)

    @property
    def complete(self) -> bool:
        return self.as_of >= self.period.until

    @property
    def total(self) -> Mapping[str, float | None]:
        return self.course.total

    @property
    def empty(self) -> bool:
        """True when nobody called and nothing was written."""
        return not any(self.total.get(one) for one in ("requests", "tickets", "transfers"))

    @property
    def digest(self) -> str:
        """The same for the same figures, whenever they were read."""
        told: list[object] = [self.period.kind, self.period.id, self.hotline, self.hours, self.course, self.before]
        tables = [dict(sorted(one.items())) for one in (self.tables, self.tables_before)]
        body = orjson.dumps([*told, *tables], option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=dict)
        return hashlib.sha256(body).hexdigest()[:16]


def _counts(table: Table) -> dict[str, float | None]:
    return {name: value for name, value in table.total.items() if unit_of(name) == "count"}


async def gather(source: FigureSource, period: Period, hotline: str, now: float) -> Content:
    """Ask the figures' side for all that a report tells. A period that still runs is told up to its last full hour, and
    compared with as much of the one before. Raises OSError when the ledger is away."""
    since, until, before = period.since, period.until, period.before
    passed = before.until
    if now < until:
        now = until = since + max(1.0, (now - since) // 3600) * 3600
        passed = min(before.until, before.since + (until - since))
    content = await _read(source, period, hotline, now, (since, until), (before.since, passed))
    for _ in range(_TRIES - 1):
        if content.even:
            break
        content = await _read(source, period, hotline, now, (since, until), (before.since, passed))
    return content


async def _read(
    source: FigureSource,
    period: Period,
    hotline: str,
    now: float,
    span: tuple[float, float],
    span_before: tuple[float, float],
) -> Content:
    hours = await source.table("hour", *span)
    by: By = "hour" if period.kind == "day" else "day"
    return Content(
        period,
        hotline,
        now,
        hours,
        hours if by == "hour" else await source.table("day", *span),
        await source.table(by, *span_before),
        {one: await source.table(one, *span) for one in DIMENSIONS},
        {one: await source.table(one, *span_before) for one in COMPARED},
    )
