"""A real Chromium at the desk, for figures of the page: opened and logged in as an agent, with what the page itself saw
of its own drawing (``performance.now`` after the frame that shows it), and what its renderer process holds of memory.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
ARGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--disable-features=SpareRendererForSitePerProcess",
)  # fmt: skip
"""No spare renderer: it would hold memory that is nobody's page."""
SIZE = {"width": 1366, "height": 768}
MB = 1024 * 1024

WATCH = """(() => {
  const painted = (then) => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => then(Date.now(), performance.now());
    after.port2.postMessage(0);
  });
  const seen = (window.seen = { rings: [], pops: [], usable: null, asked: false });
  let ringing = false;
  let pop = null;
  const got = () => performance.getEntriesByType('resource');
  const came = (path) => got().some((one) => one.name.endsWith(path) && one.responseEnd > 0);
  const usable = () => document.querySelector('.frame[data-link="up"] .form[data-off="false"] fieldset:not([disabled])')
    && document.querySelector('.pop') && document.querySelector('.inbox') && document.querySelector('.day')
    && !document.querySelector('.placeholder') && came('/api/v1/desk') && came('/api/v1/partners');
  const look = () => {
    if (!seen.asked && usable()) {
      seen.asked = true;
      painted((at, since) => (seen.usable = since));
    }
    const now = document.querySelector('.frame')?.dataset.call === 'ringing';
    if (now && !ringing) seen.rings.push(Date.now());
    ringing = now;
    const drawn = document.querySelector('.pop[data-current="true"] .caller .number b');
    if (drawn && drawn !== pop) painted((at) => seen.pops.push(at));
    pop = drawn ?? null;
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  const timer = setInterval(() => (seen.usable === null ? look() : clearInterval(timer)), 4);
})();"""
"""Runs before the page's own code. ``rings``: when the page knew that its telephone rings; ``pops``: when the frame
with the caller on it was painted; both epoch ms. ``usable``: ms from the navigation until the desk
can be worked with."""


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """A browser that is closed after the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *more])
        try:
            yield browser
        finally:
            await browser.close()


async def logged_in(browser: Browser, url: str, login: str, password: str) -> BrowserContext:
    """A window of an agent who is logged in and has nothing in the cache."""
    context = await browser.new_context(viewport=SIZE, locale="zh-CN")  # type: ignore[arg-type]
    answer = await context.request.post(f"{url}/api/v1/login", data={"login": login, "password": password})
    if not answer.ok:
        raise RuntimeError(f"the agent was not let in: {answer.status}")
    return context


async def at_desk(context: BrowserContext, url: str) -> Page:
    """The desk, usable."""
    page = await context.new_page()
    await page.add_init_script(WATCH)
    await page.goto(f"{url}/desk", wait_until="commit")
    await usable_ms(page)
    return page


async def usable_ms(page: Page, limit_s: float = 20.0) -> float:
    """Milliseconds from the navigation until the desk is there: linked, every part drawn, the form open for typing."""
    end = time.monotonic() + limit_s
    while (found := await page.evaluate("window.seen?.usable ?? null")) is None:
        if time.monotonic() > end:
            raise TimeoutError(f"the desk was not usable within {limit_s:.0f} s")
        await asyncio.sleep(0.05)
    return float(found)


async def loading(page: Page) -> dict[str, float]:
    """How the page came: requests, bytes over the wire, and the milliseconds of its stages."""
    return dict(
        await page.evaluate("""() => {
          const got = performance.getEntriesByType('resource');
          const [nav] = performance.getEntriesByType('navigation');
          const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
          const modules = Math.max(...got.filter((one) => one.name.endsWith('.js')).map((one) => one.responseEnd));
          return { html: nav.responseEnd, modules, paint, requests: got.length + 1,
            bytes: nav.transferSize + got.reduce((sum, one) => sum + one.transferSize, 0) };
        }""")
    )


async def heap(session: CDPSession) -> dict[str, float]:
    """What the page holds after its garbage is collected: MB of JavaScript, DOM nodes, listeners."""
    for _ in range(3):
        await session.send("HeapProfiler.collectGarbage")
        await asyncio.sleep(0.1)
    told, used = await session.send("Performance.getMetrics"), await session.send("Runtime.getHeapUsage")
    found = {one["name"]: one["value"] for one in told["metrics"]}
    return {
        "heap_mb": found["JSHeapUsedSize"] / MB,
        "heap_room_mb": used["totalSize"] / MB,
        "dom_mb": used.get("embedderHeapUsedSize", 0) / MB,
        "buffers_mb": used.get("backingStorageSize", 0) / MB,
        "nodes": found["Nodes"],
        "listeners": found["JSEventListeners"],
        "documents": found["Documents"],
    }


async def renderer_mb(browser: Browser) -> tuple[float, float]:
    """What the largest renderer process holds: (MB that are its own, MB of all its anonymous pages). One page only.

    The first is what the machine gets back when the page is closed: private pages, resident or swapped. The second is
    what Chromium's task manager shows on Linux: it also counts the pages that every renderer shares with the zygote
    which all are forked from. The program's own pages are in neither.
    """
    session = await browser.new_browser_cdp_session()
    told = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    return max((_held_mb(one["id"]) for one in told["processInfo"] if one["type"] == "renderer"), default=(0.0, 0.0))


def _held_mb(pid: int) -> tuple[float, float]:
    own = _kb(Path(f"/proc/{pid}/smaps_rollup"), "Private_Dirty:", "Swap:")
    return own / 1024, _kb(Path(f"/proc/{pid}/status"), "RssAnon:", "VmSwap:") / 1024


def _kb(file: Path, *names: str) -> int:
    lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(names))


def as_js(value: Any) -> str:
    """A value for a script."""
    return json.dumps(value, ensure_ascii=False)
