"""Opens the bus that the configuration asks for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.bus.config import BusConfig
from gateway.bus.local import LocalBus
from gateway.bus.port import Bus


@asynccontextmanager
async def open_bus(config: BusConfig) -> AsyncIterator[Bus]:
    """A bus for the length of the block. Redis need not be there: publishing fails, subscribers wait until it is."""
    if config.kind == "local":
        yield LocalBus(config)
        return
    from gateway.bus.redis import RedisBus  # its client is 6 MB that one node alone does not need

    bus = RedisBus(config)
    try:
        yield bus
    finally:
        await bus.close()
