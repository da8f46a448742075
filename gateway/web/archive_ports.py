"""What the archive of recordings needs of a ledger, as protocols; ``gateway.ledger`` implements them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from gateway.model.archive import GoneRecording, LegalHold, RecordedCall
from gateway.model.records import AuditEntry

T = TypeVar("T")


class ArchiveTx(Protocol):
    async def save_hold(self, hold: LegalHold) -> None:
        """Insert or replace by id."""

    async def hold(self, id: str) -> LegalHold | None: ...

    async def held_recordings(self, at: float) -> frozenset[str]:
        """The recordings that holds in force at a time keep: of a held call, of all calls of a held ticket (also those
        that were made after it was held, and those over virtual numbers)."""

    async def gone_recording(self, recording_id: str) -> GoneRecording | None: ...

    async def save_gone(self, gone: Sequence[GoneRecording]) -> None:
        """Insert or replace by recording."""

    async def emit(self, type: str, subject: str, data: Mapping[str, Any], at: float) -> None: ...

    async def audit(self, entry: AuditEntry) -> None: ...


class ArchiveLedger(Protocol):
    async def write(self, work: Callable[[Any], Awaitable[T]]) -> T: ...

    async def recorded_calls(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        agent: str | None = None,
        queue: str | None = None,
        entry_number: str | None = None,
        number: str | None = None,
        ticket_no: str | None = None,
        outcome: str | None = None,
        direction: str | None = None,
        least_s: float | None = None,
        most_s: float | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Sequence[RecordedCall]:
        """Newest first. ``number`` looks up by keyed hash; ``least_s`` and ``most_s`` are about talk and hold together;
        ``after`` is the call_id that ended the page before. Raises NotFound when there is no such call."""

    async def holds(self, *, subject: str | None = None, lifted: bool = False, limit: int = 100) -> Sequence[LegalHold]:
        """Newest first; those on one call or ticket, else all that were not lifted, or (``lifted``) all."""

    async def held_recordings(self, at: float) -> frozenset[str]:
        """As ``ArchiveTx``."""

    async def gone_recording(self, recording_id: str) -> GoneRecording | None: ...
