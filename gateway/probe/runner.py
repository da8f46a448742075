"""Runs the probe's process, holds it to its limit and reads its answer.

The limit is kept twice: the worker leaves its call in time by itself, and whatever it does, its whole process group is
killed ``GRACE_S`` later. Nothing in the gateway waits for pyVoIP.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from gateway.probe.result import ProbeConfig, ProbeResult

GRACE_S = 1.0
"""Between the limit that the worker keeps and the kill."""


async def run_probe(config: ProbeConfig, *, python: str = sys.executable) -> ProbeResult:
    """Make one probe call and return what was met; never raises for anything that the line or the worker does.

    Takes at most ``config.limit_s`` seconds. Cancelling it kills the worker too.
    """
    started = time.monotonic()
    asked = replace(config, limit_s=max(1.0, config.limit_s - GRACE_S))
    worker = await asyncio.create_subprocess_exec(
        python,
        "-m",
        "gateway.probe.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env=environment(),
    )
    try:
        question = json.dumps(asdict(asked)).encode()
        out, err = await asyncio.wait_for(worker.communicate(question), config.limit_s)
    except TimeoutError:
        return ProbeResult(config.dial, "limit", took_s=round(time.monotonic() - started, 2))
    finally:
        await end(worker)
    return replace(read_answer(config, out, err), took_s=round(time.monotonic() - started, 2))


def environment() -> dict[str, str]:
    """Ours, so that the worker finds the package where this process found it, wherever that process was started."""
    root = str(Path(__file__).resolve().parent.parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}


async def end(worker: asyncio.subprocess.Process) -> None:
    """Kill the worker's whole process group if it is still there, and reap it."""
    if worker.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        await asyncio.shield(worker.wait())


def read_answer(config: ProbeConfig, out: bytes, err: bytes) -> ProbeResult:
    """The worker's line as a result, or ``broken`` with the last line of its complaint."""
    try:
        return ProbeResult(**json.loads(out))
    except (ValueError, TypeError):
        lines = err.decode(errors="replace").strip().splitlines()
        return ProbeResult(config.dial, "broken", detail=lines[-1][:200] if lines else "no answer from the worker")
