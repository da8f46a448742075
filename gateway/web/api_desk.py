"""The agent's desk: what it starts with, the pop at the first ring, filing a ticket, what looks alike, and my day.

A pop asks the ledger at most three things at once, all found by an index, so it is there before the second ring. What
an agent files is one transaction (``gateway.tickets.filing``); the same Idempotency-Key by the same agent files once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypeVar

from pydantic import Field

from gateway.kpi.day import DayFigures, day_figures, midnight
from gateway.model.contexts import PartnerContext
from gateway.model.desk import Draft, Filing, Watch
from gateway.model.ids import AgentId, TicketNo
from gateway.model.masking import mask_number
from gateway.model.records import CallRecord, Ticket
from gateway.tickets.calls import call_key
from gateway.tickets.config import Kind, Urgency
from gateway.tickets.pop import may_see, shown_first, telephone, waited
from gateway.tickets.ports import Refused
from gateway.tickets.similar import SHORTEST, similar
from gateway.web.api_drafts import ledger_key
from gateway.web.api_tickets import acting
from gateway.web.asked import Asked, Lines, Nothing, Part, idempotency_key
from gateway.web.auth import AGENTS, SUPERVISORS
from gateway.web.desk_rights import call_of, seat_of
from gateway.web.desk_views import (
    AgentView,
    DayView,
    DeskView,
    Filed,
    LeadView,
    PopView,
    RulesView,
    SimilarList,
    category_views,
    context_view,
    day_view,
    desk_lists,
    draft_view,
    entry_view,
    known_call,
    known_ticket,
    map_view,
    place_view,
    pop_watch,
    similar_views,
)
from gateway.web.live_views import SeatView
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of

T = TypeVar("T")

_TICKETS, _CALLS = 30, 10
_OF_A_DAY, _PAGE = 1000, 50
_LOOKED_AT = 60
"""Other people's newest tickets that a text is compared with."""
_UNCLEARED = frozenset({"title", "urgency", "area_code", "is_secret", "is_anonymous", "need_callback", "is_public"})


_SILENT = frozenset({"idle", "reserved", "ringing"})
"""Activities of a seat that does not speak on its call."""


class PopQuery(Part):
    full: bool = Field(default=False, description="the caller's whole number; shift leads only, audited")


class FormFields(Part):
    """The ticket as it is typed. What is left out or null stays as it is; null clears a pin and a level of risk."""

    kind: Literal[Kind, ""] | None = None
    category: str | None = Field(default=None, max_length=40, description="a code or a name")
    title: str | None = Field(default=None, max_length=100)
    content: Lines | None = Field(default=None, max_length=8000)
    urgency: Literal[Urgency, ""] | None = None
    name: str | None = Field(default=None, max_length=60)
    sex: Literal["", "男", "女"] | None = None
    subject_type: Literal["", "自然人", "法人", "其他组织"] | None = None
    contact_number: str | None = Field(default=None, max_length=40, pattern=r"^[-+0-9 ()转]*$")
    is_secret: bool | None = None
    is_anonymous: bool | None = None
    is_public: bool | None = None
    need_callback: bool | None = None
    area_code: str | None = Field(default=None, pattern=r"^([0-9]{6})?$")
    address: str | None = Field(default=None, max_length=300)
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    crs: Literal["", "WGS-84", "GCJ-02", "BD-09", "CGCS2000"] | None = None
    against: str | None = Field(default=None, max_length=100)
    against_number: str | None = Field(default=None, max_length=40, pattern=r"^[-+0-9 ()转]*$")
    risk_level: int | None = Field(default=None, ge=1, le=3)
    urge_of: str | None = Field(default=None, max_length=40, description="the ticket that this one urges")
    duplicate_of: str | None = Field(default=None, max_length=40)
    related_nos: list[str] | None = Field(default=None, max_length=20)

    def given(self) -> dict[str, Any]:
        """What is to be changed on a ticket."""
        clears = {"longitude", "latitude", "risk_level"}
        said = {name: getattr(self, name) for name in self.model_fields_set}
        return {
            name: value
            for name, value in said.items()
            if (value is not None or name in clears) and not (value == "" and name in _UNCLEARED)
        }


class FileBody(Part):
    """``ticket_no``, else ``call_id``, names the ticket; neither: a new one. ``send_to`` is a partner's number."""

    call_id: str = Field(default="", max_length=80)
    ticket_no: str = Field(default="", pattern=r"^([0-9]{6}-[0-9]{8}-[0-9]{7})?$")
    fields: FormFields
    send_to: str = Field(default="", max_length=20, pattern=r"^[0-9*#+]*$")
    revision: int | None = Field(default=None, ge=0, le=2**53)


class SimilarQuery(Part):
    text: Lines = Field(default="", max_length=1000)
    call_id: str | None = Field(default=None, min_length=1, max_length=80)
    area: str | None = Field(default=None, pattern=r"^[0-9]{6}$")


# The desk and the day ------------------------------------------------------------------------------------------------


async def desk(asked: Asked[Nothing, Nothing]) -> Answer:
    own = desk_of(asked.request)
    services, account = own.services, asked.who.account
    means, categories = services.desk(), services.categories()
    spelled, day, leads = await asyncio.gather(own.speller.of(categories), _day(asked, own), _leads(own))
    seat = seat_of(own, account.agent_id)
    free = [one for one in services.hall.seats() if one["presence"] == "signed_out"]
    return DeskView(
        account=AgentView(login=account.login, name=account.name, agent_id=account.agent_id, role=account.role),
        seat=None if seat is None else SeatView.model_validate(seat),
        seats_free=[SeatView.model_validate(one) for one in free],
        categories=category_views(categories, spelled),
        rules=RulesView(send_on_s=categories.send_minutes * 60, wait_s=means.wait_s),
        day_line=day_view(day),
        map=map_view(own.config),
        leads=leads,
        **desk_lists(means),
    )


async def _leads(own: Desk) -> list[LeadView]:
    """Those at a seat first."""
    hall, accounts = own.services.hall, await own.services.ledger.accounts()
    found = [one for one in accounts if one.role in SUPERVISORS and one.agent_id and not one.disabled]
    views = [LeadView(agent_id=one.agent_id, name=one.name, seat=hall.seat_of(one.agent_id)) for one in found]
    return sorted(views, key=lambda one: (one.seat is None, one.seat or "", one.agent_id))


async def day(asked: Asked[Nothing, Nothing]) -> Answer:
    return day_view(await _day(asked, desk_of(asked.request)))


async def _day(asked: Asked[Nothing, Nothing], own: Desk) -> DayFigures:
    services, agent = own.services, asked.who.account.agent_id
    since, send_on_s = midnight(asked.at, services.zone), services.categories().send_minutes * 60.0
    if not agent:
        return day_figures((), (), asked.at, services.zone, send_on_s)
    ledger = services.ledger
    calls, tickets = await asyncio.gather(
        _all_of(
            lambda after: ledger.calls(agent=agent, since=since, after=after, limit=_PAGE), lambda one: one.call_id
        ),
        _all_of(lambda after: ledger.tickets(agent=agent, since=since, after=after, limit=_PAGE), _number_of),
    )
    return day_figures(calls, tickets, asked.at, services.zone, send_on_s)


def _number_of(ticket: Ticket) -> str:
    return ticket.ticket_no


async def _all_of(read: Callable[[str | None], Awaitable[Sequence[T]]], key: Callable[[T], str]) -> list[T]:
    """A day's rows, page by page: opening what is sealed takes 40 µs a row, and callers are served by the same loop."""
    found: list[T] = []
    page = await read(None)
    while page:
        found += page
        if len(page) < _PAGE or len(found) >= _OF_A_DAY:
            break
        page = await read(key(page[-1]))
    return found


# The pop -------------------------------------------------------------------------------------------------------------


async def pop(asked: Asked[Nothing, PopQuery]) -> Answer:
    own = desk_of(asked.request)
    call = await call_of(asked, asked.path["call_id"])
    number = telephone(call.caller_number)
    calls, tickets, (watch, draft, contexts, opened) = await asyncio.gather(
        _calls_of(own, number), _tickets_of(own, number), _notes(own, call, number)
    )
    full = await _full_number(asked, call) if asked.query.full else None
    ticket = next((one for one in tickets if one.call_id == call.call_id), opened)
    account, means = asked.who.account, own.services.desk()
    earlier = [one for one in tickets if ticket is None or one.ticket_no != ticket.ticket_no]
    seen = [one for one in earlier if may_see(one, account.agent_id, leads=asked.who.supervises)]
    return PopView(
        call_id=call.call_id,
        caller=mask_number(call.caller_number),
        caller_full=full,
        entry=entry_view(call.entry_number, means),
        queue=call.queue,
        waited_s=waited(call, asked.at),
        language=call.language,
        place=place_view(means.places.of(call.caller_number, call.entry_number, seen)),
        secret=len(seen) < len(earlier),
        tickets=[known_ticket(one) for one in shown_first(seen)],
        calls=[known_call(one) for one in calls if one.call_id != call.call_id][:_CALLS],
        watch=pop_watch(watch, asked.at),
        context=context_view(contexts, _partner_names(own)),
        ticket_no=None if ticket is None else ticket.ticket_no,
        revision=None if ticket is None else ticket.revision,
        draft=None if draft is None else draft_view(draft, call.call_id),
    )


async def _calls_of(own: Desk, number: str) -> Sequence[CallRecord]:
    return await own.services.ledger.calls(number=number, limit=_CALLS + 1) if number else ()


async def _tickets_of(own: Desk, number: str) -> Sequence[Ticket]:
    return await own.services.ledger.tickets(number=number, limit=_TICKETS) if number else ()


_Notes = tuple[Watch | None, Draft | None, Sequence[PartnerContext], Ticket | None]


def _partner_names(own: Desk) -> dict[str, str]:
    transfers = own.services.transfers
    return {} if transfers is None else {line.partner.number: line.partner.name for line in transfers.lines()}


async def _notes(own: Desk, call: CallRecord, number: str) -> _Notes:
    """What is found by a key: each takes microseconds, so one after the other."""
    ledger = own.services.ledger
    watch = await ledger.watch(number) if number else None
    return (
        watch,
        await ledger.draft(call.call_id),
        await own.services.contexts(call.call_id, number),
        await ledger.ticket_by_key(call_key(call)),
    )


async def _full_number(asked: Asked[Nothing, PopQuery], call: CallRecord) -> str:
    """The caller's number, after the audit entry is committed. Raises Problem 403."""
    if not asked.who.supervises:
        raise Problem(403, "完整号码须由值班长查看", "the whole number is for supervisors", field="full")
    gate = desk_of(asked.request).gate
    await gate.note(asked.request, asked.who, "number.revealed", call.call_id, asked.at, field="caller", by="pop")
    return call.caller_number


# Tickets -------------------------------------------------------------------------------------------------------------


async def file(asked: Asked[FileBody, Nothing]) -> Answer:
    own, body, account = desk_of(asked.request), asked.body, asked.who.account
    call = await call_of(asked, body.call_id) if body.call_id and not body.ticket_no else None
    means = own.services.desk()
    filing = Filing(
        fields=body.fields.given(),
        area_code=means.area_of(call.entry_number if call else ""),
        ticket_no=TicketNo(body.ticket_no) if body.ticket_no else None,
        call=call,
        revision=body.revision,
        key=idempotency_key(asked.request),
        draft=ledger_key(body.ticket_no or body.call_id or "new", account.login),
        agent=account.agent_id,
        speaks=_speaks_on(own, call, account.agent_id) if call else "",
        leads=asked.who.supervises,
        send_to=body.send_to,
    )
    if filing.ticket_no is not None and body.revision is None:
        raise Problem(428, "请给出所读的版本号", "give the revision that was read", field="revision")
    ticket = await acting(_filed(own, filing, account.login))
    return Filed(ticket_no=ticket.ticket_no, revision=ticket.revision, state=ticket.state)


def _speaks_on(own: Desk, call: CallRecord, agent: AgentId | Literal[""]) -> AgentId | Literal[""]:
    """Who speaks on a call now, "" when nobody does. Of several (a consultation): ``agent``, who asks, comes first."""
    at_it = (one for one in own.services.hall.seats() if one["call_id"] == call.call_id)
    speakers = [str(one["agent"]) for one in at_it if one["agent"] and one["activity"] not in _SILENT]
    found = next((one for one in (agent, call.agent, *speakers) if one in speakers), "")
    return AgentId(found) if found else ""


async def _filed(own: Desk, filing: Filing, login: str) -> Ticket:
    """Files it; a refusal names the field as the body has it."""
    try:
        return await own.services.tickets.file(filing, login)
    except Refused as refused:
        field = f"fields.{refused.field}" if refused.field in FormFields.model_fields else refused.field
        raise Refused(refused.zh, refused.en, field) from None


async def alike(asked: Asked[Nothing, SimilarQuery]) -> Answer:
    own, query, account = desk_of(asked.request), asked.query, asked.who.account
    ledger, means = own.services.ledger, own.services.desk()
    call = None if query.call_id is None else await call_of(asked, query.call_id)
    if len(query.text.strip()) < SHORTEST:
        return SimilarList(items=[])
    since = asked.at - means.likeness.days * 86_400
    number = telephone(call.caller_number) if call else ""
    own_tickets, others = await asyncio.gather(
        _tickets_of(own, number), ledger.tickets(since=since, area_code=query.area, limit=_LOOKED_AT)
    )

    def shown(tickets: Sequence[Ticket]) -> list[Ticket]:
        leads = asked.who.supervises
        seen = [one for one in tickets if one.received_at >= since and may_see(one, account.agent_id, leads=leads)]
        return [one for one in seen if call is None or one.call_id != call.call_id]

    # Some 90 texts of up to 600 characters: milliseconds, so not in the loop.
    found = await asyncio.to_thread(
        similar, query.text, asked.at, shown(own_tickets), shown(others), means.judge, means.likeness.alike
    )
    return SimilarList(items=similar_views(found))


def routes() -> list[Route]:
    base = "/api/v1/desk"
    return [
        route(
            "GET", base, "What the desk starts with: the agent, seats, reasons, categories with pinyin, phrases", desk,
            roles=AGENTS, body=Nothing, query=Nothing, answer=DeskView,
        ),
        route(
            "GET", f"{base}/day", "My day: calls, talk, tickets, what was sent on in time, ratings", day,
            roles=AGENTS, body=Nothing, query=Nothing, answer=DayView,
        ),
        route(
            "GET", f"{base}/pop/{{call_id}}", "What is known of a caller, for the screen at the first ring", pop,
            roles=AGENTS, body=Nothing, query=PopQuery, answer=PopView, errors=(404,),
        ),
        route(
            "POST", f"{base}/tickets", "File a ticket: the call's, another or a new one; Idempotency-Key is honoured",
            file,
            roles=AGENTS, body=FileBody, query=Nothing, answer=Filed, errors=(404, 409, 428),
        ),
        route(
            "GET", f"{base}/similar", "Tickets that look like what is being typed, the caller's own first", alike,
            roles=AGENTS, body=Nothing, query=SimilarQuery, answer=SimilarList, errors=(404,),
        ),
    ]  # fmt: skip
