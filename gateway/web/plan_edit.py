"""What a shift lead changes on the floor plan, and what became of it: the page's side of editing ``config/halls``.

The page sends where seats and pillars shall stand; who keeps the configuration (``gateway.settings.planning``) makes
the file's new text of it, and tells the difference. ``version`` names the text that the change was made from: a file
that has been changed by somebody else meanwhile is never overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PlanChange:
    """``seats``: seat -> (room, x, y) of those that move; ``pillars``: room -> its cells, of the rooms whose pillars
    change. Cells count from the room's corner."""

    hall: str
    seats: Mapping[str, tuple[str, int, int]]
    pillars: Mapping[str, tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A file as it would be. ``diff`` is a unified one; ``writable`` is False where the gateway may not write it."""

    file: str
    version: str
    diff: str
    writable: bool
    saved: bool = False


class PlanRefused(Exception):
    """The change cannot be made: what is wrong with the configuration that would come of it, in the operator's words.
    ``stale`` when the file is not the one that the change was made from; ``unknown`` when there is no such hall."""

    def __init__(self, why: str, *, stale: bool = False, unknown: bool = False) -> None:
        super().__init__(why)
        self.why, self.stale, self.unknown = why, stale, unknown


class PlanFiles(Protocol):
    """Where halls are configured. Both raise PlanRefused."""

    async def preview(self, change: PlanChange) -> PlanDraft:
        """The file with the change in it, judged as a whole configuration; nothing is written."""
        ...

    async def save(self, change: PlanChange, version: str) -> PlanDraft:
        """Write the file and take it into force, or leave both as they were."""
        ...
