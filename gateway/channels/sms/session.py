"""The life of one connection to a carrier, without IO: octets and the time come in, octets and events go out.

    state    frame                     does               next
    login    answer to our login       judge it           up, or ended with the carrier's reason in words
    up       a message, a report       Delivered          up: answered by ``received`` when it is kept
    up       answer to ours            Answered           up
    up       active test / its answer  answer it / -      up
    up       what we do not serve      refuse it          up (SMPP only: others have no word for it)
    up       the carrier's leave       answer it          ended
    leaving  answer to our leave       -                  ended

``TABLE`` is that table; what it does not hold is counted as ``strange`` and left alone. Silence is not waited out:
after ``active_s`` without an octet an active test goes out, and again every ``active_wait_s``; ``active_tries`` of them
without any octet end the session (the standard has three minutes, 60 s and 3; a dead peer should be known sooner). A
login is answered within ``login_s`` or never. Messages of ours go through a ``Window``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from gateway.channels.sms.dialect import Dialect, Part, Role, Submitted
from gateway.channels.sms.frames import Frame, FrameReader, WireError
from gateway.channels.sms.limits import Limits
from gateway.channels.sms.window import Waiting, Window

State = Literal["new", "login", "up", "leaving", "ended"]
Item = TypeVar("Item")

TABLE: dict[tuple[State, Role], str] = {
    ("login", Role.LOGIN_ANSWER): "_logged_in",
    ("login", Role.LEAVE): "_left_by_peer",
    ("up", Role.DELIVER): "_delivered",
    ("up", Role.SUBMIT_ANSWER): "_answered",
    ("up", Role.TEST): "_tested",
    ("up", Role.TEST_ANSWER): "_alive",
    ("up", Role.REFUSE): "_refused",
    ("up", Role.LEAVE): "_left_by_peer",
    ("leaving", Role.SUBMIT_ANSWER): "_answered",
    ("leaving", Role.TEST): "_tested",
    ("leaving", Role.TEST_ANSWER): "_alive",
    ("leaving", Role.LEAVE): "_left_by_peer",
    ("leaving", Role.LEAVE_ANSWER): "_left",
}


@dataclass(frozen=True, slots=True)
class Up:
    """Logged in. ``proved``: the carrier has shown that it knows the secret."""

    proved: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """Something was handed to us; ``Session.received`` answers it."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Answered(Generic[Item]):
    """The carrier's word on a message of ours."""

    item: Item
    submitted: Submitted


@dataclass(frozen=True, slots=True)
class GivenUp(Generic[Item]):
    """Sent N times on a connection that lives, never answered: by the standard, sending stops."""

    item: Item


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection is of no use any more. ``refused``: the login was; ``again``: with a lower version at once."""

    why: str
    refused: bool = False
    again: bool = False


Event = Up | Delivered | Answered[Item] | GivenUp[Item] | Ended


class Session(Generic[Item]):
    """See the module. ``now`` is seconds of a clock that only goes forward; ``drain`` gives what is to be sent."""

    def __init__(self, dialect: Dialect, limits: Limits) -> None:
        self.state: State = "new"
        self.strange = 0
        self.resent = 0
        self._dialect, self._limits = dialect, limits
        self._reader = FrameReader(limits.max_frame, between=limits.between)
        self._window: Window[Item] = Window(limits.window, limits.answer_s, limits.tries)
        self._out: list[bytes] = []
        self._events: list[Event[Item]] = []
        self._sequence = 0
        self._heard = self._due = 0.0
        self._tests = 0

    @property
    def room(self) -> int:
        """How many messages of ours may be put now."""
        return self._window.room if self.state == "up" else 0

    @property
    def in_flight(self) -> int:
        return len(self._window)

    def drain(self) -> bytes:
        """What is to be sent, in order; each octet is given once."""
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    # -- what happens to it

    def begin(self, now: float) -> None:
        """Connected: log in."""
        self.state, self._heard = "login", now
        self._due = now + self._limits.login_s
        self._out.append(self._dialect.login(self._next()))

    def receive(self, data: bytes, now: float) -> list[Event[Item]]:
        """Octets came."""
        self._heard, self._tests = now, 0
        fault = ""
        try:
            frames = self._reader.feed(data)
        except WireError as error:
            frames, fault = list(error.frames), str(error)
        for frame in frames:
            self._take(frame)
        if fault:
            self._end(fault)
        return self._told()

    def tick(self, now: float) -> list[Event[Item]]:
        """Time has passed: what is overdue is sent again or given up, silence is tested."""
        if self.state == "login" and now >= self._due:
            self._end("no answer to the login")
        elif self.state == "leaving" and now >= self._due:
            self._end("we took our leave")
        elif self.state == "up":
            again, given_up = self._window.overdue(now)
            self._out += again
            self.resent += len(again)
            self._events += [GivenUp(item) for item in given_up]
            self._test(now)
        return self._told()

    def next_tick(self) -> float | None:
        """When ``tick`` has something to do."""
        if self.state in ("login", "leaving"):
            return self._due
        if self.state != "up":
            return None
        test = self._due if self._tests else self._heard + self._limits.active_s
        due = self._window.next_due()
        return test if due is None else min(test, due)

    def put(self, item: Item, part: Part, now: float, sent_before: int = 0) -> None:
        """Send a message; there must be room. Raises ValueError for what does not fit the protocol's fields."""
        if self.room <= 0:
            raise RuntimeError("the window is full")
        sequence = self._next()
        octets = self._dialect.submit(sequence, part)
        self._window.put(sequence, item, octets, now, sent_before)
        self._out.append(octets)

    def received(self, frame: Frame) -> None:
        """What was delivered is kept: tell the carrier, unless the connection has ended (then it comes again)."""
        if self.state in ("up", "leaving"):
            self._out.append(self._dialect.received(frame))

    def close(self, now: float) -> list[Event[Item]]:
        """Take our leave."""
        if self.state == "up":
            self.state, self._due = "leaving", now + self._limits.leave_s
            self._out.append(self._dialect.leave(self._next()))
        elif self.state != "leaving":
            self._end("closed by the gateway")
        return self._told()

    def lost(self, why: str) -> list[Event[Item]]:
        """The connection is gone."""
        self._end(why)
        return self._told()

    def unanswered(self) -> Iterator[Waiting[Item]]:
        """After the end: messages whose fate is unknown, oldest first. Each is given once."""
        return self._window.clear()

    # -- by the table

    def _take(self, frame: Frame) -> None:
        action = TABLE.get((self.state, self._dialect.role(frame)))
        if action is None:
            self.strange += 1
            return
        try:
            getattr(self, action)(frame)
        except WireError as error:
            self.strange += 1
            if self.state == "login":
                self._end(str(error))

    def _logged_in(self, frame: Frame) -> None:
        login = self._dialect.logged_in(frame)
        if not login.ok:
            self._end(login.words, refused=True, again=login.again)
            return
        self.state = "up"
        self._events.append(Up(login.proved))

    def _delivered(self, frame: Frame) -> None:
        self._events.append(Delivered(frame))

    def _answered(self, frame: Frame) -> None:
        waiting = self._window.peek(frame.sequence)
        if waiting is None:
            self.strange += 1
            return
        submitted = self._dialect.submitted(frame, waiting.sends)
        self._window.take(frame.sequence)
        self._events.append(Answered(waiting.item, submitted))

    def _tested(self, frame: Frame) -> None:
        self._out.append(self._dialect.tested(frame.sequence))

    def _alive(self, frame: Frame) -> None:
        """That octets came has been noted already."""

    def _refused(self, frame: Frame) -> None:
        self.strange += 1
        self._out.append(self._dialect.refused(frame))

    def _left_by_peer(self, frame: Frame) -> None:
        self._out.append(self._dialect.left(frame.sequence))
        self._end("the carrier ended the connection")

    def _left(self, frame: Frame) -> None:
        self._end("we took our leave")

    # --

    def _test(self, now: float) -> None:
        limits = self._limits
        if now < (self._due if self._tests else self._heard + limits.active_s):
            return
        if self._tests >= limits.active_tries:
            self._end(f"nothing came for {now - self._heard:.0f} s, {self._tests} active tests were not answered")
            return
        self._tests += 1
        self._due = now + limits.active_wait_s
        self._out.append(self._dialect.test(self._next()))

    def _end(self, why: str, refused: bool = False, again: bool = False) -> None:
        if self.state != "ended":
            self.state = "ended"
            self._events.append(Ended(why, refused, again))

    def _next(self) -> int:
        self._sequence = self._sequence % self._limits.most_sequence + 1
        return self._sequence

    def _told(self) -> list[Event[Item]]:
        events, self._events = self._events, []
        return events
