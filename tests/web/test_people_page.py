"""The roster's page in a real browser: a file imported after a look at it, a cell changed, a note taken over.

With GATEWAY_SHOTS=folder the browser also leaves pictures of it there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from gateway.people.files import as_xlsx
from gateway.people.rows import COLUMNS
from gateway.people.service import Who
from tests.web.lead_stage import SIZES, a_plan, fits, open_page, shoot
from tests.web.looking import looks_right, resize, toasted
from tests.web.number_stage import ZONE, NumberSite, number_site

pytestmark = pytest.mark.browser

NAMES = [
    "王小芳",
    "李强",
    "陈丽",
    "林海燕",
    "黄伟",
    "吴春花",
    "符晓东",
    "周敏",
    "郑国庆",
    "何静",
    "梁志远",
    "韩雪",
    "邢少云",
    "欧阳慧",
    "冯建军",
    "蔡文姬",
]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NumberSite]:
    async with number_site(tmp_path, plan=a_plan) as opened:
        yield opened


def week() -> list[date]:
    today = datetime.now(ZONE).date()
    first = today - timedelta(days=today.weekday())
    return [first + timedelta(days=n) for n in range(7)]


def a_roster(days: list[date]) -> list[list[str]]:
    """From the night before the week on: leads, agents in turn, standby, leaders and lawyers; Saturday lacks some."""
    rows = [[" ".join(heads) for heads in COLUMNS.values()]]

    def add(day: date, shift: str, role: str, name: str, agent: str = "", phone: str = "", note: str = "") -> None:
        rows.append([day.isoformat(), shift, role, name, agent, phone, "", "", note])

    add(days[0] - timedelta(days=1), "夜班", "值班长", "陈班长", "8100")
    for n, day in enumerate(days):
        add(day, "白班", "值班长", ["陈班长", "赵班长"][n % 2], f"810{n % 2}", f"1380000111{n % 2}")
        add(day, "夜班", "值班长", ["陈班长", "赵班长"][(n + 1) % 2], f"810{(n + 1) % 2}")
        for k in range(4 if n == 5 else 7):
            who = (n * 2 + k) % 14
            add(day, "白班", "热线员", NAMES[who], f"80{who:02d}", note="带新人" if (n, k) == (1, 2) else "")
        for k in range(2):
            who = (n * 2 + 8 + k) % 14
            add(day, "夜班", "热线员", NAMES[who], f"80{who:02d}")
        add(day, "白班", "备班", NAMES[14], "8014", "13900002222")
        add(day, "夜班", "备班", NAMES[15], "8015", "13900003333")
        if n < 5:
            add(
                day,
                "09:00-11:00",
                "领导",
                "符副市长" if n % 2 else "张局长",
                "",
                "13700004444" if n % 2 else "13700005555",
            )
            add(day, "14:30-17:30", "律师", "海律师", "7001", "13600006666")
    return rows


async def test_a_roster_is_imported_looked_at_and_changed(site: NumberSite, browser: Browser, tmp_path: Path) -> None:
    days = week()
    good, bad = tmp_path / "十一月排班.xlsx", tmp_path / "bad.csv"
    good.write_bytes(as_xlsx(a_roster(days)))
    bad.write_text(
        "日期,班次,岗位,姓名,电话\n2026-13-01,白班,热线员,王小芳,\n2026-11-22,中班,保安,李强,12\n", "gb18030"
    )
    page, errors = await open_page(browser, site, "/people", SIZES[0])
    await expect(page.locator(".none.big")).to_be_visible()
    await page.click("#import")
    await page.set_input_files("#file", bad)
    await expect(page.locator(".faults tbody tr")).to_have_count(4)
    await expect(page.locator(".faults tbody tr").first).to_contain_text("日期无法识别")
    await shoot(page, "people-faults")
    assert await looks_right(page) == []
    await expect(page.locator("dialog .main")).to_be_disabled()
    await page.set_input_files("#file", good)
    await expect(page.locator(".counts")).to_contain_text("新增")
    await shoot(page, "people-preview")
    assert await looks_right(page) == []
    assert await site.ledger.people() == []
    await page.click("dialog .main")
    await expect(page.locator("tr[data-person]")).to_have_count(21)
    [entry] = await site.audited("roster.imported")
    assert entry.login == "lead"
    saturday = page.locator("tr.lacks td").nth(5)
    await expect(saturday).to_contain_text("白班 热线员 4/6")
    await expect(page.locator("tr.lacks td").nth(0)).to_contain_text("✓")
    await site.roster.hand_over("三亚吉阳区停电，已派单 3 件，22 点回访。\n8005 座席耳麦有杂音。", Who("agent1"))
    await page.reload()
    await expect(page.locator(".notes li")).to_have_count(1)
    await expect(page.locator(".now .part[data-role=lead]")).to_contain_text("班长")
    for size in SIZES:
        await resize(page, *size)
        await shoot(page, f"people-{size[0]}")
        assert await fits(page) and await looks_right(page) == []
    await page.click(".notes li button")
    await expect(page.locator(".notes .taken")).to_contain_text("陈班长")
    assert [one.login for one in await site.audited("handover.taken")] == ["lead"]
    cell = page.locator("tr[data-person]", has_text="海律师").locator("td").nth(5).locator("button")
    await cell.click()
    await page.select_option("dialog [name=shift]", "hours")
    await page.fill("dialog [name=hours]", "25:00-9")
    await page.select_option("dialog [name=role]", "lawyer")
    await page.click("dialog .acts .main")
    await expect(page.locator("dialog .wrong")).to_contain_text("班次应为")
    await page.fill("dialog [name=hours]", "9:00-11:00")
    await shoot(page, "people-cell")
    assert await looks_right(page) == []
    await page.click("dialog .acts .main")
    await expect(cell.locator(".piece")).to_contain_text("09:00–11:00")
    assert len(await site.ledger.duties(days[5], days[5])) == 11
    assert len(errors) == 2 and all("422" in one for one in errors)  # the two that were meant
    await page.close()


async def test_a_contact_is_masked_until_somebody_says_why(site: NumberSite, browser: Browser, tmp_path: Path) -> None:
    good = tmp_path / "roster.xlsx"
    good.write_bytes(as_xlsx(a_roster(week())))
    page, errors = await open_page(browser, site, "/people", SIZES[1])
    await page.click("#import")
    await page.set_input_files("#file", good)
    await page.click("dialog .main")
    await expect(page.locator("tr[data-person]")).to_have_count(21)
    await page.fill("#find", "8014")
    await expect(page.locator("tr[data-person]")).to_have_count(1)
    await page.click("tr[data-person] .who")
    await expect(page.locator("dialog output").first).to_have_text("139****2222")
    await page.fill("dialog [name=why]", "呼叫备班")
    await page.click("dialog .acts .main")
    await toasted(page, "13900002222")
    [entry] = await site.audited("contact.revealed")
    assert entry.detail == {"reason": "呼叫备班"}
    assert errors == []
    await page.close()
