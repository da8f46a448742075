"""An alarm looks as the contract of the live stream says, and no address of a person is in it."""

from __future__ import annotations

from gateway.model.alarms import Alarm, Notice
from gateway.web.alarm_views import AlarmView, alarm_detail, alarm_view

FIELDS = "id rule level title title_en text text_en subject since seen_at count state by until"
ALARM = Alarm(
    "a1", "waited", "queue:hotline", 1, "等候超时", "Waiting", "2 人", "2", 3.0, 4.0, 1.0, 5, "snoozed", "lead", 60.0,
    notices=(Notice("张三", "sms", 1.0, "d1", "failed", "busy"),), told={"shift_lead/张三/1": 1.0}, members=("x",),
)  # fmt: skip


def test_fields_are_those_of_the_contract() -> None:
    assert list(AlarmView.model_fields) == FIELDS.split()
    view = alarm_view(ALARM).model_dump()
    assert all(view[name] == getattr(ALARM, name) for name in FIELDS.split())


def test_a_detail_has_what_became_of_it() -> None:
    detail = alarm_detail(ALARM)
    assert (detail.first_at, detail.members, detail.cleared_at) == (1.0, ["x"], None)
    [notice] = detail.notices
    assert notice.model_dump() == {"to": "张三", "channel": "sms", "at": 1.0, "state": "failed", "error": "busy"}
