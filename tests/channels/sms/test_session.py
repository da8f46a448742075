"""The life of a connection as a script: octets and times in, octets and events out, no socket."""

from __future__ import annotations

import struct
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.channels.port import Permanent
from gateway.channels.sms.cmpp.config import CmppSms
from gateway.channels.sms.cmpp.speaking import CmppDialect
from gateway.channels.sms.dialect import Part, Role
from gateway.channels.sms.frames import Frame, FrameReader, pack_frame
from gateway.channels.sms.limits import Limits
from gateway.channels.sms.session import TABLE, Answered, Delivered, Ended, GivenUp, Session, Up

CONFIG = CmppSms(account="hainan", host="h", secret="env:S", source_addr="901234", number="10658")
PART = Part("13800000000", 0, b"text")
LIMITS = Limits(window=2, answer_s=60, tries=3, active_s=30, active_wait_s=10, active_tries=3, login_s=10, leave_s=1)
LOGIN, SUBMIT, DELIVER, TEST, LEAVE, ANSWER = 1, 4, 5, 8, 2, 0x8000_0000


def session(limits: Limits = LIMITS) -> Session[str]:
    dialect = CmppDialect(CONFIG, "secret", "2.0", ZoneInfo("Asia/Shanghai"), lambda: 1.8e9, lambda version: None)
    return Session(dialect, limits)


def logged_in(limits: Limits = LIMITS) -> Session[str]:
    made = session(limits)
    made.begin(0)
    made.drain()
    assert made.receive(login_answer(0), 0) == [Up(False)]
    return made


def login_answer(status: int) -> bytes:
    return pack_frame(LOGIN | ANSWER, 1, bytes((status,)) + bytes(16) + b"\x20")


def submit_answer(sequence: int, result: int = 0) -> bytes:
    return pack_frame(SUBMIT | ANSWER, sequence, struct.pack(">QB", 5, result))


def sent(made: Session[str]) -> list[tuple[int, int]]:
    return [(one.command, one.sequence) for one in FrameReader().feed(made.drain())]


def test_a_day_in_its_life() -> None:
    made = session()
    made.begin(0)
    assert sent(made) == [(LOGIN, 1)]
    assert made.next_tick() == 10
    assert made.room == 0
    assert made.receive(login_answer(0), 1) == [Up(False)]
    assert (made.state, made.room, made.next_tick()) == ("up", 2, 31)
    made.put("a", PART, 2)
    assert sent(made) == [(SUBMIT, 2)]
    (event,) = made.receive(submit_answer(2), 3)
    assert isinstance(event, Answered)
    assert (event.item, event.submitted.external_id, event.submitted.error) == ("a", "0000000000000005", None)
    (event,) = made.receive(pack_frame(DELIVER, 77, bytes(80)), 4)
    assert isinstance(event, Delivered)
    assert sent(made) == []
    made.received(event.frame)
    assert sent(made) == [(DELIVER | ANSWER, 77)]
    assert made.receive(pack_frame(TEST, 78), 5) == []
    assert sent(made) == [(TEST | ANSWER, 78)]
    assert made.close(6) == []
    assert sent(made) == [(LEAVE, 3)]
    assert made.receive(pack_frame(LEAVE | ANSWER, 3), 6) == [Ended("we took our leave")]


def test_a_refused_login_says_why() -> None:
    made = session()
    made.begin(0)
    (event,) = made.receive(login_answer(3), 0)
    assert isinstance(event, Ended)
    assert event.refused
    assert "认证错" in event.why


@pytest.mark.parametrize("body", [b"", bytes(17)])
def test_a_login_answer_that_cannot_be_read_ends_it(body: bytes) -> None:
    made = session()
    made.begin(0)
    assert made.receive(pack_frame(LOGIN | ANSWER, 1, body), 0) == [
        Ended(f"CONNECT_RESP: {len(body)} octets, it has at least 18")
    ]


def test_a_login_without_an_answer_ends() -> None:
    made = session()
    made.begin(0)
    assert made.tick(9.9) == []
    assert made.tick(10) == [Ended("no answer to the login")]
    assert made.next_tick() is None


def test_silence_is_tested_three_times_and_then_ends_it() -> None:
    made = logged_in()
    assert made.tick(29) == []
    assert sent(made) == []
    for at in (30, 40, 50):
        assert made.next_tick() == at
        assert made.tick(at) == []
        assert [command for command, _ in sent(made)] == [TEST]
    assert made.tick(60) == [Ended("nothing came for 60 s, 3 active tests were not answered")]


def test_any_octet_ends_the_silence() -> None:
    made = logged_in()
    made.tick(30)
    made.tick(40)
    made.receive(b"\0", 45)  # a frame has begun
    assert made.next_tick() == 75
    assert made.tick(60) == []


def test_a_message_is_sent_again_and_given_up_by_the_standard() -> None:
    made = logged_in(Limits(window=2, active_s=1000))
    made.put("a", PART, 0)
    first = made.drain()
    assert made.next_tick() == 60
    assert (made.tick(60), made.drain(), made.resent) == ([], first, 1)
    assert (made.tick(120), made.drain()) == ([], first)
    assert made.tick(180) == [GivenUp("a")]
    assert made.receive(submit_answer(2), 181) == []  # too late
    assert made.strange == 1


def test_a_repeat_that_the_carrier_knows_was_taken() -> None:
    made = logged_in()
    made.put("a", PART, 0)
    made.tick(60)
    (event,) = made.receive(submit_answer(2, 3), 61)
    assert isinstance(event, Answered)
    assert event.submitted.error is None
    made.put("b", PART, 62)
    (event,) = made.receive(submit_answer(4, 3), 63)  # 3 was an active test
    assert isinstance(event, Answered)
    assert isinstance(event.submitted.error, Permanent)


def test_a_full_window_takes_no_more() -> None:
    made = logged_in()
    made.put("a", PART, 0)
    made.put("b", PART, 0)
    with pytest.raises(RuntimeError, match="full"):
        made.put("c", PART, 0)


def test_what_does_not_fit_takes_no_place() -> None:
    made = logged_in()
    with pytest.raises(ValueError, match="Dest_terminal_Id"):
        made.put("a", Part("1" * 50, 0, b""), 0)
    assert (made.room, made.drain()) == (2, b"")


def test_an_answer_that_cannot_be_read_leaves_the_message_waiting() -> None:
    made = logged_in()
    made.put("a", PART, 0)
    assert made.receive(pack_frame(SUBMIT | ANSWER, 2, b""), 1) == []
    assert (made.in_flight, made.strange) == (1, 1)


def test_the_carriers_leave_is_answered_and_ends_it() -> None:
    made = logged_in()
    assert made.receive(pack_frame(LEAVE, 9), 1) == [Ended("the carrier ended the connection")]
    assert sent(made) == [(LEAVE | ANSWER, 9)]


def test_what_came_before_garbage_counts() -> None:
    made = logged_in()
    delivered, ended = made.receive(pack_frame(DELIVER, 7, bytes(80)) + bytes(4), 1)
    assert isinstance(delivered, Delivered)
    assert ended == Ended("octet 122 of the connection: a frame of 0 octets, it has at least 12")


def test_the_end_gives_back_what_has_no_answer() -> None:
    made = logged_in()
    made.put("a", PART, 0, sent_before=1)
    assert made.lost("reset") == [Ended("reset")]
    assert [(one.item, one.sends) for one in made.unanswered()] == [("a", 2)]
    assert list(made.unanswered()) == []
    frame = Frame(DELIVER, 1, bytes(20))
    made.drain()
    made.received(frame)
    assert made.drain() == b""  # nobody hears it: it comes again


def test_a_leave_without_an_answer_is_not_waited_for() -> None:
    made = logged_in()
    made.close(5)
    assert made.receive(pack_frame(DELIVER, 7, bytes(80)), 5) == []  # it comes again on the next connection
    assert made.tick(5.9) == []
    assert made.tick(6) == [Ended("we took our leave")]


def test_closing_before_the_login_ends_at_once() -> None:
    made = session()
    assert made.close(0) == [Ended("closed by the gateway")]


def test_every_action_of_the_table_is_there() -> None:
    assert all(callable(getattr(Session, action)) for action in TABLE.values())
    assert {role for _, role in TABLE} == set(Role) - {Role.ODD}


@given(st.lists(st.binary(max_size=60), max_size=8), st.booleans())
def test_any_bytes_end_it_or_leave_it_alive_and_raise_nothing(pieces: list[bytes], begun: bool) -> None:
    made = logged_in() if begun else session()
    if not begun:
        made.begin(0)
    ended = [event for piece in pieces for event in made.receive(piece, 1) if isinstance(event, Ended)]
    assert len(ended) == (made.state == "ended")


class Life(RuleBasedStateMachine):
    """Whatever happens in whatever order: every message put has one end, the window is kept, an end is told once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.made = logged_in(Limits(window=3, answer_s=10, tries=2, active_s=15, active_wait_s=5, active_tries=2))
        self.open: dict[int, str] = {}
        self.ends: dict[str, str] = {}
        self.put_so_far = 0
        self.told_ended = 0

    def see(self, events: list[object]) -> None:
        for event in events:
            if isinstance(event, Answered | GivenUp):
                assert event.item not in self.ends
                self.ends[event.item] = type(event).__name__
            elif isinstance(event, Ended):
                self.told_ended += 1
        for frame in FrameReader().feed(self.made.drain()):
            if frame.command == SUBMIT and frame.sequence not in self.open:
                self.open[frame.sequence] = f"m{self.put_so_far}"

    @precondition(lambda self: self.made.room > 0)
    @rule()
    def put(self) -> None:
        self.put_so_far += 1
        self.made.put(f"m{self.put_so_far}", PART, self.now)
        self.see([])

    @rule(data=st.data(), result=st.sampled_from([0, 3, 8, 13]))
    def answer(self, data: st.DataObject, result: int) -> None:
        sequence = data.draw(st.sampled_from([0, *self.open]))
        self.see(self.made.receive(submit_answer(sequence, result), self.now))

    @rule(by=st.floats(0.1, 12))
    def wait(self, by: float) -> None:
        self.now += by
        self.see(self.made.tick(self.now))

    @rule(command=st.sampled_from([DELIVER, TEST, TEST | ANSWER, 99]))
    def hear(self, command: int) -> None:
        self.see(self.made.receive(pack_frame(command, 7, bytes(80)), self.now))

    @rule(how=st.sampled_from(["lost", "close", "leave"]))
    def end(self, how: str) -> None:
        if how == "leave":
            self.see(self.made.receive(pack_frame(LEAVE, 7), self.now))
        else:
            self.see(self.made.lost("reset") if how == "lost" else self.made.close(self.now))

    @invariant()
    def the_window_is_kept(self) -> None:
        assert 0 <= self.made.in_flight <= 3
        assert self.made.in_flight + len(self.ends) == self.put_so_far
        assert self.told_ended == (self.made.state == "ended")

    def teardown(self) -> None:
        self.made.lost("the end")
        left = [one.item for one in self.made.unanswered()]
        assert sorted([*left, *self.ends]) == sorted(f"m{n + 1}" for n in range(self.put_so_far))


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
