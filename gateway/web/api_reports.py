"""Reports for shift leads and followers: transfers by partner, mode or day, with outcomes; JSON, or CSV by Accept.

A report reads the ledger page by page and keeps only sums, so that a year costs time and no memory; the loop is given
back between pages.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from typing import get_args

from aiohttp import web
from pydantic import BaseModel, Field

from gateway.kpi.transfers import By, TransferFigures, TransferTally
from gateway.model.transfers import TransferOutcome
from gateway.web.asked import Asked, Instant, Nothing, Part
from gateway.web.auth import FOLLOWERS
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of
from gateway.web.sheet import plain

_PAGE = 200
"""Transfers read at a time: some milliseconds of unsealing."""
_MOST = 200_000
_LONGEST_S = 366 * 86_400.0
_MONTH_S = 30 * 86_400.0

_COLUMNS = {
    "group": "分组 group", "name": "名称 name", "total": "合计 total", "reached": "接通率 reached",
    "completed_rate": "成功率 completed rate", "answer_s": "平均接听秒 answer s", "talk_s": "平均通话秒 talk s",
    "pushed": "推送工单 pushed",
}  # fmt: skip
_OUTCOMES: Mapping[TransferOutcome, str] = {
    "completed": "成功", "busy": "对方忙", "no_answer": "无人接听", "refused": "拒接", "unreachable": "不通",
    "cancelled": "已取消", "caller_left": "市民挂机", "partner_left": "对方挂机", "agent_left": "座席离开",
    "failed": "未成功",
}  # fmt: skip


class ReportQuery(Part):
    """From ``since`` (inclusive; 30 days before ``until``) to ``until`` (exclusive; now), by when they began."""

    since: Instant | None = None
    until: Instant | None = None
    by: By = "partner"


class TransferGroup(BaseModel):
    """``group`` is a partner's number ("" for queues, flows and seats), a mode, or a day of the hall's zone; ``name``
    the partner's. Shares are 0 to 1 of those that nobody gave up before the target could answer; means in seconds."""

    group: str
    name: str
    total: int
    outcomes: dict[str, int]
    reached: float | None
    completed_rate: float | None
    answer_s: float | None
    talk_s: float | None
    pushed: int


class TransferReport(BaseModel):
    since: float
    until: float
    by: str
    total: int
    groups: list[TransferGroup] = Field(description="those with most first; days in sequence")


async def transfers(asked: Asked[Nothing, ReportQuery]) -> Answer:
    desk = desk_of(asked.request)
    until = asked.at if asked.query.until is None else asked.query.until
    since = until - _MONTH_S if asked.query.since is None else asked.query.since
    if not 0 < until - since <= _LONGEST_S:
        raise Problem(
            400, "时间范围须为正且不超过 366 天", "since must be before until, by 366 days at most", field="since"
        )
    groups = await _groups(desk, asked.query.by, since, until)
    if "text/csv" in asked.request.headers.get("Accept", ""):
        return _csv(groups)
    total = sum(one.total for one in groups)
    return TransferReport(since=since, until=until, by=asked.query.by, total=total, groups=groups)


async def _groups(desk: Desk, by: By, since: float, until: float) -> list[TransferGroup]:
    tally, ledger = TransferTally(by, desk.services.zone), desk.services.ledger
    after: tuple[float, str] | None = None
    for _ in range(_MOST // _PAGE):
        page = await ledger.transfers(since=since, until=until, after=after, limit=_PAGE)
        tally.add(page)
        if len(page) < _PAGE:
            break
        after = (page[-1].started_at, page[-1].id)
        await asyncio.sleep(0)
    else:
        raise Problem(
            400, f"超过 {_MOST} 条转接，请缩小时间范围", f"more than {_MOST} transfers: narrow the time", field="since"
        )
    names = _names(desk) if by == "partner" else {}
    return [_group(one, names.get(one.group, "")) for one in tally.figures()]


def _names(desk: Desk) -> Mapping[str, str]:
    lines = desk.services.transfers.lines() if desk.services.transfers is not None else ()
    return {line.partner.number: line.partner.name for line in lines}


def _group(one: TransferFigures, name: str) -> TransferGroup:
    return TransferGroup(
        group=one.group, name=name, total=one.total, outcomes={**one.outcomes}, reached=one.reached,
        completed_rate=one.completed_rate, answer_s=one.answer_s, talk_s=one.talk_s, pushed=one.pushed,
    )  # fmt: skip


def _csv(groups: Sequence[TransferGroup]) -> web.Response:
    """UTF-8 with a byte order mark, which spreadsheets here need to read Chinese; a column for each outcome."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    outcomes = get_args(TransferOutcome)
    writer.writerow([*_COLUMNS.values(), *(f"{_OUTCOMES[name]} {name}" for name in outcomes)])
    for one in groups:
        known = [getattr(one, name) for name in _COLUMNS]
        cells = [*known, *(one.outcomes.get(name, 0) for name in outcomes)]
        writer.writerow([plain(value) for value in cells])
    return web.Response(
        body=b"\xef\xbb\xbf" + text.getvalue().encode(), content_type="text/csv", charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="transfers.csv"'},
    )  # fmt: skip


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/reports/transfers", "Transfers by partner, mode or day, and outcome; CSV by Accept",
            transfers, roles=FOLLOWERS, body=Nothing, query=ReportQuery, answer=TransferReport,
        ),
    ]  # fmt: skip
