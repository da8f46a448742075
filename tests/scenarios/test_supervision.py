"""A shift lead listens to a conversation, the gateway dies and comes back, and the lead takes the citizen over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import Story

pytestmark = pytest.mark.asterisk


async def modes(story: Story) -> list[str]:
    return [one["mode"] for one in (await story.seat_view("A001"))["monitored_by"]]


async def test_a_lead_listens_over_a_restart_and_takes_the_citizen_over(story: Story) -> None:
    await story.seat("A001", "1001")
    await story.seat("A002", "1002")
    await story.lead.sign_out("A002")  # its telephone is the lead's for now
    await story.until(lambda: story.presence("A002", "signed_out"), "nobody sits at A002")
    await story.citizen("demo-heard")
    talking = await story.call_when("demo-heard", "is answered", lambda c: c["answered_at"] is not None)

    seat = "/api/v1/seats/A001"
    await story.lead._ask("POST", f"{seat}/monitor", {"mode": "listen", "by": "A002"})
    await story.until(lambda: modes(story), "the seat shows that it is monitored")
    story.kill_gateway()
    await story.start_gateway()
    await story.until(lambda: modes(story), "the new gateway finds it")
    lead_seat = await story.seat_view("A002")
    assert (lead_seat["activity"], lead_seat["monitoring"]) == ("reserved", {"seat": "A001", "mode": "listen"})

    await story.lead._ask("POST", f"{seat}/take-over", {})
    taken = await story.call_when("demo-heard", "is the lead's", lambda c: c["seat"] == "A002")
    assert (taken["call_id"], taken["ended_at"]) == (talking["call_id"], None)
    await story.until(lambda: story.presence("A001", "ready"), "the agent's wrap-up is over")
    story.hang_up("demo-heard")
    call = await story.call_when("demo-heard", "has ended", lambda c: c["ended_at"] is not None)
    assert (call["outcome"], call["ended_by"], call["seat"]) == ("answered", "caller", "A002")
    talked = [one["seat"] for one in call["stretches"] if one["kind"] == "talking"]
    assert talked == ["A001", "A002"]
    assert len([event for event in await story.events("call.ended") if event["subject"] == call["call_id"]]) == 1
    audit: dict[str, Any] = await story.lead._ask("GET", "/api/v1/audit?subject=A001")
    assert {"seat.listen", "seat.taken_over"} <= {entry["act"] for entry in audit["items"]}
