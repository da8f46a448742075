"""The desk's side of the web tests: what the in-memory twins need so that every route has an answer, and a server over
a real ledger with the real acts on tickets, for tests of what is kept.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.contexts import PartnerContext
from gateway.model.desk import Draft, Watch
from gateway.model.ids import AgentId, CallId, QueueId
from gateway.model.records import Account, CallChange, CallRecord, Ticket
from gateway.seats.config import EntryNumberConfig, HallConfig, QueueConfig, RestReasonConfig, RoomConfig
from gateway.tickets.calls import CallBook
from gateway.tickets.config import AreaConfig, CategoriesConfig, IntakeConfig, PhraseConfig, RepliesConfig
from gateway.tickets.service import TicketService, ticket_policy
from gateway.tickets.templates import Templates
from gateway.web.config import WebConfig
from gateway.web.desk_means import DeskMeans
from gateway.web.live import LiveHub
from gateway.web.server import WebServer
from gateway.web.services import WebServices

NUMBER = "13812345678"
KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


class DeskReads:
    """For the in-memory ledger: nothing is typed, nobody is watched."""

    async def drafts(self, author: str, limit: int = 100) -> Sequence[Draft]:
        return []

    async def draft(self, key: str) -> Draft | None:
        return None

    async def watches(self, limit: int = 100) -> Sequence[Watch]:
        return []

    async def watch(self, number: str) -> Watch | None:
        return None


HALL = HallConfig(
    id="haikou", name="海口话务大厅", area_code="460100",
    rooms=[RoomConfig(id="main", name="一号大厅", name_en="Main", width=10, height=3)],
    rest_reasons=[RestReasonConfig(id="break", name="小休", name_en="Break", max_minutes=15)],
)  # fmt: skip
MEANS = DeskMeans.of(
    [HALL],
    [QueueConfig(id="hotline", name="市民热线"), QueueConfig(id="hr", name="人社", answer_within_s=20)],
    [
        EntryNumberConfig(number="12345", name="政务热线", name_en="Hotline"),
        EntryNumberConfig(number="12328", name="交通", track="dual", area_code="460100"),
    ],
    IntakeConfig(
        area=(AreaConfig(code="460000", name="海南省", dialling=("0898",)), AreaConfig(code="460100", name="海口市")),
        phrase=(PhraseConfig(id="urge", name="催办", text="市民催办。\n请尽快处理"),),
    ),
    "460000",
)


@dataclass
class DeskSite:
    """A running server over a real ledger. ``contexts`` is what partners have told."""

    server: WebServer
    ledger: SqlLedger
    hall: Any
    clients: list[Any]
    make_client: Any
    contexts: list[PartnerContext]
    ahead: dict[str, float]
    woken: list[float]

    async def logged_in(self, login: str) -> Any:
        client = self.make_client(self.server.port)
        self.clients.append(client)
        assert await client.log_in(login) == 200
        return client

    def rings(self, call_id: str = "1732200000.15", at: str = "A001", **fields: Any) -> CallRecord:
        """A call that rings at a seat, alive in the hall and not yet in the ledger."""
        now = time.time()
        call = CallRecord(
            CallId(call_id), now - 30, **{
                "entry_number": "12345", "caller_number": NUMBER, "queue": QueueId("hotline"), "language": "zh",
                "queued_at": now - 12, **fields,
            },
        )  # fmt: skip
        self.hall.calls[call_id] = call
        self.hall.change(at, call_id=call_id, activity="ringing")
        return call

    async def writes(self, call: CallRecord, kind: Any = "answered", **changes: Any) -> None:
        """What the recorder writes of a call."""
        for name, value in changes.items():
            setattr(call, name, value)
        change = CallChange(kind, time.time(), call).frozen()
        await self.ledger.write(lambda tx: CallBook(MEANS.area_of).write(tx, [change]))

    async def earlier(self, number: int, **fields: Any) -> Ticket:
        """A call of some minutes ago that was answered, with its ticket as ``fields`` say."""
        then = time.time() - 3600 * number
        call = CallRecord(
            CallId(f"{number}.1"), then, caller_number=fields.pop("caller", NUMBER), entry_number="12345",
            answered_at=then + 5, ended_at=then + 65, talk_s=60.0, outcome="answered",
            agent=AgentId(fields.pop("agent", "8002")),
        )  # fmt: skip
        await self.writes(call)
        found = await self.ledger.ticket_by_key(f"call:{call.call_id}")
        assert found is not None
        return await self.ledger.write(lambda tx: tx.update_ticket(found.ticket_no, fields)) if fields else found


@asynccontextmanager
async def open_desk(
    tmp_path: Path,
    hall: Any,
    accounts: Sequence[Account],
    stored_password: str,
    categories: CategoriesConfig,
    make_client: Any,
    transfers: Any,
) -> AsyncIterator[DeskSite]:
    """A site whose ledger is SQLite and whose acts on tickets are the real ones."""
    async with open_ledger(LedgerConfig(url=f"sqlite:///{tmp_path}/ledger.db"), tmp_path, KEYS) as ledger:
        for account in accounts:
            await ledger.write(lambda tx, one=account: tx.save_account(one, stored_password))
        contexts: list[PartnerContext] = []
        ahead, woken = {"s": 0.0}, []
        hub = LiveHub(hall.live, queue_size=100)
        hall.publish = hub.publish

        def clock() -> float:
            return time.time() + ahead["s"]

        async def contexts_for(call_id: str, number: str) -> list[PartnerContext]:
            return [one for one in contexts if one.number == number]

        policy = ticket_policy(RepliesConfig(), categories, lambda start, days: start + days * 86_400)
        acts = TicketService(
            ledger, policy, Templates(RepliesConfig()), lambda: woken.append(clock()), {"110": "公安"}.get, clock=clock
        )
        services = WebServices(
            ledger=ledger, hall=hall, live=hub, plan=dict, parts={}, registry=CollectorRegistry(),
            session_key=b"k" * 32, clock=clock, intake=None, tickets=acts, files=None, words=Templates(RepliesConfig()),
            categories=lambda: categories, desk=lambda: MEANS, contexts=contexts_for, transfers=transfers,
        )  # type: ignore[arg-type]  # fmt: skip
        server = WebServer(WebConfig(port=0, shutdown_s=2.0), services)
        await server.start()
        site = DeskSite(server, ledger, hall, [], make_client, contexts, ahead, woken)
        try:
            yield site
        finally:
            for client in site.clients:
                await client.http.close()
            await server.close()
