"""What the tests of deliveries and fetches play with: a clock that is set by hand, a channel that follows a script,
and short ways to put tickets, deliveries and attachments into a real ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.channels.port import Fetched, Sent
from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.http import Door
from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import (
    Attachment,
    Conversation,
    Delivery,
    KeptAttachment,
    KeptMessage,
    Message,
    Raw,
)
from gateway.model.records import Event
from gateway.tickets.ports import TicketDraft, Tx

NOW = 1_795_000_000.0
KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class ScriptedChannel:
    """Answers each sending and fetching with the next entry of its script; the last one stays. An entry is a result,
    an exception to raise, or a function of the delivery or attachment.
    """

    name: str = "wechat"
    account: str = "hainan"
    sends: list[Any] = field(default_factory=lambda: [Sent()])
    fetches: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    given: list[Conversation | None] = field(default_factory=list)
    fetched: list[KeptAttachment] = field(default_factory=list)
    now: int = 0
    most: int = 0

    def doors(self) -> Sequence[Door]:
        return ()

    async def run(self) -> None: ...

    async def send(self, delivery: Delivery, conversation: Conversation | None) -> Sent:
        self.told.append(delivery.text or delivery.id)
        self.given.append(conversation)
        sent: Sent = await self._next(self.sends, delivery)
        return sent

    async def fetch(self, wanted: KeptAttachment) -> Fetched:
        self.fetched.append(wanted)
        fetched: Fetched = await self._next(self.fetches, wanted)
        return fetched

    async def _next(self, script: list[Any], what: object) -> Any:
        entry = script.pop(0) if len(script) > 1 else script[0]
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if isinstance(entry, BaseException):
                raise entry
            return await entry(what) if callable(entry) else entry
        finally:
            self.now -= 1


class Gate:
    """A step of a script that waits until it is opened; ``entered`` is set when somebody waits in it."""

    def __init__(self, then: object) -> None:
        self.entered, self.opened = asyncio.Event(), asyncio.Event()
        self._then = then

    async def __call__(self, _: object) -> object:
        self.entered.set()
        await self.opened.wait()
        return self._then


class CountingLedger:
    """A ledger that counts the deliveries that are read of it (``rows``), and which accounts were asked for them."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger, self.away = ledger, False
        self.reset()

    def reset(self) -> None:
        self.rows = 0
        self.asked: list[tuple[tuple[str, str], ...]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def due_deliveries(self, at: float, limit: int, of: Sequence[tuple[str, str]]) -> Sequence[Delivery]:
        if self.away:
            raise OSError("the ledger is away")
        self.asked.append(tuple(of))
        return self._counted(await self._ledger.due_deliveries(at, limit, of))

    async def deliveries(self, **filters: Any) -> Sequence[Delivery]:
        return self._counted(await self._ledger.deliveries(**filters))

    async def tried_deliveries(self, channel: str, account: str, ticket_no: TicketNo) -> Sequence[Delivery]:
        return self._counted(await self._ledger.tried_deliveries(channel, account, ticket_no))

    def _counted(self, read: Sequence[Delivery]) -> Sequence[Delivery]:
        self.rows += len(read)
        return read

    async def lease(self, delivery: Delivery) -> None:
        """Make it due much later, as who sends it does."""
        leased = replace(delivery, attempts=delivery.attempts + 1, due_at=NOW + 100_000)
        await self._ledger.write(lambda tx: tx.save_delivery(leased))


@asynccontextmanager
async def ledger_in(folder: Path) -> AsyncIterator[SqlLedger]:
    async with open_ledger(LedgerConfig(url=f"sqlite:///{folder}/ledger.db"), folder, KEYS) as ledger:
        yield ledger


async def open_a_ticket(ledger: SqlLedger) -> TicketNo:
    async def work(tx: Tx) -> TicketNo:
        draft = TicketDraft("wechat", "460000", NOW, NOW, account="hainan", fields={"user_id": "oCITIZEN"})
        return (await tx.open_ticket(draft, new_id()))[0].ticket_no

    return await ledger.write(work)


async def put(ledger: SqlLedger, ticket: TicketNo, **fields: Any) -> Delivery:
    """Write a delivery that is due now, to be changed by ``fields``."""
    made: dict[str, Any] = {
        "id": new_id(), "kind": "reply", "ticket_no": ticket, "channel": "wechat", "account": "hainan",
        "target": "oCITIZEN", "created_at": NOW, "due_at": NOW, "text": "",
    }  # fmt: skip
    delivery = Delivery(**{**made, **fields})
    await ledger.write(lambda tx: tx.save_delivery(delivery))
    return delivery


async def put_conversation(ledger: SqlLedger, **fields: Any) -> Conversation:
    conversation = Conversation("wechat:hainan:oCITIZEN", "wechat", "hainan", "oCITIZEN", last_in_at=NOW, **fields)
    await ledger.write(lambda tx: tx.save_conversation(conversation))
    return conversation


async def put_wanted(ledger: SqlLedger, ticket: TicketNo, **fields: Any) -> KeptAttachment:
    """Write a message with an attachment that must be fetched, due now."""
    attachment = Attachment(new_id(), fields.pop("name", "photo"), state="wanted", source={"media_id": "M1"})
    message_id, raw_id = new_id(), new_id()
    raw = Raw(raw_id, "wechat", "hainan", NOW, "text/xml", b"<xml/>")
    message = Message(f"wechat:hainan:{message_id}", "wechat", "hainan", "image", NOW, NOW, attachments=(attachment,))
    kept = KeptAttachment(attachment, message_id, ticket, "wechat", fields.pop("account", "hainan"), due_at=NOW)

    async def work(tx: Tx) -> None:
        await tx.keep_raw(raw)
        await tx.claim_message(message.key, message_id)
        await tx.add_message(KeptMessage(message_id, raw_id, ticket, message))
        await tx.save_attachment(kept)

    await ledger.write(work)
    return kept


async def row(ledger: SqlLedger, delivery: Delivery) -> Delivery:
    """The delivery as it now stands."""

    async def work(tx: Tx) -> Delivery | None:
        return await tx.delivery(delivery.id)

    found = await ledger.write(work)
    assert found is not None
    return found


async def events(ledger: SqlLedger, prefix: str = "hotline.") -> list[Event]:
    return [event for event in await ledger.events(0, 1000) if event.type.startswith(prefix)]


async def until(true: Callable[[], bool | Awaitable[bool]]) -> None:
    """Give the loop its turn until something holds; the test's own time limit is the end of patience."""
    while True:
        answer = true()
        if answer if isinstance(answer, bool) else await answer:
            return
        await asyncio.sleep(0.001)
