"""The pages in a real browser: a shift lead logs in, sees the hall, and a diff of the live stream changes one tile.

With GATEWAY_SHOTS=folder the browser also leaves pictures of a hall of 30 and one of 200 seats there.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from gateway.seats.config import EntryNumberConfig, HallConfig, RestReasonConfig, RoomConfig
from gateway.web.plan import floor_plan

pytestmark = pytest.mark.browser

ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
QUEUES = [
    ("hotline", "市民热线", "Citizens"), ("market", "市场监管", "Market 12315"), ("labour", "人社", "Labour 12333"),
    ("housing", "公积金", "Housing 12329"), ("traffic", "交通运输", "Traffic 12328"), ("legal", "法律服务", "Legal"),
]  # fmt: skip
NAMES = [
    "王小芳", "李强", "陈丽", "林海燕", "黄伟", "吴春花", "符晓东", "周敏",
    "郑国庆", "何静", "梁志远", "韩雪", "邢少云", "欧阳慧", "冯建军", "蔡文姬",
]  # fmt: skip
STATES = [
    ("talking", 11), ("ready", 7), ("ringing", 2), ("wrap_up", 3), ("not_ready", 3), ("held", 1), ("three_way", 1),
    ("offline", 1), ("signed_out", 4),
]  # fmt: skip


def big_plan(large: bool) -> dict[str, Any]:
    """A hall with an aisle and a pillar; the large one has two rooms of a hundred seats."""
    reasons = [("break", "小休", 15), ("meal", "就餐", 45), ("meeting", "会议", 0), ("training", "培训", 0)]
    if large:
        rooms = [
            RoomConfig(id="main", name="一号大厅", name_en="Hall 1", width=10, height=11, pillars=[(4, 5)]),
            RoomConfig(id="second", name="二号大厅", name_en="Hall 2", x=11, width=10, height=11),
        ]
    else:
        rooms = [
            RoomConfig(id="main", name="接听大厅", name_en="Main hall", width=8, height=4, pillars=[(3, 2)]),
            RoomConfig(id="second", name="专家席", name_en="Experts", x=9, width=2, height=4),
        ]
    hall = HallConfig(
        id="haikou", name="海口话务大厅", name_en="Haikou", area_code="460100", rooms=rooms,
        rest_reasons=[RestReasonConfig(id=i, name=n, max_minutes=m) for i, n, m in reasons],
    )  # fmt: skip
    return floor_plan([hall], [EntryNumberConfig(number="12345", name="政务热线")])


def places(large: bool) -> list[tuple[str, int, int]]:
    if large:
        return [(room, x, y + (y >= 5)) for room in ("main", "second") for y in range(10) for x in range(10)]
    main = [("main", x, y + (y >= 2)) for y in range(3) for x in range(8)]
    return main + [("second", x, y + (y >= 2)) for y in range(3) for x in range(2)]


def busy_seat(fakes: Any, dice: random.Random, number: int, state: str) -> dict[str, Any]:
    """A seat in the middle of a working day."""
    now = time.time()
    fields: dict[str, Any] = {"presence": "ready", "agent": str(8000 + number), "agent_name": dice.choice(NAMES)}
    fields["calls_today"] = dice.randint(4, 61)
    queue = dice.choices([queue[0] for queue in QUEUES], [8, 2, 1, 1, 1, 1])[0]
    call = {
        "call_id": f"1763766{number:03d}.15", "queue": queue, "entry_number": dice.choice(["12345", "12345", "12315"]),
        "caller": f"1{dice.choice('35789')}{dice.randint(0, 9)}****{dice.randint(0, 9999):04d}",
        "since": now - dice.randint(3, 420),
    }  # fmt: skip
    if state == "signed_out":
        fields = {"since": None, "presence_since": now - 9000}
    elif state == "offline":
        fields |= {"reachable": False, "presence_since": now - 75}
    elif state == "wrap_up":
        fields |= {"presence": "wrap_up", "wrap_up_until": now + dice.randint(5, 20), "presence_since": now - 5}
    elif state == "not_ready":
        rest, passed = dice.choice([("break", 1300), ("meal", 900), ("training", 3700), ("break", 200)])
        fields |= {"presence": "not_ready", "reason": rest, "presence_since": now - passed}
    elif state == "ready":
        fields |= {"presence_since": now - dice.randint(2, 300)}
    else:
        fields |= {"activity": state, **call}
        if state == "ringing":
            fields["since"] = now - dice.randint(1, 9)
    return dict(fakes.seat(number), **fields)


def busy_hall(fakes: Any, large: bool) -> Any:
    """The same hall each time: the dice are loaded."""
    dice = random.Random(12345)
    names, weights = zip(*STATES, strict=True)
    seats = []
    for number, (room, x, y) in enumerate(places(large), start=1):
        seat = busy_seat(fakes, dice, number, dice.choices(names, weights)[0])
        seats.append({**seat, "room": room, "x": x, "y": y})
    waits = {"hotline": [19, 11, 4], "market": [10], "legal": [3]}
    queues = [
        fakes.queue(
            key, name=name, name_en=english, ready=2 + i, talking=max(1, 12 - 3 * i), signed_in=0 if i == 5 else 18 - i,
            answered_today=1912 // (i + 1), lost_today=14 // (i + 1),
            waiting=[
                {
                    "call_id": f"{i}.{n}", "position": n + 1, "since": time.time() - wait,
                    "caller": f"139****{dice.randint(0, 9999):04d}", "entry_number": "12345",
                }
                for n, wait in enumerate(waits.get(key, []))
            ],
        )
        for i, (key, name, english) in enumerate(QUEUES)
    ]  # fmt: skip
    return fakes.hall(seats, queues)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        yield opened
        await opened.close()


async def log_in(page: Page, site: Any, password: str) -> list[str]:
    """Through the log-in page to the map; returns the list that collects the page's errors."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    await page.goto(f"http://127.0.0.1:{site.port}/seats")
    await page.wait_for_url("**/login?next=/seats")
    await page.fill("input[name=login]", "lead")
    await page.fill("input[name=password]", password)
    await page.click("button.main")
    await page.wait_for_url("**/seats")
    await page.wait_for_selector(".seat")
    return errors


async def fits(page: Page) -> bool:
    """True when nothing of the floor is cut off and the page does not scroll."""
    return bool(
        await page.evaluate(
            "() => { const f = document.getElementById('floor'), d = document.documentElement;"
            "return f.scrollWidth <= f.clientWidth && f.scrollHeight <= f.clientHeight"
            " && d.scrollHeight <= innerHeight && d.scrollWidth <= innerWidth; }"
        )
    )


async def shoot(page: Page, name: str) -> None:
    folder = os.environ.get("GATEWAY_SHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")


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
            "A001", presence="ready", activity="talking", agent="8001", agent_name="王小芳", since=now - 75,
            caller="138****5678", queue="hotline", entry_number="12345",
        )  # fmt: skip
        await expect(tile).to_have_attribute("data-state", "talking")
        for text in ("通话", "王小芳", "138****5678", "市民热线", "12345", "1:1"):
            await expect(tile).to_contain_text(text)
        after = await page.locator(".seat").evaluate_all("tiles => tiles.map(t => t.dataset.state)")
        assert [place for place, state in enumerate(after) if state != before[place]] == [0]
        assert errors == []
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
    await page.wait_for_url(f"http://127.0.0.1:{site.port}/seats")
    await page.close()
