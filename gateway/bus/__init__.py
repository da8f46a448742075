"""The bus: how what one gateway knows reaches the others. In-process by default, Redis Streams with several nodes.

It carries copies only: the ledger stays the truth, and a bus that is down holds nothing up. ``open_bus`` (bus.py) gives
one by configuration; ``Relay`` (relay.py) hands the ledger's feed on to it, and ``Webhooks`` (webhooks.py) posts the
feed to the systems that follow it.

Names are imported when first used, as in ``gateway.ledger``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.bus.bus import open_bus
    from gateway.bus.config import BusConfig, FollowersConfig
    from gateway.bus.port import Bus, BusUnavailable, Message
    from gateway.bus.relay import Relay
    from gateway.bus.webhooks import Webhooks

_HOMES = {
    "Bus": "port",
    "BusConfig": "config",
    "BusUnavailable": "port",
    "FollowersConfig": "config",
    "Message": "port",
    "Relay": "relay",
    "Webhooks": "webhooks",
    "open_bus": "bus",
}

__all__ = ["Bus", "BusConfig", "BusUnavailable", "FollowersConfig", "Message", "Relay", "Webhooks", "open_bus"]


def __getattr__(name: str) -> Any:
    """PEP 562."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
