"""An agent's day: what counts, and from when."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kpi.day import DayFigures, day_figures, midnight
from gateway.model.ids import CallId, TicketNo
from gateway.model.records import CallRecord, Ticket

ZONE = ZoneInfo("Asia/Shanghai")
NOON = 1_795_233_600.0
"""2026-11-21 12:00 in Shanghai."""
HOUR = 3600.0


def a_call(number: int = 1, **fields: Any) -> CallRecord:
    values: dict[str, Any] = {"answered_at": NOON - HOUR, "ended_at": NOON - HOUR + 120, "talk_s": 100.0}
    return CallRecord(CallId(f"{number}.1"), NOON - HOUR - 20, **{**values, **fields})


def a_ticket(number: int = 1, **fields: Any) -> Ticket:
    values: dict[str, Any] = {
        "ticket_no": TicketNo(f"460000-20261121-{number:07d}"), "id": str(number), "revision": 1, "state": "accepted",
        "channel": "phone", "account": "", "entry_number": "12345", "track": "own", "area_code": "460000",
        "received_at": NOON - HOUR, "occurred_at": NOON - HOUR,
    }  # fmt: skip
    return Ticket(**{**values, **fields})


def figures(calls: list[CallRecord], tickets: list[Ticket], at: float = NOON) -> DayFigures:
    return day_figures(calls, tickets, at, ZONE, 600.0)


def test_a_day_without_work_is_zeros() -> None:
    assert figures([], []) == DayFigures(midnight(NOON, ZONE), 0, 0.0, 0.0, 0.0, 0, 0, 0, 0, None, (0,) * 24)


def test_answered_calls_since_midnight_count_and_by_the_hour_of_the_hall() -> None:
    calls = [
        a_call(1, hold_s=5.0, wrap_s=20.04),
        a_call(2, talk_s=None, answered_at=NOON),
        a_call(3, answered_at=None),
        a_call(4, answered_at=midnight(NOON, ZONE) - 1),
        a_call(5, answered_at=midnight(NOON, ZONE)),
    ]
    day = figures(calls, [])
    assert (day.calls, day.talk_s, day.hold_s, day.wrap_s) == (3, 200.0, 5.0, 20.0)
    assert [hour for hour, n in enumerate(day.by_hour) if n] == [0, 11, 12] and sum(day.by_hour) == 3


@pytest.mark.parametrize(
    ("ticket", "counts"),
    [
        ({"sent_at": NOON - HOUR + 120 + 600}, (1, 0)),  # ten minutes after the call's end
        ({"sent_at": NOON - HOUR + 120 + 601}, (0, 1)),
        ({}, (0, 1)),  # an hour later it still waits
        ({"state": "closed"}, (0, 0)),  # answered on the spot
        ({"call_id": "9.9", "sent_at": NOON - HOUR + 601}, (0, 1)),  # no call that we know: from the taking
        ({"call_id": "", "sent_at": NOON - HOUR + 600}, (1, 0)),
    ],
)
def test_the_time_to_send_on_runs_from_the_calls_end(ticket: dict[str, Any], counts: tuple[int, int]) -> None:
    day = figures([a_call()], [a_ticket(**{"call_id": "1.1", **ticket})])
    assert (day.tickets, day.sent_on, day.overdue) == (1, *counts)


def test_while_the_call_lasts_or_there_is_time_nothing_is_overdue() -> None:
    lasting = a_call(1, ended_at=None)
    just_ended = a_call(2, ended_at=NOON - 599)
    day = figures([lasting, just_ended], [a_ticket(1, call_id="1.1"), a_ticket(2, call_id="2.1")])
    assert (day.tickets, day.sent_on, day.overdue) == (2, 0, 0)
    assert figures([lasting], [a_ticket(call_id="1.1", sent_at=NOON)]).sent_on == 1


def test_ratings_have_a_mean_and_tickets_of_yesterday_are_left_out() -> None:
    old = a_ticket(3, satisfaction=1, received_at=midnight(NOON, ZONE) - 1)
    day = figures([], [a_ticket(1, satisfaction=5), a_ticket(2, satisfaction=4), old])
    assert (day.tickets, day.rated, day.mean) == (2, 2, 4.5)


@given(st.floats(0, 4e9), st.sampled_from(["Asia/Shanghai", "UTC", "Asia/Urumqi"]))
def test_midnight_is_the_last_one(at: float, zone: str) -> None:
    begins = midnight(at, ZoneInfo(zone))
    assert 0 <= at - begins < 25 * HOUR and midnight(begins, ZoneInfo(zone)) == begins
