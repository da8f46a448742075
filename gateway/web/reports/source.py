"""What a report is made of: figures by group, as the figures' side computes them from the ledger. The ids are those of
docs/figures.md; a value that nobody can compute (nothing was asked, nobody rated) is None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

By = Literal["hour", "day", "queue", "agent", "entry_number", "channel", "partner", "area", "category"]
Values = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One group: an hour (``since`` is its start), a queue, a partner ... ``name`` is how people call it."""

    group: str
    name: str
    values: Values
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of a stretch of time: ``total`` of all, ``rows`` by group. ``left`` is how much of it is still to be
    counted (quarters of an hour): only in the first minutes after an upgrade."""

    by: By
    total: Values
    rows: Sequence[Row] = field(default=())
    left: int = 0


class FigureSource(Protocol):
    """The figures. Raises OSError when the ledger is away."""

    async def table(self, by: By, since: float, until: float) -> Table: ...
