"""What was handed over is kept whole and reads the same again."""

from __future__ import annotations

import math

import pytest
from hypothesis import given

from gateway.channels.sms.originals import NotAnOriginal, from_json, pieces_of, raw_of, to_json
from gateway.channels.sms.port import Arrived
from gateway.channels.sms.reading import read_raw
from gateway.model.messages import Raw
from tests.channels.door_stage import START
from tests.channels.sms.sms_stage import parts_of, text_of
from tests.channels.sms.test_sms_normalise import PIECES


def test_a_single_original_is_the_untouched_pdu() -> None:
    piece = text_of("好", sent_at=START, flags=("a",), meta={"b": "c"}, port=5)
    raw = raw_of([piece], "hainan")
    assert (raw.body, raw.channel, raw.account, raw.received_at) == (piece.raw, "sms", "hainan", START)
    assert pieces_of(raw) == (piece,)


def test_an_original_of_parts_holds_them_all() -> None:
    pieces = parts_of("好" * 200)
    assert pieces_of(raw_of(pieces, "a")) == tuple(pieces)


@given(PIECES)
def test_any_piece_survives(piece: Arrived) -> None:
    assert from_json(to_json(piece)) == piece
    if piece.sent_at is None or math.isfinite(piece.sent_at):  # a time that is none becomes null
        assert len(pieces_of(raw_of([piece, piece], "a"))) == 2


def test_half_an_emoji_in_a_vendors_text_is_no_obstacle() -> None:
    raw = raw_of([text_of("", text="好\ud83d")], "a")
    assert pieces_of(raw)[0].text == "好?"


@pytest.mark.parametrize(
    ("meta", "content_type", "body"),
    [({}, "text/plain", b""), ({"arrived": "{}"}, "", b""), ({"arrived": "no"}, "", b""),
     ({}, "application/vnd.gateway-12345.sms-parts+json", b"{")],
)  # fmt: skip
def test_what_is_no_original_of_ours_is_said(meta: dict[str, str], content_type: str, body: bytes) -> None:
    with pytest.raises(NotAnOriginal, match="original r1"):
        pieces_of(Raw("r1", "sms", "a", START, content_type, body, meta))


def test_an_incomplete_message_is_read_with_its_gaps() -> None:
    pieces = parts_of("甲" * 67 + "乙" * 67 + "丙" * 9)
    assert "[缺第2条]" in read_raw(raw_of([pieces[0], pieces[2]], "a")).text
    assert read_raw(raw_of([pieces[0]], "a")).flags == ("incomplete",)
