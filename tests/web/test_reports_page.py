"""The page of figures in a real browser: periods, the law's figures, charts by mouse and keyboard, tables, the calls
behind a number, downloads, and what is said when the figures cannot be read.

With GATEWAY_SHOTS=folder the browser also leaves pictures there.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.web.reports.maker import Reports
from gateway.web.reports.numbers import shown
from gateway.web.reports.periods import period_of
from gateway.web.reports.printer import Printer
from gateway.web.reports.shelf import Shelf
from tests.web.looking import looks_right
from tests.web.reports.samples import HOTLINE, ZONE, Book

pytestmark = pytest.mark.browser

SIZES = ((1920, 1080), (1366, 768))
LIMIT_MS = 30_000


@asynccontextmanager
async def at_reports(
    browser: Browser, site: Any, password: str, where: str = "?p=yesterday", size: tuple[int, int] = SIZES[0]
) -> AsyncIterator[Page]:
    """A shift lead on the page; a fault of the page's code fails the test at its end."""
    faults: list[str] = []
    page = await browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(LIMIT_MS)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    await page.goto(f"http://127.0.0.1:{site.port}/login?{urlencode({'next': f'/reports{where}'})}")
    await page.fill("input[name=login]", "lead")
    await page.fill("input[name=password]", password)
    await page.click("button.main")
    await expect(page).to_have_url(f"http://127.0.0.1:{site.port}/reports{where}")
    yield page
    assert faults == []
    await page.close()


async def shoot(page: Page, name: str, whole: bool = False) -> None:
    folder = os.environ.get("GATEWAY_SHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)


async def fits(page: Page) -> bool:
    """True when nothing stands out of the page at the side."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def test_a_lead_reads_yesterday_from_the_big_figures_down_to_the_calls(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    book = Book()
    now = time.time()
    book.behind = [
        replace(fakes.call(n), started_at=now - 60 * n, queued_at=now - 60 * n, outcome="answered") for n in range(3)
    ]
    async with open_site(more={"figures": book}) as site, at_reports(browser, site, fakes.password) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        rate = page.locator('[data-figure="connection_rate"]')
        await expect(rate).to_have_attribute("data-met", re.compile("yes|no"), timeout=LIMIT_MS)
        await expect(rate).to_contain_text("国标 ≥ 95 %")
        await expect(rate.locator(".way")).to_contain_text(re.compile("较前日 (▲ 上升|▼ 下降|＝ 持平)"))
        await expect(rate.locator(".formula")).to_be_hidden()
        await rate.hover()
        await expect(rate.locator(".formula")).to_contain_text("A ÷ R")
        # a figure that is pressed is drawn, and read with the keyboard
        await page.locator('[data-figure="wait_mean"]').click()
        course = page.locator(".pictures .panel").first
        await expect(course.locator("h2")).to_contain_text("平均等待")
        plot = course.locator("svg.plot")
        await expect(plot).to_have_attribute("aria-label", re.compile("平均等待.*最高"))
        await plot.focus()
        await plot.press("Home")
        await plot.press("ArrowRight")
        await expect(course.locator(".said")).to_have_text(re.compile(r"\d{4}-\d\d-\d\d 01:00：本期 .* 秒，前期 .* 秒"))
        await expect(course.locator(".tip")).to_be_visible()
        await plot.press("Escape")
        await expect(course.locator(".tip")).to_be_hidden()
        # the table sorts either way
        await page.get_by_role("tab", name="队列").click()
        names = page.locator(".details tbody th")
        await expect(names).to_have_text(["市民热线", "市场监管", "人社", "法律服务"])
        head = page.locator(".details thead th", has_text=re.compile("^呼损"))
        await head.get_by_role("button").click()
        await expect(head).to_have_attribute("aria-sort", "descending")
        await head.get_by_role("button").click()
        await expect(head).to_have_attribute("aria-sort", "ascending")
        await expect(names.first).to_have_text("法律服务")
        # and a number opens the calls behind it
        await page.get_by_role("button", name=re.compile("^人社 接通 ")).click()
        calls = page.get_by_role("dialog")
        await expect(calls.locator("tbody tr")).to_have_count(3)
        await expect(calls.locator("tbody tr").first).to_contain_text("****")
        asked = book.drilled[-1]
        assert (asked.queue, asked.outcome, asked.agent) == ("labour", "answered", None)
        await shoot(page, "reports-calls")
        await page.keyboard.press("Escape")
        await expect(calls).to_be_hidden()
        # requests are the answered and the lost, and nobody who never asked for a person
        await page.get_by_role("button", name=re.compile("^人社 人工请求 ")).click()
        await expect(calls.locator("tbody tr")).to_have_count(3)
        assert (book.drilled[-1].queue, book.drilled[-1].outcome) == ("labour", "requested")
        await page.keyboard.press("Escape")
        await expect(calls).to_be_hidden()
        # what was chosen is in the address, for a colleague
        assert "by=queue" in page.url and "p=yesterday" in page.url


@pytest.mark.parametrize("size", SIZES)
async def test_it_can_be_read_at_both_sizes_with_a_month_and_its_heat(
    open_site: Any, fakes: Any, browser: Browser, size: tuple[int, int]
) -> None:
    where = "?p=own&from=2026-10-01&to=2026-10-31"
    async with (
        open_site(more={"figures": Book()}) as site,
        at_reports(browser, site, fakes.password, where, size) as page,
    ):
        await expect(page.locator(".tile")).to_have_count(12, timeout=LIMIT_MS)
        heat = page.locator(".pictures .panel").last.locator("svg.plot")
        await expect(heat).to_have_attribute("aria-label", re.compile("时段分布.*最高 周"))
        assert await heat.locator("rect.cell").count() == 7 * 24 + 9
        await expect(page.locator(".details tbody tr")).to_have_count(31)
        assert await looks_right(page) == []
        assert await fits(page)
        await shoot(page, f"reports-month-{size[0]}")
        await page.get_by_role("button", name="昨日").click()
        await expect(page.locator(".details tbody tr")).to_have_count(24)
        await shoot(page, f"reports-day-{size[0]}", whole=True)
        assert await looks_right(page) == []


async def test_filters_narrow_everything_and_can_be_taken_off(open_site: Any, fakes: Any, browser: Browser) -> None:
    book = Book()
    async with open_site(more={"figures": book}) as site, at_reports(browser, site, fakes.password) as page:
        await expect(page.locator(".tile")).to_have_count(12, timeout=LIMIT_MS)
        await page.locator("select[name=queue]").select_option("labour")
        await expect(page.get_by_role("button", name="清除筛选")).to_be_visible()
        await expect(page).to_have_url(re.compile("queue=labour"))
        await expect(page.locator(".asof[data-busy]")).to_have_count(0)
        narrowed = [one.where for one in book.asked if one.where]  # the names to choose from are asked for without any
        assert narrowed and all(one == {"queue": "labour"} for one in narrowed)
        await page.get_by_role("button", name="清除筛选").click()
        await expect(page).not_to_have_url(re.compile("queue=labour"))
        await page.get_by_role("button", name="自选").click()
        await page.locator("input[name=from]").fill("2026-11-30")
        await page.locator("input[name=to]").fill("2026-11-01")
        await expect(page.get_by_role("alert")).to_contain_text("起止日期不正确")


async def test_what_cannot_be_read_is_said_and_tried_again(open_site: Any, fakes: Any, browser: Browser) -> None:
    book = Book()
    book.figures.fails = OSError("away")
    async with open_site(more={"figures": book}) as site, at_reports(browser, site, fakes.password) as page:
        await expect(page.get_by_role("alert")).to_contain_text("没有读到数据", timeout=LIMIT_MS)
        await shoot(page, "reports-failed")
        assert await looks_right(page) == []
        book.figures.fails = None
        await page.get_by_role("button", name="重试").click()
        await expect(page.locator(".tile")).to_have_count(12)
        await expect(page.get_by_role("alert")).to_have_count(0)
        book.figures.fails = OSError("away")
        await page.get_by_role("tab", name="渠道").click()
        await expect(page.get_by_role("alert")).to_contain_text("显示的是之前的")
        await expect(page.locator('[data-figure="requests"] .value')).to_contain_text(re.compile(r"\d"))
        book.figures.fails, book.figures.quiet = None, True
        await page.get_by_role("button", name="重试").click()
        await expect(page.get_by_text("这一时段没有来电和工单")).to_be_visible()
        assert await looks_right(page) == []


async def test_downloads_and_made_reports(open_site: Any, fakes: Any, browser: Browser, tmp_path: Path) -> None:
    book = Book()
    reports = Reports(book.figures, Shelf(tmp_path / "reports"), Printer(60.0), ZONE, lambda: HOTLINE)
    more = {"figures": book, "reports": reports}
    async with open_site(more=more) as site, at_reports(browser, site, fakes.password) as page:
        await expect(page.locator(".tile")).to_have_count(12, timeout=LIMIT_MS)
        for ending, begins in (("CSV", b"\xef\xbb\xbf"), ("XLSX", b"PK")):
            async with page.expect_download() as coming:
                await page.locator(".downloads").get_by_role("button", name=ending, exact=True).click()
            file = await (await coming.value).path()
            assert Path(file).read_bytes().startswith(begins)
        await page.get_by_role("button", name="日报 周报 月报").click()
        made = page.locator("#made")
        await expect(made.get_by_role("link")).to_have_count(3)
        assert await looks_right(page) == []
        await made.get_by_role("link").first.click()
        await expect(page).to_have_url(re.compile("/reports/day/"))
        await expect(page.locator("h1")).to_have_text("运行日报")
        await expect(page.locator("svg.drawing")).to_have_count(3)
        assert await looks_right(page) == []
        first = page.url
        await page.get_by_role("link", name="上一期").click()
        await expect(page).not_to_have_url(first)
        await expect(page.locator("h1")).to_have_text("运行日报")
        await expect(page.locator("svg.drawing")).to_have_count(3)
        await page.goto(f"http://127.0.0.1:{site.port}/reports")
        await page.get_by_role("button", name="日报 周报 月报").click()
        await expect(made.get_by_role("link", name=re.compile("XLSX"))).to_have_count(2)
        assert await looks_right(page) == []
        await shoot(page, "reports-made")
        # and any of them in English, from the list and from the report itself
        await made.get_by_role("link", name=re.compile("English$")).first.click()
        await expect(page.locator("h1")).to_have_text("Daily report")
        await expect(page.locator("svg.drawing")).to_have_count(3)
        assert await looks_right(page) == []
        await page.get_by_role("link", name="Previous").click()
        await expect(page.locator("h1")).to_have_text("Daily report")
        await expect(page).to_have_url(re.compile(r"\?lang=en$"))
        await page.get_by_role("link", name="中文").click()
        await expect(page.locator("h1")).to_have_text("运行日报")


SPANS = """async ([zone, days]) => {
    const { isoWeek, spanOf, startOf, weekday } = await import('/static/reports/periods.js');
    const spans = days.map(([day, now]) => ['today', 'yesterday', 'week', 'month'].map((kind) => {
        const { since, until, fair, before } = spanOf({ kind }, now, zone);
        return [since, until, fair, before && before.since, before && before.until];
    }));
    return { starts: days.map(([day]) => startOf(day, zone)), weeks: days.map(([day]) => isoWeek(day)), spans };
}"""


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/Santiago", "Asia/Kathmandu"])
async def test_periods_are_those_of_the_halls_zone_as_the_gateway_has_them(
    site: Any, browser: Browser, zone: str
) -> None:
    hall = ZoneInfo(zone)
    days = [date(2026, 1, 1), date(2026, 3, 29), date(2026, 9, 6), date(2026, 10, 25), date(2027, 1, 3)]
    noon = [datetime.combine(day, clock(12, 40), hall).timestamp() for day in days]
    page = await browser.new_page()
    await page.goto(f"http://127.0.0.1:{site.port}/login")
    found = await page.evaluate(SPANS, [zone, [[day.isoformat(), at] for day, at in zip(days, noon, strict=True)]])
    await page.close()
    assert found["starts"] == [period_of("day", day, hall).since for day in days]
    assert found["weeks"] == [period_of("week", day, hall).id for day in days]
    for day, at, spans in zip(days, noon, found["spans"], strict=True):
        today, yesterday, week, month = spans
        whole = period_of("day", day, hall)
        fair = whole.since + (at - whole.since) // 3600 * 3600
        assert today[:3] == [whole.since, fair + 3600, fair]
        assert today[3:] == [whole.before.since, whole.before.since + fair - whole.since]
        assert yesterday == [
            whole.before.since,
            whole.since,
            whole.since,
            whole.before.before.since,
            whole.before.since,
        ]
        assert [week[0], month[0]] == [period_of(kind, day, hall).since for kind in ("week", "month")]
        assert month[3] == period_of("month", day, hall).before.since


async def test_numbers_are_written_as_the_printed_report_writes_them(site: Any, browser: Browser) -> None:
    values = [(0, "count"), (1234567, "count"), (2.5, "count"), (0.95, "share"), (0.97349, "share"), (1, "share"),
              (8.44, "s"), (8.0, "s"), (42.2, "s"), (185, "s"), (3725, "s"), (4.618, "score"), (None, "s")]  # fmt: skip
    page = await browser.new_page()
    await page.goto(f"http://127.0.0.1:{site.port}/login")
    module = "import('/static/charts.js')"
    script = f"async (all) => {{ const {{ shown }} = await {module}; return all.map((one) => shown(...one)); }}"
    assert await page.evaluate(script, values) == [shown(value, unit) for value, unit in values]  # type: ignore[arg-type]
    await page.close()
