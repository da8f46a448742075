"""From Weibo's fields to messages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.weibo.normalise import normalise, seconds_of, unreadable
from gateway.channels.weibo.wire import read
from gateway.model.messages import Message, Place
from tests.fakes.weibo import xml_of

NOW = 1_795_233_600.0
STAMP = "Sat Nov 21 11:59:30 +0800 2026"


def push(kind: str = "text", text: str = "", **data: Any) -> dict[str, Any]:
    return {"type": kind, "sender_id": 7, "receiver_id": 1, "created_at": STAMP, "text": text, "data": data}


def message(kind: str = "text", text: str = "", **data: Any) -> Message:
    return normalise(push(kind, text, **data), "hainan", NOW)


def test_a_text_is_what_was_written_by_whom_and_when() -> None:
    found = message(text="路灯坏了")
    assert (found.kind, found.text, found.person.user_id) == ("text", "路灯坏了", "7")
    assert (found.conversation, found.occurred_at, found.flags) == ("weibo:hainan:7", NOW - 30, ())


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("Mon Jul 16 18:09:20 +0800 2012", 1342433360), ("Jul 16 18:09:20 +0800 2012", 1342433360),
        ("Mon Jul 16 05:09:20 -0500 2012", 1342433360), ("1342433360", 1342433360), ("1342433360000", 1342433360),
        ("", None), ("yesterday", None), ("Mon Jul 36 18:09:20 +0800 2012", None), ("-1", None),
        ("Mon Abc 16 18:09:20 +0800 2012", None), ("Mon Jan 01 00:00:00 +9999 0001", None),
    ],
)  # fmt: skip
def test_times_are_read_as_weibo_writes_them(stamp: str, seconds: float | None) -> None:
    assert seconds_of(stamp) == seconds


@given(st.datetimes(datetime(2010, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_every_written_time_comes_back(at: datetime) -> None:
    at = at.replace(microsecond=0, tzinfo=UTC)
    assert seconds_of(at.strftime("%a %b %d %H:%M:%S +0000 %Y")) == at.timestamp()


def test_a_time_that_cannot_be_is_that_of_arrival_and_flagged() -> None:
    found = normalise(push() | {"created_at": "Mon Jul 16 18:09:20 +0800 2112"}, "hainan", NOW)
    assert found.occurred_at == NOW and "time_unclear" in found.flags


def test_the_key_is_the_same_for_a_repeat_and_another_for_anything_else() -> None:
    first = message(text="路灯坏了")
    others = [
        message(text="路灯坏"),
        message("mention", "路灯坏了"),
        normalise(push(text="路灯坏了") | {"sender_id": 8}, "hainan", NOW),
        normalise(push(text="路灯坏了") | {"created_at": "Sat Nov 21 11:59:31 +0800 2026"}, "hainan", NOW),
        normalise(push(text="路灯坏了"), "haikou", NOW),
    ]
    assert normalise(push(text="路灯坏了"), "hainan", NOW + 10).key == first.key
    assert len({first.key, *(one.key for one in others)}) == 6
    assert first.key.startswith("weibo:hainan:7:1795233570:")


def test_a_text_has_the_same_key_in_json_and_xml() -> None:
    fields = read(xml_of(push(text="路灯坏了"))).fields
    assert normalise(fields, "hainan", NOW).key == message(text="路灯坏了").key


def test_a_position_is_gcj02_with_its_words() -> None:
    found = message("position", "海口市龙华区", longitude="110.33", latitude="20.03")
    assert (found.kind, found.place) == ("location", Place("海口市龙华区", 110.33, 20.03, "GCJ-02"))


@pytest.mark.parametrize("where", [{}, {"longitude": "x", "latitude": "20"}, {"longitude": "200", "latitude": "20"}])
def test_a_position_that_is_none_is_flagged(where: dict[str, str]) -> None:
    found = message("position", "这里", **where)
    assert found.kind == "location" and "place_unclear" in found.flags


@pytest.mark.parametrize(("kind", "mime"), [("image", "image/jpeg"), ("voice", "audio/amr")])
def test_files_are_wanted_by_the_receivers_id(kind: str, mime: str) -> None:
    (file,) = message(kind, "发了一张图片", vfid=821804459, tovfid=821804460).attachments
    assert (file.mime, file.state, file.source) == (mime, "wanted", {"fid": "821804460"})
    assert message(kind, "发了一张图片", vfid=1, tovfid=2).text == ""


def test_a_file_without_the_receivers_id_cannot_be_had() -> None:
    (file,) = message("image", vfid=821804459).attachments
    assert file.state == "gone" and file.note


@pytest.mark.parametrize(
    ("subtype", "event"),
    [
        ("follow", "subscribe"), ("scan_follow", "subscribe"), ("unfollow", "unsubscribe"), ("subscribe", "opted_in"),
        ("unsubscribe", "opted_out"), ("click", "click"), ("view", "view"), ("scan", "scan"),
    ],
)  # fmt: skip
def test_events_have_the_words_of_the_talk_and_their_own(subtype: str, event: str) -> None:
    found = message("event", "事件消息", subtype=subtype, key="K")
    assert (found.kind, found.text, found.more["event"], found.more["subtype"]) == ("event", "", event, subtype)
    assert found.more["event_key"] == "K"


def test_a_mention_is_a_request_with_the_posts_id() -> None:
    found = message("mention", "@海口12345 路灯坏了", subtype="status", key="3500")
    assert (found.kind, found.text, found.external_id) == ("text", "@海口12345 路灯坏了", "3500")
    assert found.more["mention"] == "status"


def test_an_unknown_type_is_unreadable_and_keeps_its_words() -> None:
    found = message("hologram", "路灯坏了")
    assert found.kind == "unreadable" and {"unreadable", "unknown_type"} <= set(found.flags)
    assert "路灯坏了" in found.text


def test_what_cannot_be_read_is_one_message_however_often_it_comes() -> None:
    assert unreadable(b"x", "hainan", NOW, "why").key == unreadable(b"x", "hainan", NOW + 9, "why").key
    assert unreadable(b"x", "hainan", NOW, "why").key != unreadable(b"y", "hainan", NOW, "why").key


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["text", "mention", "position", "image", "voice", "event", "x"]) | values


@given(kinds, values, values, values, values)
def test_nothing_that_json_can_hold_makes_it_raise(kind: Any, sender: Any, at: Any, text: Any, data: Any) -> None:
    fields = {"type": kind, "sender_id": sender, "created_at": at, "text": text, "data": data}
    found = normalise(fields, "hainan", NOW)
    found.text.encode(), found.key.encode()
    assert normalise(fields, "hainan", NOW) == found


def test_data_nested_beyond_measure_makes_it_not_raise() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert message("text", "路灯坏了", deep=deep).text == "路灯坏了"
