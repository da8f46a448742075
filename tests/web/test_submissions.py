"""A submission becomes the same message whenever it is read, and the same request is known by its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.model.messages import Attachment, Place
from gateway.web.submissions import Submission, SubmissionBody, message_of, original_of

PHOTO = Attachment("a1", "灯.jpg", "image/jpeg", 5, "ab" * 32)


def make(**fields: Any) -> Submission:
    body = SubmissionBody(**{"text": "路灯不亮", **fields})
    return Submission("web:key", body, (PHOTO,), 1000.0, "10.0.0.1")


def test_everything_said_is_in_the_message() -> None:
    sent = make(
        text="一\r\n二", title="灯", kind="投诉", category="0402", address="某路", longitude=110.1, latitude=20.0,
        name="张三", contact_number="138-1234 5678", is_secret=True, need_callback=True, occurred_at=900.0,
    )  # fmt: skip
    message = message_of(original_of(sent))
    assert (message.kind, message.channel, message.key, message.text) == ("form", "web", "web:key", "一\n二")
    assert message.given == {"kind": "投诉", "category": "0402", "is_secret": True, "need_callback": True}
    assert message.place == Place("某路", 110.1, 20.0, "WGS-84")
    assert (message.person.name, message.person.contact_number) == ("张三", "13812345678")
    assert (message.occurred_at, message.received_at) == (900.0, 1000.0)
    assert message.attachments == (PHOTO,) and message.conversation == ""


def test_an_apps_user_has_a_conversation() -> None:
    body = SubmissionBody(text="x", channel="app", user_id="u1")
    sent = Submission("app:gov:1", body, (), 1.0, "10.0.0.1", "gov")
    message = message_of(original_of(sent))
    assert (message.channel, message.account, message.conversation) == ("app", "gov", "app:gov:u1")


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40).filter(str.strip)


@given(TEXT, st.sampled_from(["", "咨询", "投诉"]), st.booleans(), st.floats(-90, 90))
def test_an_original_gives_the_same_message_each_time(text: str, kind: str, secret: bool, latitude: float) -> None:
    raw = original_of(make(text=text, kind=kind, is_secret=secret, latitude=latitude, longitude=latitude))
    assert message_of(raw) == message_of(replace(raw))


def test_a_fingerprint_stays_what_it_was_in_ledgers_that_exist() -> None:
    sent = make(occurred_at="2026-11-21T00:00:00Z", longitude=110, latitude=20.5, kind="投诉", uploads=["u"])
    said = sent.body.model_dump(mode="json", exclude={"uploads"})
    plain = orjson.dumps([said, [PHOTO.sha256]], option=orjson.OPT_SORT_KEYS)
    assert sent.fingerprint == hashlib.sha256(plain).hexdigest()


def test_fingerprint_is_of_the_request_and_not_of_the_names_of_its_photos() -> None:
    first = make()
    again = replace(first, photos=(replace(PHOTO, id="a2"),), at=2000.0, address="10.0.0.2")
    assert first.fingerprint == again.fingerprint
    assert make(text="别的").fingerprint != first.fingerprint
    assert replace(first, photos=()).fingerprint != first.fingerprint


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"body": {}, "photos": []}', b'{"body": {"text": "x"}, "photos": [{}]}', b"\xff"]
)
def test_a_foreign_original_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        message_of(replace(original_of(make()), body=body))


@pytest.mark.parametrize(
    "fields",
    [
        {"text": " \n "}, {"text": "x" * 20_001}, {"kind": "别的"}, {"latitude": 20.0}, {"colour": "red"},
        {"latitude": 91, "longitude": 1}, {"contact_number": "abc"}, {"contact_number": "12"},
        {"is_anonymous": True, "name": "张三"}, {"uploads": ["x" * 1001]}, {"longitude": float("nan"), "latitude": 1.0},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make(**fields)
