from __future__ import annotations

import pytest

from gateway.model.records import Ticket
from gateway.tickets.changes import CHANGEABLE, Changes
from gateway.tickets.deadlines import Deadlines
from gateway.tickets.ports import Refused
from tests.tickets.conftest import AT, DAY, shipped_categories, working_days

CHANGES = Changes(shipped_categories(), Deadlines(shipped_categories(), working_days))
NO = "460000-20261121-0000001"


@pytest.fixture
def ticket() -> Ticket:
    return Ticket(NO, "1", 1, "received", "web", "portal", "", "own", "460000", AT, AT, kind="求助", limit_days=3)


def test_only_what_differs_changes(ticket):
    assert CHANGES.checked(ticket, {"kind": "求助", "title": ""} | {"title": "路灯"}) == {
        "title": "路灯", "deadline_at": AT + 3 * DAY,
    }  # fmt: skip


def test_a_category_brings_its_scheme(ticket):
    changes = CHANGES.checked(ticket, {"category": "噪声"})
    assert (changes["category"], changes["category_scheme"], changes["category_version"]) == (
        "0701",
        "hainan",
        "2026.1",
    )


def test_the_deadline_follows_the_kind_and_goes_with_it(ticket):
    assert CHANGES.checked(ticket, {"kind": "投诉"})["deadline_at"] == AT + 10 * DAY
    ticket.deadline_at = AT
    assert CHANGES.checked(ticket, {"kind": ""}) == {"kind": "", "limit_days": None, "deadline_at": None}


def test_a_limit_is_extended_once_and_not_beyond(ticket):
    assert CHANGES.checked(ticket, {"limit_days": 10}) == {"limit_days": 10, "deadline_at": AT + 10 * DAY}
    with pytest.raises(Refused, match="at most 10 working days"):
        CHANGES.checked(ticket, {"limit_days": 11})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ticket_no", "x"), ("state", "closed"), ("received_at", 1.0), ("satisfaction", 5), ("raw_id", "x"),
        ("query_code", "x"), ("kind", "抱怨"), ("urgency", ""), ("is_secret", None), ("title", None), ("category", "x"),
        ("limit_days", True), ("limit_days", 0), ("content", 1), ("content", "字" * 20_001), ("urge_of", "x"),
        ("related_nos", "x"), ("related_nos", [""]), ("related_nos", [NO] * 21), ("urge_of", NO), ("related_nos", [NO]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(ticket, name, value):
    with pytest.raises(Refused) as refused:
        CHANGES.checked(ticket, {name: value})
    assert refused.value.field == name


def test_what_was_said_may_be_unsaid(ticket):
    ticket.name, ticket.longitude, ticket.address, ticket.urge_of = "张三", 110.0, "x", "460000-20261121-0000002"
    unsaid = {"name": "", "longitude": None, "address": "", "urge_of": ""}
    assert CHANGES.checked(ticket, unsaid) == unsaid


def test_every_field_that_is_open_is_a_tickets():
    assert set(Ticket.__dataclass_fields__) >= CHANGEABLE
