"""The workbook, read back by openpyxl: numbers are numbers, and no text is a formula."""

from __future__ import annotations

import io
from dataclasses import replace

from openpyxl import load_workbook

from gateway.web.reports.source import Row, Table
from gateway.web.reports.workbook import workbook
from tests.web.reports.samples import content_of


async def test_every_table_is_a_sheet_with_numbers_that_can_be_computed_with() -> None:
    book = load_workbook(io.BytesIO(workbook(await content_of(), 1_795_303_800.0)))
    assert book.sheetnames == [
        "概述", "按时段", "按队列", "按接入号码", "按渠道", "按转接单位", "按事项类别", "按区域", "按热线员",
    ]  # fmt: skip
    sheet = book["按队列"]
    assert [cell.value for cell in sheet[1]][:7] == [
        "队列", "请求", "接通", "接通率", "15 秒接通率", "呼损", "平均等待（秒）",
    ]  # fmt: skip
    name, requests, _, rate = (cell for cell in sheet[4][:4])
    assert (name.value, requests.value) == ("人社", 180)
    assert rate.number_format == "0.0%" and abs(rate.value - 164 / 180) < 1e-9


async def test_the_overview_tells_the_sentences_and_each_figure_beside_the_one_before() -> None:
    sheet = load_workbook(io.BytesIO(workbook(await content_of(), 1_795_303_800.0)))["概述"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[1][0] == "运行日报 2026年11月21日（星期六）"
    assert any(str(row[0]).startswith("呼损 55 次") for row in rows)
    (line,) = [row for row in rows if row[0] == "呼损"]
    assert line == ["呼损", 55, 82, "下降 32.9 %"]


async def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    content = await content_of()
    rows = [Row("x", "=HYPERLINK(1)\x07", {"tickets": 9})]
    made = workbook(replace(content, tables={**content.tables, "category": Table("category", {}, rows)}), 0.0)
    cell = load_workbook(io.BytesIO(made))["按事项类别"]["A2"]
    assert (cell.value, cell.data_type) == ("'=HYPERLINK(1)", "s")


async def test_in_english_sheets_heads_and_units_are_english() -> None:
    book = load_workbook(io.BytesIO(workbook(await content_of(), 1_795_303_800.0, "en")))
    assert book.sheetnames[:3] == ["Overview", "By hour", "By queue"]
    assert [cell.value for cell in book["By queue"][1]][5:8] == ["Lost", "Mean wait (s)", "p95 wait (s)"]
    rows = [[cell.value for cell in row] for row in book["Overview"].iter_rows()]
    assert rows[1][0] == "Daily report Saturday, 21 November 2026"
    assert ["Figure", "This period", "The day before", "Change"] in rows
    assert ["Lost", 55, 82, "down 32.9 %"] in rows
