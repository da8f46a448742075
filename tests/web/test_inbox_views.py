"""How written tickets look at the desk."""

from __future__ import annotations

import pytest

from gateway.model.assignments import Assignment
from gateway.model.ids import AgentId, TicketNo
from gateway.model.messages import Conversation, Reply
from gateway.tickets.config import RepliesConfig
from gateway.tickets.routes import Route
from gateway.web.inbox_views import inbox_item, way_view
from tests.web.conftest import make_ticket

NO = TicketNo("460000-20261121-0000001")
TAKEN = Assignment(NO, "wechat", "hainan", "taken", 1.0, AgentId("8001"), last_at=5.0, moved_at=7.0)


def test_the_last_word_may_be_ours_and_a_taken_one_has_no_offer_that_ends() -> None:
    replies = [Reply("r1", NO, 9.0, "agent1", "已派人", ""), Reply("r2", NO, 10.0, "system", "已转交" * 90, "sent_on")]
    item = inbox_item(TAKEN, make_ticket(), [], replies, 60)
    assert (item.last_from, item.last_at, len(item.last), item.offer_until) == ("system", 10.0, 80, None)
    assert inbox_item(TAKEN, make_ticket(), [], [], 60).last_at == 5.0


@pytest.mark.parametrize(
    ("channel", "until", "left"),
    [("wechat", 10.0 + 48 * 3600, 5), ("weibo", 10.0 + 48 * 3600, None), ("sms", None, None)],
)
def test_chats_have_windows_and_wechat_counts(channel: str, until: float | None, left: int | None) -> None:
    known = Conversation("x", channel, "hainan", "u", last_in_at=10.0)
    way = way_view(Route(channel, "hainan", "u"), "", known, RepliesConfig(longest={"sms": 500}))
    assert (way.ok, way.until, way.left) == (True, until, left)
    assert way.longest == (500 if channel == "sms" else 2000)


def test_a_call_is_answered_by_calling() -> None:
    way = way_view(None, "", None, RepliesConfig())
    assert (way.ok, way.channel) == (False, "phone")
