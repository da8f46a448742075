"""The bundle of services keeps its secret to itself."""

from __future__ import annotations

from typing import Any

from gateway.web.services import DESK


async def test_session_key_shows_in_no_log_of_the_services(site: Any) -> None:
    services = site.server.application()[DESK].services
    assert services.session_key == b"k" * 32
    assert "session_key" not in repr(services) and "kkkk" not in repr(services)
