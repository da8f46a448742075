"""From Asterisk's event to pixels on the seat map, and what twenty supervisors cost: 200 seats, 10 calls a second, a
real Asterisk, the gateway as a process of its own, and a real Chromium with the map open, 1920 by 1080.

The page notes for each tile when the frame that shows a changed state has been painted: the tile itself is watched
(a ``MutationObserver`` on its state), and the frame after that one has begun. The page draws what comes together in
one frame, so the frame after the message would say nothing. The state's ``since`` on the live stream is the Timestamp
that Asterisk wrote into the AMI event that caused it, on the same machine's clock. The difference is what a lead
waits for. The other supervisors are live sockets in a process of their own (``bench.live``), which is also the
load of the gateway that is told per supervisor: its CPU with all of them open, less that with the map alone.

``busy`` is the CPU time of the page's main thread (TaskDuration of Chromium's own metrics, in thread ticks) a second.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from playwright.async_api import CDPSession, Page

from bench.live import Follower, _follow
from bench.screen import chromium, logged_in
from bench.site import BenchHall, bench_site, callers, cpu_s, gateway_on, percentile, phones, run_client
from bench.table import Row, run
from gateway.demo.hotline import Hotline, read_logins, shift_lead
from tools.lab.site import Site

SEATS, RATE, OTHERS = 200, 10, 19
TALK_MS = 12_000
WARM_S, SECONDS = 14.0, 20.0
TARGET_MS, BUSY = 100.0, 0.20
UNSEEN_MOST = 0.01
"""More moves than this share that no tile showed in time, and the 99th percentile of the others says nothing."""
SIZE = {"width": 1920, "height": 1080}

WATCH = """(() => {
  const seen = (window.seen = { moves: [], unseen: 0, on: false });
  const [states, due, drawn] = [new Map(), new Map(), []];
  const painted = () => {
    const at = Date.now() / 1000;
    for (const since of drawn.splice(0)) seen.moves.push(at - since);
  };
  new MutationObserver((changes) => {
    const before = drawn.length;
    for (const { target } of changes) {
      for (const [since, came] of due.get(target.dataset.seat) ?? []) {
        if (performance.now() - came < 1000) drawn.push(since);
        else seen.unseen += 1;
      }
      due.delete(target.dataset.seat);
    }
    if (drawn.length && !before) requestAnimationFrame(painted);
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-state'] });
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(...of) {
      super(...of);
      this.addEventListener('message', (event) => {
        if (!seen.on) return;
        const message = JSON.parse(event.data);
        if (message.type !== 'diff') return;
        for (const seat of message.seats) {
          if (seat.since > (states.get(seat.id) ?? 0) && Date.now() / 1000 - seat.since < 30) {
            due.set(seat.id, [...(due.get(seat.id) ?? []), [seat.since, performance.now()]]);
          }
          states.set(seat.id, Math.max(seat.since, states.get(seat.id) ?? 0));
        }
      });
    }
  };
})();"""
"""Runs before the page's own code. A frame that begins after the tile was changed comes when the frame that shows it
has been painted: so each figure has a frame too many rather than too few. ``unseen`` counts moves that no tile showed
within a second: two that undid each other between two frames."""


async def others(url: str, login: str, password: str, count: int, seconds: float) -> dict[str, Any]:
    """Live sockets that read, and nothing more."""
    followers = [Follower() for _ in range(count)]
    async with Hotline(url, login, password) as hotline:
        assert hotline._session is not None
        http = hotline._session
        sockets = [await http.ws_connect(f"{url}/api/v1/live", max_msg_size=0) for _ in followers]
        async with asyncio.TaskGroup() as group:
            for socket, follower in zip(sockets, followers, strict=True):
                group.create_task(_follow(socket, follower))
            await asyncio.sleep(seconds)
            for socket in sockets:
                await socket.close()
    return {"gaps": sum(follower.gaps for follower in followers)}


async def _opened(page: Page, url: str) -> CDPSession:
    await page.add_init_script(WATCH)
    await page.goto(f"{url}/seats")
    await page.locator(".seat").nth(SEATS - 1).wait_for()
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return session


async def _busy_s(session: CDPSession) -> float:
    told = await session.send("Performance.getMetrics")
    return float(next(one["value"] for one in told["metrics"] if one["name"] == "TaskDuration"))


async def _watched(page: Page, session: CDPSession, hall: BenchHall) -> dict[str, float]:
    """One stretch of ``SECONDS``: the moves painted, the page's work, the gateway's CPU."""
    await page.evaluate("Object.assign(window.seen, { on: true, unseen: 0 }).moves.length = 0")
    busy, used, began = await _busy_s(session), cpu_s(hall.child.pid), time.monotonic()
    await asyncio.sleep(SECONDS)
    took = time.monotonic() - began
    busy, used = (await _busy_s(session) - busy) / took, (cpu_s(hall.child.pid) - used) / took
    moves = sorted(await page.evaluate("window.seen.moves.splice(0)"))
    unseen = await page.evaluate("window.seen.unseen")
    times = {f"p{at}_ms": percentile(moves, at) * 1000 for at in (50, 95, 99)}
    return {"moves": len(moves), "unseen": unseen, "busy": busy, "gateway_cores": used, **times}


async def _measure(site: Site) -> dict[str, Any]:
    await asyncio.to_thread(site.prompts)
    site.asterisk.start()
    async with gateway_on(site) as hall, phones(site, SEATS, talk_ms=TALK_MS, ring_ms=500), chromium() as browser:
        await hall.sign_in(SEATS)
        lead = shift_lead(read_logins(site.state_dir / "first-logins.txt"))
        assert lead is not None
        context = await logged_in(browser, site.web_url, lead.login, lead.password)
        page = await context.new_page()
        await page.set_viewport_size(SIZE)  # type: ignore[arg-type]
        session = await _opened(page, site.web_url)
        async with callers(site, rate=RATE, calls=int(RATE * (WARM_S + 2 * SECONDS + 15)), patience_s=60):
            await asyncio.sleep(WARM_S)
            alone = await _watched(page, session, hall)
            reading = asyncio.to_thread(run_client, "bench.map", hall, OTHERS, SECONDS + 6.0, limit_s=SECONDS + 40)
            readers = asyncio.create_task(reading)
            await asyncio.sleep(4.0)
            full = await _watched(page, session, hall)
            told = await readers
    each = (full["gateway_cores"] - alone["gateway_cores"]) / OTHERS
    return {**full, **told, "alone": alone, "cores_a_supervisor": each}


def measure() -> dict[str, Any]:
    """About a minute and a half."""
    with bench_site(SEATS) as site:
        return asyncio.run(_measure(site))


def rows(result: dict[str, Any]) -> list[Row]:
    """Pixels, the page's own work, and the cost of a supervisor."""
    p99, busy, moves, unseen = result["p99_ms"], result["busy"], result["moves"], result["unseen"]
    seen = moves > 0 and unseen <= UNSEEN_MOST * (moves + unseen)
    return [
        Row(
            f"map: event to pixels ({SEATS} seats, {RATE} calls/s, {OTHERS + 1} supervisors)",
            f"p50 {result['p50_ms']:.0f} ms, p99 {p99:.0f} ms of {moves} moves, {unseen} not seen within 1 s",
            f"{TARGET_MS:.0f} ms", f"{p99 / TARGET_MS:.2f}",
            f"p99 < {TARGET_MS:.0f} ms", seen and result["gaps"] == 0 and p99 < TARGET_MS,
        ),
        Row(
            "map: main thread of the page", f"{busy * 100:.0f} % busy", f"{BUSY * 100:.0f} %", f"{busy / BUSY:.2f}",
            f"< {BUSY * 100:.0f} %", moves > 0 and busy < BUSY,
        ),
        Row(
            "map: gateway CPU a supervisor", f"{result['cores_a_supervisor'] * 100:.2f} % of a core",
            f"{result['gateway_cores'] * 100:.0f} % with all", "", "", None,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:] == ["client"]:
        print(json.dumps(asyncio.run(others(*json.loads(sys.stdin.read())))))
    else:
        run(measure, rows, __doc__ or "")
