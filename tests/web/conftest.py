"""A whole web server on a free port over honest in-memory twins of its ports: what is committed is seen, what is
rolled back is not, and acts on seats come back as diffs of the live stream.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from gateway.model.assignments import Assignment
from gateway.model.ids import AgentId, CallId, QueueId, TicketNo, new_id
from gateway.model.messages import (
    Attachment,
    Conversation,
    Delivery,
    Denial,
    KeptAttachment,
    KeptMessage,
    Message,
    Raw,
    Reply,
)
from gateway.model.orders import OrderRefused, PauseMember
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Stretch, Ticket
from gateway.model.transfers import Transfer
from gateway.seats.config import EntryNumberConfig, HallConfig, RestReasonConfig, RoomConfig
from gateway.tickets.config import CategoriesConfig, CategoryConfig, LimitConfig
from gateway.tickets.inbox import Sharing
from gateway.tickets.ports import NotFound, Refused, StaleRevision, Taken
from gateway.transfer.config import PartnerConfig
from gateway.transfer.ports import Press
from gateway.transfer.registry import PartnerLine
from gateway.web.config import WebConfig
from gateway.web.live import LiveHub
from gateway.web.passwords import hash_password
from gateway.web.plan import floor_plan
from gateway.web.ports import PartState
from gateway.web.server import WebServer
from gateway.web.services import WebServices
from gateway.web.sessions import new_token
from tests.web.desks import DeskReads, DeskSite, open_desk
from tests.web.inboxes import InboxLedger, InboxTx, open_inbox

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
    keys: dict[str, str] = field(default_factory=dict)
    raws: dict[str, Raw] = field(default_factory=dict)
    messages: dict[str, KeptMessage] = field(default_factory=dict)
    attachments: dict[str, KeptAttachment] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    denials: dict[str, Denial] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)


class FakeTx(InboxTx):
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

    async def delivery(self, id: str) -> Delivery | None:
        return self.rows.deliveries.get(id)

    async def save_delivery(self, delivery: Delivery) -> None:
        self.rows.deliveries[delivery.id] = delivery

    async def save_denial(self, denial: Denial) -> None:
        self.rows.denials[denial.id] = denial

    async def lift_denial(self, denial_id: str) -> bool:
        return self.rows.denials.pop(denial_id, None) is not None


class FakeLedger(InboxLedger, DeskReads):
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
        keys = {"number": "calling_number", "channel": "channel", "state": "state", "call_id": "call_id",
                "category": "category", "area_code": "area_code"}  # fmt: skip
        for name, attribute in keys.items():
            if filters.get(name) is not None:
                found = [ticket for ticket in found if getattr(ticket, attribute) == filters[name]]
        return _page(found, after, limit, lambda ticket: ticket.ticket_no)

    async def ticket_by_query_code(self, number: str, code: str) -> Ticket | None:
        found = self.rows.tickets.get(number)
        return found if found is not None and found.query_code == code else None

    async def raw(self, raw_id: str) -> Raw | None:
        return self.rows.raws.get(raw_id)

    async def message(self, message_id: str) -> KeptMessage | None:
        return self.rows.messages.get(message_id)

    async def messages(
        self, *, ticket_no: str | None = None, raw_id: str | None = None, limit: int = 100, newest: bool = False
    ) -> list[KeptMessage]:
        found = [one for one in self.rows.messages.values() if ticket_no in (None, one.ticket_no)]
        found = [one for one in found if raw_id in (None, one.raw_id)]
        return found[-limit:] if newest else found[:limit]

    async def attachments(self, ticket_no: str) -> list[KeptAttachment]:
        return [one for one in self.rows.attachments.values() if one.ticket_no == ticket_no]

    async def attachment(self, id: str) -> KeptAttachment | None:
        return self.rows.attachments.get(id)

    async def replies(self, ticket_no: str) -> list[Reply]:
        return [one for one in self.rows.replies if one.ticket_no == ticket_no]

    async def deliveries(self, *, limit: int = 100, **filters: Any) -> list[Delivery]:
        found = list(self.rows.deliveries.values())
        for name, value in filters.items():
            found = [one for one in found if value is None or getattr(one, name) == value]
        return found[:limit]

    async def transfer(self, id: str) -> Transfer | None:
        return self.rows.transfers.get(id)

    async def pushes(self, ids: Any) -> dict[str, Any]:
        return {id_: self.rows.deliveries[id_] for id_ in ids if id_ in self.rows.deliveries}

    async def transfers(
        self, *, since: float | None = None, until: float | None = None, after: Any = None, limit: int = 100,
        **filters: Any,
    ) -> list[Transfer]:  # fmt: skip
        found = [one for one in self.rows.transfers.values() if (since or 0.0) <= one.started_at < (until or 1e12)]
        found = [one for one in found if after is None or (one.started_at, one.id) < after]
        for name, value in filters.items():
            found = [one for one in found if value is None or getattr(one, name) == value]
        return found[::-1][:limit]

    async def denials(self, *, channel: str | None = None, limit: int = 100) -> list[Denial]:
        return [one for one in self.rows.denials.values() if channel in (None, one.channel)][:limit]

    def recent_events(self, after: int, limit: int = 100) -> list[Event]:
        return []  # as a ledger that remembers none: whoever asks reads them

    async def events(self, after: int, limit: int = 100) -> list[Event]:
        self.reads.append((after, limit))
        return self.rows.events[after : after + limit]

    async def last_sequence(self) -> int:
        return len(self.rows.events)

    async def accounts(self) -> list[Account]:
        return [account for account, _ in self.rows.accounts.values()]

    async def account(self, login: str) -> tuple[Account, str] | None:
        return self.rows.accounts.get(login)

    async def account_by_token(self, token_hash: str) -> Account | None:
        login = self.rows.tokens.get(token_hash)
        return None if login is None else self.rows.accounts[login][0]

    async def audits(
        self, *, since: float | None = None, until: float | None = None, limit: int = 100, **filters: Any
    ) -> Any:
        found = [one for one in reversed(self.rows.audits) if (since or 0.0) <= one.at < (until or float("inf"))]
        for name, value in filters.items():
            found = [one for one in found if value is None or getattr(one, name) == value]
        return found[:limit]

    async def state(self, name: str) -> Any:
        return self.rows.states.get(name)

    def disable(self, login: str) -> None:
        account, stored = self.rows.accounts[login]
        self.rows.accounts[login] = (replace(account, disabled=True), stored)


def _page(found: list[Any], after: str | None, limit: int, key: Callable[[Any], str]) -> list[Any]:
    if after is not None:
        places = [place for place, one in enumerate(found) if key(one) == after]
        if not places:
            raise NotFound(after)
        found = found[places[0] + 1 :]
    return found[:limit]


class FakeHall:
    """The hall's port in memory: an accepted act changes the seat at once and publishes the diff."""

    def __init__(self, seats: list[dict[str, Any]], queues: list[dict[str, Any]]) -> None:
        self._seats = {seat["id"]: seat for seat in seats}
        self._queues = {queue["id"]: queue for queue in queues}
        self.calls: dict[str, CallRecord] = {}
        self.epoch, self.n, self.link = 1, 0, "up"
        self.publish: Callable[[dict[str, Any]], None] = lambda diff: None
        self.beside: dict[str, list[dict[str, Any]]] = {}
        self.drift = 0
        self.refuses = ""

    def seats(self) -> list[dict[str, Any]]:
        return list(self._seats.values())

    def seat(self, seat_id: str) -> dict[str, Any] | None:
        return self._seats.get(seat_id)

    def call(self, call_id: str) -> CallRecord | None:
        return self.calls.get(call_id)

    def queues(self) -> list[dict[str, Any]]:
        return list(self._queues.values())

    def _message(self, kind: str, seats: list[dict[str, Any]], queues: list[dict[str, Any]]) -> dict[str, Any]:
        head = {"type": kind, "epoch": self.epoch, "n": self.n, "at": time.time(), "link": self.link}
        return {**head, "drift": self.drift, "seats": seats, "queues": queues}

    def live(self) -> dict[str, Any]:
        return self._message("snapshot", self.seats(), self.queues()) | self.beside

    def change(self, seat_id: str, **fields: Any) -> None:
        """Change a seat and publish the diff."""
        seat = self._seats[seat_id]
        seat.update(fields)
        self.n += 1
        self.publish(self._message("diff", [seat], []))

    def change_queue(self, queue_id: str, **fields: Any) -> None:
        """Change a queue and publish the diff."""
        self._queues[queue_id].update(fields)
        self.n += 1
        self.publish(self._message("diff", [], [self._queues[queue_id]]))

    def tell(self, kind: str, *views: dict[str, Any]) -> None:
        """Publish what is beside seats and queues."""
        self.n += 1
        self.publish(self._message("diff", [], []) | {kind: list(views)})

    def change_link(self, link: str) -> None:
        self.link, self.n = link, self.n + 1
        self.publish(self._message("diff", [], []))

    def _checked(self, seat_id: str) -> None:
        if seat_id not in self._seats:
            raise LookupError(seat_id)
        if self.refuses:
            raise OrderRefused(PauseMember("PJSIP/1001", True), self.refuses)

    async def sign_in(self, seat_id: str, agent: Account, device: str = "phone") -> None:
        self._checked(seat_id)
        self.change(seat_id, agent=agent.agent_id, agent_name=agent.name, presence="not_ready", device=device)

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


class StubIntake:
    """Takes messages into a FakeLedger as the intake does: once a key, one ticket each. ``fails`` makes it fail."""

    def __init__(self, ledger: FakeLedger) -> None:
        self.ledger = ledger
        self.fails: Exception | None = None
        self.denies = ""

    async def take(self, raw: Raw, message: Message, also: Any = None) -> Taken:
        if self.fails:
            raise self.fails
        rows = self.ledger.rows
        if self.denies:
            return Taken("denied", new_id(), None, self.denies)
        if message.key in rows.keys:
            kept = rows.messages[rows.keys[message.key]]
            return Taken("known", kept.id, rows.tickets[kept.ticket_no])
        ticket = self._ticket(raw, message)
        kept = KeptMessage(new_id(), raw.id, ticket.ticket_no, message)
        rows.keys[message.key], rows.messages[kept.id] = kept.id, kept
        rows.raws[raw.id], rows.tickets[ticket.ticket_no] = raw, ticket
        for one in message.attachments:
            rows.attachments[one.id] = KeptAttachment(one, kept.id, ticket.ticket_no, raw.channel, raw.account)
        return Taken("opened", kept.id, ticket)

    def _ticket(self, raw: Raw, message: Message) -> Ticket:
        number, place = len(self.ledger.rows.tickets) + 1, message.place
        return Ticket(
            ticket_no=TicketNo(f"460000-20261121-{number:07d}"), id=new_id(), revision=1, state="received",
            channel=message.channel, account=message.account, entry_number="", track="own", area_code="460000",
            received_at=message.received_at, occurred_at=message.occurred_at, raw_id=raw.id,
            query_code=f"K7M{number:03d}", title=message.title, content=message.text,
            name=message.person.name, user_id=message.person.user_id,
            contact_number=message.person.contact_number, longitude=place.longitude if place else None,
            latitude=place.latitude if place else None, crs=place.crs if place else "",
            address=place.address if place else "", **message.given,
        )  # fmt: skip


class StubActs:
    """Acts on the tickets of a FakeLedger, with revisions; a closed ticket is rated once."""

    def __init__(self, ledger: FakeLedger) -> None:
        self.ledger = ledger
        self.asked: list[tuple[Any, ...]] = []

    def _ticket(self, number: str, revision: int | None) -> Ticket:
        found = self.ledger.rows.tickets.get(number)
        if found is None:
            raise NotFound(number)
        if revision is not None and revision != found.revision:
            raise StaleRevision(TicketNo(number), revision, found.revision)
        return found

    def _changed(self, ticket: Ticket, **changes: Any) -> Ticket:
        changed = replace(ticket, revision=ticket.revision + 1, **changes)
        self.ledger.rows.tickets[ticket.ticket_no] = changed
        return changed

    async def reply(
        self,
        number: str,
        text: str,
        author: str,
        *,
        template: str = "",
        revision: int | None = None,
        key: str = "",
    ) -> tuple[Reply, Delivery | None]:
        ticket = self._ticket(number, revision)
        id = f"{author}/{key}" if key else new_id()
        if said := next((one for one in self.ledger.rows.replies if one.id == id), None):
            return said, None
        written = Reply(id, ticket.ticket_no, 2.0, author, text, template)
        self.ledger.rows.replies.append(written)
        delivery = make_delivery(ticket_no=ticket.ticket_no, reply_id=written.id, text=text)
        self.ledger.rows.deliveries[delivery.id] = delivery
        return written, delivery if ticket.user_id or ticket.contact_number else None

    async def report(self, number: str, state: str, author: str, **said: Any) -> Ticket:
        self.asked.append(("report", number, state, author, said))
        ticket = self._ticket(number, said["revision"])
        if ticket.state == "closed":
            raise Refused("工单已办结", "the ticket is closed", "state")
        return self._changed(ticket, state=state, department=said["department"], result=said["result"])

    async def change(self, number: str, changes: Any, author: str, *, revision: int | None = None) -> Ticket:
        return self._changed(self._ticket(number, revision), **changes)

    async def push(self, number: str, partner: str, author: str) -> Delivery:
        ticket = self._ticket(number, None)
        if partner != "110":
            raise Refused("没有这个联动单位", "no such partner", "partner")
        return make_delivery(kind="push", ticket_no=ticket.ticket_no, target=partner, channel="partner")

    async def rate(self, number: str, score: int, comment: str = "") -> Ticket:
        ticket = self._ticket(number, None)
        if ticket.state != "closed" or ticket.satisfaction is not None:
            raise Refused("现在不能评价", "cannot be rated now")
        return self._changed(ticket, satisfaction=score)


class StubFiles:
    """Keeps what looks like a picture; refuses the rest with a reason."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.fails: OSError | None = None

    async def take_in(self, body: bytes, name: str, content_type: str) -> Attachment:
        if self.fails:
            raise self.fails
        if not body.startswith((b"\xff\xd8", b"\x89PNG")):
            return Attachment(new_id(), name, state="refused", note="不是图片")
        sha256 = hashlib.sha256(body).hexdigest()
        self.kept[sha256] = body
        return Attachment(new_id(), name, "image/jpeg", len(body), sha256)

    async def read(self, sha256: str) -> bytes:
        if sha256 not in self.kept:
            raise FileNotFoundError(sha256)
        return self.kept[sha256]


class StubTransfers:
    """Keeps what is pressed as a transfer of the ledger's; ``refuses`` is raised once. With ``looked`` its answers wait
    until that is set."""

    def __init__(self, ledger: FakeLedger) -> None:
        self.ledger = ledger
        self.pressed: list[Press] = []
        self.acts: list[tuple[str, str, str]] = []
        self.refuses: Exception | None = None
        self.looked: asyncio.Event | None = None

    async def _answer(self) -> None:
        if self.looked is not None:
            await self.looked.wait()

    def _check(self) -> None:
        refusal, self.refuses = self.refuses, None
        if refusal is not None:
            raise refusal

    async def start(self, press: Press) -> Transfer:
        self._check()
        known = next((one for one in self.ledger.rows.transfers.values() if one.key == press.key), None)
        if known is not None:
            return known
        self.pressed.append(press)
        begun = Transfer(
            new_id(), press.key, CallId("1.1"), "three_way", press.target.value, press.seat, AgentId("8001"), 10.0,
            partner=press.target.value if press.target.kind == "partner" else "", ticket_no=press.ticket_no,
            target_kind=press.target.kind,
        )  # fmt: skip
        self.ledger.rows.transfers[begun.id] = begun
        await self._answer()
        return begun

    async def act(self, id: str, act: str, login: str = "", address: str = "") -> Transfer:
        self._check()
        self.acts.append((id, act, login))
        await self._answer()
        return self.ledger.rows.transfers[id]

    def seat_of_call(self, call: str) -> str | None:
        return "A001" if call == "1.1" else None

    def lines(self) -> list[PartnerLine]:
        police = PartnerConfig(number="110", name="公安", name_en="Police", mode="three_way", modes=("attended",))
        return [PartnerLine(police, True, "busy", 1, 0)]


class StubWords:
    def say(self, template: str, **values: str) -> str:
        return f"<{template}> {' '.join(values.values())}"


def make_delivery(**fields: Any) -> Delivery:
    made = Delivery(
        id=new_id(), kind="reply", ticket_no=TicketNo("460000-20261121-0000001"), channel="wechat", account="hainan",
        target="oABCDEFGHIJ", created_at=1.0,
    )  # fmt: skip
    return replace(made, **fields)


CATEGORIES = CategoriesConfig(
    scheme="test",
    limit=(LimitConfig(kind="咨询", days=2), LimitConfig(kind="投诉", days=10)),
    category=(
        CategoryConfig(code="04", name="城市管理", name_en="City"),
        CategoryConfig(code="0402", name="市政设施", name_en="Municipal works", parent="04"),
        CategoryConfig(code="99", name="其他", name_en="Other"),
    ),
)


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
            self.base, cookie_jar=aiohttp.CookieJar(unsafe=True), headers=headers, timeout=aiohttp.ClientTimeout(100)
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
    """A running server with its twins; its clocks can be moved by tests of sessions and throttling.

    ``ahead["s"]`` is by how many seconds they are ahead; with ``ahead["stands"]`` the monotonic one stands there.
    """

    server: WebServer
    ledger: FakeLedger
    hall: FakeHall
    hub: LiveHub
    clients: list[Client]
    parts: dict[str, Any]
    tokens: dict[str, str]
    ahead: dict[str, float]
    registry: CollectorRegistry
    intake: StubIntake
    acts: StubActs
    files: StubFiles
    woken: list[float]
    transfers: StubTransfers
    inbox: Sharing

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
        doors: Any = (),
        categories: CategoriesConfig = CATEGORIES,
        phones: Any = None,
        queues: Any = None,
        more: Any = None,
        **config: Any,
    ) -> AsyncIterator[Site]:
        hall = hall or FakeHall([make_seat(i) for i in range(1, 31)], [make_queue()])
        ledger = ledger or FakeLedger()
        settings = WebConfig(**{"port": 0, "shutdown_s": 2.0, "form_least_s": 0.0, **config})
        hub = LiveHub(hall.live, queue_size=settings.socket_queue)
        hall.publish = hub.publish
        tokens = _fill(ledger, stored_password)
        parts: dict[str, Any] = {"ledger": _ready}
        ahead = {"s": 0.0}
        registry = CollectorRegistry()
        intake, acts, files, woken = StubIntake(ledger), StubActs(ledger), StubFiles(), []
        transfers = StubTransfers(ledger)
        inbox = open_inbox(ledger, hall, lambda: time.time() + ahead["s"])
        services = WebServices(
            ledger=ledger, hall=hall, live=hub, plan=lambda: floor or plan, parts=parts, registry=registry,
            session_key=b"k" * 32, clock=lambda: time.time() + ahead["s"],
            monotonic=lambda: ahead.get("stands", time.monotonic()) + ahead["s"], intake=intake, tickets=acts,
            files=files, words=StubWords(), mail_html=_mail_html, categories=lambda: categories, doors=doors,
            wake=lambda: woken.append(time.time()), transfers=transfers, inbox=inbox, phones=phones,
            queues=queues,
        )  # fmt: skip
        server = WebServer(settings, replace(services, **(more or {})))  # more: any other of the services
        await server.start()
        stubs = (intake, acts, files, woken, transfers, inbox)
        site = Site(server, ledger, hall, hub, [], parts, tokens, ahead, registry, *stubs)
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


async def _mail_html(original: bytes) -> str:
    """What stands behind the head, if it is HTML."""
    body = original.partition(b"\n\n")[2].decode()
    return body if body.startswith("<") else ""


async def _ready() -> PartState:
    return PartState(True, "ok")


@pytest.fixture
async def site(open_site: OpenSite) -> AsyncIterator[Site]:
    async with open_site() as opened:
        yield opened


@pytest.fixture
async def desk_site(tmp_path: Path, stored_password: str) -> AsyncIterator[DeskSite]:
    """A server over a real ledger: agent1 (8001) sits at A001, agent2 (8002) at A002; A003 and on are free."""
    seats = [make_seat(i) for i in range(1, 5)]
    for seat, agent in zip(seats, ("8001", "8002"), strict=False):
        seat |= {"agent": agent, "presence": "ready"}
    hall = FakeHall(seats, [make_queue()])
    people = [one for one in ACCOUNTS if one.role != "reader"]
    opened = open_desk(tmp_path, hall, people, stored_password, CATEGORIES, Client, StubTransfers(FakeLedger()))
    async with opened as site:
        yield site


@pytest.fixture
def fakes() -> Iterator[Any]:
    """The makers of this module, for tests that build their own."""

    class Makers:
        call = staticmethod(make_call)
        ticket = staticmethod(make_ticket)
        seat = staticmethod(make_seat)
        queue = staticmethod(make_queue)
        delivery = staticmethod(make_delivery)
        hall = FakeHall
        ledger = FakeLedger
        number = NUMBER
        password = PASSWORD

    yield Makers
