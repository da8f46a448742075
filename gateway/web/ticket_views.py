"""How a ticket looks with all that belongs to it: messages, files, replies, deliveries; and how it looks to the citizen
who asks for it with a query code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from gateway.model.masking import mask_personal
from gateway.model.messages import Delivery, Denial, KeptAttachment, KeptMessage, Reply
from gateway.model.records import Ticket
from gateway.web.views import TicketView, mask_id, masked_fields


class AttachmentView(BaseModel):
    id: str
    message_id: str
    name: str
    mime: str
    size: int
    sha256: str
    state: Literal["kept", "wanted", "refused", "gone"]
    note: str


class MessageView(BaseModel):
    """One message; numbers in its text are masked. ``raw_id`` is its original, for shift leads."""

    id: str
    raw_id: str
    kind: str
    channel: str
    account: str
    occurred_at: float
    received_at: float
    title: str
    text: str
    flags: list[str]


class ReplyView(BaseModel):
    id: str
    ticket_no: str
    at: float
    author: str
    text: str
    template: str


class DeliveryView(BaseModel):
    """Something on its way out. ``target`` is masked unless it is a partner."""

    id: str
    kind: Literal["reply", "push"]
    ticket_no: str
    channel: str
    account: str
    target: str
    created_at: float
    state: Literal["waiting", "sent", "delivered", "failed", "impossible", "cancelled"]
    reply_id: str
    text: str
    attempts: int
    due_at: float | None
    done_at: float | None
    external_id: str
    error: str
    answer_by: float | None


class DeliveryList(BaseModel):
    """Newest first."""

    items: list[DeliveryView]


class ReplyTaken(BaseModel):
    """``delivery`` is null when the ticket knows no way back (a call without a number)."""

    reply: ReplyView
    delivery: DeliveryView | None


class TicketDetail(TicketView):
    """One ticket with all that belongs to it, each list oldest first (deliveries newest first)."""

    messages: list[MessageView]
    attachments: list[AttachmentView]
    replies: list[ReplyView]
    deliveries: list[DeliveryView]


class DenialView(BaseModel):
    """A sender who is not heard until ``until`` (null: for good)."""

    id: str
    channel: str
    user_id: str = Field(description="masked")
    reason: str
    by: str
    at: float
    until: float | None


class DenialList(BaseModel):
    """Newest first."""

    items: list[DenialView]


class Step(BaseModel):
    """One step of a ticket's way, for the citizen."""

    what: Literal["received", "sent_on", "reply", "closed"]
    at: float
    text: str
    text_en: str


class ProgressView(BaseModel):
    """How a ticket stands, for the citizen. ``may_rate`` is true once it is closed and not yet rated."""

    ticket_no: str
    state: str
    title: str
    kind: str
    received_at: float
    deadline_at: float | None
    department: str
    result: str
    satisfaction: int | None
    may_rate: bool
    steps: list[Step]


def message_view(kept: KeptMessage) -> MessageView:
    said = kept.message
    return MessageView(
        id=kept.id,
        raw_id=kept.raw_id,
        kind=said.kind,
        channel=said.channel,
        account=said.account,
        occurred_at=said.occurred_at,
        received_at=said.received_at,
        title=mask_personal(said.title),
        text=mask_personal(said.text),
        flags=list(said.flags),
    )


def attachment_view(kept: KeptAttachment) -> AttachmentView:
    one = kept.attachment
    return AttachmentView(
        id=one.id,
        message_id=kept.message_id,
        name=mask_personal(one.name),
        mime=one.mime,
        size=one.size,
        sha256=one.sha256,
        state=one.state,
        note=one.note,
    )


def reply_view(reply: Reply) -> ReplyView:
    fields = {name: getattr(reply, name) for name in ReplyView.model_fields}
    return ReplyView(**{**fields, "text": mask_personal(reply.text)})


def delivery_view(delivery: Delivery) -> DeliveryView:
    fields = {name: getattr(delivery, name) for name in DeliveryView.model_fields}
    target = delivery.target if delivery.kind == "push" else mask_id(delivery.target)
    # a mail server's refusal names whom it refuses
    said = {"text": mask_personal(delivery.text), "error": mask_personal(delivery.error)}
    return DeliveryView(**{**fields, "target": target, **said})


def denial_view(denial: Denial) -> DenialView:
    fields = {name: getattr(denial, name) for name in DenialView.model_fields}
    return DenialView(**{**fields, "user_id": mask_id(denial.user_id), "reason": mask_personal(denial.reason)})


def ticket_detail(
    ticket: Ticket,
    messages: Sequence[KeptMessage],
    attachments: Sequence[KeptAttachment],
    replies: Sequence[Reply],
    deliveries: Sequence[Delivery],
) -> TicketDetail:
    return TicketDetail(
        **masked_fields(ticket),
        messages=[message_view(one) for one in messages],
        attachments=[attachment_view(one) for one in attachments],
        replies=[reply_view(one) for one in replies],
        deliveries=[delivery_view(one) for one in deliveries],
    )


def progress_view(ticket: Ticket, replies: Sequence[Reply]) -> ProgressView:
    """Only what the citizen may know: nothing of the person, no internal names of those who acted."""
    closed = ticket.state == "closed"
    return ProgressView(
        ticket_no=ticket.ticket_no,
        state=ticket.state,
        title=mask_personal(ticket.title),
        kind=ticket.kind,
        received_at=ticket.received_at,
        deadline_at=ticket.deadline_at,
        department=ticket.department,
        result=ticket.result,
        satisfaction=ticket.satisfaction,
        may_rate=closed and ticket.satisfaction is None,
        steps=_steps(ticket, replies),
    )


def _steps(ticket: Ticket, replies: Sequence[Reply]) -> list[Step]:
    steps = [Step(what="received", at=ticket.received_at, text="诉求已收到", text_en="Received")]
    if ticket.sent_at is not None:
        to_zh, to_en = (f"{ticket.department}", f" to {ticket.department}") if ticket.department else ("承办单位", "")
        steps.append(Step(what="sent_on", at=ticket.sent_at, text=f"已转交{to_zh}办理", text_en=f"Sent on{to_en}"))
    steps += [Step(what="reply", at=reply.at, text=reply.text, text_en="Reply") for reply in replies]
    if ticket.closed_at is not None:
        text = f"已办结：{ticket.result}" if ticket.result else "已办结"
        steps.append(Step(what="closed", at=ticket.closed_at, text=text, text_en="Closed"))
    return sorted(steps, key=lambda step: step.at)
