"""The reads about messages, what goes out and followers (``SqlLedger`` in store.py has them). Those by key run in the
event loop's own thread, those that may find many rows do not (driver.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gateway.ledger.driver import Database, Params, Row, Sql
from gateway.ledger.personal import Seal
from gateway.ledger.rows_messages import (
    attachment_of,
    conversation_key,
    conversation_of,
    dead_letter_of,
    delivery_of,
    denial_of,
    follower_of,
    message_of,
    raw_of,
    reply_of,
)
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.ids import TicketNo
from gateway.model.messages import (
    Conversation,
    DeadLetter,
    Delivery,
    Denial,
    Follower,
    KeptAttachment,
    KeptMessage,
    Raw,
    Reply,
)

T = TypeVar("T")

_LONGEST_PAGE = 10_000
_AT_ONCE = 250
"""Rows that are opened before the loop has its turn: a few milliseconds."""
_ACCOUNTS_AT_ONCE = 32
"""More are asked in several statements: each number of accounts is a statement of its own to prepare."""


def given_filters(**filters: Any) -> dict[str, Any]:
    """The filters that are not None, their texts as the databases keep them."""
    return {name: storable(v) if isinstance(v, str) else v for name, v in filters.items() if v is not None}


def page(limit: int, longest: int = _LONGEST_PAGE) -> int:
    return max(0, min(limit, longest))


async def made(rows: Sequence[Row], make: Callable[[Row], T]) -> list[T]:
    """Records of many rows; the loop has its turn each few milliseconds, for callers are served by it."""
    found: list[T] = []
    for start in range(0, len(rows), _AT_ONCE):
        found += [make(row) for row in rows[start : start + _AT_ONCE]]
        await asyncio.sleep(0)
    return found


class MessagesLedger:
    """See ``gateway.tickets.ports.Ledger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def _one(self, sql: Sql, params: Params) -> Row | None:
        rows = await self._database.lookup(sql, params)
        return rows[0] if rows else None

    async def raw(self, raw_id: str) -> Raw | None:
        row = await self._one(self._sql.raw, {"id": storable(raw_id)})
        return raw_of(row, self._seal) if row else None

    async def message(self, message_id: str) -> KeptMessage | None:
        row = await self._one(self._sql.message, {"id": storable(message_id)})
        return message_of(row, self._seal) if row else None

    async def messages(
        self, *, ticket_no: TicketNo | None = None, raw_id: str | None = None, limit: int = 100, newest: bool = False
    ) -> Sequence[KeptMessage]:
        given = given_filters(ticket_no=ticket_no, raw_id=raw_id)
        sql = self._sql.search_messages(frozenset(given), newest=newest)
        rows = await self._database.query(sql, {**given, "limit": page(limit)})
        return [message_of(row, self._seal) for row in (reversed(rows) if newest else rows)]

    async def attachments(self, ticket_no: TicketNo) -> Sequence[KeptAttachment]:
        """In the order of their messages; within one, by id."""
        rows = await self._database.query(self._sql.attachments, {"ticket_no": storable(ticket_no)})
        return [attachment_of(row, self._seal) for row in rows]

    async def attachment(self, id: str) -> KeptAttachment | None:
        row = await self._one(self._sql.attachment, {"id": storable(id)})
        return attachment_of(row, self._seal) if row else None

    async def wanted(self, at: float, limit: int = 50) -> Sequence[KeptAttachment]:
        rows = await self._database.query(self._sql.wanted, {"at": at, "limit": page(limit)})
        return [attachment_of(row, self._seal) for row in rows]

    async def next_due(self) -> tuple[float | None, float | None, float | None]:
        """See the port. A follower that is paused is never due."""
        row = await self._one(self._sql.next_due, {})
        return (row[0], row[1], row[2]) if row else (None, None, None)

    async def conversation(self, id: str) -> Conversation | None:
        row = await self._one(self._sql.conversation, {"id": conversation_key(id, self._seal)})
        return conversation_of(row, self._seal) if row else None

    async def denials(self, *, channel: str | None = None, limit: int = 100) -> Sequence[Denial]:
        """Newest first; those that ran out by themselves too, those that were lifted not."""
        given = given_filters(channel=channel)
        sql = self._sql.search_denials(frozenset(given))
        return [denial_of(row, self._seal) for row in await self._database.query(sql, {**given, "limit": page(limit)})]

    async def replies(self, ticket_no: TicketNo) -> Sequence[Reply]:
        """Oldest first."""
        rows = await self._database.query(self._sql.replies, {"ticket_no": storable(ticket_no)})
        return [reply_of(row, self._seal) for row in rows]

    async def deliveries(
        self, *, ticket_no: TicketNo | None = None, state: str | None = None, kind: str | None = None, limit: int = 100
    ) -> Sequence[Delivery]:
        given = given_filters(ticket_no=ticket_no, state=state, kind=kind)
        sql = self._sql.search_deliveries(frozenset(given))
        return [delivery_of(r, self._seal) for r in await self._database.query(sql, {**given, "limit": page(limit)})]

    async def due_deliveries(
        self, at: float, limit: int = 50, of: Sequence[tuple[str, str]] | None = None
    ) -> Sequence[Delivery]:
        """See the port."""
        if of is None:
            rows = await self._database.query(self._sql.due_deliveries, {"at": at, "limit": page(limit)})
            return [delivery_of(row, self._seal) for row in rows]
        found: list[Delivery] = []
        for start in range(0, len(of), _ACCOUNTS_AT_ONCE):
            asked = of[start : start + _ACCOUNTS_AT_ONCE]
            params: dict[str, Any] = {"at": at, "limit": page(limit)}
            for n, (channel, account) in enumerate(asked):
                params |= {f"channel{n}": storable(channel), f"account{n}": storable(account)}
            rows = await self._database.query(self._sql.due_of(len(asked)), params)
            found += [delivery_of(row, self._seal) for row in rows]
        return found

    async def due_accounts(self, at: float) -> Mapping[tuple[str, str], int]:
        """See the port."""
        rows = await self._database.query(self._sql.due_accounts, {"at": at})
        return {(row[0], row[1]): row[2] for row in rows}

    async def tried_deliveries(
        self, channel: str, account: str, ticket_no: TicketNo, limit: int = 100
    ) -> Sequence[Delivery]:
        """See the port."""
        named = {"channel": storable(channel), "account": storable(account), "ticket_no": storable(ticket_no)}
        rows = await self._database.lookup(self._sql.tried_deliveries, {**named, "limit": page(limit)})
        return [delivery_of(row, self._seal) for row in rows]

    async def unanswered(self, at: float, limit: int = 50) -> Sequence[Delivery]:
        rows = await self._database.query(self._sql.unanswered, {"at": at, "limit": page(limit)})
        return [delivery_of(row, self._seal) for row in rows]

    async def followers(self) -> Sequence[Follower]:
        """Oldest first."""
        return [follower_of(row, self._seal) for row in await self._database.query(self._sql.followers, {})]

    async def dead_letters(self, follower_id: str, limit: int = 100) -> Sequence[DeadLetter]:
        given = {"follower_id": storable(follower_id), "limit": page(limit)}
        return [dead_letter_of(row, self._seal) for row in await self._database.query(self._sql.dead_letters, given)]
