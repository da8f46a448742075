"""What the events of the feed hold: a model a kind of data, for the AsyncAPI document and for followers to check.

Which event holds which is said in ``gateway.web.events``. A field that some events of a type leave out has a default.
Followers must let fields pass that they do not know: version 1 of a type only gains fields.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Data(BaseModel):
    """Times are epoch seconds, durations seconds. Personal numbers and names are masked."""

    model_config = ConfigDict(extra="allow")


class CallData(Data):
    """A call with all its figures; what has not happened yet is null."""

    call_id: str
    caller: str = Field(description="masked, as 138****5678")
    entry_number: str = Field(description="the number that the citizen dialled (原拨号码)")
    account: str
    track: str
    direction: str
    flow: str
    language: str
    queue: str | None
    seat: str | None
    agent: str | None
    started_at: float
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
    ticket_no: str = Field(default="", description="what a call out was about (回访); direction out only")


class LineData(Data):
    """``epoch`` numbers the snapshots of Asterisk; what happened while the link was down comes after it is restored."""

    epoch: int
    why: str


class TicketData(Data):
    """A ticket without its free text, which a follower reads at /api/v1/tickets/{ticket_no} as its rights allow.

    A ticket of a call has the figures of the call, one of a message how it came and what rules proposed.
    """

    ticket_no: str
    revision: int
    state: str
    channel: str
    account: str
    entry_number: str
    track: str
    area_code: str
    received_at: float
    occurred_at: float
    queue: str
    call_id: str
    agent_id: str
    language: str
    first_response_at: float | None
    kind: str
    category: str
    title: str
    urgency: str
    recording_id: str
    calling_number: str
    wait_s: float | None = None
    ring_s: float | None = None
    talk_s: float | None = None
    hold_s: float | None = None
    wrap_s: float | None = None
    sent_at: float | None = None
    deadline_at: float | None = None
    limit_days: int | None = None
    closed_at: float | None = None
    category_scheme: str = ""
    category_version: str = ""
    risk_level: int | None = None
    is_secret: bool = False
    is_anonymous: bool = False
    is_public: bool = False
    need_callback: bool = False
    raw_id: str = ""
    urge_of: str = ""
    duplicate_of: str = ""
    related_nos: list[str] = []
    external_nos: dict[str, str] = {}
    department: str = ""
    satisfaction: int | None = None
    proposed: dict[str, Any] = Field(default={}, description="what rules proposed, each with its reason")
    flags: list[str] = []


class TicketOpened(TicketData):
    """The message that opened it, when it was one."""

    message_id: str = ""
    message_kind: str = ""
    attachments: int = 0


class TicketUpdated(Data):
    """As a ticket opened, with the names of the changed fields; a partner's own number comes with only that."""

    ticket_no: str = ""
    revision: int
    changed: list[str] = []
    author: str = ""
    note: str = ""
    partner: str = ""
    delivery_id: str = ""
    external_nos: dict[str, str] = {}


class TicketJoined(Data):
    """A further message of the same person, which belongs to the open ticket."""

    ticket_no: str
    revision: int
    message_id: str
    message_kind: str = Field(description="text, image, voice, video, location, link, file, form, event, unreadable")
    attachments: int
    channel: str
    account: str


class TicketState(TicketData):
    """``from`` and ``to`` are received, accepted, sent, acknowledged, returned, closed; ``author`` reported it."""

    from_: str = Field(alias="from")
    to: str
    author: str
    note: str


class TicketLinked(Data):
    """``relation`` is urge_of, duplicate_of or related_nos, and the field of that name holds the other ticket."""

    ticket_no: str
    relation: str
    why: str
    urge_of: str = ""
    duplicate_of: str = ""
    related_nos: list[str] = []


class TicketReplied(Data):
    """An answer to the citizen was written; ``delivery_state`` impossible means that there is no way back."""

    ticket_no: str
    reply_id: str
    author: str
    template: str
    delivery_id: str
    delivery_state: str
    due_at: float | None


class TicketRated(Data):
    ticket_no: str
    score: int = Field(ge=1, le=5)
    reopened: bool
    department: str


class DeliveryData(Data):
    """A reply on its way to a citizen, or a ticket pushed to a partner (``kind``)."""

    delivery_id: str
    id: str = ""
    ticket_no: str
    kind: str
    delivery_kind: str = ""
    channel: str
    account: str
    state: str
    attempts: int
    error: str
    note: str = ""
    reply_id: str = ""


class PushOverdue(DeliveryData):
    """The partner should have acknowledged by ``answer_by``."""

    partner: str
    answer_by: float
    late_s: float | None = None


class PushAcknowledged(DeliveryData):
    partner: str
    took_s: float | None = None
    late: bool | None = None


class PushFeedback(Data):
    """What a partner reported on a pushed ticket; kind ``unreadable`` belongs to no ticket and ``problem`` says why."""

    partner: str
    kind: str
    message_id: str
    raw_id: str
    external_no: str = ""
    department: str = ""
    text: str = ""
    occurred_at: float | None = None
    problem: str = ""


class AttachmentData(Data):
    """``state`` kept, refused (by our limits) or gone (cannot be had); ``note`` says why."""

    attachment_id: str
    message_id: str
    ticket_no: str
    channel: str
    account: str
    state: str
    mime: str
    size: int
    sha256: str
    attempts: int
    note: str


class MessageNoted(Data):
    """``event`` is the word for why: the platform's (subscribe, click), ``command`` for one that was obeyed (查询),
    ``port_data`` for an SMS that telephones send each other; for mail bounce, auto_reply, loop or bulk; "" when a
    person wrote it. ``outcome`` is noted or denied.
    """

    message_id: str
    message_kind: str
    attachments: int
    channel: str
    account: str
    event: str
    outcome: str
    reason: str


class TransferData(Data):
    """``kind`` is what ``to`` names: partner, queue, flow or seat. ``outcome`` is null until it is known; only
    completed took the citizen to somebody else. ``cause`` is Q.850, of a target that did not answer."""

    transfer_id: str
    call_id: str
    ticket_no: str
    mode: str
    phase: str
    outcome: str | None
    kind: str
    to: str
    partner: str
    seat: str
    agent: str
    started_at: float
    answered_at: float | None
    joined_at: float | None
    released_at: float | None
    ended_at: float | None
    cause: int | None
    delivery_id: str = Field(default="", description="the push of the ticket that went with it")
    tried: list[str] = Field(default=[], description="outcomes of numbers of the partner that were dialled before")


class PartnerData(Data):
    """``since`` is when the line began to fail; ``reason`` is empty once it is well again; ``failures`` counts
    transfers one after another that did not get through."""

    partner: str
    name: str
    state: str
    since: float
    reason: str
    failures: int


class RecordingsExpired(Data):
    """Recordings of one day, deleted because their time was over. ``held`` are those that a hold keeps."""

    day: str = Field(description="as 2024-11-21")
    deleted: int
    bytes: int
    held: int
    keep_months: int


class RecordingsDisk(Data):
    """What recordings take of the disk, in bytes. Nothing is deleted before its time because of it."""

    level: str = Field(description="ok, warn, over")
    used: int
    budget: int
    free: int
    days_left: int | None = Field(description="at the present pace; null for more than ten years")


class VirtualCallData(Data):
    """A call over a virtual number (虚拟短号话单). ``side`` began it; it holds no number but ours."""

    call_id: str
    binding_id: str
    ticket_no: str
    virtual_number: str
    side: str = Field(description="department, citizen")
    began_at: float
    answered_at: float | None
    ended_at: float | None
    outcome: str | None = Field(description="answered, busy, no_answer, refused, unreachable, ended_unseen")
    talk_s: float | None
    recording_id: str


class SenderDenied(Data):
    """``until`` null is for good."""

    denial_id: str
    channel: str
    until: float | None
    account: str = ""
    reason: str = ""
    by: str = ""
    author: str = ""


class SenderHeard(Data):
    denial_id: str
    author: str


class FollowerData(Data):
    """``state`` failing goes on being tried, paused waits for a person; ``cursor`` is where it stands."""

    follower_id: str
    follower: str = Field(description="its name")
    state: str
    failures: int
    since: float | None
    cursor: int
    error: str


class AlarmData(Data):
    """What a shift lead is told of. ``count`` is how often it has happened, ``value`` the last reading, ``worst`` the
    worst in the rule's unit (/api/v1/alarms/rules)."""

    alarm_id: str
    rule: str
    subject: str = Field(description="queue:hotline, seat:A001, partner:110, trunk:trunk, disk:var ...")
    level: int = Field(description="1: act now, 2: within minutes, 3: know about it")
    title: str
    title_en: str
    text: str
    text_en: str
    since: float
    first_at: float
    count: int
    state: str = Field(description="open, acknowledged, snoozed, cleared")
    by: str
    cleared_at: float | None
    value: float | None
    worst: float | None


class FollowerTest(Data):
    follower_id: str
    follower: str
    text: str
