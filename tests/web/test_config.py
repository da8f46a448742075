"""The [web] table: safe by default, and strict."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.web.config import WebConfig


def test_default_is_loopback_on_its_port() -> None:
    assert (WebConfig().host, WebConfig().port, WebConfig().url) == ("127.0.0.1", 8345, "")
    assert WebConfig(url="https://12345.example.cn").url == "https://12345.example.cn"


@pytest.mark.parametrize(
    "wrong",
    [
        {"prot": 1},
        {"port": 70_000},
        {"source": "no uri"},
        {"trusted_proxies": ["10.0.0.1/8"]},
        {"allowed_origins": ["wall.example"]},
        {"session_hours": 0},
        {"url": "12345.example.cn"},
        {"url": "https://12345.example.cn/"},
        {"max_body": 1},
        {"map_bounds": [111, 18, 108, 20]},
        {"map_bounds": [108, 20, 111, 18]},
        {"map_tiles": "https://tiles.example/{z}/{x}.png"},
        {"map_tiles": "https://tiles.example; script-src *//{z}/{x}/{y}"},
        {"map_tiles": "javascript://{z}/{x}/{y}"},
        {"map_crs": "BD-09"},
        {"map_places": [{"name": "", "longitude": 1, "latitude": 1}]},
        {"work_bits": 0},
    ],
)
def test_wrong_or_misspelt_keys_are_errors(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WebConfig(**wrong)
