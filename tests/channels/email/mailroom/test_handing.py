"""The wire between the mailroom and the gateway: everything comes back as it went, however the bytes are split."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.mailroom.handing import (
    LARGEST_BODY,
    Answer,
    AskCursor,
    Figures,
    Frame,
    Frames,
    HandingError,
    KeepCursor,
    Take,
    encode,
)
from gateway.channels.email.port import Handed
from gateway.model.messages import Attachment, Message, Person, Place, Raw

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_numbers = st.integers(0, 2**40)
_values = st.dictionaries(_texts, _numbers, max_size=3)
_moments = st.floats(0, 2e9, allow_nan=False)
_plain = st.recursive(
    st.none() | st.booleans() | _numbers | _texts, lambda inner: st.lists(inner, max_size=3), max_leaves=5
)
_messages = st.builds(
    Message,
    key=_texts,
    channel=st.just("email"),
    account=_texts,
    kind=st.sampled_from(["text", "event", "unreadable"]),
    occurred_at=_moments,
    received_at=_moments,
    person=st.builds(Person, user_id=_texts, name=_texts, email=_texts),
    title=_texts,
    text=_texts,
    full_text=_texts,
    place=st.none() | st.builds(Place, address=_texts, longitude=st.none() | _moments),
    attachments=st.lists(
        st.builds(
            Attachment, id=_texts, name=_texts, size=_numbers, source=st.dictionaries(_texts, _texts, max_size=2)
        ),
        max_size=2,
    ).map(tuple),
    given=st.dictionaries(_texts, _plain, max_size=2),
    flags=st.lists(_texts, max_size=3).map(tuple),
    more=st.dictionaries(_texts, _plain, max_size=3),
)
_raws = st.builds(
    Raw,
    id=_texts,
    channel=st.just("email"),
    account=_texts,
    received_at=_moments,
    content_type=_texts,
    body=st.binary(max_size=200),
    meta=st.dictionaries(_texts, _texts, max_size=2),
    file=_texts,
)
_frames = st.one_of(
    st.builds(
        Take, n=_numbers, account=_texts,
        handed=st.builds(Handed, raw=_raws, message=_messages, cursor=st.none() | st.tuples(_texts, _values)),
    ),
    st.builds(AskCursor, n=_numbers, account=_texts, name=_texts),
    st.builds(KeepCursor, n=_numbers, account=_texts, name=_texts, value=_values),
    st.builds(Figures, values=_values),
    st.builds(
        Answer, n=_numbers, failed=st.sampled_from(["", "later", "broken"]), why=_texts, value=st.none() | _values,
    ),
)  # fmt: skip


def fed(data: bytes, cuts: list[int]) -> list[Frame]:
    frames, found, at = Frames(), [], 0
    for cut in sorted(min(cut, len(data)) for cut in cuts):
        found += frames.feed(data[at:cut])
        at = cut
    return found + frames.feed(data[at:])


@given(st.lists(_frames, max_size=4), st.lists(st.integers(0, 3000), max_size=8))
def test_frames_come_back_whole_however_they_are_split(frames: list[Frame], cuts: list[int]) -> None:
    assert fed(b"".join(encode(one) for one in frames), cuts) == frames


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=3))
def test_bytes_of_others_are_refused_with_the_wires_own_error(data: bytes, cuts: list[int]) -> None:
    try:
        fed(data, cuts)
    except HandingError:
        return


@given(_frames, st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_frame_is_refused_or_read_and_nothing_else(frame: Frame, at: int, byte: int) -> None:
    data = bytearray(encode(frame))
    data[at % len(data)] = byte
    try:
        assert isinstance(fed(bytes(data), []), list)
    except HandingError:
        return


def _take(**changes: object) -> Take:
    message = Message(**{"key": "k", "channel": "email", "account": "a", "kind": "text", "occurred_at": 1.0,
                         "received_at": 1.0, **changes})  # type: ignore[arg-type]  # fmt: skip
    return Take(1, "a", Handed(Raw("r", "email", "a", 1.0, "message/rfc822", b""), message))


@pytest.mark.parametrize(
    "changes", [{"text": "half an emoji \ud83d"}, {"more": {"n": 2**70}}, {"more": {"x": b"bytes"}}, {"more": {1: 2}}]
)
def test_what_json_cannot_hold_is_said_before_it_is_sent(changes: dict[str, object]) -> None:
    with pytest.raises(HandingError):
        encode(_take(**changes))


def test_a_time_that_is_no_number_is_refused_at_the_other_end() -> None:
    with pytest.raises(HandingError):
        Frames().feed(encode(_take(occurred_at=math.nan)))


def test_a_body_that_belongs_into_the_file_store_is_not_sent() -> None:
    raw = Raw("r", "email", "a", 1.0, "message/rfc822", bytes(LARGEST_BODY + 1))
    with pytest.raises(HandingError, match="too large"):
        encode(Take(1, "a", Handed(raw, _take().handed.message)))


def test_a_frame_that_announces_too_much_is_refused_before_it_comes() -> None:
    with pytest.raises(HandingError):
        Frames().feed(b"\xff\xff\xff\xff\x00\x00\x00\x00")
