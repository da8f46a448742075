"""How records look outside: the pydantic models that the API answers with (and OpenAPI describes), made from records
with every personal field masked.

Masking is by default: a string of an event or of ``more`` passes ``mask_text`` unless its key is known to hold an
identifier. Ids of Asterisk (1732200000.15) and ticket numbers hold long runs of digits and must stay whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from gateway.model.masking import mask_number, mask_personal, mask_text
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Stretch, Ticket
from gateway.tickets.calls import FIGURES
from gateway.tickets.filing import FILED

_NUMBERS = frozenset(
    {"caller", "caller_number", "calling_number", "contact_number", "number", "phone", "mobile", "target_number"}
)
_NAMES = frozenset({"name", "caller_name", "citizen_name"})
_PERSONS = frozenset({"user_id", "openid", "external_userid", "email", "target", "sender"})
_WRITTEN = frozenset({"title", "content", "text", "note", "comment", "result", "address", "against", "reason"})
_HIDDEN = frozenset({"query_code", "password", "token", "secret", "secrets"})
_BOOKKEEPING = frozenset({FIGURES, FILED})
"""What acts on tickets note for themselves in ``more``: nobody's to read."""
_KEPT_WHOLE = frozenset({"external_nos"})
"""Mappings of identifiers, by partner."""
_IDENTIFIERS = frozenset(
    {
        "id", "call_id", "ticket_no", "recording_id", "recording", "raw_id", "leg", "leg_id", "queue", "seat",
        "seat_id", "agent", "agent_id", "entry_number", "account", "flow", "extension", "channel_msg_id",
        "urge_of", "duplicate_of", "related_nos", "area_code", "revision", "state", "outcome", "language",
        "track", "channel", "kind", "hall", "transfer_id", "sequence", "epoch",
        "alarm_id", "rule",
        "message_id", "delivery_id", "reply_id", "follower_id", "attachment_id", "denial_id", "external_no",
        "external_id", "partner", "sha256", "asset_id", "category", "department", "author", "template", "from", "to",
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
        if key in _KEPT_WHOLE:
            return dict(value)
        # a proposed category has a name of our taxonomy, which is nobody's
        return {n: masked(inner, "label" if (key, n) == ("category", "name") else str(n)) for n, inner in value.items()}
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
    if key in _PERSONS:
        return mask_id(text)
    if key in _NAMES:
        return mask_name(text)
    return mask_personal(text) if key in _WRITTEN else mask_text(text)


def mask_id(name: str) -> str:
    """A channel's id of a person, or a mail address: ``oABCdefGH`` -> ``oAB***GH``, ``zhang@x.cn`` -> ``z***@x.cn``."""
    local, at, domain = name.partition("@")
    if at:
        return f"{local[:1]}***@{domain}"
    return f"{name[:3]}***{name[-2:]}" if len(name) >= 9 else "***" if name else ""


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
    ticket_no: str = Field(default="", description="what a call out was about (回访)")
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
    sent_at: float | None
    urge_of: str
    duplicate_of: str
    related_nos: list[str]
    external_nos: dict[str, str]
    user_id: str = Field(description="the channel's id of the person, masked")
    email: str
    sex: str
    subject_type: str
    is_anonymous: bool
    is_public: bool
    need_callback: bool
    category_scheme: str
    category_version: str
    against: str
    against_number: str
    risk_level: int | None
    address: str
    longitude: float | None
    latitude: float | None
    crs: str
    asset_id: str
    limit_days: int | None
    department: str
    result: str
    satisfaction: int | None
    proposed: dict[str, Any] = Field(description="what rules proposed, each with its reason")
    flags: list[str]
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
    user_id: str
    email: str
    title: str
    content: str
    address: str
    against: str
    against_number: str
    result: str
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
    role: Literal["agent", "supervisor", "admin", "reader", "wall"]
    agent: str
    seat: str | None = Field(description="where this agent is signed in")
    csrf: str | None
    until: float | None = Field(description="when the session ends, epoch seconds")
    local_key: str | None = Field(
        description="base64 of 32 bytes: seals what the desk keeps on the agent's machine; null for a machine"
    )


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
    return TicketView(**masked_fields(ticket))


_PERSONAL: Mapping[str, Callable[[str], str]] = {
    "calling_number": mask_number, "contact_number": mask_number, "name": mask_name, "user_id": mask_id,
    "email": mask_id,
}  # fmt: skip


def masked_fields(ticket: Ticket) -> dict[str, Any]:
    """The fields of a TicketView. Of a secret ticket's person only that there is something is shown."""
    fields = {name: getattr(ticket, name) for name in TicketView.model_fields}
    for name, mask in _PERSONAL.items():
        fields[name] = "*" * min(len(fields[name]), 11) if ticket.is_secret else mask(fields[name])
    if ticket.is_secret:
        fields["sex"] = ""
    for name in ("title", "content", "address", "against", "result"):
        fields[name] = mask_personal(fields[name])
    fields["against_number"] = mask_number(ticket.against_number)
    # an e-mail address or a WeChat id is as personal as a number
    fields["channel_msg_id"] = mask_text(ticket.channel_msg_id)
    said = {name: value for name, value in ticket.more.items() if name not in _BOOKKEEPING}
    fields["proposed"], fields["more"] = masked(ticket.proposed), masked(said)
    return fields


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


def me_view(
    account: Account, *, seat: str | None, csrf: str | None, until: float | None, local_key: str | None = None
) -> Me:
    return Me(
        login=account.login,
        name=account.name,
        role=account.role,
        agent=account.agent_id,
        seat=seat,
        csrf=csrf,
        until=until,
        local_key=local_key,
    )


def audit_view(entry: AuditEntry) -> AuditView:
    return AuditView(**asdict(entry))
