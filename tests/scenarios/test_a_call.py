"""A citizen dials 12345, a seat answers, and the ticket is in the feed."""

from __future__ import annotations

import sys
import time
import wave
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import Story

pytestmark = pytest.mark.asterisk

BYTES_A_SECOND = 16_000
"""Of a recording: 8000 samples of two bytes."""
SLOW_S = 30.0
"""How much longer than told a slow machine may take over a thing."""


async def test_a_citizen_dials_12345_a_seat_answers_and_the_ticket_is_in_the_feed(story: Story) -> None:
    await story.seat("A001", "1001")
    began = time.time()
    await story.citizen("demo-one")
    talking = await story.call_when("demo-one", "is answered", lambda c: c["answered_at"] is not None)
    assert talking["entry_number"] == "12345"

    seat = await story.seat_view("A001")
    assert (seat["presence"], seat["activity"], seat["agent"]) == ("ready", "talking", "1001")
    assert (seat["entry_number"], seat["caller"]) == ("12345", "138****5678")

    await story.until(lambda: _recorded_bytes(story, talking["call_id"]) > 2.5 * BYTES_A_SECOND, "a talk is recorded")
    story.hang_up("demo-one")
    call = await story.call_when("demo-one", "has ended", lambda c: c["ended_at"] is not None)
    assert (call["outcome"], call["ended_by"], call["seat"], call["agent"]) == ("answered", "caller", "A001", "1001")
    assert call["wait_s"] > 0
    assert 2 < call["talk_s"] < time.time() - began

    await story.until(lambda: story.presence("A001", "ready"), "the wrap-up is over")
    call = await story.call_when("demo-one", "has its wrap-up", lambda c: c["wrap_s"] is not None)
    assert 1 < call["wrap_s"] < 2 + SLOW_S

    (ticket,) = await story.tickets()
    assert (ticket["channel"], ticket["entry_number"], ticket["call_id"]) == ("phone", "12345", call["call_id"])
    assert (ticket["wait_s"], ticket["talk_s"]) == (call["wait_s"], call["talk_s"])
    assert ticket["ticket_no"].startswith("460000-")

    feed = await story.events()
    kinds = [event["type"] for event in feed if event["subject"] in (call["call_id"], ticket["ticket_no"])]
    assert kinds[:4] == [
        "hotline.call.arrived.v1", "hotline.call.queued.v1", "hotline.call.answered.v1", "hotline.ticket.opened.v1",
    ]  # fmt: skip
    assert [event["sequence"] for event in feed] == sorted(event["sequence"] for event in feed)
    assert "13812345678" not in str(feed)

    (recording,) = story.site.recordings.rglob(f"{call['recording_id']}.wav")
    # Asterisk closes it by a thread of its own, and only then its head says how long it is.
    seconds = await story.until(lambda: _seconds(recording), "the recording is closed")
    assert seconds > 2
    (found,) = (await story.lead._ask("GET", "/api/v1/recordings?agent=1001"))["items"][:1]
    assert (found["call_id"], found["state"], found["ticket_no"]) == (call["call_id"], "there", ticket["ticket_no"])
    picture = await story.lead._ask("GET", f"/api/v1/recordings/{call['call_id']}/peaks")
    assert picture["seconds"] == seconds and max(picture["peaks"]) > 0
    marks = await story.lead._ask("GET", f"/api/v1/recordings/{call['call_id']}/marks")
    assert [(one["kind"], one["start_s"]) for one in marks["marks"]] == [("talk", 0.0)]


async def test_a_citizen_who_gives_up_is_a_lost_call_with_number_and_wait(story: Story) -> None:
    await story.citizen("demo-gone")
    await story.call_when("demo-gone", "waits", lambda c: c["queued_at"] is not None)
    story.hang_up("demo-gone")
    call = await story.call_when("demo-gone", "has ended", lambda c: c["ended_at"] is not None)
    assert (call["outcome"], call["answered_at"]) == ("abandoned_queue", None)
    (lost,) = await story.events("call.lost")
    assert lost["data"]["caller"] == "138****5678"
    assert lost["data"]["wait_s"] == call["wait_s"] > 0
    assert await story.tickets() == []


async def test_each_entry_number_is_kept_for_ever_on_call_and_ticket(story: Story) -> None:
    await story.seat("A001", "1001")
    await story.citizen("demo-price", dials="12358")
    await story.call_when("demo-price", "is answered", lambda c: c["answered_at"] is not None)
    story.hang_up("demo-price")
    call = await story.call_when("demo-price", "has ended", lambda c: c["ended_at"] is not None)
    assert (call["entry_number"], call["track"]) == ("12358", "merged")
    (ticket,) = await story.tickets()
    assert (ticket["entry_number"], ticket["track"]) == ("12358", "merged")


async def test_a_seat_that_never_answers_is_taken_out_and_the_caller_gets_the_next(story: Story) -> None:
    await story.seat("A001", "1001", ring_ms=3_600_000)
    await story.citizen("demo-vain", stays_s=3600)
    await story.until(lambda: story.presence("A001", "not_ready"), "taken out for not answering", 90)
    assert (await story.seat_view("A001"))["reason"] == "system"
    await story.seat("A002", "1002")
    call = await story.call_when("demo-vain", "is answered", lambda c: c["answered_at"] is not None)
    assert call["seat"] == "A002"


def _seconds(recording: Path) -> float:
    """How long its head says that it is; 0 before it is closed."""
    try:
        with wave.open(str(recording)) as head:
            return head.getnframes() / head.getframerate()
    except (EOFError, wave.Error):
        return 0.0


def _recorded_bytes(story: Story, call: str) -> int:
    return sum(file.stat().st_size for file in story.site.recordings.rglob(f"{call}.wav"))
