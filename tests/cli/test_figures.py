"""``gateway figures count`` as an operator types it: a line for a day that was kept otherwise, and it is put right."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.ledger import LedgerKeys, SqlLedger, open_ledger
from gateway.model.ids import AgentId, CallId, QueueId
from gateway.model.records import CallRecord
from gateway.settings import load, load_secrets
from tests.plugins.typed import Typed
from tools.lab.site import CONFIG

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 11, 20, 9, tzinfo=ZONE).timestamp()
COUNT = ("figures", "count", "--since", "2026-11-19", "--until", "2026-11-21")


@asynccontextmanager
async def opened(typed: Typed) -> AsyncIterator[SqlLedger]:
    settings = load(CONFIG, typed.environ)
    secrets = load_secrets(settings.state_dir, settings)
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    async with open_ledger(settings.ledger, settings.state_dir, keys, settings.zone) as ledger:
        yield ledger


async def three_calls(ledger: SqlLedger) -> None:
    for n in range(3):
        at = DAY + 60 * n
        call = CallRecord(
            CallId(f"c{n}"), at, queue=QueueId("hotline"), agent=AgentId("8001"), queued_at=at, answered_at=at + 5,
            ended_at=at + 65, wait_s=5.0, talk_s=60.0, hold_s=0.0, outcome="answered", caller_number="13812345678",
            entry_number="12345",
        )  # fmt: skip
        await ledger.write(lambda tx, call=call: tx.save_call(call))


def past_the_triggers(typed: Typed) -> None:
    """One call becomes lost, and nothing marks its quarter: as rows come in that were copied with triggers off."""
    connection = sqlite3.connect(typed.state_dir / "ledger.db", timeout=30)
    connection.execute("DROP TRIGGER figures_calls_update")
    connection.execute("UPDATE calls SET answered_at = NULL, talk_s = NULL, outcome = 'no_answer' WHERE call_id = 'c1'")
    connection.commit()
    connection.close()


async def test_what_differs_is_told_put_right_and_audited_beside_an_open_ledger(typed: Typed) -> None:
    async with opened(typed) as ledger:
        await three_calls(ledger)
        said = await asyncio.to_thread(typed.process, *COUNT, "--config", CONFIG, limit_s=60)
        assert (said.status, said.out, said.err) == (0, "", "3 days counted, 0 differed\n"), "settled, not wrong"
        past_the_triggers(typed)
        dry = await asyncio.to_thread(typed, *COUNT, "--dry-run")
        assert dry.status == 0 and dry.err == "3 days counted, 1 differed: left as they are\n"
        assert not await ledger.audits(act="figures.counted")
        said = await asyncio.to_thread(typed, *COUNT)
        assert said.err == "3 days counted, 1 differed: put right\n" and said.out == dry.out
        day, quarters, cells, by = said.out.rstrip("\n").split("\t")
        assert (day, quarters, cells) == ("2026-11-20", "1 quarters", "0 cells")
        assert by == "answered -1, within_15 -1, lost_no_answer +1, handled -1, talk_ms -60000, wait_answered_ms -5000"
        [entry] = await ledger.audits(act="figures.counted")
        assert entry.subject == "2026-11-19/2026-11-21" and entry.login.startswith("cli:")
        assert entry.detail == {"days": 1, "quarters": 1, "cells": 0}
        again = await asyncio.to_thread(typed, *COUNT)
        assert (again.out, again.err) == ("", "3 days counted, 0 differed\n")


async def test_figures_of_other_rules_are_left_to_the_gateway(typed: Typed) -> None:
    async with opened(typed) as ledger:
        await ledger.reset_figures("of another configuration")
    said = await asyncio.to_thread(typed, *COUNT)
    assert said.status == 1 and "counted by other rules" in said.err and "gateway reload" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "yesterday"), "not a day such as 2026-11-21"),
        (("--since", "2026-11-21", "--until", "2026-11-20"), "must not be before --since"),
        (("--since", "1999-11-21", "--until", "2026-11-20"), "3700 days at most"),
        ((), "--since"),
    ],
)
def test_days_that_are_none_are_wrong_use(typed: Typed, words: tuple[str, ...], said: str) -> None:
    answered = typed("figures", "count", *words)
    assert answered.status == 2 and said in answered.err
