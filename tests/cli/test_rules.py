"""The rules that commands read messages by."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.cli.rules import NO_AREA, rules_of, working_days
from gateway.ivr.config import CalendarConfig
from gateway.settings import load
from tests.plugins.typed import Typed
from tools.lab.site import CONFIG

ZONE = ZoneInfo("Asia/Shanghai")


def test_working_days_keep_the_time_of_day_and_pass_over_the_weekend() -> None:
    friday = datetime(2026, 11, 20, 15, 30, tzinfo=ZONE)
    later = working_days(CalendarConfig(), ZONE)(friday.timestamp(), 2)
    assert datetime.fromtimestamp(later, ZONE) == datetime(2026, 11, 24, 15, 30, tzinfo=ZONE)


def test_without_a_configuration_nothing_is_proposed() -> None:
    policy = rules_of(None)
    assert policy.area_code == NO_AREA and policy.categories.category == ()


def test_a_configuration_brings_its_area_and_rules(typed: Typed) -> None:
    policy = rules_of(load(CONFIG, typed.environ))
    assert policy.area_code == "460000"
    assert policy.proposer.propose("路灯坏了", "")["category"]["name"] == "市政设施"
