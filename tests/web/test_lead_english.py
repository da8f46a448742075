"""The shift lead's pages in English alone, by the button of the bar: no Chinese is left but what people have named, the
choice is remembered, and the way back is one press.

With GATEWAY_SHOTS=folder the browser also leaves pictures there.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.model.ids import AgentId, CallId, QueueId
from tests.web import cockpit
from tests.web.lead_stage import SIZES, a_plan, open_page, shoot
from tests.web.number_stage import NumberSite, number_site
from tests.web.reports.samples import ZONE, Book

pytestmark = pytest.mark.browser

HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
LIMIT_MS = 30_000


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NumberSite]:
    async with number_site(tmp_path, plan=a_plan) as opened:
        yield opened


async def in_english(page: Page, title: str) -> None:
    await page.locator("#tongue").click()
    html = page.locator("html")
    await expect(html).to_have_attribute("lang", "en", timeout=LIMIT_MS)
    await expect(page).to_have_title(f"{title} · 12345", timeout=LIMIT_MS)
    await expect(page.locator("#tongue")).to_have_text("中文", timeout=LIMIT_MS)


async def chinese_on(page: Page, *named: str) -> set[str]:
    """What stands on the page in Chinese and is no name that was given."""
    text = await page.evaluate(
        "() => [document.body.innerText, ...[...document.querySelectorAll('[placeholder]')]"
        ".map((one) => one.placeholder)].join('\\n')"
    )
    return {one for one in HAN.findall(text) if one != "中文" and not any(one in name for name in named)}


async def back_in_chinese(page: Page) -> None:
    await page.locator("#tongue").click()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN", timeout=LIMIT_MS)
    await expect(page.locator("#tongue")).to_have_text("English", timeout=LIMIT_MS)


@pytest.mark.parametrize("size", SIZES)
async def test_the_seat_map_in_english(open_site: Any, fakes: Any, browser: Browser, size: tuple[int, int]) -> None:
    hall = cockpit.busy_hall(fakes, large=False)
    async with open_site(hall=hall, floor=cockpit.big_plan(large=False)) as site:
        page = await browser.new_page(viewport={"width": size[0], "height": size[1]})
        errors = await cockpit.log_in(page, site, fakes.password)
        await in_english(page, "Seats")
        tile = page.locator('.seat[data-seat="A001"]')
        await expect(tile).to_contain_text("Ready", timeout=LIMIT_MS)
        await expect(page.locator('[data-queue="hotline"] .name')).to_contain_text("Citizens")
        await expect(page.locator("#waiting li")).to_have_count(5)
        await tile.click()
        await expect(page.locator("#near")).to_contain_text("Listen")
        rests = ("小休", "就餐", "会议", "培训")
        assert await chinese_on(page, *cockpit.NAMES, *rests, "政务热线", "值班长", "陈班长") == set()
        await shoot(page, f"seats-en-{size[0]}")
        await page.locator('[data-view="list"]').click()
        await expect(page.locator("#list tbody tr").first).to_be_visible()
        assert await chinese_on(page, *cockpit.NAMES, *rests, "政务热线", "值班长", "陈班长") == set()
        await back_in_chinese(page)
        await expect(page.locator('.seat[data-seat="A001"]')).to_contain_text("就绪", timeout=LIMIT_MS)
        assert errors == []
        await page.close()


async def test_the_choice_is_for_the_lead_s_pages_and_no_other(open_site: Any, fakes: Any, browser: Browser) -> None:
    async with open_site(hall=cockpit.busy_hall(fakes, large=False), floor=cockpit.big_plan(large=False)) as site:
        page = await browser.new_page()
        await cockpit.log_in(page, site, fakes.password)
        await in_english(page, "Seats")
        await page.goto(f"http://127.0.0.1:{site.port}/reports")
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await page.goto(f"http://127.0.0.1:{site.port}/login")
        await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        await expect(page.locator("button.main")).to_contain_text("登录")
        await page.close()


@pytest.mark.parametrize("size", SIZES)
async def test_the_figures_in_english(open_site: Any, fakes: Any, browser: Browser, size: tuple[int, int]) -> None:
    async with open_site(more={"figures": Book()}) as site:
        page = await browser.new_page(viewport={"width": size[0], "height": size[1]})
        await page.goto(f"http://127.0.0.1:{site.port}/login?next=/reports%3Fp%3Dyesterday")
        await page.fill("input[name=login]", "lead")
        await page.fill("input[name=password]", fakes.password)
        await page.click("button.main")
        await expect(page.locator("#tongue")).to_have_text("English", timeout=LIMIT_MS)
        await in_english(page, "Reports")
        rate = page.locator('.tile[data-figure="connection_rate"]')
        await expect(rate).to_contain_text("Connection rate", timeout=LIMIT_MS)
        await expect(page.locator('.tile[data-figure="wait_mean"] .value')).to_have_text(re.compile(r" s$"))
        await expect(page.locator(".details tbody tr")).to_have_count(24, timeout=LIMIT_MS)
        names = await page.locator("select option").all_text_contents()
        assert await chinese_on(page, *names, "陈班长", "值班长") == set()
        label = await page.locator("svg.plot").first.get_attribute("aria-label")
        assert label and not HAN.search(label)
        await shoot(page, f"reports-en-{size[0]}")
        await back_in_chinese(page)
        await page.close()


async def test_the_roster_in_english(site: NumberSite, browser: Browser, tmp_path: Path) -> None:
    today = datetime.now(ZONE).date()
    monday = today - timedelta(days=today.weekday())
    lines = ["日期,班次,岗位,姓名,工号,电话"]
    lines += [f"{monday + timedelta(days=n)},白班,热线员,王小芳,8001," for n in range(7)]
    roster = tmp_path / "roster.csv"
    roster.write_text("\n".join(lines), "utf-8")
    page, errors = await open_page(browser, site, "/people", SIZES[0])
    await in_english(page, "Roster")
    await page.click("#import")
    await page.set_input_files("#file", roster)
    await expect(page.locator("dialog .list li").first).to_contain_text("王小芳", timeout=LIMIT_MS)
    given = ("王小芳", "陈班长", "值班长")
    assert await chinese_on(page, *given) == set()
    await page.get_by_role("button", name=re.compile("^Import$")).last.click()
    await expect(page.locator("tr[data-person]")).to_have_count(1, timeout=LIMIT_MS)
    assert await chinese_on(page, *given) == set()
    await shoot(page, "people-en-1920")
    assert errors == []
    await page.close()


async def test_the_recordings_in_english(site: NumberSite, browser: Browser) -> None:
    at = time.time() - 600
    await site.call(
        call_id=CallId("2000.1"), recording_id="2000.1", started_at=at, ended_at=at + 64, talk_s=50.0, hold_s=10.0,
        queue=QueueId("hotline"), agent=AgentId("8001"),
    )  # fmt: skip
    page, errors = await open_page(browser, site, "/recordings", SIZES[1])
    await in_english(page, "Recordings")
    await expect(page.locator("#count")).to_contain_text("1 found", timeout=LIMIT_MS)
    await expect(page.locator("tr[data-call]")).to_contain_text("answered")
    named = await page.locator("tr[data-call] td, select option").all_text_contents()
    assert await chinese_on(page, *named, "陈班长", "值班长") == set()
    await shoot(page, "recordings-en-1366")
    assert errors == []
    await page.close()
