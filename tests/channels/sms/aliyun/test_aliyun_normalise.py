"""SmsUp and SmsReport read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.aliyun.normalise import pieces
from gateway.channels.sms.byhttp.door import Pieces
from gateway.channels.sms.port import Told
from tests.channels.sms.inboxes import AT

UP = {
    "phone_number": "13800138000", "content": "人民路的路灯坏了", "send_time": "2026-11-21 12:00:00",
    "dest_code": "4321", "sequence_id": 1234567890, "sign_name": "海口12345",
}  # fmt: skip
REPORT = {
    "phone_number": "13800138000", "send_time": "2026-11-21 12:00:00", "report_time": "2026-11-21 12:00:00",
    "success": True, "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "1", "biz_id": "9^0",
    "out_id": "d1",
}  # fmt: skip


def read(what: Any) -> Pieces:
    return pieces(json.dumps(what, ensure_ascii=False).encode(), "application/json", "1069", AT + 60)


def test_a_message_is_read_field_by_field() -> None:
    (one,) = read([UP]).arrived
    assert (one.sender, one.receiver, one.text) == ("13800138000", "4321", "人民路的路灯坏了")
    assert (one.sent_at, one.received_at, one.flags) == (AT, AT + 60, ())
    assert one.meta == {"sign_name": "海口12345"}
    assert json.loads(one.raw) == UP


def test_its_number_may_be_text_or_number_and_names_it_with_its_content() -> None:
    (one,) = read([UP]).arrived
    (same,) = read([UP | {"sequence_id": "1234567890", "sign_name": None}]).arrived
    (other,) = read([UP | {"content": "另一条"}]).arrived
    assert one.key == same.key
    assert one.key != other.key


def test_without_a_number_all_fields_name_it() -> None:
    bare = {name: value for name, value in UP.items() if name != "sequence_id"}
    (one,) = read([bare]).arrived
    (same,) = read([dict(reversed(list(bare.items())))]).arrived
    (later,) = read([bare | {"send_time": "2026-11-21 12:00:01"}]).arrived
    assert one.key == same.key
    assert one.key != later.key


def test_reports_are_told_by_their_fields_wherever_they_come() -> None:
    found = read([REPORT, REPORT | {"success": False, "err_code": "MK:0013"}, UP, REPORT | {"biz_id": None}])
    assert found.told == (
        Told("9^0", "delivered", "DELIVERED", AT, "13800138000"),
        Told("9^0", "failed", "MK:0013", AT, "13800138000"),
    )
    assert [one.text for one in found.arrived] == ["人民路的路灯坏了"]
    assert found.passed == ("a report without biz_id",)


@pytest.mark.parametrize("content", [None, ["a"], {"a": 1}, True])
def test_a_message_without_a_text_is_kept_unread_and_the_next_is_read(content: object) -> None:
    bad, good = read([UP | {"content": content}, UP]).arrived
    assert bad.flags == ("unreadable",)
    assert json.loads(bad.raw)["content"] == content
    assert good.text == "人民路的路灯坏了"


def test_a_message_without_a_sender_is_read_and_says_so() -> None:
    (one,) = read([UP | {"phone_number": ""}]).arrived
    assert (one.text, one.sender, one.flags) == ("人民路的路灯坏了", "", ("sender_missing",))


def test_one_object_without_its_array_is_taken() -> None:
    assert [one.text for one in read(UP).arrived] == ["人民路的路灯坏了"]


@pytest.mark.parametrize("body", [b"<xml><content>x</content></xml>", b"content=1", b"\x00\xff", b"7"])
def test_what_is_no_json_is_kept_unread_with_its_bytes(body: bytes) -> None:
    (one,) = pieces(body, "text/xml", "1069", AT).arrived
    assert (one.raw, one.flags[0], one.content_type) == (body, "unreadable", "text/xml")
    assert one.key == pieces(body, "", "", AT + 9).arrived[0].key, "a repeat is known"


FIELDS = st.sampled_from([*UP, *REPORT])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)


@given(
    st.binary(max_size=300)
    | st.lists(st.dictionaries(FIELDS, VALUES), max_size=4).map(lambda v: json.dumps(v).encode())
)
def test_any_bytes_are_pieces(body: bytes) -> None:
    found = pieces(body, "application/json", "1069", AT)
    for one in found.arrived:
        assert one.text is not None
        assert one.key.isascii()
        one.text.encode()
