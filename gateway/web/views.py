"""How records look outside: the pydantic models that the API answers with (and OpenAPI describes), made from records
with every personal field masked.

Masking is by default: a string of an event or of ``more`` passes ``mask_text`` unless its key is known to hold an
identifier. Ids of Asterisk (1732200000.15) and ticket numbers hold long runs of digits and must stay whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from gateway.model.masking import mask_number, mask_text
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Stretch, Ticket

_NUMBERS = frozenset(
    {"caller", "caller_number", "calling_number", "contact_number", "number", "phone", "mobile", "target_number"}
)
_NAMES = frozenset({"name", "caller_name", "citizen_name"})
_HIDDEN = frozenset({"query_code", "password", "token"})
_IDENTIFIERS = frozenset(
    {
        "id", "call_id", "ticket_no", "recording_id", "recording", "raw_id", "leg", "leg_id", "queue", "seat",
        "seat_id", "agent", "agent_id", "entry_number", "account", "flow", "extension", "channel_msg_id",
        "urge_of", "duplicate_of", "related_nos", "area_code", "revision", "state", "outcome", "language",
        "track", "channel", "kind", "hall", "transfer_id", "sequence", "epoch",
    }
)  # fmt: skip


def mask_name(name: str) -> str:
    """Keep the family name: ``张三`` -> ``张*``. A name that is a number (caller id) is masked as one."""
    if any(character.isdigit() for character in name):
        return mask_number(name)
    return name[:1] + "*" * (len(name) - 1)


def masked(value: Any, key: str = "") -> Any:
    """``value`` (JSON data under ``key``) with personal numbers, names and the numbers inside texts masked."""
    if isinstance(value, Mapping):
        return {name: masked(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner, key) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and key in _NUMBERS:
        value = str(value)
    if not isinstance(value, str) or key in _IDENTIFIERS:
        return value
    return _mask_string(value, key)


def _mask_string(text: str, key: str) -> str:
    if key in _HIDDEN:
        return ""
    if key in _NUMBERS:
        return mask_number(text)
    return mask_name(text) if key in _NAMES else mask_text(text)


class StretchView(BaseModel):
    kind: Literal["flow", "waiting", "ringing", "talking", "held", "wrap_up"]
    start: float
    end: float | None
    queue: str | None
    seat: str | None
    agent: str | None


class CallView(BaseModel):
    """One call; times are epoch seconds, durations seconds; the caller is masked."""

    call_id: str
    started_at: float
    entry_number: str
    account: str
    track: str
    caller_number: str = Field(description="masked, as 138****5678")
    caller_name: str
    direction: Literal["in", "out"]
    flow: str
    language: str
    queue: str | None
    seat: str | None
    agent: str | None
    queued_at: float | None
    answered_at: float | None
    ended_at: float | None
    wait_s: float | None
    ring_s: float | None
    talk_s: float | None
    hold_s: float | None
    wrap_s: float | None
    outcome: str | None
    ended_by: str
    recording_id: str
    stretches: list[StretchView]


class TicketView(BaseModel):
    """One ticket; personal fields and the numbers inside its texts are masked."""

    ticket_no: str
    id: str
    revision: int
    state: str
    channel: str
    account: str
    entry_number: str
    track: str
    area_code: str
    received_at: float
    occurred_at: float
    channel_msg_id: str
    queue: str
    call_id: str
    agent_id: str
    language: str
    wait_s: float | None
    ring_s: float | None
    talk_s: float | None
    hold_s: float | None
    wrap_s: float | None
    first_response_at: float | None
    deadline_at: float | None
    closed_at: float | None
    calling_number: str
    contact_number: str
    name: str
    kind: str
    category: str
    title: str
    content: str
    urgency: str
    is_secret: bool
    recording_id: str
    raw_id: str
    more: dict[str, Any]


class CallPage(BaseModel):
    """Newest first; ``next`` is the ``after`` of the following page, null on the last."""

    items: list[CallView]
    next: str | None


class TicketPage(BaseModel):
    items: list[TicketView]
    next: str | None


class CallReveal(BaseModel):
    """What was masked of a call."""

    call_id: str
    caller_number: str
    caller_name: str


class TicketReveal(BaseModel):
    """What was masked of a ticket."""

    ticket_no: str
    calling_number: str
    contact_number: str
    name: str
    title: str
    content: str
    query_code: str
    more: dict[str, Any]


class CloudEvent(BaseModel):
    """CloudEvents 1.0 with the sequence extension: decimal, padded with zeros so that text order is feed order."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: str = Field(pattern=r"^[0-9]{20}$")
    data: dict[str, Any]


class Me(BaseModel):
    """Who is logged in. ``csrf`` goes into X-CSRF-Token with every change; null for a machine."""

    login: str
    name: str
    role: Literal["agent", "supervisor", "admin", "reader"]
    agent: str
    seat: str | None = Field(description="where this agent is signed in")
    csrf: str | None
    until: float | None = Field(description="when the session ends, epoch seconds")


class AuditView(BaseModel):
    at: float
    login: str
    act: str
    subject: str
    address: str
    detail: dict[str, Any]


class Accepted(BaseModel):
    """The order was accepted; the seat's state follows on the live stream when the fact comes back."""

    accepted: Literal[True] = True
    seat: str


def call_view(call: CallRecord) -> CallView:
    fields = {name: getattr(call, name) for name in CallView.model_fields if name != "stretches"}
    fields["caller_number"] = mask_number(call.caller_number)
    fields["caller_name"] = mask_name(call.caller_name)
    return CallView(**fields, stretches=[_stretch_view(stretch) for stretch in call.stretches])


def _stretch_view(stretch: Stretch) -> StretchView:
    return StretchView(**{name: getattr(stretch, name) for name in StretchView.model_fields})


def ticket_view(ticket: Ticket) -> TicketView:
    """A secret ticket (the citizen asked for it, GB/T 33358) shows nothing of the person at all."""
    fields = {name: getattr(ticket, name) for name in TicketView.model_fields}
    for name in ("calling_number", "contact_number"):
        fields[name] = "*" * len(fields[name]) if ticket.is_secret else mask_number(fields[name])
    fields["name"] = "*" * len(ticket.name) if ticket.is_secret else mask_name(ticket.name)
    fields["title"], fields["content"] = mask_text(ticket.title), mask_text(ticket.content)
    # an e-mail address or a WeChat id is as personal as a number
    fields["channel_msg_id"] = mask_text(ticket.channel_msg_id)
    fields["more"] = masked(ticket.more)
    return TicketView(**fields)


def call_reveal(call: CallRecord) -> CallReveal:
    return CallReveal(call_id=call.call_id, caller_number=call.caller_number, caller_name=call.caller_name)


def ticket_reveal(ticket: Ticket) -> TicketReveal:
    return TicketReveal(**{name: getattr(ticket, name) for name in TicketReveal.model_fields})


def cloud_event(event: Event, source: str) -> CloudEvent:
    moment = datetime.fromtimestamp(event.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return CloudEvent(
        id=event.id,
        source=source,
        type=event.type,
        subject=event.subject,
        time=moment,
        sequence=f"{event.sequence:020d}",
        data=masked(event.data),
    )


def me_view(account: Account, *, seat: str | None, csrf: str | None, until: float | None) -> Me:
    return Me(
        login=account.login,
        name=account.name,
        role=account.role,
        agent=account.agent_id,
        seat=seat,
        csrf=csrf,
        until=until,
    )


def audit_view(entry: AuditEntry) -> AuditView:
    return AuditView(**asdict(entry))
