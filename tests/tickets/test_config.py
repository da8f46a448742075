from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.tickets.config import CategoriesConfig, CategoryConfig

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
