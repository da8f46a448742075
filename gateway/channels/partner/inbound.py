"""What partners push to us: tickets, and feedback on tickets that they had from us or sent us.

A signed push is never lost: one that cannot be read is answered 400 with the field named, and is kept all the same as a
ticket with its original and the flag ``unreadable``. The partner's own number is the idempotency key, so a push that is
repeated is answered with the ticket it opened; one that says something new joins that ticket. A partner reports only on
tickets that were pushed to it or came from it: for any other it is told that there is none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, Literal

import structlog

from gateway.channels.partner import normalise, wire
from gateway.channels.partner.channel import PartnerChannel
from gateway.channels.partner.normalise import Fault, Feedback
from gateway.channels.records import hold_deliveries, told
from gateway.model.contexts import PartnerContext
from gateway.model.http import HttpAnswer, HttpAsked
from gateway.model.ids import TicketNo, new_id
from gateway.model.masking import mask_personal
from gateway.model.messages import Delivery, KeptMessage, Message, Person, Raw
from gateway.model.records import Ticket
from gateway.tickets.ports import NotFound, Refused, Taken, Tx

log = structlog.get_logger(__name__)

_MOST_TOLD: Final = 2000
"""Characters of a feedback that the feed holds; the whole is in the message."""
_STATES: Final = {
    "acknowledged": "acknowledged", "progress": "acknowledged", "result": "closed", "returned": "returned",
}  # fmt: skip
"""The state of the ticket that a feedback reports: who tells of progress has the case."""


async def take_ticket(channel: PartnerChannel, asked: HttpAsked, webhook_id: str) -> HttpAnswer:
    """A ticket whose signature was right. Answers ticket_no and state, also when it was known."""
    raw = _raw(channel, asked, webhook_id, "tickets")
    try:
        body = wire.read(asked.body)
    except wire.Malformed as error:
        message = normalise.unreadable(channel.config, asked.body, at=asked.at)
        taken = await channel.means.intake.take(raw, message)
        return _unreadable((Fault("", "请求内容不是 JSON 对象", str(error)),), taken)
    message, faults = normalise.ticket(
        channel.config, body, at=asked.at, zone=channel.means.zone, categories=channel.categories
    )
    taken = await channel.means.intake.take(raw, message, _context_kept(channel, message))
    if taken.outcome == "known" and taken.ticket is not None:
        await _take_news(channel, raw, message, taken)
    if taken.outcome != "known" and message.attachments:
        channel.means.wake()
    return _unreadable(faults, taken) if faults else _told(taken)


def _context_kept(channel: PartnerChannel, message: Message) -> Callable[[Tx, Taken], Awaitable[None]] | None:
    """Keeps what the push says for the call that may come with it, in the push's own transaction; None for a partner
    that hands us no calls."""
    calls_in = channel.config.calls_in
    if calls_in is None:
        return None

    async def keep(tx: Tx, taken: Taken) -> None:
        number: TicketNo | Literal[""] = taken.ticket.ticket_no if taken.ticket is not None else ""
        await tx.save_context(context_of(message, channel.account, calls_in.window_s, taken.message_id, number))

    return keep


def context_of(
    message: Message, partner: str, window_s: float, message_id: str, ticket_no: TicketNo | Literal[""]
) -> PartnerContext:
    """What the pop shows of a push, if a call comes with it."""
    place = message.place
    said = {
        "name": message.person.name, "sex": message.person.sex, "contact_number": message.person.contact_number,
        "address": place.address if place is not None else "", **{k: v for k, v in message.given.items() if v},
    }  # fmt: skip
    return PartnerContext(
        id=f"push-{message_id}", partner=partner, source="push", at=message.received_at,
        until=message.received_at + window_s, ref=message.more.get("call_ref", ""), external_no=message.external_id,
        ticket_no=ticket_no, number=message.person.number, title=message.title, text=message.text[:_MOST_TOLD],
        fields={name: value for name, value in said.items() if value},
    )  # fmt: skip


async def _take_news(channel: PartnerChannel, raw: Raw, message: Message, first: Taken) -> None:
    """Let a push under a known number join its ticket when it says something else than the first one did."""
    kept = await channel.means.ledger.message(first.message_id)
    digest = message.more["digest"]
    if first.ticket is None or kept is None or kept.message.more.get("digest") == digest:
        return
    news = replace(message, key=f"{message.key}:{digest}", reply_to=first.ticket.ticket_no)
    again = await channel.means.intake.take(replace(raw, id=new_id()), news)
    log.info("partner sent news", partner=channel.account, ticket_no=first.ticket.ticket_no, outcome=again.outcome)


def _told(taken: Taken) -> HttpAnswer:
    if taken.ticket is None:
        return wire.problem(403, "暂不受理该来源的工单", f"not taken: {taken.reason or taken.outcome}")
    known = taken.outcome == "known"
    return wire.answer({"ticket_no": taken.ticket.ticket_no, "state": taken.ticket.state, "known": known})


def _unreadable(faults: tuple[Fault, ...], taken: Taken) -> HttpAnswer:
    first = faults[0]
    zh = "；".join(f"{fault.field}：{fault.zh}" if fault.field else fault.zh for fault in faults)
    en = "; ".join(f"{fault.field}: {fault.en}" if fault.field else fault.en for fault in faults)
    more = {"ticket_no": str(taken.ticket.ticket_no)} if taken.ticket is not None else {}
    return wire.problem(400, zh, en, first.field, **more)


async def take_feedback(channel: PartnerChannel, asked: HttpAsked, webhook_id: str) -> HttpAnswer:
    """A feedback whose signature was right. Answers ticket_no, state, and whether the ticket's state follows it."""
    raw = _raw(channel, asked, webhook_id, "feedback")
    try:
        said, faults = normalise.feedback(channel.config, wire.read(asked.body), at=asked.at, zone=channel.means.zone)
    except wire.Malformed as error:
        said, faults = None, (Fault("", "请求内容不是 JSON 对象", str(error)),)
    if said is None:
        await _keep_stray(channel, raw, "; ".join(fault.en for fault in faults))
        return _unreadable(faults, Taken("noted", raw.id))
    ticket = await _theirs(channel, said)
    if ticket is None:
        await _keep_stray(channel, raw, "no such ticket of this partner")
        name = channel.config.fields.get("ticket_no", "ticket_no")
        return wire.problem(404, "没有该编号的工单", "this partner has no such ticket", name)
    await _keep_feedback(channel, raw, said, ticket, webhook_id)
    return await _report(channel, said, ticket)


async def _theirs(channel: PartnerChannel, said: Feedback) -> Ticket | None:
    """The ticket that a feedback is about, if it is this partner's business."""
    ledger, number = channel.means.ledger, channel.account
    ticket = await ledger.ticket(said.ticket_no) if said.ticket_no else None
    if ticket is None and said.external_no:
        ticket = await ledger.ticket_by_key(normalise.key(number, said.external_no))
        ticket = ticket or await _pushed_as(channel, said.external_no)
    if ticket is None:
        return None
    came = ticket.channel == "partner" and ticket.account == number
    if came or number in ticket.external_nos or await _pushes(channel, ticket.ticket_no):
        return ticket
    return None


async def _pushed_as(channel: PartnerChannel, external_no: str) -> Ticket | None:
    """The ticket that the partner gave this number when we pushed it."""

    async def look(tx: Tx) -> Delivery | None:
        return await tx.delivery_by_external("partner", channel.account, external_no)

    delivery = await channel.means.ledger.write(look)
    return await channel.means.ledger.ticket(delivery.ticket_no) if delivery else None


async def _pushes(channel: PartnerChannel, number: TicketNo) -> list[Delivery]:
    found = await channel.means.ledger.deliveries(ticket_no=number, kind="push")
    return [delivery for delivery in found if delivery.target == channel.account]


async def _keep_feedback(channel: PartnerChannel, raw: Raw, said: Feedback, ticket: Ticket, webhook_id: str) -> None:
    """Original, message, acknowledgement and events in one transaction; nothing when this push was kept before."""
    pushes, id = await _pushes(channel, ticket.ticket_no), new_id()
    key = f"partner:{channel.account}:feedback:{webhook_id}"
    message = _as_message(channel, said, key, raw.received_at)
    text = "" if ticket.is_secret else mask_personal(said.text[:_MOST_TOLD])
    data = {
        "partner": channel.account, "kind": said.kind, "external_no": said.external_no, "department": said.department,
        "text": text, "message_id": id, "raw_id": raw.id, "occurred_at": said.at,
    }  # fmt: skip

    async def work(tx: Tx) -> None:
        if await tx.claim_message(key, id) is not None:
            return
        await tx.keep_raw(raw)
        await tx.add_message(KeptMessage(id, raw.id, ticket.ticket_no, message))
        await tx.emit("hotline.push.feedback.v1", ticket.ticket_no, data, raw.received_at)
        await hold_deliveries(tx)
        for push in pushes:
            await _acknowledge(tx, channel, push.id, raw.received_at)

    await channel.means.ledger.write(work)


async def _acknowledge(tx: Tx, channel: PartnerChannel, id: str, at: float) -> None:
    """Any word of the partner on a ticket shows that it has it."""
    push = await tx.delivery(id)
    if push is None or (push.state == "delivered" and push.answer_by is None):
        return
    late = "overdue_at" in push.more or (push.answer_by is not None and at > push.answer_by)
    now = replace(push, state="delivered", answer_by=None, due_at=None, done_at=at, error="")
    await tx.save_delivery(now)
    data = told(now, partner=channel.account, took_s=round(at - push.created_at, 3), late=late)
    await tx.emit("hotline.push.acknowledged.v1", push.ticket_no, data, at)


def _as_message(channel: PartnerChannel, said: Feedback, key: str, at: float) -> Message:
    """The feedback as it stands among the ticket's messages."""
    return Message(
        key=key,
        channel="partner",
        account=channel.account,
        kind="event",
        occurred_at=said.at,
        received_at=at,
        external_id=said.external_no,
        person=Person(name=channel.config.name),
        title=f"feedback.{said.kind}",
        text=said.text,
        more={"department": said.department, **({"partner": dict(said.more)} if said.more else {})},
    )


async def _report(channel: PartnerChannel, said: Feedback, ticket: Ticket) -> HttpAnswer:
    """Let the ticket's state follow. A report that does not fit its state is kept and told, but changes nothing."""
    number, state = ticket.ticket_no, _STATES[said.kind]
    if state == ticket.state and not (said.text or said.department):
        return wire.answer({"ticket_no": number, "state": state, "applied": True})
    result, note = (said.text, "") if said.kind == "result" else ("", said.text)
    report = channel.means.tickets.report
    try:
        after = await report(
            number, state, channel.account,
            department=said.department, result=result, external_no=said.external_no, note=note,
        )  # fmt: skip
    except Refused as refusal:
        log.info("feedback does not fit the ticket", partner=channel.account, ticket_no=number, why=refusal.en)
        why = f"{refusal.zh} / {refusal.en}"
        return wire.answer({"ticket_no": number, "state": ticket.state, "applied": False, "detail": why})
    except NotFound:
        return wire.problem(404, "没有该编号的工单", "this partner has no such ticket")
    return wire.answer({"ticket_no": number, "state": after.state, "applied": True})


async def _keep_stray(channel: PartnerChannel, raw: Raw, why: str) -> None:
    """Keep a feedback that belongs to no ticket, and tell of it in the feed."""
    id = new_id()
    message = Message(
        key=f"partner:{channel.account}:stray:{raw.id}",
        channel="partner",
        account=channel.account,
        kind="unreadable",
        occurred_at=raw.received_at,
        received_at=raw.received_at,
        flags=("unreadable",),
        more={"why": why},
    )
    data = {"partner": channel.account, "kind": "unreadable", "message_id": id, "raw_id": raw.id, "problem": why}

    async def work(tx: Tx) -> None:
        await tx.keep_raw(raw)
        await tx.add_message(KeptMessage(id, raw.id, "", message))
        await tx.emit("hotline.push.feedback.v1", id, data, raw.received_at)

    await channel.means.ledger.write(work)
    log.warning("feedback kept without a ticket", partner=channel.account, message_id=id, why=why)


def _raw(channel: PartnerChannel, asked: HttpAsked, webhook_id: str, what: str) -> Raw:
    return Raw(
        new_id(),
        "partner",
        channel.account,
        asked.at,
        asked.headers.get("content-type", ""),
        asked.body,
        {"webhook_id": webhook_id, "what": what, "webhook_timestamp": asked.headers.get("webhook-timestamp", "")},
    )
