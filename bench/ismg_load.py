"""A carrier's gateway as a load: the tests' fake ISMG in a process of its own, pushing as fast as the window lets it.

    python -m bench.ismg_load < job.json      prints its port, waits for the login, pushes, prints what it measured

A message counts when it is answered with 0, which the gateway gives after the commit; its time runs from its sending.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass

import uvloop

from tests.fakes.ismg import Ismg, Pushed, Speaks, _Line


@dataclass(frozen=True, slots=True)
class Load:
    """What to push: ``count`` messages at most, measured for ``seconds`` after ``warm_s``."""

    speaks: Speaks
    account: str
    secret: str
    texts: tuple[str, ...]
    count: int
    seconds: float
    warm_s: float
    window: int = 16


@dataclass(frozen=True, slots=True)
class Told:
    """``per_s`` answered within the measured time; times in seconds. ``kept`` in all, ``submits`` came from us."""

    per_s: float
    p50_s: float
    p99_s: float
    kept: int
    logins: int
    submits: int
    most_flying: int


class Timed(Ismg):
    """The fake that keeps the times of what it pushes."""

    counting = False
    counted = 0

    def __init__(self, load: Load) -> None:
        super().__init__(load.speaks, load.account, load.secret, window=load.window)
        self.took: list[float] = []

    def _delivered(self, line: _Line, sequence: int, body: bytes) -> None:
        flown = line.flying.get(sequence)
        if flown is not None and self.counting:
            self.took.append(asyncio.get_running_loop().time() - flown[1])
        super()._delivered(line, sequence, body)


async def push(load: Load) -> Told:
    """Serve one gateway."""
    people = -(-load.count // len(load.texts))
    async with Timed(load) as ismg:
        print(ismg.port, flush=True)
        pushed: list[Pushed] = [
            ismg.deliver(f"138{n % people:08d}", "1065812345", load.texts[n // people].encode("utf-16-be"))
            for n in range(load.count)
        ]
        await ismg.until(lambda: ismg.lines, 60)
        ismg.push(*pushed)
        await asyncio.sleep(load.warm_s)
        ismg.counting, began = True, time.perf_counter()
        await asyncio.sleep(load.seconds)
        ismg.counting, spent = False, time.perf_counter() - began
        if len(ismg.kept) >= load.count:
            raise RuntimeError(f"{load.count} messages were too few")
        ismg.window = 0  # nothing more; what is under way is answered
        await ismg.until(lambda: not any(line.flying for line in ismg._lines))
        took = sorted(ismg.took) or [0.0]
        return Told(
            len(ismg.took) / spent, took[len(took) // 2], took[int(len(took) * 0.99)], len(ismg.kept),
            ismg.seen["login"], len(ismg.submits), ismg.most_flying,
        )  # fmt: skip


def main() -> None:
    given = json.loads(sys.stdin.read())
    load = Load(**{**given, "texts": tuple(given["texts"])})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(asdict(runner.run(push(load)))))


if __name__ == "__main__":
    main()
