"""Recordings go when their time is over, never when somebody holds them, and never because the disk is full."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.archive import LegalHold
from gateway.model.ids import CallId
from gateway.model.records import CallRecord
from gateway.model.virtual import VirtualCall
from gateway.tickets.ports import TicketDraft
from gateway.web.recordings import Recordings
from gateway.web.recordings_config import RecordingsConfig
from gateway.web.retention import Retention, days_left, expires, free_bytes, pace

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 9, tzinfo=ZONE).timestamp()
OLD, YOUNG = date(2024, 11, 21), date(2024, 11, 23)


# What follows from the numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months", "first"),
    [
        (date(2024, 11, 21), 24, date(2026, 11, 22)),
        (date(2024, 2, 29), 12, date(2025, 3, 1)),
        (date(2026, 8, 31), 6, date(2027, 3, 1)),
        (date(2026, 12, 31), 1, date(2027, 2, 1)),
    ],
)
def test_a_recording_is_kept_for_whole_months(day: date, months: int, first: date) -> None:
    assert expires(day, months) == first


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 60))
def test_a_later_day_never_goes_sooner(day: date, months: int) -> None:
    assert expires(day, months) <= expires(day + timedelta(days=1), months)
    assert expires(day, months) <= expires(day, months + 1)


def test_the_pace_is_of_whole_days() -> None:
    today = date(2026, 11, 22)
    assert pace({}, today) == 0
    assert pace({today: 7}, today) == 7
    assert pace({today - timedelta(days=n): 100 for n in range(30)}, today) == 100
    assert pace({today - timedelta(days=4): 100, today - timedelta(days=1): 300, today: 9}, today) == 100


def test_days_left_count_what_comes_and_what_goes() -> None:
    today = date(2026, 11, 22)
    steady = {today - timedelta(days=n): 10 for n in range(1, 60)}
    assert days_left(steady, today, 690, keep_months=600) == 10
    assert days_left(steady, today, 590, keep_months=600) == 0
    assert days_left(steady, today, 690, keep_months=1) is None
    assert days_left({}, today, 100, keep_months=1) is None


# The sweep --------------------------------------------------------------------------------------------------------


@dataclass
class Bench:
    ledger: SqlLedger
    recordings: Recordings
    retention: Retention
    config: dict[str, RecordingsConfig]

    def recorded(self, name: str, day: date = OLD, size: int = 1000) -> Path:
        folder = self.recordings.folder / f"{day:%Y%m%d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.wav").write_bytes(b"x" * size)
        return folder / f"{name}.wav"

    async def hold(self, kind: str, subject: str, **fields: float) -> LegalHold:
        made = LegalHold(f"h{subject}", kind, subject, "诉讼", "lead", NOW - 100, **fields)  # type: ignore[arg-type]
        await self.ledger.write(lambda tx: tx.save_hold(made))
        return made


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        kept, config = Recordings(tmp_path / "monitor", ZONE), {"now": RecordingsConfig()}
        retention = Retention(
            ledger, kept, lambda: config["now"], ZONE, lambda: NOW, every_s=0.01, free=lambda _: 10**12
        )  # fmt: skip
        yield Bench(ledger, kept, retention, config)


async def test_what_is_over_its_time_goes_and_is_known_to_have_been(bench: Bench) -> None:
    old, young = bench.recorded("7.1"), bench.recorded("8.1", YOUNG)
    (old.parent / "7.1.peaks").write_bytes(b"{}")
    (old.parent / "9.9.peaks").write_bytes(b"{}")
    assert await bench.retention.sweep() == 1
    assert not old.parent.exists() and young.exists()
    gone = await bench.ledger.gone_recording("7.1")
    assert gone is not None and (gone.day, gone.size, gone.deleted_at) == ("20241121", 1002, NOW)
    [entry] = await bench.ledger.audits(act="recordings.expired")
    assert (entry.login, entry.subject, entry.detail["deleted"]) == ("gateway", "2024-11-21", 1)
    [event] = [one for one in await bench.ledger.events(0) if one.type == "hotline.recordings.expired.v1"]
    assert event.data == {"day": "2024-11-21", "deleted": 1, "bytes": 1002, "held": 0, "keep_months": 24}
    assert await bench.retention.sweep() == 0
    assert len(await bench.ledger.audits(act="recordings.expired")) == 1


async def test_what_is_held_stays_until_the_hold_is_over(bench: Bench) -> None:
    files = [bench.recorded(name) for name in ("7.1", "8.1", "9.1")]
    await bench.hold("call", "7.1")
    await bench.hold("call", "8.1", until=NOW + 1)
    await bench.hold("call", "9.1", until=NOW - 1)
    assert await bench.retention.sweep() == 1
    assert [one.exists() for one in files] == [True, True, False]
    assert bench.retention.counters.held == 2
    held = await bench.ledger.holds(subject="7.1")
    await bench.ledger.write(lambda tx: tx.save_hold(replace(held[0], lifted_at=NOW, lifted_by="lead")))
    assert await bench.retention.sweep() == 1
    assert [one.exists() for one in files] == [False, True, False]


async def test_a_held_ticket_keeps_all_its_calls(bench: Bench) -> None:
    async def opened(tx: object) -> str:
        draft = TicketDraft("phone", "460000", NOW, NOW, fields={"call_id": "7.1"})
        made, _ = await tx.open_ticket(draft, None)  # type: ignore[attr-defined]
        no = made.ticket_no
        await tx.save_call(CallRecord(CallId("7.1"), 1.0, recording_id="leg.1"))  # type: ignore[attr-defined]
        await tx.save_call(CallRecord(CallId("7.2"), 1.0, recording_id="leg.2", ticket_no=no))  # type: ignore[attr-defined]
        over = VirtualCall(CallId("7.3"), "b", no, "66001", "citizen", 1.0, recording_id="leg.3")
        await tx.save_virtual_call(over)  # type: ignore[attr-defined]
        await tx.save_call(CallRecord(CallId("7.4"), 1.0, recording_id="leg.4"))  # type: ignore[attr-defined]
        return str(no)

    no = await bench.ledger.write(opened)
    files = [bench.recorded(f"leg.{n}") for n in (1, 2, 3, 4)]
    await bench.hold("ticket", no)
    assert await bench.retention.sweep() == 1
    assert [one.exists() for one in files] == [True, True, True, False]


async def test_a_held_call_is_found_by_its_recordings_name(bench: Bench) -> None:
    await bench.ledger.write(lambda tx: tx.save_call(CallRecord(CallId("7.1"), 1.0, recording_id="leg.1")))
    kept = bench.recorded("leg.1")
    await bench.hold("call", "7.1")
    assert await bench.retention.sweep() == 0 and kept.exists()


async def test_many_go_in_groups_and_what_is_not_ours_stays(bench: Bench) -> None:
    for n in range(450):
        bench.recorded(f"{n}.1", size=1)
    stray = bench.recordings.folder / "20241121" / "notes.txt"
    stray.write_text("x")
    (bench.recordings.folder / "2024").mkdir()
    (bench.recordings.folder / "20249999").mkdir()
    assert await bench.retention.sweep() == 450
    assert stray.exists() and len(list(bench.recordings.folder.iterdir())) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may delete anywhere")
async def test_one_that_cannot_be_deleted_is_tried_again(bench: Bench) -> None:
    file = bench.recorded("7.1")
    file.parent.chmod(0o500)
    assert await bench.retention.sweep() == 0 and bench.retention.counters.failed == 1
    file.parent.chmod(0o700)
    assert await bench.retention.sweep() == 1


async def test_a_link_is_not_followed(bench: Bench, tmp_path: Path) -> None:
    outside = tmp_path / "outside.wav"
    outside.write_bytes(b"x")
    folder = bench.recorded("7.1").parent
    (folder / "8.1.wav").symlink_to(outside)
    assert await bench.retention.sweep() == 1
    assert outside.exists()


# The disk ---------------------------------------------------------------------------------------------------------


async def test_a_full_disk_is_said_and_nothing_goes_for_it(bench: Bench) -> None:
    young = bench.recorded("8.1", YOUNG, size=5000)
    bench.config["now"] = RecordingsConfig(disk_budget_gb=0.000004)
    reading = await bench.retention.measure()
    assert (reading.level, reading.used, reading.budget, reading.days_left) == ("over", 5000, 4000, 0)
    assert await bench.retention.sweep() == 0 and young.exists()
    await bench.retention.measure()
    events = [one for one in await bench.ledger.events(0) if one.type == "hotline.recordings.disk.v1"]
    assert [one.data["level"] for one in events] == ["over"]
    bench.config["now"] = RecordingsConfig()
    assert bench.retention.reading() == reading
    await bench.retention.measure()
    events = [one for one in await bench.ledger.events(0) if one.type == "hotline.recordings.disk.v1"]
    assert [one.data["level"] for one in events] == ["over", "ok"]


def test_the_room_on_the_disk_is_asked_of_the_disk(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "there") == free_bytes(tmp_path) > 0


async def test_a_share_of_the_budget_is_a_warning(bench: Bench) -> None:
    bench.recorded("8.1", YOUNG, size=900)
    bench.config["now"] = RecordingsConfig(disk_budget_gb=0.000001)
    assert (await bench.retention.measure()).level == "warn"
    assert (await bench.retention.measure()).oldest == YOUNG


async def test_a_day_is_counted_again_when_something_came(bench: Bench) -> None:
    assert (await bench.retention.measure()).used == 0
    bench.recorded("8.1", YOUNG, size=10)
    assert (await bench.retention.measure()).used == 10
    bench.recorded("8.2", YOUNG, size=10)
    assert (await bench.retention.measure()).used == 20


async def test_todays_recordings_grow(bench: Bench) -> None:
    today = date(2026, 11, 22)
    bench.recorded("8.1", today, size=10)
    assert (await bench.retention.measure()).used == 10
    bench.recorded("8.1", today, size=30)
    assert (await bench.retention.measure()).used == 30


async def test_it_goes_on_after_a_failure(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bench.recorded("7.1")
    days, tries = bench.recordings.days, []

    def failing() -> list[date]:
        tries.append(1)
        if len(tries) == 1:
            raise PermissionError("no")
        return days()

    monkeypatch.setattr(bench.recordings, "days", failing)
    running = asyncio.create_task(bench.retention.run())
    async with asyncio.timeout(60):
        while file.exists():
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert bench.retention.counters.failed == 1
