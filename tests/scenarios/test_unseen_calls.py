"""The gateway is dead for a while. Who called meanwhile is in the ledger afterwards as if it had watched."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import Story

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(400)]

GREETING_LEAST_S = 8
"""The static queue's greeting takes some 12 s: without a gateway every caller hears it first."""
LONG_S = 90.0


async def test_calls_that_ended_while_the_gateway_was_dead_are_in_the_ledger_once_and_right(story: Story) -> None:
    await story.seat("A001", "1001")
    await story.citizen("wang", number="13800000001")
    before = await story.call_when("wang", "is answered", lambda c: c["answered_at"] is not None)
    story.kill_gateway()
    least = time.time() - before["answered_at"]
    story.hang_up("wang")
    await story.until(lambda: _ended(story, before["call_id"]), "wang hangs up and nobody watches")
    most = time.time() - before["answered_at"]

    lis, zhaos = await _three_call_a_dead_gateway(story)
    await story.start_gateway()
    wang = await story.call_when("wang", "has ended", lambda c: c["ended_at"] is not None)
    assert (wang["outcome"], wang["ended_by"]) == ("answered", "caller")
    assert wang["answered_at"] == before["answered_at"]
    assert least - 1 < wang["talk_s"] <= most, "queue_log has whole seconds, the rest is cut off"

    li = await story.call_when("li", "has ended", lambda c: c["ended_at"] is not None)
    assert (li["outcome"], li["ended_by"]) == ("answered", "caller")
    assert (li["entry_number"], li["track"], li["queue"]) == ("12358", "merged", "hotline")
    assert (li["seat"], li["agent"], li["recording_id"]) == ("A001", "1001", li["call_id"])
    assert li["wait_s"] >= 0 and li["talk_s"] >= 0
    assert li["wait_s"] + li["talk_s"] <= lis + 1 - GREETING_LEAST_S, "queue_log has whole seconds"

    zhao = await story.call_when("zhao", "has ended", lambda c: c["ended_at"] is not None)
    assert (zhao["outcome"], zhao["ended_by"], zhao["entry_number"]) == ("abandoned_queue", "caller", "12345")
    assert 0 <= zhao["wait_s"] <= zhaos + 1 - GREETING_LEAST_S
    qian = await story.call_when("qian", "has ended", lambda c: c["ended_at"] is not None)
    assert (qian["outcome"], qian["entry_number"], qian["queued_at"]) == ("abandoned_flow", "12345", None)

    (lost,) = await story.events("call.lost")
    assert (lost["subject"], lost["data"]["caller"]) == (zhao["call_id"], "138****0003")
    assert lost["data"]["wait_s"] == zhao["wait_s"]
    assert sorted(t["call_id"] for t in await story.tickets()) == sorted([wang["call_id"], li["call_id"]])

    told = await _told(story)
    assert max(told.values()) == 1
    story.kill_gateway()
    await story.start_gateway()
    assert await _told(story) == told, "the second start tells nothing again"
    assert len(await story.tickets()) == 2


async def _three_call_a_dead_gateway(story: Story) -> tuple[float, float]:
    """Li talks, zhao waits in vain, qian goes in the greeting. How long li's and zhao's calls took at most."""
    began = time.time()
    await story.citizen("li", number="13800000002", dials="12358")
    await story.until(lambda: _said(story, "|CONNECT|", 2), "li has heard the greeting and is answered", LONG_S)
    story.hang_up("li")
    await story.until(lambda: _said(story, "|COMPLETECALLER|", 2), "li hangs up")
    lis = time.time() - began
    await asyncio.to_thread(story.site.asterisk.rx, "queue pause member PJSIP/8001")
    began = time.time()
    await story.citizen("zhao", number="13800000003")
    await story.citizen("qian", number="13800000004")
    await story.until(lambda: asyncio.to_thread(_hears, story, "13800000004"), "qian hears the greeting")
    story.hang_up("qian")
    await story.until(lambda: _said(story, "|GWGONE|", 3), "qian is gone")
    await story.until(lambda: _said(story, "|ENTERQUEUE|", 3), "zhao waits in vain", LONG_S)
    story.hang_up("zhao")
    await story.until(lambda: _said(story, "|GWGONE|", 4), "all four are gone")
    zhaos = time.time() - began
    await asyncio.to_thread(story.site.asterisk.rx, "queue unpause member PJSIP/8001")
    return lis, zhaos


async def _told(story: Story) -> Counter[tuple[str, str]]:
    events = await story.events()
    kept = [e for e in events if e["type"].startswith(("hotline.call.", "hotline.ticket."))]
    return Counter((e["subject"], e["type"]) for e in kept)


def _hears(story: Story, number: str) -> bool:
    channels = story.site.asterisk.rx("core show channels concise").splitlines()
    return any(number in line and "!Up!" in line for line in channels)


def _log(story: Story) -> list[str]:
    log = story.site.state_dir / "asterisk" / "log" / "queue_log"
    return log.read_text(encoding="utf-8").splitlines()


def _said(story: Story, what: str, times: int) -> bool:
    return sum(what in line for line in _log(story)) >= times


def _ended(story: Story, call: str) -> bool:
    return any(f"|{call}|" in line and "GWGONE" in line for line in _log(story))
