"""SMGP's login: the proof by hand, the carrier's proof; what a message bears."""

from __future__ import annotations

import hashlib

import pytest

from gateway.channels.sms.dialect import Part, Role
from gateway.channels.sms.frames import Frame, FrameReader, pack_frame
from gateway.channels.sms.smgp.config import SmgpSms
from gateway.channels.sms.smgp.speaking import Smgp, SmgpDialect, authenticator
from gateway.channels.sms.smgp.wire import read
from gateway.channels.sms.split import References
from tests.channels.sms.carrier_stage import NOW, ZONE

PROOF = hashlib.md5(b"12345678" + b"\0\0\0\0\0\0\0" + b"secret" + b"1122051507").digest()


def speaking() -> SmgpDialect:
    config = SmgpSms(
        account="a", host="h", secret="env:S", client_id="12345678", number="10659", service_id="HELP", sp_code="9876"
    )
    return Smgp(config, "secret", ZONE, lambda: NOW, References(7)).dialect()


def test_the_proof_is_the_standards() -> None:
    assert authenticator("12345678", "secret", "1122051507") == PROOF
    raw = speaking().login(1)
    assert raw[12:] == b"12345678" + PROOF + b"\2" + (1122051507).to_bytes(4) + b"\x30"


@pytest.mark.parametrize("knows", [True, False])
def test_a_carrier_that_knows_the_secret_is_recognised(knows: bool) -> None:
    dialect = speaking()
    dialect.login(1)
    proof = hashlib.md5(bytes(4) + PROOF + b"secret").digest() if knows else bytes(16)
    (frame,) = FrameReader().feed(pack_frame(0x8000_0001, 1, bytes(4) + proof + b"\x30"))
    login = dialect.logged_in(frame)
    assert (login.ok, login.proved) == (True, knows)


def test_a_long_message_bears_its_place_twice() -> None:
    (frame,) = FrameReader().feed(speaking().submit(7, Part("13300000000", 8, b"\5\0\3\7\3\2\0a", True, 3, 2)))
    got = read(frame)
    assert (got.dest, got.src_term_id, got.service_id, got.need_report) == (("13300000000",), "10659", "HELP", 1)
    assert dict(got.options) == {2: b"\1", 9: b"\3", 10: b"\2", 0x10: b"9876\0\0\0\0"}


@pytest.mark.parametrize(
    ("command", "role"),
    [(3, Role.DELIVER), (4, Role.TEST), (6, Role.LEAVE), (0x8000_0002, Role.SUBMIT_ANSWER), (5, Role.ODD)],
)
def test_roles(command: int, role: Role) -> None:
    assert speaking().role(Frame(command, 1, b"")) is role


@pytest.mark.parametrize("body", [b"", b"\1\2", bytes(range(40))])
def test_an_answer_names_what_it_can(body: bytes) -> None:
    (frame,) = FrameReader().feed(pack_frame(3, 9, body))
    assert speaking().received(frame)[12:] == body[:10].ljust(10, b"\0") + bytes(4)
