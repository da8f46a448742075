"""A whole hotline for a story: a site of its own (Asterisk, configuration), the gateway as a process that can be
killed, and the words that a story is told in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from gateway.demo.hotline import Hotline, read_logins, shift_lead
from gateway.model.masking import mask_number
from tools.lab.process import Child
from tools.lab.site import ROOT, Site

T = TypeVar("T")

SCENARIOS = ROOT / "tools" / "sipp"
PATIENCE_S = 25.0
"""How long a story waits for the next thing to happen before it fails."""


class Story:
    """One gateway on one site, with citizens and seats."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.child: Child | None = None
        self._stack = AsyncExitStack()
        self.http: aiohttp.ClientSession
        self.lead: Hotline
        self.numbers: dict[str, str] = {}

    # -- the gateway -------------------------------------------------------------------------------------------------

    async def start_gateway(self) -> None:
        """Start the gateway and wait until every part of it is ready."""
        self.child = await asyncio.to_thread(self.site.gateway)
        await self.until(self.is_ready, "the gateway is ready")

    async def is_ready(self) -> bool:
        """What /readyz says; False while nothing listens."""
        assert self.child is not None
        self.child.check()
        try:
            async with self.http.get(f"{self.site.web_url}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def kill_gateway(self) -> None:
        """kill -9."""
        assert self.child is not None
        self.child.kill()

    def log(self) -> str:
        """All that the gateway has logged."""
        return (self.site.state_dir / "gateway.log").read_text(encoding="utf-8", errors="replace")

    async def log_in(self) -> None:
        """The shift lead's session, kept over restarts of the gateway."""
        login = shift_lead(read_logins(self.site.state_dir / "first-logins.txt"))
        assert login is not None
        self.lead = await self._stack.enter_async_context(Hotline(self.site.web_url, login.login, login.password))

    # -- people ------------------------------------------------------------------------------------------------------

    async def seat(
        self, seat: str = "A001", agent: str = "1001", *, ring_ms: int = 500, talk_ms: int = 3_600_000
    ) -> None:
        """A telephone registers at the seat, its agent signs in and is ready."""
        extension = next(s["extension"] for s in await self.lead.seats() if s["id"] == seat)
        passwords = self.site.seat_passwords([extension])
        keys = {"ring_ms": str(ring_ms), "talk_ms": str(talk_ms)}
        answer = SCENARIOS / "seat-answer.xml"
        await self._stack.enter_async_context(self.site.sipp().seats(passwords, answer=answer, keys=keys))
        await self.sign_in(seat, agent)

    async def sign_in(self, seat: str = "A001", agent: str = "1001") -> None:
        """The agent signs in and is ready, as the seat map shows it."""
        await self.lead.sign_in(seat, agent)
        await self.until(lambda: self.presence(seat, "not_ready"), "signed in")
        await self.lead.ready(seat)
        await self.until(lambda: self.presence(seat, "ready"), "ready")

    async def presence(self, seat: str, presence: str) -> bool:
        """Whether the seat map shows the seat so."""
        return (await self.seat_view(seat))["presence"] == presence

    async def citizen(
        self, name: str, *, number: str = "13812345678", dials: str = "12345", stays_s: float = 3600.0
    ) -> None:
        """A citizen dials and stays until the story ends, or hangs up after ``stays_s`` on the line."""
        self.numbers[name] = number
        row = (number, name, dials, "0", str(int(stays_s * 1000)), "yes")
        running = self.site.sipp().running(SCENARIOS / "citizen.xml", ["-m", "1"], rows=[row])
        await self._stack.enter_async_context(running)

    # -- what is seen ------------------------------------------------------------------------------------------------

    async def seat_view(self, seat: str = "A001") -> dict[str, Any]:
        """The seat as /api/v1/seats shows it."""
        return next(s for s in await self.lead.seats() if s["id"] == seat)

    async def call(self, name: str) -> dict[str, Any] | None:
        """The citizen's call as the ledger has it (people are shown masked: the citizen is known by the number)."""
        shown = mask_number(self.numbers[name])
        return next((c for c in await self.lead.calls(0.0) if c["caller_number"] == shown), None)

    async def call_when(self, name: str, what: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the ledger has the citizen's call and it is so."""

        async def found() -> dict[str, Any] | None:
            call = await self.call(name)
            return call if call is not None and true(call) else None

        return await self.until(found, f"{name}: {what}")

    async def events(self, kind: str = "") -> list[dict[str, Any]]:
        """The feed from its beginning, or its events of one type."""
        feed: list[dict[str, Any]] = []
        after = 0
        while page := await self._feed(after):
            feed += page
            after = int(page[-1]["sequence"])
        return [event for event in feed if not kind or event["type"] == f"hotline.{kind}.v1"]

    async def _feed(self, after: int) -> list[dict[str, Any]]:
        assert self.lead._session is not None
        async with self.lead._session.get(f"{self.site.web_url}/api/v1/feed?after={after}&limit=500") as answer:
            assert answer.status == 200, await answer.text()
            return list(await answer.json(content_type=None))

    async def tickets(self) -> list[dict[str, Any]]:
        """All tickets, newest first."""
        answer = await self.lead._ask("GET", "/api/v1/tickets?limit=500")
        return list(answer["items"])

    async def until(self, true: Callable[[], Any], what: str, limit_s: float = PATIENCE_S) -> Any:
        """Wait until ``true()`` (awaited when it is a coroutine) is truthy; fails with ``what`` after the limit."""
        end = time.monotonic() + limit_s
        while True:
            found = true()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(
                    f"did not come within {limit_s:.0f} s: {what}\n{self.child and self.child.tail(15)}"
                )
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """Everybody goes home."""
        await self._stack.aclose()
        if self.child is not None:
            await asyncio.to_thread(self.child.stop)


@asynccontextmanager
async def story_on(site: Site) -> AsyncIterator[Story]:
    """A story on a site whose Asterisk runs: gateway started, shift lead logged in."""
    story = Story(site)
    try:
        jar = aiohttp.CookieJar(unsafe=True)
        timeout = aiohttp.ClientTimeout(total=10)
        story.http = await story._stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, timeout=timeout))
        await story.start_gateway()
        await story.log_in()
        yield story
    finally:
        await story.close()


def folder_of(site: Site) -> Path:
    """Where the site keeps what it makes."""
    return site.state_dir
