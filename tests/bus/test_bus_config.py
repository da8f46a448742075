"""[bus] is local unless it names a Redis."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.bus import BusConfig, FollowersConfig, open_bus
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


def test_a_follower_is_given_up_on_after_days_not_minutes() -> None:
    config = FollowersConfig()
    assert config.give_up_s == 3 * 86_400 and config.first_s == 5 and config.timeout_s == 15
    assert not config.allow_http
    with pytest.raises(ValidationError):
        FollowersConfig(frist_s=1)  # type: ignore[call-arg]
