"""Records: what is kept. Calls with their stretches, tickets, feed events, accounts, audit entries.

Times are seconds since the epoch in UTC (``float``); durations are seconds. ``None`` means "not known" or "not yet".
Personal fields are plain here; the ledger encrypts them on the way in and ``gateway.web`` masks them on the way out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Literal

from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId, TicketNo
from gateway.model.value import value

Track = Literal["own", "merged", "dual", "branch"]
"""How an entry number was merged: our own 12345, 整体并入 (merged), 双号并行 (dual), 设分中心 (branch); 2020 No. 53."""

StretchKind = Literal["flow", "waiting", "ringing", "talking", "held", "wrap_up"]

CallOutcome = Literal[
    "answered",
    "abandoned_flow",
    "abandoned_queue",
    "abandoned_ringing",
    "no_answer",
    "queue_full",
    "no_seat",
    "timed_out",
    "system",
    "self_service",
    "outbound",
    "busy",
    "refused",
    "unreachable",
    "ended_unseen",
]
"""One a call. Lost (呼损) are abandoned_queue to system of calls in; abandoned_flow never asked for a person. A call
out is answered, no_answer, busy, refused or unreachable; "outbound" is how older records say that there was one."""

LOST: frozenset[str] = frozenset(
    {"abandoned_queue", "abandoned_ringing", "no_answer", "queue_full", "no_seat", "timed_out", "system"}
)


@dataclass(slots=True)
class Stretch:
    """One stretch of a call's time. ``end`` is None while it lasts."""

    kind: StretchKind
    start: float
    end: float | None = None
    queue: QueueId | None = None
    seat: SeatId | None = None
    agent: AgentId | None = None
    leg: LegId | None = None


@dataclass(slots=True)
class CallRecord:
    """One citizen's visit by phone, from arrival to end, keyed by Linkedid.

    ``wait_s`` counts from entering the queue (the clock of GB/T 33358) to the answer or the loss; ``ring_s`` is the
    part of it in which the answering seat rang; ``talk_s`` excludes ``hold_s``; ``wrap_s`` follows the call.
    """

    call_id: CallId
    started_at: float
    entry_number: str = ""
    account: str = ""
    track: Track = "own"
    caller_number: str = ""
    caller_name: str = ""
    direction: Literal["in", "out"] = "in"
    flow: str = ""
    language: str = ""
    queue: QueueId | None = None
    seat: SeatId | None = None
    agent: AgentId | None = None
    queued_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    wait_s: float | None = None
    ring_s: float | None = None
    talk_s: float | None = None
    hold_s: float | None = None
    wrap_s: float | None = None
    outcome: CallOutcome | None = None
    ended_by: Literal["", "caller", "agent", "system", "transfer", "unseen"] = ""
    recording_id: str = ""
    ticket_no: TicketNo | Literal[""] = ""
    """The ticket that a call out was about (回访); the ticket of a call in names the call instead."""
    stretches: list[Stretch] = field(default_factory=list)

    def open_stretch(self, kind: StretchKind) -> Stretch | None:
        """What goes on of a kind, None when nothing does."""
        for stretch in self.stretches:
            if stretch.kind == kind and stretch.end is None:
                return stretch
        return None


@value
class CallChange:
    """Something about a call that must be kept and told. ``call`` is the live record: ``frozen`` copies it."""

    kind: Literal["arrived", "queued", "answered", "ended", "updated"]
    at: float
    call: CallRecord

    def frozen(self) -> CallChange:
        """The same change with a copy of the record as it is now, safe to keep while the live one moves on."""
        live = self.call
        # Not dataclasses.replace, which took a fifth of what a call costs the gateway (measured), nor field by field.
        call = CallRecord(*_values_of(live))
        call.stretches = [Stretch(s.kind, s.start, s.end, s.queue, s.seat, s.agent, s.leg) for s in live.stretches]
        return CallChange(self.kind, self.at, call)


_values_of = attrgetter(*(field.name for field in fields(CallRecord)))


@dataclass(slots=True)
class Ticket:
    """The one normalised record of a request (the groups of domain.md; fields of later channels come with them)."""

    ticket_no: TicketNo
    id: str
    revision: int
    state: Literal["received", "accepted", "sent", "acknowledged", "returned", "closed"]
    channel: str
    account: str
    entry_number: str
    track: Track
    area_code: str
    received_at: float
    occurred_at: float
    channel_msg_id: str = ""
    queue: str = ""
    call_id: str = ""
    agent_id: str = ""
    language: str = ""
    wait_s: float | None = None
    ring_s: float | None = None
    talk_s: float | None = None
    hold_s: float | None = None
    wrap_s: float | None = None
    first_response_at: float | None = None
    deadline_at: float | None = None
    closed_at: float | None = None
    calling_number: str = ""
    contact_number: str = ""
    name: str = ""
    kind: str = ""
    category: str = ""
    title: str = ""
    content: str = ""
    urgency: str = "一般"
    is_secret: bool = False
    recording_id: str = ""
    raw_id: str = ""
    query_code: str = ""
    sent_at: float | None = None
    urge_of: str = ""
    """The ticket that this one urges (催办); ``duplicate_of``: the same matter by the same person over again."""
    duplicate_of: str = ""
    related_nos: list[str] = field(default_factory=list)
    external_nos: dict[str, str] = field(default_factory=dict)
    """Numbers that partners and downstream systems know it by, by partner number or system name."""
    user_id: str = ""
    """The channel's own id of the person (openid, Weibo uid ...)."""
    email: str = ""
    sex: Literal["", "男", "女"] = ""
    subject_type: Literal["", "自然人", "法人", "其他组织"] = ""
    is_anonymous: bool = False
    is_public: bool = False
    need_callback: bool = False
    category_scheme: str = ""
    category_version: str = ""
    against: str = ""
    """Who or what the request is against (被反映对象); ``against_number`` its telephone."""
    against_number: str = ""
    risk_level: int | None = None
    """Warning level of domain.md: 1 main leaders, 2 deputy, 3 hotline; None for none."""
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    crs: str = ""
    asset_id: str = ""
    limit_days: int | None = None
    """Working days that ``deadline_at`` was computed from."""
    department: str = ""
    """Who handles it, as the downstream system reported; ``result`` its result in words."""
    result: str = ""
    satisfaction: int | None = None
    proposed: dict[str, Any] = field(default_factory=dict)
    """What rules proposed, each with its reason: ``{"kind": {"value": "投诉", "why": "…"}}``."""
    flags: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)


@value
class Event:
    """One entry of the feed, before it is wrapped as CloudEvents 1.0. ``data`` must be JSON-serialisable."""

    sequence: int
    id: str
    type: str
    subject: str
    time: float
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """A staff account, or a machine's (roles reader, wall). ``agent_id`` is the agent's number (工号) on the map."""

    login: str
    name: str
    role: Literal["agent", "supervisor", "admin", "reader", "wall"]
    agent_id: AgentId
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what, when, from where: kept at least six months (Cybersecurity Law, article 21)."""

    at: float
    login: str
    act: str
    subject: str
    address: str
    detail: dict[str, Any] = field(default_factory=dict)
