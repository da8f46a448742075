"""What ``gateway.tickets.ports`` promises about transfers, on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, SqlLedger, open_ledger
from gateway.model.ids import AgentId, CallId, LegId, SeatId, TicketNo
from gateway.model.transfers import Transfer
from tests.contracts.conftest import KEYS

NOON = 1_795_233_600.0


def a_transfer(number: int = 1, **fields: Any) -> Transfer:
    values: dict[str, Any] = {
        "id": f"t{number}", "key": f"agent1:k{number}", "call_id": CallId("1.1"), "mode": "three_way", "target": "110",
        "seat": SeatId("A001"), "agent": AgentId("8001"), "started_at": NOON + number, "partner": "110", "version": 1,
        "caller_leg": LegId("1.1"), "more": {"headers": {"X-Ticket-No": "460000-20261121-0000001"}},
    }  # fmt: skip
    return Transfer(**{**values, **fields})


async def save(ledger: SqlLedger, *saved: Transfer) -> list[bool]:
    return [await ledger.write(lambda tx, one=one: tx.save_transfer(one)) for one in saved]


async def test_a_transfer_is_found_as_it_was_saved(ledger: SqlLedger) -> None:
    full = a_transfer(
        phase="three_way", outcome="busy", answered_at=NOON, joined_at=NOON + 0.25, cause=17, why="对方忙 / busy",
        caller_at="room", due_at=NOON + 3, ticket_no=TicketNo("460000-20261121-0000001"), version=7, goal="released",
    )  # fmt: skip
    await save(ledger, full)
    assert await ledger.transfer("t1") == full
    assert await ledger.transfer_by_key("agent1:k1") == full
    assert await ledger.write(lambda tx: tx.transfer("t1")) == full
    assert await ledger.write(lambda tx: tx.transfer_by_key("agent1:k1")) == full
    assert await ledger.transfer("t2") is None
    assert await ledger.transfer_by_key("t1") is None


async def test_a_newer_version_replaces_and_an_older_one_changes_nothing(ledger: SqlLedger) -> None:
    newer = a_transfer(version=3, phase="released")
    assert await save(ledger, a_transfer(version=2), newer, a_transfer(version=2), newer) == [True, True, False, False]
    assert await ledger.transfer("t1") == newer


async def test_a_key_is_one_transfers(ledger: SqlLedger) -> None:
    await save(ledger, a_transfer())
    with pytest.raises(Exception, match=r"(?i)unique|key"):
        await save(ledger, a_transfer(2, key="agent1:k1"))
    assert await ledger.transfer("t2") is None


async def test_the_open_ones_are_those_that_have_not_ended(ledger: SqlLedger) -> None:
    ended = a_transfer(1, phase="ended", ended_at=NOON + 9)
    await save(ledger, a_transfer(3), ended, a_transfer(2, phase="released"))
    assert [one.id for one in await ledger.open_transfers()] == ["t2", "t3"]
    await save(ledger, a_transfer(2, phase="ended", ended_at=NOON, version=2))
    assert [one.id for one in await ledger.open_transfers()] == ["t3"]


async def test_searches_are_newest_first_and_by_call_ticket_partner_and_time(ledger: SqlLedger) -> None:
    number = TicketNo("460000-20261121-0000009")
    await save(
        ledger, a_transfer(1), a_transfer(2, partner="119"), a_transfer(3, call_id=CallId("2.2")),
        a_transfer(4, ticket_no=number),
    )  # fmt: skip

    async def found(**given: Any) -> list[str]:
        return [one.id for one in await ledger.transfers(**given)]

    assert await found() == ["t4", "t3", "t2", "t1"]
    assert await found(limit=2) == ["t4", "t3"]
    assert await found(partner="119") == ["t2"]
    assert await found(call_id=CallId("2.2")) == ["t3"]
    assert await found(ticket_no=number) == ["t4"]
    assert await found(since=NOON + 3) == ["t4", "t3"]
    assert await found(since=NOON + 2, partner="110", limit=9) == ["t4", "t3"]


async def test_what_is_rolled_back_was_never_saved(ledger: SqlLedger) -> None:
    async def work(tx: Any) -> None:
        await tx.save_transfer(a_transfer())
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await ledger.write(work)
    assert await ledger.transfer("t1") is None


async def test_the_target_does_not_stand_in_the_file(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(url=f"sqlite:///{tmp_path}/ledger.db"), tmp_path, KEYS) as ledger:
        await save(ledger, replace(a_transfer(), target="13812345678", endpoint="PJSIP/13812345678@trunk"))
    connection = sqlite3.connect(tmp_path / "ledger.db")
    rows = connection.execute("SELECT * FROM transfers").fetchall()
    connection.close()
    assert len(rows) == 1 and b"13812345678" not in repr(rows).encode()
