"""The bus: how what one gateway knows reaches the others. In-process by default, Redis Streams with several nodes.

It carries copies only: the ledger stays the truth, and a bus that is down holds nothing up. ``open_bus`` (bus.py) gives
one by configuration; ``Relay`` (relay.py) hands the ledger's feed on to it.
"""

from gateway.bus.bus import open_bus
from gateway.bus.config import BusConfig
from gateway.bus.port import Bus, BusUnavailable, Message
from gateway.bus.relay import Relay

__all__ = ["Bus", "BusConfig", "BusUnavailable", "Message", "Relay", "open_bus"]
