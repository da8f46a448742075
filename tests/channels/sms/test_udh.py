"""The user data header as in 3GPP TS 23.040: read when it can be right, data when it cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.port import PartOf
from gateway.channels.sms.udh import BROKEN, UserData, header, read


def test_both_references_are_read() -> None:
    assert read(bytes.fromhex("050003ab0302") + b"xy") == UserData(b"xy", PartOf(0xAB, 8, 3, 2))
    assert read(bytes.fromhex("06080412340301") + b"xy") == UserData(b"xy", PartOf(0x1234, 16, 3, 1))


def test_ports_are_the_destinations() -> None:
    assert read(bytes.fromhex("06050423f40000") + b"BEGIN:VCARD") == UserData(b"BEGIN:VCARD", port=9204)
    assert read(bytes.fromhex("040402f000") + b"x") == UserData(b"x", port=240)


def test_a_part_of_port_addressed_data_has_both() -> None:
    whole = bytes.fromhex("0b05040b84c0020003070201") + b"push"
    assert read(whole) == UserData(b"push", PartOf(7, 8, 2, 1), 2948)


def test_unknown_elements_are_skipped() -> None:
    whole = bytes.fromhex("0c") + bytes.fromhex("2401d4") + bytes.fromhex("0003070201") + bytes.fromhex("7f02aabb")
    assert read(whole + b"x") == UserData(b"x", PartOf(7, 8, 2, 1))


def test_an_empty_header_is_one() -> None:
    assert read(b"\x00text") == UserData(b"text")


@pytest.mark.parametrize(
    "broken",
    [b"", b"\x05\x00\x03", b"\xff" * 20, bytes.fromhex("0500040703") + b"xx", bytes.fromhex("0400020701") + b"x",
     bytes.fromhex("0600031234030100"), bytes.fromhex("0100") + b"x"],
)  # fmt: skip
def test_a_broken_header_is_data(broken: bytes) -> None:
    assert read(broken) == UserData(broken, flags=(BROKEN,))


def test_impossible_numbers_are_told_as_they_are() -> None:
    assert read(bytes.fromhex("050003070009")).part == PartOf(7, 8, 0, 9)


@given(st.binary(max_size=160))
def test_any_octets_are_taken_apart_without_loss(octets: bytes) -> None:
    got = read(octets)
    assert octets.endswith(got.data)
    if got.flags:
        assert got.data == octets


@given(
    st.sampled_from([8, 16]), st.integers(0, 65535), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=134)
)
def test_our_headers_are_read_back(bits: int, reference: int, total: int, n: int, body: bytes) -> None:
    part = PartOf(reference % (1 << bits), bits, total, n)  # type: ignore[arg-type]
    assert read(header(part) + body) == UserData(body, part)
