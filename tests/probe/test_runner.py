"""The limit is kept whatever the worker does: it hangs, it has children that hang, it dies, it babbles."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from pathlib import Path

import pytest

from gateway.probe.result import ProbeConfig, ProbeResult
from gateway.probe.runner import read_answer, run_probe


def fake_python(folder: Path, script: str) -> str:
    """A program that is started in the place of Python and runs ``script`` instead of the worker."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


SLEEPS_S = 60
LIMIT_S = 5.0
"""Time enough for the worker's shell to write down whom it has started, also on a loaded machine."""


def question(limit_s: float = 30.0) -> ProbeConfig:
    return ProbeConfig("127.0.0.1", 5060, "probe", "secret", limit_s=limit_s)


async def test_a_worker_that_hangs_is_killed_at_the_limit_with_its_children(tmp_path):
    mine = tmp_path / "pids"
    python = fake_python(tmp_path, f"sleep {SLEEPS_S} & echo $! > {mine}; wait")
    began = time.monotonic()
    result = await run_probe(question(LIMIT_S), python=python)
    assert time.monotonic() - began < SLEEPS_S
    assert (result.reason, result.good) == ("limit", False)
    assert await gone(int(mine.read_text()))


async def gone(pid: int) -> bool:
    """Killed at once, reaped by init a moment later: a zombie counts as gone."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z":
            return True
        await asyncio.sleep(0.02)
    return False


async def test_cancelling_the_probe_kills_its_worker(tmp_path):
    mine = tmp_path / "pid"
    python = fake_python(tmp_path, f"echo $$ > {mine}.part; mv {mine}.part {mine}; exec sleep 60")
    probing = asyncio.ensure_future(run_probe(question(), python=python))
    async with asyncio.timeout(60):
        while not mine.exists():
            await asyncio.sleep(0.01)
    probing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probing
    assert await gone(int(mine.read_text()))


async def test_a_worker_that_dies_is_told_with_its_last_words(tmp_path):
    result = await run_probe(question(), python=fake_python(tmp_path, "echo 'no pyVoIP here' >&2; exit 3"))
    assert (result.reason, result.detail) == ("broken", "no pyVoIP here")


async def test_the_password_is_not_on_the_command_line(tmp_path):
    result = await run_probe(question(), python=fake_python(tmp_path, 'echo "$@" >&2'))
    assert result.detail == "-m gateway.probe.worker"


@pytest.mark.parametrize("out", [b"", b"{", b"[]", b'{"dial": "1"}', b'{"dial": "1", "reason": "x", "more": 1}'])
def test_what_is_no_result_is_broken(out):
    assert read_answer(question(), out, b"").reason == "broken"


def test_a_result_comes_back_as_it_was():
    assert read_answer(question(), b'{"dial": "1", "reason": "refused", "status": 486}', b"noise") == ProbeResult(
        "1", "refused", status=486
    )
