"""Octets of SMPP: every field where the standard has it, and no octets raise anything but WireError."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.frames import Frame, WireError
from gateway.channels.sms.smpp import wire
from tests.channels.sms.smpp.smpp_pdus import CITIZEN, HOTLINE, body_of, data_sm, deliver, pdu, tlv


def frame(raw: bytes) -> Frame:
    (one,) = wire.reader().feed(raw)
    return one


def test_the_header_has_a_status_between_command_and_sequence() -> None:
    one = frame(pdu(0x80000004, b"id\0", sequence=9, status=0x58))
    assert (one.command, one.sequence, wire.status_of(one), wire.read_id(one)) == (0x80000004, 9, 0x58, "id")


@given(st.lists(st.binary(max_size=20).map(lambda body: pdu(5, body, 7)), max_size=5), st.data())
def test_the_same_frames_however_the_octets_are_split(pdus: list[bytes], data: st.DataObject) -> None:
    octets, reader, found = b"".join(pdus), wire.reader(), []
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        found += reader.feed(octets[start:end])
    assert [one.raw for one in found] == pdus
    assert all((one.command, one.sequence) == (5, 7) for one in found)


@pytest.mark.parametrize("length", [0, 15, 65_537, 0xFFFF_FFFF])
def test_a_length_that_cannot_be_true_ends_the_connection(length: int) -> None:
    with pytest.raises(WireError, match=f"a frame of {length} octets"):
        wire.reader().feed(length.to_bytes(4) + bytes(12))


def test_a_deliver_sm_is_read_field_by_field() -> None:
    one = wire.read_handed(frame(deliver(b"text", 15, 0x43, tlv(0x0204, b"\0\7") + tlv(0x1400, b"vendor"))))
    assert (one.source, one.target, one.source_ton, one.esm_class, one.coding) == (CITIZEN, HOTLINE, 1, 0x43, 15)
    assert (one.data, one.more, one.cut) == (b"text", {0x0204: b"\0\7", 0x1400: b"vendor"}, False)
    assert (one.number(0x0204), one.number(0x1400), one.number(1)) == (7, None, None)


def test_a_payload_counts_when_the_short_message_is_empty() -> None:
    assert wire.read_handed(frame(deliver(b"", 8, 0, tlv(0x0424, b"long")))).data == b"long"
    assert wire.read_handed(frame(deliver(b"short", 8, 0, tlv(0x0424, b"long")))).data == b"short"
    assert wire.read_handed(frame(data_sm("长"))).data == "长".encode("utf-16-be")


@pytest.mark.parametrize("more", [b"\2", tlv(0x0204, b"\0\7")[:-1], b"\4\x24\xff\xffshort"])
def test_parameters_that_are_cut_leave_the_message_whole(more: bytes) -> None:
    one = wire.read_handed(frame(deliver(b"text", 8, 0, more)))
    assert (one.data, one.cut) == (b"text", True)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "service_type at octet 16 does not end"),
        (b"\0\1", "source_addr_npi at octet 18 has 1 octets, 0 are there"),
        (b"\0\1\1138", "source_addr at octet 19 does not end"),
        (body_of(b"text")[:-1], "short_message at octet 54 has 4 octets, 3 are there"),
    ],
)
def test_what_is_cut_is_named_with_its_place(body: bytes, words: str) -> None:
    with pytest.raises(WireError, match=words):
        wire.read_handed(frame(pdu(5, body)))


def test_addresses_in_other_than_ascii_are_made_visible() -> None:
    assert wire.read_handed(frame(pdu(5, body_of(b"", source="张")))).source == r"\xe5\xbc\xa0"


def test_another_command_hands_nothing_over() -> None:
    with pytest.raises(WireError, match="enquire_link hands nothing over"):
        wire.read_handed(frame(pdu(0x15)))


@given(st.sampled_from([5, 0x103]), st.binary(max_size=80))
def test_any_body_is_read_or_a_wire_error(command: int, body: bytes) -> None:
    try:
        wire.read_handed(frame(pdu(command, body)))
    except WireError as error:
        assert "octet" in str(error)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (5, "deliver_sm"),
        (0x80000005, "deliver_sm_resp"),
        (0x80000000, "generic_nack"),
        (0x77, "command 0x00000077"),
        (0x80000077, "command 0x80000077"),
    ],
)
def test_commands_have_names(command: int, name: str) -> None:
    assert wire.name_of(command) == name
