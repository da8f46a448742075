"""Every answer carries the headers that keep a browser safe."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    "path", ["/", "/login", "/static/style.css", "/api/v1/seats", "/nothing", "/healthz", "/seats"]
)
async def test_every_answer_has_them_errors_and_redirects_too(site: Any, path: str) -> None:
    _, _, response = await site.client().get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    # no other site is ever told; our own forms must name their origin
    assert response.headers["Referrer-Policy"] == ("same-origin" if path == "/" else "no-referrer")
    assert "aiohttp" not in response.headers["Server"] and "Python" not in response.headers["Server"]
    assert "Strict-Transport-Security" not in response.headers


async def test_answers_with_data_are_not_stored(site: Any) -> None:
    _, _, response = await (await site.logged_in("agent1")).get("/api/v1/calls")
    assert response.headers["Cache-Control"] == "no-store"
