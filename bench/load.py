"""An HTTP/1.1 load generator that costs little: raw keep-alive connections, requests encoded beforehand, in a process
of its own so that the server has its core. Knows only what benches need: POST, Content-Length, status.

    run_load(Job(...)) -> Result      starts `python -m bench.load` with the job on stdin and waits for its figures

Closed loop (``rate`` 0): each connection sends its next request when the last is answered; gives the highest rate.
Open loop: requests are due at fixed times whatever the server does, and latency counts from when one was due, so a
stalled server cannot hide its stall (coordinated omission).
"""

from __future__ import annotations

import asyncio
import json
import pickle
import subprocess
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import uvloop

from tools.lab.site import ROOT

MARK = "@@N@@"
"""Stands in headers and body for a text that differs with each request."""


@dataclass(slots=True)
class Job:
    """What to send. ``headers`` and ``body`` may hold MARK; ``rate`` is requests a second, 0 for closed loop."""

    port: int
    path: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    connections: int = 64
    seconds: float = 5.0
    warm_s: float = 1.0
    rate: float = 0.0
    first: int = 0
    """The number of the first request, so that several runs never repeat one."""
    requests: str = ""
    """A pickled list of whole requests to be sent instead, each once; when it ends so does the sending."""


@dataclass(slots=True)
class Result:
    """``per_s`` counts good answers (2xx) within the measured time; latencies are seconds, of good answers."""

    per_s: float
    p50_s: float
    p99_s: float
    worst_s: float
    statuses: dict[str, int]
    sent: int
    sample: str


class _Connection(asyncio.Protocol):
    """One request at a time; ``answered(status, body, connection)`` after each."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = bytearray()
        self._asked = False
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._load.idle.append(self)
        self._load.feed()

    def send(self, request: bytes, due: float) -> None:
        self.due, self._asked = due, True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        head = buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = buffer.lower().find(b"content-length:", 0, head)
        length = int(buffer[at + 15 : buffer.find(b"\r\n", at)]) if at >= 0 else 0
        end = head + 4 + length
        if len(buffer) < end:
            return
        status, body = int(buffer[9:12]), bytes(buffer[head + 4 : end])
        del buffer[:end]
        self._asked = False
        self._load.answered(self, status, body)

    def connection_lost(self, error: Exception | None) -> None:
        self._load.lost(self, bool(self._asked))


class _Load:
    """All connections of one job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        head = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
        width = 10
        body = job.body.replace(MARK, "0" * width)
        length = len(body.encode())
        text = f"POST {job.path} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\nContent-Length: {length}\r\n{head}\r\n"
        self._parts = (text + job.body).encode().split(MARK.encode())
        self._width = width
        self._next = job.first
        self._made: list[bytes] | None = pickle.loads(Path(job.requests).read_bytes()) if job.requests else None
        self.idle: deque[_Connection] = deque()
        self._backlog: deque[float] = deque()
        self._again: asyncio.Queue[None] = asyncio.Queue()
        self.statuses: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.counting = self.open = False
        self.sample = ""

    def _request(self) -> bytes:
        self._next += 1
        if self._made is not None:
            return self._made[self._next - self._job.first - 1]
        return f"{self._next:0{self._width}d}".encode().join(self._parts)

    @property
    def sent(self) -> int:
        return self._next - self._job.first

    def feed(self) -> None:
        """Give idle connections their next request, if one is due."""
        if not self.open or (self._made is not None and self.sent >= len(self._made) - len(self.idle)):
            return
        while self.idle and (not self._job.rate or self._backlog):
            due = self._backlog.popleft() if self._job.rate else time.perf_counter()
            self.idle.popleft().send(self._request(), due)

    def answered(self, connection: _Connection, status: int, body: bytes) -> None:
        if self.counting:
            self.statuses[str(status)] += 1
            if 200 <= status < 300:
                self.latencies.append(time.perf_counter() - connection.due)
        if not self.sample or (status >= 300 and not self.sample.startswith("!")):
            self.sample = ("!" if status >= 300 else "") + body[:300].decode("utf-8", "replace")
        self.idle.append(connection)
        self.feed()

    def lost(self, connection: _Connection, asked: bool) -> None:
        """A connection that the server closed: made anew; one with a request under way is counted as ``closed``."""
        if connection in self.idle:
            self.idle.remove(connection)
        if self.open:
            self.statuses["closed"] += asked
            self._again.put_nowait(None)

    async def _connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: _Connection(self), "127.0.0.1", self._job.port)

    async def _reconnect(self) -> None:
        while True:
            await self._again.get()
            await self._connect()

    async def run(self) -> Result:
        job = self._job
        for _ in range(job.connections):
            await self._connect()
        reconnecting = asyncio.create_task(self._reconnect())
        self.open = True
        began = time.perf_counter()
        ticking = asyncio.create_task(self._tick(began)) if job.rate else None
        self.feed()
        await asyncio.sleep(job.warm_s)
        self.counting, counted = True, time.perf_counter()
        await asyncio.sleep(job.seconds)
        took = time.perf_counter() - counted
        self.counting = self.open = False
        for task in (ticking, reconnecting):
            if task is not None:
                task.cancel()
        ordered = sorted(self.latencies) or [0.0]
        at = lambda share: ordered[min(len(ordered) - 1, int(len(ordered) * share))]  # noqa: E731
        await asyncio.sleep(0.3)  # what is under way is answered, so that the server's books are whole
        return Result(
            len(self.latencies) / took, at(0.5), at(0.99), ordered[-1], dict(self.statuses), self.sent, self.sample
        )

    async def _tick(self, began: float) -> None:
        made = 0
        while True:
            owed = int((time.perf_counter() - began) * self._job.rate) - made
            for n in range(owed):
                self._backlog.append(began + (made + n + 1) / self._job.rate)
            made += owed
            self.feed()
            await asyncio.sleep(0.001)


def run_load(job: Job) -> Result:
    """Run the job in a process of its own. Raises RuntimeError with what it complained of."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(asdict(job)), capture_output=True, text=True,
        timeout=job.seconds + job.warm_s + 60, check=False, cwd=ROOT,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    told: dict[str, Any] = json.loads(done.stdout)
    return Result(**told)


def main() -> None:
    job = Job(**json.loads(sys.stdin.read()))

    async def play() -> Result:
        return await _Load(job).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(asdict(runner.run(play()))))


if __name__ == "__main__":
    main()
