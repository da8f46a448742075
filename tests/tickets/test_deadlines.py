from __future__ import annotations

import pytest

from gateway.tickets.config import CategoriesConfig
from gateway.tickets.deadlines import Deadlines, Limit
from tests.tickets.conftest import AT, DAY, working_days

DEADLINES = Deadlines(
    CategoriesConfig.model_validate(
        {
            "limit": [
                {"kind": "求助", "days": 3},
                {"kind": "求助", "complex": True, "days": 5, "extension_days": 5},
                {"kind": "投诉", "days": 10},
            ],
            "category": [
                {"code": "05", "name": "公用事业", "days": 1},
                {"code": "0501", "name": "供水", "parent": "05"},
                {"code": "07", "name": "环境"},
            ],
        }
    ),
    working_days,
)


@pytest.mark.parametrize(
    ("kind", "category", "is_complex", "limit"),
    [
        ("求助", "", False, Limit(3, 3)),
        ("求助", "", True, Limit(5, 10)),
        ("投诉", "", True, Limit(10, 10)),
        ("投诉", "07", False, Limit(10, 10)),
        ("投诉", "05", False, Limit(1, 1)),
        ("投诉", "0501", False, Limit(1, 1)),
        ("求助", "0501", True, Limit(1, 6)),
        ("表扬", "", False, None),
        ("", "05", False, Limit(1, 1)),
    ],
)
def test_a_categorys_own_limit_comes_before_the_kinds(kind, category, is_complex, limit):
    assert DEADLINES.limit(kind, category, is_complex=is_complex) == limit


def test_the_deadline_is_counted_in_working_days_from_the_receipt():
    assert DEADLINES.fields("投诉", "", AT) == {"limit_days": 10, "deadline_at": AT + 10 * DAY}
    assert DEADLINES.after(AT, 2) == AT + 2 * DAY


def test_there_is_no_deadline_before_the_kind_is_known():
    assert (
        DEADLINES.fields("", "05", AT) == DEADLINES.fields("表扬", "", AT) == {"limit_days": None, "deadline_at": None}
    )
