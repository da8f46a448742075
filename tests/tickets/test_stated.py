from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.rows import TicketFields
from gateway.tickets.stated import Stated
from tests.tickets.conftest import shipped_categories

STATED = Stated(shipped_categories())


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("kind", "投诉", "投诉"),
        ("category", "0701", "0701"),
        ("category", "噪声", "0701"),
        ("urgency", "特急", "特急"),
        ("is_secret", True, True),
        ("title", " 路灯 ", "路灯"),
        ("longitude", 110, 110.0),
        ("area_code", "460108", "460108"),
        ("sex", "女", "女"),
        ("risk_level", 1, 1),
    ],
)
def test_what_fits_is_taken(name, value, kept):
    assert STATED.fields({name: value}) == ({name: kept}, {})
    assert STATED.one(name, value) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "抱怨"), ("kind", ["投诉"]), ("category", "9999"), ("category", 701), ("is_secret", "yes"),
        ("is_secret", 1), ("title", "字" * 101), ("longitude", 181), ("latitude", float("nan")), ("latitude", "20"),
        ("latitude", True), ("area_code", "4601"), ("area_code", "４６０１０８"), ("risk_level", True),
        ("ticket_no", "1"), ("state", "closed"), ("received_at", 1.0), ("colour", "red"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_kept_apart(name, value):
    fitting, strange = STATED.fields({name: value})
    assert (fitting, list(strange)) == ({}, [name])


def test_empty_is_not_stated():
    assert STATED.fields({"kind": "", "category": None}) == ({}, {})


def test_one_says_what_is_wrong():
    with pytest.raises(ValueError, match="kind cannot be"):
        STATED.one("kind", "抱怨")
    with pytest.raises(KeyError):
        STATED.one("state", "closed")


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.text(), max_size=2)
NAMES = [
    "kind",
    "category",
    "is_secret",
    "title",
    "longitude",
    "area_code",
    "sex",
    "crs",
    "risk_level",
    "track",
    "email",
]


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), VALUES))
def test_whatever_is_stated_the_ledger_takes_what_comes_out(given_fields):
    fitting, strange = STATED.fields(given_fields)
    TicketFields().check(fitting)
    assert not fitting.keys() & strange.keys()


def test_a_number_that_only_equals_a_choice_becomes_the_choice():
    assert type(STATED.one("risk_level", 1.0)) is int
