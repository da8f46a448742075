"""Which PDU is what to a session, and what we make of the centre's answers."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.dialect import Role
from gateway.channels.sms.frames import Frame
from gateway.channels.sms.port import Arrived
from gateway.channels.sms.session import Answered, Delivered, Session, Up
from gateway.channels.sms.smpp.ids import MessageIds
from gateway.channels.sms.smpp.speaking import Smpp, SmppDialect
from gateway.channels.sms.smpp.wire import name_of, reader
from gateway.channels.sms.split import References
from tests.channels.sms.smpp.smpp_pdus import CITIZEN, deliver, pdu
from tests.channels.sms.smpp.smsc import config_of


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def unknown(id: str) -> bool:
    return False


def smpp(clock: Clock | None = None, **more: Any) -> Smpp:
    zone, ids = ZoneInfo("Asia/Shanghai"), MessageIds("auto", unknown)
    return Smpp(config_of(1, **more), "secret", "transceiver", ids, zone, clock or Clock(), References(7))


def frame(raw: bytes) -> Frame:
    (one,) = reader().feed(raw)
    return one


def bound(clock: Clock | None = None) -> SmppDialect:
    dialect = smpp(clock).dialect()
    assert dialect.logged_in(frame(pdu(0x80000009, b"perl\0"))).ok
    return dialect


@pytest.mark.parametrize(
    ("command", "role"),
    [
        (5, Role.DELIVER), (0x103, Role.DELIVER), (0x15, Role.TEST), (6, Role.LEAVE), (0x102, Role.ODD),
        (0x0B, Role.ODD), (3, Role.REFUSE), (4, Role.REFUSE), (0x7777, Role.REFUSE), (0x80007777, Role.ODD),
        (0x80000000, Role.SUBMIT_ANSWER), (0x80000004, Role.SUBMIT_ANSWER),
    ],
)  # fmt: skip
def test_each_pdu_has_a_role(command: int, role: Role) -> None:
    assert bound().role(frame(pdu(command))) is role


def test_a_generic_nack_before_the_bind_is_its_refusal() -> None:
    dialect, nack = smpp().dialect(), frame(pdu(0x80000000, status=3))
    assert dialect.role(nack) is Role.LOGIN_ANSWER
    assert not dialect.logged_in(nack).ok


def test_answers_to_messages_in_words() -> None:
    dialect = bound()
    taken = dialect.submitted(frame(pdu(0x80000004, b"00A1\0")), 1)
    assert (taken.external_id, taken.error) == ("a1", None)
    assert isinstance(dialect.submitted(frame(pdu(0x80000004, status=0x58)), 1).error, Retryable)
    assert isinstance(dialect.submitted(frame(pdu(0x80000000, status=3)), 1).error, Permanent)
    assert isinstance(dialect.submitted(frame(pdu(0x80000000)), 1).error, Permanent)
    assert dialect.submitted(frame(pdu(0x80000004)), 1).external_id == ""


def test_the_same_octets_after_our_answer_are_marked() -> None:
    clock = Clock()
    dialect, first = bound(clock), frame(deliver("1", sequence=1))

    def mark(sequence: int) -> bool:
        one = dialect.handed(frame(deliver("1", sequence=sequence)), clock.now)
        assert isinstance(one, Arrived)
        return "again" in one.meta

    assert not mark(1)
    clock.now += 60
    assert not mark(2)  # the first is not answered yet
    dialect.received(first)
    clock.now += 5
    assert not mark(3)
    clock.now += 10
    assert mark(4)


def test_texts_are_cut_with_a_header_and_by_the_centres_alphabet() -> None:
    assert [(one.coding, one.content) for one in smpp().parts(CITIZEN, "é€", "d1")] == [(0, b"\x05\x1be")]
    assert [one.coding for one in smpp(alphabet="ascii").parts(CITIZEN, "é€", "d1")] == [8]
    first, second = smpp().parts(CITIZEN, "路" * 71, "d1")
    assert (first.headed, first.content[:6], first.total, second.n) == (True, b"\5\0\3\7\2\1", 2, 2)
    for text, words in (("", "为空"), ("路" * 20_000, "过长")):
        with pytest.raises(Permanent, match=words):
            smpp().parts(CITIZEN, text, "d1")


def test_a_session_of_it() -> None:
    """Through the state machine that all carriers share: the status between command and sequence is no stumbling
    block, and the sequence stays in its range."""
    speaks = smpp()
    session: Session[str] = Session(speaks.dialect(), speaks.config.limits())
    session.begin(0.0)
    assert name_of(frame(session.drain()).command) == "bind_transceiver"
    assert session.receive(pdu(0x80000009, b"\0"), 0.1) == [Up(True)]
    session._sequence = 0x7FFF_FFFF
    session.put("a", speaks.parts(CITIZEN, "hi", "d1")[0], 0.2)
    assert frame(session.drain()).sequence == 1
    (answered,) = session.receive(pdu(0x80000004, status=0x58), 0.3)
    assert isinstance(answered, Answered)
    assert isinstance(answered.submitted.error, Retryable)
    (delivered,) = session.receive(deliver("路灯", sequence=9), 0.4)
    assert isinstance(delivered, Delivered)
    assert session.drain() == b""
    session.received(delivered.frame)
    assert frame(session.drain())[:2] == (0x80000005, 9)
    assert session.receive(pdu(3, sequence=8), 0.5) == []
    assert name_of(frame(session.drain()).command) == "generic_nack"
