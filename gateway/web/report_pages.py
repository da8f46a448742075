"""Made reports for people in the browser: /reports/day/2026-11-21 as a page, with .pdf and .xlsx behind it as files,
and the list of what was made. Shift leads read them, and followers with a token; whoever is not logged in goes to the
log-in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import quote

import structlog
from aiohttp import web
from pydantic import BaseModel, Field

from gateway.web.asked import Asked, Nothing
from gateway.web.auth import FOLLOWERS, Identity
from gateway.web.headers import policy
from gateway.web.html import h
from gateway.web.problem import REQUEST_ID, Problem, known
from gateway.web.reports.maker import Future, Made, Reports
from gateway.web.reports.periods import NAMES, parse
from gateway.web.reports.printer import NoPdf
from gateway.web.reports.words import LANGS, Lang
from gateway.web.reports.workbook import TYPE as XLSX
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of

T = TypeVar("T")

log = structlog.get_logger(__name__)


def add_pages(app: web.Application) -> None:
    """Hang the reports into the application."""
    app.router.add_get("/reports/{kind}/{name}", _page)


async def _page(request: web.Request) -> web.StreamResponse:
    """What goes wrong is told by a page; a file for a machine comes with its status all the same."""
    desk = desk_of(request)
    who = await desk.gate.identify(request)
    if who is None:
        if "Authorization" in request.headers:
            raise known(401)
        raise web.HTTPSeeOther(f"/login?next={quote(request.path_qs)}")
    if who.account.role not in FOLLOWERS:
        return _trouble(request, Problem(403, "报告供值班长和管理员查看", "reports are for shift leads"))
    try:
        return await _answer(request, desk, who)
    except Problem as problem:
        return _trouble(request, problem)


async def _answer(request: web.Request, desk: Desk, who: Identity) -> web.StreamResponse:
    reports = _reports(desk)
    lang = _lang(request)
    id, _, ending = request.match_info["name"].partition(".")
    if ending not in ("", "pdf", "xlsx"):
        raise known(404)
    try:
        period = parse(request.match_info["kind"], id, reports.zone)
    except ValueError as error:
        raise Problem(404, "没有这样的报告：应为 day/2026-11-21、week/2026-W47 或 month/2026-11", str(error)) from error
    made = await _whole(lambda: reports.report(period))
    if not ending:
        return web.Response(body=reports.page(made, lang), headers=_HEADERS)
    at = desk.services.clock()
    await desk.gate.note(request, who, "report.downloaded", f"{period.kind}/{period.id}", at, file=ending)
    if ending == "pdf":
        return _file(made, lang, await _whole(lambda: reports.pdf(made, lang)), "pdf", "application/pdf")
    return _file(made, lang, await _whole(lambda: reports.xlsx(made, lang)), "xlsx", XLSX)


def _lang(request: web.Request) -> Lang:
    """The language that is asked for (``?lang=en``); Chinese unless something else is."""
    asked = request.query.get("lang", "zh")
    for lang in LANGS:
        if asked == lang:
            return lang
    raise Problem(400, "报告只有中文（zh）和英文（en）", "a report is in Chinese (lang=zh) or English (lang=en)")


_HEADERS = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy()}


def _reports(desk: Desk) -> Reports:
    if desk.services.reports is None:
        raise known(404)
    return desk.services.reports


async def _whole(work: Callable[[], Awaitable[T]]) -> T:
    """What cannot be had now, in words."""
    try:
        return await work()
    except Future as error:
        raise Problem(404, "这一期还没有开始", "this period has not begun") from error
    except NoPdf as no:
        zh, _, en = no.why.partition(" / ")
        raise Problem(503, zh, en or "no PDF could be made") from no
    except TimeoutError as error:
        raise Problem(503, "正在制作的报告太多，请稍候再试", "too many reports are being made, try again") from error
    except OSError as error:
        log.error("report_not_made", error=str(error)[:300])
        raise Problem(503, "台账或磁盘暂时不可用，请稍后再试", "the ledger or the disk is away, try again") from error


def _file(made: Made, lang: Lang, body: bytes, ending: str, kind: str) -> web.Response:
    period = made.content.period
    name = quote(f"{made.file_name(lang)}.{ending}")
    there = f"attachment; filename=\"report-{period.id}.{ending}\"; filename*=UTF-8''{name}"
    return web.Response(body=body, content_type=kind, headers={"Content-Disposition": there})


def _trouble(request: web.Request, problem: Problem) -> web.Response:
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("title", f"{problem.zh} · 12345"),
        h("link", rel="stylesheet", href="/static/report.css"),
    )
    bar = h("nav", h("a", "← 报表 ", h("small", "Reports", lang="en"), href="/reports"), class_="bar")
    said = h(
        "article", h("h1", "没有报告 "), h("p", problem.zh), h("p", h("small", problem.en, lang="en")),
        h("p", h("small", f"{problem.status} · {request[REQUEST_ID]}")), class_="report", role="alert",
    )  # fmt: skip
    body = f"<!doctype html>{h('html', head, h('body', bar, h('main', said)), lang='zh-CN')}".encode()
    return web.Response(body=body, status=problem.status, headers={**_HEADERS, **problem.headers})


class KeptReport(BaseModel):
    """A report that was made. ``kind`` day, week or month; it stands at /reports/<kind>/<id>, with .pdf and .xlsx."""

    kind: str
    id: str
    name: str
    title: str
    made_at: float
    corrected: bool = Field(description="its figures were corrected after it was first made")


class KeptReports(BaseModel):
    reports: list[KeptReport] = Field(description="the newest of each kind first")
    pdf: bool = Field(description="false when the libraries for PDF are missing on this machine")


async def made(asked: Asked[Nothing, Nothing]) -> Answer:
    reports = desk_of(asked.request).services.reports
    if reports is None:  # a gateway that makes none
        return KeptReports(reports=[], pdf=False)
    rows = [
        KeptReport(
            kind=one.kind, id=one.id, name=NAMES[one.kind][0], title=parse(one.kind, one.id, reports.zone).title,
            made_at=one.made_at, corrected=one.corrected,
        )
        for one in await _whole(reports.kept)
    ]  # fmt: skip
    return KeptReports(reports=rows, pdf=not reports.printer.missing)


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/reports/made", "Reports that were made: daily, weekly, monthly", made,
            roles=FOLLOWERS, body=Nothing, query=Nothing, answer=KeptReports,
        ),
    ]  # fmt: skip
