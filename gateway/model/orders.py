"""Orders: what is to be done, in the imperative. They change no state themselves; the fact that comes back does.

``gateway.asterisk.switch`` carries them out over the order session. Every order has a time limit there and is never
sent again after a reconnect: a transfer replayed ten seconds late is worse than one that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.model.ids import LegId, QueueId


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


Order = AddMember | RemoveMember | PauseMember | Hangup | DialTarget | MoveLegs | MarkLeg


class OrderRefused(Exception):
    """Asterisk (or the link to it) did not carry out an order. ``why`` is safe to show to an operator."""

    def __init__(self, order: object, why: str) -> None:
        super().__init__(f"{type(order).__name__}: {why}")
        self.order = order
        self.why = why
