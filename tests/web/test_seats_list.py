"""Finding one's way in the hall: filters, search, list, zoom and the keyboard; and what the page says of its own age.

With GATEWAY_SHOTS=folder the browser also leaves pictures of the list, the filter and a stale page there.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.cockpit import big_plan, busy_hall, fits, log_in, shoot
from tests.web.looking import looks_right

pytestmark = pytest.mark.browser


@pytest.fixture
def map_page(open_site: Any, fakes: Any, browser: Browser) -> Any:
    """Opens the map of a busy hall: ``async with map_page() as (page, hall)``."""

    @asynccontextmanager
    async def make(*, size: tuple[int, int] = (1920, 1080), large: bool = False) -> Any:
        hall = busy_hall(fakes, large=large)
        async with open_site(hall=hall, floor=big_plan(large=large)) as site:
            page = await browser.new_page(viewport={"width": size[0], "height": size[1]})
            errors = await log_in(page, site, fakes.password)
            yield page, hall
            assert errors == []
            await page.close()

    return make


async def shown(page: Page) -> list[str]:
    """The seats that the map shows in full."""
    found: list[str] = await page.locator(".seat:not([data-out])").evaluate_all(
        "all => all.map(one => one.dataset.seat)"
    )
    return found


async def test_states_filter_from_the_legend_and_come_back(map_page: Any) -> None:
    async with map_page() as (page, hall):
        await page.locator('.legend [data-state="not_ready"]').click()
        resting = [seat["id"] for seat in hall.seats() if seat["presence"] == "not_ready"]
        await expect(page.locator(".tools .shown")).to_contain_text(f"显示 {len(resting)} / 30")
        assert await shown(page) == resting
        hall.change("A001", presence="not_ready", activity="idle", reason="meal", presence_since=time.time())
        await expect(page.locator(".tools .shown")).to_contain_text(f"显示 {len(resting) + 1} / 30")
        await shoot(page, "seats-filter-1920")
        await page.locator(".tools .shown").click()
        await expect(page.locator(".seat[data-out]")).to_have_count(0)


@pytest.mark.parametrize(
    ("typed", "seats"),
    [("a021", ["A021"]), ("1021", ["A021"]), ("8021", ["A021"]), ("3806", ["A006"]), ("17000003806", ["A006"])],
)
async def test_search_finds_seat_extension_agent_and_the_end_of_a_number(
    map_page: Any, typed: str, seats: list[str]
) -> None:
    async with map_page() as (page, hall):
        hall.change("A006", activity="talking", caller="170****3806")
        await expect(page.locator('.seat[data-seat="A006"]')).to_contain_text("170****3806")
        await page.keyboard.press("/")
        await page.keyboard.type(typed)
        await expect(page.locator(".tools .shown")).to_contain_text(f"显示 {len(seats)} / 30")
        assert await shown(page) == seats
        await page.keyboard.press("Enter")
        await expect(page.locator(".near .panel-of")).to_have_attribute("data-id", seats[0])


async def test_search_takes_the_initials_of_a_name(map_page: Any) -> None:
    async with map_page() as (page, hall):
        hall.change("A001", agent_name="欧阳慧敏")
        await page.keyboard.press("/")
        await page.keyboard.type("oyhm")
        await expect(page.locator(".tools .shown")).to_contain_text("显示 1 / 30")
        assert await shown(page) == ["A001"]


async def test_list_sorts_by_any_column_and_follows_the_stream(map_page: Any) -> None:
    async with map_page() as (page, hall):
        await page.locator('[data-view="list"]').click()
        rows = page.locator(".seats-list tbody tr")
        await expect(rows).to_have_count(30)
        await page.locator('th[data-of="today"] button').click()
        await page.locator('th[data-of="today"] button').click()
        counts = await page.locator('td[data-of="today"]').all_inner_texts()
        assert counts == sorted(counts, key=int, reverse=True)
        await expect(page.locator('th[data-of="today"]')).to_have_attribute("aria-sort", "descending")
        hall.change(
            "A001",
            calls_today=99,
            monitored_by=[{"agent": "8100", "name": "陈班长", "mode": "whisper", "seat": "A008"}],
        )
        await expect(page.locator('tr[data-seat="A001"]')).to_contain_text("陈班长 耳语")
        await page.mouse.move(5, 5)
        await expect(rows.first).to_have_attribute("data-seat", "A001")
        assert await looks_right(page) == []
        await shoot(page, "seats-list-1920")
        await page.locator('.legend [data-state="wrap_up"]').click()
        await expect(rows).to_have_count(sum(seat["presence"] == "wrap_up" for seat in hall.seats()))
        await rows.first.click()
        await expect(page.locator(".near")).to_be_visible()


async def test_arrows_walk_the_hall_enter_opens_and_escape_goes_back(map_page: Any) -> None:
    async with map_page() as (page, _):
        await page.keyboard.press("ArrowRight")
        await expect(page.locator('.seat[data-seat="A001"]')).to_be_focused()
        for key, seat in (("ArrowRight", "A002"), ("ArrowDown", "A010"), ("ArrowDown", "A018"), ("ArrowLeft", "A017")):
            await page.keyboard.press(key)
            await expect(page.locator(f'.seat[data-seat="{seat}"]')).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(".near .panel-of")).to_have_attribute("data-id", "A017")
        await page.keyboard.press("Escape")
        await expect(page.locator(".near")).to_be_hidden()
        await expect(page.locator('.seat[data-seat="A017"]')).to_be_focused()


async def test_zoom_makes_tiles_larger_and_fit_shows_all_again(map_page: Any) -> None:
    async with map_page(size=(1366, 768), large=True) as (page, _):
        assert await fits(page)
        small = await page.locator(".seat").first.evaluate("one => one.offsetWidth")
        await page.keyboard.press("1")
        await expect(page.locator(".zoom .level")).to_have_text("100 %")
        assert await page.locator(".seat").first.evaluate("one => one.offsetWidth") == 150 > small
        await page.locator('.seat[data-seat="A200"]').focus()
        await expect(page.locator('.seat[data-seat="A200"]')).to_be_in_viewport()
        await page.keyboard.press("-")
        await expect(page.locator(".zoom .level")).to_have_text("80 %")
        await page.keyboard.press("0")
        await expect(page.locator(".zoom .level")).to_have_text("适合窗口")
        assert await fits(page)


async def test_large_hall_on_a_small_screen_keeps_who_waits_behind_one_button(map_page: Any) -> None:
    async with map_page(size=(1366, 768), large=True) as (page, _):
        await expect(page.locator("#side")).to_be_hidden()
        await expect(page.locator("#side-toggle")).to_contain_text("5 · ")
        await page.locator("#side-toggle").click()
        await expect(page.locator("#waiting li")).to_have_count(5)
        await shoot(page, "seats-200-side-1366")
        await page.keyboard.press("Escape")
        await expect(page.locator("#side")).to_be_hidden()


async def test_page_tells_what_the_gateway_had_to_correct(map_page: Any) -> None:
    async with map_page() as (page, hall):
        await expect(page.locator("#stale")).to_be_hidden()
        hall.drift = 2
        hall.change("A001", presence="ready", activity="idle")
        await expect(page.locator("#stale")).to_contain_text("核对时发现 2 处与交换机不一致，已更正")


async def test_page_tells_how_old_it_is(map_page: Any) -> None:
    async with map_page() as (page, hall):
        await expect(page.locator("#link small").last).to_contain_text("秒前")
        hall.change_link("down")
        await expect(page.locator("#stale")).to_contain_text("交换机的连接中断")
        await expect(page.locator("body")).to_have_attribute("data-stale", "")
        await shoot(page, "seats-stale-1920")
