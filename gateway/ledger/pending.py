"""What a group of pieces has yet to write: rows whose insertion nobody waits for, and keys that are taken to be new.

A statement by itself is a round trip to PostgreSQL; the rows of a whole group, written together at its end, are one
for each table. What is pending carries marks (a ticket's number, a person's hash), so that a read which could see it
has it written first; a read that does not know better writes everything first (``Written``).

Keys are claimed together too (``Claims``): they are taken to be new, which most are, and proved at the end. A key that
somebody has makes the whole group run again with that known. Keys of tickets wait so only where round trips cost.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from gateway.ledger.bulk import End
from gateway.ledger.driver import Params, Row, Session, Sql
from gateway.ledger.errors import LedgerError, Mistaken
from gateway.ledger.foresight import Foresight
from gateway.ledger.statements import Statements

Writings = Sequence[tuple[Sql, Sequence[Params]]]
"""Statements for one row each, and the rows."""


class Claims:
    """The keys of messages and tickets that a group claims. ``known`` are message keys and who has them; ``distant``:
    each statement is a round trip."""

    def __init__(self, sql: Statements, known: dict[bytes, str], *, distant: bool) -> None:
        self._sql, self.known, self.distant = sql, known, distant
        self._ours: dict[bytes, str] = {}
        self._messages: dict[bytes, str] = {}
        self._tickets: dict[str, str] = {}
        self._proved: set[str] = set()
        self._mistaken: Mistaken | None = None

    def message(self, key: bytes, message_id: str) -> str | None:
        """None when the key is (taken to be) new, else the message that has it."""
        first = self.known.get(key) or self._ours.get(key)
        if first is None:
            self._ours[key] = self._messages[key] = message_id
        return first

    def ticket(self, key: str, ticket_id: str) -> None:
        """Take the key to be new. Raises Mistaken when another piece of the group has it."""
        if key in self._tickets or key in self._proved:
            self._mistaken = Mistaken("a ticket's key is claimed twice in a group")
            raise self._mistaken
        self._tickets[key] = ticket_id

    async def prove(self, session: Session, rows: Writings = (), end: End | None = None) -> int:
        """Claim what has been taken to be new, and write ``rows`` and ``end`` by the same statement; the feed's last
        number, 0 without ``end``. Raises Mistaken when somebody has one, then and at any later time; ``known`` then
        says who."""
        if self._mistaken is not None:  # a piece that has caught it must not get past the group's end
            raise self._mistaken
        try:
            await self._prove_tickets(session)
            return await self._prove_messages(session, rows, end)
        except Mistaken as mistaken:
            self._mistaken = mistaken
            raise

    async def _prove_tickets(self, session: Session) -> None:
        keys = sorted(self._tickets)
        claim = {"keys": keys, "ids": [self._tickets[key] for key in keys]}
        self._tickets = {}
        self._proved.update(keys)
        if keys and len(await session.rows(self._sql.claim_ticket_keys, claim)) < len(keys):
            raise Mistaken("a ticket's key was known")

    async def _prove_messages(self, session: Session, rows: Writings, end: End | None) -> int:
        claimed, self._messages = self._messages, {}
        known: dict[bytes, str] = {}
        last = 0
        if self.distant and (claimed or rows or end):
            last, known = await self._known_there(session, claimed, rows, end)
        elif claimed:
            known = await self._known_here(session, claimed)
        if known:
            self.known |= known
            raise Mistaken(f"{len(known)} messages' keys were known")
        return last

    async def _known_there(
        self, session: Session, claimed: dict[bytes, str], rows: Writings, end: End | None
    ) -> tuple[int, dict[bytes, str]]:
        """Claim and write in one statement; the feed's last number, and the keys that somebody else has, and who. What
        was written for nothing is rolled back with the group."""
        keys = sorted(claimed)  # in one order in all processes, so that none waits for another in a circle
        claims = [{"key": key, "message_id": claimed[key]} for key in keys]
        answered = await session.rows(*self._sql.bulks.writing(rows, claims, end))
        last, new = answered[0] if end is not None else (0, [row[0] for row in answered])
        taken = sorted(claimed.keys() - new) if len(new) < len(keys) else []
        firsts = await session.rows(self._sql.messages_of_keys, {"keys": taken}) if taken else []
        return last, {row[0]: row[1] for row in firsts}

    async def _known_here(self, session: Session, claimed: dict[bytes, str]) -> dict[bytes, str]:
        """The same where a statement for each key costs little, and asking each for its answer three times that."""
        before = await session.rows(self._sql.changes, {})
        rows = [{"key": key, "message_id": message_id} for key, message_id in sorted(claimed.items())]
        await session.run_many(self._sql.claim_message_quietly, rows)
        after = await session.rows(self._sql.changes, {})
        if after[0][0] - before[0][0] == len(rows):
            return {}
        firsts = {key: await session.row(self._sql.message_of_key, {"key": key}) for key in claimed}
        return {key: first[0] for key, first in firsts.items() if first is not None and first[0] != claimed[key]}


class Pending:
    """The rows, by statement, in the order in which the statements came up."""

    def __init__(self, session: Session, sql: Statements, claims: Claims) -> None:
        self._session, self._sql, self.claims = session, sql, claims
        self._rows: dict[str, tuple[Sql, list[Params]]] = {}
        self._marks: set[Hashable] = set()

    def add(self, sql: Sql, row: Params, marks: Sequence[Hashable | None] = ()) -> None:
        """``marks``: under what a read may look for the row."""
        have = self._rows.get(sql.text)
        if have is None:
            have = self._rows[sql.text] = (sql, [])
        have[1].append(row)
        self._marks.update(marks)
        self._marks.discard(None)

    @property
    def distant(self) -> bool:
        """Whether rows of several tables go in by one statement, because each is a round trip."""
        return self.claims.distant

    async def flush(self, end: End | None = None) -> int:
        """Write everything; with ``end`` (PostgreSQL) that last, the feed's last number being the answer."""
        rows, self._rows = list(self._rows.values()), {}
        self._marks = set()
        if self.distant and all(self._sql.bulks.knows(sql) for sql, _ in rows):
            return await self.claims.prove(self._session, rows, end)
        await self.claims.prove(self._session)
        for sql, many in rows:
            await self._session.run_many(sql, many)
        return await self.claims.prove(self._session, (), end) if end is not None else 0

    async def flush_for(self, *marks: Hashable | None) -> None:
        """Write everything when a row carries one of these marks."""
        if not self._marks.isdisjoint(marks):
            await self.flush()


class Written:
    """A session for statements that may look at and change anything: what is pending is written before each, what was
    looked up ahead is forgotten."""

    def __init__(self, session: Session, pending: Pending, foresight: Foresight) -> None:
        self._session, self._pending, self._foresight = session, pending, foresight

    async def _clear(self) -> None:
        self._foresight.forget_all()
        await self._pending.flush()

    async def run(self, sql: Sql, params: Params) -> None:
        await self._clear()
        await self._session.run(sql, params)

    async def run_many(self, sql: Sql, params: Sequence[Params]) -> None:
        await self._clear()
        await self._session.run_many(sql, params)

    async def row(self, sql: Sql, params: Params) -> Row | None:
        await self._clear()
        return await self._session.row(sql, params)

    async def rows(self, sql: Sql, params: Params) -> Sequence[Row]:
        await self._clear()
        return await self._session.rows(sql, params)

    async def savepoint(self) -> None:
        raise LedgerError("a piece of work has no savepoints of its own")

    release = undo = savepoint
