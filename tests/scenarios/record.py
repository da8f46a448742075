"""Makes tests/recordings: the masked AMI stream of every kind of call on a real Asterisk, with the calls it must give.

Not a test; run by hand when Asterisk's or the dialplan's events change:  .venv/bin/python tests/scenarios/record.py
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]

import orjson  # noqa: E402
from conftest import quicken  # noqa: E402
from hall import Story, visit  # noqa: E402
from play import recording  # noqa: E402

from tools.lab.process import until  # noqa: E402
from tools.lab.site import Site  # noqa: E402

FOLDER = Path(__file__).resolve().parents[1] / "recordings"
KEPT = ("call_id", "entry_number", "account", "flow", "queue", "agent", "wait_s", "ring_s", "talk_s", "hold_s")
MOST_BYTES = 100_000
PASSED_ON = """\
id = "passed_on"
name = "转接"
languages = ["zh", "en"]
start = "answer"
[nodes.answer]
kind = "answer"
next = "partner"
[nodes.partner]
kind = "transfer"
partner = "110"
"""

Part = Callable[[Story, str], Awaitable[None]]


async def answered(story: Story, number: str) -> None:
    await story.seat(talk_ms=3600_000)
    await story.citizen("x", number=number, stays_s=4)


async def agent_hangs_up(story: Story, number: str) -> None:
    await story.seat(talk_ms=1500)
    await story.citizen("x", number=number)


async def gave_up_waiting(story: Story, number: str) -> None:
    await story.citizen("x", number=number, stays_s=3)


async def gave_up_ringing(story: Story, number: str) -> None:
    await story.seat(ring_ms=3600_000)
    await story.citizen("x", number=number, stays_s=4)


async def no_answer(story: Story, number: str) -> None:
    await story.seat("Z001", ring_ms=3600_000)
    await story.citizen("x", number=number, dials="12329")


async def timed_out(story: Story, number: str) -> None:
    await story.citizen("x", number=number, dials="12315")


async def queue_full(story: Story, number: str) -> None:
    await story.citizen("first", number="13800000000", dials="12333", stays_s=14)
    await story.call_when("first", "waits", lambda c: c["queued_at"] is not None)
    await story.citizen("x", number=number, dials="12333")


async def no_seat(story: Story, number: str) -> None:
    await story.citizen("x", number=number, dials="12328")


async def held(story: Story, number: str) -> None:
    await story.seat(talk_ms=1500, answer="seat-holds.xml", keys={"hold_ms": "2000"})
    await story.citizen("x", number=number, stays_s=6)


async def transfer_fails(story: Story, number: str) -> None:
    await story.seat(talk_ms=1500)
    await story.citizen("x", number=number, dials="12358")


PARTS: dict[str, tuple[Part, str, str]] = {
    "answered": (answered, "answered", "caller"),
    "agent-hangs-up": (agent_hangs_up, "answered", "agent"),
    "gave-up-waiting": (gave_up_waiting, "abandoned_queue", "caller"),
    "gave-up-ringing": (gave_up_ringing, "abandoned_ringing", "caller"),
    "no-answer": (no_answer, "no_answer", "system"),
    "timed-out": (timed_out, "timed_out", "system"),
    "queue-full": (queue_full, "queue_full", "system"),
    "no-seat": (no_seat, "no_seat", "system"),
    "held": (held, "answered", "caller"),
    "transfer-fails": (transfer_fails, "answered", "agent"),
}
"""Name -> how it is played, and the outcome and who ended it: the truth, whatever the gateway of the day thinks."""


async def record(story: Story, name: str, number: str) -> None:
    """Play one part and keep its stream and its call."""
    part, outcome, ended_by = PARTS[name]
    file = FOLDER / f"{name}.ami"
    async with recording(story, file, "--mask"):
        await part(story, number)
        call = await story.call_when("x", "has ended", lambda c: c["ended_at"] is not None)
        if call["seat"]:
            await story.until(lambda: story.presence(call["seat"], "ready"), "the wrap-up is over")
        await story.quiet()
    file.with_suffix(".log").unlink()
    assert file.stat().st_size < MOST_BYTES, file.stat().st_size
    assert call["outcome"] == outcome, (name, call)
    extension = await story.extension(call["seat"]) if call["seat"] else None
    truth: dict[str, Any] = {"outcome": outcome, "ended_by": ended_by, "seat": extension}
    truth |= {key: call[key] for key in KEPT}
    file.with_suffix(".json").write_bytes(orjson.dumps(truth, option=orjson.OPT_INDENT_2) + b"\n")
    print(f"{name}: {file.stat().st_size} bytes, {outcome}")


async def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="gw-") as state, tempfile.TemporaryDirectory() as place:
        config = quicken(Path(place) / "config")
        (config / "ivr" / "passed_on.toml").write_text(PASSED_ON, encoding="utf-8")
        entries = config / "entries.toml"
        entries.write_text(
            entries.read_text(encoding="utf-8").replace('number = "12358"', 'number = "12358"\nflow = "passed_on"')
        )
        site = Site.free(Path(state), config_dir=config)
        site.start()
        gateway = site.gateway()
        try:
            until(lambda: "gateway.started" in gateway.log.read_text(errors="replace"), 60)
            for n, name in enumerate(names or PARTS):
                async with visit(site, gateway) as story:
                    await record(story, name, f"139000010{n:02d}")
        finally:
            gateway.stop()
            site.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
