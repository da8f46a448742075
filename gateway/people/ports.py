"""What the roster needs of a ledger, as protocols; ``gateway.ledger`` implements them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from gateway.model.people import Duty, Handover, Person
from gateway.model.records import AuditEntry

T = TypeVar("T")


class PeopleTx(Protocol):
    async def people(self) -> Sequence[Person]:
        """All who ever were on a roster."""

    async def save_people(self, people: Iterable[Person]) -> None:
        """Insert or replace by id."""

    async def duties(self, first: date, last: date) -> Sequence[Duty]:
        """Those that begin on these days, both included, in order."""

    async def replace_duties(self, days: Iterable[date], duties: Iterable[Duty]) -> None:
        """``duties`` are all that the days have from now on."""

    async def save_handover(self, note: Handover) -> None:
        """Insert or replace by id."""

    async def handover(self, id: str) -> Handover | None: ...

    async def audit(self, entry: AuditEntry) -> None: ...


class PeopleLedger(Protocol):
    async def write(self, work: Callable[[Any], Awaitable[T]]) -> T: ...

    async def people(self) -> Sequence[Person]: ...

    async def duties(self, first: date, last: date) -> Sequence[Duty]: ...

    async def handovers(self, limit: int = 50) -> Sequence[Handover]:
        """Newest first."""
