"""Reports made by themselves: once each at their time, caught up once after a night off, and mailed by the real mail
channel to a real SMTP server, with the file that can be read back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.model.messages import Delivery
from gateway.web.reports.config import ReportsConfig
from gateway.web.reports.maker import Reports
from gateway.web.reports.printer import NoPdf, Printer
from gateway.web.reports.schedule import LAST, Schedule, due
from gateway.web.reports.shelf import Shelf
from tests.channels.door_stage import Stage, open_stage
from tests.channels.email.email_stage import open_email
from tests.web.reports.samples import HOTLINE, ZONE, Figures

LEADERS = ("leader@example.gov.cn", "office@example.gov.cn")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


class Press(Printer):
    """Prints at once, or cannot."""

    fails = False

    async def print(self, page: bytes) -> bytes:
        if self.fails:
            raise NoPdf("缺少生成 PDF 的库 / libraries are missing", missing=True)
        return b"%PDF-1.7\n%%EOF\n"


@dataclass
class Bench:
    """A schedule over a real ledger, with a clock that is moved by hand."""

    schedule: Schedule
    stage: Stage
    figures: Figures
    press: Press
    config: ReportsConfig
    waits: list[float]
    woken: int = 0

    async def at(self, text: str) -> list[str]:
        """The periods made at a moment."""
        self.stage.clock.now = at(text)
        return [one.content.period.id for one in await self.schedule.once()]

    async def deliveries(self) -> list[Delivery]:
        return list(reversed(await self.stage.ledger.deliveries(limit=100)))


def make(stage: Stage, folder: Path, account: str = "hainan", **config: Any) -> Bench:
    figures, press, waits = Figures(), Press(60.0), list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 3:
            await asyncio.Event().wait()

    def wake() -> None:
        bench.woken += 1

    reports = Reports(figures, Shelf(folder / "reports"), press, ZONE, lambda: HOTLINE, stage.clock)
    rules = ReportsConfig(**{"recipients": LEADERS, **config})
    schedule = Schedule(
        reports, stage.ledger, stage.means.files, lambda: bench.config, lambda: account,
        url=lambda: "https://12345.example.cn", wake=wake, clock=stage.clock, sleep=sleep,
    )  # fmt: skip
    bench = Bench(schedule, stage, figures, press, rules, waits)
    return bench


@asynccontextmanager
async def opened(folder: Path, **config: Any) -> AsyncIterator[Bench]:
    async with open_stage(folder) as stage:
        yield make(stage, folder, **config)


def test_what_is_due_follows_from_the_clock_and_what_was_made_last() -> None:
    config, now = ReportsConfig(), at("2026-12-01T07:30:00")
    last = {"day": "2026-11-29", "week": "2026-W48", "month": "2026-10"}
    make_, note = due(config, last, now, ZONE)
    assert [one.id for one in make_] == ["2026-11-30", "2026-11"] and note == []
    make_, note = due(config, {"day": "2026-11-30"}, now, ZONE)
    assert [one.id for one in note] == ["2026-W48", "2026-11"] and make_ == []
    assert [one.id for one in due(config, {**last, "day": "2027-01-01"}, now, ZONE)[0]] == ["2026-11"]


async def test_a_new_gateway_begins_with_the_next_one(tmp_path: Path) -> None:
    async with opened(tmp_path, kinds=("day",)) as bench:
        assert await bench.at("2026-11-21T10:00:00") == []
        assert await bench.at("2026-11-22T07:29:59") == []
        assert await bench.at("2026-11-22T07:30:00") == ["2026-11-21"]
        assert await bench.at("2026-11-22T23:00:00") == []
        assert await bench.deliveries() and bench.woken == 1


async def test_what_was_missed_is_caught_up_in_its_order_and_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as bench:
        await bench.at("2026-11-27T08:00:00")
        missed = [f"2026-11-{day}" for day in (27, 28, 29, 30)] + ["2026-12-01", "2026-12-02", "2026-W48", "2026-11"]
        assert await bench.at("2026-12-03T09:00:00") == missed
        assert await bench.at("2026-12-03T09:05:00") == []
        mails = await bench.deliveries()
        assert [one.more["report"].partition("/")[2] for one in mails[:: len(LEADERS)]] == missed
        assert len(mails) == len(missed) * len(LEADERS)


def test_of_a_long_outage_only_the_last_few_of_each_kind_are_made() -> None:
    last = {"day": "2026-03-01", "week": "2026-W09", "month": "2026-02"}
    make_, note = due(ReportsConfig(), last, at("2026-12-31T08:00:00"), ZONE)
    assert [one.id for one in make_] == [
        *(f"2026-12-{day}" for day in range(24, 31)), "2026-W49", "2026-W50", "2026-W51", "2026-W52",
        "2026-09", "2026-10", "2026-11",
    ]  # fmt: skip
    assert note == []


def test_what_was_missed_goes_over_the_end_of_a_year() -> None:
    last = {"day": "2027-01-02", "week": "2026-W51", "month": "2026-10"}
    make_, _ = due(ReportsConfig(), last, at("2027-01-05T08:00:00"), ZONE)
    assert [one.id for one in make_] == ["2027-01-03", "2027-01-04", "2026-W52", "2026-W53", "2026-11", "2026-12"]


async def test_a_ledger_that_goes_away_between_two_loses_and_doubles_none(tmp_path: Path) -> None:
    async with opened(tmp_path, kinds=("day",), recipients=LEADERS[:1]) as bench:
        await bench.at("2026-11-20T08:00:00")
        whole, asked = bench.figures.table, 0

        async def failing(*of: Any) -> Any:
            nonlocal asked
            asked += 1
            if asked > 20:  # the first is made, the second is not
                raise OSError("away")
            return await whole(*of)

        bench.figures.table = failing  # type: ignore[method-assign]
        with pytest.raises(OSError, match="away"):
            await bench.at("2026-11-23T08:00:00")
        done = [one.more["report"] for one in await bench.deliveries()]
        assert done and len(done) < 3
        bench.figures.table = whole  # type: ignore[method-assign]
        await bench.at("2026-11-23T08:02:00")
        assert [one.more["report"] for one in await bench.deliveries()] == [
            "day/2026-11-20", "day/2026-11-21", "day/2026-11-22",
        ]  # fmt: skip


async def test_a_clock_that_is_set_back_sends_nothing_again(tmp_path: Path) -> None:
    async with opened(tmp_path, kinds=("day",)) as bench:
        await bench.at("2026-11-21T08:00:00")
        await bench.at("2026-11-22T08:00:00")
        assert await bench.at("2026-11-21T08:00:00") == []
        assert await bench.at("2026-11-22T08:00:00") == []


async def test_of_two_gateways_on_one_ledger_one_sends(tmp_path: Path) -> None:
    async with opened(tmp_path, kinds=("day",)) as bench:
        await bench.at("2026-11-21T08:00:00")
        other = make(bench.stage, tmp_path / "other", kinds=("day",))
        bench.stage.clock.now = at("2026-11-22T08:00:00")
        await asyncio.gather(bench.schedule.once(), other.schedule.once())
        assert sorted(one.target for one in await bench.deliveries()) == list(LEADERS)


async def test_a_ledger_that_is_away_delays_it_and_loses_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, kinds=("day",)) as bench:
        await bench.at("2026-11-21T08:00:00")
        bench.figures.fails = OSError("away")
        with pytest.raises(OSError):
            await bench.at("2026-11-22T08:00:00")
        bench.figures.fails = None
        assert await bench.at("2026-11-22T08:02:00") == ["2026-11-21"]


async def test_run_waits_until_the_time_comes_and_tries_again_after_trouble(tmp_path: Path) -> None:
    async with opened(tmp_path, kinds=("day",)) as bench:
        await bench.at("2026-11-21T08:00:00")
        bench.stage.clock.now = at("2026-11-22T07:28:30")
        running = asyncio.create_task(bench.schedule.run())
        try:
            async with asyncio.timeout(30):
                while len(bench.waits) <= 3:
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
        assert bench.waits[0] == pytest.approx(90)
        bench.figures.fails = OSError("away")
        bench.waits.clear()
        bench.stage.clock.now = at("2026-11-22T07:30:00")
        running = asyncio.create_task(bench.schedule.run())
        try:
            async with asyncio.timeout(30):
                while not bench.waits:
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
        assert bench.waits[0] == 120 and bench.schedule.troubles >= 1


async def test_nobody_to_send_to_or_nobody_who_sends_still_makes_it(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        benches = (make(stage, tmp_path / "a", recipients=()), make(stage, tmp_path / "b", account=""))
        for n, bench in enumerate(benches):
            await bench.at(f"2026-11-2{1 + 3 * n}T08:00:00")
            await bench.at(f"2026-11-2{2 + 3 * n}T08:00:00")
            assert await bench.deliveries() == []
        assert next(iter(await bench.schedule.reports.kept())).id == "2026-11-24"


async def test_figures_still_being_counted_are_waited_for(tmp_path: Path) -> None:
    async with opened(tmp_path, kinds=("day",)) as bench:
        await bench.at("2026-11-21T08:00:00")
        table = bench.figures.table

        async def counting(*asked: Any) -> Any:
            return replace(await table(*asked), left=4)

        bench.figures.table = counting  # type: ignore[method-assign]
        with pytest.raises(TimeoutError, match="4 quarters"):
            await bench.at("2026-11-22T08:00:00")
        assert await bench.deliveries() == []
        assert (await bench.stage.ledger.state(LAST) or {})["day"] == "2026-11-20"


async def test_the_mail_arrives_with_the_pdf(tmp_path: Path) -> None:
    async with open_email(tmp_path) as email:
        bench = make(email.stage, tmp_path, kinds=("day",))
        await bench.at("2026-11-21T08:00:00")
        await bench.at("2026-11-22T08:00:00")
        first, second = await email.deliver()
        assert {str(first["To"]), str(second["To"])} == set(LEADERS)
        assert str(first["Subject"]) == f"【运行日报】2026年11月21日（星期六） {HOTLINE}"
        assert str(first["Auto-Submitted"]) == "auto-generated"
        text, file = first.iter_parts()
        assert "接通率 96.9 %" in text.get_content()
        assert file.get_filename() == "运行日报-2026-11-21.pdf"
        assert file.get_content() == b"%PDF-1.7\n%%EOF\n"
        assert [one.state for one in await bench.deliveries()] == ["sent", "sent"]


async def test_a_mail_server_that_is_busy_gets_it_later(tmp_path: Path) -> None:
    async with open_email(tmp_path) as email:
        email.sink.data.append("451 later")
        bench = make(email.stage, tmp_path, kinds=("day",), recipients=LEADERS[:1])
        await bench.at("2026-11-21T08:00:00")
        await bench.at("2026-11-22T08:00:00")
        assert await email.deliver() == []
        (waiting,) = await bench.deliveries()
        assert waiting.state == "waiting" and waiting.due_at is not None
        email.clock.now = waiting.due_at + 1
        (mail,) = await email.deliver()
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "application/pdf"]


async def test_where_no_pdf_can_be_made_the_workbook_goes_and_says_why(tmp_path: Path) -> None:
    async with open_email(tmp_path) as email:
        bench = make(email.stage, tmp_path, kinds=("day",), recipients=LEADERS[:1])
        bench.press.fails = True
        await bench.at("2026-11-21T08:00:00")
        await bench.at("2026-11-22T08:00:00")
        (mail,) = await email.deliver()
        text, file = mail.iter_parts()
        assert "说明：缺少生成 PDF 的库，附件为 XLSX。" in text.get_content()
        assert file.get_filename() == "运行日报-2026-11-21.xlsx"
        assert file.get_content().startswith(b"PK")


async def test_mails_in_english_bring_the_english_pdf_and_say_so_when_there_is_none(tmp_path: Path) -> None:
    async with open_email(tmp_path) as email:
        bench = make(email.stage, tmp_path, kinds=("day",), recipients=LEADERS[:1], lang="en")
        await bench.at("2026-11-20T08:00:00")
        await bench.at("2026-11-21T08:00:00")
        bench.press.fails = True
        await bench.at("2026-11-22T08:00:00")
        first, second = await email.deliver()
        assert str(first["Subject"]).startswith("[Daily report] Friday, 20 November 2026")
        assert next(first.iter_attachments()).get_filename() == "Daily report-2026-11-20.pdf"
        text, file = second.iter_parts()
        assert "Note: libraries are missing; the XLSX is attached instead." in text.get_content()
        assert file.get_filename() == "Daily report-2026-11-21.xlsx"
