"""Numbers and changes as a report writes them."""

from __future__ import annotations

import pytest

from gateway.kpi.definitions import Unit
from gateway.web.reports.numbers import change, shown, unit_of


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "count", "—"), (0, "count", "0"), (1234567, "count", "1,234,567"), (2.5, "count", "2.5"),
        (0.95, "share", "95 %"), (0.97349, "share", "97.3 %"), (1, "share", "100 %"), (0, "share", "0 %"),
        (8.44, "s", "8.4 秒"), (8.0, "s", "8 秒"), (59.4, "s", "59 秒"), (59.6, "s", "1:00"), (185, "s", "3:05"),
        (3725, "s", "1:02:05"), (4.618, "score", "4.62"),
    ],
)  # fmt: skip
def test_a_value_has_its_unit(value: float | None, unit: Unit, text: str) -> None:
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("figure", "now", "before", "text", "good"),
    [
        ("connection_rate", 0.972, 0.964, "上升 0.8 个百分点", True),
        ("connection_rate", 0.95, 0.97, "下降 2 个百分点", False),
        ("connection_rate", 0.9500, 0.9503, "持平", None),
        ("lost", 12, 10, "上升 20 %", False),
        ("lost", 3, 0, "上升 3", False),
        ("requests", 90, 100, "下降 10 %", None),
        ("wait_mean", 6.0, 8.5, "下降 2.5 秒", True),
        ("wait_mean", 6.0, 6.04, "持平", None),
    ],
)
def test_a_change_says_which_way_how_much_and_whether_it_is_good(
    figure: str, now: float, before: float, text: str, good: bool | None
) -> None:
    found = change(figure, now, before)
    assert found is not None and (found.text, found.good) == (text, good)


def test_without_one_side_there_is_no_change() -> None:
    assert change("lost", None, 3) is None
    assert change("lost", 3, None) is None


def test_units_are_those_of_the_definitions() -> None:
    assert [unit_of(one) for one in ("requests", "connection_rate", "wait_mean")] == ["count", "share", "s"]


def test_in_english_units_and_ways_are_english() -> None:
    assert (shown(8.44, "s", "en"), shown(0.95, "share", "en"), shown(None, "s", "en")) == ("8.4 s", "95 %", "—")
    up = change("connection_rate", 0.972, 0.964, "en")
    still = change("wait_mean", 6.0, 6.04, "en")
    assert up is not None and (up.text, up.arrow, up.good) == ("up 0.8 points", "▲", True)
    assert still is not None and (still.text, still.arrow) == ("unchanged", "＝")
