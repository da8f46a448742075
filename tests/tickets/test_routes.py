from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.model.messages import Conversation
from gateway.model.records import Ticket
from gateway.tickets.config import RepliesConfig
from gateway.tickets.routes import QuietHours, Route, route

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = QuietHours(RepliesConfig.model_validate({"quiet": [{"channel": "sms", "hours": "22:00-07:30"}]}), ZONE)
NOON = QuietHours(RepliesConfig.model_validate({"quiet": [{"channel": "sms", "hours": "12:00-14:00"}]}), ZONE)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def ticket(channel: str, **fields) -> Ticket:
    return Ticket("460000-20261121-0000001", "1", 1, "received", channel, "main", "", "own", "460000", 0, 0, **fields)


@pytest.mark.parametrize(
    ("quiet", "now", "due"),
    [
        (NIGHT, "2026-11-21 21:59", "2026-11-21 21:59"),
        (NIGHT, "2026-11-21 22:00", "2026-11-22 07:30"),
        (NIGHT, "2026-12-31 23:59", "2027-01-01 07:30"),
        (NIGHT, "2026-11-22 07:29", "2026-11-22 07:30"),
        (NIGHT, "2026-11-22 07:30", "2026-11-22 07:30"),
        (NOON, "2026-11-22 11:59", "2026-11-22 11:59"),
        (NOON, "2026-11-22 12:30", "2026-11-22 14:00"),
        (NOON, "2026-11-22 14:00", "2026-11-22 14:00"),
    ],
)
def test_quiet_hours_end_when_they_say(quiet, now, due):
    assert quiet.due_at("sms", "一般", at(now), None) == at(due)


def test_other_channels_urgent_matters_and_the_awake_do_not_wait():
    now = at("2026-11-21 23:00")
    talk = Conversation("sms:main:138", "sms", "main", "138", last_in_at=now - 900)
    assert NIGHT.due_at("wechat", "一般", now, None) == now
    assert NIGHT.due_at("sms", "紧急", now, None) == now
    assert NIGHT.due_at("sms", "一般", now, talk) == now
    assert NIGHT.due_at("sms", "一般", now + 1, talk) == at("2026-11-22 07:30")


def test_the_way_back_is_the_way_in():
    assert route(ticket("wechat", user_id="o"), RepliesConfig()) == Route("wechat", "main", "o")
    assert route(ticket("wechat", user_id="o"), RepliesConfig()).conversation == "wechat:main:o"
    assert route(ticket("phone", calling_number="138"), RepliesConfig()) is None
    assert route(ticket("web"), RepliesConfig(fallback_sms="yun")).problem
    assert route(ticket("web", contact_number="138"), RepliesConfig(fallback_sms="yun")) == Route("sms", "yun", "138")
    assert route(ticket("sms"), RepliesConfig()).problem


def test_a_number_that_was_only_found_in_the_text_is_not_written_to():
    fields = {"calling_number": "138", "contact_number": "139"}
    assert route(ticket("sms", **fields), RepliesConfig()) == Route("sms", "main", "139")
    found = route(ticket("sms", **fields, flags=["contact_from_text"]), RepliesConfig())
    assert found == Route("sms", "main", "138")
