"""Who is told what, once: gathered into one message, hushed at night, and never silently passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.alarms.config import NotifyConfig
from gateway.alarms.notices import MARK, SUBJECT, Planned, is_quiet, message, plan
from gateway.alarms.ports import Contact
from gateway.model.alarms import Alarm
from tests.alarms.stage import NOON

ZONE = ZoneInfo("Asia/Shanghai")
CONFIG = NotifyConfig(interval_s=900, accounts={"sms": "hainan", "email": "mail"})
ZHANG = Contact("张三", (("sms", "13812345678"), ("email", "zhang@12345.example.cn")))
WANG = Contact("王芳", (("sms", "13900000000"),), levels=(1,))


def an_alarm(n: int = 1, **fields: Any) -> Alarm:
    made = Alarm(
        f"a{n}", "waited", f"queue:q{n}", 2, "等候超时", "Waiting", f"热线{n}：2 人等候", "2", NOON, NOON, NOON,
        owed=("shift_lead",),
    )  # fmt: skip
    return replace(made, **fields)


def planned(*alarms: Alarm, at: float = NOON, config: NotifyConfig = CONFIG, **contacts: Sequence[Contact]) -> Planned:
    return plan(alarms, contacts or {"shift_lead": [ZHANG]}, config, at, ZONE)


def test_each_way_of_a_person_gets_one_delivery_without_a_ticket() -> None:
    made = planned(an_alarm())
    assert [(it.channel, it.account, it.target) for it in made.deliveries] == [
        ("sms", "hainan", "13812345678"), ("email", "mail", "zhang@12345.example.cn"),
    ]  # fmt: skip
    sms = made.deliveries[0]
    assert (sms.kind, sms.ticket_no, sms.state, sms.due_at, sms.more[MARK]) == ("reply", "", "waiting", NOON, ["a1"])
    assert sms.more[SUBJECT] == "【12345告警·二级】等候超时"
    assert sms.text == "【12345告警·二级】等候超时：热线1：2 人等候（11-21 12:00 起）"
    [alarm] = made.alarms
    assert alarm.owed == () and [it.delivery_id for it in alarm.notices] == [it.id for it in made.deliveries]
    assert "13812345678" not in str(alarm)


def test_what_is_owed_at_one_moment_goes_in_one_message_the_worst_first() -> None:
    made = planned(*(an_alarm(n, level=3 if n < 7 else 1) for n in range(1, 8)))
    assert len(made.deliveries) == 2
    lines = made.deliveries[0].text.split("\n")
    assert lines[0] == "【12345告警】7 项：" and lines[1].startswith("1. 一级 等候超时：热线7")
    assert len(lines) == 1 + CONFIG.lines + 1 and "另有 2 项" in lines[-1]


def test_who_was_told_of_it_is_not_told_again_within_the_interval_unless_it_got_worse() -> None:
    [told] = planned(an_alarm()).alarms
    again = replace(told, owed=("shift_lead",))
    assert planned(again, at=NOON + 899).deliveries == []
    assert planned(again, at=NOON + 899).alarms[0].owed == ()
    assert len(planned(again, at=NOON + 900).deliveries) == 2
    assert len(planned(replace(again, level=1), at=NOON + 1).deliveries) == 2


@pytest.mark.parametrize("state", ["acknowledged", "snoozed"])
def test_only_what_is_open_is_told(state: Any) -> None:
    made = planned(an_alarm(state=state))
    assert (made.deliveries, made.alarms) == ([], [])


def test_who_was_told_of_the_worst_hears_that_it_is_over_when_it_stays_so() -> None:
    [told] = planned(an_alarm(level=1)).alarms
    over = replace(told, state="cleared", cleared_at=NOON + 60, owed=("shift_lead",))
    both = {"shift_lead": [ZHANG, WANG]}
    assert planned(over, at=NOON + 359, **both).alarms == []
    made = planned(over, at=NOON + 360, **both)
    assert [it.target for it in made.deliveries] == ["13812345678", "zhang@12345.example.cn"], "not who was not told"
    assert made.deliveries[0].text == "【12345告警·一级】等候超时已恢复（11-21 12:00 起，12:01 解除）"
    [after] = made.alarms
    assert (after.owed, after.told, len(after.notices)) == ((), {}, 4)
    again = replace(after, state="open", cleared_at=None, owed=("shift_lead",))
    assert len(planned(again, at=NOON + 400, **both).deliveries) == 3, "they think that it is over: told at once"


def test_the_end_of_lesser_alarms_is_told_to_nobody() -> None:
    over = an_alarm(state="cleared", cleared_at=NOON, told={"shift_lead/张三/2": NOON})
    made = planned(over, at=NOON + 9000)
    assert (made.deliveries, made.alarms[0].owed) == ([], ())


def test_at_night_only_what_may_wake_somebody_leaves_and_the_rest_waits() -> None:
    config = CONFIG.model_copy(update={"quiet": "22:30-07:00", "quiet_levels": (1,)})
    night = NOON + 11 * 3600  # 23:00
    made = planned(an_alarm(1), an_alarm(2, level=1), at=night, config=config)
    assert [it.id for it in made.alarms] == ["a2"] and len(made.deliveries) == 2
    assert len(planned(an_alarm(1), at=night + 8 * 3600, config=config).alarms) == 1


def test_levels_that_a_person_does_not_want_are_not_sent() -> None:
    assert planned(an_alarm(), shift_lead=[WANG]).deliveries == []
    assert len(planned(an_alarm(level=1), shift_lead=[WANG]).deliveries) == 1


def test_nobody_is_passed_over_in_silence() -> None:
    [alone] = planned(an_alarm(), shift_lead=[]).alarms
    assert (alone.notices[0].to, alone.notices[0].state) == ("shift_lead", "none") and "无人担任" in alone.notices[
        0
    ].error
    [nowhere] = planned(an_alarm(), shift_lead=[Contact("李", (("wechat", "oABC"),))]).alarms
    assert (nowhere.notices[0].to, nowhere.notices[0].state) == ("李", "none") and "wechat" in nowhere.notices[0].error
    assert "oABC" not in nowhere.notices[0].error


def test_a_role_that_could_not_be_asked_for_stays_owed() -> None:
    alarm = an_alarm(owed=("shift_lead", "leader"))
    [told] = planned(alarm, shift_lead=[ZHANG]).alarms
    assert told.owed == ("leader",)
    assert planned(told, shift_lead=[ZHANG]).alarms == []


def test_two_roles_of_one_person_are_one_message() -> None:
    made = planned(an_alarm(owed=("shift_lead", "leader")), shift_lead=[ZHANG], leader=[ZHANG])
    assert len(made.deliveries) == 2 and made.deliveries[0].more[MARK] == ["a1"]


def test_notices_of_an_alarm_are_bounded() -> None:
    alarm = an_alarm()
    for n in range(30):
        [alarm] = planned(replace(alarm, owed=("shift_lead",)), at=NOON + 900 * n).alarms
    assert len(alarm.notices) == 20


def test_one_that_came_again_says_how_often() -> None:
    assert message([an_alarm(count=4)], 5, ZONE).endswith("起，第 4 次）")
    assert len(message([an_alarm(text="很长" * 400)], 5, ZONE)) <= 480


@pytest.mark.parametrize(
    ("hours", "at", "quiet"),
    [
        ("", 0, False), ("22:30-07:00", 10.5, True), ("22:30-07:00", 10.4, False), ("22:30-07:00", 19, False),
        ("12:00-14:00", 0, True), ("12:00-14:00", 2, False), ("12:00-14:00", -0.1, False),
    ],
)  # fmt: skip
def test_quiet_hours_may_go_over_midnight(hours: str, at: float, quiet: bool) -> None:
    assert is_quiet(hours, NOON + at * 3600, ZONE) is quiet
