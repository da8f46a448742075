"""An LMTP load generator that costs little, in a process of its own: mails are made beforehand and sent as they are.

    run_load(Job(...)) -> Result      starts `python -m bench.lmtp_load` with the job on stdin and waits for its figures

Each connection sends its next mail when the last is answered. The dialogue is that of a mail server that does not
pipeline, which aiosmtpd does not offer: LHLO, then MAIL, RCPT, DATA and the mail, each after the answer to what was
said before.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, cast

import uvloop

from bench.mails import TO, corpus, numbered
from tools.lab.site import ROOT

_LHLO = b"LHLO mx.mail.example\r\n"


@dataclass(slots=True)
class Job:
    """``lasting`` connections carry mail after mail, others one each. ``first`` is the number of the first mail, so
    that several runs never repeat one. ``letters`` leaves photos out."""

    port: int
    connections: int = 16
    seconds: float = 4.0
    warm_s: float = 1.5
    lasting: bool = True
    first: int = 0
    letters: bool = False


@dataclass(slots=True)
class Result:
    """``per_s`` counts mails answered 250 within the measured time; latencies are seconds from a mail's sending."""

    per_s: float
    p50_s: float
    p99_s: float
    answers: dict[str, int]
    sent: int
    """All mails answered 250, also before and after it."""
    sample: str


class _Connection(asyncio.Protocol):
    """Greeting, LHLO, then mails; every answer calls for the next line."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = b""
        self._step = 0
        self._steps: list[bytes] = []
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[: end + 1], self._buffer[end + 1 :]
            if line[3:4] != b"-":
                self._answered(line)

    def _answered(self, line: bytes) -> None:
        if self._step == 0:  # the greeting
            self._step = 1
            self._transport.write(_LHLO)
            return
        if self._step == 1:
            self._begin()
            return
        good = line[:1] in b"23"
        if self._step < 2 + len(self._steps) - 1 and good:
            self._next()
            return
        self._load.answered(line, time.perf_counter() - self._sent)
        if not self._load.open or not good or not self._load.job.lasting:
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
            return
        self._begin()

    def _begin(self) -> None:
        self._steps = self._load.steps()
        self._step = 1
        self._next()

    def _next(self) -> None:
        self._step += 1
        self._sent = time.perf_counter()
        self._transport.write(self._steps[self._step - 2])

    def connection_lost(self, error: Exception | None) -> None:
        self._load.lost(error)


class _Load:
    def __init__(self, job: Job) -> None:
        self.job = job
        made = corpus()
        mails = made.letters if job.letters else made.mails
        self._mails = [mail.replace(b"\r\n.", b"\r\n..") + b".\r\n" for mail in mails]
        if not all(mail.endswith(b"\r\n.\r\n") for mail in self._mails):
            raise ValueError("a mail does not end with a line end")
        self._number = job.first
        self._again: asyncio.Queue[None] = asyncio.Queue()
        self.answers: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.counting, self.open, self.taken = False, True, 0
        self.sample = ""

    def steps(self) -> list[bytes]:
        """What is said for the next mail."""
        number = self._number
        self._number += 1
        mail = numbered(self._mails[(number - self.job.first) % len(self._mails)], number)
        sender = b"MAIL FROM:<c%010d@mail.example>\r\n" % number
        return [sender, b"RCPT TO:<" + TO.encode() + b">\r\n", b"DATA\r\n", mail]

    def answered(self, line: bytes, took: float) -> None:
        code = line[:3].decode("ascii", "replace")
        self.taken += code == "250"
        if self.counting or code != "250":
            self.answers[code] += 1
            self.latencies.append(took)
        if code != "250":
            self.sample = line.decode("utf-8", "replace")[:200]

    def lost(self, error: Exception | None) -> None:
        if self.open:
            if error is not None:
                self.answers["lost"] += 1
            self._again.put_nowait(None)

    async def run(self) -> Result:
        loop = asyncio.get_running_loop()

        async def connect() -> None:
            while True:
                await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self.job.port)
                await self._again.get()

        tasks = [asyncio.create_task(connect()) for _ in range(self.job.connections)]
        await asyncio.sleep(self.job.warm_s)
        self.counting, began = True, time.perf_counter()
        await asyncio.sleep(self.job.seconds)
        took = time.perf_counter() - began
        self.counting = self.open = False
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await asyncio.sleep(0.5)  # what is under way is answered
        ordered = sorted(self.latencies) or [0.0]
        at = lambda share: ordered[min(len(ordered) - 1, int(len(ordered) * share))]  # noqa: E731
        return Result(
            self.answers["250"] / took,
            at(0.5),
            at(0.99),
            dict(self.answers),
            self._number - self.job.first,
            self.sample,
        )


def run_load(job: Job) -> Result:
    """Run the job in a process of its own. Raises RuntimeError with what it complained of."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.lmtp_load"], input=json.dumps(asdict(job)), capture_output=True, text=True,
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
