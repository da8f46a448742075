"""What ``gateway.tickets.ports`` promises about gatherings, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, SqlLedger, open_ledger
from gateway.model.gatherings import Gathering
from gateway.tickets.ports import Tx
from tests.contracts.conftest import KEYS

NOON = 1_795_233_600.0
KEY = "sms:hainan:13812345678:12345:7/8/3"


def a_gathering(**fields: Any) -> Gathering:
    values = {"key": KEY, "channel": "sms", "account": "hainan", "due_at": NOON, "value": {"parts": ["第一条"]}}
    return Gathering(**{**values, **fields})


async def hold(tx: Tx, key: str = KEY, due_at: float = NOON) -> Gathering:
    return await tx.hold_gathering(key, "sms", "hainan", due_at)


async def test_a_gathering_is_found_by_its_key_as_it_was_saved(ledger: SqlLedger) -> None:
    await ledger.write(lambda tx: tx.save_gathering(a_gathering()))
    assert await ledger.gathering(KEY) == a_gathering()
    assert await ledger.write(lambda tx: tx.gathering(KEY)) == a_gathering()
    assert await ledger.gathering("another") is None


async def test_saving_again_replaces(ledger: SqlLedger) -> None:
    changed = a_gathering(due_at=NOON + 9, value={"parts": []})
    await ledger.write(lambda tx: tx.save_gathering(a_gathering()))
    await ledger.write(lambda tx: tx.save_gathering(changed))
    assert await ledger.gathering(KEY) == changed


async def test_holding_makes_an_empty_one_once(ledger: SqlLedger) -> None:
    assert await ledger.write(hold) == a_gathering(value={})
    await ledger.write(lambda tx: tx.save_gathering(a_gathering(due_at=NOON + 5)))
    assert await ledger.write(lambda tx: hold(tx, due_at=1.0)) == a_gathering(due_at=NOON + 5)


async def test_those_that_hold_at_once_see_what_the_other_left(ledger: SqlLedger) -> None:
    async def add(n: int) -> None:
        async def work(tx: Tx) -> None:
            held = await hold(tx)
            await asyncio.sleep(0)
            await tx.save_gathering(replace(held, value={"parts": [*held.value.get("parts", []), n]}))

        await ledger.write(work)

    await asyncio.gather(*(add(n) for n in range(12)))
    kept = await ledger.gathering(KEY)
    assert kept is not None
    assert sorted(kept.value["parts"]) == list(range(12))


@pytest.mark.parametrize("ledger_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_two_gateways_that_hold_at_once_lose_nothing(ledger_url: str, tmp_path: Path) -> None:
    """On PostgreSQL the second waits for the first one's commit. (A SQLite ledger is one process's.)"""
    config = LedgerConfig(url=ledger_url)
    async with open_ledger(config, tmp_path, KEYS) as one, open_ledger(config, tmp_path, KEYS) as other:

        async def add(ledger: SqlLedger, n: int) -> None:
            async def work(tx: Tx) -> None:
                held = await hold(tx)
                await tx.save_gathering(replace(held, value={"parts": [*held.value.get("parts", []), n]}))

            await ledger.write(work)

        await asyncio.gather(*(add(one if n % 2 else other, n) for n in range(20)))
        kept = await one.gathering(KEY)
    assert kept is not None
    assert sorted(kept.value["parts"]) == list(range(20))


async def test_what_is_rolled_back_was_never_gathered(ledger: SqlLedger) -> None:
    async def work(tx: Tx) -> None:
        await hold(tx)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await ledger.write(work)
    assert await ledger.gathering(KEY) is None


async def test_the_due_ones_of_an_account_come_longest_due_first(ledger: SqlLedger) -> None:
    saved = [
        a_gathering(key="a", due_at=NOON + 2),
        a_gathering(key="b", due_at=NOON + 1),
        a_gathering(key="c", due_at=NOON + 3),
        a_gathering(key="d", account="haikou"),
        a_gathering(key="e", channel="email"),
    ]
    for one in saved:
        await ledger.write(lambda tx, one=one: tx.save_gathering(one))
    due = await ledger.due_gatherings("sms", "hainan", NOON + 2)
    assert [one.key for one in due] == ["b", "a"]
    assert [one.key for one in await ledger.due_gatherings("sms", "hainan", NOON + 9, limit=1)] == ["b"]


async def test_a_dropped_one_is_gone(ledger: SqlLedger) -> None:
    await ledger.write(lambda tx: tx.save_gathering(a_gathering()))
    assert await ledger.write(lambda tx: tx.drop_gathering(KEY)) is True
    assert await ledger.write(lambda tx: tx.drop_gathering(KEY)) is False
    assert await ledger.gathering(KEY) is None


async def test_a_gathering_without_a_key_is_refused(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="key"):
        await ledger.write(lambda tx: tx.save_gathering(a_gathering(key="")))


async def test_neither_number_nor_words_stand_in_the_file(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(url=f"sqlite:///{tmp_path}/ledger.db"), tmp_path, KEYS) as ledger:
        await ledger.write(lambda tx: tx.save_gathering(a_gathering()))
    connection = sqlite3.connect(tmp_path / "ledger.db")
    rows = connection.execute("SELECT * FROM gatherings").fetchall()
    connection.close()
    assert len(rows) == 1
    assert not any(word in repr(rows) or word.encode() in rows[0][4] for word in ("13812345678", "第一条"))
