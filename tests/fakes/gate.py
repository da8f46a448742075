"""A gateway's intake on a real ledger with a fake Tencent on the other side, for the tests of Tencent's channels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web

from gateway.channels.port import ChannelMeans
from gateway.channels.wechat import WechatChannel, WechatConfig
from gateway.channels.wecom import WecomChannel, WecomConfig
from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.http import Door, HttpAsked
from gateway.model.ids import TicketNo
from gateway.model.records import Ticket
from gateway.tickets.config import CategoriesConfig, IntakeConfig, RepliesConfig, UrgencyRule
from gateway.tickets.intake import Intake
from gateway.tickets.policy import IntakePolicy
from gateway.tickets.templates import Templates
from tests.fakes.tencent import FakeTencent

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
START = 1_795_250_000.0


@dataclass
class Clock:
    """A clock that tests move."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Ratings:
    """The one act on tickets that channels ask for, noted down and done."""

    ledger: SqlLedger
    given: list[tuple[TicketNo, int]] = field(default_factory=list)

    async def rate(self, number: TicketNo, score: int, comment: str = "") -> Ticket:
        self.given.append((number, score))
        return await self.ledger.write(lambda tx: tx.update_ticket(number, {"satisfaction": score}))


@dataclass
class Gate:
    """What a channel needs around it, and doors on a loopback port."""

    ledger: SqlLedger
    intake: Intake
    means: ChannelMeans
    clock: Clock
    ratings: Ratings
    woken: list[None]
    tencent: FakeTencent

    async def tickets(self) -> list[Ticket]:
        """All tickets, oldest first."""
        return list(reversed(await self.ledger.tickets(limit=100)))


def policy_of_tests() -> IntakePolicy:
    rule = UrgencyRule(value="特急", words=("着火",), dial=("119",))
    config = IntakeConfig(urgency=(rule,), courtesies=("你好",))
    return IntakePolicy.of(config, CategoriesConfig(), {}, lambda at, days: at + days * 86_400, "460000")


@asynccontextmanager
async def open_gate(folder: Path, policy: IntakePolicy) -> AsyncIterator[Gate]:
    clock, woken = Clock(), list[None]()
    async with (
        open_ledger(LedgerConfig(url=f"sqlite:///{folder}/ledger.db"), folder, KEYS) as ledger,
        aiohttp.ClientSession() as http,
        FakeTencent(clock).running() as tencent,
    ):
        intake, ratings = Intake(ledger, policy, clock), Ratings(ledger)
        means = ChannelMeans(
            ledger, intake, ratings, None, Templates(RepliesConfig()), http, ZoneInfo("Asia/Shanghai"),
            lambda: woken.append(None), clock,
        )  # fmt: skip
        yield Gate(ledger, intake, means, clock, ratings, woken, tencent)


def config_of(tencent: FakeTencent, **changes: object) -> WechatConfig:
    """The configuration of the fake's official account."""
    values = {
        "account": "hainan", "app_id": tencent.official.app_id, "mode": tencent.official.mode, "token": "env:T",
        "aes_key": "env:K", "app_secret": "env:S", "api_base": tencent.base, "call_s": 2.0,
    }  # fmt: skip
    return WechatConfig.model_validate(values | changes)


def channel_of(gate: Gate, **changes: object) -> WechatChannel:
    official = gate.tencent.official
    return WechatChannel(
        config_of(gate.tencent, **changes),
        gate.means,
        token=official.token,
        aes_key=official.key,
        app_secret=official.secret,
    )


def wecom_of(gate: Gate, **changes: object) -> WecomChannel:
    """The fake's customer service."""
    corp = gate.tencent.corp
    values = {
        "account": "kefu", "corp_id": corp.corp_id, "token": "env:T", "aes_key": "env:K", "secret": "env:S",
        "api_base": gate.tencent.base, "call_s": 2.0,
    }  # fmt: skip
    config = WecomConfig.model_validate(values | changes)
    return WecomChannel(config, gate.means, token=corp.token, aes_key=corp.key, secret=corp.secret)


def asked_of(request: web.Request, body: bytes, at: float) -> HttpAsked:
    """What the web server makes of a request for a door."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = dict(request.query)
    return HttpAsked(request.method, request.path_qs, request.match_info, query, headers, body, "127.0.0.1", at)


async def hang(app: web.Application, doors: tuple[Door, ...], clock: Callable[[], float]) -> None:
    """Hang doors into a server, as the composition root does."""

    def handler(door: Door) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            answer = await door.receive(asked_of(request, await request.read(), clock()))
            return web.Response(
                status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type, **answer.headers}
            )

        return handle

    for door in doors:
        app.router.add_route(door.method, door.path, handler(door))


@asynccontextmanager
async def serving() -> AsyncIterator[Callable[[Gate, Any], Awaitable[str]]]:
    """Gives what serves a channel's doors on a loopback port and tells the base address."""
    runners: list[web.AppRunner] = []

    async def start(gate: Gate, channel: Any) -> str:
        app = web.Application(client_max_size=2_097_152)
        await hang(app, tuple(channel.doors()), gate.clock)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    try:
        yield start
    finally:
        for runner in runners:
            await runner.cleanup()
