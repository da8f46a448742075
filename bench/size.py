"""How soon the gateway is ready, how much memory it holds, and whether that stays flat.

ready: from the start of the process to the first 200 of /readyz (ledger open, snapshot of a running Asterisk folded
in), on a state directory that exists: the start that matters, in mid-shift. Worst of STARTS.

memory: resident with 200 agents signed in and 200 calls talking, which are 400 channels of a real Asterisk.

flat: 10,000 calls of a recorded hall played to the gateway by a fake AMI server as fast as it takes them
(``fake_ami``), after WARM calls that fill what is bounded (SQLite's cache, the memory of closed calls); resident before
and after.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp

from bench.fake_ami import FakeAmi, Tape
from bench.record_stream import streams
from bench.site import BenchHall, bench_site, callers, cpu_s, gateway_on, is_ready, phones, rss_mb, until
from bench.table import Row, run
from tools.lab.site import Site

SEATS = 200
STARTS = 3
READY_S, MEMORY_MB, GROWTH_MB = 2.0, 150.0, 5.0
WARM, CALLS = 5_000, 10_000


async def ready_s(site: Site) -> float:
    """Seconds from the start of the process to ready."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        began = time.monotonic()
        child = site.gateway()
        try:
            while not await is_ready(site, http, child):
                if time.monotonic() - began > 30:
                    raise TimeoutError(f"the gateway was not ready within 30 s\n{child.tail()}")
                await asyncio.sleep(0.01)
            return time.monotonic() - began
        finally:
            await asyncio.to_thread(child.stop)


async def _on_asterisk(site: Site) -> dict[str, Any]:
    await asyncio.to_thread(site.prompts)
    site.asterisk.start()
    async with phones(site, SEATS, talk_ms=3_600_000):
        async with gateway_on(site) as hall:  # makes ledger, accounts and members
            await hall.sign_in(SEATS)
        starts = [await ready_s(site) for _ in range(STARTS)]
        async with gateway_on(site) as hall:
            idle = rss_mb(hall.child.pid)
            async with callers(site, rate=20, calls=SEATS, patience_s=600):
                await until(lambda: _all_talking(hall), f"{SEATS} calls talking", 60.0)
                await asyncio.sleep(3.0)
                talking, channels = rss_mb(hall.child.pid), site.asterisk.calls_up()
    return {"ready_s": starts, "idle_mb": idle, "talking_mb": talking, "channels": channels}


async def _all_talking(hall: BenchHall) -> bool:
    return sum(seat["activity"] == "talking" for seat in await hall.lead.seats()) >= SEATS


async def _figures(site: Site) -> dict[str, float]:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
        http.get(f"{site.web_url}/metrics") as answer,
    ):
        lines = (await answer.text()).splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}


async def _settled(site: Site, facts: float) -> bool:
    """All of the events are folded in and all changes durable."""
    seen = await _figures(site)
    return seen["gateway_facts_total"] >= facts and not seen["gateway_changes_waiting"]


async def _flat(site: Site) -> dict[str, Any]:
    tape = Tape(streams().filtered)
    rounds_warm, rounds = -(-WARM // tape.calls), -(-CALLS // tape.calls)
    at = int(time.time()) - (rounds_warm + rounds) * tape.span_s
    samples: list[tuple[int, float]] = []
    async with FakeAmi(site.settings.asterisk.ami_port, SEATS) as fake, gateway_on(site) as hall:
        pid = hall.child.pid
        before = (await _figures(site))["gateway_facts_total"]
        began, cpu = 0.0, 0.0
        for n in range(rounds_warm + rounds):
            if n == rounds_warm:
                began, cpu = time.monotonic(), cpu_s(pid)
            await fake.play(tape.round(at + n * tape.span_s))
            facts = before + (n + 1) * tape.facts
            await until(lambda facts=facts: _settled(site, facts), f"round {n} written", 60.0)  # type: ignore[misc]
            if n >= rounds_warm - 1:
                samples.append(((n + 1) * tape.calls, rss_mb(pid)))
        took, used = time.monotonic() - began, cpu_s(pid) - cpu
        seen = await _figures(site)
    calls = rounds * tape.calls
    return {
        "flat_calls": calls,
        "flat_samples": samples,
        "growth_mb": samples[-1][1] - samples[0][1],
        "slope_kb_a_call": _slope(samples) * 1024,
        "flat_calls_per_s": calls / took,
        "flat_cpu_ms_a_call": used / calls * 1000,
        "calls_still_live": seen["gateway_calls_live"],
        "orders": fake.orders,
    }


def _slope(samples: list[tuple[int, float]]) -> float:
    """MB a call, by least squares."""
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0.0


def measure() -> dict[str, Any]:
    """About a minute and a half."""
    streams()  # recorded before anything is measured
    with bench_site(SEATS) as site:
        result = asyncio.run(_on_asterisk(site))
        site.asterisk.stop()
        return result | asyncio.run(_flat(site))


def rows(result: dict[str, Any]) -> list[Row]:
    """Ready, resident, flat."""
    ready, memory, growth = max(result["ready_s"]), result["talking_mb"], result["growth_mb"]
    after = result["flat_samples"][-1][1]
    return [
        Row("size: ready after the start of the process", f"{ready:.2f} s", f"{READY_S:.0f} s",
            f"{ready / READY_S:.2f}", f"<= {READY_S:.0f} s", ready <= READY_S),
        Row(f"size: resident at {SEATS} seats and {result['channels']} channels", f"{memory:.0f} MB",
            f"{MEMORY_MB:.0f} MB", f"{memory / MEMORY_MB:.2f}", f"<= {MEMORY_MB:.0f} MB",
            memory <= MEMORY_MB and result["channels"] >= 2 * SEATS),
        Row(f"size: growth over {result['flat_calls']:,} calls (fake AMI)", f"{growth:+.1f} MB (to {after:.0f} MB)",
            f"{GROWTH_MB:.0f} MB",
            f"{growth / GROWTH_MB:.2f}", f"flat: <= {GROWTH_MB:.0f} MB", growth <= GROWTH_MB),
    ]  # fmt: skip


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
