"""What a carrier's protocol must be able to say, so that one session (``session``) and one link (``carrier``) serve all
of them: CMPP and SMGP differ in numbers and fields, not in how a connection lives.

SGIP 1.2 would fit with two sessions: it logs in the other way round too (the carrier calls us to deliver), its sequence
has twelve octets (``FrameReader(sequence_octets=12)``) and a repeat there is told by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.frames import Frame
from gateway.channels.sms.port import Arrived, Told


class Role(Enum):
    """What a frame from the carrier is to the session, whatever its protocol calls it."""

    LOGIN_ANSWER = "answer to our login"
    SUBMIT_ANSWER = "answer to a message of ours"
    DELIVER = "a message or a status report"
    TEST = "active test"
    TEST_ANSWER = "answer to our active test"
    LEAVE = "the carrier takes its leave"
    LEAVE_ANSWER = "answer to our leave"
    REFUSE = "a request that we do not serve, in a protocol that wants to be told so"
    ODD = "anything else"


@dataclass(frozen=True, slots=True)
class Login:
    """How the carrier answered. ``words`` say it for people; ``proved``: it knows the secret too (many answer zeros).

    ``again``: the version was too high for it and is now lower; a new connection will do.
    """

    ok: bool
    words: str
    proved: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One SMS to send. ``content`` is the user data with its header when ``headed``; ``n`` counts from 1."""

    target: str
    coding: int
    content: bytes
    headed: bool = False
    total: int = 1
    n: int = 1


@dataclass(frozen=True, slots=True)
class Submitted:
    """The carrier's answer to a part: its id, or why not."""

    external_id: str = ""
    error: Retryable | Permanent | None = None


class Dialect(Protocol):
    """One connection's protocol: made anew for each, because a version is agreed on at login."""

    name: str

    def role(self, frame: Frame) -> Role: ...

    def login(self, sequence: int) -> bytes: ...

    def logged_in(self, frame: Frame) -> Login:
        """Raises WireError."""

    def submit(self, sequence: int, part: Part) -> bytes:
        """Raises ValueError, naming the field, for what does not fit."""

    def submitted(self, frame: Frame, sends: int) -> Submitted:
        """``sends``: how often it has been sent. Raises WireError."""

    def handed(self, frame: Frame, at: float) -> Arrived | Told:
        """What was delivered. Never raises: what cannot be read arrives with the flag ``unreadable``."""

    def received(self, frame: Frame) -> bytes:
        """The answer to a delivery that is kept."""

    def refused(self, frame: Frame) -> bytes:
        """The answer to a ``Role.REFUSE``; empty in a protocol that knows none."""

    def test(self, sequence: int) -> bytes: ...

    def tested(self, sequence: int) -> bytes: ...

    def leave(self, sequence: int) -> bytes: ...

    def left(self, sequence: int) -> bytes: ...


class Speaks(Protocol):
    """A protocol with an account's data: makes the dialect of each connection, and the parts of a text."""

    name: str

    def dialect(self) -> Dialect: ...

    def parts(self, target: str, text: str, key: str) -> Sequence[Part]:
        """Raises Permanent for a text that cannot be sent."""
