"""What we say, read back field by field: the library's codec keeps our octets as they are."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.channels.sms.dialect import Part
from gateway.channels.sms.smpp import pdus
from gateway.channels.sms.smpp.wire import Handed, name_of, read_handed, reader, status_of
from tests.channels.sms.smpp.smpp_pdus import CITIZEN, HOTLINE
from tests.channels.sms.smpp.smsc import config_of


def submitted(part: Part, **more: Any) -> Handed:
    (frame,) = reader().feed(pdus.submit(config_of(1, **more), part, 7))
    assert (frame.command, frame.sequence) == (4, 7)
    return read_handed(frame._replace(command=5))


@pytest.mark.parametrize("coding", [0, 1, 3, 8])
def test_octets_leave_as_they_are_with_their_format(coding: int) -> None:
    one = submitted(Part(CITIZEN, coding, bytes(range(140))))
    assert (one.short, one.coding, one.esm_class, one.more) == (bytes(range(140)), coding, 0, {})
    assert (one.source, one.target) == (HOTLINE, CITIZEN)


def test_a_part_says_that_it_has_a_header() -> None:
    assert submitted(Part(CITIZEN, 8, b"\5\0\3\1\2\1ab", True, 2, 1)).esm_class == 0x40


def test_numbers_with_their_types() -> None:
    more = {"source": "10690000", "source_ton": 3, "target_ton": 1, "target_prefix": "86"}
    one = submitted(Part(CITIZEN, 0, b"hi"), **more)
    assert (one.source, one.source_ton, one.target, one.target_ton) == ("10690000", 3, "86" + CITIZEN, 1)
    assert submitted(Part("85251234567", 0, b"hi"), **more).target == "85251234567"


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="number"):
        submitted(Part("1" * 21, 0, b"hi"))


@pytest.mark.parametrize(("mode", "command"), [("transceiver", 9), ("transmitter", 2), ("receiver", 1)])
def test_a_bind_in_each_mode_with_a_password_longer_than_the_standards(mode: str, command: int) -> None:
    config = config_of(1, system_type="HN", address_range="^12345")
    (frame,) = reader().feed(pdus.bind(config, "a-long-password", mode, 1))
    assert (frame.command, frame.raw[16:]) == (command, b"hn12345\0a-long-password\0HN\0\x34\0\0^12345\0")


@pytest.mark.parametrize("password", ["密码", "a\0b", "a" * 65])
def test_a_password_that_cannot_be_sent_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        pdus.check_password(password)
    assert pdus.check_password("secret") == "secret"


def test_short_words() -> None:
    octets = b"".join((
        pdus.delivered(5, 1), pdus.delivered(0x103, 2), pdus.refused(3), pdus.enquire(4), pdus.enquired(5),
        pdus.unbind(6), pdus.unbound(7),
    ))  # fmt: skip
    frames = reader().feed(octets)
    assert [(name_of(one.command), one.sequence, status_of(one), one.raw[16:]) for one in frames] == [
        ("deliver_sm_resp", 1, 0, b"\0"), ("data_sm_resp", 2, 0, b"\0"), ("generic_nack", 3, 3, b""),
        ("enquire_link", 4, 0, b""), ("enquire_link_resp", 5, 0, b""), ("unbind", 6, 0, b""),
        ("unbind_resp", 7, 0, b""),
    ]  # fmt: skip
