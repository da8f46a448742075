"""What a wall is told of seats, queues and alarms: states, counts and topics, and no text that could name a person."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.web.wall_views import WallAlarm, WallMessage, seat_state, wall_message
from tests.web.walls import alarm, partner, topic, waiting


def seat(**fields: Any) -> dict[str, Any]:
    return {
        "id": "A001",
        "hall": "hk",
        "presence": "ready",
        "activity": "idle",
        "reachable": True,
        "caller": "138****5678",
    } | fields


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "ready"),
        ({"activity": "reserved"}, "ringing"),
        ({"activity": "held", "presence": "not_ready"}, "talking"),
        ({"presence": "wrap_up"}, "wrap_up"),
        ({"presence": "not_ready"}, "not_ready"),
        ({"reachable": False}, "offline"),
        ({"presence": "signed_out", "reachable": False}, "signed_out"),
    ],
)
def test_seat_has_one_state_and_the_line_comes_first(fields: dict[str, Any], state: str) -> None:
    assert seat_state(seat(**fields)) == state


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("queue:hotline", True),
        ("tickets:all", True),
        ("seat:A001", False),
        ("caller:ab12", False),
        ("new-kind:x", False),
    ],
)
def test_text_of_an_alarm_is_shown_only_where_it_names_no_person(subject: str, shown: bool) -> None:
    live = message(alarms=[alarm(1, 1, subject, "标题", "王小芳", 3.0)])
    (found,) = wall_message(live)["alarms"]
    assert (found["text"] == "王小芳") is shown
    assert found["title"] == "标题" and "subject" not in found


def test_a_hot_topic_comes_with_its_numbers_whatever_its_text_says() -> None:
    told = topic("category", "噪声扰民", 46, 12, 9, 11)
    live = message(
        alarms=[
            alarm(1, 2, "category:0101", "热点", "近 1 小时 “别的”诉求 5 件", 3.0, topic=told),
            alarm(2, 2, "category:*", "热点", "另有 2 处：0102、0103", 3.0),
            alarm(3, 2, "caller:138****5678/ab", "热点", "", 3.0, topic=told),
        ]
    )
    hot, storm, of_a_person = wall_message(live)["alarms"]
    assert hot["topic"] == {
        "name": "噪声扰民", "name_en": "噪声扰民", "n": 46, "window_s": 3600.0, "mean": 10.7, "days": 3,
    }  # fmt: skip
    assert "topic" not in storm and storm["text"] == "另有 2 处：0102、0103"
    assert "topic" not in of_a_person
    assert [WallAlarm.model_validate(one).topic is not None for one in (hot, storm, of_a_person)] == [
        True,
        False,
        False,
    ]


def message(**more: Any) -> dict[str, Any]:
    queue = {
        "id": "hotline",
        "name": "市民热线",
        "name_en": "",
        "answer_within_s": 15,
        "ready": 1,
        "talking": 2,
        "signed_in": 3,
        "waiting": [waiting(1, 9.0)],
        "expected_s": 30.0,
        "open": False,
    }
    head = {"type": "diff", "epoch": 1, "n": 2, "at": 3.0, "link": "up", "drift": 0, "desk": [{"agent": "1001"}]}
    return {**head, "seats": [seat()], "queues": [queue], **more}


def test_message_holds_nothing_that_its_shape_does_not_name() -> None:
    live = message(partners=[partner("110", "公安", "free")], alarms=[], transfers=[{"caller": "138****5678"}])
    told = wall_message(live)
    WallMessage.model_validate(told)
    assert "138" not in str(told) and "1001" not in str(told)
    assert told["queues"][0]["since"] == [live["queues"][0]["waiting"][0]["since"]]
    assert (told["queues"][0]["expected_s"], told["queues"][0]["open"]) == (30.0, False)
    assert "partners" not in wall_message(message()), "a diff tells only what moved"
