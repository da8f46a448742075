"""Reports made, kept, and made again when their figures were corrected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.web.reports.maker import Future, Reports
from gateway.web.reports.printer import Printer
from gateway.web.reports.shelf import Shelf
from gateway.web.reports.words import LANGS
from tests.web.reports.samples import HOTLINE, ZONE, Figures, period


class Press(Printer):
    """A printer that counts."""

    def __init__(self) -> None:
        super().__init__(60.0)
        self.pages: list[bytes] = []

    async def print(self, page: bytes) -> bytes:
        self.pages.append(page)
        return b"%PDF-" + str(len(self.pages)).encode()


class Bench:
    """Reports over figures that can be corrected, with a clock that is moved."""

    def __init__(self, folder: Path) -> None:
        self.now = period().until + 27_000.0
        self.figures, self.press = Figures(), Press()
        clock: Callable[[], float] = lambda: self.now  # noqa: E731
        self.reports = Reports(self.figures, Shelf(folder / "reports"), self.press, ZONE, lambda: HOTLINE, clock,
                               hotline_en=lambda: "Hainan 12345")  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_report_keeps_the_time_at_which_it_was_made(bench: Bench) -> None:
    first = await bench.reports.report(period())
    bench.now += 86_400
    again = await bench.reports.report(period())
    assert again.made_at == first.made_at and not again.corrected
    assert bench.reports.made == 1


async def test_corrected_figures_make_it_again_with_their_own_pdf(bench: Bench) -> None:
    first = await bench.reports.report(period())
    assert await bench.reports.pdf(first) == await bench.reports.pdf(first) == b"%PDF-1"
    bench.now += 86_400
    bench.figures.more["satisfied_rate"] = 0.9
    second = await bench.reports.report(period())
    assert second.corrected and second.made_at == bench.now
    assert await bench.reports.pdf(second) == b"%PDF-2"
    assert "数据更正后重新制作".encode() in bench.press.pages[1]
    assert [one.corrected for one in await bench.reports.kept()] == [True]


async def test_of_a_period_that_runs_nothing_is_kept(bench: Bench, tmp_path: Path) -> None:
    bench.now = period().since + 10.5 * 3600
    made = await bench.reports.report(period())
    assert made.note is None and made.made_at == period().since + 10 * 3600
    await bench.reports.pdf(made)
    assert await bench.reports.xlsx(made)
    assert not list(tmp_path.rglob("*.*"))


async def test_page_pdf_and_workbook_asked_for_at_once_read_the_figures_once(bench: Bench) -> None:
    made = await asyncio.gather(*(bench.reports.report(period()) for _ in range(2)))
    asked = bench.figures.asked
    await bench.reports.report(period())
    assert bench.figures.asked == asked and len(made) == 2
    bench.now += 60
    await bench.reports.report(period())
    assert bench.figures.asked > asked


async def test_many_reports_do_not_fill_the_memory(bench: Bench) -> None:
    one = period()
    for _ in range(12):
        await bench.reports.report(one)
        one = one.before
    assert len(bench.reports._lately) <= 6


async def test_a_period_to_come_is_refused(bench: Bench) -> None:
    with pytest.raises(Future):
        await bench.reports.report(period().next.next)


async def test_a_ledger_that_is_away_is_said(bench: Bench) -> None:
    bench.figures.fails = OSError("away")
    with pytest.raises(OSError, match="away"):
        await bench.reports.report(period())
    bench.figures.fails = None
    assert (await bench.reports.report(period())).file_name() == "运行日报-2026-11-21"


async def test_a_disk_that_is_full_does_not_keep_a_report_from_being_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bench.reports.shelf, "keep_note", full)
    made = await bench.reports.report(period())
    assert made.note is None and made.made_at == bench.now
    assert await bench.reports.pdf(made) == b"%PDF-1"


async def test_files_are_kept_over_a_restart(bench: Bench, tmp_path: Path) -> None:
    made = await bench.reports.report(period())
    await bench.reports.pdf(made)
    book = await bench.reports.xlsx(made)
    other = Bench(tmp_path)
    assert await other.reports.pdf(await other.reports.report(period())) == b"%PDF-1"
    assert other.press.pages == []
    assert await other.reports.xlsx(await other.reports.report(period())) == book


async def test_each_language_has_its_own_files_and_both_are_kept(bench: Bench) -> None:
    made = await bench.reports.report(period())
    assert await bench.reports.pdf(made) == b"%PDF-1" and await bench.reports.pdf(made, "en") == b"%PDF-2"
    assert await bench.reports.pdf(made) == b"%PDF-1" and await bench.reports.pdf(made, "en") == b"%PDF-2"
    assert "运行日报".encode() in bench.press.pages[0] and b"Daily report" in bench.press.pages[1]
    assert b"Hainan 12345" in bench.press.pages[1] and b"Hainan 12345" in bench.reports.page(made, "en")
    assert await bench.reports.xlsx(made) != await bench.reports.xlsx(made, "en")
    assert (made.file_name(), made.file_name("en")) == ("运行日报-2026-11-21", "Daily report-2026-11-21")


async def test_corrected_figures_drop_the_files_of_both_languages(bench: Bench, tmp_path: Path) -> None:
    first = await bench.reports.report(period())
    for lang in LANGS:
        await bench.reports.pdf(first, lang)
    bench.now += 86_400
    bench.figures.more["satisfied_rate"] = 0.9
    await bench.reports.report(period())
    assert not list(tmp_path.rglob("*.pdf"))
