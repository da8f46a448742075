"""The walls' side of the server: their live stream, less all that is of persons, and today's counts for them.

The stream has the numbers of the hall's own (epoch and n), so that a wall's page follows it with the same client as the
seat map. Counts by area and category are read from the ledger at most once a minute, for all walls together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from gateway.kpi.reports import By, Wanted
from gateway.web.figure_views import FigureBook
from gateway.web.live import LiveHub
from gateway.web.wall_views import WallCount, wall_message

log = structlog.get_logger(__name__)

COUNTED_EVERY_S = 60.0
MOST_GROUPS = 40


class WallStream:
    """``snapshot`` is the hall's; ``hub`` is where the hall's diffs are published."""

    def __init__(self, snapshot: Callable[[], dict[str, Any]], hub: LiveHub) -> None:
        self.hub = LiveHub(lambda: wall_message(snapshot()))
        hub.also.append(self)

    @property
    def followed(self) -> bool:
        return self.hub.followed

    def take(self, diff: dict[str, Any]) -> None:
        if self.followed:
            self.hub.publish(wall_message(diff))


@dataclass(slots=True)
class WallCounts:
    """Requests of today by area and by category. ``monotonic`` never jumps."""

    monotonic: Callable[[], float]
    _at: float | None = None
    _found: dict[By, list[WallCount]] = field(default_factory=dict)
    _counting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(
        self, book: FigureBook, names: Callable[[By], Mapping[str, str]], at: float, zone: ZoneInfo
    ) -> Mapping[By, Sequence[WallCount]]:
        """By "area" and "category", the most first; the last ones known while the ledger is away."""
        async with self._counting:
            if self._at is None or self.monotonic() - self._at >= COUNTED_EVERY_S:
                try:
                    await self._count(book, names, at, zone)
                except OSError as error:
                    log.warning("wall.not_counted", error=str(error))
                self._at = self.monotonic()
        return self._found

    async def _count(
        self, book: FigureBook, names: Callable[[By], Mapping[str, str]], at: float, zone: ZoneInfo
    ) -> None:
        midnight = datetime.fromtimestamp(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)
        since = min(midnight, datetime.fromtimestamp(at, zone) - timedelta(seconds=1)).timestamp()
        kinds: tuple[By, ...] = ("area", "category")
        for by in kinds:
            report, known = await book.report(Wanted(by, since, at)), names(by)
            counts = [
                WallCount(id=one.group, name=known.get(one.group, one.group), count=int(one.values.get("tickets") or 0))
                for one in report.groups
                if one.group
            ]
            counts.sort(key=lambda one: (-one.count, one.id))
            self._found[by] = counts[:MOST_GROUPS]
