"""Orders: what is to be done, in the imperative. They change no state themselves; the fact that comes back does.

``gateway.asterisk.switch`` carries them out over the order session. Every order has a time limit there and is never
sent again after a reconnect: a transfer replayed ten seconds late is worse than one that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.model.ids import CallId, LegId, QueueId


@dataclass(frozen=True, slots=True)
class AddMember:
    """Sign an agent in: make ``interface`` a member of ``queue`` under the agent's number ``member``."""

    queue: QueueId
    interface: str
    member: str
    penalty: int = 0
    paused: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RemoveMember:
    queue: QueueId
    interface: str


@dataclass(frozen=True, slots=True)
class PauseMember:
    """Pause or unpause ``interface`` in all its queues (``queue`` empty) or in one. ``reason`` is kept by Asterisk."""

    interface: str
    paused: bool
    reason: str = ""
    queue: QueueId | None = None


@dataclass(frozen=True, slots=True)
class Hangup:
    """End one leg. ``channel`` is its name as Asterisk shows it."""

    channel: str
    cause: int = 16


@dataclass(frozen=True, slots=True)
class DialTarget:
    """Dial somebody for a transfer and put them into its room when they answer. ``leg`` is the Uniqueid that the new
    channel is to have. ``endpoint`` is ``PJSIP/110@trunk`` or a seat's. ``headers`` ride on the INVITE
    (X-Ticket-No ...). ``ring_s`` is how long it may ring.
    """

    transfer: str
    leg: LegId
    endpoint: str
    caller_number: str
    caller_name: str
    ring_s: int
    headers: Mapping[str, str] = field(default_factory=dict)
    language: str = "zh"


Place = Literal["room", "hold", "back", "queue", "flow", "dial"]
"""Where a leg may be put: the transfer's room; music, alone; the front of its queue, with the same agent wanted; a
queue of its own; a voice flow; a number over the trunk, dialled at once (blind, 释放转)."""


@dataclass(frozen=True, slots=True)
class MoveLegs:
    """Take one leg, or two at once, out of what they are in, to where the transfer wants them. Each is (channel,
    place, detail): the detail of ``queue`` is the queue, of ``flow`` the flow, of ``back`` the agent's interface, of
    ``dial`` the number (GW_TICKET, if it is marked on the channel before, rides on the INVITE as X-Ticket-No).
    """

    transfer: str
    moves: tuple[tuple[str, Place, str], ...]


@dataclass(frozen=True, slots=True)
class MarkLeg:
    """Set a variable of ours on a channel (``GW_...``), which the dialplan reads when it must act without us."""

    channel: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class DialOut:
    """Ring a seat's telephone, which is to take up by itself if it can, and then dial ``number`` for it over the trunk.
    ``call`` is the Uniqueid that the seat's leg is to have, and with it the call's name. ``shown`` is the number of
    ours that the citizen sees; ``ring_s`` how long the agent's own telephone may ring.
    """

    call: CallId
    interface: str
    number: str
    shown: str
    agent: str
    ticket_no: str = ""
    language: str = "zh"
    ring_s: int = 20


@dataclass(frozen=True, slots=True)
class PutSecret:
    """Let the softphone ``endpoint`` (``8001w``) register with a password, until it is dropped. ``digest`` is
    MD5(endpoint:realm:password) (RFC 2617), so that nobody can read the password back. ``expires_at`` (epoch seconds)
    is kept beside it for whoever sweeps up; the switch itself does not look at it.
    """

    endpoint: str
    realm: str
    digest: str = field(repr=False)
    expires_at: float = 0.0


@dataclass(frozen=True, slots=True)
class DropSecret:
    """Whoever registers as ``endpoint`` from now on is refused. A call that is up goes on."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class NotifyPhone:
    """Press a key of a desk phone from afar: ``talk`` answers what rings and takes up what is held, ``hold`` holds
    (NOTIFY with that Event, which many makers' phones know; one that does not know it does nothing).
    """

    channel: str
    event: Literal["talk", "hold"]


@dataclass(frozen=True, slots=True)
class MuteLeg:
    """Let nothing that is said into this leg through, or let it through again."""

    channel: str
    muted: bool


@dataclass(frozen=True, slots=True)
class PressDigit:
    """A key of the keypad, as if it had been pressed at the telephone of this leg."""

    channel: str
    digit: str


MonitorMode = Literal["listen", "whisper", "barge"]
"""What a supervisor is to those who talk: silent (侦听), heard by the agent alone (耳语), heard by both (插入)."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """Ring a supervisor's telephone and let it into the conversation of the leg ``watched``, which is a seat's.
    ``leg`` is the Uniqueid that the new channel is to have, ``agent`` the supervisor's number, "" when there is none.
    """

    leg: LegId
    interface: str
    watched: LegId
    mode: MonitorMode
    agent: str = ""
    ring_s: int = 20


@dataclass(frozen=True, slots=True)
class SwitchMonitor:
    """Another way of monitoring, or another seat's leg, for the supervisor's ``leg`` that is up already."""

    leg: LegId
    watched: LegId
    mode: MonitorMode
    agent: str = ""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Lead the citizen's leg to the supervisor's, which monitors it, and let the agent's go. ``interface`` is the
    supervisor's telephone, ``back`` the agent's: where the citizen goes when the supervisor's leg is not there.
    """

    caller_leg: LegId
    agent_leg: LegId
    leg: LegId
    interface: str
    back: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class MoveWaiting:
    """Put a caller who waits in ``queue`` to the front or the end of ``to``, which may be the same. Whoever a seat
    takes in that moment stays with the seat."""

    channel: str
    queue: QueueId
    to: QueueId
    front: bool


@dataclass(frozen=True, slots=True)
class PickUp:
    """Ring ``interface``, a seat's telephone, for a caller who waits in ``queue``; who is not taken up within
    ``ring_s`` seconds is back at the front of it. ``agent`` is whose conversation it will be, "" when they have no
    number."""

    channel: str
    queue: QueueId
    interface: str
    agent: str
    ring_s: int


Memory = Literal["gw-closed", "gw-notice", "gw-note"]
"""What Asterisk keeps of queues: which are closed, what is broadcast before them, and what people wrote about both."""


@dataclass(frozen=True, slots=True)
class Remember:
    """Have Asterisk keep a text (in AstDB), also over its restarts; the dialplan reads it while we are away."""

    family: Memory
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Forget:
    family: Memory
    key: str


Order = (
    AddMember
    | RemoveMember
    | PauseMember
    | Hangup
    | DialTarget
    | DialOut
    | MoveLegs
    | MarkLeg
    | PutSecret
    | DropSecret
    | NotifyPhone
    | MuteLeg
    | PressDigit
    | MoveWaiting
    | PickUp
    | Remember
    | Forget
    | Monitor
    | SwitchMonitor
    | TakeOver
)


class OrderRefused(Exception):
    """Asterisk (or the link to it) did not carry out an order. ``why`` is safe to show to an operator."""

    def __init__(self, order: object, why: str) -> None:
        super().__init__(f"{type(order).__name__}: {why}")
        self.order = order
        self.why = why
