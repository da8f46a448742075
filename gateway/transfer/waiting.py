"""What waits in the queue of the transfer service, and what of a transfer has yet to be written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from gateway.model.facts import Snapshot
from gateway.model.records import AuditEntry
from gateway.model.transfers import Transfer, TransferAct
from gateway.transfer.inputs import Input
from gateway.transfer.ports import Press


@dataclass(slots=True)
class Start:
    press: Press
    done: asyncio.Future[Transfer]


@dataclass(slots=True)
class Do:
    id: str
    act: TransferAct
    login: str
    address: str
    done: asyncio.Future[Transfer]


@dataclass(frozen=True, slots=True)
class Told:
    id: str
    given: Input


@dataclass(frozen=True, slots=True)
class Late:
    """A ticket may have come for a transfer that went without one."""

    transfer: Transfer


@dataclass(frozen=True, slots=True)
class Seen:
    """``versions``: when given, only transfers that have not moved since the look was asked for."""

    snapshot: Snapshot
    versions: dict[str, int] | None = None


@dataclass(slots=True)
class Owed:
    """What has yet to be written of a transfer."""

    events: list[tuple[str, str, dict[str, Any], float]] = field(default_factory=list)
    audits: list[AuditEntry] = field(default_factory=list)
    tried_at: float = 0.0
