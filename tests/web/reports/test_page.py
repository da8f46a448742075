"""The report as a page: what stands on it, that nothing of a name becomes markup, and that it needs no script."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gateway.web.reports.page import page, paper
from gateway.web.reports.periods import KINDS, Kind
from gateway.web.reports.source import Row, Table
from tests.web.reports.samples import HOTLINE, Figures, content_of, period

MADE = period().until + 27_000


@pytest.mark.parametrize("kind", KINDS)
async def test_page_and_paper_tell_the_same_but_for_the_ways_around(kind: Kind) -> None:
    content = await content_of(kind)
    whole, print_ = page(content, MADE).decode(), paper(content, MADE).decode()
    article = re.search(r"<article.*</article>", whole, re.S)
    assert article is not None and article[0] in print_
    assert "<nav" in whole and "<nav" not in print_ and "<link" not in print_


async def test_the_page_has_no_script_no_inline_style_and_nothing_from_elsewhere() -> None:
    whole = page(await content_of("week"), MADE).decode()
    assert "<script" not in whole and " style=" not in whole and "<style" not in whole
    assert set(re.findall(r'(?:src|href)="(?!/)([^"]*)"', whole)) == set()


async def test_what_a_leader_looks_for_is_there() -> None:
    whole = page(await content_of(), MADE).decode()
    for words in (HOTLINE, "运行日报", "2026年11月21日（星期六）", "制作时间 2026-11-22 07:30",
                  "▼ 较前一日下降 0.5 个百分点",
                  "值得关注", "GB/T 33358-2016", "公安报警服务台（110）"):  # fmt: skip
        assert words in whole, words
    assert 'data-figure="connection_rate" data-state="good"' in whole
    assert 'href="/reports/day/2026-11-20"' in whole and 'href="/reports/day/2026-11-22"' in whole


async def test_a_corrected_one_says_so() -> None:
    assert "数据更正后重新制作" in page(await content_of(), MADE, True).decode()
    assert "数据更正后重新制作" not in page(await content_of(), MADE).decode()


async def test_one_that_still_runs_or_is_still_counted_says_so() -> None:
    running = page(await content_of(now=period().since + 9.5 * 3600), MADE).decode()
    assert "本期尚未结束，数据截至 2026-11-21 09:00" in running
    assert 'href="/reports/day/2026-11-22"' not in running
    content = await content_of()
    counted = replace(content, hours=replace(content.hours, left=3))
    assert "还有 3 个时段" in page(counted, MADE).decode()


async def test_names_never_become_markup() -> None:
    content = await content_of()
    rows = [Row("x", '<img src=x onerror="alert(1)">', {"tickets": 9})]
    tables = {**content.tables, "category": Table("category", {}, rows)}
    evil = replace(content, hotline="</title><script>", tables=tables)
    whole = page(evil, MADE).decode()
    assert "<script" not in whole and "<img" not in whole and "&lt;img" in whole


async def test_a_day_without_a_call_has_no_charts_and_no_tables() -> None:
    whole = page(await content_of(figures=Figures(quiet=True)), MADE).decode()
    assert "没有人工请求、工单和转接的记录" in whole
    assert "<svg" not in whole and "<table" not in whole


async def test_a_long_table_is_cut_with_a_word_about_the_rest() -> None:
    content = await content_of()
    rows = [Row(str(n), f"热线员{n:03d}", {"answered": n + 1, "talk_mean": 60.0}) for n in range(200)]
    whole = page(replace(content, tables={**content.tables, "agent": Table("agent", {}, rows)}), MADE).decode()
    assert "热线员199" in whole and "热线员100" not in whole and "另有 180 行，见 XLSX。" in whole


async def test_a_machine_that_makes_no_pdf_does_not_offer_one() -> None:
    assert ".pdf" in page(await content_of(), MADE).decode()
    assert ".pdf" not in page(await content_of(), MADE, pdf=False).decode()


HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_english_report_has_no_chinese_but_the_names_that_people_gave(kind: Kind) -> None:
    figures = Figures(more={"connection_rate": 0.9, "wait_p95": 22.0, "first_response_in_time": 0.9})
    content = await content_of(kind, figures=figures)
    given = {row.name for table in content.tables.values() for row in table.rows} | {HOTLINE}
    whole = page(content, MADE, True, pdf=False, lang="en").decode()
    assert '<html lang="en">' in whole
    said = {one for one in HAN.findall(whole) if not any(one in name for name in given)}
    assert said == {"中文"}  # the way to the Chinese one
    running = await content_of(kind, now=period(kind).since + 9.5 * 3600)
    counted = replace(running, hours=replace(running.hours, left=3))
    for one in (running, counted):
        said = {text for text in HAN.findall(paper(one, MADE, lang="en").decode()) if not any(text in n for n in given)}
        assert said == set()


async def test_each_language_leads_to_the_other_and_stays_on_the_way() -> None:
    content = await content_of()
    zh, en = page(content, MADE).decode(), page(content, MADE, lang="en").decode()
    assert 'href="/reports/day/2026-11-21?lang=en"' in zh and 'href="/reports/day/2026-11-21.pdf"' in zh
    for way in ("2026-11-20?lang=en", "2026-11-22?lang=en", "2026-11-21.pdf?lang=en", "2026-11-21.xlsx?lang=en"):
        assert f'href="/reports/day/{way}"' in en, way
    assert 'href="/reports/day/2026-11-21"' in en
