"""Virtual numbers of a ticket (虚拟短号): bind one, end it, and see what was called over them.

Open to machines too: a department's own system asks for a number when it takes a ticket over. Nobody is shown the
citizen's number here, and the department's only masked; each act is audited in its own transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, Field

from gateway.model.masking import mask_number
from gateway.model.records import Ticket
from gateway.model.virtual import Binding, VirtualCall
from gateway.transfer.ports import Refusal
from gateway.transfer.virtual_service import Wish
from gateway.web.address import client_address
from gateway.web.api_dial import check_secret
from gateway.web.api_tickets import found_ticket
from gateway.web.asked import Asked, B, Nothing, Part
from gateway.web.auth import EVERYONE
from gateway.web.ports import Virtual
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of, in_use

T = TypeVar("T")

_Caller = Annotated[str, Field(min_length=3, max_length=30, pattern=r"^\+?[0-9 ()-]+$")]


class BindBody(Part):
    """``callers`` are the department's telephones: only from them the number can be called, and the first is rung
    when the citizen calls back. ``hours`` is how long; absent, as configured."""

    partner: str = Field(default="", max_length=20, pattern=r"^[0-9*#+]*$", description="the partner's number")
    callers: list[_Caller] = Field(min_length=1, max_length=10)
    hours: int | None = Field(default=None, ge=1, le=8760)


class BindingView(BaseModel):
    """Times are epoch seconds; ``holds``: it can be called now. ``callers`` are masked."""

    number: str
    ticket_no: str
    partner: str
    callers: list[str]
    bound_at: float
    until: float
    ended_at: float | None
    by: str
    holds: bool


class VirtualCallView(BaseModel):
    """One call (话单). ``side`` began it: department or citizen. ``outcome`` is answered, busy, no_answer, refused,
    unreachable, ended_unseen."""

    call_id: str
    number: str
    side: str
    began_at: float
    answered_at: float | None
    ended_at: float | None
    outcome: str | None
    talk_s: float | None
    recording_id: str


class VirtualView(BaseModel):
    """Newest first, both."""

    items: list[BindingView]
    calls: list[VirtualCallView]


class Ended(BaseModel):
    accepted: Literal[True] = True
    ended: int


async def listed(asked: Asked[Nothing, Nothing]) -> Answer:
    ticket = await _ticket(asked)
    bindings, calls = await _service(asked).of_ticket(ticket.ticket_no)
    return VirtualView(
        items=[_binding_view(one, asked.at) for one in bindings], calls=[_call_view(one) for one in calls]
    )  # fmt: skip


async def bind(asked: Asked[BindBody, Nothing]) -> Answer:
    desk, body = desk_of(asked.request), asked.body
    ticket = await _ticket(asked)
    _check_partner(desk, body.partner)
    wish = Wish(
        ticket.ticket_no, body.partner, tuple(body.callers), body.hours, asked.who.account.login,
        client_address(asked.request, desk.config.trusted_proxies),
    )  # fmt: skip
    bound = await _acting(_service(asked).bind(wish))
    return _binding_view(bound, max(asked.at, bound.bound_at))


async def end_one(asked: Asked[Nothing, Nothing]) -> Answer:
    return await _end(asked, asked.path["number"])


async def end_all(asked: Asked[Nothing, Nothing]) -> Answer:
    return await _end(asked, None)


async def _end(asked: Asked[Nothing, Nothing], number: str | None) -> Answer:
    desk, login = desk_of(asked.request), asked.who.account.login
    address = client_address(asked.request, desk.config.trusted_proxies)
    ticket = await _ticket(asked)
    ended = await _acting(_service(asked).end(ticket.ticket_no, number, login, address))
    return Ended(ended=ended)


async def _ticket(asked: Asked[B, Nothing]) -> Ticket:
    """The ticket that is meant. Raises Problem 404, and 403 for one that is to be kept secret."""
    ticket = await found_ticket(asked.path["no"], desk_of(asked.request))
    check_secret(asked, ticket)
    return ticket


def _check_partner(desk: Desk, number: str) -> None:
    """Raises Problem 400 for a partner that is not configured."""
    transfers = desk.services.transfers
    known = transfers is None or any(line.partner.number == number for line in transfers.lines())
    if number and not known:
        raise Problem(400, f"没有联动单位 {number}", f"there is no partner {number}", field="partner")


async def _acting(act: Awaitable[T]) -> T:
    """The result of an act; its refusals as problems."""
    try:
        return await act
    except Refusal as refused:
        status = {"unknown": 404, "not_allowed": 400, "not_now": 409}[refused.kind]
        raise Problem(status, refused.zh, refused.en, field=refused.field or None) from None


def _service(asked: Asked[B, Nothing]) -> Virtual:
    return in_use(desk_of(asked.request).services.virtual, "虚拟短号未启用", "virtual numbers are not in use")


def _binding_view(one: Binding, at: float) -> BindingView:
    return BindingView(
        number=one.number, ticket_no=one.ticket_no, partner=one.partner,
        callers=[mask_number(caller) for caller in one.callers], bound_at=one.bound_at, until=one.until,
        ended_at=one.ended_at, by=one.login, holds=one.holds(at),
    )  # fmt: skip


def _call_view(call: VirtualCall) -> VirtualCallView:
    return VirtualCallView(**{name: getattr(call, name) for name in VirtualCallView.model_fields})


def routes() -> list[Route]:
    at = "/api/v1/tickets/{no}/virtual"
    return [
        route(
            "GET", at, "The ticket's virtual numbers and the calls over them", listed,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=VirtualView, errors=(404,),
        ),
        route(
            "POST", at, "Bind a virtual number to the ticket; the same again gives the same; audited", bind,
            roles=EVERYONE, body=BindBody, query=Nothing, answer=BindingView, status=201, errors=(404, 409),
        ),
        route(
            "DELETE", at, "End all virtual numbers of the ticket; audited", end_all,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=Ended, errors=(404,),
        ),
        route(
            "DELETE", f"{at}/{{number}}", "End one virtual number of the ticket; audited", end_one,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=Ended, errors=(404,),
        ),
    ]  # fmt: skip
