"""The shift lead's messages at the desk in a real browser: hinted at, shown with who and when, gone when acknowledged.

With GATEWAY_SHOTS=folder the browser also leaves pictures there.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.web.looking import looks_right, resize
from tests.web.test_desk_page import LARGE, SMALL, DeskHall, all_there, desk_plan, fits, on_call, shoot, signed_in

pytestmark = pytest.mark.browser

AT = "**/api/v1/desk/messages**"


class Lead:
    """What the gateway has for the agent, and the hints that it gives."""

    def __init__(self, desk: DeskHall) -> None:
        self.desk = desk
        self.kept: list[dict[str, Any]] = []
        self.fails = False

    def says(self, text: str, **more: Any) -> None:
        said = {"id": f"n{len(self.kept)}", "at": time.time(), "by": "陈班长", "text": text, "until": None}
        self.kept.append({**said, **more})
        self.desk._tell(desk=[{"agent": "8001", "kind": "notice", "n": len(self.kept)}])

    async def serve(self, route: Route) -> None:
        path = route.request.url
        if route.request.method == "GET":
            await route.fulfill(json={"items": self.kept})
        elif self.fails:
            await route.fulfill(status=503, content_type="application/problem+json", body=json.dumps({"detail": "忙"}))
        else:
            id = path.split("/")[-2]
            self.kept = [one for one in self.kept if one["id"] != id]
            await route.fulfill(json={"read": True, "id": id})


@pytest.fixture
async def desk(open_site: Any, fakes: Any, browser: Browser) -> AsyncIterator[tuple[Lead, Page]]:
    lead = Lead(DeskHall(fakes, **signed_in()))
    async with open_site(hall=lead.desk.hall, floor=desk_plan()) as site:
        page = await browser.new_page(viewport=SMALL)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.route(AT, lead.serve)
        await page.goto(f"http://127.0.0.1:{site.port}/login")
        await page.fill("input[name=login]", "agent1")
        await page.fill("input[name=password]", fakes.password)
        await page.click("button.main")
        await expect(page.locator(".linkpill")).to_have_attribute("data-link", "up")
        await all_there(page)
        yield lead, page
        assert errors == []


async def test_a_message_is_shown_until_it_is_acknowledged(desk: tuple[Lead, Page]) -> None:
    lead, page = desk
    notices = page.locator(".toast.message")
    await expect(page.locator(".call")).to_have_attribute("data-state", "idle")
    lead.says("今晚台风红色预警，22 点前\n一律不得示忙。")
    await expect(notices).to_have_count(1)
    await expect(notices).to_contain_text("陈班长")
    await expect(notices.locator(".said")).to_contain_text("台风红色预警")
    await page.reload()
    await expect(notices).to_have_count(1)
    lead.desk.own(**on_call("talking"))
    for text in ("供水热线来电较多，请说明抢修预计 18 点完成。", "请 8 号座席话后到班长席。", "交接班提前到 17:30。"):
        lead.says(text)
    await expect(page.locator(".toast.more")).to_contain_text("还有 2 条")
    for size, name in ((SMALL, "1366"), (LARGE, "1920")):
        await resize(page, **size)
        await expect(notices).to_have_count(2)
        await shoot(page, f"desk-messages-{name}")
        assert await fits(page) == []
        assert await looks_right(page) == []
    await page.keyboard.press("Alt+0")
    await expect(notices.first).to_contain_text("供水热线")
    await expect(page.locator(".toast.more")).to_contain_text("还有 1 条")
    lead.fails = True
    await notices.first.locator("button").click()
    await expect(page.locator(".toast[data-kind=bad]")).to_be_visible()
    await expect(notices).to_have_count(2)
    lead.fails = False
    for gone in ("供水热线", "8 号座席", "交接班"):
        await expect(notices.first).to_contain_text(gone)
        await notices.first.locator("button").click()
    await expect(notices).to_have_count(0)
    lead.says("此前的通知已作废。", until=time.time() - 1)
    lead.says("请关闭空调。")
    await expect(notices).to_have_count(1)  # what is of no use any more is not shown
    await expect(notices).to_contain_text("空调")


async def test_a_leads_own_line_says_whom_it_monitors_and_can_be_hung_up(desk: tuple[Lead, Page]) -> None:
    lead, page = desk
    call = page.locator(".call")
    lead.desk.own(activity="ringing", since=time.time())
    await expect(call).to_have_attribute("data-state", "ringing")
    lead.desk.own(activity="reserved", since=time.time(), monitoring={"seat": "A007", "mode": "whisper"})
    await expect(call).to_have_attribute("data-state", "talking")
    await expect(call).to_contain_text("耳语 A007")
    await shoot(page, "desk-monitoring-1366")
    await expect(call.locator(".act.bad")).to_be_enabled()
    lead.desk.own(activity="idle", monitoring=None)
    await expect(call).to_have_attribute("data-state", "idle")
