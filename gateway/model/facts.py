"""Facts: what has happened on the line, in the past tense, with nothing of AMI left in it.

``gateway.asterisk.translate`` makes them from frames; the reducers in ``gateway.seats`` fold them into calls, queues
and the seat map. ``at`` is always seconds since the epoch, UTC, by Asterisk's clock (its ``Timestamp`` header): so a
recorded stream replays to the same durations. Facts are idempotent: the same one applied twice changes nothing the
second time, because events older than a snapshot can arrive after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gateway.model.ids import CallId, LegId, QueueId


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class LegRang:
    at: float
    leg: LegId
    call: CallId
    channel: str


@dataclass(frozen=True, slots=True)
class LegAnswered:
    at: float
    leg: LegId
    call: CallId
    channel: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    """A channel is gone. ``cause`` is the Q.850 cause code."""

    at: float
    leg: LegId
    call: CallId
    channel: str
    cause: int
    cause_text: str


@dataclass(frozen=True, slots=True)
class LegHeld:
    at: float
    leg: LegId
    call: CallId
    channel: str


@dataclass(frozen=True, slots=True)
class LegResumed:
    at: float
    leg: LegId
    call: CallId
    channel: str


@dataclass(frozen=True, slots=True)
class CallEntered:
    """The dialplan took a citizen's call: said by our own UserEvent, so that entry number and account survive.

    ``flow`` is the voice flow that it goes to; it may end without a word of its own (see ``CallQueued``). ``remote`` is
    the address that the INVITE came from and ``headers`` (name, value) what it held of partners' references; both are
    told only where a partner hands calls to us.
    """

    at: float
    leg: LegId
    call: CallId
    channel: str
    caller_number: str
    caller_name: str
    entry_number: str
    account: str
    flow: str = ""
    remote: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FlowEnded:
    """The FastAGI part is over. ``result`` is done (GW_DONE=1), failed, hung_up or timed_out.

    A flow that is done and leads straight into a queue is not told of: ``CallQueued`` follows at once.
    """

    at: float
    leg: LegId
    call: CallId
    flow: str
    result: str
    language: str


@dataclass(frozen=True, slots=True)
class CallQueued:
    """A caller joined a queue. Number, name and entry ride along so that a stream joined here still has them.

    ``language`` is the channel's, "" when it is not known. Whoever is in a queue has left his flow, done or not.
    """

    at: float
    leg: LegId
    call: CallId
    channel: str
    queue: QueueId
    position: int
    caller_number: str
    caller_name: str
    entry_number: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class CallLeftQueue:
    at: float
    leg: LegId
    call: CallId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class CallAbandoned:
    """The citizen hung up while queued. ``hold_s`` is what app_queue counted, in whole seconds."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    hold_s: float


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """Queue() returned to the dialplan without an agent. ``status`` is QUEUESTATUS (TIMEOUT, FULL, JOINEMPTY ...)."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    status: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class SeatCalled:
    """app_queue rings a member for this caller. ``leg`` is the citizen's, ``seat_leg`` the one that rings."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    interface: str
    member: str
    seat_leg: LegId


@dataclass(frozen=True, slots=True)
class SeatDidNotAnswer:
    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    interface: str
    member: str
    ring_s: float


@dataclass(frozen=True, slots=True)
class SeatAnswered:
    """A member took the caller. ``hold_s``, ``ring_s`` are app_queue's whole seconds: used when we saw less."""

    at: float
    leg: LegId
    call: CallId
    channel: str
    queue: QueueId
    interface: str
    member: str
    seat_leg: LegId
    hold_s: float
    ring_s: float
    caller_number: str
    caller_name: str
    entry_number: str


@dataclass(frozen=True, slots=True)
class SeatCompleted:
    """app_queue says that the conversation is over. ``reason`` is agent, caller or transfer."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    interface: str
    member: str
    hold_s: float
    talk_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """The full image of one queue member as Asterisk holds it (every QueueMember* event carries all of it).

    ``device`` is app_queue's device state: 1 not in use, 2 in use, 3 busy, 4 invalid, 5 unavailable, 6 ringing,
    7 ringing and in use, 8 on hold, 0 unknown.
    """

    at: float
    queue: QueueId
    interface: str
    member: str
    paused: bool
    reason: str
    device: int
    calls_taken: int
    last_call: float
    last_pause: float


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    at: float
    queue: QueueId
    interface: str
    member: str


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class LegJoinedRoom:
    """A leg is in a conference room. Rooms of transfers are named ``x-`` and the transfer's id."""

    at: float
    leg: LegId
    call: CallId
    channel: str
    room: str


@dataclass(frozen=True, slots=True)
class LegLeftRoom:
    at: float
    leg: LegId
    call: CallId
    channel: str
    room: str


@dataclass(frozen=True, slots=True)
class TargetFailed:
    """What we dialled for a transfer did not answer. ``leg`` is the one that we named; ``status`` is Asterisk's word
    (busy, no_answer, congestion, failed), ``cause`` Q.850 when it is known (0 if not)."""

    at: float
    leg: LegId
    transfer: str
    status: str
    cause: int = 0


@dataclass(frozen=True, slots=True)
class OutboundBegun:
    """An agent has taken up the telephone, and ``number`` is dialled for them under ``entry_number``, a number of ours.
    ``leg`` is the seat's; ``ticket_no`` is what they call about, "" for nothing."""

    at: float
    leg: LegId
    call: CallId
    channel: str
    number: str
    entry_number: str
    agent: str
    ticket_no: str = ""


@dataclass(frozen=True, slots=True)
class OutboundEnded:
    """The dialplan's last word on a call out. ``status`` is DIALSTATUS, ``source`` the channel that hung up first."""

    at: float
    leg: LegId
    call: CallId
    status: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class VirtualBegun:
    """A call over a virtual number (虚拟短号) is dialled on. ``side`` says who called: citizen or department."""

    at: float
    leg: LegId
    call: CallId
    binding: str
    side: str


@dataclass(frozen=True, slots=True)
class VirtualEnded:
    """It is over. ``status`` is DIALSTATUS; ``talk_s`` 0 when nobody answered; ``cause`` Q.850 of the far leg."""

    at: float
    leg: LegId
    call: CallId
    binding: str
    side: str
    status: str
    talk_s: float
    cause: int = 0


@dataclass(frozen=True, slots=True)
class Watching:
    """What a supervisor's leg does: it monitors the seat's leg ``watched``. ``agent`` is the supervisor's number."""

    watched: LegId
    mode: Literal["listen", "whisper", "barge"]
    agent: str = ""


@dataclass(frozen=True, slots=True)
class MonitorBegan:
    """A supervisor's leg monitors a seat's (``watched_channel`` is that one's name)."""

    at: float
    leg: LegId
    channel: str
    watched_channel: str
    watching: Watching


@dataclass(frozen=True, slots=True)
class MonitorEnded:
    """It does so no more. The leg itself may go on."""

    at: float
    leg: LegId


@dataclass(frozen=True, slots=True)
class NoticeHeard:
    """A caller on the way into a queue begins to hear a broadcast. ``notice`` is its id."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    notice: str


@dataclass(frozen=True, slots=True)
class QueueWasClosed:
    """A caller met a closed queue, and hears why. ``to`` is the queue that the caller is sent on to, "" for none:
    then QueueLeft (CLOSED) follows."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    to: str


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """MixMonitor runs on a leg. ``recording`` is the file's name without folder, as named by the dialplan."""

    at: float
    leg: LegId
    call: CallId
    recording: str


@dataclass(frozen=True, slots=True)
class EndpointChanged:
    """A phone registered or went away. ``reachable`` is true while it has a contact.

    ``contact`` is the SIP URI that came or went, empty when it was not said.
    """

    at: float
    endpoint: str
    reachable: bool
    contact: str = ""


@dataclass(frozen=True, slots=True)
class LegImage:
    """One live channel in a snapshot. ``state`` is Asterisk's ChannelStateDesc; ``age_s`` its duration in seconds."""

    leg: LegId
    call: CallId
    channel: str
    state: str
    caller_number: str
    caller_name: str
    entry_number: str
    age_s: float
    bridge: str = ""
    room: str = ""
    """The conference room that it is in (``x-`` and a transfer's id), "" for none."""
    watching: Watching | None = None
    """Whom it monitors, of a supervisor's leg."""


@dataclass(frozen=True, slots=True)
class WaitingImage:
    """One queued caller in a snapshot."""

    leg: LegId
    queue: QueueId
    position: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that Asterisk knows at ``at``. Whatever is live in our state but not in here has ended unseen."""

    at: float
    epoch: int
    legs: tuple[LegImage, ...] = ()
    members: tuple[MemberSeen, ...] = ()
    waiting: tuple[WaitingImage, ...] = ()
    queues: tuple[QueueId, ...] = ()
    reachable: frozenset[str] = field(default_factory=frozenset)
    unreachable: frozenset[str] = field(default_factory=frozenset)
    """Endpoints that have a contact and none that answers SIP OPTIONS."""


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The event session to Asterisk is gone: all live state is stale until the next snapshot."""

    at: float
    why: str


Fact = (
    LegCreated
    | LegRang
    | LegAnswered
    | LegEnded
    | LegHeld
    | LegResumed
    | CallEntered
    | FlowEnded
    | CallQueued
    | CallLeftQueue
    | CallAbandoned
    | QueueLeft
    | SeatCalled
    | SeatDidNotAnswer
    | SeatAnswered
    | SeatCompleted
    | MemberSeen
    | MemberRemoved
    | LegTransferred
    | LegJoinedRoom
    | LegLeftRoom
    | TargetFailed
    | OutboundBegun
    | OutboundEnded
    | VirtualBegun
    | VirtualEnded
    | MonitorBegan
    | MonitorEnded
    | NoticeHeard
    | QueueWasClosed
    | RecordingStarted
    | EndpointChanged
    | Snapshot
    | LinkLost
)
