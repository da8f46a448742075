"""What is looked up ahead for a group: found as each piece would find it, not believed once somebody has written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.ledger.driver import Params, Row, Sql
from gateway.ledger.foresight import Foresight
from gateway.ledger.postgres import PostgresSession
from gateway.ledger.sqlite import SqliteSession
from gateway.model.messages import Conversation, Denial
from gateway.model.records import Ticket
from gateway.tickets.ports import Foreseen, Looks, TicketDraft, Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
NUMBER, USER = "13812345678", "u"
LOOKS = Looks("web", USER, NUMBER, 0.0, 20, "web:a:u")


def draft(at: float = 1.0, **fields: str) -> TicketDraft:
    return TicketDraft("web", "460000", at, at, fields=fields)


async def found(tx: Tx, number: str = NUMBER, user: str = USER) -> tuple[Sequence[Ticket], Sequence[Ticket]]:
    by_number = await tx.tickets_of(number=number, since=0.0)
    return by_number, await tx.tickets_of(user_id=user, since=0.0)


async def write_all(ledger: SqlLedger, *works: Callable[[Tx], Awaitable[object]]) -> list[object]:
    """All in one group, each with the same foresight."""
    return await asyncio.gather(*(ledger.write(Foreseen(work, LOOKS)) for work in works))


async def test_what_was_committed_is_found_as_without_foresight(ledger: SqlLedger) -> None:
    async def before(tx: Tx) -> None:
        for at, fields in enumerate(({"calling_number": NUMBER}, {"contact_number": NUMBER, "user_id": USER}, {})):
            await tx.open_ticket(draft(float(at), **fields), None)
        await tx.save_conversation(Conversation("web:a:u", "web", "a", USER, last_in_at=2.0))
        await tx.save_denial(Denial("d", "web", USER, "why", "lead", 1.0, 5.0))

    async def work(tx: Tx) -> tuple[object, ...]:
        denied = [await tx.denied("web", USER, at) for at in (0.5, 2.0, 5.0)]
        return await found(tx), await tx.conversation("web:a:u"), denied

    await ledger.write(before)
    plain = await ledger.write(work)
    assert [len(one) for one in plain[0]] == [2, 1]  # type: ignore[arg-type]
    assert plain[2] == [None, Denial("d", "web", USER, "why", "lead", 1.0, 5.0), None]
    assert await write_all(ledger, work, work) == [plain, plain]


async def test_the_newest_come_first_and_no_more_than_asked_for(ledger: SqlLedger) -> None:
    for at in range(4):
        await ledger.write(lambda tx, at=at: tx.open_ticket(draft(float(at), user_id=USER), None))

    async def work(tx: Tx) -> list[float]:
        return [one.received_at for one in await tx.tickets_of(user_id=USER, since=1.0, limit=2)]

    assert await ledger.write(Foreseen(work, Looks("web", USER, since=1.0, limit=2))) == [3.0, 2.0]


async def test_what_an_earlier_piece_of_the_group_writes_is_seen(ledger: SqlLedger) -> None:
    async def opens(tx: Tx) -> str:
        ticket, _ = await tx.open_ticket(draft(calling_number=NUMBER, user_id=USER), None)
        await tx.save_conversation(Conversation("web:a:u", "web", "a", USER, ticket.ticket_no))
        return ticket.ticket_no

    async def changes(tx: Tx) -> None:
        for ticket in await tx.tickets_of(user_id=USER, since=0.0):
            await tx.update_ticket(ticket.ticket_no, {"title": "changed"})

    async def denies(tx: Tx) -> None:
        await tx.save_denial(Denial("d", "web", USER, "why", "lead", 1.0))

    async def looks(tx: Tx) -> tuple[list[list[str]], str, bool]:
        said = await tx.conversation("web:a:u")
        titles = [[one.title for one in some] for some in await found(tx)]
        return titles, said.ticket_no if said else "", await tx.denied("web", USER, 2.0) is not None

    results = await write_all(ledger, looks, opens, looks, changes, looks, denies, looks)
    number = results[1]
    assert results[0] == ([[], []], "", False)
    assert results[2] == ([[""], [""]], number, False)
    assert results[4] == ([["changed"], ["changed"]], number, False)
    assert results[6] == ([["changed"], ["changed"]], number, True)


async def test_a_ticket_that_changes_its_person_is_found_by_the_new_one_only(ledger: SqlLedger) -> None:
    first, _ = await ledger.write(lambda tx: tx.open_ticket(draft(user_id="other"), None))

    async def moves(tx: Tx) -> None:
        await tx.update_ticket(first.ticket_no, {"user_id": USER})

    async def looks(tx: Tx) -> list[int]:
        return [len(await tx.tickets_of(user_id=user, since=0.0)) for user in (USER, "other")]

    works = [Foreseen(work, Looks("web", user)) for work in (looks, moves, looks) for user in (USER, "other")]
    results = await asyncio.gather(*(ledger.write(work) for work in works))
    assert [one for one in results if one] == [[0, 1], [0, 1], [1, 0], [1, 0]]


async def test_each_of_many_finds_its_own_person_s_tickets(ledger: SqlLedger) -> None:
    """More persons than one look ahead takes; some with tickets, by one number or the other, or too old."""
    persons = [f"138{n:08d}" for n in range(70)]
    for at, fields in (
        (5.0, {"calling_number": persons[3]}),
        (6.0, {"contact_number": persons[40], "user_id": "u40"}),
        (1.0, {"calling_number": persons[50], "user_id": "u50"}),
    ):
        await ledger.write(lambda tx, at=at, fields=fields: tx.open_ticket(draft(at, **fields), None))

    async def work(tx: Tx, n: int) -> tuple[int, int]:
        by_number = await tx.tickets_of(number=persons[n], since=2.0)
        by_user = await tx.tickets_of(user_id=f"u{n}", since=2.0)
        if n % 10 == 7:  # a second ticket of the group's own, for the next piece to see
            await tx.open_ticket(draft(7.0, calling_number=persons[n + 1], user_id=f"u{n + 1}"), None)
        return len(by_number), len(by_user)

    def foreseen(n: int) -> Foreseen[tuple[int, int]]:
        return Foreseen(lambda tx: work(tx, n), Looks("web", f"u{n}", persons[n], 2.0, 20))

    found = await asyncio.gather(*(ledger.write(foreseen(n)) for n in range(len(persons))))
    theirs = {3: (1, 0), 40: (1, 1)} | dict.fromkeys(range(8, 70, 10), (1, 1))
    assert found == [theirs.get(n, (0, 0)) for n in range(len(persons))]


async def test_sqlite_is_not_asked_again_for_those_who_have_no_tickets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = SqliteSession.rows

    async def counted(self: SqliteSession, sql: Sql, params: Params) -> Sequence[Row]:
        asked.append(sql.text)
        return await rows(self, sql, params)

    async def work(tx: Tx) -> None:
        assert await found(tx) == ([], [])

    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        monkeypatch.setattr(SqliteSession, "rows", counted)
        await write_all(ledger, *[work] * 5)
    assert len([text for text in asked if "FROM tickets" in text]) == 2


@pytest.mark.parametrize("ledger_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_group_asks_the_database_once_for_those_who_have_nothing(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = PostgresSession.rows

    async def counted(self: PostgresSession, sql: Sql, params: Params) -> Sequence[Row]:
        asked.append(sql.text)
        return await rows(self, sql, params)

    monkeypatch.setattr(PostgresSession, "rows", counted)

    async def work(tx: Tx) -> None:
        await found(tx)
        await tx.conversation("web:a:u")
        await tx.denied("web", USER, 1.0)

    await write_all(ledger, *[work] * 5)
    assert len(asked) == 1


@pytest.mark.parametrize("ledger_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_group_that_goes_on_with_the_numbers_is_three_round_trips(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks, writes and commits: the counter is held by the first, events and their numbers are in the second."""
    said: list[str] = []

    async def opens(tx: Tx) -> str:
        await found(tx)
        ticket, _ = await tx.open_ticket(draft(), None)
        await tx.emit("t", ticket.ticket_no, {}, 1.0)
        await tx.save_state("cursor", {})
        return ticket.ticket_no

    await write_all(ledger, opens)
    for name in ("fetch", "fetchrow", "execute", "executemany"):
        monkeypatch.setattr(asyncpg.Connection, name, noting(getattr(asyncpg.Connection, name), said))
    numbers = await write_all(ledger, opens, opens)
    assert numbers == ["460000-19700101-0000002", "460000-19700101-0000003"]
    assert [text[:12] for text in said] == ["BEGIN", "WITH held AS", "WITH claimed", "COMMIT"]
    monkeypatch.undo()
    assert [one.sequence for one in await ledger.events(0)] == [1, 2, 3]


def noting(method: Callable[..., Awaitable[object]], said: list[str]) -> Callable[..., Awaitable[object]]:
    async def noted(self: asyncpg.Connection, query: str, *args: object, **rest: object) -> object:
        said.append(query)
        return await method(self, query, *args, **rest)

    return noted


async def test_nothing_is_known_of_what_was_not_asked() -> None:
    foresight = Foresight(None, None)  # type: ignore[arg-type]
    assert foresight.tickets(b"h", 0.0, 20) is None
    assert foresight.conversation(b"c") is None
    assert foresight.denials(b"d", 0.0) is None
