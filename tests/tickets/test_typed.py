"""What was typed, taken into a ticket: what fits, and never an error."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ledger import SqlLedger
from gateway.model.desk import Draft
from gateway.model.ids import CallId, TicketNo
from gateway.model.records import Ticket
from gateway.tickets.acts import Act
from gateway.tickets.changes import Changes
from gateway.tickets.config import RepliesConfig
from gateway.tickets.deadlines import Deadlines
from gateway.tickets.ports import TicketDraft
from gateway.tickets.service import ticket_policy
from gateway.tickets.templates import Templates
from gateway.tickets.typed import TYPED, fitting, take_typed
from tests.tickets.conftest import AT, shipped_categories, working_days

TICKET = Ticket(
    TicketNo("460000-20261121-0000001"), "t1", 1, "received", "phone", "", "12345", "own", "460000", AT, AT,
    call_id="1.1", title="来电 12345",
)  # fmt: skip
CHANGES = Changes(shipped_categories(), Deadlines(shipped_categories(), working_days))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def test_what_fits_is_taken_and_a_title_made_of_the_first_sentence() -> None:
    typed = {"kind": "投诉", "content": " 路灯不亮。请修 ", "urgency": "紧急", "is_secret": True, "name": ""}
    found = fitting(TICKET, typed, CHANGES)
    assert found["limit_days"] == 10 and found["deadline_at"] is not None
    assert (found["kind"], found["urgency"], found["is_secret"]) == ("投诉", "紧急", True)
    assert (found["content"], found["title"]) == ("路灯不亮。请修", "路灯不亮")
    assert "name" not in found


def test_a_title_of_somebodys_own_stays() -> None:
    titled = replace(TICKET, title="龙昆南路塌陷")
    assert fitting(titled, {"content": "路灯不亮"}, CHANGES) == {"content": "路灯不亮"}
    assert fitting(TICKET, {"content": "路灯不亮", "title": "三盏灯"}, CHANGES)["title"] == "三盏灯"


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "别的"}, {"category": "nothing"}, {"content": 3}, {"longitude": 110.3}, {"crs": "WGS-84"},
        {"latitude": 20.0, "longitude": 999}, {"agent_id": "x"}, {"state": "closed"}, {"urge_of": "x"}, {"more": {}},
        {"is_secret": "yes"}, {"title": "长" * 101}, {},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_to_the_form(typed: dict[str, Any]) -> None:
    assert fitting(TICKET, typed, CHANGES) == {}
    assert fitting(TICKET, {**typed, "against": "物业"}, CHANGES) == {"against": "物业"}


def test_a_pin_is_taken_whole() -> None:
    pin = {"longitude": 110.3, "latitude": 20.0, "crs": "WGS-84"}
    assert fitting(TICKET, pin, CHANGES) == pin


def test_what_the_ticket_says_already_is_no_change() -> None:
    first = fitting(TICKET, {"content": "路灯不亮", "kind": "投诉"}, CHANGES)
    assert fitting(replace(TICKET, **first), {"content": "路灯不亮", "kind": "投诉"}, CHANGES) == {}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(TYPED | {"urge_of", "agent_id", "x"})), VALUES, max_size=6))
def test_nothing_that_is_typed_stops_a_press(typed: dict[str, Any]) -> None:
    found = fitting(TICKET, typed, CHANGES)
    assert found.keys() <= TYPED | {"limit_days", "deadline_at", "category_scheme", "category_version"}


async def test_what_is_filed_at_the_same_time_stands(ledger: SqlLedger) -> None:
    """Two gateways on one ledger: the ticket moved on between our reading and our writing."""
    draft = TicketDraft("phone", "460000", AT, AT, fields={"call_id": "1.1"})
    read, _ = await ledger.write(lambda tx: tx.open_ticket(draft, "call:1.1"))
    await ledger.write(lambda tx: tx.save_draft(Draft("1.1", "agent1", 1, AT, {"content": "半句"})))
    await ledger.write(lambda tx: tx.update_ticket(read.ticket_no, {"content": "全文"}))
    policy = ticket_policy(RepliesConfig(), shipped_categories(), working_days)
    act = Act(policy, Templates(RepliesConfig()), read.ticket_no, "agent1", "staff", AT)
    taken = await ledger.write(lambda tx: take_typed(tx, act, read, CallId("1.1")))
    assert (taken.content, taken.revision) == ("全文", 2) and await ledger.audits(subject=read.ticket_no) == []
