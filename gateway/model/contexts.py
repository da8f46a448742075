"""Contexts: what a partner hotline tells of a call that it hands to us, by a push or by a header of the call itself.

Kept apart from tickets, because it comes before anybody has spoken to the citizen, may come without a ticket, and is of
use only for as long as the call may ring: then it is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.ids import CallId, TicketNo

ContextSource = Literal["push", "sip"]


@dataclass(frozen=True, slots=True)
class PartnerContext:
    """One thing that partner ``partner`` (its number) told. ``at`` is when, ``until`` when it is forgotten (epoch
    seconds).

    ``ref`` is what the SIP call carries in its header (of a push: what it said the call would carry), ``external_no``
    the partner's own number of the case, ``ticket_no`` ours of the ticket that the push opened; ``call_id`` is known
    only of source sip. ``number`` is the citizen's. ``title``, ``text`` and ``fields`` are what the pop shows.
    """

    id: str
    partner: str
    source: ContextSource
    at: float
    until: float
    ref: str = ""
    external_no: str = ""
    ticket_no: TicketNo | Literal[""] = ""
    call_id: CallId | Literal[""] = ""
    number: str = ""
    title: str = ""
    text: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
