"""People, duties and notes come back as they were kept; names, contacts and what was written are sealed."""

from __future__ import annotations

from datetime import date

from gateway.ledger.personal import LedgerKeys, Seal
from gateway.ledger.rows_people import duty_of, duty_row, handover_of, handover_row, person_of, person_row
from gateway.model.ids import AgentId
from gateway.model.people import Duty, Handover, Person

SEAL = Seal(LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32))
DAY = date(2026, 11, 22)


def test_a_person_comes_back_and_only_the_agents_number_is_plain() -> None:
    person = Person("p", "王小芳", AgentId("8001"), "13812345678", "w@x.cn", "oABC")
    row = person_row(person, SEAL)
    assert person_of(list(row.values()), SEAL) == person
    assert [value for value in row.values() if isinstance(value, str)] == ["p", "8001"]


def test_a_duty_comes_back_with_and_without_a_note() -> None:
    for note in ("", "丈夫住院，21 点前走"):
        duty = Duty("d", DAY, "p", "standby", "night", 1200, 1920, note)
        row = duty_row(duty, SEAL)
        assert duty_of(list(row.values()), SEAL) == duty
        assert (row["note"] is None) == (not note)
        assert "住院".encode() not in (row["note"] or b"")


def test_a_note_comes_back_sealed() -> None:
    note = Handover("h", 5.0, DAY, "day", "lead", "三亚停电\n张三要回访", "night", 9.0)
    row = handover_row(note, SEAL)
    assert handover_of(list(row.values()), SEAL) == note
    assert "张三".encode() not in row["data"]
