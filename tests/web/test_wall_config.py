"""[wall]: what it is without a word of configuration, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.web.wall_config import WallConfig


def test_wall_without_configuration_shows_every_page() -> None:
    config = WallConfig()
    assert [page.kind for page in config.pages] == ["now", "rates", "channels", "topics", "partners", "alarms"]
    assert config.pages[0].seconds > config.pages[1].seconds


@pytest.mark.parametrize(
    "table",
    [{"pages": []}, {"pages": [{"kind": "weather"}]}, {"pages": [{"kind": "now", "seconds": 1}]}, {"colour": "red"}],
)
def test_what_cannot_be_shown_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WallConfig.model_validate(table)
