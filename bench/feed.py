"""The feed with 200 streams (SSE) and 20 webhooks at 500 events a second, and how fast the relay fills Redis.

lag: citizens file 500 requests a second over HTTP, each one event; followers in a process of their own take the time
when an event arrives and subtract the ``received_at`` in it, which is when the gateway had read the request. So the lag
holds intake, commit, waking, encoding, sending and the follower's own reading. Webhooks take batches of up to 100
events (the follower's choice); each signs, posts and is answered. Every follower must have got every event.

relay: a ledger with RELAYED events, and the time until Redis has them all (Redis syncs each write).
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from bench.growth import keys_of
from bench.intake import submission
from bench.load import run_load
from bench.served import Served, gateway, on_disk
from bench.site import cpu_s
from bench.table import Row, run
from gateway.bus import BusConfig, Relay, open_bus
from gateway.demo.hotline import Hotline, read_logins
from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.model.records import Account
from gateway.tickets.ports import Tx
from gateway.web.envelope import encoder
from gateway.web.sessions import new_token
from tests.servers import redis
from tools.lab.site import ROOT

STREAMS, HOOKS, BATCH = 200, 20, 100
RATE, SECONDS, WARM_S = 500.0, 8.0, 2.0
RELAYED = 40_000
LAG_S, RELAY_PER_S = 1.0, 10_000.0
_REACHED = {"GATEWAY__FOLLOWERS__ALLOW_HTTP": "true", "GATEWAY__GUARD__ALLOW": '["127.0.0.0/8"]'}
_MARK = b'"received_at":'


# The followers, in a process of their own ---------------------------------------------------------------------------


class _Lags:
    """Arrivals less ``received_at``, and how many events came."""

    def __init__(self) -> None:
        self.all: list[float] = []

    def take(self, data: bytes) -> int:
        """Every whole mark in ``data``; where the first that may be cut begins."""
        now, at = time.time(), 0
        while (found := data.find(_MARK, at)) >= 0:
            end = data.find(b",", found)
            if end < 0:
                return found
            self.all.append(now - float(data[found + len(_MARK) : end]))
            at = end
        return max(at, len(data) - len(_MARK))

    def told(self) -> dict[str, Any]:
        """Quantiles, seconds."""
        ordered = sorted(self.all) or [0.0]
        at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99)]
        return {"events": len(self.all), "p50_s": at[0], "p99_s": at[1], "worst_s": ordered[-1]}


async def _stream(port: int, token: str, lags: _Lags) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    head = f"GET /api/v1/feed/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(head.encode())
    left = b""
    while part := await reader.read(1 << 20):
        data = left + part
        left = data[lags.take(data) :]


async def _follow(port: int, token: str) -> None:
    """Prints the webhooks' port when all streams are open, and the lags once a line comes in."""
    streams, hooks = _Lags(), _Lags()

    async def hook(request: web.Request) -> web.Response:
        hooks.take(await request.read())
        return web.Response()

    app = web.Application(client_max_size=1 << 22)
    app.router.add_post("/{name}", hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tasks = [asyncio.create_task(_stream(port, token, streams)) for _ in range(STREAMS)]
    await asyncio.sleep(1.0)
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print(json.dumps({"streams": streams.told(), "hooks": hooks.told()}), flush=True)
    for task in tasks:
        task.cancel()
    await runner.cleanup()


# The measurement ----------------------------------------------------------------------------------------------------


async def _machine(folder: Path) -> str:
    """A token that may follow the feed."""
    token, hashed = new_token()

    async def work(tx: Tx) -> None:
        await tx.save_account(Account("follower", "bench", "reader", ""), "")
        await tx.save_token("follower", hashed, "bench", time.time())

    async with open_ledger(LedgerConfig(), folder, keys_of(folder)) as ledger:
        await ledger.write(work)
    return token


async def _add_hooks(served: Served, port: int) -> None:
    admin = next(one for one in read_logins(served.folder / "first-logins.txt") if one.role == "admin")
    async with Hotline(f"http://127.0.0.1:{served.port}", admin.login, admin.password) as hotline:
        for n in range(HOOKS):
            body = {"name": f"h{n}", "url": f"http://127.0.0.1:{port}/h{n}", "batch": BATCH}
            await hotline._ask("POST", "/api/v1/followers", body)


def lag() -> dict[str, Any]:
    """Streams and webhooks, about fifteen seconds."""
    with on_disk("feed") as folder:
        with gateway(folder):
            pass  # makes the schema and the first accounts
        token = asyncio.run(_machine(folder))
        with gateway(folder, more=_REACHED) as served:
            command = [sys.executable, "-m", "bench.feed", "follow", str(served.port), token]
            with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, cwd=ROOT) as followers:
                assert followers.stdin is not None and followers.stdout is not None
                asyncio.run(_add_hooks(served, int(followers.stdout.readline())))
                used = cpu_s(served.child.pid)
                job = submission(served.port, rate=RATE, seconds=SECONDS, warm_s=WARM_S)
                sent = run_load(job)
                used = (cpu_s(served.child.pid) - used) / (SECONDS + WARM_S)
                time.sleep(2.5)
                followers.stdin.write("\n")
                followers.stdin.flush()
                told: dict[str, Any] = json.loads(followers.stdout.readline())
    return told | {"sent": asdict(sent), "cpu": used}


async def _relay() -> dict[str, Any]:
    keys = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
    data = {
        "ticket_no": "460000-20261121-0000001", "channel": "wechat", "account": "hainan", "state": "received",
        "kind": "投诉", "title": "路灯不亮", "calling_number": "138****5678", "received_at": 1.5, "flags": [],
    }  # fmt: skip

    async def many(tx: Tx) -> None:
        for _ in range(1000):
            await tx.emit("hotline.ticket.opened.v1", "460000-20261121-0000001", data, 1.5)

    with redis() as server, tempfile.TemporaryDirectory() as folder:
        bus_config = BusConfig(kind="redis", url=server.url)
        async with open_ledger(LedgerConfig(), Path(folder), keys) as ledger, open_bus(bus_config) as bus:
            for _ in range(RELAYED // 1000):
                await ledger.write(many)
            relay = Relay(ledger, bus, "feed", encoder("urn:hotline:12345"))
            began, used = time.perf_counter(), time.process_time()
            task = asyncio.create_task(relay.run())
            while await bus.last("feed") < RELAYED:
                await asyncio.sleep(0.02)
            took, used = time.perf_counter() - began, time.process_time() - used
            task.cancel()
            await asyncio.wait({task})
    return {"relayed": RELAYED, "relay_per_s": RELAYED / took, "relay_cpu_us": used / RELAYED * 1e6}


def measure() -> dict[str, Any]:
    """About half a minute."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        relayed = runner.run(_relay())
    return lag() | relayed


def rows(result: dict[str, Any]) -> list[Row]:
    """The lags, and the relay's rate. An event that did not arrive misses the target too."""
    sent = result["sent"]["sent"]
    made = []
    for key, name, many in (("streams", "SSE followers", STREAMS), ("hooks", "webhooks", HOOKS)):
        got = result[key]
        all_there = got["events"] >= sent * many
        missing = "" if all_there else f", {sent * many - got['events']:,} missing"
        made.append(
            Row(f"feed: lag p99 of {many} {name} at {RATE:.0f} events/s", f"{got['p99_s'] * 1000:.0f} ms{missing}",
                f"{LAG_S:.0f} s", f"{got['p99_s'] / LAG_S:.2f}", f"< {LAG_S:.0f} s",
                all_there and got["p99_s"] < LAG_S)
        )  # fmt: skip
    rate = result["relay_per_s"]
    made.append(
        Row("feed: relay to Redis", f"{rate:,.0f} events/s", f"{RELAY_PER_S:,.0f}/s", f"{rate / RELAY_PER_S:.2f}",
            f">= {RELAY_PER_S:,.0f}/s", rate >= RELAY_PER_S)
    )  # fmt: skip
    return made


def main(words: Sequence[str]) -> None:
    if words[:1] == ["follow"]:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_follow(int(words[1]), words[2]))
    else:
        run(measure, rows, __doc__ or "")


if __name__ == "__main__":
    main(sys.argv[1:])
