"""Many assignments at once: what is written is what one at a time writes, in as few statements as there are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.ledger import SqlLedger
from gateway.ledger.driver import Params, Row, Sql
from gateway.ledger.postgres import PostgresSession
from gateway.model.assignments import Assignment
from gateway.model.ids import AgentId, TicketNo
from gateway.model.records import Ticket
from gateway.tickets.ports import Foreseen, Looks, TicketDraft, Tx

NUMBER, USER = "13812345678", "u"


def one(number: int, **fields: object) -> Assignment:
    made = Assignment(TicketNo(f"460000-20261121-{number:07d}"), "web", "page", "waiting", 1.0, unread=1)
    return replace(made, **fields)  # type: ignore[arg-type]


async def test_many_are_written_and_found_together(ledger: SqlLedger) -> None:
    many = [one(3, passed=(AgentId("8001"),)), one(1), one(2, version=4)]
    numbers = [it.ticket_no for it in many]

    async def work(tx: Tx) -> None:
        assert await tx.assignments(numbers) == {}
        assert await tx.save_assignments(many) == set(numbers)
        assert await tx.assignments([*numbers, one(9).ticket_no]) == {it.ticket_no: it for it in many}

    await ledger.write(work)
    assert [await ledger.assignment(number) for number in numbers] == many


async def test_of_many_those_that_are_not_newer_change_nothing_and_are_told(ledger: SqlLedger) -> None:
    await ledger.write(lambda tx: tx.save_assignments([one(1, version=2), one(2, version=2)]))
    newer, same, fresh = one(1, version=3, state="done"), one(2, version=2, state="done"), one(3)
    saved = await ledger.write(lambda tx: tx.save_assignments([newer, same, fresh]))
    assert saved == {newer.ticket_no, fresh.ticket_no}
    kept = [await ledger.assignment(it.ticket_no) for it in (newer, same, fresh)]
    assert kept == [newer, one(2, version=2), fresh]


async def test_none_of_none_and_texts_that_no_database_takes(ledger: SqlLedger) -> None:
    async def work(tx: Tx) -> None:
        assert await tx.save_assignments([]) == frozenset()
        assert await tx.assignments([]) == {}
        assert await tx.assignments([TicketNo("\0"), TicketNo("\ud800"), TicketNo('"\\')]) == {}

    await ledger.write(work)


async def test_a_piece_that_fails_is_rolled_back_alone(ledger: SqlLedger) -> None:
    async def fails(tx: Tx) -> None:
        await tx.save_assignments([one(1)])
        raise RuntimeError("no")

    good = ledger.write(lambda tx: tx.save_assignments([one(2)]))
    failed, saved = await asyncio.gather(ledger.write(fails), good, return_exceptions=True)
    assert isinstance(failed, RuntimeError)
    assert saved == frozenset({one(2).ticket_no})
    assert await ledger.assignment(one(1).ticket_no) is None
    assert await ledger.assignment(one(2).ticket_no) == one(2)


@pytest.mark.parametrize("ledger_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_counting_beside_submissions_costs_two_statements_and_their_looks_nothing(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk counts while submissions share its commit: what was looked up for them ahead still holds."""
    asked: list[str] = []
    rows = PostgresSession.rows

    async def counted(self: PostgresSession, sql: Sql, params: Params) -> Sequence[Row]:
        asked.append(sql.text)
        return await rows(self, sql, params)

    async def counts(tx: Tx) -> None:
        await tx.assignments([one(n).ticket_no for n in range(50)])
        await tx.save_assignments([one(n) for n in range(50)])
        await tx.save_state("desk.inbox", {"sequence": 50})
        assert await tx.state("desk.inbox") == {"sequence": 50}

    async def submits(tx: Tx) -> Ticket:
        assert await tx.tickets_of(number=NUMBER, user_id=USER, since=0.0) == []
        return (await tx.open_ticket(TicketDraft("web", "460000", 1.0, 1.0), None))[0]

    monkeypatch.setattr(PostgresSession, "rows", counted)
    looks = Looks("web", USER, NUMBER, 0.0, 20)
    await asyncio.gather(ledger.write(counts), *(ledger.write(Foreseen(submits, looks)) for _ in range(5)))
    assert len([text for text in asked if "assignments" in text]) == 2
    assert [text[:12] for text in asked if "FROM tickets" in text] == ["WITH held AS"]  # the looks ahead, once
    assert len(await ledger.tickets()) == 5
