"""The part of a transaction's hands that is about messages, what goes out and followers (``SqlTx`` in tx.py has it)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.ledger.driver import Session, Sql
from gateway.ledger.errors import LedgerError
from gateway.ledger.personal import Seal
from gateway.ledger.rows import ticket_of
from gateway.ledger.rows_messages import (
    attachment_row,
    conversation_key,
    conversation_of,
    conversation_row,
    dead_letter_row,
    delivery_of,
    delivery_row,
    denial_of,
    denial_row,
    follower_row,
    message_of,
    message_row,
    raw_row,
    reply_row,
    sender_key,
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
from gateway.model.records import Ticket
from gateway.tickets.ports import NotFound

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class MessagesTx:
    """See ``gateway.tickets.ports.Tx`` for what the methods promise."""

    _group: Group
    _session: Session
    _sql: Statements
    _seal: Seal

    # -- messages ------------------------------------------------------------------------------------------------------

    async def keep_raw(self, raw: Raw) -> None:
        await self._group.later(self._sql.add_raw, raw_row(raw, self._seal))

    async def claim_message(self, key: str, message_id: str) -> str | None:
        """See the port. PostgreSQL lets a second claim wait until the transaction that made the first one has ended."""
        hashed = self._seal.text_hash("message key", key)
        if hashed is None:
            raise ValueError("key: a message is claimed under an idempotency key")
        claims, session = self._group.claims, self._group.session
        if claims is not None:
            return claims.message(hashed, message_id)
        claim = {"key": hashed, "message_id": message_id}
        if await session.row(self._sql.claim_message, claim) is not None:
            return None
        first = await session.row(self._sql.message_of_key, {"key": hashed})
        if first is None:
            raise LedgerError(f"the key of message {message_id} is taken but nobody has it")
        return str(first[0])

    async def add_message(self, kept: KeptMessage) -> None:
        await self._group.later(self._sql.add_message, message_row(kept, self._seal))

    async def move_message(self, message_id: str, number: TicketNo) -> None:
        """See the port; NotFound when there is no such message."""
        to = {"id_": storable(message_id), "to": number}
        if await self._session.row(self._sql.move_message, to) is None:
            raise NotFound(f"no message {message_id}")
        await self._session.run(self._sql.move_attachments, to)

    async def message(self, message_id: str) -> KeptMessage | None:
        row = await self._session.row(self._sql.message, {"id": storable(message_id)})
        return message_of(row, self._seal) if row else None

    async def save_attachment(self, kept: KeptAttachment) -> None:
        await self._group.later(self._sql.put_attachment, attachment_row(kept, self._seal))

    async def conversation(self, id: str) -> Conversation | None:
        key = conversation_key(id, self._seal)
        rows = self._group.foresight.conversation(key)
        if rows is None:
            session = await self._group.seen(key)
            rows = await session.rows(self._sql.conversation, {"id": key})
        return conversation_of(rows[0], self._seal) if rows else None

    async def save_conversation(self, conversation: Conversation) -> None:
        row = conversation_row(conversation, self._seal)
        await self._group.later(self._sql.put_conversation, row, row["id"])

    async def tickets_of(
        self, *, user_id: str = "", number: str = "", since: float, limit: int = 20
    ) -> Sequence[Ticket]:
        """See the port; ``since`` is inclusive. Nobody's (neither given) are none."""
        user, phone = self._seal.text_hash("user", user_id), self._seal.number_hash(number)
        found: dict[str, Ticket] = {}
        for sql, hashed in (
            (self._sql.tickets_of_user, user),
            (self._sql.tickets_of_number, phone),
        ):
            if hashed is not None:
                found |= {one.ticket_no: one for one in await self._tickets_by(sql, hashed, since, max(0, limit))}
        if len(found) < 2:
            return list(found.values())[:limit]
        newest = sorted(found.values(), key=lambda one: (one.received_at, one.ticket_no), reverse=True)
        return newest[:limit]

    async def _tickets_by(self, sql: Sql, hashed: bytes, since: float, limit: int) -> list[Ticket]:
        rows = self._group.foresight.tickets(hashed, since, limit)
        if rows is None:
            session = await self._group.seen(hashed)
            rows = await session.rows(sql, {"hash": hashed, "since": since, "limit": limit})
        return [ticket_of(row, self._seal) for row in rows]

    async def denied(self, channel: str, user_id: str, at: float) -> Denial | None:
        sender = sender_key(channel, user_id, self._seal)
        if sender is None:
            return None
        rows = self._group.foresight.denials(sender, at)
        if rows is None:
            rows = await self._group.session.rows(self._sql.denied, {"sender_hash": sender, "at": at})
        return denial_of(rows[0], self._seal) if rows else None

    async def save_denial(self, denial: Denial) -> None:
        await self._session.run(self._sql.put_denial, denial_row(denial, self._seal))

    async def lift_denial(self, denial_id: str) -> bool:
        given = {"id_": storable(denial_id), "now": True}
        return await self._session.row(self._sql.lift_denial, given) is not None

    # -- what goes out -------------------------------------------------------------------------------------------------

    async def add_reply(self, reply: Reply) -> None:
        await self._session.run(self._sql.add_reply, reply_row(reply, self._seal))

    async def save_delivery(self, delivery: Delivery) -> None:
        await self._session.run(self._sql.put_delivery, delivery_row(delivery, self._seal))

    async def delivery(self, id: str) -> Delivery | None:
        row = await self._session.row(self._sql.delivery, {"id": storable(id)})
        return delivery_of(row, self._seal) if row else None

    async def delivery_by_external(self, channel: str, account: str, external_id: str) -> Delivery | None:
        """The newest, should a receiver have given an id twice; none for an empty id."""
        named = {"channel": channel, "account": storable(account), "external_id": storable(external_id)}
        row = await self._session.row(self._sql.delivery_by_external, named)
        return delivery_of(row, self._seal) if row else None

    async def save_follower(self, follower: Follower) -> None:
        await self._session.run(self._sql.put_follower, follower_row(follower, self._seal))

    async def remove_follower(self, id: str) -> bool:
        await self._session.run(self._sql.drop_dead_letters, {"follower_id": storable(id)})
        return await self._session.row(self._sql.drop_follower, {"id": storable(id)}) is not None

    async def add_dead_letter(self, letter: DeadLetter) -> None:
        await self._session.run(self._sql.put_dead_letter, dead_letter_row(letter, self._seal))

    async def remove_dead_letter(self, follower_id: str, sequence: int) -> bool:
        named = {"follower_id": storable(follower_id), "sequence": sequence}
        return await self._session.row(self._sql.drop_dead_letter, named) is not None
