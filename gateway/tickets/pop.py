"""What an agent is shown of a caller at the first ring (来电弹屏), chosen from what the ledger knows; pure.

Nothing is guessed: a place is the caller's own earlier one, or what the area code of a fixed line says, or that of the
entry number, and says which. A ticket that is to be kept secret (保密) shows itself only to those who have it or lead;
to others it is no more than the word that there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.model.ids import AgentId
from gateway.model.records import CallRecord, Ticket

_SHOWN = 20
_NUMBER = re.compile(r"\+?[0-9]{3,20}")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a caller is, as far as is known. ``why`` is ticket, telephone or entry."""

    area_code: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Places:
    """Names of areas by GB/T 2260 code, area codes by the dialling codes of fixed lines and by entry numbers."""

    names: Mapping[str, str]
    dialling: Mapping[str, str]
    entries: Mapping[str, str]

    def of(self, number: str, entry_number: str, tickets: Iterable[Ticket]) -> Spot | None:
        """The caller's place: of the newest ticket that names an address, else of a fixed line, else of the entry
        number that is one area's. None when nothing is known."""
        said = next((one.area_code for one in tickets if one.address and one.area_code), "")
        line = next((self.dialling[code] for code in _dialling_codes(number) if code in self.dialling), "")
        for area, why in ((said, "ticket"), (line, "telephone"), (self.entries.get(entry_number, ""), "entry")):
            if area:
                return Spot(area, self.names.get(area, ""), why)
        return None


def _dialling_codes(number: str) -> Sequence[str]:
    """How a fixed line's number may begin: three digits of a large city (010, 02x), else four."""
    bare = "0" + number[3:] if number.startswith("+86") else number
    is_fixed = bare[:1] == "0" and bare[1:2] not in ("", "0") and bare.isdecimal() and 10 <= len(bare) <= 12
    return (bare[:3], bare[:4]) if is_fixed else ()


def telephone(number: str) -> str:
    """The calling number when it is one telephone's, else "": callers who withhold theirs (anonymous) are many people,
    and none of them may be shown what another has asked."""
    return number if _NUMBER.fullmatch(number) else ""


def may_see(ticket: Ticket, agent: AgentId, *, leads: bool) -> bool:
    """Whether an agent may see what a ticket is about: a secret one is for its own agent and for shift leads."""
    return leads or not ticket.is_secret or bool(agent and ticket.agent_id == agent)


def shown_first(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Open ones before closed ones, the newest first in each, bounded."""
    ranked = sorted(tickets, key=lambda one: (one.state == "closed", -one.received_at))
    return ranked[:_SHOWN]


def waited(call: CallRecord, at: float) -> float | None:
    """Seconds from the queue to the answer or the loss, or until now; None for a call that entered no queue."""
    if call.wait_s is not None:
        return round(call.wait_s, 1)
    if call.queued_at is None:
        return None
    return round(max(0.0, (call.answered_at or call.ended_at or at) - call.queued_at), 1)
