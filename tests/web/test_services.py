"""The bundle of services keeps its secret to itself."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.web.problem import Problem
from gateway.web.services import DESK, in_use


async def test_session_key_shows_in_no_log_of_the_services(site: Any) -> None:
    services = site.server.application()[DESK].services
    assert services.session_key == b"k" * 32
    assert "session_key" not in repr(services) and "kkkk" not in repr(services)


def test_a_part_that_a_gateway_does_without_is_told_as_not_there() -> None:
    assert in_use("a roster", "排班功能未启用", "there is no roster here") == "a roster"
    with pytest.raises(Problem) as told:
        in_use(None, "排班功能未启用", "there is no roster here")
    assert (told.value.status, told.value.zh) == (404, "排班功能未启用")
    assert told.value.en == "there is no roster here"
