"""A shift lead works on the queues of a whole hotline, and what was switched holds when the gateway is killed."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import Story

pytestmark = pytest.mark.asterisk


async def queue(story: Story, id: str) -> dict[str, Any]:
    return next(one for one in await story.lead.queues() if one["id"] == id)


def _two_wait(story: Story) -> bool:
    return "2 calls" in story.site.asterisk.rx("queue show hotline")


async def test_a_closed_queue_sends_on_and_callers_hear_the_broadcast_though_the_gateway_is_killed(
    story: Story,
) -> None:
    until = int(time.time()) + 3600
    body: dict[str, Any] = {"why": "专席会议", "to": "hotline", "until": until}
    closed = await story.lead._ask("POST", "/api/v1/queues/market/close", body)
    assert closed["spoken"] is True
    words = {"queues": ["hotline"], "text": "台风预警", "until": until}
    begun = await story.lead._ask("POST", "/api/v1/broadcasts", words)
    shown = await queue(story, "market")
    assert (shown["open"], shown["closed_why"], shown["closed_to"]) == (False, "专席会议", "hotline")

    await story.citizen("one", dials="12315")
    call = await story.call_when("one", "waits", lambda c: c["queued_at"] is not None)
    assert (call["entry_number"], call["queue"]) == ("12315", "hotline")
    heard = (await story.lead._ask("GET", "/api/v1/broadcasts"))["items"]
    assert [(one["id"], one["heard"]) for one in heard] == [(begun["id"], 1)]

    story.kill_gateway()
    await story.citizen("two", dials="12315", number="13900000000")
    await story.until(lambda: asyncio.to_thread(_two_wait, story), "the second waits there too")
    await story.start_gateway()

    again = await story.call_when("two", "is known again", lambda c: c["queued_at"] is not None)
    assert (again["entry_number"], again["queue"]) == ("12315", "hotline")

    async def seen() -> bool:
        market, hotline = await queue(story, "market"), await queue(story, "hotline")
        broadcast = hotline["broadcast"] or {}
        return not market["open"] and market["closed_why"] == "专席会议" and broadcast.get("text") == "台风预警"

    await story.until(seen, "what was switched before is shown again")

    async def both() -> bool:
        return [one["position"] for one in (await queue(story, "hotline"))["waiting"]] == [1, 2]

    await story.until(both, "both are shown to wait")
    moved = {"queue": "hotline", "position": "front"}
    await story.lead._ask("POST", f"/api/v1/calls/{again['call_id']}/move", moved)

    async def first() -> bool:
        waiting = (await queue(story, "hotline"))["waiting"]
        return [one["call_id"] for one in waiting] == [again["call_id"], call["call_id"]]

    await story.until(first, "the second is first")
    await story.seat("A001", "1001")
    done = await story.call_when("two", "is answered", lambda c: c["answered_at"] is not None)
    assert done["wait_s"] == pytest.approx(done["answered_at"] - again["queued_at"], abs=0.01)
    await story.lead._ask("POST", "/api/v1/queues/market/open", {})
    assert (await queue(story, "market"))["open"] is True
