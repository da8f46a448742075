"""What ``gateway.seats.notices`` promises of notices to agents, on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from gateway.ledger import LedgerConfig, SqlLedger, open_ledger
from gateway.model.ids import AgentId
from gateway.model.notices import Notice
from tests.contracts.conftest import KEYS

NOON = 1_795_233_600.0
ONE, TWO = AgentId("1001"), AgentId("1002")


def a_notice(id: str = "n1", **fields: Any) -> Notice:
    values: dict[str, Any] = {
        "agent": ONE, "at": NOON, "login": "lead", "name": "陈班长", "text": "台风来了\n请就绪", "until": None,
    }  # fmt: skip
    return Notice(id, **{**values, **fields})


async def save(ledger: SqlLedger, *saved: Notice) -> None:
    for one in saved:
        await ledger.write(lambda tx, one=one: tx.save_notice(one))


async def test_an_agents_unread_notices_come_as_they_were_said_oldest_first(ledger: SqlLedger) -> None:
    late, first, other = a_notice("n2", at=NOON + 5, until=NOON + 60.0), a_notice(), a_notice("n3", agent=TWO)
    await save(ledger, late, first, other)
    assert await ledger.notices(ONE, NOON + 10) == [first, late]
    assert await ledger.notices(ONE, NOON + 60) == [first]  # its time is over
    assert await ledger.notices(ONE, NOON + 10, 1) == [first]
    assert await ledger.notices(AgentId("1003"), NOON) == []


async def test_a_notice_is_read_once_and_by_its_agent_alone(ledger: SqlLedger) -> None:
    await save(ledger, a_notice())
    assert await ledger.write(lambda tx: tx.read_notice("n1", TWO, NOON + 1)) is None
    read = await ledger.write(lambda tx: tx.read_notice("n1", ONE, NOON + 2))
    assert read == a_notice(read_at=NOON + 2)
    assert await ledger.write(lambda tx: tx.read_notice("n1", ONE, NOON + 3)) is None
    assert await ledger.notices(ONE, NOON + 4) == []


async def test_old_notices_are_forgotten_read_or_not(ledger: SqlLedger) -> None:
    await save(ledger, a_notice(read_at=NOON + 1), a_notice("n2"), a_notice("n3", at=NOON + 9))
    assert await ledger.write(lambda tx: tx.drop_notices(NOON + 9)) == 2
    assert [one.id for one in await ledger.notices(ONE, NOON + 9)] == ["n3"]


async def test_what_was_said_is_sealed(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        await save(ledger, a_notice())
    with sqlite3.connect(tmp_path / "ledger.db") as plain:
        (row,) = plain.execute("SELECT * FROM notices").fetchall()
    assert "台风" not in repr(row) and "陈班长" not in repr(row) and "台风".encode() not in row[-1]
