"""Is the map true? ``gateway demo`` fills a hall of 200 seats for ten minutes while Chromium has the seat map open, and
every so often what the page shows is held against what Asterisk's own console says (tools/lab/truth.py).

A difference counts when a second look a moment later shows the same seat with the same two words: page and console
are not read at one instant. In the middle the cable between gateway and Asterisk is pulled for a minute: the page must
say that it is stale, heal by itself, and be as true afterwards as before.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from playwright.async_api import Page

from bench.screen import chromium, logged_in
from bench.site import FIRST_EXTENSION, bench_site, gateway_on, until
from bench.table import Row, run
from gateway.demo.hotline import read_logins, shift_lead
from tools.lab.cable import Cable
from tools.lab.process import Child
from tools.lab.site import Site
from tools.lab.truth import Compared, seats_of

SEATS, RATE, MINUTES, LOOKS, CUT_S = 200, 2, 10.0, 20, 60.0
AGAIN_S = 3.5
"""Seconds until the second look: after a talk the map says wrap-up, at most 3 s before Asterisk has told the pause."""
SIZE = {"width": 1920, "height": 1080}
_SHOWN = """() => Object.fromEntries([...document.querySelectorAll('#grid [data-seat]')]
  .map((tile) => [tile.dataset.seat, tile.dataset.state]))"""
_ON_THE_WAY = {"reserved": "ringing", "outbound": "talking"}


class Looker:
    """Reads both sides."""

    def __init__(self, site: Site, page: Page, seats: int) -> None:
        self._site, self._page = site, page
        self._extensions = {f"A{n + 1:03d}": str(FIRST_EXTENSION + n) for n in range(seats)}

    async def read(self) -> tuple[dict[str, str], dict[str, str]]:
        """(on the map, at Asterisk), by extension."""
        queues, channels, tiles = await asyncio.gather(
            asyncio.to_thread(self._site.asterisk.rx, "queue show"),
            asyncio.to_thread(self._site.asterisk.rx, "core show channels concise"),
            self._page.evaluate(_SHOWN),
        )
        shown = {self._extensions[seat]: _ON_THE_WAY.get(word, word) for seat, word in tiles.items()}
        return shown, seats_of(queues, channels, self._extensions.values())

    async def look(self, compared: Compared) -> None:
        """One look, and a second where something differs."""
        if compared.look(*await self.read()):
            await asyncio.sleep(AGAIN_S)
            compared.again(*await self.read())

    async def drawn(self) -> bool:
        return len(await self._page.evaluate(_SHOWN)) == len(self._extensions)

    async def is_stale(self) -> bool:
        return bool(await self._page.evaluate("document.body.hasAttribute('data-stale')"))


async def compare(
    site: Site, looker: Looker, cable: Cable, demo: Child, looks: int, every_s: float, cut_s: float
) -> Any:
    """The looks, with the cut in their middle."""
    before, after, busy = Compared(), Compared(), 0
    stale_s = healed_s = 0.0
    for n in range(looks):
        await asyncio.sleep(every_s)
        demo.check()
        if n == looks // 2:
            await cable.pull()
            began = time.monotonic()
            await until(looker.is_stale, "the page says that it is stale")
            stale_s = time.monotonic() - began
            await asyncio.sleep(max(0.0, cut_s - stale_s))
            await cable.plug()
            began = time.monotonic()
            await until(lambda: _healed(looker), "the page is healed", 60.0)
            healed_s = time.monotonic() - began
        await looker.look(before if n < looks // 2 else after)
        busy = max(busy, await asyncio.to_thread(site.asterisk.calls_up))
    return {
        "looks": before.looks, "differences": before.differences[:20], "count": len(before.differences),
        "looks_after": after.looks, "differences_after": after.differences[:20], "count_after": len(after.differences),
        "stale_s": stale_s, "healed_s": healed_s, "most_channels": busy,
    }  # fmt: skip


async def _healed(looker: Looker) -> bool:
    return not await looker.is_stale()


async def hold(site: Site, seats: int, rate: float, minutes: float, looks: int, cut_s: float) -> dict[str, Any]:
    """The whole of it on a site whose Asterisk is not started."""
    await asyncio.to_thread(site.prompts)
    site.asterisk.start()
    ami = site.settings.asterisk.ami_port
    async with Cable.between(site.ports.take(), ami) as cable:
        site.environ["GATEWAY__ASTERISK__AMI_PORT"] = str(cable.port)
        async with gateway_on(site), chromium() as browser:
            lead = shift_lead(read_logins(site.state_dir / "first-logins.txt"))
            assert lead is not None
            context = await logged_in(browser, site.web_url, lead.login, lead.password)
            page = await context.new_page()
            await page.set_viewport_size(SIZE)  # type: ignore[arg-type]
            await page.goto(f"{site.web_url}/seats")
            looker = Looker(site, page, seats)
            await until(lambda: looker.drawn(), "every seat is on the map")
            demo = site.gateway(
                *("demo", "--seats", str(seats), "--rate", str(rate), "--minutes", str(minutes), "--no-audio"),
                *("--config", str(site.settings.config_dir)),
                log=site.state_dir / "demo.log",
            )
            try:
                every_s = max(0.0, minutes * 60 - cut_s - 15) / (looks + 1)
                return dict(await compare(site, looker, cable, demo, looks, every_s, cut_s))
            finally:
                await asyncio.to_thread(demo.stop)


def measure() -> dict[str, Any]:
    """About eleven minutes."""
    with bench_site(SEATS, wrap_up_s=5) as site:
        return asyncio.run(hold(site, SEATS, RATE, MINUTES, LOOKS, CUT_S))


def rows(result: dict[str, Any]) -> list[Row]:
    """Differences before and after the cut, and how soon the page said that it was stale."""
    looks, after = result["looks"], result["looks_after"]
    return [
        Row(f"map: differences from Asterisk's own in {looks} looks, {SEATS} seats, {RATE} calls/s",
            str(result["count"]), "0", "", "0", result["count"] == 0 and looks + after >= LOOKS),
        Row(f"map: the same in {after} looks after the link was cut for {CUT_S:.0f} s",
            str(result["count_after"]), "0", "", "0", result["count_after"] == 0),
        Row("map: says that it is stale after the link is cut; is true again after it is back",
            f"{result['stale_s']:.1f} s; {result['healed_s']:.1f} s", "", "", "", None),
    ]  # fmt: skip


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
