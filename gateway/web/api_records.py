"""Calls and tickets: lists by keyset, one call by its key, and the reveal of what is masked (one ticket with all that
belongs to it is in ``api_tickets``).

Looking calls up by a number tells who called, and would let anyone guess the four masked digits: so it is for shift
leads, and audited like a reveal. A reveal is committed to the audit log before the number leaves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Literal, TypeVar

from pydantic import Field

from gateway.model.ids import CallId, TicketNo
from gateway.model.masking import mask_number
from gateway.model.records import CallOutcome
from gateway.tickets.ports import NotFound
from gateway.web.asked import Asked, Instant, Nothing, Part
from gateway.web.auth import EVERYONE, SUPERVISORS
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of
from gateway.web.views import (
    CallPage,
    CallReveal,
    CallView,
    TicketPage,
    TicketReveal,
    call_reveal,
    call_view,
    ticket_reveal,
    ticket_view,
)

T = TypeVar("T")

_NUMBER = Field(default=None, pattern=r"^\+?[0-9]{3,20}$", description="a whole number; shift leads only, audited")
_AFTER = Field(default=None, min_length=1, max_length=80, description="the last key of the page before")
_LIMIT = Field(default=100, ge=1, le=500)


class CallQuery(Part):
    since: Instant | None = None
    until: Instant | None = None
    number: str | None = _NUMBER
    outcome: CallOutcome | None = None
    queue: str | None = Field(default=None, min_length=1, max_length=40)
    ticket_no: str | None = Field(default=None, min_length=1, max_length=40, description="calls out about a ticket")
    after: str | None = _AFTER
    limit: int = _LIMIT


class TicketQuery(Part):
    since: Instant | None = None
    until: Instant | None = None
    number: str | None = _NUMBER
    channel: str | None = Field(default=None, min_length=1, max_length=40)
    state: Literal["received", "accepted", "sent", "acknowledged", "returned", "closed"] | None = None
    call_id: str | None = Field(default=None, min_length=1, max_length=80)
    category: str | None = Field(default=None, min_length=1, max_length=20)
    area_code: str | None = Field(default=None, pattern=r"^[0-9]{2,12}$")
    after: str | None = _AFTER
    limit: int = _LIMIT


class RevealBody(Part):
    reason: str = Field(min_length=2, max_length=200, pattern=r"\S", description="why; kept in the audit log")


async def _check_look_up(asked: Asked[Nothing, CallQuery] | Asked[Nothing, TicketQuery], what: str) -> None:
    number = asked.query.number
    if number is None:
        return
    if not asked.who.supervises:
        raise Problem(403, "按号码查询须由值班长进行", "looking up by number is for supervisors", field="number")
    gate = desk_of(asked.request).gate
    await gate.note(asked.request, asked.who, f"{what}.looked_up", mask_number(number), asked.at)


async def _page(reading: Awaitable[Sequence[T]]) -> Sequence[T]:
    """A page of the ledger. Raises Problem 400 when it cannot go on after what was given."""
    try:
        return await reading
    except NotFound:
        raise Problem(400, "没有这一条，无法续页", "field after: there is no such entry", field="after") from None


async def calls(asked: Asked[Nothing, CallQuery]) -> Answer:
    await _check_look_up(asked, "calls")
    query = asked.query
    reading = desk_of(asked.request).services.ledger.calls(
        since=query.since,
        until=query.until,
        number=query.number,
        outcome=query.outcome,
        queue=query.queue,
        ticket_no=query.ticket_no,
        after=query.after,
        limit=query.limit + 1,
    )
    found = await _page(reading)
    page = [call_view(call) for call in found[: query.limit]]
    return CallPage(items=page, next=page[-1].call_id if len(found) > query.limit else None)


async def call(asked: Asked[Nothing, Nothing]) -> Answer:
    found = await desk_of(asked.request).services.ledger.call(CallId(asked.path["id"]))
    if found is None:
        raise Problem(404, "没有这个通话", "there is no such call")
    return call_view(found)


async def reveal_call(asked: Asked[RevealBody, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    found = await desk.services.ledger.call(CallId(asked.path["id"]))
    if found is None:
        raise Problem(404, "没有这个通话", "there is no such call")
    await desk.gate.note(
        asked.request, asked.who, "call.revealed", found.call_id, asked.at, reason=asked.body.reason
    )  # fmt: skip
    return call_reveal(found)


async def tickets(asked: Asked[Nothing, TicketQuery]) -> Answer:
    await _check_look_up(asked, "tickets")
    query = asked.query
    reading = desk_of(asked.request).services.ledger.tickets(
        since=query.since,
        until=query.until,
        number=query.number,
        channel=query.channel,
        state=query.state,
        call_id=query.call_id,
        category=query.category,
        area_code=query.area_code,
        after=query.after,
        limit=query.limit + 1,
    )
    found = await _page(reading)
    page = [ticket_view(ticket) for ticket in found[: query.limit]]
    return TicketPage(items=page, next=page[-1].ticket_no if len(found) > query.limit else None)


async def reveal_ticket(asked: Asked[RevealBody, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    found = await desk.services.ledger.ticket(TicketNo(asked.path["no"]))
    if found is None:
        raise Problem(404, "没有这个工单", "there is no such ticket")
    await desk.gate.note(
        asked.request, asked.who, "ticket.revealed", found.ticket_no, asked.at, reason=asked.body.reason
    )  # fmt: skip
    return ticket_reveal(found)


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/calls", "Calls, newest first", calls,
            roles=EVERYONE, body=Nothing, query=CallQuery, answer=CallPage,
        ),
        route(
            "GET", "/api/v1/calls/{id}", "One call with its stretches", call,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=CallView, errors=(404,),
        ),
        route(
            "POST", "/api/v1/calls/{id}/reveal", "The caller's number, with a reason, audited", reveal_call,
            roles=SUPERVISORS, body=RevealBody, query=Nothing, answer=CallReveal, errors=(404,),
        ),
        route(
            "GET", "/api/v1/tickets", "Tickets, newest first", tickets,
            roles=EVERYONE, body=Nothing, query=TicketQuery, answer=TicketPage,
        ),
        route(
            "POST", "/api/v1/tickets/{no}/reveal", "What is masked of a ticket, with a reason, audited", reveal_ticket,
            roles=SUPERVISORS, body=RevealBody, query=Nothing, answer=TicketReveal, errors=(404,),
        ),
    ]  # fmt: skip
