"""A deliver_sm to a piece of an SMS: by its field, its header, its parameters; nothing raises."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.frames import Frame
from gateway.channels.sms.normalise import single
from gateway.channels.sms.port import Arrived, PartOf, Told
from gateway.channels.sms.smpp.normalise import CONTENT_TYPE, handed, key_of, read_raw
from gateway.channels.sms.smpp.wire import reader
from gateway.channels.sms.udh import header
from tests.channels.sms.smpp.smpp_pdus import CITIZEN, HOTLINE, data_sm, deliver, pdu, receipt, tlv

ZONE = ZoneInfo("Asia/Shanghai")


def frame(raw: bytes) -> Frame:
    (one,) = reader().feed(raw)
    return one


def arrived(raw: bytes) -> Arrived:
    one = handed(frame(raw), 5.0, ZONE)
    assert isinstance(one, Arrived)
    return one


def test_a_message_with_all_that_is_known_of_it() -> None:
    raw = deliver("路灯坏了")
    one = arrived(raw)
    assert (one.raw, one.content_type, one.sender, one.receiver) == (raw, CONTENT_TYPE, CITIZEN, HOTLINE)
    assert (one.data.decode("utf-16-be"), one.coding, one.text, one.part) == ("路灯坏了", 8, None, None)
    assert (one.received_at, one.flags, one.meta) == (5.0, (), {"alphabet": "gsm7"})


def test_the_key_is_of_the_body_alone() -> None:
    same = arrived(deliver("好", sequence=1)).key
    assert arrived(deliver("好", sequence=99)).key == same
    others = [deliver("坏"), deliver("好", source="139"), deliver("好", 15), deliver("好", more=tlv(0x0204, b"\0\1"))]
    assert same not in [arrived(raw).key for raw in others]
    assert arrived(deliver("好")).key == key_of(frame(deliver("好")))


@pytest.mark.parametrize("bits", [8, 16])
def test_a_part_by_its_header(bits: int) -> None:
    part = PartOf(200, 8 if bits == 8 else 16, 3, 2)
    one = arrived(deliver(header(part) + b"\0a", esm_class=0x40))
    assert (one.part, one.data, one.port) == (part, b"\0a", None)


def test_a_part_by_its_parameters() -> None:
    sar = tlv(0x020C, b"\1\2") + tlv(0x020E, b"\3") + tlv(0x020F, b"\1")
    assert arrived(deliver("a", more=sar)).part == PartOf(258, 16, 3, 1)
    assert arrived(data_sm("a", more=sar)).part == PartOf(258, 16, 3, 1)
    assert arrived(deliver("a", more=sar[:6])).part is None


def test_port_addressed_data_is_set_aside() -> None:
    assert arrived(deliver(b"\6\5\4\x0b\x84\x23\xf0x", 4, 0x40)).port == 2948
    assert arrived(deliver("x", more=tlv(0x020B, b"\x0b\x84"))).port == 2948
    assert arrived(deliver("x", more=tlv(0x020B, b"\0\0"))).port is None


@pytest.mark.parametrize(
    ("coding", "data", "text"),
    [
        (0, b"\0\x1be", "@€"),
        (1, b"@", "@"),
        (3, b"\xe9", "é"),
        (8, b"\x8d\xef", "路"),
        (15, "路".encode("gbk"), "路"),
        (0x11, b"\0", "@"),
        (0xF0, b"\0", "@"),
        (0x18, b"\x8d\xef", "路"),
    ],
)
def test_texts_by_the_format_field(coding: int, data: bytes, text: str) -> None:
    assert single(arrived(deliver(data, coding)), "hainan").text == text


def test_octets_are_kept_as_octets() -> None:
    message = single(arrived(deliver(b"\1\2", 4)), "hainan")
    assert (message.kind, message.more["hex"]) == ("unreadable", "0102")


def test_what_is_odd_is_flagged_and_read_all_the_same() -> None:
    assert arrived(deliver("a", more=b"\1")).flags == ("parameters_cut",)
    assert arrived(deliver("a", more=tlv(0x0424, b"\0b"))).flags == ("payload_beside",)
    assert arrived(deliver("a", more=tlv(0x0424, b"\0a"))).flags == ()
    broken = arrived(deliver(b"\x30hello", 1, 0x40))
    assert (broken.data, broken.flags) == (b"\x30hello", ("udh_broken",))


def test_reports_are_told_and_those_on_nothing_are_kept_unread() -> None:
    assert isinstance(handed(frame(receipt("id:7 stat:DELIVRD")), 5.0, ZONE), Told)
    assert arrived(receipt("who knows")).flags == ("unreadable",)


@pytest.mark.parametrize("raw", [b"", b"\0\0", deliver("a")[:-1], deliver("a") + b"\0", pdu(0x15), pdu(5, b"\0")])
def test_an_original_that_is_no_whole_message_is_unreadable(raw: bytes) -> None:
    one = read_raw(raw, 5.0, ZONE)
    assert isinstance(one, Arrived)
    assert (one.flags, one.raw) == (("unreadable",), raw)
    assert one.meta["why"]


def test_an_original_reads_as_it_did() -> None:
    assert read_raw(deliver("路灯"), 5.0, ZONE) == arrived(deliver("路灯"))


@given(st.sampled_from([5, 0x103, 4]), st.binary(max_size=120))
def test_any_octets_are_a_message_or_a_report(command: int, body: bytes) -> None:
    one = handed(frame(pdu(command, body)), 5.0, ZONE)
    if isinstance(one, Arrived):
        assert single(one, "hainan").key.startswith("sms:hainan:")
