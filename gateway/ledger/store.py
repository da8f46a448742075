"""The ledger as the application sees it: ``open_ledger`` and the reads of ``gateway.tickets.ports.Ledger``."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import orjson

from gateway.ledger.config import LedgerConfig, sqlite_path
from gateway.ledger.driver import Database, Params
from gateway.ledger.errors import LedgerError
from gateway.ledger.personal import LedgerKeys, Seal
from gateway.ledger.revision import is_current
from gateway.ledger.rows import account_of, audit_of, call_of, event_of, key_text, ticket_of
from gateway.ledger.sqlite import SqliteDatabase
from gateway.ledger.statements import Statements
from gateway.ledger.store_alarms import AlarmsLedger
from gateway.ledger.store_archive import ArchiveLedger
from gateway.ledger.store_assignments import AssignmentsLedger
from gateway.ledger.store_contexts import ContextsLedger
from gateway.ledger.store_desk import DeskLedger
from gateway.ledger.store_figures import FiguresLedger
from gateway.ledger.store_gatherings import GatheringsLedger
from gateway.ledger.store_messages import MessagesLedger, given_filters, made, page
from gateway.ledger.store_notices import NoticeLedger
from gateway.ledger.store_people import PeopleLedger
from gateway.ledger.store_transfers import TransfersLedger
from gateway.ledger.store_virtual import VirtualLedger
from gateway.ledger.texts import storable
from gateway.ledger.tx import Means
from gateway.ledger.writer import Writer
from gateway.model.ids import CallId, TicketNo
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Ticket
from gateway.tickets.ports import NotFound, Tx

T = TypeVar("T")

_HEALTH_S = 0.9
_DRAIN_S = 10.0
_LONGEST_FEED = 1000  # read in the loop's thread


@asynccontextmanager
async def open_ledger(
    config: LedgerConfig, state_dir: Path, keys: LedgerKeys, zone: str = "Asia/Shanghai"
) -> AsyncIterator[SqlLedger]:
    """Bring the schema up to date and open the ledger. On leaving, waiting work is written first.

    ``zone`` is the hall's IANA zone: it decides which day a ticket number belongs to. Raises LedgerUnavailable when the
    database cannot be opened, LedgerError when its schema is newer than this gateway or ``keys`` are not its keys.
    """
    url = config.url_in(state_dir)
    if not await is_current(url):
        from gateway.ledger.migrate import migrate  # Alembic is 9 MB that most starts do not need

        await migrate(url)
    async with AsyncExitStack() as stack:
        database = await _database(url, config, stack)
        means = Means(Statements(database.dialect), Seal(keys), ZoneInfo(zone))
        writer = Writer(database, means, config)
        ledger = SqlLedger(database, means, writer)
        async with _running(writer):
            await ledger.check_keys()
            yield ledger


@asynccontextmanager
async def _running(writer: Writer) -> AsyncIterator[None]:
    """The writer's task for the length of the block. What waits at the end is written, also when the block failed."""
    failure: Exception | None = None
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(writer.run(), name="ledger-writer")
        try:
            yield
        except Exception as error:  # kept out of the TaskGroup, which would wrap it in an ExceptionGroup
            failure = error
        finally:
            await writer.close()
            await asyncio.wait({task}, timeout=_DRAIN_S)
            task.cancel()
    if failure is not None:
        raise failure


async def _database(url: str, config: LedgerConfig, stack: AsyncExitStack) -> Database:
    path = sqlite_path(url)
    if path is None:
        from gateway.ledger.postgres import PostgresDatabase

        opened = PostgresDatabase.opened(url, readers=config.readers, busy_s=config.busy_s)
        return await stack.enter_async_context(opened)
    database = SqliteDatabase(path, readers=config.readers, busy_s=config.busy_s)
    stack.push_async_callback(database.close)
    return database


class SqlLedger(
    MessagesLedger,
    GatheringsLedger,
    TransfersLedger,
    AssignmentsLedger,
    DeskLedger,
    ContextsLedger,
    VirtualLedger,
    NoticeLedger,
    PeopleLedger,
    ArchiveLedger,
    AlarmsLedger,
    FiguresLedger,
):
    """Implements ``gateway.tickets.ports.Ledger``; see there for what the methods promise."""

    def __init__(self, database: Database, means: Means, writer: Writer) -> None:
        self._database, self._writer = database, writer
        self._sql, self._seal = means.sql, means.seal

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """See the port. ``work`` should await nothing but its Tx; it may run twice, so it must not act elsewhere."""
        return await self._writer.submit(work)

    def on_commit(self, tell: Callable[[int], None]) -> None:
        self._writer.on_commit(tell)

    async def call(self, call_id: CallId) -> CallRecord | None:
        row = await self._one(self._sql.call, {"call_id": storable(call_id)})
        return call_of(row, self._seal) if row else None

    async def open_calls(self) -> Sequence[CallRecord]:
        return [call_of(row, self._seal) for row in await self._database.query(self._sql.open_calls, {})]

    async def calls(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        number: str | None = None,
        outcome: str | None = None,
        queue: str | None = None,
        ticket_no: str | None = None,
        agent: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[CallRecord]:
        """See the port; ``since`` is inclusive, ``until`` exclusive. NotFound when there is no call ``after``."""
        given = given_filters(
            since=since, until=until, outcome=outcome, queue=queue, agent=agent, after=after, number=number,
            ticket_no=ticket_no,
        )  # fmt: skip
        params = {**given, "limit": page(limit)}
        if after is not None:
            start = await self._one(self._sql.call_start, {"call_id": storable(after)})
            if start is None:
                raise NotFound(f"no call {after} to continue after")
            params |= {"after_at": start[0], "after_id": after}
        if number is not None:
            params["number"] = self._seal.number_hash(number)
        rows = await self._database.query(self._sql.search_calls(frozenset(given)), params)
        return [call_of(row, self._seal) for row in rows]

    async def ticket(self, number: TicketNo) -> Ticket | None:
        row = await self._one(self._sql.ticket, {"ticket_no": storable(number)})
        return ticket_of(row, self._seal) if row else None

    async def tickets(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        number: str | None = None,
        channel: str | None = None,
        state: str | None = None,
        call_id: str | None = None,
        category: str | None = None,
        area_code: str | None = None,
        agent: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Ticket]:
        """See the port; by day, then running number. ``number`` finds calling and contact numbers.

        ``since`` (inclusive) and ``until`` (exclusive) are about ``received_at``. NotFound when ``after`` is no number.
        """
        given = given_filters(
            since=since,
            until=until,
            channel=channel,
            state=state,
            call_id=call_id,
            category=category,
            area_code=area_code,
            agent=agent,
            after=after,
            number=number,
        )
        params = {**given, "limit": page(limit)}
        if after is not None:
            params |= _after_ticket(after)
        if number is not None:
            params["number"] = self._seal.number_hash(number)
        rows = await self._database.query(self._sql.search_tickets(frozenset(given)), params)
        return [ticket_of(row, self._seal) for row in rows]

    async def ticket_by_key(self, key: str) -> Ticket | None:
        row = await self._one(self._sql.ticket_by_key, {"key": key_text(key, self._seal)})
        return ticket_of(row, self._seal) if row else None

    async def ticket_by_query_code(self, number: TicketNo, code: str) -> Ticket | None:
        """See the port. A ticket without a query code is nobody's to look up."""
        ticket = await self.ticket(number)
        known = ticket.query_code if ticket is not None else ""
        same = hmac.compare_digest(known.encode("utf-8", "replace"), code.encode("utf-8", "replace"))
        return ticket if same and known else None

    async def events(self, after: int, limit: int = 100) -> Sequence[Event]:
        rows = await self._database.lookup(self._sql.events, {"after": after, "limit": page(limit, _LONGEST_FEED)})
        return [event_of(row, self._seal) for row in rows]

    def recent_events(self, after: int, limit: int = 100) -> Sequence[Event]:
        return self._writer.recent.after(after, limit) or ()

    async def last_sequence(self) -> int:
        row = await self._one(self._sql.head, {})
        return (row[0] if row else None) or 0

    async def account(self, login: str) -> tuple[Account, str] | None:
        row = await self._one(self._sql.account, {"login": storable(login)})
        return (account_of(row), row[5]) if row else None

    async def accounts(self) -> Sequence[Account]:
        return [account_of(row) for row in await self._database.query(self._sql.accounts, {})]

    async def account_by_token(self, token_hash: str) -> Account | None:
        row = await self._one(self._sql.account_by_token, {"token_hash": storable(token_hash)})
        return account_of(row) if row else None

    async def audits(
        self,
        *,
        login: str | None = None,
        subject: str | None = None,
        act: str | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int = 100,
    ) -> Sequence[AuditEntry]:
        """Newest first; ``since`` is inclusive, ``until`` exclusive."""
        given = given_filters(login=login, subject=subject, act=act, since=since, until=until)
        sql = self._sql.search_audits(frozenset(given))
        return await made(await self._database.query(sql, {**given, "limit": page(limit)}), audit_of)

    async def state(self, name: str) -> Mapping[str, Any] | None:
        row = await self._one(self._sql.state, {"name": name})
        return cast("dict[str, Any]", orjson.loads(row[0])) if row else None

    async def healthy(self) -> bool:
        async def touch(tx: Tx) -> None:
            await tx.save_state("ledger.health", {})

        try:
            async with asyncio.timeout(_HEALTH_S):
                await self.write(touch)
        except (LedgerError, TimeoutError):
            return False
        return True

    async def check_keys(self) -> None:
        """LedgerError when the keys are not those that the ledger was written with; the first opening notes them."""
        mark = self._seal.number_hash("12345")
        assert mark is not None
        known = await self.state("ledger.keys")
        if known is None:
            sealed = self._seal.close("states/ledger.keys", {})
            note = {"lookup": mark.hex(), "personal": sealed.hex()}
            await self.write(lambda tx: tx.save_state("ledger.keys", note))
        elif known["lookup"] != mark.hex():
            raise LedgerError("the look-up key in secrets.toml is not the one that this ledger was written with")
        else:
            self._seal.open("states/ledger.keys", bytes.fromhex(known["personal"]))


def _after_ticket(number: str) -> Params:
    area, _, rest = number.partition("-")
    day, _, running = rest.partition("-")
    if not (running.isascii() and running.isdigit() and len(running) == 7):
        raise NotFound(f"{number!r} is not a ticket number to continue after")
    return {"after_area": area, "after_day": day, "after_running": int(running)}
