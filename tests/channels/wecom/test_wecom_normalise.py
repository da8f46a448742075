"""Every kind of customer-service message becomes what it means; staff's and the system's open no ticket."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.wecom.normalise import normalise
from gateway.model.messages import Message

AT = 1_795_250_000.0


def message(kind: str, origin: int = 3, **inner: Any) -> Message:
    fields = {
        "msgid": "m1", "open_kfid": "wk1", "external_userid": "wmA", "send_time": AT - 9, "origin": origin,
        "servicer_userid": "li", "msgtype": kind, kind: inner,
    }  # fmt: skip
    return normalise(fields, "kefu", AT)


def test_text() -> None:
    found = message("text", content="路灯坏了😀", menu_id="9")
    assert (found.kind, found.text, found.key) == ("text", "路灯坏了😀", "wecom:kefu:m1")
    assert (found.channel, found.account, found.conversation) == ("wechat", "kefu", "wechat:kefu:wmA")
    assert (found.more, found.occurred_at) == ({"open_kfid": "wk1", "menu_id": "9"}, AT - 9)


@pytest.mark.parametrize(
    ("kind", "as_kind"), [("image", "image"), ("voice", "voice"), ("video", "video"), ("file", "file")]
)
def test_files_are_wanted(kind: str, as_kind: str) -> None:
    found = message(kind, media_id="M")
    assert (found.kind, found.attachments[0].state, found.attachments[0].source) == (
        as_kind,
        "wanted",
        {"media_id": "M"},
    )
    assert message(kind).attachments[0].state == "gone"


def test_location() -> None:
    found = message("location", latitude=20.03, longitude=110.32, name="国贸", address="国贸路1号")
    assert found.place is not None
    assert (found.place.latitude, found.place.longitude, found.place.crs) == (20.03, 110.32, "GCJ-02")
    assert found.text == "国贸 国贸路1号"
    assert "place_unclear" in message("location", latitude="?", longitude=110).flags


def test_links_cards_and_forwarded_chats_have_their_words() -> None:
    assert message("link", title="通知", desc="停水", url="https://a.cn").text == "通知\n停水\nhttps://a.cn"
    assert message("miniprogram", title="办事", pagepath="p").kind == "link"
    chat = message("merged_msg", title="聊天记录", item=[{"sender_name": "王", "msg_content": "停水了"}, "odd"])
    assert "王：停水了" in chat.text


def test_staff_and_system_are_events() -> None:
    ours = message("text", origin=5, content="您好")
    assert (ours.kind, ours.more["event"], ours.more["staff"], ours.text) == ("event", "staff_message", "li", "您好")
    entered = normalise(
        {"msgid": "e", "send_time": AT, "origin": 4, "msgtype": "event",
         "event": {"event_type": "enter_session", "open_kfid": "wk1", "external_userid": "wmA", "welcome_code": "W"}},
        "kefu", AT,
    )  # fmt: skip
    assert (entered.kind, entered.conversation) == ("event", "wechat:kefu:wmA")
    assert (entered.more["event"], entered.more["welcome_code"], entered.more["open_kfid"]) == (
        "enter_session",
        "W",
        "wk1",
    )


def test_an_unknown_type_is_unreadable() -> None:
    found = message("hologram")
    assert (found.kind, found.flags) == ("unreadable", ("unreadable", "unknown_type"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["msgid", "msgtype", "external_userid", "open_kfid", "send_time", "origin", "text", "location", "event"]
)
KINDS = st.sampled_from(["text", "image", "location", "link", "merged_msg", "event", "channels"])


@given(JSON | st.dictionaries(NAMES, JSON), KINDS, JSON)
def test_any_json_gives_a_message_with_a_key(fields: Any, kind: str, inner: Any) -> None:
    shaped = {"msgid": "m", "external_userid": "w", "origin": 3, "msgtype": kind, kind: inner}
    for one in (fields, shaped):
        found = normalise(one, "kefu", AT)
        assert found.key.startswith("wecom:kefu:")
        found.text.encode()
        assert found == normalise(one, "kefu", AT)
