"""Drafts end by age."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.ledger import SqlLedger
from gateway.model.desk import Draft
from gateway.tickets.drafts import KEPT_S, DraftKeeper
from tests.tickets.conftest import AT, Clock


async def test_what_nobody_typed_at_for_thirty_days_is_forgotten(ledger: SqlLedger, clock: Clock) -> None:
    for key, at in (("old", AT - KEPT_S - 1), ("kept", AT - KEPT_S)):
        await ledger.write(lambda tx, key=key, at=at: tx.save_draft(Draft(key, "agent1", 1, at)))
    assert await DraftKeeper(ledger, clock).tidy() == 1
    assert [one.key for one in await ledger.drafts("agent1")] == ["kept"]


async def test_a_ledger_that_cannot_is_asked_again() -> None:
    class Failing:
        asked = 0
        again = asyncio.Event()

        async def write(self, work: Any) -> int:
            self.asked += 1
            if self.asked == 1:
                raise OSError("disk full")
            self.again.set()
            return 0

    ledger = Failing()
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(DraftKeeper(ledger, every_s=0.0).run())  # type: ignore[arg-type]
        await ledger.again.wait()
        running.cancel()
    assert ledger.asked >= 2


async def test_the_keeper_ends_when_it_is_cancelled(ledger: SqlLedger) -> None:
    task = asyncio.ensure_future(DraftKeeper(ledger).run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
