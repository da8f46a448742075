"""Eight hours at the desk in some minutes: the page's own code, its clock turned on by hand, its gateway played by
``shift.js`` within the page.

Two hundred calls: each rings, pops, is answered, is typed about letter by letter (drafts kept, similar tickets looked
for), every fourth handed to a partner and taken back, hung up, filed by key. Every second call a written message comes,
is taken, answered and done. Presence changes, and five other seats of a hall of two hundred move every two seconds of
the eight hours. What the page holds is read three times after its garbage is collected: what grows is a leak.

Two figures are told. The JavaScript heap is what the page's code keeps. The private memory of the renderer process
is what the machine pays: heap, DOM, styles, fonts, compiled code, and the engine itself. The target is held
against the second, the larger. Beside it stand what an empty page's process holds, and the sum that Chromium's task
manager shows, which also counts what all renderers share. Eight hours pass in minutes here; whether a true shift, with
time to tidy up, would hold less or more was not tried.

Driven by a debugger, a page's process also keeps every body that comes over the network (up to 100 MB), for the
debugger to show. ``shift.js`` therefore asks the node once for each thing and answers the rest from that.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page

from bench.screen import SIZE, as_js, heap, renderer_mb

HOURS, CALLS, MESSAGES = 8, 200, 100
MARKS = (10, 100, 200)
REST_S = 5.0
"""How long the page is left alone before its memory is read."""
STEP_S = HOURS * 3600 / CALLS
"""Seconds of the shift for a call, with what lies between it and the next."""
_SCRIPT = Path(__file__).with_name("shift.js")


class Shift:
    """A page whose time is ours. ``left`` is what remains of the present call's share of the shift."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.left = STEP_S
        self.missed: list[str] = []

    async def does(self, script: str, then_s: float = 1.0) -> None:
        """One thing happens, and the clock goes on. A hand that found nothing to press is noted."""
        if await self.page.evaluate(f"shift.{script}") is False:
            self.missed.append(script)
        await self.passes(then_s)

    async def passes(self, seconds: float) -> None:
        """Time goes by: timers fire, the hall moves."""
        await self.page.clock.run_for(round(seconds * 1000))
        self.left -= seconds

    async def call(self, n: int) -> None:
        """One call from its ring to its ticket."""
        self.left = STEP_S
        await self.does("ring()", 3)
        await self.does("answer()", 2)
        await self.does(as_call("at", "kind"), 0.2)
        await self.does(as_call("key", "2", "Digit2"), 0.2)
        await self.does(as_call("at", "content"), 0.2)
        for start in range(0, 36, 9):
            await self.does(as_call("type", start, start + 9), 2)
        if n % 4 == 0:
            await self.hand_over()
        await self.does("hangUp()", 2)
        await self.does(as_call("key", "Enter", "Enter", {"ctrlKey": True}), 3)
        if n % (CALLS // MESSAGES) == 0:
            await self.letter(n)
        if n % 10 == 0:
            await self.does(as_call("presence", "not_ready", "rest"), 10)
        await self.does(as_call("presence", "ready"), 1)
        await self.passes(max(0.0, self.left))

    async def hand_over(self) -> None:
        """A press, the partner answers, three speak, the partner leaves."""
        await self.does(as_call("key", "1", "Digit1", {"altKey": True}), 2)
        await self.does(as_call("transfer", {"phase": "three_way", "acts": ["leave", "drop_partner"]}), 10)
        await self.does(as_call("transfer", {"phase": "ended", "outcome": "partner_left", "acts": []}), 3)

    async def letter(self, n: int) -> None:
        """A message is offered, taken, answered, done."""
        await self.does(as_call("write", n), 2)
        await self.does(as_call("key", "a", "KeyA", {"altKey": True}), 3)
        await self.does(as_call("type", 0, 20), 1)
        await self.does(as_call("key", "Enter", "Enter", {"ctrlKey": True}), 5)
        for _ in range(2):  # done takes two presses while an answer is due
            await self.does(as_call("key", "f", "KeyF", {"altKey": True}), 1)
        await self.does(as_call("key", "Escape", "Escape"), 1)


def as_call(name: str, *arguments: Any) -> str:
    """``name(arguments)`` in JavaScript."""
    return f"{name}({', '.join(as_js(one) for one in arguments)})"


async def shift(context: BrowserContext, url: str, calls: int = CALLS) -> dict[str, Any]:
    """The whole of it; what the page held at each mark, and the worst of the renderer's memory. ``empty`` is what the
    process of an empty page holds."""
    page = await context.new_page()
    await page.goto("about:blank")
    await asyncio.sleep(REST_S)
    assert context.browser is not None
    empty = await renderer_mb(context.browser)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)[:200]))
    await page.set_viewport_size(SIZE)  # type: ignore[arg-type]
    await page.clock.install()
    await page.add_init_script(_SCRIPT.read_text(encoding="utf-8"))
    await page.goto(f"{url}/desk")
    await page.wait_for_selector('.frame[data-link="up"] .form[data-off="false"] fieldset')
    await page.wait_for_selector(".inbox")
    await page.evaluate("setInterval(() => shift.others(5), 2000)")
    await page.clock.pause_at(await page.evaluate("Date.now() + 2000"))
    session = await context.new_cdp_session(page)
    await session.send("Performance.enable")
    work, marks = Shift(page), []
    for n in range(1, calls + 1):
        await work.call(n)
        if n in MARKS:
            marks.append({"call": n, **await _held(session, context)})
    counts = await page.evaluate("Object.fromEntries(Object.entries(shift).filter(([, n]) => typeof n === 'number'))")
    await page.close()
    return {
        "marks": marks,
        "empty": empty,
        "worst_mb": max(one["renderer_mb"] for one in marks),
        "missed": work.missed[:5],
        "failed": failed[:5],
        "counts": counts,
    }


async def _held(session: Any, context: BrowserContext) -> dict[str, float]:
    found = await heap(session)
    await asyncio.sleep(REST_S)
    assert context.browser is not None
    own, anonymous = await renderer_mb(context.browser)
    return {**found, "renderer_mb": own, "anonymous_mb": anonymous}
