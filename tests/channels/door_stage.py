"""A stage for channels with doors: a real ledger with intake and ticket service, and the doors on a loopback port."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web

from gateway.channels.port import ChannelMeans
from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.http import Door, HttpAnswer, HttpAsked
from gateway.model.ids import new_id
from gateway.model.messages import Attachment
from gateway.model.records import Event, Ticket
from gateway.tickets.config import CategoriesConfig, IntakeConfig, RepliesConfig
from gateway.tickets.intake import Intake
from gateway.tickets.policy import IntakePolicy
from gateway.tickets.service import TicketService, ticket_policy
from gateway.tickets.templates import Templates

START = 1_795_233_600.0
"""2026-11-21 12:00 in Shanghai."""
ZONE = ZoneInfo("Asia/Shanghai")
KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
CONFIG = Path(__file__).parents[2] / "config"


@cache
def categories() -> CategoriesConfig:
    """The taxonomy that is shipped."""
    return CategoriesConfig.model_validate(tomllib.loads((CONFIG / "categories.toml").read_text(encoding="utf-8")))


def in_days(at: float, days: int) -> float:
    """A calendar without weekends."""
    return at + days * 86_400


@cache
def policy() -> IntakePolicy:
    return IntakePolicy.of(IntakeConfig(), categories(), {}, in_days, "460000", ZONE)


@dataclass
class Clock:
    """A clock that tests move."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass
class MemoryFiles:
    """Keeps files in memory, and refuses what calls itself a program."""

    kept: dict[str, bytes] = field(default_factory=dict)

    async def take_in(self, body: bytes, name: str, content_type: str) -> Attachment:
        if name.endswith(".exe"):
            return Attachment(new_id(), name, content_type, len(body), state="refused", note="programs are refused")
        sha256 = hashlib.sha256(body).hexdigest()
        self.kept[sha256] = body
        return Attachment(new_id(), name, content_type, len(body), sha256)

    async def read(self, sha256: str) -> bytes:
        if sha256 not in self.kept:
            raise FileNotFoundError(sha256)
        return self.kept[sha256]


@dataclass
class Stage:
    ledger: SqlLedger
    means: ChannelMeans
    service: TicketService
    clock: Clock
    files: MemoryFiles
    woken: list[None]
    http: aiohttp.ClientSession

    async def tickets(self) -> list[Ticket]:
        """All tickets, oldest first."""
        return list(reversed(await self.ledger.tickets(limit=1000)))

    async def events(self, prefix: str = "") -> list[Event]:
        return [event for event in await self.ledger.events(0, 1000) if event.type.startswith(prefix)]

    async def set(self, ticket: Ticket, **changes: Any) -> Ticket:
        """Change a ticket behind everybody's back."""
        return await self.ledger.write(lambda tx: tx.update_ticket(ticket.ticket_no, changes))


@asynccontextmanager
async def open_stage(folder: Path, partners: Iterable[str] = ()) -> AsyncIterator[Stage]:
    clock, woken, files = Clock(), list[None](), MemoryFiles()
    names = {number: f"partner {number}" for number in partners}
    config = LedgerConfig(url=f"sqlite:///{folder}/ledger.db")
    async with open_ledger(config, folder, KEYS) as ledger, aiohttp.ClientSession() as http:

        def wake() -> None:
            woken.append(None)

        words, replies = Templates(RepliesConfig()), RepliesConfig()
        service = TicketService(
            ledger, ticket_policy(replies, categories(), in_days, ZONE), words, wake, names.get,
            lambda number: 60.0 if number == "110" else 600.0, clock,
        )  # fmt: skip
        intake = Intake(ledger, policy(), clock)
        means = ChannelMeans(ledger, intake, service, files, words, http, ZONE, wake, clock)
        yield Stage(ledger, means, service, clock, files, woken, http)


def asked(
    method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None, at: float = START, **path: str
) -> HttpAsked:
    """A request as a door sees it. Header names are given in lower case."""
    return HttpAsked(method, target, path, {}, headers or {}, body, "127.0.0.1", at)


@asynccontextmanager
async def serving(doors: Iterable[Door], clock: Clock, port: int = 0) -> AsyncIterator[str]:
    """The doors on a loopback port (a free one for 0), as the web server hangs them; yields the address."""
    app = web.Application()
    for door in doors:
        app.router.add_route(door.method, door.path, _handler(door, clock))
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _handler(door: Door, clock: Clock) -> Any:
    async def handle(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer: HttpAnswer = await door.receive(
            HttpAsked(
                request.method,
                request.raw_path,
                dict(request.match_info),
                dict(request.query),
                headers,
                await request.read(),
                "127.0.0.1",
                clock(),
            )
        )
        response = web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        if answer.content_type:
            response.headers["Content-Type"] = answer.content_type
        return response

    return handle
