"""Figures over HTTP: who may read them, what is asked wrongly, files, and the calls behind one."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import openpyxl
import pytest

from gateway.ledger import LedgerUnavailable
from gateway.web.figure_files import XLSX
from tests.web.figure_stage import DAY, NUMBER, Book

AT = "/api/v1/figures"
THE_DAY = f"since={DAY}&until={DAY + 86_400}"


@pytest.fixture
async def book_site(open_site: Any) -> AsyncIterator[tuple[Any, Book]]:
    book = Book()
    async with open_site(more={"figures": book}) as site:
        yield site, book


async def test_a_shift_lead_reads_figures_by_group_with_names(book_site: tuple[Any, Book]) -> None:
    client = await book_site[0].logged_in("lead")
    status, report, _ = await client.get(f"{AT}?by=queue&{THE_DAY}&compare=before")
    assert status == 200 and (report["by"], report["zone"], report["left"]) == ("queue", "Asia/Shanghai", 0)
    assert (report["since"], report["until"]) == (DAY, DAY + 86_400) and report["compared"] == [DAY - 86_400, DAY]
    assert (report["total"]["requests"], report["before"]["requests"]) == (10, 0)
    told = [
        (one["group"], one["name"], one["values"]["requests"], one["before"]["requests"]) for one in report["groups"]
    ]
    assert told == [("hotline", "综合受理", 9, 0), ("=cmd|1", "=cmd|1", 1, 0)]
    _, of_one, _ = await client.get(f"{AT}?by=hour&{THE_DAY}&queue=hotline&agent=8001&entry_number=12345")
    assert of_one["total"]["requests"] == 9 and len(of_one["groups"]) == 24 and of_one["before"] is None


async def test_followers_may_read_agents_may_not(book_site: tuple[Any, Book]) -> None:
    site, _ = book_site
    machine = {"Authorization": f"Bearer {site.tokens['machine']}"}
    agent = await site.logged_in("agent1")
    for path in (AT, f"{AT}/definitions", f"{AT}/live", f"{AT}/calls?since=1"):
        assert (await agent.get(path))[0] == 403
        assert (await site.client().get(path))[0] == 401
        assert (await site.client().get(path, headers=machine))[0] == 200


@pytest.mark.parametrize(
    "query",
    [
        "since=5&until=5",
        "since=9&until=5",
        "since=-5&until=5",
        "by=hour&since=0&until=6000000",
        "by=day&since=0&until=4e7",
    ],
)
async def test_a_time_that_is_none_is_refused(book_site: tuple[Any, Book], query: str) -> None:
    client = await book_site[0].logged_in("lead")
    status, problem, _ = await client.get(f"{AT}?{query}")
    assert status == 400 and problem["field"] == "since"


@pytest.mark.parametrize(("query", "field"), [("by=moon", "by"), ("compare=after", "compare"), ("nobody=1", "nobody")])
async def test_what_nobody_knows_is_named(book_site: tuple[Any, Book], query: str, field: str) -> None:
    client = await book_site[0].logged_in("lead")
    status, problem, _ = await client.get(f"{AT}?{query}")
    assert status == 400 and problem["field"] == field


async def test_definitions_say_everything_in_both_languages(book_site: tuple[Any, Book]) -> None:
    client = await book_site[0].logged_in("lead")
    _, told, _ = await client.get(f"{AT}/definitions")
    rate = next(one for one in told["figures"] if one["id"] == "connection_rate")
    assert rate == {
        "id": "connection_rate", "name": "接通率", "name_en": "Connection rate", "unit": "share",
        "formula": "A ÷ R；任意连续 24 小时应 ≥ 95%", "formula_en": "A / R; at least 95 % over any continuous 24 h",
        "source": "GB/T 33358-2016", "group": "answering", "better": "up",
    }  # fmt: skip


async def test_a_spreadsheet_computes_nothing_that_anybody_has_written(book_site: tuple[Any, Book]) -> None:
    client = await book_site[0].logged_in("lead")
    async with client.http.get(f"{AT}?by=queue&{THE_DAY}", headers={"Accept": "text/csv"}) as answer:
        assert answer.status == 200 and answer.content_type == "text/csv"
        assert ".csv" in answer.headers["Content-Disposition"]
        rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["分组 group", "合计 total", "hotline", "'=cmd|1"]
    assert rows[1][rows[0].index("人工请求 Requests")] == "10"


async def test_a_workbook_has_the_figures_and_what_they_mean(book_site: tuple[Any, Book]) -> None:
    client = await book_site[0].logged_in("lead")
    async with client.http.get(f"{AT}?by=queue&{THE_DAY}&compare=before", headers={"Accept": XLSX}) as answer:
        assert answer.status == 200 and answer.content_type == XLSX
        book = openpyxl.load_workbook(io.BytesIO(await answer.read()))
    sheet, words = book.worksheets
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = rows[0].index("接通率 Connection rate")
    assert rows[0][at + 1] == "接通率 Connection rate(前期 before)"
    assert [row[at] for row in rows[1:]] == [1, 1, 1] and rows[3][0] == "'=cmd|1"
    assert sheet.cell(2, at + 1).number_format == "0.00%"
    assert any(row[2].value == "A ÷ R；任意连续 24 小时应 ≥ 95%" for row in words.iter_rows())


async def test_the_calls_behind_a_figure_are_masked_and_come_in_pages(book_site: tuple[Any, Book]) -> None:
    site, book = book_site
    client = await site.logged_in("lead")
    asked = f"{AT}/calls?since={DAY}&until={DAY + 9}&outcome=lost&cause=no_answer&agent=&limit=4"
    status, page, answer = await client.get(asked)
    assert status == 200 and [one["call_id"] for one in page["items"]] == ["0", "1", "2", "3"] and page["next"] == "3"
    assert page["items"][0]["caller_number"] == "138****5678" and NUMBER not in await answer.text()
    [seen] = book.asked
    assert (seen.outcome, seen.cause, seen.agent, seen.queue, seen.limit) == ("lost", "no_answer", "", None, 5)
    status, problem, _ = await client.get(f"{AT}/calls?since=1&after=nobody")
    assert status == 400 and problem["field"] == "after"


@pytest.mark.parametrize("asked", [f"?by=queue&{THE_DAY}", f"?by=hour&{THE_DAY}", f"/calls?since={DAY}"])
async def test_a_ledger_that_is_away_is_told_as_such(book_site: tuple[Any, Book], asked: str) -> None:
    site, book = book_site
    book.fails = LedgerUnavailable("PostgreSQL is not reachable at secret.example")
    status, problem, answer = await (await site.logged_in("lead")).get(f"{AT}{asked}")
    assert (status, answer.content_type) == (503, "application/problem+json")
    assert "请稍后再试" in problem["detail"] and "secret" not in str(problem)
    book.fails = None
    assert (await (await site.logged_in("lead")).get(f"{AT}{asked}"))[0] == 200


async def test_the_calls_of_requests_can_be_asked_for(book_site: tuple[Any, Book]) -> None:
    site, book = book_site
    client = await site.logged_in("lead")
    assert (await client.get(f"{AT}/calls?since={DAY}&outcome=requested"))[0] == 200
    assert book.asked[-1].outcome == "requested"
    status, problem, _ = await client.get(f"{AT}/calls?since={DAY}&outcome=waiting")
    assert (status, problem["field"]) == (400, "outcome")


async def test_today_is_told_hour_by_hour(book_site: tuple[Any, Book]) -> None:
    client = await book_site[0].logged_in("lead")
    _, told, _ = await client.get(f"{AT}/live")
    assert (told["since"], told["figures"]["requests"], told["queues"]["hotline"]["answered"]) == (DAY, 1, 1)
    assert [one["requests"] for one in told["by_hour"]] == [1, *[0] * 23] and told["rate_24h"] == 1.0
    assert told["channels"]["phone"]["connection_rate"] == 1.0


async def test_a_gateway_without_figures_says_so(site: Any) -> None:
    client = await site.logged_in("lead")
    assert (await client.get(f"{AT}?since=1&until=5"))[0] == 404
    assert (await client.get(f"{AT}/live"))[0] == 404
