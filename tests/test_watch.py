"""The standing probe: on schedule or not at all, its outcome a figure, and never the end of the node."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.probe.result import ProbeConfig, ProbeResult
from gateway.settings import Secrets, Settings, load
from gateway.watch import ProbeWatch
from tools.lab.site import CONFIG

KEY = b"k" * 32
SECRETS = Secrets("ami-events", "ami-orders", "probe-password", KEY, KEY, KEY, {})
GOOD = ProbeResult("12345", "answered", answered=True, audio=True, seconds=0.4, status=200)


def settings(tmp_path: Path, every_s: int = 0) -> Settings:
    environ = {"GATEWAY__GATEWAY__STATE_DIR": str(tmp_path), "GATEWAY__ASTERISK__SIP_PORT": "5099"}
    known = load(CONFIG, environ)
    gateway = known.gateway.model_copy(update={"probe_every_s": every_s, "probe_dial": "12315", "probe_limit_s": 7})
    return replace(known, gateway=gateway)


class Line:
    """Answers probes from a script; ``enough`` is set when the script is used up."""

    def __init__(self, *answers: ProbeResult | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[ProbeConfig] = []
        self.enough = asyncio.Event()

    async def __call__(self, config: ProbeConfig) -> ProbeResult:
        self.asked.append(config)
        if not self.answers:
            self.enough.set()
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_without_a_schedule_it_ends_at_once_and_never_probes(tmp_path: Path) -> None:
    line = Line(GOOD)
    watch = ProbeWatch(settings(tmp_path), SECRETS, line)
    async with asyncio.timeout(30):
        await watch.run()
    assert line.asked == [] and (watch.answered, watch.seconds) == (-1.0, 0.0)


async def test_a_probe_asks_for_the_configured_number_as_the_user_probe(tmp_path: Path) -> None:
    line = Line(GOOD)
    watch = ProbeWatch(settings(tmp_path), SECRETS, line)
    await watch.once()
    (asked,) = line.asked
    assert (asked.server, asked.port, asked.user, asked.password) == ("127.0.0.1", 5099, "probe", "probe-password")
    assert (asked.dial, asked.limit_s) == ("12315", 7)
    assert (watch.answered, watch.seconds) == (1.0, 0.4)


@pytest.mark.parametrize(
    "bad",
    [
        ProbeResult("12345", "no_audio", answered=True, seconds=0.2),
        ProbeResult("12345", "no_answer"),
        ProbeResult("12345", "limit"),
        OSError("no more processes"),
        ValueError("dial 'x' is not a number"),
    ],
    ids=lambda bad: getattr(bad, "reason", type(bad).__name__),
)
async def test_a_failed_probe_is_a_figure_and_not_an_exception(tmp_path: Path, bad: ProbeResult | Exception) -> None:
    watch = ProbeWatch(settings(tmp_path), SECRETS, Line(GOOD, bad, GOOD))
    await watch.once()
    await watch.once()
    assert watch.answered == 0.0
    assert watch.seconds == (getattr(bad, "seconds", None) or 0.0)
    await watch.once()
    assert watch.answered == 1.0


async def test_on_schedule_it_goes_on_after_failures_until_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real: Callable[[float], object] = asyncio.sleep

    async def at_once(seconds: float) -> None:
        waits.append(seconds)
        await real(0)  # type: ignore[misc]

    monkeypatch.setattr("gateway.watch.asyncio.sleep", at_once)
    line = Line(GOOD, OSError("no more processes"), ProbeResult("12345", "refused", status=486))
    watch = ProbeWatch(settings(tmp_path, every_s=60), SECRETS, line)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        running = group.create_task(watch.run())
        await line.enough.wait()
        running.cancel()
    assert len(line.asked) == 4 and waits == [60, 60, 60, 60]
    assert watch.answered == 0.0
