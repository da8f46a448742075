"""The models of flows and calendars: what they take and what they refuse."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.ivr.config import CalendarConfig, Flow, OpeningConfig, Text, TimeCase, minutes_of

QUEUE = {"kind": "queue"}


def flow_with(node: dict[str, Any]) -> Flow:
    return Flow.model_validate({"id": "f", "name": "试", "start": "a", "nodes": {"a": node, "q": QUEUE}})


def test_a_misspelt_key_is_refused_with_its_place() -> None:
    with pytest.raises(ValidationError) as refused:
        flow_with({"kind": "answer", "nxt": "q", "next": "q"})
    assert [error["loc"][-1] for error in refused.value.errors()] == ["nxt"]


def test_an_unknown_kind_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ValidationError, match=r"'answer', 'play', 'say', 'menu'"):
        flow_with({"kind": "dance", "next": "q"})


def test_a_menu_without_the_way_to_a_person_is_refused() -> None:
    with pytest.raises(ValidationError, match="person"):
        flow_with({"kind": "menu", "text": {"zh": "请按1"}, "choices": [{"key": "1", "next": "q", "label": "一"}]})


def test_a_collect_whose_smallest_is_above_its_largest_is_refused() -> None:
    table = {"kind": "collect", "text": {"zh": "请输入"}, "variable": "v", "next": "q", "person": "q"}
    with pytest.raises(ValidationError, match="min_digits 5 is above max_digits 4"):
        flow_with({**table, "min_digits": 5, "max_digits": 4})


@pytest.mark.parametrize("languages", [[], ["en"], ["zh", "zh"]])
def test_languages_hold_chinese_and_each_once(languages: list[str]) -> None:
    with pytest.raises(ValidationError, match="languages must hold zh"):
        Flow.model_validate({"id": "f", "name": "试", "languages": languages, "start": "q", "nodes": {"q": QUEUE}})


def test_times_may_be_text_as_in_toml() -> None:
    case = TimeCase.model_validate({"when": "time", "starts": "22:00", "ends": "06:00", "next": "q"})
    assert (case.starts, case.ends) == (time(22), time(6))


def test_chinese_text_is_obligatory() -> None:
    with pytest.raises(ValidationError, match="zh"):
        Text.model_validate({"en": "hello"})
    assert Text(zh="你好").own("en") is None


def test_a_caller_case_needs_something_to_look_for() -> None:
    case = {"when": "caller", "next": "q"}
    with pytest.raises(ValidationError, match="give numbers or prefixes"):
        flow_with({"kind": "branch", "cases": [case], "otherwise": "q"})


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [("08:30-12:00", (510, 720)), ("00:00-24:00", (0, 1440)), ("22:00-06:00", (1320, 1800))],
)
def test_hours_are_minutes_of_the_day(hours: str, minutes: tuple[int, int]) -> None:
    assert minutes_of(hours) == minutes


@pytest.mark.parametrize("hours", ["8:30-12:00", "08:30", "24:00-06:00", "08:00-24:30", "09:00-09:00", "aa:00-10:00"])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    with pytest.raises(ValidationError):
        OpeningConfig(name="日", hours=[hours])


def test_an_opening_has_working_days_or_days_of_the_week_not_both() -> None:
    with pytest.raises(ValidationError, match="working_days = false"):
        OpeningConfig(name="日", hours=["08:00-20:00"], days=["mon"])
    with pytest.raises(ValidationError, match="working_days = false"):
        OpeningConfig(name="日", hours=["08:00-20:00"], working_days=False)


def test_a_make_up_day_inside_a_holiday_is_refused() -> None:
    holiday = {"name": "国庆节", "first": "2026-10-01", "last": "2026-10-07"}
    with pytest.raises(ValidationError, match="2026-10-03 lies in the holiday 国庆节"):
        CalendarConfig.model_validate({"holidays": [holiday], "workdays": [{"name": "调休", "day": "2026-10-03"}]})


def test_a_make_up_day_given_twice_is_refused() -> None:
    day = {"name": "调休", "day": "2026-10-10"}
    with pytest.raises(ValidationError, match="2026-10-10 is given twice"):
        CalendarConfig.model_validate({"workdays": [day, day]})


def test_a_holiday_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError, match="must be from 0 to 30 days after"):
        CalendarConfig.model_validate({"holidays": [{"name": "假", "first": "2026-10-07", "last": "2026-10-01"}]})
