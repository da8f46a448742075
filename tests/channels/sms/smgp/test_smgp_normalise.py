"""An SMGP Deliver to what the channel takes."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.frames import Frame, FrameReader, pack_frame
from gateway.channels.sms.port import Arrived, PartOf, Told
from gateway.channels.sms.smgp.normalise import handed, read_raw
from tests.channels.sms.carrier_stage import NOW, ZONE
from tests.fakes.ismg import Ismg, Pushed, Submitted

SENT_AT = datetime(2026, 11, 22, 5, 14, 7, tzinfo=ZONE).timestamp()


def taken(pushed: Pushed, sequence: int = 1) -> Arrived | Told:
    (frame,) = FrameReader().feed(pack_frame(3, sequence, pushed.body))
    return handed(frame, NOW, ZONE)


def arrived(pushed: Pushed, sequence: int = 1) -> Arrived:
    got = taken(pushed, sequence)
    assert isinstance(got, Arrived)
    return got


def test_a_part_of_a_long_message() -> None:
    pushed = Ismg("smgp", "", "").deliver("13300000000", "1065912345", b"\x05\0\x03\x07\3\2text", 15, 1)
    got = arrived(pushed)
    assert (got.sender, got.receiver, got.data, got.coding) == ("13300000000", "1065912345", b"text", 15)
    assert (got.part, got.sent_at, got.received_at) == (PartOf(7, 8, 3, 2), SENT_AT, NOW)
    assert (got.content_type, got.meta) == ("application/x-smgp30", {"msg_id": pushed.id.hex()})


def test_a_repeat_has_the_same_key_and_the_next_message_another() -> None:
    fake = Ismg("smgp", "", "")
    first, second = (fake.deliver("138", "106", b"text", 0) for _ in range(2))
    assert arrived(first, 1).key == arrived(first, 9).key != arrived(second, 1).key


def test_without_an_id_a_repeat_is_told_by_its_number() -> None:
    one = Ismg("smgp", "", "").deliver("138", "106", b"text", 0, id=bytes(10))
    assert arrived(one, 5).key == arrived(one, 5).key != arrived(one, 6).key


@pytest.mark.parametrize("stamp", [b"20200101000000", b"20270101000000", b"99999999999999", bytes(14)])
def test_an_absurd_time_is_not_believed(stamp: bytes) -> None:
    pushed = Ismg("smgp", "", "").deliver("138", "106", b"text", 0)
    body = pushed.body[:12] + stamp + pushed.body[26:]
    assert arrived(Pushed(pushed.id, body)).sent_at is None


@pytest.mark.parametrize(("state", "then"), [("DELIVRD", "delivered"), ("EXPIRED", "failed"), ("ACCEPTD", "waiting")])
def test_reports(state: str, then: str) -> None:
    sent = Submitted(1, "133", b"", 0, 0, "106", 1, 1, 1, "", "", ("", ""), id=bytes.fromhex("01020311220514000001"))
    got = taken(Ismg("smgp", "", "").report_on(sent, state))
    assert isinstance(got, Told)
    assert (got.external_id, got.state, got.code, got.target) == ("01020311220514000001", then, state, "133")
    assert got.at == datetime(2026, 11, 22, 5, 15, tzinfo=ZONE).timestamp()


def test_a_broken_report_is_kept_as_unreadable() -> None:
    got = arrived(Ismg("smgp", "", "").deliver("138", "106", b"nothing", 0, report=1))
    assert (got.flags, got.meta["why"]) == (("unreadable",), "status report: 7 octets that do not begin with an id")


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_any_body_is_taken_and_the_same_gives_the_same_key(body: bytes, sequence: int) -> None:
    raw = pack_frame(3, sequence, body)
    got, again = (read_raw(raw, NOW, ZONE) for _ in range(2))
    assert got == again
    assert isinstance(got, Told) or (got.raw == raw and got.key)


@given(st.binary(max_size=100))
def test_any_file_is_taken(raw: bytes) -> None:
    assert isinstance(read_raw(raw, NOW, ZONE), Arrived | Told)


def test_another_command_is_unreadable() -> None:
    got = handed(Frame(4, 1, pack_frame(4, 1)), NOW, ZONE)
    assert isinstance(got, Arrived)
    assert got.flags == ("unreadable",)
