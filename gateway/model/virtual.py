"""Virtual numbers (虚拟短号): a number of ours by which a department and a citizen call each other for one ticket, for
a time, neither seeing the other's number. A ``Binding`` is what such a number stands for, a ``VirtualCall`` one call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gateway.model.ids import CallId, TicketNo

Side = Literal["department", "citizen"]
"""Who began a call over a virtual number."""

VirtualOutcome = Literal["answered", "busy", "no_answer", "refused", "unreachable", "ended_unseen"]


@dataclass(frozen=True, slots=True)
class Binding:
    """``callers`` are the numbers from which the department may call; the first is rung when the citizen calls back.
    ``citizen`` is theirs. ``until`` is when it lapses by itself, ``ended_at`` when somebody ended it before; epoch
    seconds.
    """

    id: str
    number: str
    ticket_no: TicketNo
    partner: str
    callers: tuple[str, ...] = field(repr=False)
    citizen: str = field(repr=False)
    bound_at: float
    until: float
    login: str = ""
    ended_at: float | None = None

    @property
    def over_at(self) -> float:
        """From when on it stands for nobody any more."""
        return self.until if self.ended_at is None else min(self.until, self.ended_at)

    def holds(self, at: float) -> bool:
        return self.bound_at <= at < self.over_at


@dataclass(frozen=True, slots=True)
class VirtualCall:
    """One call over a virtual number (话单). ``recording_id`` is "" when nobody spoke; ``talk_s`` in seconds."""

    call_id: CallId
    binding_id: str
    ticket_no: TicketNo
    number: str
    side: Side
    began_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    outcome: VirtualOutcome | None = None
    talk_s: float | None = None
    recording_id: str = ""
