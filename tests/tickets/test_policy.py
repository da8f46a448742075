from __future__ import annotations

from zoneinfo import ZoneInfo

from gateway.tickets.config import CategoriesConfig, IntakeConfig
from gateway.tickets.policy import NO_AREAS, IntakePolicy
from tests.tickets.conftest import AT, DAY, working_days


def test_an_empty_configuration_makes_a_policy_that_proposes_nothing():
    policy = IntakePolicy.of(IntakeConfig(), CategoriesConfig(), NO_AREAS, working_days, "460000")
    assert policy.proposer.propose("煤气泄漏，我要投诉") == {}
    assert policy.deadlines.fields("投诉", "", AT) == {"limit_days": None, "deadline_at": None}
    assert str(policy.zone) == "Asia/Shanghai"


def test_the_hall_may_lie_elsewhere():
    zone = ZoneInfo("Asia/Urumqi")
    policy = IntakePolicy.of(IntakeConfig(), CategoriesConfig(), {}, working_days, "650000", zone)
    assert (policy.zone, policy.area_code, policy.deadlines.after(AT, 1)) == (zone, "650000", AT + DAY)
