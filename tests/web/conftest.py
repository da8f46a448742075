"""A whole web server on a free port over honest in-memory twins of its ports: what is committed is seen, what is
rolled back is not, and acts on seats come back as diffs of the live stream.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from gateway.model.ids import AgentId, CallId, QueueId, TicketNo, new_id
from gateway.model.orders import OrderRefused, PauseMember
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Stretch, Ticket
from gateway.seats.config import EntryNumberConfig, HallConfig, RestReasonConfig, RoomConfig
from gateway.web.config import WebConfig
from gateway.web.live import LiveHub
from gateway.web.passwords import hash_password
from gateway.web.plan import floor_plan
from gateway.web.ports import PartState
from gateway.web.server import WebServer
from gateway.web.services import WebServices
from gateway.web.sessions import new_token

PASSWORD = "correct horse"
NUMBER = "13812345678"


@dataclass
class FakeRows:
    """What a FakeLedger holds; a transaction works on a copy."""

    calls: dict[str, CallRecord] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    accounts: dict[str, tuple[Account, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    audits: list[AuditEntry] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)


class FakeTx:
    def __init__(self, rows: FakeRows) -> None:
        self.rows = rows

    async def save_call(self, call: CallRecord) -> None:
        self.rows.calls[call.call_id] = call

    async def emit(self, type: str, subject: str, data: Any, at: float) -> None:
        self.rows.events.append(Event(len(self.rows.events) + 1, new_id(), type, subject, at, dict(data)))

    async def audit(self, entry: AuditEntry) -> None:
        self.rows.audits.append(entry)

    async def save_account(self, account: Account, password_hash: str | None = None) -> None:
        kept = self.rows.accounts.get(account.login, (account, ""))[1]
        self.rows.accounts[account.login] = (account, kept if password_hash is None else password_hash)

    async def save_token(self, login: str, token_hash: str, note: str, at: float) -> None:
        self.rows.tokens[token_hash] = login

    async def save_state(self, name: str, value: Any) -> None:
        self.rows.states[name] = dict(value)


class FakeLedger:
    """The ledger's port in memory. ``commit_gate`` lets a test hold commits back to see who waits for them."""

    def __init__(self) -> None:
        self.rows = FakeRows()
        self.told: list[Callable[[int], None]] = []
        self.reads: list[tuple[int, int]] = []
        self.fails: Exception | None = None
        self.commit_gate = asyncio.Event()
        self.commit_gate.set()

    async def write(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        tx = FakeTx(copy.deepcopy(self.rows))
        result = await work(tx)
        await self.commit_gate.wait()
        grew = len(tx.rows.events) > len(self.rows.events)
        self.rows = tx.rows
        if grew:
            for tell in self.told:
                tell(len(self.rows.events))
        return result

    def on_commit(self, tell: Callable[[int], None]) -> None:
        self.told.append(tell)

    async def emit(self, count: int = 1, **data: Any) -> None:
        """Append ``count`` events in one commit."""

        async def work(tx: FakeTx) -> None:
            for _ in range(count):
                await tx.emit("hotline.call.arrived.v1", "1732200000.15", data, 1_763_766_000.5)

        await self.write(work)

    async def call(self, call_id: str) -> CallRecord | None:
        if self.fails:
            raise self.fails
        return self.rows.calls.get(call_id)

    async def calls(self, *, after: str | None = None, limit: int = 100, **filters: Any) -> list[CallRecord]:
        found = sorted(self.rows.calls.values(), key=lambda call: call.started_at, reverse=True)
        keys = {"number": "caller_number", "outcome": "outcome", "queue": "queue"}
        for name, attribute in keys.items():
            if filters.get(name) is not None:
                found = [call for call in found if getattr(call, attribute) == filters[name]]
        since, until = filters.get("since") or 0.0, filters.get("until") or float("inf")
        found = [call for call in found if since <= call.started_at < until]
        return _page(found, after, limit, lambda call: call.call_id)

    async def ticket(self, number: str) -> Ticket | None:
        return self.rows.tickets.get(number)

    async def tickets(self, *, after: str | None = None, limit: int = 100, **filters: Any) -> list[Ticket]:
        found = sorted(self.rows.tickets.values(), key=lambda ticket: ticket.ticket_no, reverse=True)
        keys = {"number": "calling_number", "channel": "channel", "state": "state", "call_id": "call_id"}
        for name, attribute in keys.items():
            if filters.get(name) is not None:
                found = [ticket for ticket in found if getattr(ticket, attribute) == filters[name]]
        return _page(found, after, limit, lambda ticket: ticket.ticket_no)

    async def events(self, after: int, limit: int = 100) -> list[Event]:
        self.reads.append((after, limit))
        return self.rows.events[after : after + limit]

    async def last_sequence(self) -> int:
        return len(self.rows.events)

    async def account(self, login: str) -> tuple[Account, str] | None:
        return self.rows.accounts.get(login)

    async def account_by_token(self, token_hash: str) -> Account | None:
        login = self.rows.tokens.get(token_hash)
        return None if login is None else self.rows.accounts[login][0]

    async def audits(self, *, login: str | None = None, subject: str | None = None, limit: int = 100) -> Any:
        found = [one for one in reversed(self.rows.audits) if login in (None, one.login)]
        return [one for one in found if subject in (None, one.subject)][:limit]

    async def state(self, name: str) -> Any:
        return self.rows.states.get(name)

    def disable(self, login: str) -> None:
        account, stored = self.rows.accounts[login]
        self.rows.accounts[login] = (replace(account, disabled=True), stored)


def _page(found: list[Any], after: str | None, limit: int, key: Callable[[Any], str]) -> list[Any]:
    if after is not None:
        places = [place for place, one in enumerate(found) if key(one) == after]
        found = found[places[0] + 1 :] if places else []
    return found[:limit]


class FakeHall:
    """The hall's port in memory: an accepted act changes the seat at once and publishes the diff."""

    def __init__(self, seats: list[dict[str, Any]], queues: list[dict[str, Any]]) -> None:
        self._seats = {seat["id"]: seat for seat in seats}
        self._queues = {queue["id"]: queue for queue in queues}
        self.epoch, self.n, self.link = 1, 0, "up"
        self.publish: Callable[[dict[str, Any]], None] = lambda diff: None
        self.refuses = ""

    def seats(self) -> list[dict[str, Any]]:
        return list(self._seats.values())

    def queues(self) -> list[dict[str, Any]]:
        return list(self._queues.values())

    def _message(self, kind: str, seats: list[dict[str, Any]], queues: list[dict[str, Any]]) -> dict[str, Any]:
        head = {"type": kind, "epoch": self.epoch, "n": self.n, "at": time.time(), "link": self.link}
        return {**head, "seats": seats, "queues": queues}

    def live(self) -> dict[str, Any]:
        return self._message("snapshot", self.seats(), self.queues())

    def change(self, seat_id: str, **fields: Any) -> None:
        """Change a seat and publish the diff."""
        seat = self._seats[seat_id]
        seat.update(fields)
        self.n += 1
        self.publish(self._message("diff", [seat], []))

    def change_link(self, link: str) -> None:
        self.link, self.n = link, self.n + 1
        self.publish(self._message("diff", [], []))

    def _checked(self, seat_id: str) -> None:
        if seat_id not in self._seats:
            raise LookupError(seat_id)
        if self.refuses:
            raise OrderRefused(PauseMember("PJSIP/1001", True), self.refuses)

    async def sign_in(self, seat_id: str, agent: Account) -> None:
        self._checked(seat_id)
        self.change(seat_id, agent=agent.agent_id, agent_name=agent.name, presence="not_ready")

    async def sign_out(self, seat_id: str) -> None:
        self._checked(seat_id)
        self.change(seat_id, agent=None, agent_name=None, presence="signed_out", reason=None)

    async def ready(self, seat_id: str) -> None:
        self._checked(seat_id)
        self.change(seat_id, presence="ready", reason=None)

    async def not_ready(self, seat_id: str, reason: str) -> None:
        self._checked(seat_id)
        if reason not in ("break", "meal"):
            raise ValueError(f"reason: {reason!r} is not a reason of rest")
        self.change(seat_id, presence="not_ready", reason=reason)

    def seat_of(self, agent_id: str) -> str | None:
        return next((seat["id"] for seat in self.seats() if seat["agent"] == agent_id), None)


def make_seat(number: int, **fields: Any) -> dict[str, Any]:
    """A seat view, signed out unless told otherwise."""
    now = time.time()
    seat: dict[str, Any] = {
        "id": f"A{number:03d}", "extension": str(1000 + number), "hall": "haikou", "room": "main",
        "x": (number - 1) % 10, "y": (number - 1) // 10, "presence": "signed_out", "activity": "idle", "reason": None,
        "agent": None, "agent_name": None, "since": now, "presence_since": now, "call_id": None, "queue": None,
        "entry_number": None, "caller": None, "reachable": True, "calls_today": 0, "wrap_up_until": None,
    }  # fmt: skip
    return {**seat, **fields}


def make_queue(key: str = "hotline", **fields: Any) -> dict[str, Any]:
    queue: dict[str, Any] = {
        "id": key, "name": "市民热线", "name_en": "Citizens", "answer_within_s": 15, "waiting": [], "ready": 0,
        "talking": 0, "signed_in": 0, "answered_today": 0, "lost_today": 0, "longest_since": None,
    }  # fmt: skip
    return {**queue, **fields}


def make_call(number: int = 1, **fields: Any) -> CallRecord:
    made = CallRecord(
        call_id=CallId(f"{1_732_200_000 + number}.15"),
        started_at=1_763_766_000.0 + number,
        entry_number="12345",
        caller_number=NUMBER,
        caller_name="张三丰",
        queue=QueueId("hotline"),
        outcome="answered",
        stretches=[Stretch("waiting", 1.0, 2.0, queue=QueueId("hotline"))],
    )
    return replace(made, **fields)


def make_ticket(number: int = 1, **fields: Any) -> Ticket:
    made = Ticket(
        ticket_no=TicketNo(f"460000-20261121-{number:07d}"), id=new_id(), revision=1, state="received",
        channel="phone", account="trunk", entry_number="12345", track="own", area_code="460000",
        received_at=1.0, occurred_at=1.0, call_id="1732200001.15", calling_number=NUMBER, contact_number="089865321234",
        name="张三丰", title="路灯不亮", content=f"请回电 {NUMBER}", query_code="8K2M",
        more={"against": {"phone": "13900001111"}, "note": "邻居 13700002222", "leg": "1732200001.16"},
    )  # fmt: skip
    return replace(made, **fields)


class Client:
    """A browser's or a machine's side: a session with cookies, the CSRF token after a log-in."""

    def __init__(self, port: int, *, token: str = "") -> None:
        self.base = f"http://127.0.0.1:{port}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = aiohttp.ClientSession(
            self.base, cookie_jar=aiohttp.CookieJar(unsafe=True), headers=headers, timeout=aiohttp.ClientTimeout(20)
        )
        self.csrf = ""

    async def ask(self, method: str, path: str, **rest: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
        """Status, JSON (or None) and the response; sends the CSRF token when there is one."""
        headers = {**({"X-CSRF-Token": self.csrf} if self.csrf else {}), **rest.pop("headers", {})}
        async with self.http.request(method, path, headers=headers, allow_redirects=False, **rest) as response:
            body = await response.read()
            data = await response.json(content_type=None) if body and "json" in response.content_type else None
            return response.status, data, response

    async def get(self, path: str, **rest: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
        return await self.ask("GET", path, **rest)

    async def post(self, path: str, json: Any = None, **rest: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
        return await self.ask("POST", path, json={} if json is None else json, **rest)

    async def log_in(self, login: str, password: str = PASSWORD) -> int:
        status, data, _ = await self.post("/api/v1/login", {"login": login, "password": password})
        if status == 200:
            self.csrf = data["csrf"]
        return status


@dataclass
class Site:
    """A running server with its twins; ``clock`` can be moved by tests of sessions and throttling."""

    server: WebServer
    ledger: FakeLedger
    hall: FakeHall
    hub: LiveHub
    clients: list[Client]
    parts: dict[str, Any]
    tokens: dict[str, str]
    ahead: dict[str, float]
    registry: CollectorRegistry

    @property
    def port(self) -> int:
        return self.server.port

    def client(self, *, token: str = "") -> Client:
        client = Client(self.port, token=token)
        self.clients.append(client)
        return client

    async def logged_in(self, login: str) -> Client:
        client = self.client()
        assert await client.log_in(login) == 200
        return client


ACCOUNTS = (
    Account("agent1", "王小芳", "agent", AgentId("8001")),
    Account("agent2", "李强", "agent", AgentId("8002")),
    Account("lead", "陈班长", "supervisor", AgentId("8100")),
    Account("root", "管理员", "admin", AgentId("")),
    Account("machine", "工单系统", "reader", AgentId("")),
)


@pytest.fixture(scope="session")
def stored_password() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def plan() -> dict[str, Any]:
    reasons = [RestReasonConfig(id="break", name="小休", name_en="Break", max_minutes=15)]
    room = RoomConfig(id="main", name="一号大厅", name_en="Main", width=10, height=3)
    hall = HallConfig(id="haikou", name="海口话务大厅", area_code="460100", rooms=[room], rest_reasons=reasons)
    return floor_plan([hall], [EntryNumberConfig(number="12345", name="政务热线")])


OpenSite = Callable[..., Any]


@pytest.fixture
def open_site(stored_password: str, plan: dict[str, Any]) -> OpenSite:
    """Opens a site with changed config or hall: ``async with open_site(max_body=2000) as site``."""

    @asynccontextmanager
    async def make(
        hall: FakeHall | None = None,
        ledger: FakeLedger | None = None,
        floor: dict[str, Any] | None = None,
        **config: Any,
    ) -> AsyncIterator[Site]:
        hall = hall or FakeHall([make_seat(i) for i in range(1, 31)], [make_queue()])
        ledger = ledger or FakeLedger()
        settings = WebConfig(**{"port": 0, "shutdown_s": 2.0, **config})
        hub = LiveHub(hall.live, queue_size=settings.socket_queue)
        hall.publish = hub.publish
        tokens = _fill(ledger, stored_password)
        parts: dict[str, Any] = {"ledger": _ready}
        ahead = {"s": 0.0}
        registry = CollectorRegistry()
        services = WebServices(
            ledger=ledger, hall=hall, live=hub, plan=lambda: floor or plan, parts=parts, registry=registry,
            session_key=b"k" * 32, clock=lambda: time.time() + ahead["s"],
            monotonic=lambda: time.monotonic() + ahead["s"],
        )  # fmt: skip
        server = WebServer(settings, services)
        await server.start()
        site = Site(server, ledger, hall, hub, [], parts, tokens, ahead, registry)
        try:
            yield site
        finally:
            for client in site.clients:
                await client.http.close()
            await server.close()

    return make


def _fill(ledger: FakeLedger, stored: str) -> dict[str, str]:
    tokens = {}
    for account in ACCOUNTS:
        ledger.rows.accounts.setdefault(account.login, (account, "" if account.role == "reader" else stored))
    token, hashed = new_token()
    ledger.rows.tokens[hashed] = "machine"
    tokens["machine"] = token
    return tokens


async def _ready() -> PartState:
    return PartState(True, "ok")


@pytest.fixture
async def site(open_site: OpenSite) -> AsyncIterator[Site]:
    async with open_site() as opened:
        yield opened


@pytest.fixture
def fakes() -> Iterator[Any]:
    """The makers of this module, for tests that build their own."""

    class Makers:
        call = staticmethod(make_call)
        ticket = staticmethod(make_ticket)
        seat = staticmethod(make_seat)
        queue = staticmethod(make_queue)
        hall = FakeHall
        ledger = FakeLedger
        number = NUMBER
        password = PASSWORD

    yield Makers
