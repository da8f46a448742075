"""What a row adds; the whole day by hand is in test_a_day_by_hand.py, here are the edges."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kpi.counting import Rules, TimeRow, TransferRow, call_sums, ticket_sums, time_sums, transfer_sums
from gateway.kpi.sums import ANSWERED_WAITS, FIELDS, LOST_WAITS, Sums
from tests.kpi.figure_stage import ROW, TICKET

LOSSES = {
    "abandoned_queue": "lost_queue", "abandoned_ringing": "lost_ringing", "no_answer": "lost_no_answer",
    "queue_full": "lost_full", "no_seat": "lost_no_seat", "timed_out": "lost_timeout", "system": "lost_system",
    "ended_unseen": "lost_unseen",
}  # fmt: skip


def named(sums: Sums) -> dict[str, int]:
    return {FIELDS[field]: value for field, value in sums.items() if field < len(FIELDS)}


def counted(**fields: Any) -> dict[str, int]:
    return named(call_sums(ROW._replace(**fields)))


@pytest.mark.parametrize(("outcome", "cause"), [*LOSSES.items(), ("answered", "lost_system"), (None, "lost_system")])
def test_a_loss_has_one_cause(outcome: str | None, cause: str) -> None:
    found = counted(queued_at=1.0, ended_at=9.0, wait_s=8.0, outcome=outcome)
    assert found == {"calls_in": 1, "requests": 1, cause: 1, "wait_ms": 8_000}


@pytest.mark.parametrize(("outcome", "wait", "short"), [
    ("abandoned_queue", 4.999, True), ("abandoned_ringing", 0.0, True), ("abandoned_queue", 5.0, False),
    ("no_answer", 1.0, False),
])  # fmt: skip
def test_only_who_gives_up_within_5_s_is_short(outcome: str, wait: float, short: bool) -> None:
    assert counted(queued_at=1.0, ended_at=9.0, wait_s=wait, outcome=outcome).get("short_abandoned") == (short or None)


def test_who_still_waits_or_is_in_the_flow_is_not_decided() -> None:
    assert counted() == counted(queued_at=1.0) == {"calls_in": 1}


def test_a_talk_that_lasts_is_answered_but_not_handled() -> None:
    lasting = counted(queued_at=0.0, answered_at=9.0)
    assert lasting == {"calls_in": 1, "requests": 1, "answered": 1, "within_15": 1, "wait_ms": 9_000,
                       "wait_answered_ms": 9_000}  # fmt: skip
    over = counted(queued_at=0.0, answered_at=9.0, ended_at=70.0, talk_s=0.0, hold_s=3.0, wrap_s=None)
    assert over == lasting | {"handled": 1, "hold_ms": 3_000}  # all of it on hold


def test_calls_out_are_no_requests() -> None:
    assert counted(direction="out", queued_at=1.0, answered_at=2.0, outcome="answered") == {
        "out_calls": 1, "out_answered": 1,
    }  # fmt: skip


@given(st.floats(0, 50_000), st.booleans())
def test_every_request_is_answered_or_lost_and_its_wait_is_counted_once(wait: float, answered: bool) -> None:
    row = ROW._replace(queued_at=1.0, ended_at=wait + 9, wait_s=wait, answered_at=wait + 1 if answered else None)
    sums = call_sums(row)
    assert named(sums)["requests"] == 1 == named(sums).get("answered", 0) + named(sums).get("lost_system", 0)
    first = ANSWERED_WAITS if answered else LOST_WAITS
    assert [count for field, count in sums.items() if field >= ANSWERED_WAITS] == [1]
    assert any(first <= field < first + ANSWERED_WAITS for field in sums)


def a_ticket(at: float, **fields: Any) -> tuple[dict[str, int], float | None]:
    sums, due = ticket_sums(TICKET._replace(**fields), Rules(), at)
    return named(sums), due


def test_a_limit_is_kept_to_its_last_second_and_late_after_it() -> None:
    written = {"channel": "sms", "state": "sent", "sent_at": 600.0, "first_response_at": 180.0}
    assert a_ticket(0.0, **written)[0] == {
        "tickets": 1, "response_due": 1, "responses": 1, "response_ms": 180_000, "response_in_time": 1,
        "send_due": 1, "sent_in_time": 1,
    }  # fmt: skip
    late, _ = a_ticket(0.0, **written | {"sent_at": 600.1, "first_response_at": 180.1})
    assert "sent_in_time" not in late and "response_in_time" not in late and late["send_due"] == 1


def test_what_is_pending_says_when_it_will_be_late() -> None:
    assert a_ticket(100.0, channel="sms") == ({"tickets": 1}, 180.0)
    assert a_ticket(180.1, channel="sms") == ({"tickets": 1, "response_due": 1}, 600.0)
    assert a_ticket(600.1, channel="sms") == ({"tickets": 1, "response_due": 1, "send_due": 1}, None)
    assert a_ticket(100.0, channel="email")[1] == 600.0


def test_the_time_to_send_on_begins_with_the_calls_end() -> None:
    assert a_ticket(10_000.0, called="1", call_ended_at=None) == ({"tickets": 1}, None)
    assert a_ticket(10_000.0, called="1", call_ended_at=9_900.0) == ({"tickets": 1}, 10_500.0)
    found, _ = a_ticket(0.0, called="1", call_ended_at=9_900.0, sent_at=10_500.0, state="sent")
    assert found["sent_in_time"] == 1


def test_a_transfer_counts_when_it_has_ended() -> None:
    running = TransferRow(0.0, "110", "1001", None, None, None)
    assert transfer_sums(running) == {}
    assert named(transfer_sums(running._replace(outcome="busy"))) == {"transfers": 1}
    assert named(transfer_sums(running._replace(outcome="completed"))) == {"transfers": 1, "transfers_completed": 1}


def test_an_agents_time_is_signed_in_whatever_was_done() -> None:
    found = named(time_sums(TimeRow(1, "1001", 1, 2, 4, 8, 16, 32, 64)))
    assert found["time_signed"] == 127 and found["time_resting"] == 64 and found["time_outbound"] == 32
