"""Facts about seats: app_queue rings one, an agent answers or does not, joins or leaves queues; telephones register.

See ``gateway.model.facts``, by which they are known everywhere.
"""

from __future__ import annotations

from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.value import value


@value
class SeatCalled:
    """app_queue rings a member for this caller. ``leg`` is the citizen's, ``seat_leg`` the one that rings."""

    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    interface: str
    member: str
    seat_leg: LegId


@value
class SeatDidNotAnswer:
    at: float
    leg: LegId
    call: CallId
    queue: QueueId
    interface: str
    member: str
    ring_s: float


@value
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


@value
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


@value
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


@value
class MemberRemoved:
    at: float
    queue: QueueId
    interface: str
    member: str


@value
class EndpointChanged:
    """A phone registered or went away. ``reachable`` is true while it has a contact.

    ``contact`` is the SIP URI that came or went, empty when it was not said.
    """

    at: float
    endpoint: str
    reachable: bool
    contact: str = ""
