"""Records come back from their rows as they were, with all their fields."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from gateway.ledger import LedgerKeys, tables
from gateway.ledger.personal import Seal
from gateway.ledger.rows import (
    CALL_PERSONAL,
    OPENED_FIELDS,
    TICKET_FIXED,
    TICKET_PERSONAL,
    TicketFields,
    call_row,
    key_text,
    opened_alike,
    opened_row,
    ticket_of,
    ticket_row,
)
from gateway.model.ids import CallId, TicketNo
from gateway.model.records import CallRecord, Ticket

SEAL = Seal(LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32))
TICKET = Ticket(TicketNo("460000-20261121-0000042"), "id", 1, "received", "web", "", "", "own", "460000", 1.0, 1.0)


def test_a_row_has_exactly_the_table_s_columns() -> None:
    assert set(call_row(CallRecord(CallId("1.1"), 1.0), SEAL)) == set(tables.calls.columns.keys())
    assert set(ticket_row(TICKET, SEAL)) == set(tables.tickets.columns.keys())


def test_a_personal_field_is_no_column() -> None:
    assert not set(CALL_PERSONAL) & set(tables.calls.columns.keys())
    assert not set(TICKET_PERSONAL) & set(tables.tickets.columns.keys())


def test_what_is_sealed_of_a_ticket_are_its_personal_fields() -> None:
    told = {name: name for name in TICKET_PERSONAL} | {"longitude": 1.5, "latitude": 2.5, "more": {"a": 1}}
    row = ticket_row(replace(TICKET, **told), SEAL)  # type: ignore[arg-type]
    assert SEAL.open("tickets/id", row["personal"]) == told


def test_a_key_that_may_name_a_person_is_kept_as_a_hash() -> None:
    assert key_text("call:1700000000.1", SEAL) == "call:1700000000.1"
    hashed = key_text("wechat:hainan:gh_1:oABC:1", SEAL)
    assert hashed.startswith("#")
    assert "oABC" not in hashed
    assert hashed != key_text("wechat:hainan:gh_1:oABC:2", SEAL)


def test_personal_fields_that_a_row_s_sealed_part_does_not_know_have_their_default() -> None:
    full = replace(TICKET, name="王小明", user_id="oABC", longitude=1.5)
    row = ticket_row(full, SEAL) | {"personal": SEAL.close("tickets/id", {"name": "王小明"})}
    found = ticket_of([row[column.name] for column in tables.tickets.columns], SEAL)
    assert found == replace(full, user_id="", longitude=None)


def test_day_and_running_number_are_those_of_the_ticket_number() -> None:
    row = ticket_row(TICKET, SEAL)
    assert (row["day"], row["running"]) == ("20261121", 42)


def test_a_ticket_that_a_message_opens_has_the_same_row_from_fewer_columns() -> None:
    """Whatever it is opened with: what is not in its short row is what the statement says of all of them."""
    values: dict[str, Any] = {
        "title": "路灯\0不亮", "kind": "投诉", "category": "0402", "urgency": "特急", "crs": "GCJ-02",
        "longitude": 110.3, "limit_days": 5, "deadline_at": 9.5, "proposed": {"a": 1}, "flags": ["x"], "name": "王小明",
        "user_id": "oABC", "contact_number": "13812345678", "calling_number": "13912345678",
        "more": {"given": {"b": 2}},
    }  # fmt: skip
    assert values.keys() <= OPENED_FIELDS
    for ticket in (TICKET, replace(TICKET, **values)):
        row = ticket_row(ticket, SEAL)
        short = opened_row(ticket, SEAL) | opened_alike()
        assert SEAL.open("tickets/id", short.pop("personal")) == SEAL.open("tickets/id", row.pop("personal"))
        assert short == row


def test_what_a_message_s_ticket_is_opened_with_is_in_its_short_row_or_sealed() -> None:
    alike = opened_alike().keys()
    assert {f.name for f in fields(Ticket)} - alike - TICKET_FIXED == OPENED_FIELDS
    assert alike <= set(tables.tickets.columns.keys())


def test_every_field_but_the_ledger_s_own_can_be_set_to_its_present_value() -> None:
    present = {f.name: getattr(TICKET, f.name) for f in fields(Ticket)}
    for own in ("ticket_no", "id", "revision"):
        with pytest.raises(ValueError, match=own):
            TicketFields().check({own: present.pop(own)})
    TicketFields().check(present)


@pytest.mark.parametrize(("name", "value"), [("wait_s", 3), ("wait_s", None), ("more", {"a": 1}), ("track", "dual")])
def test_values_of_the_field_s_type_are_taken(name: str, value: object) -> None:
    TicketFields().check({name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("wait_s", True), ("track", "other"), ("title", b"x"), ("is_secret", None)]
)
def test_other_values_are_refused_with_the_field_s_name(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        TicketFields().check({name: value})
