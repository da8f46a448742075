from __future__ import annotations

from typing import Any

import pytest

from gateway.channels.partner.case import answer, case
from gateway.model.ids import TicketNo
from gateway.model.messages import Delivery
from gateway.model.records import Ticket
from tests.channels.door_stage import START, ZONE
from tests.channels.partner.partners import partner, police

NUMBER = TicketNo("460000-20261121-0000001")


def ticket(**changes: Any) -> Ticket:
    values: dict[str, Any] = {
        "area_code": "460108", "received_at": START, "occurred_at": START - 60, "name": "王小明", "sex": "男",
        "calling_number": "13876543210", "contact_number": "13876543211", "email": "w@example.com",
        "content": "邻居打架，我的电话13876543210", "address": "和平大道1号", "longitude": 110.35, "latitude": 20.02,
        "crs": "GCJ-02", "query_code": "ABC234", "external_nos": {"110": "J-1"}, "urgency": "紧急",
    }  # fmt: skip
    values |= {"state": "received"} | changes
    return Ticket(
        NUMBER, "id", 1, channel="wechat", account="hainan", entry_number="", track="own", **values
    )  # fmt: skip


DELIVERY = Delivery("d1", "push", NUMBER, "partner", "110", "110", START)


def told(ticket: Ticket, config=None, delivery=DELIVERY) -> dict[str, Any]:
    return case(config or police(), ticket, delivery, ZONE)


def test_110_gets_its_fields_under_its_names():
    body = told(ticket())
    assert body["hotlineNumber"] == NUMBER
    assert body["caseNumber"] == "J-1"
    assert body["callTime"] == "2026-11-21T11:59:00+08:00"
    assert body["personName"] == "王小明"
    assert body["callingNumber"] == "13876543210"
    assert body["level"] == "紧急"
    assert body["taker"] is None


def test_coordinates_are_converted_to_the_partners_system():
    body = told(ticket())
    assert (body["longitude"], body["latitude"]) == pytest.approx((110.3449, 20.0208), abs=2e-3)
    assert body["longitude"] != 110.35
    assert "crs" not in body


def test_a_partner_without_a_system_gets_them_as_they_are_with_their_name():
    config = partner(fields={"longitude": "x", "latitude": "y"})
    assert told(ticket(), config) == {"ticket_no": NUMBER, "x": 110.35, "y": 20.02, "crs": "GCJ-02"}


def test_coordinates_of_an_unknown_system_are_not_told_where_one_is_expected():
    body = told(ticket(crs=""))
    assert (body["longitude"], body["latitude"]) == (None, None)
    assert body["address"] == "和平大道1号"


def test_only_mapped_fields_leave_and_our_number_always():
    config = partner(fields={"content": "text", "address": "data.address"})
    assert told(ticket(), config) == {
        "ticket_no": NUMBER, "text": "邻居打架，我的电话13876543210", "data": {"address": "和平大道1号"},
    }  # fmt: skip


def test_a_partner_without_a_map_gets_all_but_never_the_query_code():
    body = told(ticket(), partner())
    assert body["contact_number"] == "13876543211"
    assert "attachments" not in body
    assert "ABC234" not in str(body)


@pytest.mark.parametrize("how", ["is_secret", "is_anonymous"])
def test_the_person_of_a_secret_ticket_is_left_out(how):
    config = police(secret_persons=False)
    body = told(ticket(**{how: True}), config)
    assert body["personName"] is body["callingNumber"] is body["contactNumber"] is body["sex"] is None
    assert body["caseText"] == "邻居打架，我的电话138****3210"


def test_emergencies_are_told_whom_to_find():
    assert told(ticket(is_secret=True))["callingNumber"] == "13876543210"


def test_the_instruction_is_that_of_the_push():
    body = told(ticket(), delivery=Delivery("d", "push", NUMBER, "partner", "110", "110", START, text="请速处"))
    assert body["instruction"] == "请速处"


def test_a_reply_goes_back_under_the_partners_number():
    delivery = Delivery("d", "reply", NUMBER, "partner", "110", "110", START, text="已修好")
    assert answer(police(), ticket(state="closed"), delivery, ZONE) == {
        "hotlineNumber": NUMBER, "caseNumber": "J-1", "state": "closed", "department": None, "result": "已修好",
        "callTime": "2026-11-21T12:00:00+08:00",
    }  # fmt: skip
