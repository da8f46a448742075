"""How the fake SMS vendors push: a callback until it is answered with status 200, the waits between left out."""

from __future__ import annotations

from dataclasses import dataclass, field

import aiohttp


@dataclass
class Pushes:
    """What became of a callback: the statuses of its tries (0 for no answer in time) and the last answer."""

    statuses: list[int] = field(default_factory=list)
    body: bytes = b""


async def push(http: aiohttp.ClientSession, url: str, body: bytes, tries: int, cut_s: float) -> Pushes:
    """POST the body until it is taken, at most ``tries`` times."""
    pushes = Pushes()
    limit = aiohttp.ClientTimeout(total=cut_s)
    for _ in range(tries):
        try:
            async with http.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=limit) as answer:
                pushes.body = await answer.read()
                pushes.statuses.append(answer.status)
        except (TimeoutError, aiohttp.ClientError):
            pushes.statuses.append(0)
        if pushes.statuses[-1] == 200:
            break
    return pushes
