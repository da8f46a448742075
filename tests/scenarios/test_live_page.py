"""What the shift lead sees: the seat map in a real browser, moving with a real call, and honest when it cannot know."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import Story
from playwright.async_api import Page, async_playwright, expect

from gateway.demo.hotline import read_logins, shift_lead
from tools.lab.phone import Manner

pytestmark = [pytest.mark.asterisk, pytest.mark.browser]

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
NUMBER = "13987654321"
SEEN_MS = 60_000
SAID_MS = 15_000
"""A connection that has ended is said at once. One that has only fallen silent is not known to be lost before 20 s."""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A window of a shift lead's screen; an error in the page's own code fails the story."""
    with tempfile.TemporaryDirectory(prefix="gw-chromium-") as folder:
        async with async_playwright() as playwright:
            window = await playwright.chromium.launch_persistent_context(
                folder,
                executable_path=CHROMIUM,
                headless=True,
                args=list(FLAGS),
                viewport={"width": 1920, "height": 1080},
                locale="zh-CN",
            )
            try:
                page = window.pages[0]
                errors: list[str] = []
                page.on("pageerror", lambda error: errors.append(str(error)))
                yield page
                assert errors == []
            finally:
                await window.close()


async def log_in(page: Page, story: Story) -> None:
    """By the form, as a person does; the page that was wanted comes by itself."""
    lead = shift_lead(read_logins(story.site.state_dir / "first-logins.txt"))
    assert lead is not None
    await page.goto(f"{story.site.web_url}/seats")
    await expect(page).to_have_url(re.compile(r"/login\?next=.*seats"))
    await page.fill("input[name=login]", lead.login)
    await page.fill("input[name=password]", lead.password)
    await page.click("button.main")
    await expect(page).to_have_url(re.compile("/seats$"))


async def test_a_call_moves_its_tile_and_its_queue_and_never_shows_the_number(hotline: Story, page: Page) -> None:
    await log_in(page, hotline)
    tile, queue = page.locator("[data-seat=P001]"), page.locator("[data-queue=poverty]")
    waiting = queue.locator(".count")
    await expect(tile).to_have_attribute("data-state", "signed_out", timeout=SEEN_MS)
    await expect(waiting).to_have_text("0")

    await hotline.citizen("yang", number=NUMBER, dials="961017")
    await expect(waiting).to_have_text("1", timeout=SEEN_MS)
    await expect(page.locator("#waiting")).to_contain_text("139****4321")

    # Each state lasts until the page has shown it: the agent picks up and ends the wrap-up when told to.
    states = await page.evaluate_handle(WATCH_STATES, "P001")
    agent = await hotline.phone("P001", "1001", Manner(ring_s=None))
    await expect(tile).to_have_attribute("data-state", "ringing", timeout=SEEN_MS)
    await agent.until("ringing")
    agent.pick_up()
    await expect(tile).to_have_attribute("data-state", "talking", timeout=SEEN_MS)
    await expect(tile).to_contain_text("139****4321")
    await expect(waiting).to_have_text("0")
    await expect(queue.locator(".figures .talking b")).to_have_text("1")
    hotline.hang_up("yang")
    await expect(tile).to_have_attribute("data-state", "wrap_up", timeout=SEEN_MS)
    await hotline.lead.ready("P001")
    await expect(tile).to_have_attribute("data-state", "ready", timeout=SEEN_MS)
    seen = await states.evaluate("list => list.join(' ')")
    assert re.search(r"(^| )(reserved )?ringing talking wrap_up ready$", seen), seen
    assert NUMBER not in await page.content()


WATCH_STATES = """seat => {
  const tile = document.querySelector(`[data-seat=${seat}]`), list = [tile.dataset.state];
  new MutationObserver(() => {
    if (list.at(-1) !== tile.dataset.state) list.push(tile.dataset.state);
  }).observe(tile, { attributes: true, attributeFilter: ['data-state'] });
  return list;
}"""


async def test_a_killed_gateway_is_said_at_once_and_the_page_heals_by_itself(story: Story, page: Page) -> None:
    await log_in(page, story)
    banner, tile = page.locator("#stale"), page.locator("[data-seat=A001]")
    await expect(tile).to_have_attribute("data-state", "signed_out", timeout=SEEN_MS)
    await expect(banner).to_be_hidden()

    story.kill_gateway()
    await expect(banner).to_be_visible(timeout=SAID_MS)
    await expect(banner).to_contain_text("与网关的连接中断")
    await expect(page.locator("#link")).to_have_attribute("data-link", "lost")

    await story.start_gateway()
    await story.seat("A001", "1001")
    await expect(banner).to_be_hidden(timeout=SEEN_MS)
    await expect(tile).to_have_attribute("data-state", "ready", timeout=SEEN_MS)
    await expect(page.locator("#link")).to_have_attribute("data-link", "up")
