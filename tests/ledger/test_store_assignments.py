"""Assignments beside other work of the same commit (their promises: tests/contracts/test_assignments_contract.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.ledger.personal import Seal
from gateway.ledger.rows_assignments import assignment_of, assignment_row
from gateway.ledger.tables import assignments
from gateway.model.assignments import Assignment
from gateway.model.ids import AgentId, TicketNo
from gateway.tickets.ports import Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
ONE = Assignment(
    TicketNo("460000-20261121-0000001"), "wechat", "hainan", "offered", 1.0, AgentId("8001"), passed=(AgentId("8002"),)
)


async def test_what_fails_keeps_nothing_of_an_assignment(tmp_path: Path) -> None:
    async def work(tx: Tx) -> None:
        assert await tx.save_assignment(ONE)
        assert await tx.assignment(ONE.ticket_no) == ONE
        raise RuntimeError("no")

    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        with pytest.raises(RuntimeError):
            await ledger.write(work)
        assert await ledger.assignment(ONE.ticket_no) is None
        assert list(await ledger.waiting_assignments(-3)) == []


def test_a_row_that_was_written_before_a_field_was_there_has_its_default() -> None:
    seal = Seal(KEYS)
    row = assignment_row(ONE, seal)
    assert set(row) == set(assignments.columns.keys())
    said = seal.open(f"assignments/{ONE.ticket_no}", row["data"])
    del said["passed"]
    row["data"] = seal.close(f"assignments/{ONE.ticket_no}", said)
    kept = assignment_of(tuple(row[column.name] for column in assignments.columns), seal)
    assert (kept.passed, kept.agent) == ((), "8001")
