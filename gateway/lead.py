"""The shift lead's side: what supervisors have besides seats and queues, composed for ``app`` to start.

Alarms watch the hall, the feed and the machine; figures are kept by the hour; the roster says who is on duty;
recordings are kept for as long as the rules ask and no longer; reports are made on schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from gateway.figures import Figure
from gateway.ledger.store import SqlLedger
from gateway.model.facts import Fact
from gateway.seats.hall import Hall
from gateway.seats.ports import Switch
from gateway.settings import Settings
from gateway.tail import FeedTail


class LeadSide:
    """Made by ``app``; ``show`` hands what the hall was told to the live stream."""

    def __init__(
        self,
        settings: Settings,
        ledger: SqlLedger,
        hall: Hall,
        switch: Switch,
        tail: FeedTail,
        show: Callable[[], None],
    ) -> None:
        self._ledger, self._hall, self._switch, self._tail, self._show = ledger, hall, switch, tail, show
        self.adopt(settings)

    def adopt(self, settings: Settings) -> None:
        """Take a changed configuration."""
        self._settings = settings

    def on_fact(self, fact: Fact) -> None:
        """Take a fact that the hall has."""

    async def resume(self) -> None:
        """Take up what the ledger says is open."""

    def works(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """What runs for as long as the node does, by name."""
        return []

    def figures(self) -> list[Figure]:
        return []
