"""What a group writes together: seen by whoever looks for it, claimed once, and run again when a key was known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.ledger.postgres import PostgresSession
from gateway.ledger.sqlite import SqliteSession
from gateway.model.messages import Conversation
from gateway.model.records import Ticket
from gateway.tickets.ports import TicketDraft, Tx
from tests.servers import Postgres, fresh_database, postgres_server

__all__ = ["postgres_server"]

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
DRAFT = TicketDraft("web", "460000", 1.0, 1.0, fields={"calling_number": "13812345678", "user_id": "u"})


@pytest.fixture(params=["sqlite", "postgres"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path, postgres_server: Postgres) -> AsyncIterator[SqlLedger]:
    config = LedgerConfig(url=await fresh_database(postgres_server)) if request.param == "postgres" else LedgerConfig()
    async with open_ledger(config, tmp_path, KEYS) as opened:
        yield opened


async def test_what_is_pending_is_seen_by_every_look_up_of_the_same_group(ledger: SqlLedger) -> None:
    async def work(tx: Tx) -> None:
        ticket, created = await tx.open_ticket(DRAFT, "k")
        assert created
        assert await tx.tickets_of(number="138 1234 5678", since=0.0) == [ticket]
        assert await tx.tickets_of(user_id="u", since=0.0) == [ticket]
        assert await tx.ticket(ticket.ticket_no) == ticket
        assert await tx.ticket_by_key("k") == ticket
        changed = await tx.update_ticket(ticket.ticket_no, {"title": "t"})
        assert await tx.ticket(ticket.ticket_no) == changed
        conversation = Conversation("web:a:u", "web", "a", "u", last_in_at=2.0)
        await tx.save_conversation(conversation)
        assert await tx.conversation("web:a:u") == conversation

    await ledger.write(work)


async def test_a_state_is_read_as_the_group_has_left_it(ledger: SqlLedger) -> None:
    async def moves(tx: Tx, name: str) -> object:
        before = await tx.state(name)
        for n in (1, 2):
            await tx.save_state(name, {"n": n, "before": (before or {}).get("n", 0)})
        return before

    pieces = [ledger.write(lambda tx, name=name: moves(tx, name)) for name in ("b", "a", "b")]
    assert await asyncio.gather(*pieces) == [None, None, {"n": 2, "before": 0}]
    assert [await ledger.state(name) for name in ("a", "b")] == [{"n": 2, "before": 0}, {"n": 2, "before": 2}]


async def test_a_key_claimed_twice_in_a_group_opens_one_ticket(ledger: SqlLedger) -> None:
    results = await asyncio.gather(*(ledger.write(lambda tx: tx.open_ticket(DRAFT, "k")) for _ in range(4)))
    assert [created for _, created in results] == [True, False, False, False]
    assert len({ticket.ticket_no for ticket, _ in results}) == 1
    assert len(await ledger.tickets()) == 1


async def test_keys_that_are_known_and_new_ones_share_a_group(ledger: SqlLedger) -> None:
    async def take(tx: Tx, n: int, again: int) -> tuple[str | None, Ticket | None]:
        first = await tx.claim_message(f"m{n}", f"id-{n}-{again}")
        if first is not None:
            return first, None
        ticket, _ = await tx.open_ticket(DRAFT, f"t{n}")
        return None, ticket

    def times(numbers: range, again: int) -> list[asyncio.Task[tuple[str | None, Ticket | None]]]:
        return [asyncio.create_task(ledger.write(lambda tx, n=n: take(tx, n, again))) for n in numbers]

    assert all(first is None for first, _ in await asyncio.gather(*times(range(3), 0)))
    results = await asyncio.gather(*times(range(6), 1), *times(range(6), 2))
    assert [first for first, _ in results] == [
        "id-0-0", "id-1-0", "id-2-0", None, None, None, "id-0-0", "id-1-0", "id-2-0", "id-3-1", "id-4-1", "id-5-1",
    ]  # fmt: skip
    numbers = sorted(ticket.ticket_no for ticket in await ledger.tickets())
    assert numbers == [f"460000-19700101-{n:07d}" for n in range(1, 7)]


async def test_a_known_key_among_new_ones_costs_its_group_no_savepoints(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(lambda tx: tx.claim_message("m2", "first"))
    runs: list[int] = []

    async def refused(self: object) -> None:
        raise AssertionError("a group was run piece by piece")

    for session in (SqliteSession, PostgresSession):
        monkeypatch.setattr(session, "savepoint", refused)

    async def take(tx: Tx, n: int) -> str | None:
        runs.append(n)
        return await tx.claim_message(f"m{n}", f"id-{n}")

    claimed = await asyncio.gather(*(ledger.write(lambda tx, n=n: take(tx, n)) for n in range(5)))
    assert claimed == [None, None, "first", None, None]
    assert sorted(runs) == sorted([*range(5)] * 2)


async def test_who_catches_the_mistake_of_a_known_key_does_not_get_past_it(ledger: SqlLedger) -> None:
    await ledger.write(lambda tx: tx.claim_message("m", "first"))

    async def stubborn(tx: Tx) -> str | None:
        claimed = await tx.claim_message("m", "second")
        try:
            await tx.message("none")  # has everything pending written
        except Exception:
            return "caught"
        return claimed

    assert await ledger.write(stubborn) == "first"


async def test_a_piece_that_fails_takes_its_pending_rows_with_it_and_leaves_the_others(ledger: SqlLedger) -> None:
    async def work(tx: Tx, n: int) -> str:
        ticket, _ = await tx.open_ticket(DRAFT, f"k{n}")
        if n == 1:
            raise ArithmeticError
        return ticket.ticket_no

    works = (ledger.write(lambda tx, n=n: work(tx, n)) for n in range(3))
    first, failed, third = await asyncio.gather(*works, return_exceptions=True)
    assert isinstance(failed, ArithmeticError)
    assert [first, third] == [f"460000-19700101-{n:07d}" for n in (1, 2)]
    assert await ledger.ticket_by_key("k1") is None
