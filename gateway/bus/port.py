"""What the gateway asks of a bus, and the rule for those who cannot keep up: they lose the oldest messages and are told
how many, so that they can fetch what they missed from where the truth is (a snapshot, the ledger's feed).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


class BusUnavailable(OSError):
    """The bus did not take or give a message within its time limit. Trying again later can help."""


@dataclass(frozen=True, slots=True)
class Message:
    """``missed`` messages of the topic were lost to this subscriber just before this one (-1: some, count unknown)."""

    topic: str
    sequence: int
    payload: bytes
    missed: int = 0


class Bus(Protocol):
    """Topics of messages in sequence. A topic has either its publisher's sequence or the bus's own, never both."""

    @property
    def backlog(self) -> int:
        """How many messages a topic keeps for later readers: how far back it is worth filling after an outage."""

    async def publish(self, topic: str, payload: bytes, sequence: int | None = None) -> None:
        """Send to every subscriber of ``topic``. With ``sequence`` (rising, from 1) a repeat is dropped silently.

        Returns when the bus has taken it. Raises BusUnavailable within the bus's time limit.
        """

    async def append(self, topic: str, messages: Sequence[tuple[int, bytes]], stood: int) -> int:
        """Publish many at once, (sequence, payload) in sequence, if the topic's newest is still ``stood``.

        Returns the topic's newest sequence: that of the last message when they were taken. Another means that somebody
        else has published, or that the bus lost what it had, and that nothing was taken. Raises BusUnavailable.
        """

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """Messages published after the block was entered, in order. The iterator outlives outages and never ends."""

    async def last(self, topic: str) -> int:
        """The sequence of the topic's newest message, 0 when it has none. Raises BusUnavailable."""
