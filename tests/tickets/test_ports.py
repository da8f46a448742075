"""Work that says beforehand what it looks for is the same work."""

from __future__ import annotations

from gateway.tickets.ports import Foreseen, Looks, Tx
from tests.tickets.fake_ledger import FakeLedger


async def test_foreseen_work_is_done_by_a_ledger_that_knows_nothing_of_foresight() -> None:
    async def work(tx: Tx) -> int:
        return len(await tx.tickets_of(number="13812345678", since=0.0)) + 7

    assert await FakeLedger().write(Foreseen(work, Looks(number="13812345678"))) == 7
