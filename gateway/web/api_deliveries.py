"""What went out and did not arrive, and another try; who is not heard for a time, and hearing them again."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from aiohttp import web
from pydantic import Field, model_validator

from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Delivery, Denial
from gateway.model.records import AuditEntry
from gateway.tickets.ports import Tx
from gateway.web.address import client_address
from gateway.web.api_tickets import found_ticket
from gateway.web.asked import Asked, Instant, Nothing, Part
from gateway.web.auth import AGENTS, EVERYONE, SUPERVISORS
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of
from gateway.web.ticket_views import (
    DeliveryList,
    DeliveryView,
    DenialList,
    DenialView,
    delivery_view,
    denial_view,
)

_AGAIN = frozenset({"failed", "impossible", "cancelled"})


class DeliveryQuery(Part):
    state: Literal["waiting", "sent", "delivered", "failed", "impossible", "cancelled"] | None = None
    kind: Literal["reply", "push"] | None = None
    ticket_no: str | None = Field(default=None, min_length=1, max_length=40)
    limit: int = Field(default=100, ge=1, le=500)


class DenialQuery(Part):
    channel: str | None = Field(default=None, min_length=1, max_length=40)
    limit: int = Field(default=100, ge=1, le=500)


class DenialBody(Part):
    """Whom not to hear: the sender of a ticket (whose id pages never show), or a channel's id of a person."""

    ticket_no: str = Field(default="", max_length=40)
    channel: str = Field(default="", max_length=40, pattern=r"^[a-z0-9_-]*$")
    user_id: str = Field(default="", max_length=128)
    reason: str = Field(min_length=2, max_length=200, pattern=r"\S")
    until: Instant | None = Field(default=None, ge=0, le=4_102_444_800, description="null: for good")

    @model_validator(mode="after")
    def _names_someone(self) -> DenialBody:
        if bool(self.ticket_no) == bool(self.channel and self.user_id):
            raise ValueError("ticket_no: give either it, or channel and user_id")
        return self


async def deliveries(asked: Asked[Nothing, DeliveryQuery]) -> Answer:
    query = asked.query
    number = TicketNo(query.ticket_no) if query.ticket_no is not None else None
    found = await desk_of(asked.request).services.ledger.deliveries(
        ticket_no=number, state=query.state, kind=query.kind, limit=query.limit
    )
    return DeliveryList(items=[delivery_view(one) for one in found])


async def retry(asked: Asked[Nothing, Nothing]) -> Answer:
    """Due again at once, with all its tries before it."""
    desk = desk_of(asked.request)
    entry = _entry(asked, desk, "delivery.retried", asked.path["id"])

    async def work(tx: Tx) -> Delivery:
        kept = await tx.delivery(asked.path["id"])
        if kept is None:
            raise Problem(404, "没有这项送达", "there is no such delivery")
        if kept.state not in _AGAIN:
            raise Problem(409, "该项送达无需重试", f"a delivery that is {kept.state} needs no other try")
        again = replace(kept, state="waiting", attempts=0, due_at=asked.at, done_at=None, error="")
        await tx.save_delivery(again)
        await tx.audit(entry)
        return again

    again = await desk.services.ledger.write(work)
    desk.services.wake()
    return delivery_view(again)


def _entry(
    asked: Asked[Nothing, Nothing] | Asked[DenialBody, Nothing], desk: Desk, act: str, subject: str
) -> AuditEntry:
    address = client_address(asked.request, desk.config.trusted_proxies)
    return AuditEntry(asked.at, asked.who.account.login, act, subject, address)


async def denials(asked: Asked[Nothing, DenialQuery]) -> Answer:
    query = asked.query
    found = await desk_of(asked.request).services.ledger.denials(channel=query.channel, limit=query.limit)
    return DenialList(items=[denial_view(one) for one in found])


async def deny(asked: Asked[DenialBody, Nothing]) -> Answer:
    desk, body = desk_of(asked.request), asked.body
    channel, user_id = body.channel, body.user_id
    if body.ticket_no:
        channel, user_id = await _sender_of(body.ticket_no, desk)
    if body.until is not None and body.until <= asked.at:
        raise Problem(400, "截止时间已过", "field until: lies in the past", field="until")
    denial = Denial(new_id(), channel, user_id, body.reason, asked.who.account.login, asked.at, body.until)
    entry = _entry(asked, desk, "sender.denied", body.ticket_no or denial.id)

    async def work(tx: Tx) -> None:
        await tx.save_denial(denial)
        data = {"denial_id": denial.id, "channel": channel, "until": body.until, "author": denial.by}
        await tx.emit("hotline.sender.denied.v1", body.ticket_no or denial.id, data, asked.at)
        await tx.audit(entry)

    await desk.services.ledger.write(work)
    return denial_view(denial)


async def _sender_of(number: str, desk: Desk) -> tuple[str, str]:
    ticket = await found_ticket(number, desk)
    sender = ticket.user_id or ticket.email or ticket.calling_number
    if not sender:
        raise Problem(409, "该工单没有可识别的发送人", "nobody can be told from this ticket", field="ticket_no")
    return ticket.channel, sender


async def lift(asked: Asked[Nothing, Nothing]) -> Answer:
    desk, denial_id = desk_of(asked.request), asked.path["id"]
    entry = _entry(asked, desk, "sender.heard", denial_id)

    async def work(tx: Tx) -> None:
        if not await tx.lift_denial(denial_id):
            raise Problem(404, "没有这项限制", "there is no such denial")
        data = {"denial_id": denial_id, "author": asked.who.account.login}
        await tx.emit("hotline.sender.heard.v1", denial_id, data, asked.at)
        await tx.audit(entry)

    await desk.services.ledger.write(work)
    return web.Response(status=204)


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/deliveries", "Replies and pushes on their way, newest first", deliveries,
            roles=EVERYONE, body=Nothing, query=DeliveryQuery, answer=DeliveryList,
        ),
        route(
            "POST", "/api/v1/deliveries/{id}/retry", "Try one that failed again, now", retry,
            roles=AGENTS, body=Nothing, query=Nothing, answer=DeliveryView, status=202, errors=(404, 409),
        ),
        route(
            "GET", "/api/v1/denials", "Senders who are not heard at present", denials,
            roles=SUPERVISORS, body=Nothing, query=DenialQuery, answer=DenialList,
        ),
        route(
            "POST", "/api/v1/denials", "Do not hear a sender for a time; audited", deny,
            roles=SUPERVISORS, body=DenialBody, query=Nothing, answer=DenialView, status=201, errors=(404, 409),
        ),
        route(
            "DELETE", "/api/v1/denials/{id}", "Hear a sender again; audited", lift,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=None, status=204, errors=(404,),
        ),
    ]  # fmt: skip
