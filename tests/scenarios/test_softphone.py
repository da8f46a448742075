"""An agent with the softphone, from the log-in page to the end of a call: real Chromium, gateway and Asterisk."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import Story
from playwright.async_api import Page, async_playwright, expect

from gateway.demo.hotline import read_logins

pytestmark = [pytest.mark.asterisk, pytest.mark.browser]

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection",
)  # fmt: skip
PRESS = """async ([path, body]) => {
  const desk = document.querySelector('script[type=module]').src;
  return (await import(new URL('../api.js', desk).href)).post(path, body);
}"""
"""The page's own copy of the module: only that one knows its token."""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """An agent's screen; an error in the page's own code, or something that its policy forbids, fails the story."""
    with tempfile.TemporaryDirectory(prefix="gw-chromium-", ignore_cleanup_errors=True) as folder:
        async with async_playwright() as playwright:
            window = await playwright.chromium.launch_persistent_context(
                folder, executable_path=CHROMIUM, headless=True, args=list(FLAGS), permissions=["microphone"],
                viewport={"width": 1366, "height": 768}, locale="zh-CN",
            )  # fmt: skip
            try:
                page = window.pages[0]
                errors: list[str] = []
                page.on("pageerror", lambda error: errors.append(str(error)))
                page.on("console", lambda line: errors.append(line.text) if "Security Policy" in line.text else None)
                yield page
                assert errors == []
            finally:
                await window.close()


async def at_the_desk(page: Page, story: Story) -> None:
    """The first agent logs in and comes to the desk."""
    agent = next(one for one in read_logins(story.site.state_dir / "first-logins.txt") if one.role == "agent")
    await page.goto(f"{story.site.web_url}/desk")
    await expect(page).to_have_url(re.compile(r"/login\?next=.*desk"))
    await page.fill("input[name=login]", agent.login)
    await page.fill("input[name=password]", agent.password)
    await page.click("button.main")
    await expect(page).to_have_url(re.compile("/desk$"))
    await expect(page.locator(".signin")).to_be_visible()


async def test_an_agent_with_the_softphone_takes_a_citizens_call_and_goes_home(story: Story, page: Page) -> None:
    await at_the_desk(page, story)
    await page.evaluate(PRESS, ["/api/v1/seats/A001/sign-in", {"device": "softphone"}])

    async def registered() -> bool:
        seat = await story.seat_view()
        return bool(seat["device"] == "softphone" and seat["reachable"])

    await story.until(registered, "the desk's softphone has registered")
    assert "8001w" in await asyncio.to_thread(story.site.asterisk.rx, "database show gw-phones")
    await page.evaluate(PRESS, ["/api/v1/seats/A001/ready", {}])
    await story.until(lambda: story.presence("A001", "ready"), "ready")

    await story.citizen("soft", number="13812345678")
    await expect(page.locator("button.answer")).to_be_visible()
    await page.keyboard.press("F2")
    call = await story.call_when("soft", "is answered", lambda c: c["answered_at"] is not None)
    assert (call["seat"], (await story.seat_view())["activity"]) == ("A001", "talking")
    assert "13812345678" not in await page.content()

    await page.evaluate(PRESS, ["/api/v1/seats/A001/sign-out", {}])
    await story.until(lambda: story.presence("A001", "signed_out"), "signed out")
    # The password is taken back by an order of its own, after the one that signs out.
    await story.until(lambda: asyncio.to_thread(_has_no_password, story), "the softphone's password is taken back")


def _has_no_password(story: Story) -> bool:
    return "8001w" not in story.site.asterisk.rx("database show gw-phones")
