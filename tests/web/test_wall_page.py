"""The wall in a real browser: it is let in by its address, rotates by its own clock, says at once what is stale, heals,
loads itself anew for a new version, and shows every page whole and legible on every screen. GATEWAY_SHOTS=<directory>
keeps pictures.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.web.wall_config import WallConfig
from tests.web import walls
from tests.web.looking import looks_right

pytestmark = pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="/usr/bin/chromium is not installed")

KINDS = ["now", "rates", "channels", "topics", "partners", "alarms"]
SCREENS = [(1920, 1080), (3840, 2160), (1366, 768)]

CUT = """() => {
    const found = [];
    const name = (one) => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 30)}`;
    const say = (what, one) => found.push(`${what}: ${name(one)}`);
    const texts = 'output, h2, h3, .urgency, .urgent, time, .stale, .note, b, p, span, section, article, li, header';
    for (const one of document.querySelectorAll('.picture *')) {
        if (!one.checkVisibility() || !one.textContent.trim() || one.closest('svg, .said, .keys')) continue;
        const box = one.getBoundingClientRect();
        if (Math.min(box.left, box.top) < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1)
            say('off', one);
        if (!one.matches(texts) || one.matches('.dots')) continue;
        if (one.scrollWidth > one.clientWidth + 2 && getComputedStyle(one).display !== 'inline') say('cut', one);
        if (one.matches('section *') && box.bottom > one.parentElement.getBoundingClientRect().bottom + 2)
            say('cut below', one);
    }
    const touch = (a, b) =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    for (const row of document.querySelectorAll('.partners article, .queue, li, .figure')) {
        const shown = [...row.children].filter((one) => one.textContent.trim());
        const boxes = shown.map((one) => one.getBoundingClientRect());
        boxes.forEach((a, n) => boxes.slice(n + 1).some((b) => touch(a, b)) && say('over each other', row));
    }
    return found;
}"""
"""Elements that do not fit: beyond the screen, or wider or taller inside than they are."""

SMALL = """() => [...document.querySelectorAll('main output')]
    .filter((one) => one.checkVisibility() && one.textContent.trim() && !one.matches('.queue .wait'))
    .filter((one) => parseFloat(getComputedStyle(one).fontSize) < innerHeight / 12)
    .map((one) => `${one.textContent} ${getComputedStyle(one).fontSize}`)"""
"""Figures under a twelfth of the screen's height."""


def config(*kinds: str, seconds: int = 20) -> WallConfig:
    return WallConfig.model_validate({"pages": [{"kind": kind, "seconds": seconds} for kind in kinds or KINDS]})


async def at_the_wall(browser: Browser, site: Any, size: tuple[int, int] = (1920, 1080)) -> tuple[Page, list[str]]:
    """A screen that was let in; the list collects what went wrong on the page."""
    page = await browser.new_page(viewport={"width": size[0], "height": size[1]})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    await page.clock.install()
    await page.goto(f"http://127.0.0.1:{site.port}/wall#{walls.screen(site)}")
    await expect(page.locator("main[data-page]")).to_be_visible()
    await expect(page.locator(".picture")).to_have_attribute("data-link", "up")
    return page, errors


async def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("GATEWAY_SHOTS"):
        await page.wait_for_timeout(1000)
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def turn_to(page: Page, kind: str) -> None:
    """Let the wall's own time pass until a page stands."""
    for _ in range(len(KINDS)):
        if await page.locator("main[data-page]").get_attribute("data-page") == kind:
            break
        before = await page.locator("main[data-page]").get_attribute("data-page")
        await page.clock.fast_forward(20_100)
        await expect(page.locator("main[data-page]")).not_to_have_attribute("data-page", before or "")
    await expect(page.locator("main[data-page]")).to_have_attribute("data-page", kind)
    # time that jumps makes the figures and the link old: only what is fresh again can be looked at
    await expect(page.locator(".picture")).to_have_attribute("data-link", "up")
    await expect(page.locator(".stale")).to_have_count(0)


async def test_screen_is_let_in_by_its_address_which_then_holds_no_token(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    async with open_site(hall=walls.busy_hall(fakes), more=walls.services(wall=config)) as site:
        page, errors = await at_the_wall(browser, site)
        await expect(page).to_have_url(f"http://127.0.0.1:{site.port}/wall")
        await page.reload()
        await expect(page.locator("main[data-page]")).to_be_visible()
        site.ledger.disable("wall1")
        await page.reload()
        await expect(page.locator(".door")).to_contain_text("此大屏尚未授权")
        text = await page.locator("body").inner_text()
        assert "wall" in text and "王小芳" not in text
        assert errors == []
        await page.close()


async def test_pages_rotate_each_for_its_own_seconds_and_begin_anew(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    wall = WallConfig.model_validate({"pages": [{"kind": "now", "seconds": 30}, {"kind": "rates", "seconds": 10}]})
    async with open_site(hall=walls.busy_hall(fakes), more=walls.services(wall=lambda: wall)) as site:
        page, errors = await at_the_wall(browser, site)
        shown = page.locator("main[data-page]")
        await page.clock.pause_at(time.time() + 3600)  # from now on time passes only as we say; this brought a turn
        for _ in range(2):
            before = await shown.get_attribute("data-page")
            seconds = 30 if before == "now" else 10
            await page.clock.run_for(seconds * 1000 + 100)
            await expect(shown).to_have_attribute("data-page", "rates" if before == "now" else "now")
        assert errors == []
        await page.close()


async def test_wall_says_at_once_that_it_is_stale_stands_still_and_heals(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    hall = walls.busy_hall(fakes)
    async with open_site(hall=hall, more=walls.services(wall=lambda: config("now")), recheck_s=0.2) as site:
        page, _ = await at_the_wall(browser, site)
        await expect(page.locator(".stale")).to_have_count(0)
        await expect(page.locator(".longest")).to_have_attribute("data-level", "over")
        hall.change_link("down")
        await expect(page.locator(".stale")).to_contain_text("交换机的连接中断")
        await shoot(page, "wall-down")
        hall.change_link("up")
        await expect(page.locator(".stale")).to_have_count(0)
        site.ledger.disable("wall1")  # the socket is closed at the next look, and every new one refused
        await expect(page.locator(".picture")).to_have_attribute("data-link", "lost")
        account = site.ledger.rows.accounts["wall1"][0]
        site.ledger.rows.accounts["wall1"] = (type(account)("wall1", "", "wall", account.agent_id), "")
        hall.change_queue("hotline", waiting=[])
        await page.clock.fast_forward(16_000)  # what waits for its next try tries now; after that time is real
        await expect(page.locator(".picture")).to_have_attribute("data-link", "up", timeout=60_000)
        await expect(page.locator(".queue").filter(has_text="市民热线").locator(".count")).to_have_text("0")
        await page.close()


async def test_wall_outlives_a_restart_and_loads_itself_anew_for_a_new_version(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    async with open_site(hall=walls.busy_hall(fakes), more=walls.services(wall=config)) as site:
        page, _ = await at_the_wall(browser, site)
        loads: list[str] = []
        page.on("load", lambda _: loads.append(page.url))
        view = await page.evaluate("async () => (await fetch('/api/v1/wall')).json()")

        async def newer(route: Any) -> None:
            await route.fulfill(json={**view, "version": "0123456789abcdef"})

        await page.route("**/api/v1/wall", newer)
        async with page.expect_event("load"):
            await page.clock.fast_forward(6_000)
        await expect(page.locator("main[data-page]")).to_be_visible()
        await page.clock.fast_forward(6_000)
        await expect(page.locator(".picture")).to_have_attribute("data-link", "up")
        assert len(loads) == 1, "a version that never comes is not asked for again and again"
        await page.unroute_all(behavior="ignoreErrors")
        await page.close()


@pytest.mark.parametrize("size", SCREENS, ids=[f"{width}x{height}" for width, height in SCREENS])
async def test_every_page_is_whole_and_legible_at_five_metres(
    open_site: Any, fakes: Any, browser: Browser, size: tuple[int, int]
) -> None:
    async with open_site(hall=walls.busy_hall(fakes), more=walls.services(wall=config)) as site:
        page, errors = await at_the_wall(browser, site, size)
        faults = {}
        for kind in KINDS:
            await turn_to(page, kind)
            await page.clock.fast_forward(1_500)
            await shoot(page, f"wall-{kind}-{size[0]}")
            found = await page.evaluate(CUT) + await page.evaluate(SMALL) + await looks_right(page)
            if found:
                faults[kind] = found
            text = await page.locator("body").inner_text()
            assert "王小芳" not in text and "138*" not in text and "13812345678" not in text and "A012" not in text
        assert faults == {}
        assert errors == []
        await page.close()


async def test_empty_hall_has_something_to_say_on_every_page(open_site: Any, fakes: Any, browser: Browser) -> None:
    async with open_site(more={"wall": config}) as site:
        page, errors = await at_the_wall(browser, site)
        for kind, said in zip(KINDS, ("无人等候", "接通率", "尚无受理", "尚无数据", "未配置", "一切正常"), strict=True):
            await turn_to(page, kind)
            await expect(page.locator("main")).to_contain_text(said)
            await shoot(page, f"wall-empty-{kind}")
        assert errors == []
        await page.close()


async def test_picture_wanders_and_an_alarm_that_is_cleared_leaves(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    hall = walls.busy_hall(fakes)
    async with open_site(hall=hall, more=walls.services(wall=lambda: config("alarms"))) as site:
        page, errors = await at_the_wall(browser, site)
        await expect(page.locator(".alarms li")).to_have_count(4)
        await expect(page.locator(".alarms .more")).to_contain_text("2")
        for number in (1, 2, 3):
            hall.tell("alarms", {**walls.alarms()[number - 1], "state": "cleared"})
        await expect(page.locator(".alarms li")).to_have_count(3)
        places = set()
        for _ in range(6):
            places.add(await page.locator(".picture").evaluate("one => one.style.transform"))
            await page.clock.fast_forward(5 * 60_000)
            await page.wait_for_timeout(50)
        assert len(places) > 2, places
        assert errors == []
        await page.close()
