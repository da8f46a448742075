"""The public API for citizens' apps and pages: photos, submissions, and the look-up by ticket number and query code.

No cookie counts here, so no other site can act in a citizen's name; JSON bodies keep foreign pages from posting at all
(a browser would ask us first, and we do not allow it). A machine's token (role reader) marks an app of the hotline: its
submissions have the channel ``app`` and are not limited by address, since all its citizens share the app's.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from gateway.model.ids import TicketNo, new_id
from gateway.model.records import Ticket
from gateway.tickets.ports import NotFound, Refused
from gateway.web.address import client_address
from gateway.web.asked import Asked, Lines, Nothing, Part
from gateway.web.auth import Identity
from gateway.web.limits import Allowance, address_key
from gateway.web.problem import Problem, known
from gateway.web.routes import Answer, Route, json_answer, route
from gateway.web.services import Desk, desk_of
from gateway.web.submissions import Submission, SubmissionBody, Twice, check_against, photos_of, submit
from gateway.web.ticket_views import ProgressView, progress_view
from gateway.web.uploads import Spool

_KEY = re.compile(r"^[!-~]{1,128}$")
PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/octet-stream")


class UploadQuery(Part):
    name: str = Field(default="", max_length=120, description="the file's name")


class UploadView(BaseModel):
    """A photo that was taken. ``id`` goes into a submission's ``uploads`` within a day."""

    id: str
    sha256: str
    mime: str
    size: int


class ReceiptView(BaseModel):
    """What a citizen needs to ask again. The code is told only here."""

    ticket_no: str
    query_code: str
    state: str
    received_at: float
    progress: str = "/progress"


class LookUpBody(Part):
    ticket_no: str = Field(min_length=1, max_length=40)
    query_code: str = Field(min_length=1, max_length=40)


class RatingBody(LookUpBody):
    score: int = Field(ge=1, le=5)
    comment: Lines = Field(default="", max_length=500)


def check_site(request: web.Request, desk: Desk) -> None:
    """Refuse what a browser sends for a page of another site. Raises Problem 403.

    ``Origin: null`` is what old browsers and web views send for pages without a referrer: it says nothing.
    """
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and not _allowed(request, desk):
        raise Problem(403, "不接受来自其他网站的请求", "requests from other origins are refused")
    if request.headers.get("Origin") != "null":
        desk.gate.check_origin(request)


def _allowed(request: web.Request, desk: Desk) -> bool:
    return request.headers.get("Origin") in desk.config.allowed_origins


def check_rate(allowance: Allowance, address: str) -> None:
    """Count an act of an address. Raises Problem 429 when it has used up what it may."""
    wait = allowance.take(address_key(address))
    if wait > 0:
        seconds = int(wait) + 1
        raise Problem(
            429, f"提交过于频繁，请在 {seconds} 秒后再试", f"too many from this address, try again in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )  # fmt: skip


async def _app_of(request: web.Request, desk: Desk) -> Identity | None:
    """The app behind a bearer token; None for anyone else. Raises Problem 401 for a token that is not right."""
    if "Authorization" not in request.headers:
        return None
    who = await desk.gate.identify(request)
    if who is None:
        headers = {"WWW-Authenticate": 'Bearer realm="gateway"'}
        raise Problem(401, "令牌无效", "the token is not right", headers=headers)
    return who


async def upload(asked: Asked[Nothing, UploadQuery]) -> Answer:
    """One photo as the body. 201 with its id; 422 with the reason when the store refuses it."""
    desk, request = desk_of(asked.request), asked.request
    check_site(request, desk)
    if await _app_of(request, desk) is None:
        check_rate(desk.counter.photos, client_address(request, desk.config.trusted_proxies))
    if request.content_type not in PHOTO_TYPES:
        raise Problem(415, "请直接以图片内容提交", "send the picture itself as the body", field="Content-Type")
    spool = Spool(desk.config.photo_bytes)
    try:
        async with desk.counter.uploads.slot():
            await _spooled(request, spool, desk)
        kept = await desk.counter.uploads.keep(spool, asked.query.name, request.content_type)
    finally:
        spool.close()
    if kept.state != "kept":
        raise Problem(422, f"照片未被接受：{kept.note}", f"the picture was refused: {kept.note}", field="body")
    view = UploadView(id=desk.counter.uploads.handle(kept), sha256=kept.sha256, mime=kept.mime, size=kept.size)
    return json_answer(view, 201)


async def _spooled(request: web.Request, spool: Spool, desk: Desk) -> None:
    if (request.content_length or 0) > desk.config.photo_bytes:
        raise known(413)
    try:
        async with asyncio.timeout(desk.config.upload_timeout_s):
            async for chunk in request.content.iter_any():
                if not spool.add(chunk):
                    raise known(413)
    except TimeoutError:
        raise Problem(408, "照片未及时送达", "the picture did not arrive in time") from None


async def submission(asked: Asked[SubmissionBody, Nothing]) -> Answer:
    """201 with a receipt; 200 with the same one for the same key and body; 422 for the same key and another body."""
    desk, request, body = desk_of(asked.request), asked.request, asked.body
    check_site(request, desk)
    app = await _app_of(request, desk)
    address = client_address(request, desk.config.trusted_proxies)
    if app is None:
        check_rate(desk.counter.submits, address)
        _check_stranger(body)
    check_against(body, desk)
    key = _key_of(request, app)
    login = app.account.login if app is not None else ""
    sent = Submission(key, body, photos_of(body.uploads, desk), asked.at, address, login)
    try:
        taken = await submit(sent, desk, "api")
    except Twice:
        zh, en = "该 Idempotency-Key 已用于另一件提交", "this Idempotency-Key was used for another request"
        raise Problem(422, zh, en, field="Idempotency-Key") from None
    if taken.ticket is None:
        raise Problem(403, f"暂不受理：{taken.reason}", f"not taken at present: {taken.reason}")
    return json_answer(_receipt(taken.ticket), 200 if taken.outcome == "known" else 201)


def _check_stranger(body: SubmissionBody) -> None:
    for name, wanted in (("channel", "web"), ("user_id", "")):
        if getattr(body, name) != wanted:
            zh, en = f"字段 {name} 需要应用令牌", f"field {name} needs an app's token"
            raise Problem(401, zh, en, field=name, headers={"WWW-Authenticate": 'Bearer realm="gateway"'})


def _key_of(request: web.Request, app: Identity | None) -> str:
    """The durable key. Keys of an app are its own; those of everybody else must be long enough to be nobody else's."""
    given = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not given:
        return f"web:{new_id()}"
    least = 16 if app is None else 1
    if not _KEY.match(given) or len(given) < least:
        zh = f"Idempotency-Key 须为 {least} 至 128 个可见字符"
        en = f"Idempotency-Key must be {least} to 128 visible characters"
        raise Problem(400, zh, en, field="Idempotency-Key")
    return f"web:{given}" if app is None else f"app:{app.account.login}:{given}"


def _receipt(ticket: Ticket) -> ReceiptView:
    return ReceiptView(
        ticket_no=ticket.ticket_no, query_code=ticket.query_code, state=ticket.state, received_at=ticket.received_at
    )


async def looked_up(request: web.Request, number: str, code: str, desk: Desk) -> Ticket:
    """The ticket of a number and its code. Raises Problem 404 for both wrong alike, and 429 against guessing."""
    address = address_key(client_address(request, desk.config.trusted_proxies))
    number, code = number.strip(), code.strip().upper()
    wait = desk.counter.lookups.attempt(number, address)
    if wait > 0:
        seconds = int(wait) + 1
        raise Problem(
            429, f"查询次数过多，请在 {seconds} 秒后再试", f"too many look-ups, try again in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )  # fmt: skip
    found = await desk.services.ledger.ticket_by_query_code(TicketNo(number), code)
    if found is None:
        desk.counter.lookups.failed(address)
        raise Problem(404, "编号或查询码不正确", "the number or the code is not right", field="query_code")
    desk.counter.lookups.succeeded(number)
    return found


async def progress(asked: Asked[LookUpBody, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    ticket = await looked_up(asked.request, asked.body.ticket_no, asked.body.query_code, desk)
    return progress_view(ticket, await desk.services.ledger.replies(ticket.ticket_no))


async def rating(asked: Asked[RatingBody, Nothing]) -> Answer:
    desk, body = desk_of(asked.request), asked.body
    check_site(asked.request, desk)
    ticket = await looked_up(asked.request, body.ticket_no, body.query_code, desk)
    return progress_view(
        await rated(ticket, body.score, body.comment, desk), await desk.services.ledger.replies(ticket.ticket_no)
    )


async def rated(ticket: Ticket, score: int, comment: str, desk: Desk) -> Ticket:
    """The ticket with the citizen's satisfaction. Raises Problem 409 when it cannot be rated now."""
    try:
        return await desk.services.tickets.rate(ticket.ticket_no, score, comment)
    except Refused as refused:
        raise Problem(409, refused.zh, refused.en, field=refused.field or None) from None
    except NotFound:
        raise Problem(404, "没有这个工单", "there is no such ticket") from None


def _public(
    method: str, path: str, summary: str, handler: Any, body: type[Part], answer: type[BaseModel], **rest: Any
) -> Route:
    query = rest.pop("query", Nothing)
    return route(method, path, summary, handler, roles=None, body=body, query=query, answer=answer, **rest)


def routes() -> list[Route]:
    return [
        _public(
            "POST", "/api/v1/uploads", "A photo for a submission, as the body", upload, Nothing, UploadView,
            query=UploadQuery, status=201, takes=PHOTO_TYPES, errors=(401, 403, 422, 429, 503),
        ),
        _public(
            "POST", "/api/v1/tickets", "A citizen's submission (Idempotency-Key honoured); 200 when it is a repeat",
            submission, SubmissionBody, ReceiptView, status=201, errors=(401, 403, 422, 429),
        ),
        _public(
            "POST", "/api/v1/progress", "How a ticket stands, for who has its query code", progress, LookUpBody,
            ProgressView, errors=(404, 429),
        ),
        _public(
            "POST", "/api/v1/progress/rating", "The citizen's satisfaction with a closed ticket", rating, RatingBody,
            ProgressView, errors=(403, 404, 409, 429),
        ),
    ]  # fmt: skip
