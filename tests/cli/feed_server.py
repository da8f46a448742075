"""A gateway's feed as far as ``gateway feed`` sees it: a real HTTP server on loopback that a test can break."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "machine-token"


def event(sequence: int, type: str = "hotline.ticket.opened.v1", **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"e{sequence}", "source": "urn:x", "type": type, "time": "2026-11-21T16:00:05.500Z",
        "subject": f"460000-20261121-{sequence:07d}", "sequence": f"{sequence:020d}", "data": data,
    }  # fmt: skip


@dataclass
class FeedServer:
    """``breaks_after``: how many events each connection of the stream gives before it is cut, in turn."""

    events: list[dict[str, Any]] = field(default_factory=list)
    breaks_after: list[int] = field(default_factory=list)
    resumed_from: list[str] = field(default_factory=list)
    password: str = ""
    logins: int = 0
    url: str = ""

    def _let_in(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}" and request.cookies.get("gw_session") != "yes":
            raise web.HTTPUnauthorized(
                text=json.dumps({"detail": "请先登录 / log in first"}), content_type="application/problem+json"
            )

    async def batch(self, request: web.Request) -> web.Response:
        self._let_in(request)
        after, limit = int(request.query["after"]), int(request.query["limit"])
        page = self.events[after : after + limit]
        cursor = int(page[-1]["sequence"]) if page else after
        return web.json_response(page, headers={"X-Feed-Cursor": str(cursor), "X-Feed-Last": str(len(self.events))})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        self._let_in(request)
        self.resumed_from.append(request.headers["Last-Event-ID"])
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"retry: 2000\n\n: heartbeat\n\n")
        left = self.breaks_after.pop(0) if self.breaks_after else len(self.events)
        for one in self.events[int(request.headers["Last-Event-ID"]) :][:left]:
            await response.write(
                f"id: {int(one['sequence'])}\ndata: {json.dumps(one, ensure_ascii=False)}\n\n".encode()
            )
        if self.breaks_after or left < len(self.events):
            assert request.transport is not None
            request.transport.abort()
        else:
            await asyncio.sleep(60)
        return response

    async def login(self, request: web.Request) -> web.Response:
        self.logins += 1
        if (await request.json())["password"] != self.password:
            raise web.HTTPUnauthorized
        response = web.json_response({"csrf": "c"})
        response.set_cookie("gw_session", "yes")
        return response


@asynccontextmanager
async def serving() -> AsyncIterator[FeedServer]:
    server = FeedServer()
    app = web.Application()
    app.router.add_get("/api/v1/feed", server.batch)
    app.router.add_get("/api/v1/feed/stream", server.stream)
    app.router.add_post("/api/v1/login", server.login)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
