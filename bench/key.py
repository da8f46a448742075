"""The one key: from the press to the partner's INVITE, at 100 transfers a minute while 200 seats talk; and how long the
citizen hears nothing when they are joined to the partner.

The presses go over the gateway's HTTP API, from a process of its own that also is the carrier: both times are taken on
one clock, the press before the request leaves, the INVITE when it has come. The gap is told by RTP: the longest time
between two packets at a citizen's telephone, from the press until the partner is heard. The citizens of the 200 calls
send audio and their agents' telephones send it back, all of it through Asterisk on the same two cores.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

from bench.site import ENTRY, bench_site, gateway_on, host_cpu, percentile, phones, run_client, until
from bench.table import Row, run
from gateway.demo.hotline import Hotline, HotlineRefused
from gateway.model.masking import mask_number
from tools.lab import Ports
from tools.lab.carrier import Carrier
from tools.lab.phone import Manner, Phone, PhoneFailed
from tools.lab.sipp import SCENARIOS
from tools.lab.site import Site

SEATS, A_MINUTE, SECONDS = 200, 100, 60.0
EARS = 12
"""Citizens whose telephones are listened to; the others are SIPp's."""
LINES = 40
TARGET_MS, GAP_MS = 150.0, 300.0

_PARTNERS = "".join(
    f'[[partner]]\nnumber = "9611{n:02}"\nname = "联动单位{n}"\nname_en = "Partner {n}"\n'
    'mode = "attended"\nanswer_s = 30\n'
    for n in range(LINES)
)


class Lines(Carrier):
    """Notes when the INVITE of a call to each number came."""

    def __init__(self, server_port: int) -> None:
        super().__init__(server_port)
        self.invited: dict[str, float] = {}

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.startswith(b"INVITE sip:"):
            number = data[11 : data.index(b"@")].decode()
            self.invited.setdefault(number, asyncio.get_running_loop().time())
        super().datagram_received(data, addr)


class Ear(Phone):
    """A telephone that notes when each packet of audio came."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.came: list[float] = []

    def _hear(self, data: bytes) -> None:
        super()._hear(data)
        self.came.append(asyncio.get_running_loop().time())

    def longest_gap(self, since: float) -> float:
        """Seconds, from ``since`` to now."""
        times = [since, *(at for at in self.came if at >= since), asyncio.get_running_loop().time()]
        return max(later - earlier for earlier, later in pairwise(times))


class Pressing:
    """The client: presses keys and takes the partners' calls."""

    def __init__(self, hotline: Hotline, lines: Lines) -> None:
        self.hotline, self.lines = hotline, lines
        self.free: asyncio.Queue[str] = asyncio.Queue()
        self.phones: dict[str, Phone] = {}
        self.took: list[float] = []
        self.gaps: list[float] = []
        self.failed: list[str] = []
        self.busy: set[str] = set()

    async def press(self, seat: str, ear: Ear | None = None) -> None:
        """One transfer, from the press to the partner's hanging up."""
        number = await self.free.get()
        partner, now = self.phones[number], asyncio.get_running_loop().time
        try:
            self.lines.invited.pop(number, None)
            pressed = now()
            await self.hotline._ask("POST", "/api/v1/transfers", {"seat": seat, "partner": number})
            async with asyncio.timeout(10):
                while number not in self.lines.invited:
                    await asyncio.sleep(0.005)
            self.took.append(self.lines.invited[number] - pressed)
            await partner.until("up")
            if ear is not None:
                await ear.until_hears("partner", limit_s=10)
                self.gaps.append(ear.longest_gap(pressed))
            await asyncio.sleep(2.0)
            await partner.hang_up()
        except (HotlineRefused, PhoneFailed, TimeoutError) as error:
            self.failed.append(f"{type(error).__name__}: {str(error)[:120]}")
        finally:
            self.busy.discard(seat)
            self.free.put_nowait(number)


async def client(url: str, login: str, password: str, carrier: int, sip: int) -> dict[str, Any]:
    """Fill the ears, then press 100 times a minute for a minute."""
    async with AsyncExitStack() as stack:
        hotline = await stack.enter_async_context(Hotline(url, login, password))
        lines = await stack.enter_async_context(Lines.open(carrier, sip))
        work = Pressing(hotline, lines)
        for n in range(LINES):
            number = f"9611{n:02}"
            work.phones[number] = await lines.phone("partner", number, manner=Manner(ring_s=0.5))
            work.free.put_nowait(number)
        ears = {f"1770000{n:04}": await _ear(stack, f"1770000{n:04}", sip) for n in range(EARS)}
        await until(lambda: _all_talk(hotline), f"{SEATS} seats talk", 120.0)
        seat_of = {mask_number(number): ear for number, ear in ears.items()}
        used = host_cpu()
        async with asyncio.TaskGroup() as group:
            for n in range(int(A_MINUTE * SECONDS / 60)):
                seats = [s for s in await hotline.seats() if s["activity"] == "talking" and s["id"] not in work.busy]
                heard = [s for s in seats if s["caller"] in seat_of]
                others = [s for s in seats if s["caller"] not in seat_of]
                chosen = heard[0] if heard and n % 5 == 0 else random.choice(others)
                work.busy.add(chosen["id"])
                group.create_task(work.press(chosen["id"], seat_of.pop(chosen["caller"], None)))
                await asyncio.sleep(60 / A_MINUTE)
        now = host_cpu()
    took, gaps = sorted(work.took), sorted(work.gaps)
    return {
        "transfers": len(took),
        "failed": work.failed[:5],
        "failures": len(work.failed),
        **{f"p{at}_ms": percentile(took, at) * 1000 for at in (50, 99)},
        "worst_ms": percentile(took, 100) * 1000,
        "gaps": len(gaps),
        "gap_p50_ms": percentile(gaps, 50) * 1000,
        "gap_worst_ms": percentile(gaps, 100) * 1000,
        "machine_busy": (now[0] - used[0]) / (now[1] - used[1]),
    }


async def _ear(stack: AsyncExitStack, number: str, sip: int) -> Ear:
    ear = await stack.enter_async_context(Ear.open("citizen", number, sip))
    await ear.call(ENTRY)
    return ear


async def _all_talk(hotline: Hotline) -> bool:
    return sum(seat["activity"] == "talking" for seat in await hotline.seats()) >= SEATS - 2


async def _measure(site: Site, carrier: int) -> dict[str, Any]:
    await asyncio.to_thread(site.prompts)
    site.asterisk.start()
    async with gateway_on(site) as hall, phones(site, SEATS, talk_ms=3_600_000, ring_ms=300, more=["-rtp_echo"]):
        await hall.sign_in(SEATS)
        rows = [(f"138{n:08d}", "c", ENTRY, "0", "3600000", "yes") for n in range(0, 997_000, 997)]
        options = ["-m", "2000", "-l", str(SEATS - EARS), "-r", "10"]
        async with site.sipp().running(SCENARIOS / "citizen.xml", options, rows=rows):
            sip = site.settings.asterisk.sip_port
            return await asyncio.to_thread(run_client, "bench.key", hall, carrier, sip, limit_s=220)


def measure() -> dict[str, Any]:
    """About two minutes."""
    ports = Ports()
    carrier = ports.take()
    with bench_site(SEATS, partners=_PARTNERS, trunk=f"sip:127.0.0.1:{carrier}") as site:
        try:
            return asyncio.run(_measure(site, carrier))
        finally:
            ports.close()


def rows(result: dict[str, Any]) -> list[Row]:
    """Press to INVITE, and the gap."""
    p99, gap = result["p99_ms"], result["gap_worst_ms"]
    whole = result["failures"] == 0
    return [
        Row(
            f"key: press to the partner's INVITE ({A_MINUTE} transfers/min, {SEATS} seats talking)",
            f"p50 {result['p50_ms']:.1f} ms, p99 {p99:.1f} ms", f"{TARGET_MS:.0f} ms", f"{p99 / TARGET_MS:.2f}",
            f"p99 < {TARGET_MS:.0f} ms", whole and result["transfers"] > 0 and p99 < TARGET_MS,
        ),
        Row(
            "key: the citizen's longest gap in audio when joined (by RTP)",
            f"p50 {result['gap_p50_ms']:.0f} ms, worst {gap:.0f} ms of {result['gaps']}", f"{GAP_MS:.0f} ms",
            f"{gap / GAP_MS:.2f}", f"< {GAP_MS:.0f} ms", whole and result["gaps"] > 0 and gap < GAP_MS,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:] == ["client"]:
        print(json.dumps(asyncio.run(client(*json.loads(sys.stdin.read())))))
    else:
        run(measure, rows, __doc__ or "")
