"""The page of recordings in a real browser: found, heard from a real WAV, with its marks, its keys, and a hold.

With GATEWAY_SHOTS=folder the browser also leaves pictures of it there.
"""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from gateway.model.ids import AgentId, CallId, QueueId, SeatId
from gateway.model.records import Stretch
from gateway.model.transfers import Transfer
from tests.web.lead_stage import SIZES, a_plan, fits, open_page, shoot
from tests.web.looking import looks_right, resize
from tests.web.number_stage import ZONE, NumberSite, number_site
from tests.web.sounds import RATE, silence, wav

pytestmark = pytest.mark.browser

CALLERS = ["138", "139", "150", "177", "189"]


def speech(seconds: float, seed: int) -> array[int]:
    """Bursts of noise that look like people who speak in turn."""
    dice = random.Random(seed)
    out = array("h")
    while len(out) < seconds * RATE:
        loud, long = dice.uniform(0.05, 0.8), dice.uniform(0.1, 0.5)
        n = int(long * RATE)
        out.extend(int(dice.uniform(-1, 1) * loud * 30000 * (1 - abs(2 * i / n - 1))) for i in range(n))
        out.extend(silence(dice.uniform(0.05, 0.4)))
    return out[: int(seconds * RATE)]


async def fill(site: NumberSite) -> float:
    """A day of calls; the newest has a hold and a transfer. Returns when that one began."""
    dice, now = random.Random(12345), time.time()
    for n in range(30):
        at = now - 900 * (n + 1)
        talk = dice.choice([35.0, 62.0, 118.0, 240.0, 512.0, 75.0])
        await site.call(
            call_id=CallId(f"{1000 - n}.1"), recording_id=f"{1000 - n}.1", started_at=at, talk_s=talk,
            hold_s=0.0, caller_number=f"{dice.choice(CALLERS)}{dice.randint(10**7, 10**8 - 1)}",
            agent=AgentId(dice.choice(["8001", "8002"])), queue=QueueId("hotline"), answered_at=at + 4,
            ended_at=at + 5 + talk,
            direction=dice.choice(["in", "in", "in", "out"]), entry_number=dice.choice(["12345", "12345", "12328"]),
            stretches=[],
        )  # fmt: skip
    start = now - 600
    stretches = [
        Stretch("waiting", start, start + 4), Stretch("talking", start + 4, start + 24, agent=AgentId("8001")),
        Stretch("held", start + 24, start + 34, agent=AgentId("8001")),
        Stretch("talking", start + 34, start + 64, agent=AgentId("8001")),
    ]  # fmt: skip
    await site.call(
        call_id=CallId("2000.1"), recording_id="2000.1", started_at=start, queue=QueueId("hotline"), talk_s=50.0,
        hold_s=10.0, stretches=stretches, ended_at=start + 64,
    )  # fmt: skip
    await site.ticket(call_id="2000.1", is_secret=True)
    handed = Transfer(
        "t1", "k", CallId("2000.1"), "three_way", "110", SeatId("A001"), AgentId("8001"), start + 36, partner="110",
        joined_at=start + 42, ended_at=start + 58, phase="ended", outcome="completed",
    )  # fmt: skip
    await site.ledger.write(lambda tx: tx.save_transfer(handed))
    day = f"{datetime.fromtimestamp(start, ZONE):%Y%m%d}"
    site.recorded("2000.1", wav(speech(20, 1) + silence(10) + speech(30, 2)), day)
    for n in range(30):
        at = now - 900 * (n + 1)
        site.recorded(f"{1000 - n}.1", wav(silence(1)), f"{datetime.fromtimestamp(at, ZONE):%Y%m%d}")
    await site.retention.measure()
    return start


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[NumberSite]:
    async with number_site(tmp_path, plan=a_plan) as opened:
        await fill(opened)
        yield opened


async def test_a_recording_is_found_heard_and_kept(site: NumberSite, browser: Browser) -> None:
    page, errors = await open_page(browser, site, "/recordings", SIZES[0])
    await expect(page.locator("tr[data-call]")).to_have_count(31)
    await expect(page.locator("#count")).to_contain_text("31")
    await page.locator('tr[data-call="2000.1"] td.at').click()
    player = page.locator('.player[data-call="2000.1"]')
    await expect(player.locator(".time")).to_contain_text("1:00")
    await expect(player.locator(".marks button")).to_have_count(3)
    await expect(player.locator(".marks [data-kind=hold]")).to_contain_text("0:20")
    await expect(player.locator(".marks [data-kind=three_way]")).to_contain_text("0:38")
    assert not await site.audited("recording.played")  # looking is no listening
    await page.keyboard.press("Shift+ArrowRight")
    await expect(player.locator(".time b")).to_have_text("0:20")
    await page.keyboard.press("]")
    await expect(player.locator(".segments [aria-pressed=true]")).to_have_text("1.25×")
    await page.keyboard.press("Space")
    await expect(player).to_have_attribute("data-playing", "true")
    await expect(player.locator(".time b")).not_to_have_text("0:20")
    await page.keyboard.press("Space")
    await expect(player).to_have_attribute("data-playing", "false")
    [entry] = await site.audited("recording.played")
    assert (entry.login, entry.subject) == ("lead", "2000.1")
    await page.keyboard.press("ArrowLeft")
    for size in SIZES:
        await resize(page, *size)
        await page.locator(".player .wave").hover()
        await shoot(page, f"recordings-{size[0]}")
        assert await fits(page) and await looks_right(page) == []
    await page.click("#hold")
    await page.locator("dialog.ask input[value=ticket]").check()
    await page.fill("dialog.ask textarea", "当事人起诉，法院调取")
    await shoot(page, "recordings-hold")
    assert await looks_right(page) == []
    await page.click("dialog.ask .acts .main")
    await expect(page.locator('tr[data-call="2000.1"] .flags')).to_contain_text("保全")
    [held] = await site.ledger.holds()
    assert (held.kind, held.author, held.until) == ("ticket", "lead", None)
    await page.click("#hold")
    await page.click("dialog.ask .acts .danger")
    await expect(page.locator('tr[data-call="2000.1"] .flags')).not_to_contain_text("保全")
    assert await site.ledger.holds() == []
    assert errors == []
    await page.close()


async def test_filters_narrow_the_list_and_keys_walk_it(site: NumberSite, browser: Browser) -> None:
    page, errors = await open_page(browser, site, "/recordings", SIZES[1])
    await expect(page.locator("tr[data-call]")).to_have_count(31)
    await page.fill("[name=agent]", "8001")
    await page.fill("[name=least_s]", "200")
    await page.keyboard.press("Enter")
    kept = await site.ledger.recorded_calls(agent="8001", least_s=200.0)
    assert 0 < len(kept) < 31
    await expect(page.locator("tr[data-call]")).to_have_count(len(kept))
    await page.locator(".found .rows").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("tr[aria-selected=true]")).to_have_count(1)
    await page.locator(".filters .segments button").last.click()
    await page.fill("[name=number]", "13800000000")
    await page.click(".go .main")
    await expect(page.locator(".found .none")).to_be_visible()
    await shoot(page, "recordings-none")
    assert [one.subject for one in await site.audited("recordings.searched")] == ["138****0000"]
    assert errors == []
    await page.close()


async def test_an_agent_sees_the_own_calls_and_no_holds(site: NumberSite, browser: Browser) -> None:
    page, _ = await open_page(browser, site, "/recordings", SIZES[1], "agent1")
    kept = await site.ledger.recorded_calls(agent="8001")
    await expect(page.locator("tr[data-call]")).to_have_count(len(kept))
    await page.locator("tr[data-call] td.at").first.click()
    await expect(page.locator(".player .controls")).to_be_visible()
    assert await page.locator("#hold, [name=number], [name=agent], a.button").count() == 0
    await page.close()
