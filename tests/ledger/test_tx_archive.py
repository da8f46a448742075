"""Inside a transaction: holds are replaced by id, a recording deleted twice is one, and its own writes are seen."""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger import SqlLedger
from gateway.model.archive import GoneRecording, LegalHold

HOLD = LegalHold("h", "call", "1.1", "诉讼", "lead", 1.0)


async def test_a_hold_is_seen_by_the_work_that_made_it_and_replaced_by_its_id(ledger: SqlLedger) -> None:
    async def work(tx: object) -> tuple[LegalHold | None, frozenset[str], frozenset[str]]:
        await tx.save_hold(HOLD)  # type: ignore[attr-defined]
        held = await tx.held_recordings(2.0)  # type: ignore[attr-defined]
        await tx.save_hold(replace(HOLD, lifted_at=3.0, lifted_by="root"))  # type: ignore[attr-defined]
        return await tx.hold("h"), held, await tx.held_recordings(2.0)  # type: ignore[attr-defined]

    kept, before, after = await ledger.write(work)
    assert kept == replace(HOLD, lifted_at=3.0, lifted_by="root")
    assert (before, after) == ({"1.1"}, frozenset())
    assert await ledger.write(lambda tx: tx.hold("x")) is None


async def test_a_recording_that_is_swept_twice_is_one(ledger: SqlLedger) -> None:
    for at in (1.0, 2.0):
        await ledger.write(lambda tx, at=at: tx.save_gone([GoneRecording("7.1", "20241121", 9, at)]))
    await ledger.write(lambda tx: tx.save_gone([]))
    kept = await ledger.write(lambda tx: tx.gone_recording("7.1"))
    assert kept is not None and kept.deleted_at == 2.0
    assert await ledger.write(lambda tx: tx.gone_recording("x")) is None
