"""Reads about recordings on both databases: calls with a recording, holds, what was deleted."""

from __future__ import annotations

import pytest

from gateway.ledger import SqlLedger
from gateway.model.archive import GoneRecording, LegalHold
from gateway.model.ids import AgentId, CallId, QueueId
from gateway.model.records import CallRecord
from gateway.tickets.ports import NotFound, TicketDraft

NOON = 1_795_233_600.0


def a_call(n: int, **fields: object) -> CallRecord:
    values = {"recording_id": f"r{n}", "caller_number": "13812345678", "talk_s": 10.0 * n, "hold_s": 1.0, **fields}
    return CallRecord(CallId(f"{n}.1"), NOON + n, **values)  # type: ignore[arg-type]


async def found(ledger: SqlLedger, **filters: object) -> list[str]:
    return [one.call.recording_id for one in await ledger.recorded_calls(**filters)]  # type: ignore[arg-type]


async def test_recorded_calls_are_found_newest_first(ledger: SqlLedger) -> None:
    calls = [
        a_call(1, agent=AgentId("8001")), a_call(2, queue=QueueId("legal"), entry_number="12348"),
        a_call(3, caller_number="110", direction="out", outcome="answered"), a_call(4, recording_id=""),
    ]  # fmt: skip
    for one in calls:
        await ledger.write(lambda tx, one=one: tx.save_call(one))
    assert await found(ledger) == ["r3", "r2", "r1"]
    assert await found(ledger, limit=1) == ["r3"] and await found(ledger, after="3.1") == ["r2", "r1"]
    assert await found(ledger, since=NOON + 2, until=NOON + 3) == ["r2"]
    assert await found(ledger, agent="8001") == ["r1"] and await found(ledger, queue="legal") == ["r2"]
    assert await found(ledger, entry_number="12348") == ["r2"] and await found(ledger, direction="out") == ["r3"]
    assert await found(ledger, number="+86 138-1234-5678") == ["r2", "r1"]
    assert await found(ledger, least_s=21.0, most_s=21.0) == ["r2"] and await found(ledger, outcome="answered") == [
        "r3"
    ]
    with pytest.raises(NotFound):
        await ledger.recorded_calls(after="nobody")


async def test_a_call_comes_with_its_first_ticket_and_its_secrecy(ledger: SqlLedger) -> None:
    async def work(tx: object) -> list[str]:
        await tx.save_call(a_call(1))  # type: ignore[attr-defined]
        made = []
        for secret in (False, True):
            draft = TicketDraft("phone", "460000", NOON, NOON, fields={"call_id": "1.1", "is_secret": secret})
            made.append((await tx.open_ticket(draft, None))[0].ticket_no)  # type: ignore[attr-defined]
        await tx.save_call(a_call(2, ticket_no=made[1]))  # type: ignore[attr-defined]
        await tx.save_gone([GoneRecording("r2", "20261121", 5, NOON)])  # type: ignore[attr-defined]
        return made

    first, second = await ledger.write(work)
    about, call = await ledger.recorded_calls()
    assert (call.ticket_no, call.is_secret, call.deleted_at) == (first, True, None)
    assert (about.ticket_no, about.is_secret, about.deleted_at) == (second, False, NOON)
    assert await found(ledger, ticket_no=first) == ["r1"]
    assert await found(ledger, ticket_no=second) == ["r2", "r1"]
    gone = await ledger.gone_recording("r2")
    assert gone is not None and gone.size == 5 and await ledger.gone_recording("r1") is None


async def test_holds_are_listed_and_say_what_they_keep(ledger: SqlLedger) -> None:
    await ledger.write(lambda tx: tx.save_call(a_call(1)))
    for hold in (
        LegalHold("a", "call", "1.1", "x", "lead", 1.0), LegalHold("b", "call", "9.9", "x", "lead", 2.0, until=5.0),
        LegalHold("c", "call", "8.8", "x", "lead", 3.0, lifted_at=4.0),
    ):  # fmt: skip
        await ledger.write(lambda tx, hold=hold: tx.save_hold(hold))
    assert [one.id for one in await ledger.holds()] == ["b", "a"]
    assert [one.id for one in await ledger.holds(lifted=True, limit=2)] == ["c", "b"]
    assert [one.id for one in await ledger.holds(subject="1.1")] == ["a"] and await ledger.holds(subject="8.8") == []
    assert await ledger.held_recordings(4.9) == {"1.1", "r1", "9.9"}
    assert await ledger.held_recordings(5.0) == {"1.1", "r1"}
