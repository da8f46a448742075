"""Every event of the feed: its type, a sentence, and what its data holds. The AsyncAPI document is made from it.

A test reads the source for the types that are emitted and fails when one is missing here; another holds real events
against these models. A field that some events of a type leave out has a default. Followers must let fields pass that
they do not know: version 1 of a type only gains fields.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class EventKind:
    """One type. ``subject`` says what the event's subject is; ``zh`` and ``en`` are its sentence."""

    name: str
    data: type[Data]
    subject: str
    zh: str
    en: str


def _kinds(area: str, subject: str, *rows: tuple[str, type[Data], str, str]) -> list[EventKind]:
    return [EventKind(f"hotline.{area}.{name}.v1", data, subject, zh, en) for name, data, zh, en in rows]


EVENTS: tuple[EventKind, ...] = (
    *_kinds(
        "call", "call id",
        ("arrived", CallData, "来电进线", "A citizen's call has come in"),
        ("queued", CallData, "来电进入队列", "The call waits in a queue"),
        ("answered", CallData, "座席接听", "An agent has answered"),
        ("ended", CallData, "通话结束", "The call is over; its figures are final"),
        ("lost", CallData, "呼损", "The call ended before anybody answered"),
    ),
    *_kinds(
        "line", "line",
        ("lost", LineData, "与 Asterisk 的连接中断", "The link to Asterisk is down: calls go on, unseen for now"),
        ("restored", LineData, "与 Asterisk 的连接恢复", "The link to Asterisk is up again"),
    ),
    *_kinds(
        "ticket", "ticket number",
        ("opened", TicketOpened, "新工单", "A request has become a ticket"),
        ("joined", TicketJoined, "补充消息并入工单", "A further message has joined the ticket"),
        ("updated", TicketUpdated, "工单内容更新", "What the ticket says has changed"),
        ("state", TicketState, "工单状态变化", "The ticket has moved from one state to another"),
        ("linked", TicketLinked, "工单关联（催办、重复、相关）", "The ticket urges, repeats or relates to another"),
        ("replied", TicketReplied, "答复市民", "A reply to the citizen has been written"),
        ("rated", TicketRated, "市民评价", "The citizen has rated the handling"),
    ),
    *_kinds(
        "delivery", "ticket number, or delivery id where there is no ticket",
        ("sent", DeliveryData, "已发出", "The platform or partner has taken it"),
        ("delivered", DeliveryData, "已送达", "The platform has reported arrival"),
        ("failed", DeliveryData, "未能送达", "It did not arrive and is not tried again"),
    ),
    *_kinds(
        "push", "ticket number",
        ("acknowledged", PushAcknowledged, "联动单位已签收", "The partner has acknowledged the pushed ticket"),
        ("overdue", PushOverdue, "联动单位逾期未签收", "The partner has not acknowledged in time"),
        ("feedback", PushFeedback, "联动单位反馈", "The partner has reported on the ticket"),
    ),
    *_kinds(
        "attachment", "ticket number, or message id where there is no ticket",
        ("kept", AttachmentData, "附件已保存", "A file of a message has been fetched and kept"),
        ("lost", AttachmentData, "附件未能保存", "A file of a message was refused or cannot be had"),
    ),
    *_kinds(
        "transfer", "ticket number, or call id where there is no ticket",
        ("started", TransferData, "发起转接", "A transfer of a call has begun"),
        ("answered", TransferData, "转接对方已接听", "The target has answered"),
        ("joined", TransferData, "转接已接通", "The target is connected with the citizen or the agent"),
        ("released", TransferData, "转接已释放座席", "The citizen has been handed over, the agent is free"),
        ("ended", TransferData, "转接结束", "The transfer is over; its outcome is final"),
    ),
    *_kinds(
        "partner", "partner number",
        ("failing", PartnerData, "联动单位线路故障", "A partner's line does not get through: raise the alarm"),
        ("recovered", PartnerData, "联动单位线路恢复", "A partner's line gets through again"),
    ),
    *_kinds(
        "alarm", "rule id",
        ("raised", AlarmData, "告警产生", "Something that a shift lead must know of"),
        ("acknowledged", AlarmData, "告警已确认", "Somebody sees to it"),
        ("cleared", AlarmData, "告警解除", "It is over"),
    ),
    *_kinds("virtual", "ticket number", ("call", VirtualCallData, "虚拟短号通话", "A call over a virtual number")),
    *_kinds(
        "recordings", "the day of the recordings, or recordings",
        ("expired", RecordingsExpired, "录音到期删除", "A day's recordings were deleted when their time was over"),
        ("disk", RecordingsDisk, "录音存储空间", "The disk that recordings lie on fills, or has room again"),
    ),
    *_kinds("message", "message id", ("noted", MessageNoted, "消息留存，未成工单", "A message that opens no ticket")),
    *_kinds(
        "sender", "denial id, or ticket number",
        ("denied", SenderDenied, "暂不受理该发送人", "A sender is not heard for a time"),
        ("heard", SenderHeard, "恢复受理该发送人", "A sender is heard again"),
    ),
    *_kinds(
        "follower", "follower id",
        ("failing", FollowerData, "订阅方接收失败", "A webhook follower does not take what is posted"),
        ("recovered", FollowerData, "订阅方恢复接收", "A webhook follower takes events again"),
        ("test", FollowerTest, "测试事件", "Posted by hand to try a follower; not part of the feed"),
    ),
)  # fmt: skip


def events_by_type() -> dict[str, EventKind]:
    return {kind.name: kind for kind in EVENTS}
