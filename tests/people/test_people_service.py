"""The roster at work: changes all or nothing, who is on duty from memory, hand-over notes taken once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.people.config import RosterConfig
from gateway.people.rows import Wanted
from gateway.people.service import LONGEST_DAYS, Change, Moved, NoSuchNote, RosterBook, Who

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 22)
LEAD = Who("lead", "10.0.0.1")


@dataclass
class Bench:
    book: RosterBook
    ledger: SqlLedger
    time: dict[str, float]

    def at(self, hour: int, day: date = DAY) -> None:
        self.time["now"] = datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).timestamp()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        time: dict[str, float] = {}
        made = Bench(RosterBook(ledger, RosterConfig, ZONE, lambda: time["now"], every_s=0.01), ledger, time)
        made.at(10)
        yield made


def want(name: str, role: str, agent: str = "", phone: str = "", shift: str = "day", day: date = DAY) -> Wanted:
    minutes = {"day": (480, 1200), "night": (1200, 1920)}[shift]
    return Wanted(2, day, shift, *minutes, role, name, agent, phone)  # type: ignore[arg-type]


TODAY = [
    want("陈班长", "lead", "8100", "13800001111"),
    want("王小芳", "agent", "8001"),
    want("李强", "standby", "8002", "13800002222"),
    want("备班员", "standby"),
    want("夜班长", "lead", "8101", "13800003333", "night"),
]


async def plan_today(bench: Bench) -> None:
    _, faults = await bench.book.change(Change(TODAY, [DAY]), LEAD, "roster.imported")
    assert not faults


async def test_queues_and_alarms_are_told_who_is_on_duty(bench: Bench) -> None:
    await plan_today(bench)
    book = bench.book
    assert book.standby_now() == ["8002"] and book.agents("agent") == ["8001"]
    assert [(one.name, one.phone) for one in book.contacts()] == [("陈班长", "13800001111")]
    assert [one.name for one in book.on_duty("standby")] == ["李强", "备班员"]
    assert [one.name for one in book.contacts("standby")] == ["李强"]
    coming = book.next()
    assert coming is not None and [one.person.name for one in coming[1].lead] == ["夜班长"]
    bench.at(22)
    assert book.standby_now() == [] and [one.name for one in book.contacts()] == ["夜班长"]
    bench.at(7, DAY + timedelta(days=1))
    assert [one.name for one in book.contacts()] == ["夜班长"]
    bench.at(9, DAY + timedelta(days=1))
    assert book.contacts() == []


async def test_contacts_lie_sealed(bench: Bench, tmp_path: Path) -> None:
    await plan_today(bench)
    await bench.book.hand_over("张三 13900009999 的投诉未结", LEAD)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
    for told in ("13800001111", "陈班长", "13900009999"):
        assert told.encode() not in kept
    assert (await bench.book.people())[0].name


async def test_a_change_is_audited_and_the_same_again_is_none(bench: Bench) -> None:
    await plan_today(bench)
    await plan_today(bench)
    [entry] = await bench.ledger.audits(act="roster.imported")
    assert (entry.login, entry.subject, entry.detail["added"]) == ("lead", "2026-11-22", 5)
    assert "陈班长" not in str(entry.detail)


async def test_a_preview_changes_nothing_and_its_mark_holds_until_somebody_else_changes(bench: Bench) -> None:
    change = Change(TODAY, [DAY])
    made, faults, mark = await bench.book.preview(change)
    assert (len(made.added), faults) == (5, []) and await bench.book.people() == []
    await plan_today(bench)
    with pytest.raises(Moved):
        await bench.book.change(Change([], [DAY], mark), LEAD, "roster.changed")
    assert len((await bench.book.roster(DAY, DAY)).entries) == 5
    now = await bench.book.mark(DAY, DAY)
    await bench.book.change(Change([], [DAY], now), LEAD, "roster.changed")
    assert (await bench.book.roster(DAY, DAY)).entries == []


async def test_a_fault_changes_nothing(bench: Bench) -> None:
    both = [want("王小芳", "agent", "1"), want("王小芳", "agent", "2")]
    await bench.book.change(Change(both, [DAY]), LEAD, "roster.imported")
    mixed = [want("新人", "agent", "3"), want("王小芳", "lead")]
    _, [fault] = await bench.book.change(Change(mixed, [DAY]), LEAD, "roster.imported")
    assert "工号" in fault.zh
    assert len(await bench.book.people()) == 2 and len((await bench.book.roster(DAY, DAY)).entries) == 2


async def test_days_between_those_of_a_change_stay(bench: Bench) -> None:
    days = [DAY + timedelta(days=n) for n in range(3)]
    await bench.book.change(Change([want("甲", "agent", "1", day=one) for one in days], days), LEAD, "roster.changed")
    await bench.book.change(Change([], [days[0], days[2]]), LEAD, "roster.changed")
    assert [one.duty.day for one in (await bench.book.roster(days[0], days[2])).entries] == [days[1]]


@pytest.mark.parametrize("days", [-1, LONGEST_DAYS])
async def test_too_many_days_at_once_are_refused(bench: Bench, days: int) -> None:
    with pytest.raises(ValueError, match="days"):
        await bench.book.roster(DAY, DAY + timedelta(days=days))


async def test_a_note_is_taken_over_once(bench: Bench) -> None:
    note = await bench.book.hand_over("三亚路灯停电，已派单\n夜里回访", LEAD)
    assert (note.shift, note.day, note.read_at) == ("day", DAY, None)
    bench.at(21)
    taken = await bench.book.take_over(note.id, Who("night"))
    assert (taken.read_by, taken.read_at) == ("night", bench.time["now"])
    assert await bench.book.take_over(note.id, LEAD) == taken
    assert await bench.book.handovers() == [taken]
    assert [one.login for one in await bench.ledger.audits(act="handover.taken")] == ["night"]
    with pytest.raises(NoSuchNote):
        await bench.book.take_over("x", LEAD)


async def test_it_reads_anew_and_goes_on_after_a_failure(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    people, tries = bench.ledger.people, []

    async def failing() -> object:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("away")
        return await people()

    monkeypatch.setattr(bench.ledger, "people", failing)
    running = asyncio.create_task(bench.book.run())
    async with asyncio.timeout(60):
        while bench.book.read_at is None:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert len(tries) >= 2
