"""What everybody on the line sees at one moment: told when a story gives up, so that one failure on a machine that
nobody can look at is enough to know the cause.

Nothing here may hide the failure: what cannot be asked any more is told as such.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hall import Story

ORDERS = ("queue show", "core show channels concise", "pjsip show contacts", "pjsip show channelstats")
CALL = ("call_id", "caller_number", "entry_number", "outcome", "queue", "seat", "started_at", "queued_at",
        "answered_at", "ended_at", "ended_by")  # fmt: skip
SEAT = ("id", "extension", "agent", "presence", "reason", "activity", "reachable", "call_id")


async def picture(story: Story) -> str:
    """The ledger's calls, the seats in use, Asterisk's queues, channels and contacts, and everyone's last words."""
    parts = [
        await _part("calls in the ledger since the story began", lambda: _calls(story)),
        await _part("seats with an agent or a telephone", lambda: _seats(story)),
    ]
    for order in ORDERS:
        parts.append(await _part(f"asterisk: {order}", lambda order=order: _console(story, order)))  # type: ignore[misc]
    for name, process in story.citizens.items():
        parts.append(f"== citizen {name} ({story.numbers[name]}): {process.said()}")
    for seat, process in story.telephones.items():
        parts.append(f"== telephone of {seat}: {process.said()}")
    parts.append(f"== asterisk's console\n{story.site.asterisk.tail(30)}")
    parts.append(f"== the gateway\n{story.child and story.child.obituary()}")
    return "\n".join(parts)


async def _part(title: str, ask: Callable[[], Awaitable[str]]) -> str:
    try:
        async with asyncio.timeout(10):
            return f"== {title}\n{await ask()}"
    except Exception as error:  # whatever is broken is what is to be told
        return f"== {title}: cannot be asked: {error!r}"


async def _calls(story: Story) -> str:
    return _rows(await story.lead.calls(story.began), CALL)


async def _seats(story: Story) -> str:
    seats = await story.lead.seats()
    return _rows([seat for seat in seats if seat["presence"] != "signed_out" or seat["reachable"]], SEAT)


async def _console(story: Story, order: str) -> str:
    said = await asyncio.to_thread(story.site.asterisk.rx, order, 5.0)
    if order != "queue show":
        return said.strip()
    queues = said.split("\n\n")  # those with nobody in them tell nothing
    return "\n".join(queue for queue in queues if "No Members" not in queue or "No Callers" not in queue)


def _rows(found: list[dict[str, Any]], keys: tuple[str, ...]) -> str:
    return "\n".join(str({key: row.get(key) for key in keys}) for row in found) or "(none)"
