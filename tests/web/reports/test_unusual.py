"""What was unusual: computed by the rules that the report names, silent where there is too little to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.web.reports.content import Content
from gateway.web.reports.source import Row, Table
from gateway.web.reports.unusual import findings, rules
from tests.web.reports.samples import Figures, calls, content_of


def texts(content: Content) -> list[str]:
    return [one.text for one in findings(content)]


async def test_a_day_with_all_its_faults() -> None:
    assert texts(await content_of()) == [
        "文字渠道有 1.9 % 的诉求首次响应超出时限（短信及其他媒体 3 分钟，邮件 24 小时）。",
        "1 个时段接通率低于 95 %：10:00–11:00 接通率 90.1 %（请求 161，呼损 16）。",
        "1 个队列接通率低于 95 %：人社 91.1 %（请求 180）。",
        "转接成功率低于 80 %：供电 61.9 %（转接 21 次）。",
        "事项上升：噪声扰民 58 件（前期 21 件）；供水 12 件（前期 4 件）。",
        "区域上升：美兰区 63 件（前期 30 件）。",
    ]


async def test_a_quiet_day_has_nothing_unusual() -> None:
    assert findings(await content_of(figures=Figures(quiet=True))) == []


@pytest.mark.parametrize(("requests", "told"), [(9, False), (10, True)])
async def test_few_calls_prove_nothing(requests: int, told: bool) -> None:
    content = await content_of()
    queues = Table("queue", content.total, [Row("legal", "法律服务", calls(requests, 0.5))])
    found = texts(replace(content, tables={**content.tables, "queue": queues}))
    assert any("法律服务" in text for text in found) is told


async def test_the_whole_under_the_line_and_long_waits_come_first() -> None:
    content = await content_of(figures=Figures(more={"connection_rate": 0.93}))
    course = replace(content.course, total={**content.total, "wait_p95": 31.0})
    found = texts(replace(content, course=course))
    assert found[0] == "全期接通率 93 %，低于 95 %。"
    assert "接通来电等待时间的 95 分位为 31 秒，超过 15 秒。" in found


async def test_an_hour_with_many_more_calls_than_the_day_before_is_told() -> None:
    content = await content_of()
    rows = [replace(row, values={**row.values, "requests": 400}) if i == 3 else row
            for i, row in enumerate(content.course.rows)]  # fmt: skip
    found = texts(replace(content, course=replace(content.course, rows=rows)))
    assert [text for text in found if "突增" in text] == ["来电突增：03:00–04:00 请求 400 次（前期同时段 34 次）。"]


async def test_of_many_the_worst_are_named_and_the_rest_counted() -> None:
    content = await content_of()
    queues = Table("queue", content.total, [Row(f"q{n}", f"队列{n}", calls(100 + n, 0.5)) for n in range(5)])
    found = next(
        text for text in texts(replace(content, tables={**content.tables, "queue": queues})) if "个队列" in text
    )
    assert found.startswith("5 个队列接通率低于 95 %：队列4 ") and found.endswith("，另有 2 个队列。")


async def test_what_was_unusual_in_english_is_the_same_and_keeps_names() -> None:
    content = await content_of()
    zh, en = findings(content), findings(content, "en")
    assert [one.level for one in en] == [one.level for one in zh]
    assert "Transfers completed under 80 %: 供电 61.9 % (21 transfers)." in [one.text for one in en]
    assert len(rules("en")) == len(rules("zh")) == 6
