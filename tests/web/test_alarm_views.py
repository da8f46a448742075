"""An alarm looks as the contract of the live stream says, and no address of a person is in it."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.alarms import Alarm, HotTopic, Notice
from gateway.web.alarm_views import AlarmView, alarm_detail, alarm_view

FIELDS = "id rule level title title_en text text_en subject since seen_at count state by until topic"
ALARM = Alarm(
    "a1", "waited", "queue:hotline", 1, "等候超时", "Waiting", "2 人", "2", 3.0, 4.0, 1.0, 5, "snoozed", "lead", 60.0,
    notices=(Notice("张三", "sms", 1.0, "d1", "failed", "busy"),), told={"shift_lead/张三/1": 1.0}, members=("x",),
)  # fmt: skip


def test_fields_are_those_of_the_contract() -> None:
    assert list(AlarmView.model_fields) == FIELDS.split()
    view = alarm_view(ALARM).model_dump()
    assert all(view[name] == getattr(ALARM, name) for name in FIELDS.split())


def test_a_hot_topic_has_its_count_and_its_own_history() -> None:
    topic = HotTopic("place", "海垦路", "海垦路", 9, 7200.0, (1, 0, 2))
    view = alarm_view(replace(ALARM, topic=topic)).model_dump()["topic"]
    assert view == {
        "of": "place", "name": "海垦路", "name_en": "海垦路", "n": 9, "window_s": 7200.0, "before": [1, 0, 2],
        "mean": 1.0, "most": 2,
    }  # fmt: skip
    assert alarm_detail(replace(ALARM, topic=topic)).model_dump()["topic"] == view
    assert alarm_view(replace(ALARM, topic=replace(topic, before=()))).topic.most == 0  # type: ignore[union-attr]


def test_a_detail_has_what_became_of_it() -> None:
    detail = alarm_detail(ALARM)
    assert (detail.first_at, detail.members, detail.cleared_at) == (1.0, ["x"], None)
    [notice] = detail.notices
    assert notice.model_dump() == {"to": "张三", "channel": "sms", "at": 1.0, "state": "failed", "error": "busy"}
