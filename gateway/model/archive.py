"""Recordings as they are kept: what a search finds, holds that keep one beyond its time (保全), and what was deleted.

A recording is deleted when its time is over and no hold is on it; that it was there, and when it went, stays known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.model.records import CallRecord

HoldKind = Literal["call", "ticket"]


@dataclass(frozen=True, slots=True)
class LegalHold:
    """Keeps the recordings of a call, or all those of a ticket, from being deleted. ``author`` is a login; ``until`` is
    its last moment (epoch seconds), None until it is lifted. ``why`` may name persons: the ledger seals it."""

    id: str
    kind: HoldKind
    subject: str
    why: str
    author: str
    at: float
    until: float | None = None
    lifted_at: float | None = None
    lifted_by: str = ""

    def in_force(self, at: float) -> bool:
        return self.lifted_at is None and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class GoneRecording:
    """A recording that was deleted: the folder of its ``day`` (YYYYMMDD of the hall), its size in bytes, when, why."""

    recording_id: str
    day: str
    size: int
    deleted_at: float
    why: str = "expired"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call that was recorded, with its first ticket. ``deleted_at`` None: nothing says that the recording is gone."""

    call: CallRecord
    ticket_no: str = ""
    is_secret: bool = False
    deleted_at: float | None = None
