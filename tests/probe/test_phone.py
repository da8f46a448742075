"""The traps of pyVoIP that need no server to show: the ears, the ACK, the answer to OPTIONS."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

# pyVoIP imports audioop, which Python 3.11 says will go
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ANSWER = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKold\r\n"
    b"From: <sip:probe@127.0.0.1>;tag=ours\r\nTo: <sip:12345@127.0.0.1>;tag=theirs\r\nCall-ID: one\r\n"
    b"CSeq: 2 INVITE\r\nContact: <sip:127.0.0.1:5060;transport=udp>\r\nContent-Length: 0\r\n\r\n"
)


@pytest.fixture
def phone() -> Iterator[Any]:
    from gateway.probe.phone import ProbePhone

    yield ProbePhone("127.0.0.1", 5060, "probe", "x", "127.0.0.1", 5070, 5072)


def heard(payloads: list[bytes], payload_type: int = 0) -> Any:
    from pyVoIP import RTP

    from gateway.probe.phone import Ear

    ear = Ear({0: RTP.PayloadType.PCMU}, "127.0.0.1", 1, "127.0.0.1", 2, "sendrecv")
    for n, payload in enumerate(payloads):
        ear.parse_packet(bytes([0x80, payload_type]) + n.to_bytes(2, "big") + bytes(8) + payload)
    return ear


def test_silence_is_not_audio(phone):
    ear = heard([b"\xff" * 160] * 50)
    assert (ear.frames, ear.loud_frames, ear.enough_at) == (50, 0, None)


def test_a_tone_is_audio_after_a_fifth_of_a_second(phone):
    tone = bytes([0x80, 0x00] * 80)
    assert heard([tone] * 9).enough_at is None
    assert heard([tone] * 10).enough_at is not None


def test_both_laws_are_understood_and_other_payloads_are_not_heard(phone):
    loud = bytes([0x2A, 0xAA] * 80)
    assert heard([loud] * 10, payload_type=8).loud_frames == 10
    assert heard([loud] * 10, payload_type=101).frames == 0


@pytest.mark.parametrize("rubbish", [b"", b"\x80", b"\x80\x00" + bytes(10), b"\x8f\x00" + bytes(10) + b"abc"])
def test_rubbish_on_the_media_port_is_no_audio(phone, rubbish):
    ear = heard([])
    ear.parse_packet(rubbish)
    assert ear.loud_frames == 0


def test_the_ack_goes_to_the_contact_with_the_tags_of_the_answer(phone):
    from pyVoIP import SIP

    ack = phone.sip.gen_ack(SIP.SIPMessage(ANSWER))
    assert ack.startswith("ACK sip:127.0.0.1:5060;transport=udp SIP/2.0\r\n")
    assert "To: <sip:12345@127.0.0.1>;tag=theirs\r\n" in ack
    assert "From: <sip:probe@127.0.0.1>;tag=ours\r\n" in ack
    assert "CSeq: 2 ACK\r\n" in ack and "z9hG4bKold" not in ack


def test_two_telephones_never_share_a_call_id():
    from gateway.probe.phone import ProbePhone

    phones = [ProbePhone("127.0.0.1", 5060, "probe", "x", "127.0.0.1", 5070, 5072) for _ in range(2)]
    first, second = (phone.sip.gen_call_id() for phone in phones)
    assert first != second


@pytest.mark.parametrize(
    "datagram",
    [
        b"\r\n\r\n",
        b"\x00\x00\x00\x00",
        b"SIP/2.0 299 Odd\r\n\r\n",
        b"NOTIFY sip:x SIP/2.0\r\n\r\n",
        b"SIP/2.0\r\n",
        b"\xff" * 100,
    ],
)
def test_datagrams_that_cannot_be_read_are_passed_over(phone, datagram):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        phone.sip.s = phone.sip.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with phone.sip.s:
            phone.sip.s.bind(("127.0.0.1", 0))
            server.sendto(datagram, phone.sip.s.getsockname())
            phone.sip.pump(2.0)
    assert phone.sip.statuses == {}


def test_options_in_the_middle_of_a_call_is_answered(phone):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        phone.sip.port = server.getsockname()[1]
        phone.sip.s = phone.sip.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with phone.sip.s:
            phone.sip.s.bind(("127.0.0.1", 0))
            server.sendto(
                b"OPTIONS sip:probe@x SIP/2.0\r\nVia: v\r\nFrom: f\r\nTo: t\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n",
                phone.sip.s.getsockname(),
            )
            phone.sip.pump(2.0)
        assert server.recv(1000).startswith(
            b"SIP/2.0 200 OK\r\nVia: v\r\nFrom: f\r\nTo: t\r\nCall-ID: c\r\nCSeq: 1 OPTIONS"
        )
