"""[bus] is local unless it names a Redis."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.bus import BusConfig, open_bus
from gateway.bus.local import LocalBus
from gateway.bus.redis import RedisBus


async def test_the_kind_decides_which_bus_opens() -> None:
    async with open_bus(BusConfig()) as local, open_bus(BusConfig(kind="redis")) as away:
        assert isinstance(local, LocalBus)
        assert isinstance(away, RedisBus)


@pytest.mark.parametrize("fields", [{"kind": "kafka"}, {"url": "http://x"}, {"qeue": 1}, {"prefix": "a b"}])
def test_what_is_not_allowed_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        BusConfig(**fields)  # type: ignore[arg-type]
