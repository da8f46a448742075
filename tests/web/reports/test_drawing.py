"""Charts on the server: well-formed, within their frame, and with words for those who do not see them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.web.html import Html
from gateway.web.reports.drawing import WIDE, Series, heat, line, stacked

VALUES = st.lists(st.none() | st.floats(min_value=0, max_value=1e7), min_size=1, max_size=40)
COUNTS = st.lists(st.none() | st.integers(min_value=0, max_value=10**7).map(float), min_size=1, max_size=40)


def parsed(drawing: Html) -> ET.Element:
    return ET.fromstring(drawing)


def inside(drawing: Html) -> bool:
    """True when every box lies within the picture."""
    root = parsed(drawing)
    high = float(root.attrib["viewBox"].split()[3])
    boxes = [one.attrib for one in root.iter() if one.tag.endswith("rect")]
    return all(
        float(one["x"]) >= 0 and float(one["y"]) >= -0.1 and float(one["x"]) + float(one["width"]) <= WIDE + 0.1
        and float(one["y"]) + float(one["height"]) <= high + 0.1
        for one in boxes
    )  # fmt: skip


@given(COUNTS, COUNTS)
def test_any_counts_make_bars_within_the_picture(first: list[float | None], second: list[float | None]) -> None:
    count = min(len(first), len(second))
    labels = [str(i) for i in range(count)]
    drawing = stacked("请求", labels, [Series("a", first[:count], "good"), Series("b", second[:count], "bad")])
    assert inside(drawing)


@given(VALUES)
def test_any_values_make_a_line_with_gaps_where_nothing_is_known(values: list[float | None]) -> None:
    drawing = line("等待", [str(i) for i in range(len(values))], [Series("", values)], "s", law=15)
    dots = [one for one in parsed(drawing).iter() if one.tag.endswith("circle")]
    assert len(dots) == sum(value is not None for value in values)


@given(st.lists(st.none() | st.floats(min_value=0, max_value=1), min_size=1, max_size=31))
def test_any_shares_make_a_line_that_ends_at_a_hundred_per_cent(values: list[float | None]) -> None:
    drawing = line("接通率", ["a"] * len(values), [Series("", values)], "share", law=0.95)
    texts = [one.text or "" for one in parsed(drawing).iter() if one.tag.endswith("text")]
    assert "100%" in texts and "110%" not in texts


HOURS = st.lists(st.none() | st.integers(0, 9999).map(float), min_size=24, max_size=24)


@settings(max_examples=25)
@given(st.lists(HOURS, min_size=7, max_size=7))
def test_a_heat_map_has_a_box_for_each_known_hour(values: list[list[float | None]]) -> None:
    drawing = heat("时段", list("一二三四五六日"), [str(i) for i in range(24)], values)
    boxes = [one for one in parsed(drawing).iter() if one.tag.endswith("rect")]
    assert len(boxes) == sum(value is not None for row in values for value in row)
    assert inside(drawing)


def test_each_says_in_words_what_it_shows() -> None:
    rate = line("接通率", ["8", "9"], [Series("", [0.93, None])], "share")
    assert parsed(rate).attrib["aria-label"] == "接通率：最低 93 %，最高 93 %"
    calls = stacked("请求", ["8", "9"], [Series("", [3.0, 7.0], "good")])
    assert parsed(calls).attrib["aria-label"] == "请求：最多 9 7"
    assert parsed(stacked("请求", [], [])).attrib["aria-label"] == "请求：无数据"
    assert parsed(line("等待", ["8"], [Series("", [None])], "s")).attrib["aria-label"] == "等待：无数据"


def test_what_a_chart_says_is_in_the_report_s_language() -> None:
    assert parsed(stacked("Requests", ["8"], [Series("", [5.0], "good")], lang="en")).attrib["aria-label"] == (
        "Requests: most 8 5"
    )
    waits = parsed(line("Mean wait", ["8", "9"], [Series("", [5.0, 7.5])], "s", law=15, lang="en"))
    assert waits.attrib["aria-label"] == "Mean wait: lowest 5 s, highest 7.5 s"
    texts = [one.text for one in waits.iter() if one.tag.endswith("text")]
    assert "15 s" in texts and "0" in texts  # the law's line with its unit, the axis without
    assert parsed(heat("Requests", ["Mon"], ["0"], [[None]], lang="en")).attrib["aria-label"] == "Requests: highest 1"
