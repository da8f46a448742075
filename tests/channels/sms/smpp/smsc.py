"""The short message centre of ``smsc.pl`` (Perl's Net::SMPP) as a process of its own, and links to it on a stage."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.channels.port import ChannelMeans
from gateway.channels.sms.port import Inbox
from gateway.channels.sms.smpp.config import SmppSms
from gateway.channels.sms.smpp.link import SmppLink
from tests.channels.sms.sms_stage import SmsStage, open_sms

SCRIPT = Path(__file__).with_name("smsc.pl")
CITIZEN, HOTLINE, PASSWORD = "13800000000", "1065812345", "a-long-password"
LIMIT_S = 60.0


@dataclass(frozen=True)
class Line:
    """Something that the centre told of: a word and its fields."""

    what: str
    words: tuple[str, ...]
    fields: Mapping[str, str]

    @property
    def octets(self) -> bytes:
        return bytes.fromhex(self.fields["hex"])


class Smsc:
    """``told`` is everything so far; ``until`` waits for it to be enough."""

    def __init__(self, process: Process) -> None:
        self.port = 0
        self.told: list[Line] = []
        self._process = process
        self._changed = asyncio.Condition()

    async def listen(self) -> None:
        assert self._process.stdout is not None
        async for raw in self._process.stdout:
            what, *words = raw.decode().split()
            fields = dict(word.split("=", 1) for word in words if "=" in word)
            async with self._changed:
                if what == "port":
                    self.port = int(words[0])
                self.told.append(Line(what, tuple(words), fields))
                self._changed.notify_all()

    def of(self, *what: str) -> list[Line]:
        return [one for one in self.told if one.what in what]

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(LIMIT_S), self._changed:
            await self._changed.wait_for(true)

    async def count(self, what: str, count: int) -> list[Line]:
        """Wait until something has happened so often."""
        await self.until(lambda: len(self.of(what)) >= count)
        return self.of(what)

    async def order(self, *words: str) -> None:
        """Give an order and wait until it is carried out."""
        assert self._process.stdin is not None
        done = len(self.of("done"))
        self._process.stdin.write(" ".join(words).encode() + b"\n")
        await self.count("done", done + 1)

    async def send(self, data: bytes = b"", coding: int = 8, command: str = "deliver_sm", **fields: Any) -> None:
        """A citizen writes. Octets are given as bytes; ``data`` is the short message of a deliver_sm."""
        values = {"source_addr": CITIZEN, "destination_addr": HOTLINE, "data_coding": coding, **fields}
        if data and command == "deliver_sm":
            values["short_message"] = data
        words = [f"{name}={_said(value)}" for name, value in values.items()]
        await self.order("send", command, *words)

    async def report(self, id: str, stat: str = "DELIVRD", **fields: Any) -> None:
        """A status report in the text of appendix B."""
        text = f"id:{id} sub:001 dlvrd:001 submit date:2611221205 done date:2611221206 stat:{stat} err:000 text:hi"
        await self.send(text.encode(), 0, esm_class=4, **fields)

    @property
    def acknowledged(self) -> int:
        return len([one for one in self.of("deliver_sm_resp", "data_sm_resp") if one.fields["status"] == "0"])


def _said(value: Any) -> str:
    return f"hex:{value.hex()}" if isinstance(value, bytes) else str(value)


@asynccontextmanager
async def smsc() -> AsyncIterator[Smsc]:
    process = await asyncio.create_subprocess_exec("perl", str(SCRIPT), stdin=PIPE, stdout=PIPE)
    centre = Smsc(process)
    listening = asyncio.create_task(centre.listen())
    try:
        await centre.until(lambda: centre.port)
        yield centre
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), LIMIT_S)
        await listening


def config_of(port: int, **more: Any) -> SmppSms:
    values = {
        "account": "hainan", "number": HOTLINE, "signature": "海南12345", "host": "127.0.0.1", "port": port,
        "system_id": "hn12345", "password": "env:S", "reconnect_first_s": 0.01, "reconnect_most_s": 0.05,
    }  # fmt: skip
    return SmppSms.model_validate(values | more)


@dataclass
class Scene:
    smsc: Smsc
    sms: SmsStage
    link: SmppLink


@asynccontextmanager
async def running(link: SmppLink) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=LIMIT_S)
        assert task.cancelled(), task


@asynccontextmanager
async def account(
    folder: Path, centre: Smsc, wrap: Callable[[Any], Any] = lambda inbox: inbox, **more: Any
) -> AsyncIterator[SmsStage]:
    """The account with its real ledger and its link to the centre. ``wrap`` stands before the channel's inbox."""
    config = config_of(centre.port, **more)

    def make(inbox: Inbox, means: ChannelMeans) -> SmppLink:
        return SmppLink(config, means, wrap(inbox), password=PASSWORD)

    async with open_sms(folder, config, make) as sms, running(sms.link):
        yield sms


@asynccontextmanager
async def hotline(folder: Path, wrap: Callable[[Any], Any] = lambda inbox: inbox, **more: Any) -> AsyncIterator[Scene]:
    """A centre and an account that is bound to it."""
    async with smsc() as centre, account(folder, centre, wrap, **more) as sms:
        await bound(sms, centre)
        yield Scene(centre, sms, sms.link)


async def bound(sms: SmsStage, centre: Smsc) -> None:
    """Wait until the centre has told of it and the link has heard the centre's answer: neither is the other."""
    await centre.count("bind", len(sms.link.carriers))
    async with asyncio.timeout(LIMIT_S):
        while sms.link.up < len(sms.link.carriers):
            await asyncio.sleep(0.002)
