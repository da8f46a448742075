"""The roster in a transaction and read back, on both databases: days are replaced as a whole, people by id."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.ledger import SqlLedger
from gateway.model.ids import AgentId
from gateway.model.people import Duty, Handover, Person

FIRST, SECOND = date(2026, 11, 22), date(2026, 11, 23)
WANG = Person("p1", "王小芳", AgentId("8001"), "13812345678")


def duty(id_: str, day: date, start: int = 480) -> Duty:
    return Duty(id_, day, "p1", "agent", "day", start, 1200, "早到" if id_ == "a" else "")


async def test_days_are_replaced_as_a_whole_and_others_stay(ledger: SqlLedger) -> None:
    before = [duty("a", FIRST), duty("b", FIRST, 60), duty("c", SECOND)]
    await ledger.write(lambda tx: tx.replace_duties([FIRST, SECOND], before))
    assert [one.id for one in await ledger.duties(FIRST, SECOND)] == ["b", "a", "c"]
    await ledger.write(lambda tx: tx.replace_duties([FIRST], [duty("d", FIRST)]))
    assert [one.id for one in await ledger.write(lambda tx: tx.duties(FIRST, SECOND))] == ["d", "c"]
    await ledger.write(lambda tx: tx.replace_duties([SECOND], []))
    assert await ledger.duties(FIRST, SECOND) == [duty("d", FIRST)]
    assert await ledger.duties(SECOND, SECOND) == []


async def test_a_duty_keeps_its_note(ledger: SqlLedger) -> None:
    await ledger.write(lambda tx: tx.replace_duties([FIRST], [duty("a", FIRST)]))
    assert (await ledger.duties(FIRST, FIRST))[0].note == "早到"


async def test_people_are_replaced_by_id(ledger: SqlLedger) -> None:
    await ledger.write(lambda tx: tx.save_people([WANG, Person("p2", "海律师")]))
    await ledger.write(lambda tx: tx.save_people([replace(WANG, name="王晓芳")]))
    await ledger.write(lambda tx: tx.save_people([]))
    assert [one.name for one in await ledger.people()] == ["海律师", "王晓芳"]
    assert await ledger.write(lambda tx: tx.people()) == list(await ledger.people())


async def test_notes_are_read_newest_first(ledger: SqlLedger) -> None:
    notes = [Handover(str(n), float(n), FIRST, "day", "lead", f"第 {n} 件") for n in range(3)]
    for one in notes:
        await ledger.write(lambda tx, one=one: tx.save_handover(one))
    await ledger.write(lambda tx: tx.save_handover(replace(notes[0], read_by="night", read_at=9.0)))
    assert [one.id for one in await ledger.handovers()] == ["2", "1", "0"]
    assert [one.id for one in await ledger.handovers(1)] == ["2"]
    kept = await ledger.write(lambda tx: tx.handover("0"))
    assert kept is not None and kept.read_at == 9.0
    assert await ledger.write(lambda tx: tx.handover("x")) is None
