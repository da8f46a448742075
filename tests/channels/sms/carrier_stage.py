"""A carrier's link on a stage: a fake gateway at one end, at the other an inbox that records, is slow or fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from gateway.channels.port import ChannelMeans
from gateway.channels.sms.carrier import CarrierLink
from gateway.channels.sms.cmpp.config import CmppSms
from gateway.channels.sms.cmpp.link import CmppLink
from gateway.channels.sms.port import Arrived, Inbox, Told
from gateway.channels.sms.smgp.config import SmgpSms
from gateway.channels.sms.smgp.link import SmgpLink
from tests.fakes.ismg import Ismg, Speaks

ZONE = ZoneInfo("Asia/Shanghai")
NOW = 1_795_295_707.0
"""22 November 2026, 05:15:07 in Shanghai."""

ACCOUNT, SECRET = "901234", "shared-secret"
QUICK = {"reconnect_first_s": 0.01, "reconnect_most_s": 0.05}
EVERY: tuple[Speaks, ...] = ("2.0", "3.0", "smgp")


class FirstOf(set[str]):
    """What a carrier is mute to, the first so many times: nobody has to take it back between two tries in time."""

    def __init__(self, **times: int) -> None:
        super().__init__(times)
        self.left = times

    def __contains__(self, what: object) -> bool:
        mute = self.left.get(str(what), 0) > 0
        if mute:
            self.left[str(what)] -= 1
        return mute


class RecordingInbox:
    """Keeps in memory. ``refuse`` is how many tries fail first; ``gate`` holds all back while it is clear."""

    def __init__(self) -> None:
        self.messages: list[Arrived] = []
        self.reports: list[Told] = []
        self.refuse = 0
        self.tries = 0
        self.under_way = self.most_under_way = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self._changed = asyncio.Condition()

    async def arrived(self, message: Arrived) -> None:
        await self._keep(self.messages, message)

    async def told(self, report: Told) -> None:
        await self._keep(self.reports, report)

    async def _keep(self, where: list[Any], what: Any) -> None:
        self.tries += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self._tell()
        try:
            await self.gate.wait()
            if self.fault is not None:
                raise self.fault
            if self.refuse:
                self.refuse -= 1
                raise OSError("the ledger is away")
            where.append(what)
        finally:
            self.under_way -= 1
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, true: Callable[[], Any], limit_s: float = 60.0) -> None:
        async with asyncio.timeout(limit_s), self._changed:
            await self._changed.wait_for(true)


def means(now: float = NOW) -> ChannelMeans:
    """Zone and clock: a link needs nothing else."""
    return cast(ChannelMeans, SimpleNamespace(zone=ZONE, clock=lambda: now))


def link_to(ismg: Ismg, inbox: Inbox, **more: Any) -> CarrierLink:
    """The link of the fake's protocol, with a configuration of its own port."""
    common = {"account": "hainan", "number": "1065812345", "host": "127.0.0.1", "port": ismg.port, "secret": "env:S"}
    common |= QUICK | more
    if ismg.speaks == "smgp":
        return SmgpLink(SmgpSms(client_id=ACCOUNT, **common), means(), inbox, secret=SECRET)
    return CmppLink(CmppSms(source_addr=ACCOUNT, **{"version": ismg.speaks} | common), means(), inbox, secret=SECRET)


@asynccontextmanager
async def running(link: CarrierLink) -> AsyncIterator[CarrierLink]:
    """The link runs until the block ends."""
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=60)
        assert task.cancelled(), task


async def logged_in(link: CarrierLink, connections: int = 1) -> None:
    """Wait until the link has heard that it is: that the carrier has said so is not enough."""
    async with asyncio.timeout(60):
        while link.up < connections:
            await asyncio.sleep(0.002)


@asynccontextmanager
async def staged(speaks: Speaks, *, resend_s: float = 60.0, port: int = 0, **more: Any) -> AsyncIterator[Any]:
    """Fake, inbox and running link, logged in. One that is stopped and started needs a ``port`` that is kept for it."""
    async with Ismg(speaks, ACCOUNT, SECRET, resend_s=resend_s, port=port) as ismg:
        inbox = RecordingInbox()
        async with running(link_to(ismg, inbox, **more)) as link:
            await logged_in(link, more.get("connections", 1))
            yield SimpleNamespace(ismg=ismg, inbox=inbox, link=link)
