"""What happens to alarms is written in order, all of it at once, and waits while the ledger is away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.alarms.engine import Change
from gateway.alarms.keeping import ACKNOWLEDGED, CLEARED, RAISED, Keeper
from gateway.model.alarms import Alarm
from gateway.model.ids import TicketNo
from gateway.model.messages import Delivery
from gateway.model.records import AuditEntry
from tests.alarms.stage import NOON, FakeLedger
from tests.events_held import holds

ALARM = Alarm("a1", "waited", "queue:hotline", 2, "等候超时", "Waiting", "2 人", "2", NOON, NOON, NOON)


async def test_rows_events_audits_and_deliveries_are_one_commit() -> None:
    ledger = FakeLedger()
    keeper = Keeper(ledger)
    taken = replace(ALARM, state="acknowledged", by="lead", version=2)
    keeper.put([Change("raised", ALARM), Change("acknowledged", taken)], NOON)
    keeper.put_audit(AuditEntry(NOON, "lead", "alarm.acknowledged", "a1", "127.0.0.1"))
    keeper.put_deliveries([Delivery("d1", "reply", TicketNo(""), "sms", "hainan", "13800000000", NOON)])
    await keeper.flush()
    rows = ledger.rows
    assert (rows.alarms["a1"], [it[0] for it in rows.events]) == (taken, [RAISED, ACKNOWLEDGED])
    assert (len(rows.audits), set(rows.deliveries), set(rows.states)) == (1, {"d1"}, {"deliveries"})
    assert keeper.waiting == 0
    for type_, subject, data in rows.events:
        assert subject == "waited"
        holds(type_, dict(data))


async def test_what_could_not_be_written_waits_in_order_and_nothing_is_lost() -> None:
    ledger = FakeLedger()
    keeper, ledger.away = Keeper(ledger), True
    keeper.put([Change("raised", ALARM)], NOON)
    with pytest.raises(OSError, match="away"):
        await keeper.flush()
    keeper.put([Change("cleared", replace(ALARM, state="cleared", cleared_at=NOON + 9, version=2))], NOON + 9)
    ledger.away = False
    await keeper.flush()
    assert [it[0] for it in ledger.rows.events] == [RAISED, CLEARED]
    assert ledger.rows.alarms["a1"].state == "cleared" and keeper.waiting == 0


async def test_what_moves_while_it_is_written_is_written_next() -> None:
    ledger = FakeLedger()
    keeper, newer = Keeper(ledger), replace(ALARM, version=2)
    write = ledger.write

    async def slowly(work: object) -> object:
        keeper.put([Change("joined", newer)], NOON)
        return await write(work)  # type: ignore[arg-type]

    ledger.write = slowly  # type: ignore[method-assign, assignment]
    keeper.put([Change("raised", ALARM)], NOON)
    await keeper.flush()
    assert keeper.waiting == 1
    ledger.write = write  # type: ignore[method-assign]
    await keeper.flush()
    assert ledger.rows.alarms["a1"] == newer and keeper.waiting == 0


async def test_a_ledger_that_stays_away_costs_no_more_than_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.alarms.keeping._MOST", 3)
    ledger = FakeLedger()
    keeper = Keeper(ledger)
    for n in range(5):
        keeper.put([Change("raised", replace(ALARM, version=n))], NOON + n)
    assert (keeper.untold, keeper.waiting) == (2, 4)
    await keeper.flush()
    assert ledger.rows.alarms["a1"].version == 4
