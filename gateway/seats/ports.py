"""What the live side needs of a telephone switch. ``gateway.asterisk.switch`` implements it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

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
