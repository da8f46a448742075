"""What ``gateway.tickets.ports`` promises about assignments, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.ledger import LedgerConfig, SqlLedger, open_ledger
from gateway.model.assignments import Assignment
from gateway.model.ids import AgentId, TicketNo
from tests.contracts.conftest import KEYS

NOON = 1_795_233_600.0


def one(number: int = 1, **fields: Any) -> Assignment:
    made = Assignment(
        TicketNo(f"460000-20261121-{number:07d}"), "wechat", "hainan", "waiting", NOON + number,
        first_at=NOON + number, due_at=NOON + 180 + number, last_at=NOON + number, unread=1, sequence=number,
    )  # fmt: skip
    return replace(made, **fields)


async def save(ledger: SqlLedger, *saved: Assignment) -> list[bool]:
    return [await ledger.write(lambda tx, it=it: tx.save_assignment(it)) for it in saved]


async def test_an_assignment_is_found_as_it_was_saved(ledger: SqlLedger) -> None:
    full = one(state="offered", agent=AgentId("8001"), passed=(AgentId("8002"), AgentId("8003")), moved_at=NOON + 0.25)
    assert await save(ledger, full) == [True]
    assert await ledger.assignment(full.ticket_no) == full
    assert await ledger.write(lambda tx: tx.assignment(full.ticket_no)) == full
    assert await ledger.assignment(TicketNo("460000-20261121-0000002")) is None
    assert await ledger.write(lambda tx: tx.assignment(TicketNo("\0"))) is None


async def test_a_newer_version_replaces_and_an_older_one_changes_nothing(ledger: SqlLedger) -> None:
    first, second = one(version=2), one(version=3, state="taken", agent=AgentId("8001"))
    other = replace(second, agent=AgentId("8002"))
    assert await save(ledger, first, second, first, other) == [True, True, False, False]
    assert await ledger.assignment(first.ticket_no) == second


async def test_the_pool_is_in_the_order_of_what_is_due_and_holds_nothing_else(ledger: SqlLedger) -> None:
    answered = one(1, first_at=None, due_at=None)
    mail, soon = one(2, due_at=NOON + 500), one(3, due_at=NOON + 100)
    taken, done = one(4, state="taken", agent=AgentId("8001")), one(5, state="done")
    await save(ledger, answered, mail, soon, taken, done)
    assert list(await ledger.waiting_assignments()) == [soon, mail, answered]
    assert list(await ledger.waiting_assignments(1)) == [soon]
    assert await ledger.waiting_written() == 3


async def test_what_is_held_is_of_one_agent_or_of_all(ledger: SqlLedger) -> None:
    mine = [one(n, state="offered" if n % 2 else "taken", agent=AgentId("8001")) for n in (3, 2)]
    other = one(1, state="taken", agent=AgentId("8002"))
    await save(ledger, *mine, other, one(4), one(5, state="done", agent=AgentId("8001")))
    assert list(await ledger.held_assignments(AgentId("8001"))) == sorted(mine, key=lambda it: it.place)
    assert set(await ledger.held_assignments()) == {*mine, other}
    assert list(await ledger.held_assignments(AgentId(""))) == []


async def test_an_assignment_outlives_its_gateway(ledger_url: str, tmp_path: Path) -> None:
    config = LedgerConfig(url=ledger_url)
    async with open_ledger(config, tmp_path, KEYS) as ledger:
        await save(ledger, one(state="taken", agent=AgentId("8001")))
    async with open_ledger(config, tmp_path, KEYS) as ledger:
        assert await ledger.assignment(one().ticket_no) == one(state="taken", agent=AgentId("8001"))
