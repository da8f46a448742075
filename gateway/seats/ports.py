"""What the live side needs of a telephone switch. ``gateway.asterisk.switch`` implements it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from gateway.model.orders import Memory as Family
from gateway.model.orders import Order


class Switch(Protocol):
    async def carry_out(self, order: Order) -> None:
        """Hand one order to the switch and return when it is accepted.

        Raises OrderRefused with a reason fit for an operator. Acceptance changes no state here: the fact does.
        """


class Secrets(Protocol):
    """What may register as a softphone now, kept by the switch. ``gateway.asterisk.phones`` implements it."""

    async def issued(self) -> Mapping[str, float]:
        """Each softphone's SIP user with the epoch second until which. Raises OrderRefused."""


class Memory(Protocol):
    """What the switch keeps of queues. ``gateway.asterisk.queueing`` implements it."""

    async def kept(self, family: Family) -> Mapping[str, str]:
        """All of one family, by key. Raises OrderRefused."""


class Voice(Protocol):
    """Sounds that are made while the hotline runs. ``gateway.asterisk.voice`` implements it."""

    async def speak(self, id: str, zh: str, en: str) -> str:
        """Have a text spoken in each language; returns the sound as the dialplan plays it. Raises OrderRefused."""

    async def install(self, id: str, recording: str) -> str:
        """Take what was recorded under this name; returns the sound. Raises OrderRefused."""

    def recordings(self) -> list[str]:
        """The names of what was recorded for this."""

    async def keep_only(self, sounds: Collection[str]) -> None:
        """Remove what was made before and is no longer played."""
