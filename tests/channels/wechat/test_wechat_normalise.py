"""Every kind of push becomes the message it means; what is not understood is kept as unreadable; nothing raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.wechat.normalise import normalise, unreadable
from gateway.channels.wechat_crypto import read_fields
from tests.fakes.tencent import xml_of

AT = 1_795_250_000.0


def message(kind: str, **fields: Any) -> Any:
    """Through XML and wechatpy, as it comes."""
    head = {
        "ToUserName": "gh_1",
        "FromUserName": "oA",
        "CreateTime": int(AT) - 2,
        "MsgType": kind,
        "MsgId": 6054768590064713728,
    }
    if kind == "event":
        del head["MsgId"]
    return normalise(read_fields(xml_of(head | fields))[0], "hainan", AT)


def test_text() -> None:
    found = message("text", Content="路灯坏了[流泪]😀")
    assert (found.kind, found.text, found.channel, found.account) == ("text", "路灯坏了[流泪]😀", "wechat", "hainan")
    assert found.key == "wechat:hainan:gh_1:oA:6054768590064713728"
    assert found.conversation == "wechat:hainan:oA"
    assert (found.person.user_id, found.external_id) == ("oA", "6054768590064713728")
    assert (found.occurred_at, found.received_at) == (AT - 2, AT)


def test_an_empty_text_is_a_text() -> None:
    found = message("text", Content="")
    assert (found.kind, found.text, found.flags) == ("text", "", ("empty",))


@pytest.mark.parametrize(
    ("kind", "fields", "name", "mime"),
    [
        ("image", {"PicUrl": "http://mmbiz.qpic.cn/x/0", "MediaId": "m1"}, "图片.jpg", "image/jpeg"),
        ("voice", {"MediaId": "m1", "Format": "amr"}, "语音.amr", "audio/amr"),
        ("voice", {"MediaId": "m1", "Format": "../x"}, "语音.amr", "audio/amr"),
        ("video", {"MediaId": "m1", "ThumbMediaId": "t"}, "视频.mp4", "video/mp4"),
        ("shortvideo", {"MediaId": "m1", "ThumbMediaId": "t"}, "视频.mp4", "video/mp4"),
    ],
)
def test_files_are_wanted_by_their_media_id(kind: str, fields: dict[str, str], name: str, mime: str) -> None:
    found = message(kind, **fields)
    (file,) = found.attachments
    assert found.kind == ("video" if kind == "shortvideo" else kind)
    assert (file.name, file.mime, file.state, file.source["media_id"]) == (name, mime, "wanted", "m1")
    assert message(kind, **fields).attachments == found.attachments


def test_voice_brings_its_recognition_as_a_draft() -> None:
    found = message("voice", MediaId="m1", Format="amr", Recognition="我要投诉噪音。")
    assert (found.text, found.flags) == ("我要投诉噪音。", ("recognised",))


def test_a_file_without_an_id_is_gone() -> None:
    assert message("image").attachments[0].state == "gone"


def test_a_location_is_gcj02_with_latitude_first() -> None:
    found = message("location", Location_X=20.03, Location_Y=110.32, Scale=20, Label="国贸路1号")
    assert found.place is not None
    assert (found.place.latitude, found.place.longitude, found.place.crs) == (20.03, 110.32, "GCJ-02")
    assert (found.kind, found.text, found.place.address) == ("location", "国贸路1号", "国贸路1号")
    odd = message("location", Location_X="x", Location_Y=110.32, Label="某处")
    assert odd.place is not None
    assert odd.place.longitude is None
    assert "place_unclear" in odd.flags


def test_a_link_brings_title_words_and_address() -> None:
    found = message("link", Title="通知", Description="停水", Url="https://example.cn/a")
    assert (found.kind, found.title, found.text) == ("link", "通知", "通知\n停水\nhttps://example.cn/a")


def test_a_card_and_a_file_are_named() -> None:
    assert message("miniprogrampage", Title="办事", AppId="wx2", PagePath="p").text == "办事"
    kept = message("file", Title="材料.pdf", FileKey="k").attachments[0]
    assert (kept.name, kept.state) == ("材料.pdf", "gone")


@pytest.mark.parametrize(
    ("fields", "event", "key"),
    [
        ({"Event": "subscribe", "EventKey": ""}, "subscribe", ""),
        ({"Event": "subscribe", "EventKey": "qrscene_7", "Ticket": "T"}, "subscribe", "qrscene_7"),
        ({"Event": "unsubscribe", "EventKey": ""}, "unsubscribe", ""),
        ({"Event": "SCAN", "EventKey": "7", "Ticket": "T"}, "scan", "7"),
        ({"Event": "CLICK", "EventKey": "MENU_A"}, "click", "MENU_A"),
        ({"Event": "VIEW", "EventKey": "https://example.cn"}, "view", "https://example.cn"),
        ({"Event": "subscribe_msg_popup_event"}, "subscribe_msg_popup_event", ""),
    ],
)
def test_events_are_keyed_by_person_time_name_and_key(fields: dict[str, str], event: str, key: str) -> None:
    found = message("event", **fields)
    assert (found.kind, found.more["event"], found.more["event_key"]) == ("event", event, key)
    assert found.key == f"wechat:hainan:oA:{int(AT) - 2}:{event}:{key}"


def test_a_scanned_scene_is_told() -> None:
    assert message("event", Event="subscribe", EventKey="qrscene_7").more["scene"] == "7"
    assert message("event", Event="SCAN", EventKey="7").more["scene"] == "7"


def test_a_reported_position_has_no_stated_reference_system() -> None:
    found = message("event", Event="LOCATION", Latitude=20.1, Longitude=110.2, Precision=30.0)
    assert found.place is not None
    assert (found.place.longitude, found.place.latitude, found.place.crs) == (110.2, 20.1, "")


def test_an_unknown_type_and_a_missing_sender_are_unreadable_and_keyed() -> None:
    found = message("hologram", Depth=3)
    assert (found.kind, found.flags) == ("unreadable", ("unreadable", "unknown_type"))
    assert "hologram" in found.text
    nobody = normalise({"MsgType": "text", "Content": "x"}, "hainan", AT)
    assert (nobody.kind, nobody.conversation) == ("unreadable", "")


def test_without_a_message_id_the_content_is_the_key() -> None:
    one, other = (normalise({"MsgType": "text", "FromUserName": "oA", "Content": c}, "a", AT).key for c in "xy")
    assert one != other
    assert one == normalise({"Content": "x", "FromUserName": "oA", "MsgType": "text"}, "a", AT + 9).key


def test_an_unreadable_push_is_keyed_by_its_bytes() -> None:
    one = unreadable(b"a", "hainan", AT, "Encrypt: cannot be opened")
    assert one.key == unreadable(b"a", "hainan", AT + 5, "").key != unreadable(b"b", "hainan", AT, "").key
    assert one.kind == "unreadable"


VALUES = (
    st.none()
    | st.integers()
    | st.text(max_size=20)
    | st.lists(st.text(max_size=3))
    | st.dictionaries(st.text(max_size=3), st.text(max_size=3))
)
NAMES = st.sampled_from(
    [
        *("MsgType", "FromUserName", "ToUserName", "MsgId", "CreateTime", "Event", "EventKey", "Content", "MediaId"),
        *("Format", "Location_X", "Location_Y", "Label", "Title", "Url", "Latitude", "Longitude"),
    ]
)
KINDS = st.sampled_from(
    ["text", "image", "voice", "video", "location", "link", "file", "event", "miniprogrampage", "x"]
)


@given(st.dictionaries(NAMES, VALUES), KINDS)
def test_any_fields_give_a_message_with_a_key(fields: dict[str, Any], kind: str) -> None:
    for given_fields in (fields, {**fields, "MsgType": kind, "FromUserName": "oA"}):
        found = normalise(given_fields, "hainan", AT)
        assert found.key.startswith("wechat:hainan:")
        found.key.encode()
        found.text.encode()
        assert found == normalise(given_fields, "hainan", AT)
