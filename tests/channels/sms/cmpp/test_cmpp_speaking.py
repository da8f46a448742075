"""CMPP's login: the proof by hand, the carrier's proof, versions."""

from __future__ import annotations

import hashlib
from zoneinfo import ZoneInfo

import pytest

from gateway.channels.sms.cmpp.config import CmppSms
from gateway.channels.sms.cmpp.speaking import Cmpp, CmppDialect, authenticator
from gateway.channels.sms.cmpp.units import Version
from gateway.channels.sms.dialect import Login, Part, Role
from gateway.channels.sms.frames import Frame, FrameReader, pack_frame
from gateway.channels.sms.split import References
from tests.channels.sms.carrier_stage import NOW, ZONE


def speaking(version: Version = "3.0") -> Cmpp:
    config = CmppSms(
        account="a", host="h", secret="env:S", source_addr="901234", number="10658", service_id="HELP", version=version,
        fee_user_type=3, fee_terminal_id="12345",
    )  # fmt: skip
    return Cmpp(config, "secret", ZONE, lambda: NOW, References(7), version)


def answered(
    speaks: Cmpp, status: int, version: int, proof: bytes = bytes(16), width: int = 4
) -> tuple[CmppDialect, Login]:
    dialect = speaks.dialect()
    dialect.login(1)
    (frame,) = FrameReader().feed(pack_frame(0x8000_0001, 1, status.to_bytes(width) + proof + bytes((version,))))
    return dialect, dialect.logged_in(frame)


def test_the_proof_is_the_standards() -> None:
    word = b"901234" + b"\0\0\0\0\0\0\0\0\0" + b"secret" + b"1122051507"
    assert authenticator("901234", "secret", "1122051507") == hashlib.md5(word).digest()
    raw = speaking().dialect().login(1)
    assert raw[12:18] == b"901234"
    assert raw[18:34] == hashlib.md5(word).digest()
    assert (raw[34], int.from_bytes(raw[35:39])) == (0x30, 1122051507)


def test_the_time_is_the_carriers_wherever_we_are() -> None:
    speaks = speaking()
    speaks.zone = ZoneInfo("UTC")
    assert int.from_bytes(speaks.dialect().login(1)[35:39]) == 1121211507


@pytest.mark.parametrize("width", [1, 4])
def test_a_carrier_that_knows_the_secret_is_recognised(width: int) -> None:
    shown = authenticator("901234", "secret", "1122051507")
    proof = hashlib.md5(bytes(width) + shown + b"secret").digest()
    _, login = answered(speaking(), 0, 0x30, proof, width)
    assert (login.ok, login.proved) == (True, True)
    _, login = answered(speaking(), 0, 0x30, bytes(16), width)
    assert (login.ok, login.proved) == (True, False)


@pytest.mark.parametrize(
    ("ours", "theirs", "then"),
    [("3.0", 0x30, "3.0"), ("3.0", 0x20, "2.0"), ("2.0", 0x30, "2.0"), ("2.0", 0x20, "2.0"), ("3.0", 0, "3.0"),
     ("3.0", 0x12, "2.0")],
)  # fmt: skip
def test_the_lower_version_is_spoken(ours: Version, theirs: int, then: Version) -> None:
    speaks = speaking(ours)
    dialect, login = answered(speaks, 0, theirs)
    assert login.ok
    assert (dialect.version, speaks.version) == (then, then)


def test_a_version_too_high_is_tried_again_at_once_with_the_lower() -> None:
    speaks = speaking("3.0")
    _, login = answered(speaks, 4, 0x20, width=1)
    assert (login.ok, login.again, speaks.version) == (False, True, "2.0")
    for version in (0x12, 0x20, 0x30):  # there is no lower one: trying at once would never end
        _, login = answered(speaking("2.0"), 4, version, width=1)
        assert (login.ok, login.again) == (False, False)


@pytest.mark.parametrize(
    ("command", "role"),
    [(5, Role.DELIVER), (8, Role.TEST), (0x8000_0004, Role.SUBMIT_ANSWER), (4, Role.ODD), (0x8000_0005, Role.ODD)],
)
def test_roles(command: int, role: Role) -> None:
    assert speaking().dialect().role(Frame(command, 1, b"")) is role


def test_a_message_bears_what_the_contract_says() -> None:
    raw = speaking("2.0").dialect().submit(7, Part("13800000000", 8, b"\0a", True, 3, 2))
    body = raw[12:]
    assert (body[8], body[9], body[10]) == (3, 2, 1)  # of three the second, with a report
    assert body[12:22] == b"HELP".ljust(10, b"\0")
    assert body[22] == 3
    assert body[23:44] == b"12345".ljust(21, b"\0")
    assert (body[45], body[46]) == (1, 8)
    assert body[47:53] == b"901234"
    assert body[53:61] == b"010\0\0\0\0\0"
    assert body[95:116] == b"10658".ljust(21, b"\0")


@pytest.mark.parametrize("body", [b"", b"\1\2", bytes(range(8)), bytes(range(40))])
def test_an_answer_names_what_it_can(body: bytes) -> None:
    (frame,) = FrameReader().feed(pack_frame(5, 9, body))
    raw = speaking("2.0").dialect().received(frame)
    assert raw[12:] == body[:8].ljust(8, b"\0") + b"\0"
