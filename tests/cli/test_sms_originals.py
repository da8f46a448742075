"""Kept SMS read again: what was unreadable by its PDU, all else by what was read of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.channels.sms.cmpp.normalise import CONTENT_TYPES
from gateway.channels.sms.cmpp.units import Deliver
from gateway.channels.sms.cmpp.wire import write
from gateway.channels.sms.originals import raw_of
from gateway.channels.sms.port import Arrived, PartOf
from gateway.channels.sms.smpp.normalise import CONTENT_TYPE, unreadable
from gateway.channels.sms.smpp.wire import reader
from gateway.channels.sms.udh import header
from gateway.cli.sms_originals import read_again
from tests.channels.sms.smpp.smpp_pdus import CITIZEN, HOTLINE, deliver, receipt
from tests.channels.sms.smpp.smsc import config_of
from tests.channels.sms.sms_stage import text_of

ZONE = ZoneInfo("Asia/Shanghai")


def unread(octets: bytes, **more: Any) -> Arrived:
    """A piece that an older gateway could not read."""
    (frame,) = reader().feed(deliver("x"))
    return replace(unreadable(frame._replace(raw=octets), 5.0, "why"), key="kept-1", **more)


def test_what_was_read_is_decoded_as_it_was_read() -> None:
    assert read_again(raw_of([text_of("路灯坏了", key="k")], "hainan"), None, ZONE).text == "路灯坏了"


def test_what_was_not_is_taken_apart_anew_under_its_key() -> None:
    message = read_again(raw_of([unread(deliver("路灯坏了"))], "hainan"), None, ZONE)
    assert (message.text, message.kind, message.key) == ("路灯坏了", "text", "sms:hainan:kept-1")
    assert (message.person.number, message.received_at) == (CITIZEN, 5.0)


def test_format_0_means_what_the_account_says() -> None:
    raw = raw_of([unread(deliver(b"$", 0))], "hainan")
    assert read_again(raw, None, ZONE).text == "¤"
    assert read_again(raw, config_of(1, alphabet="ascii"), ZONE).text == "$"


def test_cmpp_too() -> None:
    octets = write(Deliver(7, HOTLINE, "HN", 0, 0, 8, CITIZEN, 0, 0, "路灯".encode("utf-16-be")), 1, "2.0")
    raw = raw_of([unread(octets, content_type=CONTENT_TYPES["2.0"])], "hainan")
    assert read_again(raw, None, ZONE).text == "路灯"


def test_a_part_of_several_is_mended_among_its_fellows() -> None:
    parts = [text_of("人民大道", part=PartOf(7, 8, 2, 1)), text_of("路灯", part=PartOf(7, 8, 2, 2))]
    octets = deliver(header(PartOf(7, 8, 2, 2)) + "路灯".encode("utf-16-be"), esm_class=0x40)
    parts[1] = unread(octets, part=PartOf(7, 8, 2, 2))
    assert read_again(raw_of(parts, "hainan"), None, ZONE).text == "人民大道路灯"


def test_what_still_cannot_be_read_stays_so() -> None:
    for octets, kind in ((b"\0\0", CONTENT_TYPE), (b"{}", "application/json")):
        message = read_again(raw_of([unread(octets, content_type=kind)], "hainan"), None, ZONE)
        assert (message.kind, message.flags) == ("unreadable", ("unreadable",))


def test_a_report_is_no_message() -> None:
    with pytest.raises(ValueError, match="status report"):
        read_again(raw_of([unread(receipt("id:7 stat:DELIVRD"))], "hainan"), None, ZONE)
