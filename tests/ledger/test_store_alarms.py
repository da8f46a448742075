"""Alarms in their rows (what the reads promise: tests/contracts/test_alarms_contract.py)."""

from __future__ import annotations

from gateway.ledger.driver import Params
from gateway.ledger.personal import LedgerKeys, Seal
from gateway.ledger.rows_alarms import alarm_of, alarm_row
from gateway.ledger.store_alarms import AlarmsLedger
from gateway.ledger.tables_alarms import alarms
from gateway.model.alarms import Alarm, Notice

SEAL = Seal(LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32))
ALARM = Alarm(
    "a1", "repeat-caller", "caller:138****5678/ab", 3, "重复来电", "Repeat", "138****5678 来电 5 次", "5 times",
    1.0, 2.0, 1.0,
    members=("x",), owed=("leader",), told={"leader/王/3": 1.0}, notices=(Notice("王", "sms", 1.0, "d1"),),
)  # fmt: skip


def test_what_an_alarm_says_is_sealed_and_comes_back_whole() -> None:
    row = alarm_row(ALARM, SEAL)
    assert set(row) == set(alarms.columns.keys())
    assert "来电".encode() not in row["data"] and "来电" not in str([row[name] for name in row if name != "data"])
    assert alarm_of(tuple(row[column.name] for column in alarms.columns), SEAL) == ALARM


def test_a_row_that_was_written_before_a_field_was_there_has_its_default() -> None:
    row: Params = alarm_row(ALARM, SEAL)
    said = SEAL.open("alarms/a1", row["data"])
    for name in ("members", "owed", "notices", "step"):
        del said[name]
    row = {**row, "data": SEAL.close("alarms/a1", said)}
    found = alarm_of(tuple(row[column.name] for column in alarms.columns), SEAL)
    assert (found.members, found.owed, found.notices, found.step, found.text) == ((), (), (), 0, ALARM.text)


def test_no_read_has_the_name_of_another_part_of_the_ledger() -> None:
    """The parts are mixed into one class: a helper of the same name would silently be another's."""
    from gateway.ledger.store import SqlLedger

    others = [part for part in SqlLedger.__mro__ if part not in (SqlLedger, AlarmsLedger, object)]
    own = {name for name in vars(AlarmsLedger) if not name.startswith("__")}
    assert not own & set().union(*(vars(part) for part in others))
