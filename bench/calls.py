"""Calls a second through the whole flow, beside the same Asterisk without a gateway.

With the gateway a call goes: our dialplan, AGI, answer, greeting, handed back, recorded, queued, answered at a seat,
half a second of talk, the seat hangs up; seat map, ledger, ticket and feed follow it. Without: a bare dialplan with
the same answer, the same greeting, the same recording and the same queue, and nobody on AMI. Same Asterisk process,
same phones, same two SIPps, same cores. A rate is sustained when every call placed in STEP_S seconds was served (no
call failed, none waited longer than PATIENCE_S for the next message) and the last one ended within SLACK_S of its due
time.

The highest sustained rate is found by steps up and then by halving, first without the gateway; the gateway's side
starts there and goes down, so a ratio of 1.00 means "at least". CPU a call comes from /proc at the gateway's own best
rate.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from bench.site import ENTRY, BenchHall, bench_site, callers, cpu_s, gateway_on, host_cpu, phones, until
from bench.table import Row, run
from tools.lab.sipp import SippFailed
from tools.lab.site import Site

SEATS = 200
TALK_MS = 500
STEP_S = 8.0
PATIENCE_S = 5.0
SLACK_S = 4.0
FIRST, FACTOR, MOST = 100.0, 1.3, 300.0
HALVINGS = 3
LEAST = 0.4
BARE = "10000"
STEADY = 10.0
"""A calm rate, at which CPU a call is told as well."""

_BARE_DIALPLAN = """
[from-trunk](+)
exten = {bare},1,Answer()
 same = n,Set(CHANNEL(language)=zh)
 same = n,Playback(gw/greeting-hello)
 same = n,MixMonitor(bare/${{UNIQUEID}}.wav,b)
 same = n,Queue(hotline)
 same = n,Hangup()
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One rate tried. CPU in milliseconds a call (0 where there was no gateway); ``busy`` is the machine's share."""

    rate: float
    placed: int
    served: int
    took_s: float
    sustained: bool
    gateway_ms: float
    asterisk_ms: float
    busy: float


def _bare_dialplan(site: Site) -> None:
    with (site.paths.etc / "extensions.conf").open("a", encoding="utf-8") as file:
        file.write(_BARE_DIALPLAN.format(bare=BARE))


async def step(site: Site, rate: float, dials: str, hall: BenchHall | None) -> Step:
    """Place calls at ``rate`` for STEP_S seconds and see them end. A failed rate leaves a fresh Asterisk behind."""
    done = await _step(site, rate, dials, hall.child.pid if hall else None)
    print(f"calls: {dials} {done}", file=sys.stderr)
    if not done.sustained:
        # Overrun, Asterisk 22 does not come back: a minute later it still refused calls at a tenth of the rate (seen).
        # Contacts and members survive a restart.
        site.asterisk.kill9()
        site.asterisk.start()
        if hall is not None:
            await until(hall.ready, "the gateway has found Asterisk again", 60.0)
    await asyncio.sleep(1.0)
    return done


async def _step(site: Site, rate: float, dials: str, gateway: int | None) -> Step:
    calls = max(1, round(rate * STEP_S))
    pids = [site.asterisk.pid, *([gateway] if gateway else [])]
    before, host, began = [cpu_s(pid) for pid in pids], host_cpu(), time.monotonic()
    async with callers(site, rate=rate, calls=calls, dials=dials, patience_s=PATIENCE_S) as sipp:
        try:
            stats = await sipp.ended(STEP_S + SLACK_S + 2 * PATIENCE_S)
        except SippFailed:
            stats = sipp.stats()
    took, now = time.monotonic() - began, host_cpu()
    used = [(cpu_s(pid) - was) / calls * 1000 for pid, was in zip(pids, before, strict=True)]
    sustained = stats.successful == calls and took <= STEP_S + SLACK_S
    share = (now[0] - host[0]) / max(0.01, now[1] - host[1])
    return Step(rate, calls, stats.successful, took, sustained, used[1] if gateway else 0.0, used[0], share)


Try = Callable[[float], Awaitable[Step]]


async def climb(attempt: Try) -> list[Step]:
    """Up until it fails, then halve between."""
    steps, good, bad = [], 0.0, 0.0
    rate = FIRST
    while rate <= MOST and not bad:
        steps.append(await attempt(rate))
        if steps[-1].sustained:
            good, rate = rate, rate * FACTOR
        else:
            bad = rate
    for _ in range(HALVINGS if bad else 0):
        middle = (good + bad) / 2
        steps.append(await attempt(middle))
        good, bad = (middle, bad) if steps[-1].sustained else (good, middle)
    return steps


async def descend(attempt: Try, start: float) -> list[Step]:
    """``start`` itself, or by halving what lies between LEAST of it and it."""
    steps = [await attempt(start)]
    good, bad = start * LEAST, start
    for _ in range(0 if steps[0].sustained else HALVINGS + 1):
        middle = (good + bad) / 2
        steps.append(await attempt(middle))
        good, bad = (middle, bad) if steps[-1].sustained else (good, middle)
    return steps


def best(steps: list[Step]) -> Step | None:
    """The highest sustained one."""
    return max((one for one in steps if one.sustained), key=lambda one: one.rate, default=None)


async def _measure(site: Site) -> dict[str, Any]:
    await asyncio.to_thread(site.prompts)
    site.asterisk.start()
    async with phones(site, SEATS, talk_ms=TALK_MS):
        async with gateway_on(site) as hall:
            await hall.sign_in(SEATS)  # app_queue keeps the members when the gateway goes
            await step(site, STEADY, ENTRY, hall)  # all is warm
        bare = await climb(lambda rate: step(site, rate, BARE, None))
        bare_steady = await step(site, STEADY, BARE, None)
        top = best(bare)
        async with gateway_on(site) as hall:
            full, steady, written = await _with_gateway(site, hall, top.rate if top else FIRST)
    ours = best(full)
    return {
        "bare": [asdict(one) for one in bare],
        "gateway": [asdict(one) for one in full],
        "bare_rate": top.rate if top else 0.0,
        "gateway_rate": ours.rate if ours else 0.0,
        "ratio": ours.rate / top.rate if ours and top else 0.0,
        "gateway_ms": ours.gateway_ms if ours else 0.0,
        "asterisk_ms": ours.asterisk_ms if ours else 0.0,
        "gateway_ms_steady": steady.gateway_ms,
        "asterisk_ms_steady": steady.asterisk_ms,
        "bare_asterisk_ms_steady": bare_steady.asterisk_ms,
        "gateway_ms_written_after": written,
    }


async def _with_gateway(site: Site, hall: BenchHall, start: float) -> tuple[list[Step], Step, float]:
    """The search, the calm rate, and the CPU a call that comes after the last call (nothing may be put off)."""
    pid = hall.child.pid
    full = await descend(lambda rate: step(site, rate, ENTRY, hall), start)
    await asyncio.sleep(1.0)
    steady = await step(site, STEADY, ENTRY, hall)
    before = cpu_s(pid)
    await asyncio.sleep(2.0)
    return full, steady, (cpu_s(pid) - before) / steady.placed * 1000


def measure() -> dict[str, Any]:
    """About three minutes."""
    with bench_site(SEATS, after_write=_bare_dialplan) as site:
        return asyncio.run(_measure(site))


def rows(result: dict[str, Any]) -> list[Row]:
    """The rate, and the gateway's CPU at its best rate."""
    ms, asterisk = result["gateway_ms"], result["asterisk_ms"]
    share = ms / asterisk if asterisk else 1.0
    return [
        Row(
            "calls: highest rate without loss, whole flow",
            f"{result['gateway_rate']:.1f} calls/s",
            f"bare dialplan {result['bare_rate']:.1f} calls/s",
            f"{result['ratio']:.2f}",
            ">= 0.9",
            result["ratio"] >= 0.9,
        ),
        Row(
            "calls: gateway's CPU a call at that rate", f"{ms:.2f} ms", "3 ms", f"{ms / 3:.2f}", "<= 3 ms", 0 < ms <= 3
        ),
        Row(
            "calls: gateway's CPU beside Asterisk's",
            f"{ms:.2f} ms",
            f"Asterisk {asterisk:.2f} ms",
            f"{share:.2f}",
            "<= 0.20",
            share <= 0.2,
        ),
        Row(
            f"calls: the same at {STEADY:.0f} calls/s",
            f"{result['gateway_ms_steady']:.2f} ms",
            f"Asterisk {result['asterisk_ms_steady']:.2f} ms (bare {result['bare_asterisk_ms_steady']:.2f} ms)",
            f"{result['gateway_ms_steady'] / max(0.01, result['asterisk_ms_steady']):.2f}",
            "",
            None,
        ),
    ]


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
