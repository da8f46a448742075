"""What a report is made of: which stretches are asked for, and the name of exactly these figures."""

from __future__ import annotations

from gateway.web.reports.source import By, Table
from tests.web.reports.samples import Figures, content_of, period


async def test_the_same_figures_have_the_same_digest_whenever_they_are_read() -> None:
    first, again = await content_of(), await content_of(now=period().until + 9 * 86_400)
    assert first.digest == again.digest
    assert (await content_of(figures=Figures(more={"satisfied_rate": 0.95}))).digest != first.digest
    assert (await content_of(day=period().first.replace(day=20))).digest != first.digest


async def test_a_day_goes_by_hours_a_week_and_a_month_by_days_with_all_hours_beside() -> None:
    day, week, month = await content_of(), await content_of("week"), await content_of("month")
    assert (day.course.by, len(day.course.rows)) == ("hour", 24)
    assert (week.course.by, len(week.course.rows), len(week.hours.rows)) == ("day", 7, 168)
    assert (len(month.course.rows), len(month.before.rows)) == (30, 31)


async def test_a_period_that_runs_is_told_to_its_last_full_hour_and_compared_with_as_much() -> None:
    since = period().since
    content = await content_of(now=since + 9.6 * 3600)
    assert not content.complete
    assert content.as_of == since + 9 * 3600
    assert [len(content.course.rows), len(content.before.rows)] == [9, 9]
    assert (await content_of()).complete


async def test_a_correction_that_comes_between_two_tables_is_read_again() -> None:
    figures = Figures()
    table = figures.table

    async def corrected(by: By, since: float, until: float) -> Table:
        if figures.asked == 5:
            figures.more["tickets"] = 617
        return await table(by, since, until)

    figures.table = corrected  # type: ignore[method-assign]
    content = await content_of(figures=figures)
    assert content.even and content.total["tickets"] == 617


async def test_figures_that_never_rest_are_told_and_known_as_uneven() -> None:
    figures = Figures()
    table = figures.table

    async def restless(by: By, since: float, until: float) -> Table:
        figures.more["tickets"] = figures.asked
        return await table(by, since, until)

    figures.table = restless  # type: ignore[method-assign]
    assert not (await content_of(figures=figures)).even


async def test_a_period_with_nothing_in_it_is_empty() -> None:
    assert (await content_of(figures=Figures(quiet=True))).empty
    assert not (await content_of()).empty
