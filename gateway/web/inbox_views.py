"""How written tickets look at the desk: the list with its clocks, and a conversation in which messages, replies and
what became of each stand in one line of time. Numbers in texts are masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.assignments import Assignment
from gateway.model.masking import mask_personal
from gateway.model.messages import Conversation, Delivery, KeptAttachment, KeptMessage, Reply
from gateway.model.records import Ticket
from gateway.tickets.acts import LONGEST_REPLY, SYSTEM
from gateway.tickets.config import RepliesConfig
from gateway.tickets.routes import Route as WayBack
from gateway.web.ticket_views import AttachmentView, attachment_view
from gateway.web.views import TicketView, ticket_view

WINDOW_S = 48 * 3600.0
"""How long after a citizen's message WeChat and Weibo let us write (客服消息下发规则; Weibo's fans service alike)."""

_WINDOWS = frozenset({"wechat", "weibo"})
_COUNTED, _MOST_OUT = frozenset({"wechat"}), 5
_LAST_CHARS = 80


class InboxItem(BaseModel):
    """One written ticket. ``due_at`` is when a person must have answered, null when one has; ``first_at`` is the first
    message that waits for it; ``offer_until`` is when an offer goes to the next agent."""

    ticket_no: str
    channel: str
    account: str
    title: str
    urgency: str
    is_secret: bool
    last: str = Field(description="the beginning of what was said last")
    last_from: Literal["citizen", "agent", "system"]
    last_at: float
    first_at: float | None
    due_at: float | None
    unread: int
    state: Literal["offered", "taken", "waiting", "done"]
    since: float
    offer_until: float | None


class InboxView(BaseModel):
    """``waiting`` is how many are in the pool, with nobody."""

    limit: int
    mine: list[InboxItem]
    waiting: int


class InboxMoved(BaseModel):
    ticket_no: str
    state: Literal["offered", "taken", "waiting", "done"]


class SentView(BaseModel):
    """What became of a reply. ``error`` says why it did not arrive."""

    id: str
    state: Literal["waiting", "sent", "delivered", "failed", "impossible", "cancelled"]
    error: str
    due_at: float | None
    attempts: int


class SaidView(BaseModel):
    """One message of a conversation. ``sent`` is null for the citizen's, and for replies without a way out."""

    model_config = ConfigDict(serialize_by_alias=True)

    id: str
    at: float
    by: Literal["citizen", "agent", "system"] = Field(serialization_alias="from")
    author: str
    kind: str
    text: str
    flags: list[str]
    attachments: list[AttachmentView]
    sent: SentView | None


class WayView(BaseModel):
    """``ok``: a reply leaves for the citizen; else ``why`` not. ``until`` is when the platform stops taking replies,
    ``left`` how many it takes until the citizen writes again; null: no such limit. ``longest`` is in characters."""

    ok: bool
    why: str
    channel: str
    until: float | None
    left: int | None
    longest: int


class ThreadView(BaseModel):
    ticket: TicketView
    state: Literal["offered", "taken", "waiting", "done"]
    due_at: float | None
    first_at: float | None
    messages: list[SaidView]
    way: WayView


def inbox_item(
    one: Assignment, ticket: Ticket, messages: Sequence[KeptMessage], replies: Sequence[Reply], offer_s: int
) -> InboxItem:
    last, by, at = _last(messages, replies)
    return InboxItem(
        ticket_no=one.ticket_no,
        channel=one.channel,
        account=one.account,
        title=mask_personal(ticket.title),
        urgency=ticket.urgency,
        is_secret=ticket.is_secret,
        last=mask_personal(last)[:_LAST_CHARS],
        last_from=by,
        last_at=at or one.last_at,
        first_at=one.first_at,
        due_at=one.due_at,
        unread=one.unread,
        state=one.state,
        since=one.since,
        offer_until=one.moved_at + offer_s if one.state == "offered" else None,
    )


def _last(
    messages: Sequence[KeptMessage], replies: Sequence[Reply]
) -> tuple[str, Literal["citizen", "agent", "system"], float]:
    said = messages[-1].message if messages else None
    reply = replies[-1] if replies else None
    if reply is not None and (said is None or reply.at >= said.received_at):
        return reply.text, _by(reply), reply.at
    return (said.text or said.title, "citizen", said.received_at) if said is not None else ("", "citizen", 0.0)


def _by(reply: Reply) -> Literal["agent", "system"]:
    return "system" if reply.author == SYSTEM else "agent"


def thread(
    seen: Assignment,
    ticket: Ticket,
    messages: Sequence[KeptMessage],
    attachments: Sequence[KeptAttachment],
    replies: Sequence[Reply],
    deliveries: Sequence[Delivery],
    way: WayView,
) -> ThreadView:
    sent = {one.reply_id: one for one in reversed(deliveries)}  # the newest of a reply counts
    said = [_message(one, attachments) for one in messages]
    said += [_reply(one, sent.get(one.id)) for one in replies]
    return ThreadView(
        ticket=ticket_view(ticket),
        state=seen.state,
        due_at=seen.due_at,
        first_at=seen.first_at,
        messages=sorted(said, key=lambda one: one.at),
        way=way,
    )


def _message(kept: KeptMessage, attachments: Sequence[KeptAttachment]) -> SaidView:
    said = kept.message
    return SaidView(
        id=kept.id,
        at=said.received_at,
        by="citizen",
        author="",
        kind=said.kind,
        text=mask_personal(said.text or said.title),
        flags=list(said.flags),
        attachments=[attachment_view(one) for one in attachments if one.message_id == kept.id],
        sent=None,
    )


def _reply(reply: Reply, sent: Delivery | None) -> SaidView:
    return SaidView(
        id=reply.id,
        at=reply.at,
        by=_by(reply),
        author=reply.author,
        kind="text",
        text=mask_personal(reply.text),
        flags=[],
        attachments=[],
        sent=None if sent is None else _sent(sent),
    )


def _sent(one: Delivery) -> SentView:
    return SentView(id=one.id, state=one.state, error=one.error, due_at=one.due_at, attempts=one.attempts)


def way_view(way: WayBack | None, stopped: str, known: Conversation | None, config: RepliesConfig) -> WayView:
    """What an agent should know before writing. None: a call, whose citizen is spoken to."""
    if way is None:
        return WayView(ok=False, why="电话诉求，请回电", channel="phone", until=None, left=None, longest=LONGEST_REPLY)
    why, until = way.problem or stopped, None
    if known is not None and way.channel in _WINDOWS:
        spoke = known.more.get("spoke_at", known.last_in_at)
        until = float(spoke) + WINDOW_S if spoke is not None else None
    left = _left(known) if way.channel in _COUNTED else None
    longest = config.longest.get(way.channel, LONGEST_REPLY)
    return WayView(ok=not why, why=why, channel=way.channel, until=until, left=left, longest=longest)


def _left(known: Conversation | None) -> int | None:
    return None if known is None else max(0, _MOST_OUT - int(known.more.get("out", known.out_since_in)))
