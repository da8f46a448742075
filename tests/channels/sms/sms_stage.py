"""A stage for SMS: a real ledger with intake, ticket service and dispatcher, and an account between them and a link.

    async with open_sms(tmp_path) as stage:                    # a link that records what is sent
        await stage.channel.arrived(text_of("路灯坏了"))
        await stage.deliver()                                   # one round of the dispatcher
        stage.link.sent

    async with open_sms(tmp_path, config, make_link=lambda inbox: MyLink(config, means?, inbox, ...)) as stage: ...

``make_link`` gets the inbox; where a link needs the means, give ``make_link`` as a function of (inbox, means).
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from gateway.channels.config import DeliveryConfig
from gateway.channels.outgoing import Dispatcher
from gateway.channels.sms.channel import SmsChannel
from gateway.channels.sms.config import SmsBase
from gateway.channels.sms.port import Arrived, Inbox, Link, PartOf
from gateway.model.http import Door
from gateway.model.messages import Delivery, KeptMessage
from gateway.model.records import Ticket
from tests.channels.door_stage import START, Clock, Stage, open_stage

CITIZEN, OURS = "13812345678", "1069012345"


@dataclass
class RecordingLink:
    """Sends nothing and remembers it all. ``fails`` are errors to raise first, ``per`` the characters of a part."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    ids: list[list[str]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    per: int = 67
    then: Callable[[Sequence[str]], Awaitable[None]] | None = None
    """Called with the ids while the sending is still under way: reports that are quicker than its result."""

    def doors(self) -> Sequence[Door]:
        return ()

    async def submit(self, target: str, text: str, key: str) -> Sequence[str]:
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((target, text, key))
        parts = max(1, -(-len(text) // self.per))
        ids = [f"id{len(self.sent)}-{n}" for n in range(1, parts + 1)]
        self.ids.append(ids)
        if self.then is not None:
            await self.then(ids)
        return ids

    def figures(self) -> Mapping[str, float]:
        return {}

    async def run(self) -> None:
        return


@dataclass
class SmsStage:
    stage: Stage
    channel: SmsChannel
    link: Any
    dispatcher: Dispatcher

    @property
    def clock(self) -> Clock:
        return self.stage.clock

    async def tickets(self) -> list[Ticket]:
        """Oldest first."""
        return await self.stage.tickets()

    async def messages(self, ticket: Ticket) -> Sequence[KeptMessage]:
        return await self.stage.ledger.messages(ticket_no=ticket.ticket_no)

    async def deliver(self) -> None:
        """One round of the dispatcher, to its end."""
        await self.dispatcher.once()

    async def deliveries(self) -> list[Delivery]:
        """Oldest first."""
        return list(reversed(await self.stage.ledger.deliveries(limit=1000)))


@asynccontextmanager
async def open_sms(
    folder: Path,
    config: SmsBase | None = None,
    make_link: Callable[..., Link] | None = None,
    **changes: Any,
) -> AsyncIterator[SmsStage]:
    """``config`` (or ``changes`` to the usual one: account "hainan", number ``OURS``, signature 海南12345)."""
    usual = {"account": "hainan", "number": OURS, "signature": "海南12345", **changes}
    config = config or SmsBase.model_validate(usual)
    async with open_stage(folder) as stage:
        made: list[Link] = []

        def link_for(inbox: Inbox) -> Link:
            if make_link is None:
                made.append(RecordingLink())
            elif len(inspect.signature(make_link).parameters) > 1:
                made.append(make_link(inbox, stage.means))
            else:
                made.append(make_link(inbox))
            return made[0]

        async def report(channel: str, account: str, external_id: str, state: Any, error: str) -> bool:
            return await dispatcher.report(channel, account, external_id, state, error)

        channel = SmsChannel(config, stage.means, link_for, report)
        channels = {(channel.name, channel.account): channel}
        dispatcher = Dispatcher(stage.ledger, channels, DeliveryConfig(), clock=stage.clock)
        yield SmsStage(stage, channel, made[0], dispatcher)


_numbers = count(1)


def text_of(words: str, sender: str = CITIZEN, at: float = START, **fields: Any) -> Arrived:
    """A text in UCS-2 as a carrier hands it over, with a key of its own."""
    data = words.encode("utf-16-be")
    values = {"key": f"mo{next(_numbers)}", "coding": 8, "data": data, "raw": b"PDU" + data}
    return Arrived(
        content_type="application/octet-stream", sender=sender, receiver=OURS, received_at=at, **{**values, **fields}
    )


def parts_of(
    text: str,
    reference: int = 7,
    size: int = 134,
    bits: Any = 8,
    sender: str = CITIZEN,
    at: float = START,
    **fields: Any,
) -> list[Arrived]:
    """A long text in parts of ``size`` octets, in order, each with a key of its own that is the same at each call."""
    data = text.encode("utf-16-be")
    bodies = [data[start : start + size] for start in range(0, len(data), size)]
    return [
        text_of(
            "", sender, at, key=f"p{sender}/{reference}/{n}", data=body, raw=b"PDU" + body,
            part=PartOf(reference, bits, len(bodies), n), **fields,
        )
        for n, body in enumerate(bodies, 1)
    ]  # fmt: skip


async def arrive(stage: SmsStage, *pieces: Arrived, at_once: bool = False) -> None:
    """Hand pieces over, one after the other or all at the same moment."""
    if at_once:
        await asyncio.gather(*(stage.channel.arrived(piece) for piece in pieces))
        return
    for piece in pieces:
        await stage.channel.arrived(piece)
