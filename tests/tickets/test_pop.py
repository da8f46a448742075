"""What is known of a caller, and what of it may be shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import AgentId, CallId, TicketNo
from gateway.model.records import CallRecord, Ticket
from gateway.tickets.pop import Places, Spot, may_see, shown_first, telephone, waited
from tests.tickets.conftest import AT

PLACES = Places({"460000": "海南省", "460100": "海口市"}, {"0898": "460000", "010": "110000"}, {"12328": "460100"})


def a_ticket(number: int = 1, **fields: Any) -> Ticket:
    values: dict[str, Any] = {
        "ticket_no": TicketNo(f"460000-20261121-{number:07d}"), "id": str(number), "revision": 1, "state": "accepted",
        "channel": "phone", "account": "", "entry_number": "12345", "track": "own", "area_code": "460000",
        "received_at": AT + number, "occurred_at": AT,
    }  # fmt: skip
    return Ticket(**{**values, **fields})


@pytest.mark.parametrize(
    ("number", "spot"),
    [
        ("089866666666", Spot("460000", "海南省", "telephone")),
        ("+8689866666666", Spot("460000", "海南省", "telephone")),
        ("01066666666", Spot("110000", "", "telephone")),
        ("13812345678", None),
        ("0013012345678", None),
        ("0898", None),
        ("075566666666", None),
        ("anonymous", None),
        ("", None),
    ],
)
def test_a_fixed_line_tells_its_place_and_a_mobile_none(number: str, spot: Spot | None) -> None:
    assert PLACES.of(number, "12345", []) == spot


def test_a_callers_own_address_goes_before_the_line_and_the_line_before_the_entry() -> None:
    told = [a_ticket(2), a_ticket(1, area_code="460100", address="龙昆南路1号")]
    assert PLACES.of("089866666666", "12328", told) == Spot("460100", "海口市", "ticket")
    assert PLACES.of("089866666666", "12328", [a_ticket()]) == Spot("460000", "海南省", "telephone")
    assert PLACES.of("13812345678", "12328", [a_ticket()]) == Spot("460100", "海口市", "entry")


@given(st.text(max_size=20))
def test_any_caller_id_has_a_place_or_none(number: str) -> None:
    assert PLACES.of(number, "12345", []) is None or number.lstrip("+").isdecimal()


def test_a_secret_ticket_is_for_its_own_agent_and_for_leads() -> None:
    secret = a_ticket(is_secret=True, agent_id="8001")
    assert may_see(secret, AgentId("8001"), leads=False) and may_see(secret, AgentId("8100"), leads=True)
    assert not may_see(secret, AgentId("8002"), leads=False)
    assert not may_see(a_ticket(is_secret=True), AgentId(""), leads=False)
    assert may_see(a_ticket(), AgentId(""), leads=False)


def test_open_tickets_come_first_and_the_list_is_bounded() -> None:
    tickets = [a_ticket(n, state="closed" if n % 2 else "sent") for n in range(1, 31)]
    shown = shown_first(tickets)
    assert len(shown) == 20 and [one.id for one in shown[:3]] == ["30", "28", "26"]
    assert [one.state for one in shown] == ["sent"] * 15 + ["closed"] * 5


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({}, None),
        ({"queued_at": AT - 7.04}, 7.0),
        ({"queued_at": AT - 9, "answered_at": AT - 4}, 5.0),
        ({"queued_at": AT - 9, "ended_at": AT - 8}, 1.0),
        ({"queued_at": AT + 3}, 0.0),
        ({"queued_at": AT - 9, "wait_s": 2.26}, 2.3),
    ],
)
def test_the_wait_is_what_was_waited_so_far(fields: dict[str, Any], seconds: float | None) -> None:
    assert waited(CallRecord(CallId("1.1"), AT - 10, **fields), AT) == seconds


@pytest.mark.parametrize("number", ["13812345678", "089866666666", "+8613812345678", "110"])
def test_a_number_is_one_telephones(number: str) -> None:
    assert telephone(number) == number


@pytest.mark.parametrize("number", ["anonymous", "Restricted", "unavailable", "", "+", "12", "1381234567x"])
def test_who_withholds_the_number_is_nobody_we_know(number: str) -> None:
    assert telephone(number) == ""
