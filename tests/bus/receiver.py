"""A follower's end: a real HTTP server on loopback that keeps what is posted and answers as the test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Got:
    """One post as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def events(self) -> list[dict[str, Any]]:
        data = json.loads(self.body)
        return data if isinstance(data, list) else [data]


@dataclass
class Receiver:
    """``answer`` decides the status of a post; taken are those that were answered with 2xx."""

    url: str = ""
    answer: Callable[[Got], int] = lambda got: 200
    got: list[Got] = field(default_factory=list)
    taken: list[Got] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    _some: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        got = Got({name.lower(): value for name, value in request.headers.items()}, await request.read())
        self.got.append(got)
        status = self.answer(got)
        if 200 <= status < 300:
            self.taken.append(got)
        self._some.set()
        return web.Response(status=status, headers=self.headers, text=self.text)

    @property
    def subjects(self) -> list[str]:
        return [event["subject"] for got in self.taken for event in got.events]

    async def until(self, true: Callable[[Receiver], bool]) -> None:
        """Wait until what was posted satisfies the test."""
        async with asyncio.timeout(60):
            while not true(self):
                self._some.clear()
                await self._some.wait()


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{any:.*}", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()
