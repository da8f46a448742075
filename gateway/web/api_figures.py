"""The figures: definitions, reports by time or group (JSON, CSV, XLSX by Accept), the calls behind one, and today's.

A report counts what is committed; the calls behind a figure are masked like every list of calls.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from aiohttp import web
from pydantic import Field

from gateway.kpi.ports import CallFilter, CallsOf
from gateway.kpi.reports import By, Wanted
from gateway.tickets.ports import NotFound
from gateway.web.asked import Asked, Instant, Nothing, Part
from gateway.web.auth import FOLLOWERS
from gateway.web.figure_files import XLSX, csv_bytes, xlsx_bytes
from gateway.web.figure_views import (
    DefinitionList,
    FigureBook,
    LiveFiguresView,
    ReportView,
    definition_list,
    live_view,
    report_view,
)
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of
from gateway.web.views import CallPage, call_view

_DAY_S = 86_400.0
_LONGEST_S = 367 * _DAY_S
_LONGEST_BY_HOUR_S = 62 * _DAY_S
_USUAL_S = {"hour": _DAY_S, "day": 30 * _DAY_S, "week": 84 * _DAY_S, "month": 365 * _DAY_S}
_KEY = Field(default=None, max_length=40, description='"" is for none')


class FiguresQuery(Part):
    """Whole hours of the hall from ``since`` (inclusive) to ``until`` (exclusive; now), by when a call began or a
    ticket was received. ``compare=before`` asks for the period before as well."""

    by: By = "day"
    since: Instant | None = None
    until: Instant | None = None
    queue: str | None = _KEY
    agent: str | None = _KEY
    entry_number: str | None = _KEY
    compare: Literal["before"] | None = None


class FigureCallsQuery(Part):
    """Calls that began from ``since`` (inclusive; a day before) to ``until`` (exclusive; now). requested: asked for a
    person and is decided (answered or lost); late: answered after 15 s; short: gave up within 5 s. Without
    ``outcome`` all calls, those who never asked for a person too. ``cause`` is the outcome of a lost one, as
    abandoned_queue."""

    since: Instant | None = None
    until: Instant | None = None
    queue: str | None = _KEY
    agent: str | None = _KEY
    entry_number: str | None = _KEY
    outcome: CallsOf | None = None
    cause: str | None = Field(default=None, pattern=r"^[a-z_]{1,30}$")
    after: str | None = Field(default=None, min_length=1, max_length=80, description="the last key of the page before")
    limit: int = Field(default=100, ge=1, le=500)


def _book(
    asked: Asked[Nothing, FiguresQuery] | Asked[Nothing, FigureCallsQuery] | Asked[Nothing, Nothing],
) -> FigureBook:
    book = desk_of(asked.request).services.figures
    if book is None:
        raise Problem(404, "本系统未启用统计", "this gateway keeps no figures")
    return book


async def definitions(_asked: Asked[Nothing, Nothing]) -> Answer:
    return definition_list()


async def figures(asked: Asked[Nothing, FiguresQuery]) -> Answer:
    book, query = _book(asked), asked.query
    until = asked.at if query.until is None else query.until
    since = until - _USUAL_S.get(query.by, 30 * _DAY_S) if query.since is None else query.since
    _check(query.by, since, until)
    where = {name: value for name in ("queue", "agent", "entry_number") if (value := getattr(query, name)) is not None}
    report = await book.report(Wanted(query.by, since, until, where, compare=query.compare is not None))
    view = report_view(report, book.names(query.by), str(desk_of(asked.request).services.zone))
    accepts = asked.request.headers.get("Accept", "")
    if "text/csv" in accepts:
        return _file(await asyncio.to_thread(csv_bytes, view), "text/csv", f"{_stem(view)}.csv")
    if XLSX in accepts:
        return _file(await asyncio.to_thread(xlsx_bytes, view), XLSX, f"{_stem(view)}.xlsx")
    return view


def _check(by: By, since: float, until: float) -> None:
    longest = _LONGEST_BY_HOUR_S if by == "hour" else _LONGEST_S
    if not (0 < until - since <= longest and since >= 0):
        days = round(longest / _DAY_S)
        raise Problem(
            400, f"时间范围须为正且不超过 {days} 天", f"since must be before until, by {days} days at most",
            field="since",
        )  # fmt: skip


def _stem(view: ReportView) -> str:
    return f"figures-by-{view.by}-{view.since}-{view.until}"


def _file(body: bytes, kind: str, name: str) -> web.Response:
    charset = "utf-8" if kind == "text/csv" else None
    disposition = f'attachment; filename="{name}"'
    return web.Response(
        body=body, content_type=kind, charset=charset, headers={"Content-Disposition": disposition}
    )  # fmt: skip


async def calls(asked: Asked[Nothing, FigureCallsQuery]) -> Answer:
    query = asked.query
    until = asked.at if query.until is None else query.until
    since = until - _DAY_S if query.since is None else query.since
    given = query.model_dump(exclude={"since", "until", "limit"})
    try:
        found = await _book(asked).calls(CallFilter(since=since, until=until, limit=query.limit + 1, **given))
    except NotFound:
        raise Problem(400, "没有这一条，无法续页", "field after: there is no such entry", field="after") from None
    page = [call_view(call) for call in found[: query.limit]]
    return CallPage(items=page, next=page[-1].call_id if len(found) > query.limit else None)


async def live(asked: Asked[Nothing, Nothing]) -> Answer:
    return live_view(_book(asked).live())


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/figures/definitions", "The figures: words, units, formulas and sources", definitions,
            roles=FOLLOWERS, body=Nothing, query=Nothing, answer=DefinitionList,
        ),
        route(
            "GET", "/api/v1/figures", "Figures by time or group; CSV or XLSX by Accept", figures,
            roles=FOLLOWERS, body=Nothing, query=FiguresQuery, answer=ReportView, errors=(404,),
        ),
        route(
            "GET", "/api/v1/figures/calls", "The calls behind a figure, newest first, masked", calls,
            roles=FOLLOWERS, body=Nothing, query=FigureCallsQuery, answer=CallPage, errors=(404,),
        ),
        route(
            "GET", "/api/v1/figures/live", "Today's figures, kept live", live,
            roles=FOLLOWERS, body=Nothing, query=Nothing, answer=LiveFiguresView, errors=(404,),
        ),
    ]  # fmt: skip
