"""From Asterisk's event to a websocket client's frame: 200 seats, 10 calls a second, 20 sockets, on a real Asterisk.

Each move of a seat's activity on the live stream carries ``since``: the Timestamp that Asterisk wrote into the AMI
event that caused it. A client in a process of its own takes the time of each frame's receipt, on the same machine's
clock; the difference is the latency. So it holds Asterisk's AMI thread, the socket, wire, reducers, encoding, twenty
sends and the client's own reading. ``hub`` is the part after the gateway's ``at`` in the frame: sending and receiving.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from typing import Any

import orjson
from aiohttp import ClientWebSocketResponse, WSMsgType

from bench.site import bench_site, callers, cpu_s, gateway_on, percentile, phones, run_client
from bench.table import Row, run
from gateway.demo.hotline import Hotline
from tools.lab.site import Site

SEATS, RATE, SOCKETS = 200, 10, 20
TALK_MS = 12_000
WARM_S, SECONDS = 14.0, 20.0
TARGET_MS = 50.0


class Follower:
    """One socket's view: when each seat last moved, and how late each move came."""

    def __init__(self) -> None:
        self.since: dict[str, float] = {}
        self.delays: list[float] = []
        self.hub: list[float] = []
        self.frames = self.bytes = self.gaps = 0
        self._n = -1
        self.counting = False

    def take(self, data: bytes, at: float) -> None:
        """One frame, received at ``at``."""
        message = orjson.loads(data)
        fresh = message["type"] == "snapshot"
        self.gaps += not fresh and message["n"] != self._n + 1
        self._n = message["n"]
        counts = self.counting and not fresh
        for seat in message["seats"]:
            if seat["since"] > self.since.get(seat["id"], 0.0):
                self.since[seat["id"]] = seat["since"]
                if counts:
                    self.delays.append(at - seat["since"])
        if counts:
            self.frames += 1
            self.bytes += len(data)
            self.hub.append(at - message["at"])


async def _follow(socket: ClientWebSocketResponse, follower: Follower) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            follower.take(message.data.encode(), time.time())


async def client(url: str, login: str, password: str) -> dict[str, Any]:
    """Twenty sockets in one process: warm up, then measure."""
    followers = [Follower() for _ in range(SOCKETS)]
    async with Hotline(url, login, password) as hotline:
        assert hotline._session is not None
        http = hotline._session
        sockets = [await http.ws_connect(f"{url}/api/v1/live", max_msg_size=0) for _ in followers]
        async with asyncio.TaskGroup() as group:
            for socket, follower in zip(sockets, followers, strict=True):
                group.create_task(_follow(socket, follower))
            await asyncio.sleep(WARM_S)
            for follower in followers:
                follower.counting = True
            await asyncio.sleep(SECONDS)
            for socket in sockets:
                await socket.close()
    delays = sorted(one for follower in followers for one in follower.delays)
    hub = sorted(one for follower in followers for one in follower.hub)
    return {
        "moves": len(delays),
        "frames": sum(follower.frames for follower in followers),
        "kb_a_frame": sum(f.bytes for f in followers) / max(1, sum(f.frames for f in followers)) / 1024,
        "gaps": sum(follower.gaps for follower in followers),
        **{f"p{at}_ms": percentile(delays, at) * 1000 for at in (50, 95, 99)},
        "worst_ms": (delays[-1] if delays else 0.0) * 1000,
        "hub_p50_ms": statistics.median(hub) * 1000 if hub else 0.0,
        "hub_p99_ms": percentile(hub, 99) * 1000,
    }


async def _measure(site: Site) -> dict[str, Any]:
    await asyncio.to_thread(site.prompts)
    site.asterisk.start()
    async with gateway_on(site) as hall, phones(site, SEATS, talk_ms=TALK_MS, ring_ms=500):
        await hall.sign_in(SEATS)
        calls = int(RATE * (WARM_S + SECONDS + 5))
        async with callers(site, rate=RATE, calls=calls, patience_s=60):
            before, began = cpu_s(hall.child.pid), time.monotonic()
            told = await asyncio.to_thread(run_client, "bench.live", hall, limit_s=WARM_S + SECONDS + 30)
            used = (cpu_s(hall.child.pid) - before) / (time.monotonic() - began)
            talking = sum(seat["activity"] == "talking" for seat in await hall.lead.seats())
    return told | {"talking_at_end": talking, "gateway_cores": used}


def measure() -> dict[str, Any]:
    """About a minute."""
    with bench_site(SEATS) as site:
        return asyncio.run(_measure(site))


def rows(result: dict[str, Any]) -> list[Row]:
    """The latency, and the part of it behind the gateway's own clock."""
    p99 = result["p99_ms"]
    return [
        Row(
            f"live: event to websocket frame ({SEATS} seats, {RATE} calls/s, {SOCKETS} sockets)",
            f"p50 {result['p50_ms']:.1f} ms, p99 {p99:.1f} ms",
            f"{TARGET_MS:.0f} ms",
            f"{p99 / TARGET_MS:.2f}",
            f"p99 <= {TARGET_MS:.0f} ms",
            result["moves"] > 0 and result["gaps"] == 0 and p99 <= TARGET_MS,
        )
    ]


if __name__ == "__main__":
    if sys.argv[1:] == ["client"]:
        print(json.dumps(asyncio.run(client(*json.loads(sys.stdin.read())))))
    else:
        run(measure, rows, __doc__ or "")
