"""A web server over a real ledger, with real virtual numbers and recordings, and a telephone that only writes down what
it was to dial: for the tests of numbers, who sees them, and what of it is audited.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.ids import AgentId, CallId, SeatId, TicketNo
from gateway.model.records import AuditEntry, CallRecord, Ticket
from gateway.people.config import RosterConfig
from gateway.people.service import RosterBook
from gateway.tickets.ports import TicketDraft
from gateway.transfer.virtual_config import VirtualConfig
from gateway.transfer.virtual_service import VirtualNumbers
from gateway.web.config import WebConfig
from gateway.web.live import LiveHub
from gateway.web.passwords import hash_password
from gateway.web.plan import floor_plan
from gateway.web.ports import PartState
from gateway.web.recordings import Recordings
from gateway.web.recordings_config import RecordingsConfig
from gateway.web.retention import Retention
from gateway.web.server import WebServer
from gateway.web.services import WebServices
from gateway.web.sessions import new_token
from tests.web.conftest import ACCOUNTS, PASSWORD, Client, FakeHall, make_queue, make_seat

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
CITIZEN, CONTACT, OFFICE = "13812345678", "13987654321", "089865321234"
ZONE = ZoneInfo("Asia/Shanghai")
DAY = 1_795_233_600.0


class LiveHall(FakeHall):
    """A hall that knows the calls that are alive."""

    def __init__(self) -> None:
        super().__init__([make_seat(i, device="phone") for i in (1, 2, 3)], [make_queue()])
        self.alive: dict[str, CallRecord] = {}

    def seat(self, seat_id: str) -> dict[str, Any] | None:
        return next((one for one in self.seats() if one["id"] == seat_id), None)

    def call(self, call_id: str) -> CallRecord | None:
        return self.alive.get(call_id)


@dataclass
class Dialled:
    """Writes down what it was to dial; ``refuses`` is raised once."""

    calls: list[tuple[str, str, str, str]] = field(default_factory=list)
    refuses: Exception | None = None

    async def dial(self, seat_id: str, number: str, shown: str = "", ticket_no: str = "") -> CallId:
        refusal, self.refuses = self.refuses, None
        if refusal is not None:
            raise refusal
        self.calls.append((seat_id, number, shown, ticket_no))
        return CallId("out-1")


@dataclass
class NumberSite:
    server: WebServer
    ledger: SqlLedger
    hall: LiveHall
    dialled: Dialled
    numbers: VirtualNumbers
    folder: Path
    retention: Retention
    roster: RosterBook
    clients: list[Client] = field(default_factory=list)
    token: str = ""
    ahead: dict[str, float] = field(default_factory=lambda: {"s": 0.0})

    async def logged_in(self, login: str) -> Client:
        client = Client(self.server.port)
        self.clients.append(client)
        assert await client.log_in(login) == 200
        return client

    async def seated(self, login: str = "agent1", seat: str = "A001") -> Client:
        """An agent who is signed in at a seat."""
        client = await self.logged_in(login)
        assert (await client.post(f"/api/v1/seats/{seat}/sign-in"))[0] == 202
        return client

    def machine(self) -> Client:
        client = Client(self.server.port, token=self.token)
        self.clients.append(client)
        return client

    async def ticket(self, **fields: Any) -> Ticket:
        draft = TicketDraft(
            channel="phone", area_code="460000", received_at=DAY, occurred_at=DAY, entry_number="12345",
            account="trunk", fields={"calling_number": CITIZEN, "contact_number": CONTACT, "name": "张三丰"} | fields,
        )  # fmt: skip
        made, _ = await self.ledger.write(lambda tx: tx.open_ticket(draft, None))
        return made

    async def call(self, **fields: Any) -> CallRecord:
        made = CallRecord(
            CallId("7.1"), DAY, entry_number="12345", caller_number=CITIZEN, caller_name="张三丰",
            agent=AgentId("8001"), seat=SeatId("A001"), answered_at=DAY + 5, ended_at=DAY + 60, outcome="answered",
            recording_id="7.1",
        )  # fmt: skip
        kept = replace(made, **fields)
        await self.ledger.write(lambda tx: tx.save_call(kept))
        return kept

    async def audited(self, act: str) -> list[AuditEntry]:
        return list(await self.ledger.audits(act=act))

    def recorded(self, name: str, data: bytes, day: str = "20261121") -> None:
        (self.folder / day).mkdir(parents=True, exist_ok=True)
        (self.folder / day / f"{name}.wav").write_bytes(data)


async def _ready() -> PartState:
    return PartState(True, "ok")


async def _fill(ledger: SqlLedger) -> str:
    stored = hash_password(PASSWORD)
    token, hashed = new_token()

    async def work(tx: Any) -> None:
        for account in ACCOUNTS:
            await tx.save_account(account, "" if account.role == "reader" else stored)
        await tx.save_token("machine", hashed, "test", time.time())

    await ledger.write(work)
    return token


@asynccontextmanager
async def number_site(tmp_path: Path, **services: Any) -> AsyncIterator[NumberSite]:
    async with open_ledger(LedgerConfig(url=f"sqlite:///{tmp_path}/l.db"), tmp_path, KEYS) as ledger:
        token = await _fill(ledger)
        hall, dialled = LiveHall(), Dialled()
        numbers = VirtualNumbers(ledger, lambda: VirtualConfig(numbers=("66001-66003",)), time.time)
        hub = LiveHub(hall.live, queue_size=100)
        hall.publish = hub.publish
        ahead = {"s": 0.0}
        spool = Recordings(tmp_path / "monitor", ZONE)
        retention = Retention(ledger, spool, RecordingsConfig, ZONE, lambda: time.time() + ahead["s"])
        roster = RosterBook(ledger, RosterConfig, ZONE, lambda: time.time() + ahead["s"])
        given: dict[str, Any] = {
            "ledger": ledger, "hall": hall, "live": hub, "plan": lambda: floor_plan([], []),
            "parts": {"ledger": _ready}, "registry": CollectorRegistry(), "session_key": b"k" * 32,
            "clock": lambda: time.time() + ahead["s"], "intake": None, "tickets": None, "files": None, "words": None,
            "dialler": dialled, "virtual": numbers, "recordings": spool, "zone": ZONE,
            "retention": retention, "roster": roster,
        }  # fmt: skip
        server = WebServer(WebConfig(port=0, shutdown_s=2.0), WebServices(**{**given, **services}))
        await server.start()
        stage = (server, ledger, hall, dialled, numbers, tmp_path / "monitor", retention, roster)
        site = NumberSite(*stage, token=token, ahead=ahead)
        try:
            yield site
        finally:
            for client in site.clients:
                await client.http.close()
            await server.close()


UNKNOWN = TicketNo("460000-20261121-0000099")
