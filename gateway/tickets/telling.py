"""What the feed tells of tickets, messages and replies: event data, without citizens' numbers and free text.

A follower that needs the whole asks for the ticket by its number, with the rights it has. Titles are citizens' words:
their numbers are masked, and a ticket that is to be kept secret (保密) tells none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.model.masking import mask_number, mask_personal
from gateway.model.messages import Delivery, Message, Reply
from gateway.model.records import Ticket

_PERSONS = "request"
"""The verdict on a mail that a person has written."""


def ticket_data(ticket: Ticket) -> dict[str, Any]:
    """A ticket as the feed shows it."""
    return {
        "ticket_no": ticket.ticket_no, "revision": ticket.revision, "state": ticket.state, "channel": ticket.channel,
        "account": ticket.account, "entry_number": ticket.entry_number, "track": ticket.track,
        "area_code": ticket.area_code, "received_at": ticket.received_at, "occurred_at": ticket.occurred_at,
        "queue": ticket.queue, "call_id": ticket.call_id, "agent_id": ticket.agent_id, "language": ticket.language,
        "wait_s": ticket.wait_s, "ring_s": ticket.ring_s, "talk_s": ticket.talk_s, "hold_s": ticket.hold_s,
        "wrap_s": ticket.wrap_s, "first_response_at": ticket.first_response_at, "sent_at": ticket.sent_at,
        "deadline_at": ticket.deadline_at, "limit_days": ticket.limit_days, "closed_at": ticket.closed_at,
        "kind": ticket.kind, "category": ticket.category, "category_scheme": ticket.category_scheme,
        "category_version": ticket.category_version, "urgency": ticket.urgency, "risk_level": ticket.risk_level,
        "is_secret": ticket.is_secret, "is_anonymous": ticket.is_anonymous, "is_public": ticket.is_public,
        "need_callback": ticket.need_callback, "recording_id": ticket.recording_id, "raw_id": ticket.raw_id,
        "urge_of": ticket.urge_of, "duplicate_of": ticket.duplicate_of, "related_nos": ticket.related_nos,
        "external_nos": ticket.external_nos, "department": ticket.department, "satisfaction": ticket.satisfaction,
        "proposed": ticket.proposed, "flags": ticket.flags,
        "calling_number": mask_number(ticket.calling_number),
        "title": "" if ticket.is_secret else mask_personal(ticket.title),
    }  # fmt: skip


def changed_data(ticket: Ticket, changed: Iterable[str]) -> dict[str, Any]:
    """A ticket with the names of the fields that changed."""
    return ticket_data(ticket) | {"changed": sorted(changed)}


def message_data(message_id: str, message: Message) -> dict[str, Any]:
    """A message: its kind (text, image ...) and how many files came with it."""
    return {"message_id": message_id, "message_kind": message.kind, "attachments": len(message.attachments)}


def joined_data(ticket: Ticket, message_id: str, message: Message) -> dict[str, Any]:
    return message_data(message_id, message) | {
        "ticket_no": ticket.ticket_no,
        "revision": ticket.revision,
        "channel": message.channel,
        "account": message.account,
    }


def noted_data(message_id: str, message: Message, outcome: str, reason: str) -> dict[str, Any]:
    """A message that opened no ticket. ``event`` is the word for why: the platform's (subscribe), ours for what came by
    SMS (port_data, command), the verdict on a mail by a program (bounce, auto_reply, loop, bulk); "" for a person's.
    """
    verdict = message.more.get("verdict", "")
    word = message.more.get("event") or ("" if verdict == _PERSONS else verdict)
    return message_data(message_id, message) | {
        "channel": message.channel,
        "account": message.account,
        "event": str(word),
        "outcome": outcome,
        "reason": reason,
    }


def reply_data(reply: Reply, delivery: Delivery | None) -> dict[str, Any]:
    """A reply and how it will leave; the words stay in the ledger."""
    return {
        "ticket_no": reply.ticket_no,
        "reply_id": reply.id,
        "author": reply.author,
        "template": reply.template,
        "delivery_id": delivery.id if delivery else "",
        "delivery_state": delivery.state if delivery else "",
        "due_at": delivery.due_at if delivery else None,
    }


def delivery_data(delivery: Delivery) -> dict[str, Any]:
    """A delivery, as every event about one shows it."""
    return {
        "id": delivery.id,
        "delivery_id": delivery.id,
        "ticket_no": delivery.ticket_no,
        "delivery_kind": delivery.kind,
        "kind": delivery.kind,
        "channel": delivery.channel,
        "account": delivery.account,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "error": delivery.error,
    }
