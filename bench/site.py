"""A hotline to measure: the shipped configuration with N seats in one hall, a short greeting and no wrap-up, on a real
Asterisk with free ports; the gateway as a process of its own; SIPp for the seats and for the callers.

What is measured is what is shipped: the configuration directory is made from config/, and Asterisk's files come from
``gateway.asterisk.render``. Two things differ, for both sides of every comparison: more RTP ports than a test needs,
and no guard of 2 s after each call in queues.conf (``wrapuptime``), because seats that talk for half a second would
otherwise be what limits the rate.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from gateway.demo.hotline import Hotline, read_logins, shift_lead
from tools.lab.process import Child
from tools.lab.sipp import SCENARIOS, SippProcess
from tools.lab.site import CONFIG, ROOT, Site

CALLER = ROOT / "bench" / "sipp" / "caller.xml"
ENTRY = "12345"
QUEUE = "hotline"
FIRST_EXTENSION = 8001
COLUMNS = 20
RTP = {"GATEWAY__ASTERISK__RTP_START": "10000", "GATEWAY__ASTERISK__RTP_END": "19999"}
"""400 channels want 800 ports; a port that a neighbour has is passed over by Asterisk."""

_HALL = """\
id = "bench"
name = "话务大厅"
area_code = "460000"

[[rooms]]
id = "main"
name = "综合受理区"
width = {columns}
height = {rows}

[[seat_blocks]]
prefix = "A"
first_extension = {first}
count = {seats}
room = "main"
columns = {columns}
queues = ["{queue}"]

[[rest_reasons]]
id = "rest"
name = "小休"

[[rest_reasons]]
id = "paperwork"
name = "工单整理"
"""
_QUEUES = """\
[[queue]]
id = "{queue}"
name = "综合受理"
wrap_up_s = {wrap_up_s}
"""
_ENTRIES = """\
[[entry]]
number = "{entry}"
name = "政务服务便民热线"
flow = "greeting"
queue = "{queue}"
"""
_GREETING = """\
id = "greeting"
name = "问候"
languages = ["zh"]
start = "answer"

[nodes.answer]
kind = "answer"
next = "hello"

[nodes.hello]
kind = "play"
text = { zh = "您好" }
next = "people"

[nodes.people]
kind = "queue"
"""

_HELLO = """\
next = "hello"

[nodes.hello]
kind = "play"
text = { zh = "您好" }
"""


def make_config(
    folder: Path, seats: int, *, wrap_up_s: int = 0, partners: str = "# none here\n", greets: bool = True
) -> Path:
    """A configuration directory of ``seats`` seats (A001 on, extensions 8001 on), one queue, one entry number."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    for old in [*(config / "halls").glob("*.toml"), *(config / "ivr").glob("*.toml")]:
        old.unlink()
    rows = -(-seats // COLUMNS)
    hall = _HALL.format(columns=COLUMNS, rows=rows, first=FIRST_EXTENSION, seats=seats, queue=QUEUE)
    for name, text in {
        "halls/bench.toml": hall,
        "queues.toml": _QUEUES.format(queue=QUEUE, wrap_up_s=wrap_up_s),
        "entries.toml": _ENTRIES.format(entry=ENTRY, queue=QUEUE),
        "partners.toml": partners,
        "ivr/greeting.toml": _GREETING if greets else _GREETING.replace(_HELLO, ""),
    }.items():
        (config / name).write_text(text, encoding="utf-8")
    return config


@contextmanager
def bench_site(
    seats: int,
    *,
    wrap_up_s: int = 0,
    partners: str = "# none here\n",
    trunk: str = "",
    greets: bool = True,
    after_write: Callable[[Site], None] = lambda site: None,
) -> Iterator[Site]:
    """A site that is not started. ``after_write`` may change Asterisk's files each time they are rendered; ``trunk`` is
    where calls out go (``sip:127.0.0.1:5999``). Without ``greets`` a call is in the queue as soon as it is
    answered."""
    with tempfile.TemporaryDirectory(prefix="gwb-", ignore_cleanup_errors=True) as folder:
        config = make_config(Path(folder), seats, wrap_up_s=wrap_up_s, partners=partners, greets=greets)
        to_trunk = {"GATEWAY__ASTERISK__TRUNK_CONTACT": trunk} if trunk else {}
        site = Site.free(Path(folder) / "s", config_dir=config, overrides={**RTP, **to_trunk})
        render = site.write

        def write() -> None:
            render()
            queues = site.paths.etc / "queues.conf"
            text = queues.read_text(encoding="utf-8")
            assert "wrapuptime = 2" in text
            queues.write_text(text.replace("wrapuptime = 2", "wrapuptime = 0"), encoding="utf-8")
            after_write(site)

        site.asterisk.write = write
        try:
            yield site
        finally:
            site.stop()


@dataclass(slots=True)
class BenchHall:
    """A running hotline. ``child`` is the gateway's process."""

    site: Site
    child: Child
    lead: Hotline
    logins: list[str]

    async def ready(self) -> bool:
        """What /readyz says now."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            return await is_ready(self.site, http, self.child)

    async def sign_in(self, seats: int) -> None:
        """An agent at each seat, ready; eight orders under way at a time."""
        queue: asyncio.Queue[int] = asyncio.Queue()
        for n in range(seats):
            queue.put_nowait(n)

        async def work() -> None:
            while not queue.empty():
                n = queue.get_nowait()
                await self.lead.sign_in(f"A{n + 1:03d}", self.logins[n])
                await until(lambda n=n: self._presence(n, "not_ready"), f"seat {n + 1} signed in")  # type: ignore[misc]
                await self.lead.ready(f"A{n + 1:03d}")

        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(work())
        await until(lambda: self._all_ready(seats), "every seat is ready")

    async def _presence(self, n: int, presence: str) -> bool:
        return str((await self.lead.seats())[n]["presence"]) == presence

    async def _all_ready(self, seats: int) -> bool:
        return sum(seat["presence"] == "ready" and seat["reachable"] for seat in await self.lead.seats()) >= seats


async def until(true: Callable[[], object], what: str, limit_s: float = 30.0) -> None:
    """Wait until ``true()`` (awaited when it is a coroutine) is truthy. Raises TimeoutError with ``what``."""
    end = time.monotonic() + limit_s
    while True:
        found = true()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        if time.monotonic() > end:
            raise TimeoutError(f"did not come within {limit_s:.0f} s: {what}")
        await asyncio.sleep(0.05)


async def is_ready(site: Site, http: aiohttp.ClientSession, child: Child) -> bool:
    """What /readyz says; False while nothing listens. Raises ChildDied."""
    child.check()
    try:
        async with http.get(f"{site.web_url}/readyz") as answer:
            return bool(answer.status == 200)
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def gateway_on(site: Site) -> AsyncIterator[BenchHall]:
    """The gateway started and ready on a site whose Asterisk runs, with the shift lead logged in."""
    child = site.gateway()
    try:
        async with AsyncExitStack() as stack:
            timeout = aiohttp.ClientTimeout(total=10)
            http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
            await until(lambda: is_ready(site, http, child), "the gateway is ready", 60.0)
            logins = read_logins(site.state_dir / "first-logins.txt")
            lead = shift_lead(logins)
            assert lead is not None
            hotline = await stack.enter_async_context(Hotline(site.web_url, lead.login, lead.password))
            agents = [login.login for login in logins if login.role == "agent"]
            yield BenchHall(site, child, hotline, agents)
    finally:
        await asyncio.to_thread(child.stop)


def run_client(module: str, hall: BenchHall, *more: Any, limit_s: float) -> dict[str, Any]:
    """What ``python -m module client`` has measured: a process of its own, so that its work is not in the way of
    ours. It gets the gateway's address, the shift lead's log-in and ``more`` as JSON. RuntimeError with its complaint;
    subprocess.TimeoutExpired after ``limit_s`` seconds."""
    lead = shift_lead(read_logins(hall.site.state_dir / "first-logins.txt"))
    assert lead is not None
    done = subprocess.run(
        [sys.executable, "-m", module, "client"],
        input=json.dumps([hall.site.web_url, lead.login, lead.password, *more]),
        capture_output=True, text=True, timeout=limit_s, check=False, cwd=ROOT,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Of values in ascending order; 0 when there are none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


@asynccontextmanager
async def phones(
    site: Site, seats: int, *, talk_ms: int, ring_ms: int = 0, more: Sequence[str] = ()
) -> AsyncIterator[SippProcess]:
    """A telephone at each seat: one SIPp that answers after ``ring_ms`` and hangs up after ``talk_ms``. ``more`` are
    options of SIPp: without ``-rtp_echo``, which sends back what is heard, it says nothing."""
    extensions = [str(FIRST_EXTENSION + n) for n in range(seats)]
    passwords = site.seat_passwords(extensions)
    keys = {"ring_ms": str(ring_ms), "talk_ms": str(talk_ms)}
    sipp, port = site.sipp(), site.ports.take()
    rows = [(name, f"[authentication username={name} password={secret}]") for name, secret in passwords.items()]
    await sipp.register(SCENARIOS / "seat-register.xml", rows, port, rate=80.0, keys=keys)
    async with sipp.running(SCENARIOS / "seat-answer.xml", ["-aa", *more], keys=keys, port=port) as process:
        await process.listening(port)
        yield process


NUMBERS = [(f"138{n:08d}",) for n in range(0, 1_000_000, 997)]
"""Calling numbers, all different for a thousand calls."""


def callers(site: Site, *, rate: float, calls: int, dials: str = ENTRY, patience_s: float = 15.0):  # type: ignore[no-untyped-def]
    """Context manager: a SIPp that places ``calls`` calls at ``rate`` a second and calls lost what takes longer than
    ``patience_s`` seconds from one message to the next."""
    every = max(1, round(1000 / rate)) if rate < 1 else 1000
    per = 1 if rate < 1 else round(rate)
    if per != rate and rate >= 1:  # SIPp takes whole calls a period
        per, every = round(rate * 10), 10_000
    options = ["-s", dials, "-m", str(calls), "-l", "2000", "-r", str(per), "-rp", str(every)]
    options += ["-recv_timeout", str(int(patience_s * 1000))]
    return site.sipp().running(CALLER, options, rows=NUMBERS)


_TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used, in user and kernel, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def rss_mb(pid: int) -> float:
    """Resident memory of a process now, MB (2**20 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def host_cpu() -> tuple[float, float]:
    """(busy, total) CPU seconds of the whole machine since its start."""
    fields = [int(one) for one in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / _TICK, sum(fields) / _TICK
