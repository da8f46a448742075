"""A whole hotline for a story: a site of its own (Asterisk, configuration), the gateway as a process that can be
killed, and the words that a story is told in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from picture import picture

from gateway.demo.hotline import Hotline, read_logins, shift_lead
from gateway.model.masking import mask_number
from tools.lab.phone import Manner, Phone
from tools.lab.process import Child, until
from tools.lab.sipp import SippFailed, SippProcess
from tools.lab.site import ROOT, Site, gateway_command

T = TypeVar("T")

SCENARIOS = ROOT / "tools" / "sipp"
PATIENCE_S = 60.0
"""How long a story waits for the next thing to happen before it fails: what takes 3 s here takes 15 s on a machine
five times slower. A telephone that has died is not waited for.
"""


class Story:
    """One gateway on one site, with citizens and seats."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.child: Child | None = None
        self._stack = AsyncExitStack()
        self.http: aiohttp.ClientSession
        self.lead: Hotline
        self.numbers: dict[str, str] = {}
        self.citizens: dict[str, SippProcess] = {}
        self.telephones: dict[str, SippProcess] = {}
        """Of the seats, by seat."""
        self.began = time.time()

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
        except (aiohttp.ClientError, TimeoutError):
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
        self,
        seat: str = "A001",
        agent: str = "1001",
        *,
        ring_ms: int = 500,
        talk_ms: int = 3_600_000,
        answer: str = "seat-answer.xml",
        keys: Mapping[str, str] | None = None,
    ) -> None:
        """A telephone registers at the seat, its agent signs in and is ready. ``answer`` says how it behaves."""
        extension = await self.extension(seat)
        passwords = self.site.seat_passwords([extension])
        keys = {"ring_ms": str(ring_ms), "talk_ms": str(talk_ms), **(keys or {})}
        telephone = self.site.sipp().seats(passwords, answer=SCENARIOS / answer, keys=keys)
        self.telephones[seat] = await self._stack.enter_async_context(telephone)
        self._stack.callback(self.telephones.pop, seat, None)  # one that we end has not died
        await self.until(lambda: self.reachable(seat), "its telephone is registered")
        await self.sign_in(seat, agent)

    async def phone(self, seat: str = "A001", agent: str = "1001", manner: Manner | None = None) -> Phone:
        """As ``seat``, with a telephone that the story works itself: it takes a call at once (or by its ``manner``),
        and holds, resumes and hangs up when it is told to and not after so many seconds."""
        extension = await self.extension(seat)
        opened = Phone.open("agent", extension, self.site.settings.asterisk.sip_port, manner=manner)
        telephone = await self._stack.enter_async_context(opened)
        await telephone.register(self.site.secrets.seats[extension])
        await self.until(lambda: self.reachable(seat), "its telephone is registered")
        await self.sign_in(seat, agent)
        return telephone

    async def unregister(self, seat: str) -> None:
        """The seat's telephone takes back its registration."""
        ((name, secret),) = self.site.seat_passwords([await self.extension(seat)]).items()
        row = (name, f"[authentication username={name} password={secret}]")
        await self.site.sipp().run(SCENARIOS / "seat-unregister.xml", rows=[row])

    async def extension(self, seat: str) -> str:
        """The number of the seat's telephone."""
        return str((await self.seat_view(seat))["extension"])

    async def sign_in(self, seat: str = "A001", agent: str = "1001") -> None:
        """The agent signs in and is ready, as the seat map shows it."""
        await self.lead.sign_in(seat, agent)
        await self.until(lambda: self.presence(seat, "not_ready"), "signed in")
        await self.lead.ready(seat)
        await self.until(lambda: self.presence(seat, "ready"), "ready")

    async def presence(self, seat: str, presence: str) -> bool:
        """Whether the seat map shows the seat so."""
        return (await self.seat_view(seat))["presence"] == presence

    async def reachable(self, seat: str) -> bool:
        """Whether the seat map shows a telephone there."""
        return bool((await self.seat_view(seat))["reachable"])

    async def citizen(
        self, name: str, *, number: str = "13812345678", dials: str = "12345", stays_s: float = 3600.0
    ) -> None:
        """A citizen dials and stays until ``hang_up`` or the story's end, or hangs up after ``stays_s`` on the line.

        A story that wants to see something of the call first must not give ``stays_s``: a slow machine misses it.
        """
        self.numbers[name] = number
        row = (number, name, dials, "0", str(int(stays_s * 1000)), "yes")
        running = self.site.sipp().running(SCENARIOS / "citizen.xml", ["-m", "1"], rows=[row])
        self.citizens[name] = await self._stack.enter_async_context(running)
        self._stack.callback(self.citizens.pop, name, None)

    def hang_up(self, name: str) -> None:
        """The citizen hangs up now."""
        self.citizens[name].check()
        self.citizens[name].hang_up()

    def check_telephones(self) -> None:
        """Raise SippFailed when a citizen has died or a seat's telephone has ended: what is waited for cannot come."""
        for process in self.citizens.values():
            process.check()
        for seat, process in self.telephones.items():
            if not process.running:
                raise SippFailed(f"the telephone of {seat} has ended: {process.said()}")

    # -- what is seen ------------------------------------------------------------------------------------------------

    async def seat_view(self, seat: str = "A001") -> dict[str, Any]:
        """The seat as /api/v1/seats shows it."""
        return next(s for s in await self.lead.seats() if s["id"] == seat)

    async def call(self, name: str) -> dict[str, Any] | None:
        """The citizen's call as the ledger has it (people are shown masked: the citizen is known by the number)."""
        shown = mask_number(self.numbers[name])
        return next((c for c in await self.lead.calls(self.began) if c["caller_number"] == shown), None)

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

    async def lost_call(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """What the feed tells of a call that was lost; fails unless it tells it exactly once."""
        (event,) = [e for e in await self.events("call.lost") if e["subject"] == call["call_id"]]
        return dict(event["data"])

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
        """Wait until ``true()`` (awaited when it is a coroutine) is truthy; fails with ``what`` after the limit.

        The failure tells what everybody on the line saw of it.
        """
        end = time.monotonic() + limit_s
        while True:
            found = true()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            self.check_telephones()
            if time.monotonic() > end:
                raise AssertionError(f"did not come within {limit_s:.0f} s: {what}\n{await picture(self)}")
            await asyncio.sleep(0.1)

    async def quiet(self) -> None:
        """Leave the hotline as it was found: whoever is on the line is hung up, whoever is signed in goes home."""
        for seat in await self.lead.seats():
            if seat["presence"] != "signed_out":
                await self.lead.sign_out(seat["id"])
        await self.until(lambda: asyncio.to_thread(self._is_quiet), "the line is quiet")
        await self.until(self.nobody_is_there, "all have signed out and no seat is on a call")

    def _is_quiet(self) -> bool:
        """Asked again and again: what was on its way to Asterisk is a call only a moment later."""
        if not self.site.asterisk.calls_up():
            return True
        self.site.asterisk.rx("channel request hangup all")
        return False

    async def nobody_is_there(self) -> bool:
        """As the gateway knows it, which hears of it later than Asterisk's console."""
        seats = await self.lead.seats()
        return all((seat["presence"], seat["activity"]) == ("signed_out", "idle") for seat in seats)

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
        timeout = aiohttp.ClientTimeout(total=30)
        story.http = await story._stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, timeout=timeout))
        await story.start_gateway()
        await story.log_in()
        yield story
    finally:
        await story.close()


@contextmanager
def gateway_on(site: Site) -> Iterator[Child]:
    """The gateway of a site whose Asterisk runs, started; for the stories that ``visit`` it."""
    gateway = site.gateway()
    try:
        started = until(lambda: "gateway.started" in gateway.log.read_text(errors="replace") or not gateway.alive, 120)
        assert started and gateway.alive, gateway.obituary()
        yield gateway
    finally:
        gateway.stop()


@asynccontextmanager
async def visit(site: Site, gateway: Child) -> AsyncIterator[Story]:
    """A story on a hotline that runs already and goes on afterwards: its seats are signed out, its callers gone."""
    story = Story(site)
    story.child = gateway
    async with story._stack:
        jar = aiohttp.CookieJar(unsafe=True)
        timeout = aiohttp.ClientTimeout(total=30)
        story.http = await story._stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, timeout=timeout))
        await story.until(story.is_ready, "the hotline is ready")
        await story.log_in()
        story._stack.push_async_callback(story.quiet)
        yield story


async def said(site: Site, *arguments: str, limit_s: float = 150.0) -> tuple[int, str, str]:
    """Run one command of the gateway beside the running one: exit status, what it said, and what it complained."""
    command = await asyncio.create_subprocess_exec(
        *gateway_command(),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=site.environ,
    )
    try:
        async with asyncio.timeout(limit_s):
            out, err = await command.communicate()
    finally:
        if command.returncode is None:
            command.kill()
            await command.wait()
    assert command.returncode is not None
    return command.returncode, out.decode(), err.decode()


def folder_of(site: Site) -> Path:
    """Where the site keeps what it makes."""
    return site.state_dir
