"""CMPP's codec: the fields by hand, both versions, what real gateways do beside the standard, any bytes."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.cmpp import units
from gateway.channels.sms.cmpp.units import (
    Cancel,
    CancelResp,
    Connect,
    ConnectResp,
    Deliver,
    DeliverResp,
    Query,
    QueryResp,
    Report,
    Submit,
    SubmitResp,
    Unit,
    Version,
)
from gateway.channels.sms.cmpp.wire import _READERS, read, read_report, write, write_report
from gateway.channels.sms.frames import Frame, FrameReader, WireError, pack_frame
from tests.fakes.ismg import Ismg

VERSIONS: tuple[Version, ...] = ("2.0", "3.0")


def frame_of(raw: bytes) -> Frame:
    (frame,) = FrameReader().feed(raw)
    return frame


def text(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=most)


def octet() -> st.SearchStrategy[int]:
    return st.integers(0, 255)


def unit(version: Version) -> st.SearchStrategy[Unit]:
    new = version == "3.0"
    number = text(32 if new else 21)
    ids = st.integers(0, 2**64 - 1)
    result = st.integers(0, 2**32 - 1) if new else octet()
    kind = octet() if new else st.just(0)
    link = text(20) if new else st.just("")
    word = st.integers(0, 2**32 - 1)
    made: tuple[st.SearchStrategy[Any], ...] = (
        st.builds(Connect, text(6), st.binary(min_size=16, max_size=16), octet(), word),
        st.builds(ConnectResp, result, st.binary(min_size=16, max_size=16), octet()),
        st.sampled_from([units.Terminate(), units.TerminateResp(), units.ActiveTest(), units.ActiveTestResp()]),
        st.builds(
            Submit, st.lists(number, min_size=1, max_size=5).map(tuple), st.binary(max_size=255), octet(), text(21),
            text(6), text(10), ids, octet(), octet(), octet(), octet(), octet(), number, kind, octet(), octet(),
            text(2), text(6), text(17), text(17), kind, link,
        ),
        st.builds(SubmitResp, ids, result),
        st.builds(
            Deliver, ids, text(21), text(10), octet(), octet(), octet(), number, kind, octet(), st.binary(max_size=255),
            link, st.just(version), st.just(0),
        ),
        st.builds(DeliverResp, ids, result),
        st.builds(Query, text(8), octet(), text(10)),
        st.builds(QueryResp, text(8), octet(), text(10), st.lists(word, min_size=8, max_size=8).map(tuple)),
        st.builds(Cancel, ids),
        st.builds(CancelResp, result),
    )  # fmt: skip
    return st.one_of(*made)


@given(st.data(), st.sampled_from(VERSIONS), st.integers(0, 2**32 - 1))
def test_what_is_written_is_read_again(data: st.DataObject, version: Version, sequence: int) -> None:
    made = data.draw(unit(version))
    frame = frame_of(write(made, sequence, version))
    assert frame.sequence == sequence
    assert read(frame, version) == made


@given(st.sampled_from([*_READERS, 9, 0x8000_0009, 0]), st.binary(max_size=400), st.sampled_from(VERSIONS))
def test_any_body_is_read_or_is_the_wires_own_error(command: int, body: bytes, version: Version) -> None:
    try:
        got = read(frame_of(pack_frame(command, 1, body)), version)
    except WireError:
        return
    assert isinstance(got, tuple)


@given(st.data(), st.sampled_from(VERSIONS))
def test_any_cut_is_read_or_is_the_wires_own_error(data: st.DataObject, version: Version) -> None:
    whole = write(data.draw(unit(version)), 1, version)
    raw = whole[: data.draw(st.integers(12, len(whole)))]
    try:
        read(Frame(struct.unpack_from(">I", raw, 4)[0], 1, raw), version)
    except WireError as error:
        assert str(error)


# -- by hand, from the tables of the standard


def test_connect_by_hand() -> None:
    raw = write(Connect("901234", bytes(range(16)), 0x30, 1122051407), 1, "3.0")
    assert raw == (
        b"\0\0\0\x27" + b"\0\0\0\x01" + b"\0\0\0\x01" + b"901234" + bytes(range(16)) + b"\x30"
        + struct.pack(">I", 1122051407)
    )  # fmt: skip


@pytest.mark.parametrize(("version", "octets"), [("2.0", b"\x03"), ("3.0", b"\0\0\0\x03")])
def test_answers_have_a_result_of_one_octet_or_four_and_are_told_apart_by_it(version: Version, octets: bytes) -> None:
    msg_id = b"\xb6\xb1\x4e\x1c\x04\xd2\0\x01"
    assert write(DeliverResp(int.from_bytes(msg_id), 3), 9, version)[12:] == msg_id + octets
    for read_as in VERSIONS:  # a gateway of the other version than the one agreed on
        frame = frame_of(pack_frame(0x8000_0004, 9, msg_id + octets))
        assert read(frame, read_as) == SubmitResp(int.from_bytes(msg_id), 3)
        frame = frame_of(pack_frame(0x8000_0001, 1, octets + bytes(16) + b"\x20"))
        assert read(frame, read_as) == ConnectResp(3, bytes(16), 0x20)


@pytest.mark.parametrize(("version", "fixed"), [("2.0", 73), ("3.0", 97)])
def test_a_deliver_made_by_hand(version: Version, fixed: int) -> None:
    pushed = Ismg(version, "", "").deliver("13800000000", "1065812345", b"text", 15, 1)
    assert len(pushed.body) == fixed + 4
    got = read(frame_of(pack_frame(5, 1, pushed.body)), version)
    assert isinstance(got, Deliver)
    assert got == Deliver(
        int.from_bytes(pushed.id), "1065812345", "HELP", 0, 1, 15, "13800000000", 0, 0, b"text",
        "LINK" if version == "3.0" else "", version, 0,
    )  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("tail", [b"\0", b"\0" * 12, b"\xff" * 30])
def test_octets_behind_a_deliver_do_no_harm(version: Version, tail: bytes) -> None:
    pushed = Ismg(version, "", "").deliver("13800000000", "1065812345", b"text", 15)
    got = read(frame_of(pack_frame(5, 1, pushed.body + tail)), version)
    assert isinstance(got, Deliver)
    assert (got.content, got.src_terminal_id, got.odd) == (b"text", "13800000000", len(tail))


@pytest.mark.parametrize(("version", "reserve"), [("2.0", 8), ("3.0", 20)])
def test_a_deliver_without_its_reserve_is_whole(version: Version, reserve: int) -> None:
    pushed = Ismg(version, "", "").deliver("13800000000", "1065812345", b"text", 15)
    got = read(frame_of(pack_frame(5, 1, pushed.body[:-reserve])), version)
    assert isinstance(got, Deliver)
    assert (got.content, got.odd) == (b"text", -reserve)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_deliver_of_the_other_version_is_known_by_its_length(version: Version) -> None:
    other: Version = "3.0" if version == "2.0" else "2.0"
    pushed = Ismg(other, "", "").deliver("13800000000", "1065812345", b"text of some length", 15)
    got = read(frame_of(pack_frame(5, 1, pushed.body)), version)
    assert isinstance(got, Deliver)
    assert (got.version, got.src_terminal_id, got.content) == (other, "13800000000", b"text of some length")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cut_deliver_says_what_and_where(version: Version) -> None:
    body = Ismg(version, "", "").deliver("13800000000", "1065812345", bytes(100), 15).body
    head = 65 if version == "2.0" else 77
    with pytest.raises(WireError, match=f"DELIVER of {version}: 30 octets, its fixed part has {head}"):
        read(frame_of(pack_frame(5, 1, body[:30])), version)
    with pytest.raises(WireError, match=f"DELIVER of {version}: Msg_Length 100, 99 octets are there"):
        read(frame_of(pack_frame(5, 1, body[: head + 99])), version)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (pack_frame(4, 1, bytes(10)), "SUBMIT: 10 octets"),
        (pack_frame(4, 1, bytes(116) + b"\x05" + bytes(20)), "behind DestUsr_tl"),
        (pack_frame(0x8000_0004, 1, bytes(8)), "SUBMIT_RESP: 8 octets, it has at least 9"),
        (pack_frame(7, 1, b""), "CANCEL: 0 octets"),
        (pack_frame(99, 1, b""), "command 0x00000063"),
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes, what: str) -> None:
    with pytest.raises(WireError, match=what):
        read(frame_of(raw), "2.0")


@pytest.mark.parametrize(
    ("submit", "field"),
    [
        (Submit((), b""), "Dest_terminal_Id"),
        (Submit(("1" * 22,), b""), "Dest_terminal_Id"),
        (Submit(("138",), bytes(256)), "Msg_Content"),
        (Submit(("138",), b"", service_id="12345678901"), "Service_Id"),
        (Submit(("138",), b"", src_id="海口"), "Src_Id"),
        (Submit(("138",), b"", pk_total=256), "Submit"),
    ],
)
def test_what_does_not_fit_names_its_field(submit: Submit, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        write(submit, 1, "2.0")


# -- status reports


@given(
    st.builds(
        Report, st.integers(0, 2**64 - 1), text(7), text(10), text(10), text(21), st.integers(0, 2**32 - 1),
    ),
    st.sampled_from(VERSIONS),
)  # fmt: skip
def test_reports_of_both_lengths_are_read_again(report: Report, version: Version) -> None:
    content = write_report(report, version)
    assert len(content) == (60 if version == "2.0" else 71)
    assert read_report(content) == report


@given(st.binary(max_size=255))
def test_any_report_is_read_or_is_the_wires_own_error(content: bytes) -> None:
    try:
        report = read_report(content)
    except WireError:
        assert len(content) < 15
        return
    assert report.msg_id == int.from_bytes(content[:8])


def test_a_report_that_ends_behind_its_state_still_says_it() -> None:
    assert read_report(struct.pack(">Q", 5) + b"UNDELIV") == Report(5, "UNDELIV", "", "", "", 0)
