"""SMGP's codec: the fields by hand, optional parameters, reports in both forms of id, any bytes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.frames import Frame, FrameReader, WireError, pack_frame
from gateway.channels.sms.smgp import units
from gateway.channels.sms.smgp.units import (
    Deliver,
    DeliverResp,
    Login,
    LoginResp,
    Report,
    Submit,
    SubmitResp,
    Unit,
)
from gateway.channels.sms.smgp.wire import _READERS, read, read_report, write, write_report
from tests.fakes.ismg import Ismg, Submitted


def frame_of(raw: bytes) -> Frame:
    (frame,) = FrameReader().feed(raw)
    return frame


def text(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=most)


octet, word = st.integers(0, 255), st.integers(0, 2**32 - 1)
ids, proofs = st.binary(min_size=10, max_size=10), st.binary(min_size=16, max_size=16)
options = st.dictionaries(st.integers(0, 65_535), st.binary(max_size=20), max_size=5)
number = text(21)
UNITS: tuple[st.SearchStrategy[Any], ...] = (
    st.builds(Login, text(8), proofs, octet, word, octet),
    st.builds(LoginResp, word, proofs, octet),
    st.sampled_from([units.ActiveTest(), units.ActiveTestResp(), units.Exit(), units.ExitResp()]),
    st.builds(
        Submit, st.lists(number, min_size=1, max_size=5).map(tuple), st.binary(max_size=255), octet, number, text(10),
        octet, octet, octet, text(2), text(6), text(6), text(17), text(17), number, options,
    ),
    st.builds(SubmitResp, ids, word),
    st.builds(Deliver, ids, octet, octet, text(14), number, number, st.binary(max_size=255), options),
    st.builds(DeliverResp, ids, word),
)  # fmt: skip


@given(st.one_of(*UNITS), word)
def test_what_is_written_is_read_again(made: Unit, sequence: int) -> None:
    frame = frame_of(write(made, sequence))
    assert frame.sequence == sequence
    assert read(frame) == made


@given(st.sampled_from([*_READERS, 5, 7, 0]), st.binary(max_size=400))
def test_any_body_is_read_or_is_the_wires_own_error(command: int, body: bytes) -> None:
    try:
        got = read(frame_of(pack_frame(command, 1, body)))
    except WireError:
        return
    assert isinstance(got, tuple)


def test_a_deliver_made_by_hand() -> None:
    pushed = Ismg("smgp", "", "").deliver("13800000000", "1065912345", b"text", 15, 1)
    assert read(frame_of(pack_frame(3, 1, pushed.body))) == Deliver(
        pushed.id, 0, 15, "20261122051407", "13800000000", "1065912345", b"text", {2: b"\1"}
    )


@pytest.mark.parametrize("behind", [b"", bytes(8), bytes(8) + b"\0\2\0\1", bytes(8) + b"\0\2\0\x7f\1"])
def test_a_missing_reserve_and_cut_options_leave_the_message_whole(behind: bytes) -> None:
    body = Ismg("smgp", "", "").deliver("138", "106", b"text", 15).body[:-8] + behind
    got = read(frame_of(pack_frame(3, 1, body)))
    assert isinstance(got, Deliver)
    assert (got.content, dict(got.options)) == (b"text", {})


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (pack_frame(3, 1, bytes(10)), "Deliver: 10 octets, its fixed part has 69"),
        (pack_frame(3, 1, bytes(68) + b"\x05" + b"1234"), "Deliver: MsgLength 5 at octet 80, 4 octets are there"),
        (pack_frame(2, 1, bytes(104) + b"\5"), "Submit: 0 octets behind DestTermIDCount 5"),
        (pack_frame(0x8000_0002, 1, bytes(13)), "Submit_Resp: 13 octets"),
        (pack_frame(99, 1, b""), "command 0x00000063"),
    ],
)
def test_what_cannot_be_read_says_where(raw: bytes, what: str) -> None:
    with pytest.raises(WireError, match=what):
        read(frame_of(raw))


@pytest.mark.parametrize(
    ("submit", "field"),
    [
        (Submit((), b""), "DestTermID"), (Submit(("1" * 22,), b""), "DestTermID"),
        (Submit(("138",), bytes(256)), "MsgContent"), (Submit(("138",), b"", service_id="12345678901"), "ServiceID"),
        (Submit(("138",), b"", priority=300), "Submit"),
    ],
)  # fmt: skip
def test_what_does_not_fit_names_its_field(submit: Submit, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        write(submit, 1)


REPORT = Report(bytes.fromhex("01020311220514000001"), "DELIVRD", "2611220514", "2611220515", "000", "")


def test_a_report_made_by_hand_is_read() -> None:
    sent = Submitted(1, "138", b"", 0, 0, "106", 1, 1, 1, "", "", ("", ""), id=REPORT.msg_id)
    body = Ismg("smgp", "", "").report_on(sent).body
    assert read_report(body[69 : 69 + 122]) == REPORT
    assert len(write_report(REPORT)) == 122
    assert read_report(write_report(REPORT)) == REPORT


@pytest.mark.parametrize("msg_id", [b" sub:001 s", b"stat:ABCDE", b"done date:", bytes(10), b"\n" * 10, b"text: text"])
def test_any_ten_octets_may_be_the_id(msg_id: bytes) -> None:
    assert read_report(write_report(REPORT._replace(msg_id=msg_id))) == REPORT._replace(msg_id=msg_id)


def test_an_id_in_digits_and_other_spellings_are_read() -> None:
    content = (
        b"id:01020311220514000001 sub:001 dlvrd:000 submit_date:2611220514 Done_Date:2611220515 Stat:UNDELIV Err:012"
    )
    got = read_report(content)
    assert (got.msg_id, got.stat, got.err, got.done_date) == (REPORT.msg_id, "UNDELIV", "012", "2611220515")


@given(st.binary(max_size=255) | st.binary(max_size=200).map(lambda rest: b"id:" + rest))
def test_any_report_is_read_or_is_the_wires_own_error(content: bytes) -> None:
    try:
        report = read_report(content)
    except WireError:
        return
    assert len(report.msg_id) == 10
    assert report.stat
