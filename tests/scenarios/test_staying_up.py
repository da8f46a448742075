"""Whatever dies, falls silent or slows down: a caller reaches a person, and afterwards the record is right."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import PATIENCE_S, Story

pytestmark = pytest.mark.asterisk


async def test_kill_9_of_the_gateway_in_mid_call_leaves_the_call_and_makes_no_second_ticket(story: Story) -> None:
    await story.seat("A001", "1001")
    await story.citizen("wang")
    before = await story.call_when("wang", "is answered", lambda c: c["answered_at"] is not None)
    (ticket,) = await story.tickets()

    story.kill_gateway()
    assert "PJSIP/8001" in await asyncio.to_thread(story.site.asterisk.rx, "core show channels concise")
    await story.start_gateway()

    # The new gateway is ready when it has seen how Asterisk stands: nothing is waited for.
    seat = await story.seat_view("A001")
    assert (seat["presence"], seat["activity"], seat["agent"], seat["call_id"]) == (
        "ready", "talking", "1001", before["call_id"],
    )  # fmt: skip
    restarted = time.time()
    story.hang_up("wang")
    after = await story.call_when("wang", "has ended", lambda c: c["ended_at"] is not None)
    assert (after["outcome"], after["ended_by"]) == ("answered", "caller")
    assert (after["answered_at"], after["wait_s"]) == (before["answered_at"], before["wait_s"])
    assert after["talk_s"] > restarted - before["answered_at"] - 0.5, "the talk went on while the gateway was dead"
    (same,) = await story.tickets()
    assert (same["ticket_no"], same["talk_s"]) == (ticket["ticket_no"], after["talk_s"])
    kinds = [e["type"] for e in await story.events() if e["subject"] == before["call_id"]]
    assert sorted(kinds) == sorted(set(kinds)), "no event was told twice"


async def test_with_no_gateway_at_all_a_caller_reaches_a_seat_and_the_call_is_known_afterwards(story: Story) -> None:
    await story.seat("A001", "1001")
    story.kill_gateway()
    await story.citizen("li")
    await story.until(lambda: asyncio.to_thread(_talking, story, "8001"), "the seat talks without any gateway")
    await story.start_gateway()
    call = await story.call_when("li", "is known", lambda c: c["answered_at"] is not None)
    assert (call["entry_number"], call["seat"], call["agent"]) == ("12345", "A001", "1001")
    story.hang_up("li")
    ended = await story.call_when("li", "has ended", lambda c: c["ended_at"] is not None)
    assert ended["outcome"] == "answered"
    assert len(await story.tickets()) == 1


async def test_kill_9_of_asterisk_in_mid_call_closes_the_call_unseen_and_seats_come_back(story: Story) -> None:
    await story.seat("A001", "1001")
    await story.citizen("zhao")
    await story.call_when("zhao", "is answered", lambda c: c["answered_at"] is not None)

    await asyncio.to_thread(story.site.asterisk.kill9)
    await story.until(lambda: _not_ready_because(story, "asterisk"), "the lost link is said")
    await asyncio.to_thread(story.site.asterisk.restart)
    await story.until(story.is_ready, "the gateway is ready again by itself")

    call = await story.call_when("zhao", "is closed", lambda c: c["ended_at"] is not None)
    assert (call["outcome"], call["ended_by"]) == ("answered", "unseen")
    seat = await story.seat_view("A001")
    assert (seat["presence"], seat["activity"], seat["agent"]) == ("ready", "idle", "1001")
    kinds = [event["type"] for event in await story.events()]
    assert kinds.count("hotline.line.lost.v1") == 1
    assert kinds.count("hotline.line.restored.v1") == 2


async def test_a_fastagi_that_accepts_and_says_nothing_costs_the_caller_seconds_and_not_the_call(story: Story) -> None:
    await story.seat("A001", "1001")
    assert story.child is not None
    story.child.stop()
    async with _mute_server(story.site.settings.asterisk.agi_port):
        await story.citizen("sun")
        guard = story.site.settings.asterisk.agi_guard_s
        await story.until(
            lambda: asyncio.to_thread(_talking, story, "8001"), "the static queue takes the caller", guard + PATIENCE_S
        )


async def test_a_gateway_that_hangs_loses_its_callers_to_the_static_queue_and_catches_up_later(story: Story) -> None:
    await story.seat("A001", "1001")
    assert story.child is not None
    story.child.signal(signal.SIGSTOP)
    try:
        await story.citizen("qian")
        guard = story.site.settings.asterisk.agi_guard_s
        await story.until(
            lambda: asyncio.to_thread(_talking, story, "8001"), "the static queue takes the caller", guard + PATIENCE_S
        )
    finally:
        story.child.signal(signal.SIGCONT)
    call = await story.call_when("qian", "is known and answered", lambda c: c["answered_at"] is not None)
    assert (call["seat"], call["entry_number"]) == ("A001", "12345")


async def test_a_half_open_link_is_noticed_by_its_silence(story: Story) -> None:
    """Within ten seconds by the link's defaults (tests/asterisk/ami/test_link.py); TCP alone would need a quarter of an
    hour."""
    await asyncio.to_thread(story.site.asterisk.freeze)
    try:
        await story.until(lambda: _not_ready_because(story, "asterisk"), "the frozen Asterisk is noticed")
    finally:
        await asyncio.to_thread(story.site.asterisk.thaw)
    assert "no answer to a ping" in story.log()
    await story.until(story.is_ready, "ready again after the thaw")


async def test_a_port_scan_of_the_fastagi_port_leaves_calls_untouched(story: Story) -> None:
    await story.seat("A001", "1001")
    port = story.site.settings.asterisk.agi_port
    for _ in range(50):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
    await story.citizen("zhou")
    await story.call_when("zhou", "is answered", lambda c: c["answered_at"] is not None)
    story.hang_up("zhou")
    call = await story.call_when("zhou", "has ended", lambda c: c["ended_at"] is not None)
    assert (call["outcome"], call["flow"]) == ("answered", "greeting")


def _talking(story: Story, extension: str) -> bool:
    channels = story.site.asterisk.rx("core show channels concise").splitlines()
    return any(line.startswith(f"PJSIP/{extension}-") and "!Up!" in line for line in channels)


async def _not_ready_because(story: Story, part: str) -> bool:
    try:
        async with story.http.get(f"{story.site.web_url}/readyz") as answer:
            body = await answer.json(content_type=None)
            return answer.status == 503 and part in body["not_ready"]
    except TimeoutError:
        return False


@asynccontextmanager
async def _mute_server(port: int) -> AsyncIterator[None]:
    """Accepts every connection and never says a word."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await server.wait_closed()
