"""Tencent's replies and reports read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.byhttp.door import Pieces
from gateway.channels.sms.port import Told
from gateway.channels.sms.tencent.normalise import pieces
from tests.channels.sms.inboxes import AT

REPLY = {
    "extend": "13", "mobile": "13800138000", "nationcode": "86", "sign": "海口12345", "text": "人民路的路灯坏了",
    "time": int(AT),
}  # fmt: skip
REPORT = {
    "user_receive_time": "2026-11-21 12:00:00", "nationcode": "86", "mobile": "13800138000",
    "report_status": "SUCCESS", "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": "5000:1",
}  # fmt: skip


def read(what: Any) -> Pieces:
    return pieces(json.dumps(what, ensure_ascii=False).encode(), "application/json", "1069", AT + 60)


def test_a_reply_is_read_field_by_field() -> None:
    (one,) = read(REPLY).arrived
    assert (one.sender, one.receiver, one.text, one.sent_at) == ("13800138000", "106913", "人民路的路灯坏了", AT)
    assert one.meta == {"extend": "13", "sign_name": "海口12345"}


def test_all_its_fields_are_its_key() -> None:
    (one,) = read(REPLY).arrived
    (same,) = read(dict(reversed(REPLY.items()))).arrived
    others = [read(REPLY | change).arrived[0].key for change in ({"time": 1}, {"text": "x"}, {"mobile": "1"})]
    assert one.key == same.key
    assert len({one.key, *others}) == 4


def test_a_number_abroad_keeps_its_country() -> None:
    (one,) = read(REPLY | {"nationcode": "852", "mobile": "61234567"}).arrived
    assert one.sender == "+85261234567"


def test_reports_are_told_by_their_fields_wherever_they_come() -> None:
    found = read([REPORT, REPORT | {"report_status": "FAIL", "errmsg": "UNDELIV"}, REPORT | {"sid": ""}])
    assert found.told == (
        Told("5000:1", "delivered", "DELIVRD", AT, "13800138000"),
        Told("5000:1", "failed", "UNDELIV", AT, "13800138000"),
    )
    assert (found.arrived, found.passed) == ((), ("a report without sid",))


@pytest.mark.parametrize("text", [None, [], True])
def test_a_reply_without_a_text_is_kept_unread(text: object) -> None:
    (one,) = read(REPLY | {"text": text}).arrived
    assert (one.flags, json.loads(one.raw)["text"]) == (("unreadable",), text)


def test_a_reply_without_a_number_says_so() -> None:
    (one,) = read(REPLY | {"mobile": None}).arrived
    assert (one.sender, one.flags) == ("", ("sender_missing",))


FIELDS = st.sampled_from([*REPLY, *REPORT])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)


@given(st.binary(max_size=300) | st.dictionaries(FIELDS, VALUES).map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_pieces(body: bytes) -> None:
    for one in pieces(body, "application/json", "1069", AT).arrived:
        assert one.text is not None
        assert one.key.isascii()
