"""The tables: one list for page, PDF and workbook."""

from __future__ import annotations

from dataclasses import replace

from gateway.web.reports.source import Row, Table
from gateway.web.reports.tables import sheets
from tests.web.reports.samples import Figures, content_of


async def test_every_table_of_a_day_in_its_order() -> None:
    made = sheets(await content_of())
    assert [one.title for one in made] == [
        "按时段", "按队列", "按接入号码", "按渠道", "按转接单位", "按事项类别", "按区域", "按热线员",
    ]  # fmt: skip
    assert all(len(row) == len(one.heads) for one in made for row in one.rows)
    by_queue = made[1]
    assert by_queue.heads[:4] == ["队列", "请求", "接通", "接通率"]
    assert [cell.text for cell in by_queue.rows[2]][:4] == ["人社", "180", "164", "91.1 %"]


async def test_matters_stand_beside_those_of_the_period_before() -> None:
    by_title = {one.title: one for one in sheets(await content_of())}
    first, *_, last = by_title["按事项类别"].rows
    assert [cell.text for cell in first] == ["噪声扰民", "58", "21"]
    assert last[0].text == "未填写"


async def test_groups_with_nothing_are_left_out_and_so_is_a_table_without_groups() -> None:
    content = await content_of()
    idle = Table("partner", {}, [Row("119", "消防", {"transfers": 0, "transfers_completed": 0})])
    made = sheets(replace(content, tables={**content.tables, "partner": idle}))
    assert "按转接单位" not in [one.title for one in made]
    assert sheets(await content_of(figures=Figures(quiet=True))) == []


async def test_english_tables_have_english_heads_and_the_names_that_people_gave() -> None:
    content = await content_of()
    zh, en = sheets(content), sheets(content, "en")
    assert [one.title for one in en] == [
        "By hour", "By queue", "By number dialled", "By channel", "By partner", "By category", "By area", "By agent",
    ]  # fmt: skip
    assert [[len(row) for row in one.rows] for one in en] == [[len(row) for row in one.rows] for one in zh]
    assert en[1].heads[:4] == ["Queue", "Requests", "Answered", "Connection rate"]
    assert [cell.text for cell in en[1].rows[2]][:4] == ["人社", "180", "164", "91.1 %"]
    assert en[1].rows[2][6].text.endswith(" s") and en[3].rows[0][0].text == "Telephone"
    assert en[4].rows[0][0].text == "公安报警服务台 (110)" and en[5].rows[-1][0].text == "not filled in"
