"""The roster over HTTP: days of it, who is on duty now, import and export as a file, changes from the page, hand-over
notes, and the contacts of a person.

Shift leads plan and read; agents see who is on duty and hand over. How to reach somebody is masked; each reveal, and an
export with contacts, is audited before it leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from aiohttp import web
from pydantic import Field

from gateway.model.people import Duty, Handover, Person
from gateway.people import files
from gateway.people.plan import Plan
from gateway.people.roster import Entry, Roster
from gateway.people.rows import COLUMNS, MOST_ERRORS, Cells, Fault, Wanted, check
from gateway.people.service import LONGEST_DAYS, Change, Moved, NoSuchNote, RosterBook, Who
from gateway.web.address import client_address
from gateway.web.asked import Asked, B, Lines, Nothing, Part, Q
from gateway.web.auth import AGENTS, SUPERVISORS
from gateway.web.people_views import (
    ChangeView,
    FaultView,
    HandoverPage,
    HandoverView,
    ImportView,
    NowView,
    PersonReveal,
    RosterView,
    change_view,
    handover_view,
    now_view,
    roster_view,
)
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, json_answer, route
from gateway.web.services import desk_of, in_use

_CSV, _XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TAKES = (_CSV, _XLSX, "application/octet-stream")
_SLOW_S = 30.0
"""A file of two megabytes over a slow line."""


class DaysQuery(Part):
    """``from`` is a word of Python's: the fields are named otherwise within."""

    first: date | None = Field(default=None, alias="from", description="as 2026-11-22; today when absent")
    last: date | None = Field(default=None, alias="to", description="six days later when absent")


class ExportQuery(DaysQuery):
    format: Literal["csv", "xlsx"] = "xlsx"
    contacts: bool = Field(default=False, description="with telephone, mail and WeChat; audited")


class ImportQuery(Part):
    dry_run: bool = Field(default=False, description="say what would change, and change nothing")
    expect: str = Field(default="", max_length=40, description="the mark that the dry run gave")


class RowBody(Part):
    """A duty as the page wants it, in the words of the file."""

    date: str = Field(max_length=40)
    shift: str = Field(max_length=40)
    role: str = Field(max_length=40)
    name: str = Field(max_length=200)
    agent: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=200)
    wechat: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=1000)


class RosterBody(Part):
    """``rows`` are all duties that ``days`` have from now on."""

    days: list[date] = Field(min_length=1, max_length=LONGEST_DAYS)
    rows: list[RowBody] = Field(max_length=5000)
    expect: str = Field(default="", max_length=40)
    dry_run: bool = False


class ContactBody(Part):
    reason: str = Field(min_length=2, max_length=200, pattern=r"\S")


class HandoverBody(Part):
    text: Lines = Field(min_length=1, max_length=4000, pattern=r"\S")


class NotesQuery(Part):
    limit: int = Field(default=20, ge=1, le=200)


# Days -------------------------------------------------------------------------------------------------------------


async def roster(asked: Asked[Nothing, DaysQuery]) -> Answer:
    book = book_of(asked)
    first, last = _days(asked.query, book)
    found = await book.roster(first, last)
    return roster_view(found, first, last, await book.mark(first, last))


def _days(query: DaysQuery, book: RosterBook) -> tuple[date, date]:
    """Raises Problem 400."""
    first = query.first or book.today()
    last = query.last or first + timedelta(days=6)
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise Problem(
            400, f"日期范围应为 1 至 {LONGEST_DAYS} 天", f"from and to: 1 to {LONGEST_DAYS} days", field="to"
        )  # fmt: skip
    return first, last


async def now(asked: Asked[Nothing, Nothing]) -> Answer:
    book = book_of(asked)
    if book.read_at is None:
        await book.refresh()
    return now_view(book.now(), book.next(), str(book.zone))


async def put(asked: Asked[RosterBody, Nothing]) -> Answer:
    book, body = book_of(asked), asked.body
    places = {name: at for at, name in enumerate(COLUMNS, 1)}
    rows = [Cells(at, one.model_dump(), places) for at, one in enumerate(body.rows, 1)]
    wanted, faults = await asyncio.to_thread(check, rows, book.config().shifts)
    outside = [one for one in wanted if one.day not in set(body.days)]
    faults += [Fault(one.row, 1, "日期不在所改的日期之内", "date: not among the days") for one in outside]
    change = Change(wanted, body.days, body.expect)
    return await _taken(asked, change, faults, dry=body.dry_run, act="roster.changed")


async def take_in(asked: Asked[Nothing, ImportQuery]) -> Answer:
    book = book_of(asked)
    data = await _body(asked.request)
    wanted, faults = await asyncio.to_thread(_read, data, book)
    change = Change(wanted, sorted({one.day for one in wanted}), asked.query.expect)
    return await _taken(asked, change, faults, dry=asked.query.dry_run, act="roster.imported")


async def _body(request: web.Request) -> bytes:
    """The file. Raises Problem 408 for one that trickles, 413 for one that is too large."""
    data = bytearray()
    try:
        async with asyncio.timeout(_SLOW_S):
            async for chunk in request.content.iter_any():
                data += chunk
                if len(data) > files.MOST_BYTES:
                    raise Problem(413, "文件过大", f"a roster is at most {files.MOST_BYTES} bytes")
    except TimeoutError:
        raise Problem(408, "请求内容未及时送达", "the body did not arrive in time") from None
    return bytes(data)


def _read(data: bytes, book: RosterBook) -> tuple[list[Wanted], list[Fault]]:
    try:
        rows, faults = files.read(data)
    except files.Unreadable as error:
        return [], [error.fault]
    if faults:  # the heads are wrong: whatever is said of the rows would be noise
        return [], faults
    wanted, wrong = check(rows, book.config().shifts)
    if not wanted and not wrong:
        wrong = [Fault(0, 0, "表中没有排班", "no row below the heads")]
    return wanted, wrong


async def _taken(
    asked: Asked[B, Q], change: Change, faults: Sequence[Fault], *, dry: bool, act: str
) -> Answer:  # fmt: skip
    """The change made, or what it would do; with faults nothing is done and all are told (422)."""
    book = book_of(asked)
    if faults:
        return _refused(faults)
    if dry:
        made, wrong, mark = await book.preview(change)
    else:
        try:
            made, wrong = await book.change(change, who_of(asked), act)
        except Moved:
            zh, en = "排班已被他人修改，请重新预览", "somebody changed these days meanwhile: preview again"
            raise Problem(409, zh, en, field="expect") from None
        mark = ""
    if wrong:
        return _refused(wrong)
    people = await book.people()
    view: ChangeView = change_view(made, people, await _clashes(book, made), done=not dry, expect=mark)
    return view


async def _clashes(book: RosterBook, made: Plan) -> list[tuple[Person, Duty, Duty]]:
    """Double bookings that the changed days have: told, not forbidden."""
    if not made.days:
        return []
    near = await book.ledger_days(made.days)
    known = {one.id: one for one in [*await book.people(), *made.people_new]}
    others = [one for one in near if one.day not in set(made.days)]
    whole = Roster(known.values(), [*others, *made.duties], book.config().shifts, book.zone)
    return [(known[one.person_id], one.first, one.second) for one in whole.clashes()][:MOST_ERRORS]


def _refused(faults: Sequence[Fault]) -> web.Response:
    shown = [FaultView(row=f.row, column=f.column, zh=f.zh, en=f.en) for f in faults[:MOST_ERRORS]]
    body = ImportView(errors=shown, count=len(faults), zh=f"共 {len(faults)} 处错误，未导入", en="nothing was imported")
    return json_answer(body, 422)


# Out --------------------------------------------------------------------------------------------------------------


async def export(asked: Asked[Nothing, ExportQuery]) -> Answer:
    book, query = book_of(asked), asked.query
    first, last = _days(query, book)
    if query.contacts:
        await desk_of(asked.request).gate.note(
            asked.request, asked.who, "roster.exported", f"{first}", asked.at, last=f"{last}", contacts=True
        )
    found = await book.roster(first, last)
    within = [one for one in found.entries if first <= one.duty.day <= last]
    body = await asyncio.to_thread(_file, within, book, query)
    kind = _CSV + "; charset=utf-8" if query.format == "csv" else _XLSX
    name = f"roster-{first:%Y%m%d}-{last:%Y%m%d}.{query.format}"
    return web.Response(
        body=body, headers={"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'}
    )


def _file(entries: Sequence[Entry], book: RosterBook, query: ExportQuery) -> bytes:
    names = {shift.id: shift.name for shift in book.config().shifts}
    rows = files.table(entries, names, query.contacts)
    return files.as_csv(rows) if query.format == "csv" else files.as_xlsx(rows)


async def reveal(asked: Asked[ContactBody, Nothing]) -> Answer:
    person = next((one for one in await book_of(asked).people() if one.id == asked.path["id"]), None)
    if person is None:
        raise Problem(404, "没有这个人员", "there is no such person")
    await desk_of(asked.request).gate.note(
        asked.request, asked.who, "contact.revealed", person.id, asked.at, reason=asked.body.reason
    )
    return PersonReveal(id=person.id, phone=person.phone, email=person.email, wechat=person.wechat)


# Hand-over notes --------------------------------------------------------------------------------------------------


async def notes(asked: Asked[Nothing, NotesQuery]) -> Answer:
    found = await book_of(asked).handovers(asked.query.limit)
    names = await _names(asked)
    return HandoverPage(items=[handover_view(one, names) for one in found])


async def hand_over(asked: Asked[HandoverBody, Nothing]) -> Answer:
    made = await book_of(asked).hand_over(asked.body.text, who_of(asked))
    return handover_view(made, await _names(asked))


async def take_over(asked: Asked[Nothing, Nothing]) -> Answer:
    try:
        taken: Handover = await book_of(asked).take_over(asked.path["id"], who_of(asked))
    except NoSuchNote:
        raise Problem(404, "没有这条交接记录", "there is no such note") from None
    return handover_view(taken, await _names(asked))


async def _names(asked: Asked[B, Q]) -> dict[str, str]:
    accounts = await desk_of(asked.request).services.ledger.accounts()
    return {one.login: one.name for one in accounts}


def book_of(asked: Asked[B, Q]) -> RosterBook:
    """Raises Problem 404 on a gateway without a roster."""
    return in_use(desk_of(asked.request).services.roster, "排班功能未启用", "there is no roster here")


def who_of(asked: Asked[B, Q]) -> Who:
    address = client_address(asked.request, desk_of(asked.request).config.trusted_proxies)
    return Who(asked.who.account.login, address)


def routes() -> list[Route]:
    at = "/api/v1/roster"
    return [
        route(
            "GET", at, "The duties of some days, with gaps and double bookings", roster,
            roles=SUPERVISORS, body=Nothing, query=DaysQuery, answer=RosterView, errors=(404,),
        ),
        route(
            "PUT", at, "All duties of some days; all or, with a fault, nothing; audited", put,
            roles=SUPERVISORS, body=RosterBody, query=Nothing, answer=ChangeView, errors=(404, 409, 422),
        ),
        route(
            "GET", f"{at}/now", "Who is on duty now, and who comes next", now,
            roles=AGENTS, body=Nothing, query=Nothing, answer=NowView, errors=(404,),
        ),
        route(
            "POST", f"{at}/import", "A roster as CSV or XLSX; all or, with a fault, nothing; audited", take_in,
            roles=SUPERVISORS, body=Nothing, query=ImportQuery, answer=ChangeView, errors=(404, 409, 413, 422),
            takes=_TAKES,
        ),
        route(
            "GET", f"{at}/export", "The roster as the file that can be imported; with contacts it is audited", export,
            roles=SUPERVISORS, body=Nothing, query=ExportQuery, answer=None, content_type=_XLSX, errors=(404,),
        ),
        route(
            "POST", "/api/v1/people/{id}/reveal", "How to reach a person; audited", reveal,
            roles=SUPERVISORS, body=ContactBody, query=Nothing, answer=PersonReveal, errors=(404,),
        ),
        route(
            "GET", "/api/v1/handovers", "Hand-over notes, newest first", notes,
            roles=AGENTS, body=Nothing, query=NotesQuery, answer=HandoverPage, errors=(404,),
        ),
        route(
            "POST", "/api/v1/handovers", "Note something for the next shift; audited", hand_over,
            roles=AGENTS, body=HandoverBody, query=Nothing, answer=HandoverView, status=201, errors=(404,),
        ),
        route(
            "POST", "/api/v1/handovers/{id}/acknowledge", "Take a note over; audited", take_over,
            roles=AGENTS, body=Nothing, query=Nothing, answer=HandoverView, errors=(404,),
        ),
    ]  # fmt: skip
