"""Masking by default: whatever an event holds, no personal number leaves whole."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.views import call_view, mask_name, masked, ticket_view

NUMBER = "13812345678"
KEYS = st.sampled_from(["caller", "caller_number", "text", "content", "note", "number", "phone", "x", "uri", "reply"])


@given(
    st.recursive(st.just(NUMBER) | st.just(int(NUMBER)).map(str), lambda i: st.lists(i) | st.dictionaries(KEYS, i)),
    KEYS,
)
def test_number_never_survives_under_any_key_that_is_not_an_identifier(value: Any, key: str) -> None:
    assert NUMBER not in orjson.dumps(masked({key: value})).decode()


def test_number_given_as_a_json_number_is_masked_too() -> None:
    assert masked({"caller_number": int(NUMBER)}) == {"caller_number": "138****5678"}


def test_identifiers_and_figures_stay_whole() -> None:
    data = {
        "call_id": "1732200000.15", "ticket_no": "460000-20261121-0000001", "recording_id": "1732200000.15.wav",
        "wait_s": 12.5, "at": 1763766000, "entry_number": "12345", "secret": True, "none": None,
    }  # fmt: skip
    assert masked(data) == data


@pytest.mark.parametrize(
    ("name", "shown"), [("张三", "张*"), ("欧阳慧敏", "欧***"), ("", ""), ("13812345678", "138****5678"), ("王", "王")]
)
def test_names_keep_their_first_character(name: str, shown: str) -> None:
    assert mask_name(name) == shown


def test_query_code_is_hidden() -> None:
    assert masked({"query_code": "8K2M"}) == {"query_code": ""}


def test_record_views_have_every_field_of_their_model(fakes: Any) -> None:
    call, ticket = call_view(fakes.call()), ticket_view(fakes.ticket())
    assert (call.caller_number, call.caller_name) == ("138****5678", "张**")
    assert (ticket.contact_number, ticket.content) == ("089*****1234", "请回电 138****5678")
    assert ticket.more == {"against": {"phone": "139****1111"}, "note": "邻居 137****2222", "leg": "1732200001.16"}


def test_the_name_of_a_proposed_category_is_nobodys() -> None:
    proposed = {"category": {"value": "0701", "name": "噪声"}, "name": "王小明"}
    assert masked({"proposed": proposed})["proposed"] == {"category": {"value": "0701", "name": "噪声"}, "name": "王**"}
