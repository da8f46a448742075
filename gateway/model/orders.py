"""Orders: what is to be done, in the imperative. They change no state themselves; the fact that comes back does.

``gateway.asterisk.switch`` carries them out over the order session. Every order has a time limit there and is never
sent again after a reconnect: a transfer replayed ten seconds late is worse than one that failed.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.ids import QueueId


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


Order = AddMember | RemoveMember | PauseMember | Hangup


class OrderRefused(Exception):
    """Asterisk (or the link to it) did not carry out an order. ``why`` is safe to show to an operator."""

    def __init__(self, order: object, why: str) -> None:
        super().__init__(f"{type(order).__name__}: {why}")
        self.order = order
        self.why = why
