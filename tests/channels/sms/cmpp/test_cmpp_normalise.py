"""A CMPP DELIVER to what the channel takes."""

from __future__ import annotations

import struct
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.cmpp.normalise import handed, read_raw
from gateway.channels.sms.cmpp.units import Version
from gateway.channels.sms.frames import Frame, FrameReader, pack_frame
from gateway.channels.sms.port import Arrived, PartOf, Told
from tests.channels.sms.carrier_stage import NOW, ZONE
from tests.fakes.ismg import Ismg, Pushed, Submitted

VERSIONS: tuple[Version, ...] = ("2.0", "3.0")


def taken(pushed: Pushed, version: Version, sequence: int = 1, at: float = NOW) -> Arrived | Told:
    (frame,) = FrameReader().feed(pack_frame(5, sequence, pushed.body))
    return handed(frame, version, at, ZONE)


def arrived(pushed: Pushed, version: Version, sequence: int = 1, at: float = NOW) -> Arrived:
    got = taken(pushed, version, sequence, at)
    assert isinstance(got, Arrived)
    return got


@pytest.mark.parametrize("version", VERSIONS)
def test_a_message(version: Version) -> None:
    fake = Ismg(version, "", "")
    pushed = fake.deliver("8613800000000", "1065812345", "中".encode("gb18030"), 15)
    got = arrived(pushed, version)
    assert (got.sender, got.receiver, got.data, got.coding) == ("8613800000000", "1065812345", b"\xd6\xd0", 15)
    assert got.content_type == ("application/x-cmpp20" if version == "2.0" else "application/x-cmpp30")
    assert got.received_at == NOW
    assert got.sent_at is not None  # the fake's ids say 22 November, 05:14:07
    assert datetime.fromtimestamp(got.sent_at, ZONE).strftime("%Y-%m-%d %H:%M:%S") == "2026-11-22 05:14:07"
    assert got.meta["msg_id"] == pushed.id.hex()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_repeat_has_the_same_key_even_with_another_number_and_the_next_message_has_another(version: Version) -> None:
    fake = Ismg(version, "", "")
    first, second = (fake.deliver("138", "106", b"text", 0) for _ in range(2))
    assert arrived(first, version, 1).key == arrived(first, version, 9, NOW + 100_000).key
    assert arrived(first, version).key != arrived(second, version).key


@pytest.mark.parametrize("version", VERSIONS)
def test_without_an_id_a_repeat_is_told_by_its_number_and_the_same_words_later_are_another_message(
    version: Version,
) -> None:
    fake = Ismg(version, "", "")
    one = fake.deliver("138", "106", b"text", 0, id=bytes(8))
    assert arrived(one, version, 5).key == arrived(one, version, 5, NOW + 60).key
    assert arrived(one, version, 5).key != arrived(one, version, 6).key
    assert arrived(one, version, 5).key != arrived(one, version, 5, NOW + 2 * 86_400).key
    assert arrived(one, version).sent_at is None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("changed", ["sender", "content", "coding", "part"])
def test_one_id_for_different_pieces_keeps_them_apart(version: Version, changed: str) -> None:
    fake = Ismg(version, "", "")
    base = {"sender": "138", "receiver": "106", "content": b"\x05\0\x03\x07\2\1text", "coding": 0, "headed": 1}
    other = base | {
        "sender": {"sender": "139"}, "content": {"content": b"\x05\0\x03\x07\2\1texT"}, "coding": {"coding": 4},
        "part": {"content": b"\x05\0\x03\x07\2\2text"},
    }[changed]  # fmt: skip
    same = fake.new_id()
    assert arrived(fake.deliver(**base, id=same), version).key != arrived(fake.deliver(**other, id=same), version).key


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("header", "part"),
    [(b"\x05\0\x03\x07\3\2", PartOf(7, 8, 3, 2)), (b"\x06\x08\x04\x12\x34\3\2", PartOf(0x1234, 16, 3, 2))],
)
def test_parts_by_either_reference(version: Version, header: bytes, part: PartOf) -> None:
    got = arrived(Ismg(version, "", "").deliver("138", "106", header + b"text", 8, 1), version)
    assert (got.part, got.data) == (part, b"text")


def test_a_broken_header_is_data_and_flagged() -> None:
    got = arrived(Ismg("2.0", "", "").deliver("138", "106", b"\xfftext", 0, 1), "2.0")
    assert (got.data, got.part, got.flags) == (b"\xfftext", None, ("udh_broken",))


@pytest.mark.parametrize("version", VERSIONS)
def test_reports(version: Version) -> None:
    fake = Ismg(version, "", "")
    sent = Submitted(1, "13800000000", b"", 0, 0, "106", 1, 1, 1, "", "", ("", ""), id=struct.pack(">Q", 0xABC))
    got = taken(fake.report_on(sent, "UNDELIV"), version)
    assert isinstance(got, Told)
    assert (got.external_id, got.state, got.code) == ("0000000000000abc", "failed", "UNDELIV")
    assert got.target == "13800000000"
    assert got.at == datetime(2026, 11, 22, 5, 15, tzinfo=ZONE).timestamp()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_report_too_short_to_name_a_message_is_kept_as_unreadable(version: Version) -> None:
    got = taken(Ismg(version, "", "").deliver("138", "106", b"short", 0, report=1), version)
    assert isinstance(got, Arrived)
    assert got.flags == ("unreadable",)
    assert "15" in got.meta["why"]


@given(st.binary(max_size=300), st.sampled_from(VERSIONS), st.integers(0, 2**32 - 1))
def test_any_body_is_taken_and_the_same_gives_the_same_key(body: bytes, version: Version, sequence: int) -> None:
    raw = pack_frame(5, sequence, body)
    got, again = (read_raw(raw, version, NOW, ZONE) for _ in range(2))
    assert got == again
    assert isinstance(got, Told) or (got.raw == raw and got.key)


@given(st.binary(max_size=100), st.sampled_from(VERSIONS))
def test_any_file_is_taken(raw: bytes, version: Version) -> None:
    got = read_raw(raw, version, NOW, ZONE)
    assert isinstance(got, Arrived | Told)


def test_another_command_is_unreadable() -> None:
    got = handed(Frame(8, 1, pack_frame(8, 1)), "2.0", NOW, ZONE)
    assert isinstance(got, Arrived)
    assert got.flags == ("unreadable",)
