"""Acts on tickets: replies, states reported from downstream, corrections, pushes to partners; and what belongs to them.

Agents, shift leads and machines (role reader: work-order systems, partners' systems) may reply and report; only people
correct and push. Whoever changes a ticket says which revision was read (If-Match or ``revision``): a correction must,
a reply or report may. Files and originals are given out under audit, as downloads that no browser will run.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from gateway.model.ids import TicketNo
from gateway.model.messages import Raw
from gateway.model.records import Ticket
from gateway.tickets.config import Kind
from gateway.tickets.ports import NotFound, Refused, StaleRevision
from gateway.web.asked import Asked, Lines, Nothing, Part, idempotency_key
from gateway.web.auth import AGENTS, EVERYONE, SUPERVISORS
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, json_answer, route
from gateway.web.services import Desk, desk_of
from gateway.web.ticket_views import (
    DeliveryView,
    ReplyTaken,
    TicketDetail,
    delivery_view,
    reply_view,
    ticket_detail,
)
from gateway.web.views import TicketView, ticket_view

T = TypeVar("T")

_REVISION = Field(default=None, ge=0, le=2**53, description="the revision that was read; If-Match says the same")
_SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "audio/mpeg", "audio/amr", "video/mp4"})

_MAIL = "email"
_MAIL_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class ReplyBody(Part):
    text: Lines = Field(min_length=1, max_length=2000, pattern=r"\S")
    template: str = Field(default="", max_length=40)
    revision: int | None = _REVISION


class ReportBody(Part):
    """A state as the system or partner that handles the ticket reports it."""

    state: Literal["accepted", "sent", "acknowledged", "returned", "closed"]
    department: str = Field(default="", max_length=80)
    result: Lines = Field(default="", max_length=4000)
    external_no: str = Field(default="", max_length=80, description="the number that the reporting system knows it by")
    note: Lines = Field(default="", max_length=2000)
    revision: int | None = _REVISION


class ChangeBody(Part):
    """What is to be corrected; what is left out stays as it is."""

    kind: Kind | None = None
    category: str | None = Field(default=None, max_length=20)
    title: str | None = Field(default=None, max_length=60)
    urgency: Literal["一般", "紧急", "特急"] | None = None
    area_code: str | None = Field(default=None, pattern=r"^[0-9]{6}$")
    address: str | None = Field(default=None, max_length=200)
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    crs: Literal["WGS-84", "GCJ-02", "BD-09", "CGCS2000"] | None = None
    is_secret: bool | None = None
    is_public: bool | None = None
    need_callback: bool | None = None
    against: str | None = Field(default=None, max_length=80)
    risk_level: int | None = Field(default=None, ge=1, le=3)
    revision: int | None = _REVISION


class PushBody(Part):
    partner: str = Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_-]+$", description="the partner's number")


async def acting(act: Awaitable[T]) -> T:
    """The result of an act on a ticket; its refusals as problems: 404, 409 (with ``current`` when it was stale)."""
    try:
        return await act
    except StaleRevision as stale:
        raise Problem(
            409, f"工单已被他人修改，现为第 {stale.current} 版", f"the ticket is at revision {stale.current}",
            field="revision", extra={"current": stale.current},
        ) from None  # fmt: skip
    except Refused as refused:
        raise Problem(409, refused.zh, refused.en, field=refused.field or None) from None
    except NotFound:
        raise Problem(404, "没有这个工单", "there is no such ticket") from None


def _revision_of(request: web.Request, said: int | None) -> int | None:
    """The revision of If-Match or of the body. Raises Problem 400 when they differ or the header is no revision."""
    header = request.headers.get("If-Match", "").strip()
    if not header:
        return said
    digits = header.removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15) or said not in (None, int(digits)):
        raise Problem(400, "If-Match 须为工单的版本号", "If-Match must be the ticket's revision", field="If-Match")
    return int(digits)


async def found_ticket(number: str, desk: Desk) -> Ticket:
    """Raises Problem 404."""
    ticket = await desk.services.ledger.ticket(TicketNo(number))
    if ticket is None:
        raise Problem(404, "没有这个工单", "there is no such ticket")
    return ticket


async def ticket(asked: Asked[Nothing, Nothing]) -> Answer:
    """Its ETag is the revision."""
    desk = desk_of(asked.request)
    found, ledger = await found_ticket(asked.path["no"], desk), desk.services.ledger
    number = found.ticket_no
    view = ticket_detail(
        found,
        await ledger.messages(ticket_no=number),
        await ledger.attachments(number),
        await ledger.replies(number),
        await ledger.deliveries(ticket_no=number),
    )
    return _with_revision(view, found.revision)


def _with_revision(view: TicketView, revision: int) -> web.Response:
    response = json_answer(view, 200)
    response.headers["ETag"] = f'"{revision}"'
    return response


async def reply(asked: Asked[ReplyBody, Nothing]) -> Answer:
    body = asked.body
    written, delivery = await acting(
        desk_of(asked.request).services.tickets.reply(
            TicketNo(asked.path["no"]),
            body.text,
            asked.who.account.login,
            template=body.template,
            revision=_revision_of(asked.request, body.revision),
            key=idempotency_key(asked.request),
        )
    )
    return ReplyTaken(reply=reply_view(written), delivery=None if delivery is None else delivery_view(delivery))


async def report(asked: Asked[ReportBody, Nothing]) -> Answer:
    body = asked.body
    changed = await acting(
        desk_of(asked.request).services.tickets.report(
            TicketNo(asked.path["no"]),
            body.state,
            asked.who.account.login,
            revision=_revision_of(asked.request, body.revision),
            department=body.department,
            result=body.result,
            external_no=body.external_no,
            note=body.note,
        )
    )
    return _with_revision(ticket_view(changed), changed.revision)


async def change(asked: Asked[ChangeBody, Nothing]) -> Answer:
    desk, body = desk_of(asked.request), asked.body
    revision = _revision_of(asked.request, body.revision)
    if revision is None:
        raise Problem(428, "请给出所读的版本号", "give the revision that was read", field="revision")
    changes = body.model_dump(exclude_unset=True, exclude={"revision"})
    if not changes:
        raise Problem(400, "没有要修改的字段", "nothing to change", field="body")
    _check_changes(changes, desk)
    act = desk.services.tickets.change(TicketNo(asked.path["no"]), changes, asked.who.account.login, revision=revision)
    changed = await acting(act)
    return _with_revision(ticket_view(changed), changed.revision)


_CLEARABLE = frozenset({"longitude", "latitude", "risk_level"})


def _check_changes(changes: dict[str, Any], desk: Desk) -> None:
    for name, value in changes.items():
        if value is None and name not in _CLEARABLE:
            raise Problem(400, f"字段 {name} 不能为空", f"field {name} cannot be null", field=name)
    category = changes.get("category")
    if category and category not in {one.code for one in desk.services.categories().category}:
        raise Problem(400, "没有这个分类", "field category: no such category", field="category")


async def push(asked: Asked[PushBody, Nothing]) -> Answer:
    tickets = desk_of(asked.request).services.tickets
    act = tickets.push(TicketNo(asked.path["no"]), asked.body.partner, asked.who.account.login)
    return delivery_view(await acting(act))


async def attachment(asked: Asked[Nothing, Nothing]) -> Answer:
    """The cleaned file, after the audit entry is committed."""
    desk = desk_of(asked.request)
    kept = await desk.services.ledger.attachment(asked.path["id"])
    if kept is None or kept.attachment.state != "kept":
        raise Problem(404, "没有这个附件", "there is no such attachment")
    one = kept.attachment
    body = await _read(one.sha256, desk)
    await desk.gate.note(
        asked.request, asked.who, "attachment.read", kept.ticket_no or one.id, asked.at, attachment=one.id
    )
    return _download(body, one.mime if one.mime in _SHOWN else "application/octet-stream", one.name or one.id)


async def raw(asked: Asked[Nothing, Nothing]) -> Answer:
    """The untouched original of a ticket or of one of its messages, after the audit entry is committed."""
    desk = desk_of(asked.request)
    found, wanted = await found_ticket(asked.path["no"], desk), asked.path["id"]
    mine = wanted == found.raw_id or any(
        one.ticket_no == found.ticket_no for one in await desk.services.ledger.messages(raw_id=wanted)
    )
    kept, body = await _original(wanted if mine else "", desk)
    await desk.gate.note(asked.request, asked.who, "raw.read", found.ticket_no, asked.at, raw=kept.id)
    return _download(body, "application/octet-stream", f"{kept.id}.raw")


async def mail_html(asked: Asked[Nothing, Nothing]) -> Answer:
    """The safe HTML of a mail, made anew from its original, after the audit entry is committed. What it shows is
    unmasked, so it is for those who may see originals."""
    desk = desk_of(asked.request)
    found = await found_ticket(asked.path["no"], desk)
    kept = await desk.services.ledger.message(asked.path["id"])
    if kept is None or kept.ticket_no != found.ticket_no or kept.message.channel != _MAIL:
        raise Problem(404, "没有这封邮件", "there is no such mail")
    original, body = await _original(kept.raw_id, desk)
    html = await desk.services.mail_html(body)
    if not html:
        raise Problem(404, "邮件没有HTML正文", "the mail has no HTML")
    await desk.gate.note(
        asked.request, asked.who, "raw.read", found.ticket_no, asked.at, raw=original.id, message=kept.id
    )
    return web.Response(
        text=f"<!DOCTYPE html>\n{html}",
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": _MAIL_POLICY, "X-Content-Type-Options": "nosniff"},
    )


async def _original(id: str, desk: Desk) -> tuple[Raw, bytes]:
    """An original with its bytes, which lie in the file store when they are many. Raises Problem 404."""
    kept = await desk.services.ledger.raw(id) if id else None
    if kept is None:
        raise Problem(404, "没有这份原件", "there is no such original")
    return kept, await _read(kept.file, desk) if kept.file else kept.body


async def _read(sha256: str, desk: Desk) -> bytes:
    try:
        return await desk.services.files.read(sha256)
    except FileNotFoundError:
        raise Problem(404, "文件已不在", "the file is not there any more") from None


def _download(body: bytes, content_type: str, name: str) -> web.Response:
    """A file that a browser saves: never shown within our site, never run."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in name)[:100]
    return web.Response(
        body=body,
        headers={
            "Content-Type": content_type,
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name[:100], safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def routes() -> list[Route]:
    one = "/api/v1/tickets/{no}"
    return [
        route(
            "GET", one, "One ticket with its messages, files, replies and deliveries", ticket,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=TicketDetail, errors=(404,),
        ),
        route(
            "PATCH", one, "Correct what a ticket says; the revision that was read must be given", change,
            roles=AGENTS, body=ChangeBody, query=Nothing, answer=TicketView, errors=(404, 409, 428),
        ),
        route(
            "POST", f"{one}/replies", "Reply to the citizen over the ticket's own channel; once a key", reply,
            roles=EVERYONE, body=ReplyBody, query=Nothing, answer=ReplyTaken, status=201, errors=(404, 409),
        ),
        route(
            "POST", f"{one}/reports", "Report a state from downstream", report,
            roles=EVERYONE, body=ReportBody, query=Nothing, answer=TicketView, errors=(404, 409),
        ),
        route(
            "POST", f"{one}/push", "Push the ticket to a partner", push,
            roles=AGENTS, body=PushBody, query=Nothing, answer=DeliveryView, status=202, errors=(404, 409),
        ),
        route(
            "GET", f"{one}/raws/{{id}}", "An untouched original, audited", raw,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=None, content_type="application/octet-stream",
            errors=(404,),
        ),
        route(
            "GET", f"{one}/messages/{{id}}/html", "The safe HTML of a mail, from its original, audited", mail_html,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=None, content_type="text/html", errors=(404,),
        ),
        route(
            "GET", "/api/v1/attachments/{id}", "The content of a file, audited", attachment,
            roles=EVERYONE, body=Nothing, query=Nothing, answer=None, content_type="application/octet-stream",
            errors=(404,),
        ),
    ]  # fmt: skip
