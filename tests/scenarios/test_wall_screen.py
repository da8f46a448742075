"""The wall beside a real hotline: made by the command line, let in by its address, moving with a real call, honest
when the gateway dies, and well again when it lives.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import Story, said
from playwright.async_api import Page, async_playwright, expect

pytestmark = [pytest.mark.asterisk, pytest.mark.browser]

FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
NUMBER = "13987654321"
SEEN_MS = 60_000


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        yield page
        await browser.close()


async def gateway_user(story: Story, *words: str) -> str:
    """``gateway user``, as an operator types it while the gateway runs."""
    status, told, why = await said(story.site, "user", *words)
    assert status == 0, why
    return told.strip()


async def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("GATEWAY_SHOTS"):
        await page.wait_for_timeout(1_000)
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def test_a_wall_shows_a_call_dies_with_the_gateway_and_heals(story: Story, page: Page) -> None:
    await gateway_user(story, "add", "wall-east", "--role", "wall")
    token = await gateway_user(story, "token", "wall-east")
    await page.goto(f"{story.site.web_url}/wall#{token}")
    waiting, talking = (page.locator(".trio output").nth(at) for at in (0, 1))
    await expect(page.locator("main[data-page=now]")).to_be_visible(timeout=SEEN_MS)
    await expect(waiting).to_have_text("0", timeout=SEEN_MS)

    await story.citizen("yang", number=NUMBER)
    await expect(waiting).to_have_text("1", timeout=SEEN_MS)
    await shoot(page, "wall-real-waiting")
    await story.seat("A001", "1001", ring_ms=1500)
    await expect(talking).to_have_text("1", timeout=SEEN_MS)
    await expect(waiting).to_have_text("0", timeout=SEEN_MS)
    assert NUMBER not in await page.content() and "139****" not in await page.content()

    story.kill_gateway()
    await expect(page.locator(".stale")).to_contain_text("连接中断", timeout=SEEN_MS)
    await shoot(page, "wall-real-stale")
    await story.start_gateway()
    await expect(page.locator(".stale")).to_have_count(0, timeout=SEEN_MS)
    await expect(page.locator(".picture")).to_have_attribute("data-link", "up", timeout=SEEN_MS)
    await expect(talking).to_have_text("1", timeout=SEEN_MS)
    await shoot(page, "wall-real-healed")
