"""A browser on a page of the shift lead: log-in, pictures, and whether it fits the screen.

With GATEWAY_SHOTS=folder the browser also leaves pictures there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from gateway.seats.config import EntryNumberConfig, HallConfig, RoomConfig
from gateway.web.plan import floor_plan
from tests.web.conftest import PASSWORD
from tests.web.looking import keep_toasts
from tests.web.number_stage import NumberSite

SIZES = [(1920, 1080), (1366, 768)]


def a_plan() -> dict[str, Any]:
    hall = HallConfig(
        id="haikou", name="海口话务大厅", area_code="460100",
        rooms=[RoomConfig(id="main", name="大厅", name_en="Main", width=4, height=3)],
    )  # fmt: skip
    entries = [EntryNumberConfig(number="12345", name="政务热线"), EntryNumberConfig(number="12328", name="交通")]
    return floor_plan([hall], entries)


async def open_page(
    browser: Browser, site: NumberSite, path: str, size: tuple[int, int], login: str = "lead"
) -> tuple[Page, list[str]]:
    page = await browser.new_page(viewport={"width": size[0], "height": size[1]})
    await keep_toasts(page)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    await page.goto(f"http://127.0.0.1:{site.server.port}{path}")
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("button.main")
    await expect(page).to_have_url(re.compile(rf":\d+{path}$"))
    return page, errors


async def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("GATEWAY_SHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def fits(page: Page) -> bool:
    return bool(
        await page.evaluate(
            "() => { const d = document.documentElement;"
            " return d.scrollWidth <= innerWidth && d.scrollHeight <= innerHeight; }"
        )
    )
