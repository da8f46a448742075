"""Calls out of the desk (外呼, 回访): an agent's own telephone rings, then the citizen is dialled under our number.

Whom to dial is said by a number, a ticket or a call; of a ticket or a call the number is never sent to the page. Agents
dial from the own seat only. The audit entry is committed before the order goes out, with the number masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from gateway.model.masking import mask_number
from gateway.model.orders import OrderRefused
from gateway.model.records import Ticket
from gateway.seats.dialling import DialRefused
from gateway.web.api_tickets import found_ticket
from gateway.web.asked import Asked, B, Nothing, Part, Q
from gateway.web.auth import AGENTS
from gateway.web.desk_rights import call_of
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of, in_use

_TICKET = r"^[0-9]{6}-[0-9]{8}-[0-9]{7}$"
_STATUS = {"unknown": 400, "not_allowed": 400, "not_now": 409}


class DialBody(Part):
    """Whom: exactly one of the three. ``from_number`` is what they see, an entry number of ours ("": the usual)."""

    number: str | None = Field(default=None, min_length=3, max_length=30, pattern=r"^\+?[0-9 ()-]+$")
    ticket_no: str | None = Field(default=None, pattern=_TICKET)
    call_id: str | None = Field(default=None, min_length=1, max_length=80)
    from_number: str = Field(default="", max_length=20, pattern=r"^[0-9*#+]*$")

    @model_validator(mode="after")
    def _one(self) -> DialBody:
        if sum(one is not None for one in (self.number, self.ticket_no, self.call_id)) != 1:
            raise ValueError("number: give exactly one of number, ticket_no, call_id")
        return self


class Dialling(BaseModel):
    """The agent's own telephone rings; ``call_ref`` is what the call will be called."""

    accepted: Literal[True] = True
    call_ref: str


@dataclass(frozen=True, slots=True)
class _Meant:
    number: str
    ticket_no: str = ""


async def dial(asked: Asked[DialBody, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    dialler = in_use(desk.services.dialler, "外呼功能未启用", "calls out are not in use")
    seat = desk.services.hall.seat_of(asked.who.account.agent_id) if asked.who.account.agent_id else None
    if seat is None:
        raise Problem(409, "您没有在座席签入", "you are not signed in at a seat", field="seat")
    meant = await _meant(asked)
    await desk.gate.note(
        asked.request, asked.who, "call.dialled", meant.ticket_no or asked.body.call_id or seat, asked.at,
        seat=seat, number=mask_number(meant.number), from_number=asked.body.from_number,
    )  # fmt: skip
    try:
        call = await dialler.dial(seat, meant.number, asked.body.from_number, meant.ticket_no)
    except DialRefused as refused:
        raise Problem(_STATUS[refused.kind], refused.zh, refused.en, field=refused.field or None) from None
    except OrderRefused as refused:
        raise Problem(409, "交换机未接受该操作", refused.why) from None
    return Dialling(call_ref=call)


async def _meant(asked: Asked[DialBody, Nothing]) -> _Meant:
    body = asked.body
    if body.ticket_no is not None:
        ticket = await found_ticket(body.ticket_no, desk_of(asked.request))
        check_secret(asked, ticket)
        return _Meant(_known(ticket.contact_number or ticket.calling_number, "ticket_no"), ticket.ticket_no)
    if body.call_id is not None:
        call = await call_of(asked, body.call_id)
        about = await desk_of(asked.request).services.ledger.tickets(call_id=body.call_id, limit=1)
        return _Meant(_known(call.caller_number, "call_id"), str(about[0].ticket_no) if about else call.ticket_no)
    return _Meant(body.number or "")


def check_secret(asked: Asked[B, Q], ticket: Ticket) -> None:
    """Whose caller asked for secrecy is for shift leads and for the agent who took the ticket. Raises Problem 403."""
    own = bool(ticket.agent_id) and ticket.agent_id == asked.who.account.agent_id
    if ticket.is_secret and not asked.who.supervises and not own:
        raise Problem(403, "该工单要求保密", "the citizen has asked for secrecy")


def _known(number: str, field: str) -> str:
    if not number:
        raise Problem(409, "没有可回拨的号码", "there is no number to call back", field=field)
    return number


def routes() -> list[Route]:
    return [
        route(
            "POST", "/api/v1/desk/dial", "Dial from the own seat under a number of ours; audited", dial,
            roles=AGENTS, body=DialBody, query=Nothing, answer=Dialling, status=202, errors=(404, 409),
        ),
    ]  # fmt: skip
