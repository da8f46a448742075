"""A fake partner's platform: takes our pushes as a police platform would, and pushes tickets and feedback to us.

Signatures are made and checked by PyPI's standardwebhooks, not by the gateway's own code.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web
from standardwebhooks.webhooks import Webhook


def webhook(secret: str) -> Webhook:
    """standardwebhooks takes base64 only; a secret in plain words is the same key in base64."""
    if secret.startswith("whsec_"):
        return Webhook(secret)
    return Webhook(base64.b64encode(secret.encode()).decode())


@dataclass
class FakePartner:
    """``taken`` are the pushes that were accepted, by webhook-id; ``answers`` are given first, as (status, body)."""

    secret: str = "out-secret-of-the-gateway"
    in_secret: str = "in-secret-of-the-partner"
    number_field: str = "external_no"
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: list[str] = field(default_factory=list)
    answers: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    base: str = ""
    hang: bool = False

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[FakePartner]:
        app = web.Application()
        app.router.add_post("/cases", self._take)
        app.router.add_get("/files/{name}", self._file)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        id = request.headers["webhook-id"]
        self.tries.append(id)
        headers = {name.lower(): value for name, value in request.headers.items()}
        case = self._checked(body, headers)
        if self.hang:
            await asyncio.Event().wait()
        if self.answers:
            status, text, more = self.answers.pop(0)
            return web.Response(status=status, text=text, headers=more, content_type="application/json")
        self.taken[id] = case
        number = f"P-{list(self.taken).index(id) + 1:04d}"
        return web.json_response({self.number_field: number})

    def _checked(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        """As a platform does that uses the library. The tests' clock stands still, so only the age is not judged."""
        stamp = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        wanted = webhook(self.secret).sign(headers["webhook-id"], stamp, body.decode())
        if headers["webhook-signature"] != wanted:
            raise web.HTTPUnauthorized
        case: dict[str, Any] = json.loads(body)
        return case

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name.isdigit():
            return web.Response(status=int(name), headers={"Retry-After": "7"})
        return web.Response(body=b"bytes of " + name.encode(), content_type="audio/mpeg")

    def signed(self, body: bytes, at: float, id: str = "msg_1") -> dict[str, str]:
        """The headers of a push to the gateway, in lower case."""
        stamp = datetime.fromtimestamp(int(at), UTC)
        return {
            "webhook-id": id,
            "webhook-timestamp": str(int(at)),
            "webhook-signature": webhook(self.in_secret).sign(id, stamp, body.decode()),
            "content-type": "application/json",
        }

    async def push(self, http: aiohttp.ClientSession, url: str, case: Any, at: float, id: str) -> tuple[int, Any]:
        """Push to the gateway; its status and answer."""
        body = json.dumps(case, ensure_ascii=False).encode()
        async with http.post(url, data=body, headers=self.signed(body, at, id)) as response:
            return response.status, await response.json(content_type=None)
