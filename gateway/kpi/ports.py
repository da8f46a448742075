"""What the figures need of a ledger (``gateway.ledger`` implements it), and what they offer to pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gateway.kpi.counting import Call, TicketRow, TimeRow, TransferRow
from gateway.kpi.packs import Cell
from gateway.model.records import CallRecord

Mark = tuple[int, int]
"""A quarter of an hour that has changed, and a number that tells one change from the next."""
Span = Literal["h", "d"]
CallsOf = Literal["requested", "answered", "lost", "late", "short"]
"""Which calls of a group: those behind a figure."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a ledger has of some quarters of an hour, or a part of that."""

    calls: Sequence[Call] = ()
    tickets: Sequence[TicketRow] = ()
    transfers: Sequence[TransferRow] = ()
    times: Sequence[TimeRow] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """What has been counted and is to be kept: packs by quarter with the time at which they change by themselves,
    cells by span and time, and the marks that this settles."""

    packs: Mapping[int, tuple[bytes, float | None]]
    cells: Mapping[tuple[Span, int], Mapping[Cell, str]]
    marks: Sequence[Mark] = ()


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls a figure is made of, for drilling down to them, by when they began. None is any; "" is none.

    requested: asked for a person and is decided, so answered or lost; late: answered, but not within 15 s; short: gave
    up within 5 s; ``cause`` is the outcome of a lost one.
    """

    since: float
    until: float
    queue: str | None = None
    agent: str | None = None
    entry_number: str | None = None
    outcome: CallsOf | None = None
    cause: str | None = None
    after: str | None = None
    limit: int = 100


class FigureStore(Protocol):
    """Errors come as those of the ledger (OSError)."""

    async def figure_version(self) -> tuple[int, str]:
        """A number that rises with everything kept, and by which rules it was counted."""

    async def figure_marks(self, since: int | None, until: int | None, limit: int) -> Sequence[Mark]:
        """Marks of quarters from ``since`` on and before ``until``, the latest quarter first."""

    async def figures_due(self, at: float) -> Sequence[int]:
        """Quarters whose pack changes by then though nothing happens."""

    def figure_rows(self, first: int, last: int) -> AsyncGenerator[Rows, None]:
        """What is of the quarters from ``first`` to ``last``, both included: a few hundred rows at a time, because a
        flood makes a million of them in one quarter. Whoever does not go on to the end closes it."""

    async def figure_rows_of(self, agent: str, since: int, until: int) -> Rows:
        """What is of an agent from ``since`` on and before ``until`` (epoch seconds); not the agent's time."""

    async def figure_packs(self, first: int, last: int) -> Mapping[int, bytes]: ...

    async def figure_cells_at(self, span: Span, at: int) -> Mapping[Cell, str]:
        """All cells of one hour or day."""

    async def figure_cells(
        self, cube: str, span: Span, since: int, until: int, where: Mapping[str, str]
    ) -> Sequence[tuple[int, str, str, str, str, str]]:
        """(at, queue, agent, entry, topic, data) of one cube; ``where`` names columns and their values."""

    async def keep_figures(self, version: int, counted: Counted) -> bool:
        """Keep it all or nothing; False when somebody else has kept something since ``version``."""

    async def reset_figures(self, rules: str) -> None:
        """Forget packs and cells and mark all that the ledger has: it is counted anew by other rules."""

    async def add_agent_times(self, rows: Sequence[TimeRow], name: str, told: Mapping[str, Any]) -> None:
        """Add agents' time to what is kept of theirs; with it the state ``name``: up to when that tells."""

    async def figure_calls(self, asked: CallFilter) -> Sequence[CallRecord]:
        """The calls behind a figure, newest first."""
