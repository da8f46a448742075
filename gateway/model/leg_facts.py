"""Facts about one leg: a channel comes up, rings, is answered, held, moved, recorded, listened to, and ends.

See ``gateway.model.facts``, by which they are known everywhere.
"""

from __future__ import annotations

from typing import Literal

from gateway.model.ids import CallId, LegId
from gateway.model.value import value


@value
class LegCreated:
    """A channel came up. ``inbound`` is true when a phone or trunk dialled in, false when Asterisk dials out on it."""

    at: float
    leg: LegId
    call: CallId
    channel: str
    inbound: bool
    caller_number: str
    caller_name: str
    exten: str
    context: str


@value
class LegRang:
    at: float
    leg: LegId
    call: CallId
    channel: str


@value
class LegAnswered:
    at: float
    leg: LegId
    call: CallId
    channel: str


@value
class LegEnded:
    """A channel is gone. ``cause`` is the Q.850 cause code."""

    at: float
    leg: LegId
    call: CallId
    channel: str
    cause: int
    cause_text: str


@value
class LegHeld:
    at: float
    leg: LegId
    call: CallId
    channel: str


@value
class LegResumed:
    at: float
    leg: LegId
    call: CallId
    channel: str


@value
class LegTransferred:
    """Somebody handed a leg over. ``mode`` is blind or attended; ``target`` the number or leg that it went to.

    Kept as an edge of its own, because Linkedid alone loses where a merged call came from.
    """

    at: float
    leg: LegId
    call: CallId
    mode: str
    target: str
    result: str


@value
class LegJoinedRoom:
    """A leg is in a conference room. Rooms of transfers are named ``x-`` and the transfer's id."""

    at: float
    leg: LegId
    call: CallId
    channel: str
    room: str


@value
class LegLeftRoom:
    at: float
    leg: LegId
    call: CallId
    channel: str
    room: str


@value
class TargetFailed:
    """What we dialled for a transfer did not answer. ``leg`` is the one that we named; ``status`` is Asterisk's word
    (busy, no_answer, congestion, failed), ``cause`` Q.850 when it is known (0 if not)."""

    at: float
    leg: LegId
    transfer: str
    status: str
    cause: int = 0


@value
class RecordingStarted:
    """MixMonitor runs on a leg. ``recording`` is the file's name without folder, as named by the dialplan."""

    at: float
    leg: LegId
    call: CallId
    recording: str


@value
class Watching:
    """What a supervisor's leg does: it monitors the seat's leg ``watched``. ``agent`` is the supervisor's number."""

    watched: LegId
    mode: Literal["listen", "whisper", "barge"]
    agent: str = ""


@value
class MonitorBegan:
    """A supervisor's leg monitors a seat's (``watched_channel`` is that one's name)."""

    at: float
    leg: LegId
    channel: str
    watched_channel: str
    watching: Watching


@value
class MonitorEnded:
    """It does so no more. The leg itself may go on."""

    at: float
    leg: LegId
