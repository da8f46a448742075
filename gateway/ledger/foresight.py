"""What a group's pieces of work said beforehand that they will look for (``Looks``), looked up for all together.

A look-up is a round trip to PostgreSQL, and one a piece cost as much as all that a group writes. Foresight only spares
them: what a piece of the same group has written since is forgotten here, and what is not known here is asked as ever.
One statement finds the many who have nothing at all, and holds the ticket counters; what the others have is asked for
all of them together. On SQLite a look-up by itself costs less than that; there the others' is asked for as ever. The
look-ups are the first statements of the group's transaction. Nothing but the counters is locked by them, nor was by a
piece's own: a ticket that another gateway commits meanwhile is missed by either.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Hashable, Iterable, Sequence
from typing import Any

from gateway.ledger.driver import Row, Session, Sql
from gateway.ledger.personal import Seal
from gateway.ledger.rows_messages import conversation_key, sender_key
from gateway.ledger.statements import Statements
from gateway.ledger.statements_messages import GLANCED
from gateway.tickets.ports import Looks

Counter = tuple[str, str]
"""The area and day whose tickets it numbers."""

Asked = tuple[bytes, float, int]
"""Whose tickets, received since when, how many at most."""

_NOBODY = dict.fromkeys(f"hash{n}" for n in range(GLANCED))


class Foresight:
    """Rows by what they were found with. Each answer is None for what was not looked up, or may be otherwise by now."""

    def __init__(self, sql: Statements, seal: Seal) -> None:
        self._sql, self._seal = sql, seal
        self._tickets: dict[Hashable, dict[Asked, list[Row]]] = {}
        self._conversations: dict[Hashable, list[Row]] = {}
        self._denials: dict[Hashable, list[Row]] = {}

    async def look(self, session: Session, looks: Iterable[Looks], hold: Sequence[Counter] = ()) -> dict[Counter, int]:
        """One statement for who has anything, then one for each kind of which anybody has some. Holds these counters by
        the first (in their order) and answers where they stand."""
        users: dict[Asked, None] = {}
        numbers: dict[Asked, None] = {}
        for one in looks:
            most = max(0, one.limit)
            if (user := self._seal.text_hash("user", one.user_id)) is not None:
                users[user, one.since, most] = None
            if (number := self._seal.number_hash(one.number)) is not None:
                numbers[number, one.since, most] = None
            if (key := conversation_key(one.conversation, self._seal)) is not None:
                self._conversations[key] = []
            if (sender := sender_key(one.channel, one.user_id, self._seal)) is not None:
                self._denials[sender] = []
        asked = {
            "areas": [area for area, _ in hold],
            "days": [day for _, day in hold],
            "users": [hashed for hashed, _, _ in users],
            "numbers": [hashed for hashed, _, _ in numbers],
            "since": min([since for _, since, _ in (*users, *numbers)], default=0.0),
            "conversations": list(self._conversations),
            "senders": list(self._denials),
        }
        held: dict[Counter, int] = {}
        have: dict[str, set[bytes]] = {"user": set(), "number": set(), "conversation": set(), "sender": set()}
        for kind, area, day, running, hashed in await session.rows(self._sql.ahead, asked):
            if kind == "held":
                held[area, day] = running
            else:
                have[kind].add(hashed)
        await self._look_for_tickets(session, self._sql.tickets_of_users, users, have["user"])
        await self._look_for_tickets(session, self._sql.tickets_of_numbers, numbers, have["number"])
        await self._look_by_key(session, self._sql.conversations_of, self._conversations, have["conversation"], 0)
        await self._look_by_key(session, self._sql.denials_of, self._denials, have["sender"], 2)
        return held

    async def glance(self, session: Session, looks: Iterable[Looks]) -> None:
        """Only who has no tickets at all, as most have: all that is cheaper than each piece's own look-up where those
        cost no round trip."""
        users: dict[bytes, list[Asked]] = {}
        numbers: dict[bytes, list[Asked]] = {}
        for one in looks:
            for whose, hashed in (
                (users, self._seal.text_hash("user", one.user_id)),
                (numbers, self._seal.number_hash(one.number)),
            ):
                if hashed is not None:
                    whose.setdefault(hashed, []).append((hashed, one.since, max(0, one.limit)))
        await self._glance_at(session, self._sql.known_users, users)
        await self._glance_at(session, self._sql.known_numbers, numbers)

    async def _glance_at(self, session: Session, sql: Sql, whose: dict[bytes, list[Asked]]) -> None:
        hashes = list(whose)
        for start in range(0, len(hashes), GLANCED):
            some = hashes[start : start + GLANCED]
            params: dict[str, Any] = {f"hash{n}": hashed for n, hashed in enumerate(some)}
            params["since"] = min(since for hashed in some for _, since, _ in whose[hashed])
            have = {row[0] for row in await session.rows(sql, _NOBODY | params)}
            self._tickets.update((hashed, {one: [] for one in whose[hashed]}) for hashed in some if hashed not in have)

    async def _look_for_tickets(
        self, session: Session, sql: Sql, whose: Iterable[Asked], have: Container[bytes]
    ) -> None:
        asked: list[Asked] = []
        for one in whose:
            self._tickets.setdefault(one[0], {})[one] = []
            if one[0] in have:
                asked.append(one)
        if not asked:
            return
        hashes, sinces, limits = map(list, zip(*asked, strict=True))
        for row in await session.rows(sql, {"hashes": hashes, "sinces": sinces, "limits": limits}):
            one = asked[row[0] - 1]
            self._tickets[one[0]][one].append(row[1:])

    @staticmethod
    async def _look_by_key(
        session: Session, sql: Sql, found: dict[Hashable, list[Row]], have: Collection[bytes], place: int
    ) -> None:
        if have:
            for row in await session.rows(sql, {"keys": list(have)}):
                found[bytes(row[place])].append(row)

    def tickets(self, hashed: bytes, since: float, limit: int) -> Sequence[Row] | None:
        """One person's tickets; of a number those that have it as calling number, then as contact."""
        asked = self._tickets.get(hashed)
        return asked.get((hashed, since, limit)) if asked else None

    def conversation(self, key: bytes | None) -> Sequence[Row] | None:
        return self._conversations.get(key)

    def denials(self, sender: bytes, at: float) -> Sequence[Row] | None:
        """Those in force at a time, newest first."""
        rows = self._denials.get(sender)
        return None if rows is None else [row for row in rows if row[4] <= at and (row[5] is None or row[5] > at)]

    def forget(self, marks: Iterable[Hashable | None]) -> None:
        """Something was written that a look-up by these would find."""
        for mark in marks:
            self._tickets.pop(mark, None)
            self._conversations.pop(mark, None)

    def forget_all(self) -> None:
        """Anything may have been written."""
        self._tickets, self._conversations, self._denials = {}, {}, {}
