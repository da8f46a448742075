"""One play of `gateway demo` on the session's hotline, recorded while it runs: what several stories are told about."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hall import Story, said

from tools.lab.process import Child

HANGUP = re.compile(rb"^Event: Hangup\r\n(?:[^\r\n]+\r\n)*?Uniqueid: ([\d.]+)\r$", re.MULTILINE)
COMPLETE = re.compile(rb"^Event: AgentComplete\r\n(?:[^\r\n]+\r\n)*?Linkedid: ([\d.]+)\r$", re.MULTILINE)
SEATS, CALLS, RATE, TALK = "8", "30", "1", "4"
PLAY_S = 600
"""The longest that a story about the play may take: the first of them plays it."""


@dataclass(frozen=True)
class Played:
    """What was left when the play was over."""

    status: int
    said: str
    complained: str
    calls: list[dict[str, Any]]
    """The ledger's calls of the play, oldest first, as the API shows them."""
    log: list[str]
    """What the gateway logged meanwhile."""
    trace: Path
    masked_trace: Path
    figures: dict[str, float]
    views: dict[str, dict[str, Any]]
    """Every seat as the API showed it at the end, by extension."""
    members: str
    """What Asterisk's own `queue show` said then."""


@asynccontextmanager
async def recording(story: Story, file: Path, *options: str) -> AsyncIterator[None]:
    """``gateway trace record`` runs while the block does."""
    config = ("--config", str(story.site.settings.config_dir))
    child = story.site.gateway("trace", "record", str(file), *options, *config, log=file.with_suffix(".log"))
    try:
        await story.until(
            lambda: "recording to" in child.log.read_text(errors="replace") or not child.alive, "the recorder is ready"
        )
        child.check()
        yield
    finally:
        ended = await asyncio.to_thread(_interrupt, child)
    assert ended == 0, child.obituary()


def _interrupt(child: Child) -> int | None:
    child.signal(signal.SIGINT)
    status = child.wait(40)
    child.stop()
    return status


STAYING = {"L003": "1028", "E002": "1029"}
"""Two agents who are no part of the play: one stays ready, one rests. Their seats are compared at the end too."""


async def play(story: Story, folder: Path) -> Played:
    """Run it and look."""
    trace, masked = folder / "play.ami", folder / "masked.ami"
    logged = len(story.log().splitlines())
    assert logged, "the gateway's start at least is in its log"
    for seat, agent in STAYING.items():
        await story.sign_in(seat, agent)
    await story.lead.not_ready("E002", "meal")
    async with recording(story, trace), recording(story, masked, "--mask"):
        status, words, complaint = await said(
            story.site,
            *("demo", "--seats", SEATS, "--calls", CALLS, "--rate", RATE, "--talk", TALK, "--no-audio"),
            *("--config", str(story.site.settings.config_dir)),
            limit_s=360,
        )
        await story.until(lambda: _agents_have_gone(story), "the play's agents have gone and nobody is on a call")
        calls = await story.until(lambda: _settled(story), "every call has ended in the ledger")
        for file in (trace, masked):
            await story.until(lambda file=file: _tells_all(file, calls), f"{file.name} has heard of every end")
    views = {seat["extension"]: seat for seat in await story.lead.seats()}
    members = await asyncio.to_thread(story.site.asterisk.rx, "queue show")
    lines = story.log().splitlines()[logged:]
    return Played(status, words, complaint, calls, lines, trace, masked, await figures(story), views, members)


async def _agents_have_gone(story: Story) -> bool:
    seats = await story.lead.seats()
    signed_in = {seat["id"] for seat in seats if seat["presence"] != "signed_out"}
    return signed_in == set(STAYING) and all(seat["activity"] == "idle" for seat in seats)


async def _settled(story: Story) -> list[dict[str, Any]]:
    calls = await story.lead.calls(story.began)
    done = all(call["ended_at"] is not None for call in calls)
    return sorted(calls, key=lambda call: call["started_at"]) if done else []


def _tells_all(trace: Path, calls: list[dict[str, Any]]) -> bool:
    """The recorder is a process of its own: what the gateway has heard it may only be about to write."""
    text = trace.read_bytes()
    hung_up, completed = set(HANGUP.findall(text)), set(COMPLETE.findall(text))
    answered = {call["call_id"].encode() for call in calls if call["outcome"] == "answered"}
    return {call["call_id"].encode() for call in calls} <= hung_up and answered <= completed


async def figures(story: Story) -> dict[str, float]:
    """What /metrics says now."""
    async with story.http.get(f"{story.site.web_url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return {
        line.split()[0]: float(line.split()[1]) for line in lines if line.startswith("gateway_") and "{" not in line
    }
