from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from gateway.ivr.config import CalendarConfig
from gateway.settings import load
from gateway.settings.model import TABLES, GatewayConfig, Settings
from tools.lab.site import CONFIG


def test_every_table_of_the_file_is_a_part_of_the_settings():
    assert set(TABLES) <= set(Settings.__dataclass_fields__)


def test_every_table_has_defaults_for_all_of_its_keys():
    for model in TABLES.values():
        model()


@pytest.mark.parametrize("path", ["", "a\nb", "a;b", "x" * 201])
def test_a_state_directory_that_asterisk_could_not_read_is_refused(path):
    with pytest.raises(ValidationError):
        GatewayConfig(state_dir=path)


@pytest.mark.parametrize(("local", "is_open"), [("2026-11-23T10:00", True), ("2026-11-23T03:00", False)])
def test_a_calendar_is_open_by_the_halls_clock_not_by_the_machines(local: str, is_open: bool) -> None:
    office = {"name": "办公时间", "hours": ["08:30-17:30"]}
    calendar = CalendarConfig.model_validate({"calendars": {"office": office}})
    settings = replace(load(CONFIG, {}), calendar=calendar)
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    assert settings.is_open("office", at) is is_open
    with pytest.raises(KeyError):
        settings.is_open("nowhere", at)
