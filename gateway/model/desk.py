"""What the desk keeps beside calls and tickets: drafts of what an agent is typing, the watch list (来电关注), and the
form as it is handed in.

Drafts and notes are personal data of citizens: the ledger seals them, and finds a watched number by its keyed hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from gateway.model.ids import AgentId, TicketNo
from gateway.model.records import CallRecord

WatchLevel = Literal["care", "attention", "alert"]
"""care 关怀 (somebody who needs patience or help), attention 关注 (a matter that is followed), alert 警示 (threats,
abuse of the line: two people listen)."""
WATCH_LEVELS: tuple[WatchLevel, ...] = get_args(WatchLevel)


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as far as it was typed. ``key`` is the call's id, the ticket's number, or ``new/<login>``.

    ``revision`` is counted by the page that types and rises with each saving; ``author`` is the login of who typed
    last; ``at`` is when that was kept (epoch seconds). ``fields`` is plain JSON, half-typed values and all.
    """

    key: str
    author: str
    revision: int
    at: float
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """A note about a caller that is shown at the ring. ``until`` is its last moment (epoch seconds), None for ever."""

    id: str
    number: str
    level: WatchLevel
    note: str
    author: str
    at: float
    until: float | None = None

    def in_force(self, at: float) -> bool:
        return self.until is None or at < self.until


@dataclass(frozen=True, slots=True)
class Filing:
    """A form as handed in. ``ticket_no``, else ``call``, names the ticket; with neither it is a new one.

    ``fields`` are names of fields that ``gateway.tickets.changes`` is open to; ``area_code`` (GB/T 2260) is what a new
    ticket is numbered under; ``send_to`` a partner's number, ``partner`` its name and ``push_limit_s`` the seconds
    within which it acknowledges. ``revision`` is the one that was read. ``key`` makes a second try the same filing;
    ``draft`` is the key of the draft that is forgotten with it. ``agent`` is the agent's number (工号); ``speaks`` that
    of who speaks on the call now ("": nobody); ``leads``: a shift lead files.
    """

    fields: Mapping[str, Any]
    area_code: str
    ticket_no: TicketNo | None = None
    call: CallRecord | None = None
    revision: int | None = None
    key: str = ""
    draft: str = ""
    agent: AgentId | Literal[""] = ""
    speaks: AgentId | Literal[""] = ""
    leads: bool = False
    send_to: str = ""
    partner: str = ""
    push_limit_s: float | None = None
