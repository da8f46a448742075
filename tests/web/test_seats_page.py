"""The pages in a real browser: a shift lead logs in, sees the hall, and a diff of the live stream changes one tile.

With GATEWAY_SHOTS=folder the browser also leaves pictures of a hall of 30 and one of 200 seats there.
"""

from __future__ import annotations

import re
import time
from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.web.cockpit import big_plan, busy_hall, fits, log_in, shoot

pytestmark = pytest.mark.browser


async def test_lead_logs_in_sees_the_tiles_and_a_diff_changes_one(open_site: Any, fakes: Any, browser: Browser) -> None:
    hall = busy_hall(fakes, large=False)
    async with open_site(hall=hall, floor=big_plan(large=False)) as site:
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        errors = await log_in(page, site, fakes.password)
        assert await page.locator(".seat").count() == 30
        hall.change("A001", presence="signed_out", activity="idle", agent=None, agent_name=None, caller=None)
        tile = page.locator('[data-seat="A001"]')
        await expect(tile).to_have_attribute("data-state", "signed_out")
        before = await page.locator(".seat").evaluate_all("tiles => tiles.map(t => t.dataset.state)")
        now = time.time()
        hall.change(
            "A001", presence="ready", activity="talking", agent="8001", agent_name="王小芳", since=now - 4_200,
            caller="138****5678", queue="hotline", entry_number="12345",
        )  # fmt: skip
        await expect(tile).to_have_attribute("data-state", "talking")
        for text in ("通话", "王小芳", "138****5678", "市民热线", "12345", "1:1"):  # 1:10:00 and on
            await expect(tile).to_contain_text(text)
        after = await page.locator(".seat").evaluate_all("tiles => tiles.map(t => t.dataset.state)")
        assert [place for place, state in enumerate(after) if state != before[place]] == [0]
        assert errors == []
        await page.close()


async def test_a_diff_writes_into_the_nodes_of_its_tile_and_makes_none(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    """New nodes make the browser arrange the floor's painting anew, at each call."""
    hall = busy_hall(fakes, large=False)
    async with open_site(hall=hall, floor=big_plan(large=False)) as site:
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await log_in(page, site, fakes.password)
        tile = page.locator('.seat[data-seat="A001"]')
        await expect(tile).to_have_attribute("data-state", "ready")
        await tile.evaluate("tile => { window.before = [...tile.querySelectorAll('*')]; }")
        sign = tile.locator(".sign")
        picture = "one => getComputedStyle(one).backgroundPosition"
        ready = await sign.evaluate(picture)
        hall.change("A001", activity="talking", since=time.time(), caller="138****5678", queue="hotline")
        await expect(tile).to_contain_text("138****5678")
        await expect(sign).to_have_attribute("data-icon", "talking")
        assert await sign.evaluate(picture) != ready
        assert await tile.evaluate(
            "tile => { const now = [...tile.querySelectorAll('*')];"
            " return now.length === window.before.length && now.every((one, n) => one === window.before[n]); }"
        )
        await page.close()


async def test_times_tick_and_the_wait_bar_fills_towards_the_promise(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    hall = busy_hall(fakes, large=False)
    async with open_site(hall=hall, floor=big_plan(large=False)) as site:
        page = await browser.new_page()
        await log_in(page, site, fakes.password)
        await expect(page.locator('[data-queue="hotline"]')).to_have_attribute("data-wait", "over")
        await expect(page.locator('[data-queue="hotline"] .count')).to_have_text("3")
        await expect(page.locator('[data-queue="labour"]')).to_have_attribute("data-wait", "none")
        time_of = page.locator('.seat[data-state="ready"] .time').first
        shown = await time_of.text_content()
        await expect(time_of).not_to_have_text(shown or "")
        await page.close()


async def test_banner_tells_that_the_line_is_down_and_that_the_socket_is_lost(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    hall = busy_hall(fakes, large=False)
    async with open_site(hall=hall, floor=big_plan(large=False)) as site:
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        await log_in(page, site, fakes.password)
        await expect(page.locator("#stale")).to_be_hidden()
        hall.change_link("down")
        await expect(page.locator("#stale")).to_contain_text("交换机的连接中断")
        await shoot(page, "link-down-1366")
        hall.change_link("up")
        await expect(page.locator("#stale")).to_be_hidden()
        for client in site.clients:
            await client.http.close()
        await site.server.close()
        await expect(page.locator("#stale")).to_contain_text("与网关的连接中断")
        await page.close()


async def test_gap_in_the_stream_brings_a_fresh_snapshot(open_site: Any, fakes: Any, browser: Browser) -> None:
    hall = busy_hall(fakes, large=False)
    async with open_site(hall=hall, floor=big_plan(large=False)) as site:
        page = await browser.new_page()
        await log_in(page, site, fakes.password)
        publish, hall.publish = hall.publish, lambda diff: None
        hall.change("A002", presence="signed_out", activity="idle")  # nobody hears of it
        hall.publish = publish
        hall.change("A003", presence="signed_out", activity="idle")
        await expect(page.locator('[data-seat="A002"]')).to_have_attribute("data-state", "signed_out")
        await page.close()


@pytest.mark.parametrize("large", [False, True], ids=["30", "200"])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768)])
async def test_whole_hall_fits_the_window(
    open_site: Any, fakes: Any, browser: Browser, large: bool, width: int, height: int
) -> None:
    async with open_site(hall=busy_hall(fakes, large), floor=big_plan(large)) as site:
        page = await browser.new_page(viewport={"width": width, "height": height})
        errors = await log_in(page, site, fakes.password)
        assert await page.locator(".seat").count() == (200 if large else 30)
        await page.wait_for_timeout(1100)  # for the picture only: bars have filled, the glow of changes is over
        await shoot(page, f"seats-{200 if large else 30}-{width}")
        assert await fits(page)
        assert errors == []
        await page.close()


async def test_log_in_page_shows_the_gateways_own_words(site: Any, browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 1366, "height": 768})
    await page.goto(f"http://127.0.0.1:{site.port}/")
    await page.get_by_role("link", name="工作人员登录").click()
    await expect(page.locator("h1")).to_contain_text("12345")
    await page.goto(f"http://127.0.0.1:{site.port}/login?next=//evil.example/")
    await page.fill("input[name=login]", "lead")
    await page.fill("input[name=password]", "wrong")
    await page.click("button.main")
    await expect(page.locator("#error")).to_contain_text("账号或密码不正确")
    await shoot(page, "login")
    await page.fill("input[name=password]", "correct horse")
    await page.click("button.main")
    await expect(page).to_have_url(f"http://127.0.0.1:{site.port}/seats")
    await page.close()


async def test_clocks_out_of_sight_rest_and_are_right_when_they_come_into_sight(
    open_site: Any, fakes: Any, browser: Browser
) -> None:
    """Nobody reads them, and of a large hall most are out of sight."""
    hall = busy_hall(fakes, large=True)
    async with open_site(hall=hall, floor=big_plan(large=True)) as site:
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        errors = await log_in(page, site, fakes.password)
        await page.keyboard.press("1")  # 100 %: the floor is larger than its window
        timed = page.locator(".seat[data-state='ready'], .seat[data-state='talking']")
        ids = [await timed.nth(n).get_attribute("data-seat") for n in (0, -1)]
        near, far = (page.locator(f'.seat[data-seat="{one}"]') for one in ids)
        await page.evaluate(
            "(ids) => { const told = []; new MutationObserver((all) => { for (const { target } of all) {"
            " const seat = target.parentElement?.closest('.digits')?.closest('[data-seat]').dataset.seat;"
            " if (ids.includes(seat)) told.push(seat === ids[0] ? 'near' : 'far'); }"
            " document.documentElement.dataset.told = told.slice(-3).join(' '); })"
            ".observe(document.getElementById('grid'), { characterData: true, subtree: true }); }",
            ids,
        )
        told = page.locator("html")
        await expect(told).to_have_attribute("data-told", "near near near", timeout=60_000)
        stood = await far.locator(".digits").text_content()
        await far.evaluate("tile => tile.scrollIntoView()")
        await expect(far.locator(".digits")).not_to_have_text(stood or "", timeout=60_000)
        await expect(told).to_have_attribute("data-told", "far far far", timeout=60_000)  # and the other rests now
        await near.evaluate("tile => tile.scrollIntoView()")
        hall.change(ids[1], presence="signed_out", activity="idle", agent=None)
        await expect(far).to_have_attribute(
            "data-state", "signed_out"
        )  # what happens there is told at once all the same
        assert errors == []
        await page.close()


async def test_tiles_are_read_room_by_room_in_their_order(open_site: Any, fakes: Any, browser: Browser) -> None:
    hall = busy_hall(fakes, large=True)
    async with open_site(hall=hall, floor=big_plan(large=True)) as site:
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await log_in(page, site, fakes.password)
        shown = await page.locator(".seat").evaluate_all("tiles => tiles.map(tile => tile.dataset.seat)")
        rooms = [[one["id"] for one in hall.seats() if one["room"] == room] for room in ("main", "second")]
        assert shown == [*rooms[0], *rooms[1]]
        zones = await page.locator(".zone").evaluate_all("zones => zones.map(zone => zone.children.length)")
        assert zones == [40, 40, 20, 40, 40, 20]
        await page.close()


def test_the_picture_of_the_states_has_the_icons_of_the_pages_in_the_order_of_the_style() -> None:
    static = files("gateway.web") / "static"
    icons = dict(re.findall(r"^  (\w+): '([^']+)',$", (static / "icons.js").read_text("utf-8"), re.M))
    picture = re.findall(r'<path id="(\w+)" .*? d="([^"]+)"/>', (static / "seats/states.svg").read_text("utf-8"))
    style = re.findall(r'\.sign\[data-icon="(\w+)"\] \{ --at: (\d+); \}', (static / "seats.css").read_text("utf-8"))
    assert all(icons[name] == path for name, path in picture)
    assert [name for name, _ in picture][1:] == [name for name, _ in style]
    assert [int(at) for _, at in style] == list(range(1, len(picture)))
    assert {"ready", "ring_left", "ring_right", "talking", "offline", "signed_out"} <= {name for name, _ in picture}
