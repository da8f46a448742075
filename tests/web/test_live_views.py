"""The described shapes are those of the contract of the live stream, field by field."""

from __future__ import annotations

from gateway.web.live_views import LiveMessage, QueueView, SeatView, WaitingView

SEAT = (
    "id extension hall room x y presence activity reason agent agent_name since presence_since call_id queue "
    "entry_number caller reachable device calls_today wrap_up_until monitored_by monitoring"
)
QUEUE = (
    "id name name_en answer_within_s waiting ready talking signed_in answered_today lost_today longest_since "
    "expected_s open closed_why closed_to closed_until broadcast planned short"
)
WAITING = "call_id position since caller entry_number language expected_s"

LIVE = "type epoch n at link drift seats queues transfers partners desk alarms"


def test_fields_are_those_of_the_contract() -> None:
    assert list(SeatView.model_fields) == SEAT.split()
    assert list(QueueView.model_fields) == QUEUE.split()
    assert list(WaitingView.model_fields) == WAITING.split()
    assert list(LiveMessage.model_fields) == LIVE.split()
