"""Facts: what has happened on the line, in the past tense, with nothing of AMI left in it.

``gateway.asterisk.translate`` makes them from frames; the reducers in ``gateway.seats`` fold them into calls, queues
and the seat map. ``at`` is always seconds since the epoch, UTC, by Asterisk's clock (its ``Timestamp`` header): so a
recorded stream replays to the same durations. Facts are idempotent: the same one applied twice changes nothing the
second time, because events older than a snapshot can arrive after it.

They are defined by family (``leg_facts``, ``call_facts``, ``seat_facts``) and known by this module's name; what is said
of all at once, the snapshot and the loss of the link, is here.
"""

from __future__ import annotations

from dataclasses import field

from gateway.model.call_facts import (
    CallAbandoned,
    CallEntered,
    CallLeftQueue,
    CallQueued,
    FlowEnded,
    NoticeHeard,
    OutboundBegun,
    OutboundEnded,
    QueueLeft,
    QueueWasClosed,
    VirtualBegun,
    VirtualEnded,
)
from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.leg_facts import (
    LegAnswered,
    LegCreated,
    LegEnded,
    LegHeld,
    LegJoinedRoom,
    LegLeftRoom,
    LegRang,
    LegResumed,
    LegTransferred,
    MonitorBegan,
    MonitorEnded,
    RecordingStarted,
    TargetFailed,
    Watching,
)
from gateway.model.seat_facts import (
    EndpointChanged,
    MemberRemoved,
    MemberSeen,
    SeatAnswered,
    SeatCalled,
    SeatCompleted,
    SeatDidNotAnswer,
)
from gateway.model.value import value

__all__ = [
    "CallAbandoned", "CallEntered", "CallLeftQueue", "CallQueued", "EndpointChanged", "Fact", "FlowEnded",
    "LegAnswered", "LegCreated", "LegEnded", "LegHeld", "LegImage", "LegJoinedRoom", "LegLeftRoom", "LegRang",
    "LegResumed", "LegTransferred", "LinkLost", "MemberRemoved", "MemberSeen", "MonitorBegan", "MonitorEnded",
    "NoticeHeard", "OutboundBegun", "OutboundEnded", "QueueLeft", "QueueWasClosed", "RecordingStarted",
    "SeatAnswered", "SeatCalled", "SeatCompleted", "SeatDidNotAnswer", "Snapshot", "TargetFailed",
    "VirtualBegun", "VirtualEnded", "WaitingImage", "Watching",
]  # fmt: skip


@value
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


@value
class WaitingImage:
    """One queued caller in a snapshot."""

    leg: LegId
    queue: QueueId
    position: int
    wait_s: float


@value
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


@value
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
