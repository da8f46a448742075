"""The place of a written ticket, and its versions."""

from __future__ import annotations

from gateway.model.assignments import Assignment
from gateway.model.ids import AgentId, TicketNo

ONE = Assignment(TicketNo("460000-20261121-0000001"), "wechat", "hainan", "waiting", 100.0, last_at=150.0)


def test_the_place_is_what_is_due_and_a_day_after_the_last_message_once_answered() -> None:
    due = Assignment(ONE.ticket_no, "wechat", "hainan", "waiting", 100.0, due_at=280.0)
    assert due.place == 280.0
    assert ONE.place == 150.0 + 86_400


def test_a_move_is_the_next_version() -> None:
    moved = ONE.moved("taken", AgentId("8001"), 200.0)
    assert (moved.state, moved.agent, moved.moved_at, moved.version) == ("taken", "8001", 200.0, ONE.version + 1)
    assert moved.place == ONE.place
