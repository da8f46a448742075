"""The citizens' pages: the form at /, its receipt, and the progress of a ticket. They need neither script nor cookie.

A form's token is the key of its ticket, so pressing the button twice, or again after a failure, makes one ticket. The
receipt's address is sealed and ends with time; the query code is never part of an address.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from gateway.model.ids import TicketNo
from gateway.model.messages import Attachment
from gateway.model.records import Ticket
from gateway.tickets.ports import Taken
from gateway.web import citizen_pages as pages
from gateway.web.address import client_address
from gateway.web.api_public import check_rate, check_site, looked_up, rated
from gateway.web.asked import tidy_lines
from gateway.web.citizen_form import Typed, body_of, form_page
from gateway.web.headers import policy
from gateway.web.limits import address_key
from gateway.web.problem import REQUEST_ID, Problem, known
from gateway.web.services import Desk, desk_of
from gateway.web.submissions import Submission, SubmissionBody, Twice, check_against, submit
from gateway.web.ticket_views import progress_view
from gateway.web.uploads import HANDLE_LENGTH, Spool

log = structlog.get_logger(__name__)

PATHS = ("/", "/submit", "/receipt", "/progress")
_FIELD_BYTES = 131_072
_FIELDS = 60
_FORM_BYTES = 262_144
_CHUNK = 65_536
_URGENT = frozenset({"紧急", "特急"})


@dataclass(slots=True)
class Sent:
    """A form as it came. ``photos`` have a name, a stated type and their bytes."""

    values: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    photos: list[tuple[str, str, Spool]] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)
    size: int = 0

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def put(self, name: str, raw: bytes) -> None:
        """A text field. The first of a name counts; ``kept`` may come several times."""
        text = tidy_lines(raw.decode("utf-8", "replace").replace("\0", ""))
        if name == "kept":
            self.kept.append(text[:HANDLE_LENGTH])
        else:
            self.values.setdefault(name, text)

    def close(self) -> None:
        for _, _, spool in self.photos:
            spool.close()


def add_pages(app: web.Application) -> None:
    """Hang the citizens' pages into the application."""
    app.router.add_get("/", _page(form))
    app.router.add_post("/submit", _page(send))
    app.router.add_get("/receipt", _page(receipt))
    app.router.add_get("/progress", _page(ask))
    app.router.add_post("/progress", _page(progress))


def _page(handler: Handler) -> Handler:
    """What goes wrong on a page is told by a page."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            return _trouble(request, problem)
        except web.HTTPException as error:
            return _trouble(request, known(error.status))
        except ConnectionError:
            raise
        except Exception:
            log.exception("page failed", request_id=request[REQUEST_ID], path=request.path)
            return _trouble(request, Problem(500, "网关内部错误", "internal error"))

    return handle


def _trouble(request: web.Request, problem: Problem) -> web.Response:
    title = desk_of(request).services.title
    body = pages.trouble(title, problem.status, problem.zh, problem.en, request[REQUEST_ID])
    return _html(body, desk_of(request), problem.status, **problem.headers)


def _html(body: bytes, desk: Desk, status: int = 200, **headers: str) -> web.Response:
    """A page. Its own posts must name their origin, so the referrer policy is not the strictest; the map may load the
    tiles of the configuration and ask where the citizen is."""
    tiles = urlsplit(desk.config.map_tiles)
    origins = (f"{tiles.scheme}://{tiles.netloc}",) if tiles.netloc else ()
    return web.Response(
        body=body,
        status=status,
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": policy(*origins, "blob:"),
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(self), microphone=()",
            **headers,
        },
    )


def _form(desk: Desk, typed: Typed, status: int = 200) -> web.Response:
    forms = desk.counter.forms
    question = forms.question(typed.token)
    categories = desk.services.categories()
    return _html(form_page(desk.services.title, desk.config, categories, question, forms.bits, typed), desk, status)


async def form(request: web.Request) -> web.StreamResponse:
    desk = desk_of(request)
    response = _form(desk, Typed(desk.counter.forms.issue()))
    response.enable_compression()  # only here: nothing on this page is anybody's secret (BREACH)
    return response


# -- a form that comes back


async def send(request: web.Request) -> web.StreamResponse:
    """303 to the receipt; otherwise the same form again, with what is wrong at its fields."""
    desk = desk_of(request)
    check_site(request, desk)
    sent = Sent()
    try:
        async with desk.counter.uploads.slot():
            await _read_form(request, sent, desk)
        return await _judge(request, sent, desk)
    finally:
        sent.close()


async def _judge(request: web.Request, sent: Sent, desk: Desk) -> web.StreamResponse:
    forms, token = desk.counter.forms, sent.value("token")
    form = forms.read(token)
    typed = Typed(token if form is not None and forms.fresh(form) else forms.issue(), sent.values)
    address = client_address(request, desk.config.trusted_proxies)
    photos = _keep_handles(sent, typed, desk) + await _keep_photos(address, sent, typed, desk)
    doubt = forms.doubt(token, trap=sent.value("website"), work=sent.value("work"), answer=sent.value("answer"))
    if doubt is not None:
        typed.faults[doubt.field] = (doubt.zh, doubt.en)
    body, faults = body_of(sent.values)
    typed.faults |= faults
    if body is not None:
        _check_body(body, typed, desk)
    if form is None or body is None or typed.faults:
        return _form(desk, typed, 422)
    submission = Submission(f"web:{form.id}", body, tuple(photos), desk.services.clock(), address)
    return await _take(request, submission, typed)


def _check_body(body: SubmissionBody, typed: Typed, desk: Desk) -> None:
    try:
        check_against(body, desk)
    except Problem as problem:
        typed.faults[problem.field or ""] = (problem.zh, problem.en)


def _keep_handles(sent: Sent, typed: Typed, desk: Desk) -> list[Attachment]:
    """The photos that an earlier sending of this form brought."""
    photos = []
    for handle in sent.kept[: desk.config.photos_most]:
        photo = desk.counter.uploads.claim(handle)
        if photo is not None:
            photos.append(photo)
            typed.kept.append((handle, photo.name))
    return photos


async def _keep_photos(address: str, sent: Sent, typed: Typed, desk: Desk) -> list[Attachment]:
    """The photos of this sending, in the store. What is wrong with one is told at the field."""
    room = desk.config.photos_most - len(typed.kept)
    if len(sent.photos) > room or sent.too_large:
        most, size = desk.config.photos_most, desk.config.photo_bytes // 1_048_576
        zh, en = f"最多{most}张照片，每张不超过{size}MB", f"At most {most} photos of {size} MB each"
        typed.faults["photo"] = (zh, en)
    photos = []
    for name, kind, spool in sent.photos[:room]:
        if desk.counter.photos.take(address_key(address)) > 0:
            typed.faults["photo"] = ("照片上传过于频繁，请稍后再试或不附照片", "Too many photos from this address")
            break
        try:
            photo = await desk.counter.uploads.keep(spool, name, kind)
        except Problem as problem:
            typed.faults["photo"] = (problem.zh, problem.en)
            break
        if photo.state == "kept":
            photos.append(photo)
            typed.kept.append((desk.counter.uploads.handle(photo), photo.name))
        else:
            typed.faults["photo"] = (f"{name}：{photo.note}", "This file was not accepted")
    return photos


async def _take(request: web.Request, submission: Submission, typed: Typed) -> web.StreamResponse:
    desk = desk_of(request)
    try:
        check_rate(desk.counter.submits, submission.address)
        taken = await submit(submission, desk, "page")
    except Problem as problem:
        typed.faults[""] = (problem.zh, problem.en)
        return _form(desk, typed, problem.status)
    except Twice as twice:
        typed.token = desk.counter.forms.issue()
        number = twice.ticket_no
        typed.faults[""] = (
            f"此前用这张表已提交工单{number}。如另有一事，请再点一次提交",
            f"This form was sent before as ticket {number}. Send again for another request",
        )
        return _form(desk, typed, 409)
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        # the ledger is away: what was typed must not be, and the token makes another try safe
        log.exception("submission could not be kept", request_id=request[REQUEST_ID])
        zh, en = "暂时无法受理，请稍后再点一次提交，或拨打12345", "Not possible now: send again later, or call 12345"
        typed.faults[""] = (zh, en)
        return _form(desk, typed, 503)
    return _to_receipt(taken, desk)


def _to_receipt(taken: Taken, desk: Desk) -> web.Response:
    if taken.ticket is None:
        raise Problem(403, f"暂不受理：{taken.reason}", f"not taken at present: {taken.reason}")
    until = desk.services.clock() + desk.config.receipt_minutes * 60
    sealed = desk.counter.receipts.close([taken.ticket.ticket_no, round(until)])
    return web.Response(status=303, headers={"Location": f"/receipt?t={sealed}"})


async def receipt(request: web.Request) -> web.StreamResponse:
    """The number and the code, for as long as the address lasts."""
    desk = desk_of(request)
    opened = desk.counter.receipts.open(request.query.get("t", ""))
    ticket = None
    if opened is not None and desk.services.clock() <= opened[1]:
        ticket = await desk.services.ledger.ticket(TicketNo(opened[0]))
    if ticket is None:
        raise Problem(
            404, "回执页已过期，请凭编号和查询码查询进度", "this receipt is over: look up your ticket instead"
        )
    urgent = ""
    if ticket.urgency in _URGENT:
        dial = "、".join(ticket.proposed.get("urgency", {}).get("dial", ()))
        urgent = desk.services.words.say("urgent_dial", dial=dial)
    return _html(pages.receipt(desk.services.title, ticket, desk.services.zone, urgent), desk)


# -- reading the form


async def _read_form(request: web.Request, sent: Sent, desk: Desk) -> None:
    """Read what a browser sent, photos to the disk. Raises Problem 400, 408, 413 or 415."""
    config = desk.config
    most = config.photos_most * config.photo_bytes + _FORM_BYTES
    if (request.content_length or 0) > most:
        raise known(413)
    try:
        async with asyncio.timeout(config.upload_timeout_s):
            if request.content_type == "multipart/form-data":
                await _read_parts(request, sent, most, config.photo_bytes)
            elif request.content_type == "application/x-www-form-urlencoded":
                for name, value in (await request.post()).items():
                    sent.put(name, value.encode() if isinstance(value, str) else b"")
            else:
                raise known(415)
    except TimeoutError:
        raise Problem(408, "提交的内容未及时送达", "the form did not arrive in time") from None
    except (ValueError, AssertionError, LookupError, RuntimeError, HttpProcessingError) as error:
        log.info("malformed form", error=type(error).__name__)
        raise known(400) from None


async def _read_parts(request: web.Request, sent: Sent, most: int, photo_bytes: int) -> None:
    reader, count = await request.multipart(), 0
    while (part := await reader.next()) is not None:
        count += 1
        if count > _FIELDS or not isinstance(part, BodyPartReader):
            raise known(400)
        if part.name == "photo":
            await _read_photo(part, sent, most, photo_bytes)
        else:
            sent.put(part.name or "", await _read_field(part, sent, most))


async def _read_field(part: BodyPartReader, sent: Sent, most: int) -> bytes:
    raw = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        _count(sent, len(chunk), most)
        raw += chunk
        if len(raw) > _FIELD_BYTES:
            raise known(413)
    return bytes(raw)


async def _read_photo(part: BodyPartReader, sent: Sent, most: int, photo_bytes: int) -> None:
    """A file. An empty one is what browsers send for none; one that is too large is read past, not kept."""
    spool, name, fits = Spool(photo_bytes), (part.filename or "")[:120], True
    sent.photos.append((name, part.headers.get("Content-Type", ""), spool))
    while chunk := await part.read_chunk(_CHUNK):
        _count(sent, len(chunk), most)
        fits = fits and spool.add(bytes(chunk))
    if not fits or spool.size == 0:
        sent.photos.pop()
        spool.close()
        if not fits:
            sent.too_large.append(name)


def _count(sent: Sent, size: int, most: int) -> None:
    sent.size += size
    if sent.size > most:
        raise known(413)


# -- progress


async def ask(request: web.Request) -> web.StreamResponse:
    """The empty form; ``no`` may stand in the address, the code may not."""
    desk = desk_of(request)
    return _html(pages.look_up(desk.services.title, number=request.query.get("no", "")[:40]), desk)


async def progress(request: web.Request) -> web.StreamResponse:
    """How a ticket stands; with ``score`` the citizen's satisfaction is taken first."""
    desk = desk_of(request)
    check_site(request, desk)
    sent = Sent()
    await _read_form(request, sent, desk)
    number, code = sent.value("ticket_no").strip()[:40], sent.value("query_code").strip()[:40]
    said: tuple[str, str] | None = None
    try:
        ticket = await looked_up(request, number, code, desk)
        ticket, said = await _rate(ticket, sent, desk)
    except Problem as problem:
        body = pages.look_up(desk.services.title, number=number, fault=(problem.zh, problem.en))
        return _html(body, desk, problem.status, **problem.headers)
    view = progress_view(ticket, await desk.services.ledger.replies(ticket.ticket_no))
    answer = pages.progress(view, code, desk.services.zone, said)
    return _html(pages.look_up(desk.services.title, answer=answer), desk)


async def _rate(ticket: Ticket, sent: Sent, desk: Desk) -> tuple[Ticket, tuple[str, str] | None]:
    score = 0
    with contextlib.suppress(ValueError):
        score = int(sent.value("score")[:3])
    if not 1 <= score <= 5:
        return ticket, None
    comment = sent.value("comment").strip()[:500]
    return await rated(ticket, score, comment, desk), ("感谢您的评价", "Thank you for telling us")
