"""What ``gateway.tickets.ports`` promises about drafts, the watch list and an agent's day, on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, SqlLedger, open_ledger
from gateway.model.desk import Draft, Watch
from gateway.model.ids import AgentId, CallId
from gateway.model.records import CallRecord
from gateway.tickets.ports import TicketDraft
from tests.contracts.conftest import KEYS

NOON = 1_795_233_600.0
NUMBER = "13812345678"


def a_draft(revision: int = 1, **fields: Any) -> Draft:
    values: dict[str, Any] = {
        "key": "1732200000.15", "author": "agent1", "at": NOON + revision, "fields": {"content": f"路灯\n{NUMBER}"},
    }  # fmt: skip
    return Draft(revision=revision, **{**values, **fields})


def a_watch(**fields: Any) -> Watch:
    values: dict[str, Any] = {
        "id": "w1", "number": NUMBER, "level": "care", "note": "独居老人", "author": "lead", "at": NOON, "until": None,
    }  # fmt: skip
    return Watch(**{**values, **fields})


async def save(ledger: SqlLedger, *saved: Draft) -> list[bool]:
    return [await ledger.write(lambda tx, one=one: tx.save_draft(one)) for one in saved]


async def test_a_draft_is_found_as_it_was_saved(ledger: SqlLedger) -> None:
    draft = a_draft(3, fields={"content": "一\n二", "urgency": None, "nested": {"a": [1, 2.5, True]}})
    assert await save(ledger, draft) == [True]
    assert await ledger.draft(draft.key) == draft
    assert await ledger.write(lambda tx: tx.draft(draft.key)) == draft
    assert await ledger.draft("new/agent1") is None


async def test_a_saving_that_was_overtaken_changes_nothing(ledger: SqlLedger) -> None:
    newer = a_draft(5, author="agent2")
    assert await save(ledger, a_draft(4), newer, a_draft(4), a_draft(5)) == [True, True, False, False]
    assert await ledger.draft(newer.key) == newer


async def test_drafts_are_listed_by_who_typed_last(ledger: SqlLedger) -> None:
    await save(ledger, a_draft(1, key="a"), a_draft(3, key="b"), a_draft(2, key="c"), a_draft(9, key="d", author="x"))
    assert [one.key for one in await ledger.drafts("agent1")] == ["b", "c", "a"]
    assert [one.key for one in await ledger.drafts("agent1", 1)] == ["b"]


async def test_drafts_are_dropped_by_key_and_by_age(ledger: SqlLedger) -> None:
    await save(ledger, a_draft(1, key="a"), a_draft(2, key="b"), a_draft(3, key="c"))
    assert await ledger.write(lambda tx: tx.drop_draft("a")) is True
    assert await ledger.write(lambda tx: tx.drop_draft("a")) is False
    assert await ledger.write(lambda tx: tx.drop_drafts(NOON + 3)) == 1
    assert [one.key for one in await ledger.drafts("agent1")] == ["c"]


async def test_a_number_is_watched_however_it_is_written(ledger: SqlLedger) -> None:
    watch = a_watch(until=NOON + 60)
    assert await ledger.write(lambda tx: tx.save_watch(watch)) == watch
    assert await ledger.watch("+86 138-1234-5678") == watch
    assert await ledger.watch("13812345679") is None
    assert await ledger.watch("") is None


async def test_a_second_note_about_a_number_replaces_the_first_and_keeps_its_id(ledger: SqlLedger) -> None:
    await ledger.write(lambda tx: tx.save_watch(a_watch()))
    other = a_watch(id="w2", number="013812345678", level="alert", note="辱骂", at=NOON + 1)
    kept = await ledger.write(lambda tx: tx.save_watch(other))
    assert (kept.id, kept.level, kept.note) == ("w1", "alert", "辱骂")
    assert await ledger.watches() == [kept]


async def test_watches_are_newest_first_and_dropped_by_id(ledger: SqlLedger) -> None:
    first, second = a_watch(), a_watch(id="w2", number="089866666666", at=NOON + 1)
    for one in (first, second):
        await ledger.write(lambda tx, one=one: tx.save_watch(one))
    assert await ledger.watches() == [second, first]
    assert await ledger.watches(1) == [second]
    assert await ledger.write(lambda tx: tx.drop_watch("w1")) == first
    assert await ledger.write(lambda tx: tx.drop_watch("w1")) is None
    assert await ledger.watches() == [second]


async def test_a_watch_is_about_a_number(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="number"):
        await ledger.write(lambda tx: tx.save_watch(a_watch(number="- -")))


async def test_an_agents_calls_and_tickets_are_found_by_time(ledger: SqlLedger) -> None:
    async def work(tx: Any) -> None:
        for number, agent in enumerate(("8001", "8002", "8001", None)):
            call = CallRecord(CallId(f"{number}.1"), NOON + number, agent=AgentId(agent) if agent else None)
            await tx.save_call(call)
            fields = {"agent_id": agent or "", "title": f"t{number}"}
            await tx.open_ticket(TicketDraft("phone", "460000", NOON + number, NOON, fields=fields), f"k{number}")

    await ledger.write(work)
    assert [one.call_id for one in await ledger.calls(agent="8001")] == ["2.1", "0.1"]
    assert [one.call_id for one in await ledger.calls(agent="8001", since=NOON + 1)] == ["2.1"]
    assert [one.title for one in await ledger.tickets(agent="8001", since=NOON)] == ["t2", "t0"]
    assert [one.title for one in await ledger.tickets(agent="8002", since=NOON)] == ["t1"]


async def test_neither_what_is_typed_nor_who_is_watched_stands_in_the_file(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(url=f"sqlite:///{tmp_path}/ledger.db"), tmp_path, KEYS) as ledger:
        await save(ledger, a_draft())
        await ledger.write(lambda tx: tx.save_watch(a_watch()))
    connection = sqlite3.connect(tmp_path / "ledger.db")
    rows = [*connection.execute("SELECT * FROM drafts"), *connection.execute("SELECT * FROM watches")]
    connection.close()
    told = repr(rows)
    assert len(rows) == 2 and NUMBER not in told and "路灯" not in told and "独居" not in told
