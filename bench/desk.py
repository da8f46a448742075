"""The agent's desk: how soon the caller is on the screen, how soon the page can be worked with, and what it holds after
eight hours.

A real node (Asterisk, gateway) whose ledger has 20,000 calls and as many tickets of 4,000 citizens, and a real Chromium
with an agent signed in at A001 with the desk phone.

* ring to pop: citizens who are known call one after the other and give up. The ring is the time at which SIPp, the
  telephone at A001, logged the INVITE; the pop the time at which the page had painted the frame with the caller on it
  (``bench.screen``). Both are read off this machine's clock. ``known`` is when the page knew of the ring by the stream.
* page ready: from the navigation until the desk is usable: linked, every part drawn, desk and partners loaded, the form
  open for typing (a page waits 120 ms whether another of this agent is at work). Ten times with an empty cache, ten
  times warm.
* memory: a shift of eight hours in the page (``bench.shift``).
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from bench.screen import at_desk, chromium, loading, logged_in, usable_ms
from bench.shift import CALLS, HOURS, MESSAGES, shift
from bench.site import ENTRY, FIRST_EXTENSION, QUEUE, BenchHall, bench_site, gateway_on, percentile, phones
from bench.table import Row, run
from gateway.demo.hotline import read_logins
from gateway.ledger.personal import LedgerKeys
from gateway.ledger.store import open_ledger
from gateway.ledger.tx import SqlTx
from gateway.model.ids import AgentId, CallId
from gateway.model.records import CallRecord
from gateway.tickets.ports import TicketDraft
from tools.lab.sipp import SCENARIOS
from tools.lab.site import CONFIG, Site

SEATS, RECORDS, CITIZENS = 20, 20_000, 4_000
RINGS, EVERY_MS, PATIENCE_MS = 105, 1_200, 950
LOADS = 10
POP_MS, READY_MS, PAGE_MB = 200.0, 1_000.0, 60.0
_BATCH = 500
_RANG = re.compile(r"\t(\d+\.\d+);[^;]*;rang;")


def number_of(citizen: int) -> str:
    """A citizen's telephone number."""
    return f"138{citizen:08d}"


# The ledger ----------------------------------------------------------------------------------------------------------


async def fill(site: Site) -> float:
    """Twenty thousand calls and tickets of the last days; the seconds that took."""
    settings, secrets = site.settings, site.secrets
    keys, began = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key), time.monotonic()
    async with open_ledger(settings.ledger, settings.state_dir, keys, settings.zone) as ledger:
        for first in range(0, RECORDS, _BATCH):
            await ledger.write(lambda tx, first=first: _some(tx, first))  # type: ignore[misc]
    return time.monotonic() - began


async def _some(tx: SqlTx, first: int) -> None:
    now = time.time()
    for n in range(first, first + _BATCH):
        number, at = number_of(n % CITIZENS), now - 7 * 86_400 + n * 25
        agent, call = str(FIRST_EXTENSION + n % SEATS), f"{n}.1"
        await tx.save_call(
            CallRecord(
                CallId(call), at, caller_number=number, entry_number=ENTRY, agent=AgentId(agent), answered_at=at + 5,
                ended_at=at + 65, outcome="answered",
            )
        )  # fmt: skip
        fields = {
            "calling_number": number, "agent_id": agent, "call_id": call, "title": "路灯不亮",
            "content": "路口的路灯坏了三盏，晚上很黑，请尽快派人维修。" * 3,
        }  # fmt: skip
        await tx.open_ticket(TicketDraft("phone", "460000", at, at, fields=fields), f"call:{call}")


# Ring to pop ---------------------------------------------------------------------------------------------------------


def ring_times(log: str) -> list[float]:
    """Epoch ms of each INVITE in SIPp's log."""
    return [float(at) * 1000 for at in _RANG.findall(log)]


async def rings(site: Site, browser: Browser, agent: tuple[str, str], log: Path) -> dict[str, Any]:
    """Known citizens call, one a second, and give up after they have rung a while."""
    context = await logged_in(browser, site.web_url, *agent)
    page = await at_desk(context, site.web_url)
    rows = [(number_of(37 * n % CITIZENS), f"c{n}", ENTRY, "0", str(PATIENCE_MS), "no") for n in range(RINGS)]
    options = ["-m", str(RINGS), "-l", "4", "-r", "1", "-rp", str(EVERY_MS)]
    async with site.sipp().running(SCENARIOS / "citizen-gives-up.xml", options, rows=rows) as callers:
        await callers.ended(RINGS * EVERY_MS / 1000 + 30)
    seen = await page.evaluate("seen")
    await context.close()
    return {"known": seen["rings"], "pops": seen["pops"], "log": log}


def paired(rang: list[float], seen: list[float]) -> list[float]:
    """For each ring, the ms until the page saw it: before the next one rang, else it counts as missing."""
    ends = [*rang, float("inf")][1:]
    first = (next((at for at in seen if begin <= at < end), None) for begin, end in zip(rang, ends, strict=True))
    return [at - begin for at, begin in zip(first, rang, strict=True) if at is not None]


def told(delays: list[float]) -> dict[str, float]:
    """p50, p99, worst."""
    ordered = sorted(delays) or [float("inf")]
    p50, p99 = statistics.median(ordered), percentile(ordered, 99)
    return {"count": len(delays), "p50_ms": p50, "p99_ms": p99, "worst_ms": ordered[-1]}


# Page ready ----------------------------------------------------------------------------------------------------------


async def ready(site: Site, browser: Browser, agent: tuple[str, str]) -> dict[str, Any]:
    """Cold: a window with nothing in its cache each time. Warm: the same window again."""
    cold, warm, stages = [], [], {}
    for _ in range(LOADS):
        context = await logged_in(browser, site.web_url, *agent)
        page = await at_desk(context, site.web_url)
        cold.append(await usable_ms(page))
        stages["cold"] = await loading(page)
        await context.close()
    context = await logged_in(browser, site.web_url, *agent)
    page = await at_desk(context, site.web_url)
    for _ in range(LOADS):
        await page.goto(f"{site.web_url}/desk", wait_until="commit")
        warm.append(await usable_ms(page))
        stages["warm"] = await loading(page)
    await context.close()
    return {"cold_ms": cold, "warm_ms": warm, "stages": stages}


# All of it -----------------------------------------------------------------------------------------------------------


async def with_node(site: Site, work: Any) -> dict[str, Any]:
    """``work(hall, agent, log)`` on a node that runs, with agent 1 signed in and ready at A001."""
    filled_s = await fill(site)
    await asyncio.to_thread(site.prompts)
    site.asterisk.start()
    log = site.state_dir / "rang.log"  # of each INVITE, with its time
    rings_in_vain = phones(site, 1, talk_ms=1000, ring_ms=60_000, more=["-trace_logs", "-log_file", str(log)])
    async with gateway_on(site) as hall, rings_in_vain:
        await hall.sign_in(1)
        one = next(one for one in read_logins(site.state_dir / "first-logins.txt") if one.role == "agent")
        got: dict[str, Any] = await work(hall, (one.login, one.password), log)
    got["filled_s"] = filled_s
    return got


async def _measure(site: Site) -> dict[str, Any]:
    async def work(hall: BenchHall, agent: tuple[str, str], log: Path) -> dict[str, Any]:
        async with chromium() as browser:
            loads = await ready(site, browser, agent)
            popped = await rings(site, browser, agent, log)
        async with chromium() as browser:
            context = await logged_in(browser, site.web_url, *agent)
            return {"ready": loads, "rings": popped, "shift": await shift(context, site.web_url)}

    got = await with_node(site, work)
    rang = ring_times(Path(got["rings"].pop("log")).read_text(encoding="utf-8", errors="replace"))
    seen = got["rings"]
    got["rings"] = {
        "rang": len(rang), "pop": told(paired(rang, seen["pops"])), "known": told(paired(rang, seen["known"])),
    }  # fmt: skip
    return got


def measure() -> dict[str, Any]:
    """About six minutes."""
    with bench_site(SEATS, partners=partners(), greets=False) as site:
        return asyncio.run(_measure(site))


def partners() -> str:
    """The registry that is shipped; its queues are the one that a bench has."""
    shipped = (CONFIG / "partners.toml").read_text(encoding="utf-8")
    return re.sub(r'(?m)^queue = "\w+"', f'queue = "{QUEUE}"', shipped)


def rows(result: dict[str, Any]) -> list[Row]:
    """Pop, page ready, and what the page holds; then what of it grew."""
    pop, loads, held = result["rings"]["pop"], result["ready"], result["shift"]
    whole = pop["count"] == result["rings"]["rang"] >= 100
    cold, warm = statistics.median(loads["cold_ms"]), statistics.median(loads["warm_ms"])
    cold_worst, warm_worst = max(loads["cold_ms"]), max(loads["warm_ms"])
    last, did, (empty, empty_all) = held["marks"][-1], held["counts"], held["empty"]
    whole_shift = not held["failed"] and (did["filed"], did["replied"]) == (CALLS, MESSAGES)
    return [
        Row(f"desk: first ring to screen pop ({pop['count']} rings, {RECORDS:,} calls and tickets)",
            f"p50 {pop['p50_ms']:.0f} ms, p99 {pop['p99_ms']:.0f} ms", f"{POP_MS:.0f} ms",
            f"{pop['p99_ms'] / POP_MS:.2f}", f"p99 < {POP_MS:.0f} ms", whole and pop["p99_ms"] < POP_MS),
        Row(f"desk: page ready, empty cache ({LOADS} times)", f"median {cold:.0f} ms, worst {cold_worst:.0f} ms",
            f"{READY_MS:.0f} ms", f"{cold_worst / READY_MS:.2f}", f"< {READY_MS:.0f} ms", cold_worst < READY_MS),
        Row(f"desk: page ready, warm ({LOADS} times)", f"median {warm:.0f} ms, worst {warm_worst:.0f} ms",
            f"{READY_MS:.0f} ms", f"{warm_worst / READY_MS:.2f}", f"< {READY_MS:.0f} ms", warm_worst < READY_MS),
        Row(f"desk: the page's process after {HOURS} h ({CALLS} calls, {MESSAGES} messages)",
            f"{last['renderer_mb']:.0f} MB, worst {held['worst_mb']:.0f} MB (heap {last['heap_mb']:.1f}, "
            f"with what renderers share {last['anonymous_mb']:.0f}; an empty page: {empty:.0f}, {empty_all:.0f})",
            f"{PAGE_MB:.0f} MB", f"{held['worst_mb'] / PAGE_MB:.2f}", f"< {PAGE_MB:.0f} MB",
            whole_shift and held["worst_mb"] < PAGE_MB),
        Row(f"desk: DOM nodes and listeners after {held['marks'][0]['call']} calls and after {last['call']}",
            f"{last['nodes']:.0f}, {last['listeners']:.0f}",
            f"{held['marks'][0]['nodes']:.0f}, {held['marks'][0]['listeners']:.0f}", "", "", None),
    ]  # fmt: skip


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
