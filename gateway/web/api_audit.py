"""Looks at personal numbers, and the audit log that keeps them (with transfers, calls out, recordings played).

An agent may look at a number of the own call or ticket, a shift lead at any; the entry is committed before the value
leaves. The log itself is for shift leads and admins, as JSON or as CSV for a spreadsheet; taking it out is noted in it.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import orjson
from aiohttp import web
from pydantic import BaseModel, Field, model_validator

from gateway.model.records import AuditEntry, Ticket
from gateway.web.api_tickets import found_ticket
from gateway.web.asked import Asked, Instant, Nothing, Part
from gateway.web.auth import AGENTS, SUPERVISORS
from gateway.web.desk_rights import call_of, own_ticket
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of
from gateway.web.sheet import plain
from gateway.web.views import AuditView, audit_view

_MOST_ROWS = 10_000
_TICKET = r"^[0-9]{6}-[0-9]{8}-[0-9]{7}$"
_HEAD = ("时间 time", "账号 login", "操作 act", "对象 subject", "地址 address", "详情 detail")

OfTicket = Literal["calling_number", "contact_number", "name", "email", "address", "against_number"]


class LookBody(Part):
    """Which field of which call or ticket. A call has ``caller``, a ticket the others."""

    call_id: str | None = Field(default=None, min_length=1, max_length=80)
    ticket_no: str | None = Field(default=None, pattern=_TICKET)
    field: Literal["caller", "calling_number", "contact_number", "name", "email", "address", "against_number"]
    reason: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _fits(self) -> LookBody:
        if (self.call_id is None) == (self.ticket_no is None):
            raise ValueError("call_id: give either it or ticket_no")
        if (self.field == "caller") != (self.call_id is not None):
            raise ValueError("field: caller is of a call, the others are of a ticket")
        return self


class Look(BaseModel):
    value: str


class AuditQuery(Part):
    login: str | None = Field(default=None, min_length=1, max_length=64)
    subject: str | None = Field(default=None, min_length=1, max_length=80)
    act: str | None = Field(default=None, min_length=1, max_length=60)
    since: Instant | None = None
    until: Instant | None = None
    limit: int = Field(default=100, ge=1, le=1000)


class ExportQuery(Part):
    login: str | None = Field(default=None, min_length=1, max_length=64)
    subject: str | None = Field(default=None, min_length=1, max_length=80)
    act: str | None = Field(default=None, min_length=1, max_length=60)
    since: Instant | None = None
    until: Instant | None = None


class AuditPage(BaseModel):
    """Newest first."""

    items: list[AuditView]


# A look at a number -----------------------------------------------------------------------------------------------


async def look(asked: Asked[LookBody, Nothing]) -> Answer:
    body, desk = asked.body, desk_of(asked.request)
    if body.call_id is not None:
        call = await call_of(asked, body.call_id)
        value, subject = call.caller_number, str(call.call_id)
    else:
        ticket = await found_ticket(body.ticket_no or "", desk)
        await _check_own(asked, ticket)
        value, subject = str(getattr(ticket, body.field)), str(ticket.ticket_no)
    await desk.gate.note(
        asked.request, asked.who, "number.revealed", subject, asked.at, field=body.field, reason=body.reason
    )  # fmt: skip
    return Look(value=value)


async def _check_own(asked: Asked[LookBody, Nothing], ticket: Ticket) -> None:
    """Raises Problem 403 for a ticket of others."""
    if not (asked.who.supervises or await own_ticket(asked, ticket)):
        raise Problem(403, "只能查看自己工单的号码", "agents look only at numbers of their own tickets")


# The log ----------------------------------------------------------------------------------------------------------


async def audit(asked: Asked[Nothing, AuditQuery]) -> Answer:
    query = asked.query
    found = await desk_of(asked.request).services.ledger.audits(
        login=query.login, subject=query.subject, act=query.act, since=query.since, until=query.until, limit=query.limit
    )
    return AuditPage(items=[audit_view(entry) for entry in found])


async def export(asked: Asked[Nothing, ExportQuery]) -> Answer:
    """The newest ten thousand that fit, newest first; the taking out is noted first."""
    desk, query = desk_of(asked.request), asked.query
    given = query.model_dump(exclude_none=True)
    # As one thing: ``act`` and ``subject`` are names of the entry's own.
    await desk.gate.note(asked.request, asked.who, "audit.exported", query.subject or "audit", asked.at, asked=given)
    found = await desk.services.ledger.audits(
        login=query.login, subject=query.subject, act=query.act, since=query.since, until=query.until, limit=_MOST_ROWS
    )
    return web.Response(
        body=await asyncio.to_thread(lambda: as_csv(found, desk.services.zone).encode("utf-8-sig")),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="audit.csv"',
        },
    )


def as_csv(entries: Sequence[AuditEntry], zone: ZoneInfo) -> str:
    """Rows for a spreadsheet, times in the hall's zone. A cell that a spreadsheet would compute begins with '."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(_HEAD)
    for one in entries:
        at = datetime.fromtimestamp(one.at, zone).isoformat(sep=" ", timespec="milliseconds")
        detail = orjson.dumps(one.detail).decode() if one.detail else ""
        rows.writerow([plain(cell) for cell in (at, one.login, one.act, one.subject, one.address, detail)])
    return out.getvalue()


def routes() -> list[Route]:
    return [
        route(
            "POST", "/api/v1/desk/reveal", "One masked field of the own call or ticket; audited", look,
            roles=AGENTS, body=LookBody, query=Nothing, answer=Look, errors=(404,),
        ),
        route(
            "GET", "/api/v1/audit", "The audit log, newest first", audit,
            roles=SUPERVISORS, body=Nothing, query=AuditQuery, answer=AuditPage,
        ),
        route(
            "GET", "/api/v1/audit.csv", "The audit log for a spreadsheet; audited", export,
            roles=SUPERVISORS, body=Nothing, query=ExportQuery, answer=None, content_type="text/csv",
        ),
    ]  # fmt: skip
