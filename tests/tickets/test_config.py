from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.tickets.config import CategoriesConfig, CategoryConfig, IntakeConfig, QuietConfig, RepliesConfig
from tests.tickets.conftest import shipped_intake, shipped_replies

CONFIG = CategoriesConfig.model_validate(
    {
        "limit": [
            {"kind": "求助", "days": 3},
            {"kind": "求助", "complex": True, "days": 5, "extension_days": 5},
            {"kind": "咨询", "days": 2},
        ],
        "category": [
            {"code": "01", "name": "市场监管"},
            {"code": "0101", "name": "消费维权", "parent": "01"},
            {"code": "010101", "name": "网购", "parent": "0101"},
            {"code": "a", "name": "甲", "parent": "b"},
            {"code": "b", "name": "乙", "parent": "a"},
        ],
    }
)


def test_parents_come_nearest_first():
    assert CONFIG.parents("010101") == ("0101", "01")
    assert CONFIG.parents("01") == ()
    assert CONFIG.parents("unknown") == ()


def test_a_circle_of_parents_ends():
    assert CONFIG.parents("a") == ("b", "a")


def test_a_complex_case_has_the_plain_limit_when_it_has_none_of_its_own():
    assert [
        limit.days
        for kind, hard in (("求助", False), ("求助", True), ("咨询", True))
        if (limit := CONFIG.limit_for(kind, is_complex=hard))
    ] == [3, 5, 2]
    assert CONFIG.limit_for("表扬") is None


@pytest.mark.parametrize("changes", [{"code": "a b"}, {"code": ""}, {"keywords": [""]}, {"days": 0}, {"name": "a\nb"}])
def test_what_is_not_allowed_is_refused(changes):
    with pytest.raises(ValidationError):
        CategoryConfig.model_validate({"code": "01", "name": "市场监管"} | changes)


def test_the_shipped_files_are_valid():
    assert shipped_intake().apply.urgency
    assert shipped_replies().notices.closed


def test_nothing_configured_is_a_configuration():
    assert IntakeConfig().kind == ()
    assert RepliesConfig().templates == {}


def errors(model, value) -> str:
    with pytest.raises(ValidationError) as error:
        model.model_validate(value)
    return str(error.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"jion": {}}, "jion"),
        ({"apply": {"kind": "perhaps"}}, "apply.kind"),
        ({"kind": [{"value": "抱怨", "words": ["x"]}]}, "kind.0.value"),
        ({"kind": [{"value": "投诉", "words": []}]}, "kind.0.words"),
        ({"kind": [{"value": "投诉", "words": ["a b"]}]}, "kind.0.words.0"),
        ({"urgency": [{"value": "一般", "words": ["x"]}]}, "urgency.0.value"),
        ({"area": [{"code": "4601", "name": "海口"}]}, "area.0.code"),
        ({"area": [{"code": "460100", "name": "海口"}] * 2}, "460100 is given twice"),
        ({"likeness": {"alike": 0.9, "same": 0.5}}, "same 0.5 must not be below alike 0.9"),
        ({"likeness": {"compare": 21}}, "likeness.compare"),
        ({"abuse": {"window": [{"messages": 0, "seconds": 1}]}}, "abuse.window.0.messages"),
    ],
)
def test_a_wrong_intake_is_told_with_its_key(value, said):
    assert said in errors(IntakeConfig, value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"quiet": [{"channel": "sms", "hours": "22-7"}]}, "'22-7' is not HH:MM-HH:MM"),
        ({"quiet": [{"channel": "sms", "hours": "24:00-07:00"}]}, "is not HH:MM-HH:MM"),
        ({"quiet": [{"channel": "sms", "hours": "07:00-07:00"}]}, "two different times"),
        ({"quiet": [{"channel": "sms", "hours": "22:00-07:00"}] * 2}, "channel sms is given twice"),
        ({"longest": {"sms": 3}}, "longest.sms"),
        ({"quiet_exempt": ["很急"]}, "quiet_exempt.0"),
        ({"templates": {"closed": "{result} {x}"}}, "templates.closed has the unknown placeholder {x}"),
        ({"templates": {"colsed": "x"}}, "did you mean closed?"),
        ({"reopen": {"score": 6}}, "reopen.score"),
    ],
)
def test_wrong_replies_are_told_with_their_key(value, said):
    assert said in errors(RepliesConfig, value)


def test_quiet_hours_are_minutes_of_the_day():
    assert QuietConfig(channel="sms", hours="22:00-07:30").minutes == (1320, 450)
