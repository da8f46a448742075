"""Rules say what they can mean, take the rest from their kind, and are refused with words for everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.alarms.config import AlarmsConfig, NotifyConfig, RecipientConfig, RuleConfig
from gateway.alarms.kinds import KINDS
from gateway.settings import load
from tests.alarms.stage import rule

EXAMPLE = Path(__file__).resolve().parents[2] / "config"


def test_the_example_watches_every_kind_and_is_without_error() -> None:
    config = load(EXAMPLE, {}).alarms
    assert {one.watch for one in config.rule} == set(KINDS)
    assert all(one.enabled for one in config.rule)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"watch": "disk", "queues": ["hotline"]}, 'queues means nothing to watch = "disk"'),
        ({"watch": "phone", "window_s": 600}, "window_s means nothing"),
        ({"watch": "disk", "raise_at": 0.2, "clear_at": 0.1}, "must be at least raise_at"),
        ({"watch": "waited", "raise_at": 10, "clear_at": 20}, "must be at most raise_at"),
        ({"watch": "lost", "clear_at": 2}, "must be at most raise_at"),
        ({"watch": "rest", "clear_at": 20}, "clear_at needs raise_at"),
        ({"watch": "notice", "tell": ["shift_lead"]}, "notices would follow notices"),
        ({"watch": "notice", "escalate": [{"after_s": 1, "tell": ["leader"]}]}, "notices would follow notices"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_words(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        RuleConfig.model_validate({"id": "one", **fields})


def test_what_a_rule_leaves_out_is_its_kinds_own() -> None:
    assert rule("disk").thresholds() == (0.10, 0.12)
    assert rule("disk", raise_at=0.2).thresholds() == (0.2, pytest.approx(0.22))
    assert rule("disk", raise_at=0.2, clear_at=0.3).thresholds() == (0.2, 0.3)
    assert rule("waited").thresholds(15.0) == (15.0, 15.0)
    assert rule("waited", raise_at=20).thresholds(15.0) == (20, 20)
    assert (rule("phone").bad_for_s, rule("phone", for_s=0).bad_for_s) == (10.0, 0)
    assert (rule("phone").good_for_s, rule("phone", clear_s=1).good_for_s) == (10.0, 1)


@pytest.mark.parametrize("watch", sorted(KINDS))
def test_every_kind_is_over_where_it_is_not_begun(watch: str) -> None:
    kind, (start, end) = KINDS[watch], rule(watch).thresholds(15.0)  # type: ignore[index]
    assert end <= start if kind.worse == "above" else end >= start


def test_rules_that_are_off_are_not_in_force_and_roles_are_those_of_roster_and_recipients() -> None:
    config = AlarmsConfig(
        rule=(rule("disk"), rule("phone", enabled=False)),
        recipient=(RecipientConfig(name="技术值班", role="engineer", sms="13800000000"),),
    )
    assert [one.id for one in config.rules] == ["disk"]
    assert config.roles == {"shift_lead", "standby", "leader", "engineer"}


def test_somebody_without_a_way_to_be_told_is_an_error_and_ways_come_in_their_order() -> None:
    with pytest.raises(ValidationError, match="no way to tell them"):
        RecipientConfig(name="x", role="engineer")
    both = RecipientConfig(name="x", role="engineer", email="a@b.example", sms="13800000000")
    assert both.ways() == [("sms", "13800000000"), ("email", "a@b.example")]


@pytest.mark.parametrize("hours", ["22:00", "24:00-07:00", "9:00-10:00", "night"])
def test_quiet_hours_are_two_times_of_day(hours: str) -> None:
    with pytest.raises(ValidationError):
        NotifyConfig(quiet=hours)
