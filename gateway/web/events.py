"""Every event of the feed: its type, a sentence, and what its data holds. The AsyncAPI document is made from it.

A test reads the source for the types that are emitted and fails when one is missing here; another holds real events
against the models of their data (``gateway.web.event_data``).
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.web.event_data import (
    AlarmData,
    AttachmentData,
    CallData,
    Data,
    DeliveryData,
    FollowerData,
    FollowerTest,
    LineData,
    MessageNoted,
    PartnerData,
    PushAcknowledged,
    PushFeedback,
    PushOverdue,
    RecordingsDisk,
    RecordingsExpired,
    SenderDenied,
    SenderHeard,
    TicketJoined,
    TicketLinked,
    TicketOpened,
    TicketRated,
    TicketReplied,
    TicketState,
    TicketUpdated,
    TransferData,
    VirtualCallData,
)


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
