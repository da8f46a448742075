from __future__ import annotations

from typing import Any

import pytest

from gateway.channels.open311.requests import DAY_S, Search, found, is_shown, request, search
from gateway.channels.open311.services import Services
from gateway.channels.open311.wire import Refusal, query
from gateway.model.ids import TicketNo
from gateway.model.records import Ticket
from gateway.tickets.ports import TicketDraft
from tests.channels.door_stage import START, ZONE, Stage, categories
from tests.channels.open311.endpoint import config

SERVICES = Services(categories(), ())


def ticket(**changes: Any) -> Ticket:
    values: dict[str, Any] = {
        "id": "i", "revision": 1, "state": "received", "channel": "open311", "account": "open311", "entry_number": "",
        "track": "own", "area_code": "460000", "received_at": START, "occurred_at": START, "category": "0102",
        "content": "乱收费，请回电13876543210", "address": "和平大道1号", "longitude": 110.35, "latitude": 20.02,
        "crs": "WGS-84", "name": "王小明", "contact_number": "13876543210", "email": "w@example.com",
        "deadline_at": START + DAY_S, "query_code": "ABC234",
    }  # fmt: skip
    return Ticket(TicketNo("460000-20261121-0000001"), **(values | changes))


def understood(text: str, now: float = START) -> Search:
    return search(query(f"/requests.json?{text}"), SERVICES, now=now, zone=ZONE, size=1000)


def refused(text: str) -> list[tuple[int, str]]:
    with pytest.raises(Refusal) as caught:
        understood(text)
    return [(fault.status, fault.description) for fault in caught.value.faults]


# -- what is asked for -------------------------------------------------------------------------------------------------


def test_nothing_said_is_the_last_90_days():
    asked = understood("start_date=&extensions=true&unknown=1")
    assert asked.until == START + 1
    assert asked.until - asked.since == 90 * DAY_S
    assert (asked.page, asked.size) == (1, 1000)


def test_one_end_is_90_days_from_the_other():
    asked = understood("start_date=2026-01-01T00:00:00%2B08:00")
    assert asked.until - asked.since == 90 * DAY_S
    asked = understood("end_date=2026-01-01T00:00:00Z")
    assert asked.until == 1_767_225_600.0
    assert asked.until - asked.since == 90 * DAY_S


def test_filters_are_lists():
    asked = understood("service_code=0101,0102&status=open&status=closed&page=2&page_size=50")
    assert asked.codes == {"0101", "0102"}
    assert asked.statuses == {"open", "closed"}
    assert (asked.page, asked.size) == (2, 50)


def test_ids_override_all_else():
    assert understood("service_request_id=a,b,a&status=strange") == Search(ids=("a", "b"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("status=done", (400, "status must be open or closed")),
        ("service_code=9999", (404, "service_code 9999 was not found")),
        (
            "start_date=2026-01-01T00:00:00",
            (400, "start_date must be a W3C date with its zone, as 2026-11-21T00:00:00+08:00"),
        ),
        ("start_date=2026-02-01&end_date=2026-01-01", (400, "end_date is before start_date")),
        (
            "start_date=2026-01-01&end_date=2026-04-02",
            (400, "start_date and end_date may not span more than 90 days"),
        ),
        ("page=0", (400, "page must be a positive whole number")),
        ("page_size=x", (400, "page_size must be a positive whole number")),
        ("page=999999", (400, "at most 20000 requests can be paged through: narrow the dates")),
        ("service_request_id=" + ",".join(map(str, range(101))), (400, "at most 100 service_request_id at once")),
    ],
)
def test_what_cannot_be_understood_is_named(text, fault):
    assert refused(text) == [fault]


def test_a_page_is_never_longer_than_the_limit():
    assert understood("page_size=999999").size == 1000


# -- which tickets -----------------------------------------------------------------------------------------------------


async def opened(stage: Stage, n: int, **changes: Any) -> Ticket:
    at = START - n * 60
    fields = {"content": f"第{n}件", "category": "0102"} | changes.pop("fields", {})
    values = {"channel": "open311", "account": "open311"} | changes
    draft = TicketDraft(area_code="460000", received_at=at, occurred_at=at, fields=fields, **values)
    made, _ = await stage.ledger.write(lambda tx: tx.open_ticket(draft, f"k{n}{changes}"))
    return made


async def page(stage: Stage, text: str = "") -> list[str]:
    return [one.content for one in await found(stage.ledger, understood(text), "open311")]


async def test_only_what_was_filed_here_and_is_not_secret_is_shown(stage):
    await opened(stage, 1)
    await opened(stage, 2, fields={"is_secret": True})
    await opened(stage, 3, channel="wechat")
    await opened(stage, 4, account="another")
    assert await page(stage) == ["第1件"]


async def test_pages_follow_each_other_without_gap_or_repetition(stage):
    for n in range(450):
        await opened(stage, n, fields={"is_secret": n % 5 == 0})
    pages = [await page(stage, f"page={n}&page_size=100") for n in (1, 2, 3, 4, 5)]
    assert [len(one) for one in pages] == [100, 100, 100, 60, 0]
    assert len({content for one in pages for content in one}) == 360


async def test_filters_narrow(stage):
    closed = await opened(stage, 1)
    await stage.set(closed, state="closed", closed_at=START)
    await opened(stage, 2, fields={"category": "0101"})
    await opened(stage, 3)
    assert await page(stage, "status=closed") == ["第1件"]
    assert set(await page(stage, "status=open")) == {"第2件", "第3件"}
    assert set(await page(stage, "service_code=0102")) == {"第1件", "第3件"}
    assert set(await page(stage, "service_code=0101,0102&status=open,closed")) == {"第1件", "第2件", "第3件"}
    assert await page(stage, "end_date=2026-11-21T03:57:30Z") == ["第3件"]
    assert set(await page(stage, "start_date=2026-11-21T03:57:30Z")) == {"第1件", "第2件"}


async def test_ids_are_found_whatever_else_is_said(stage):
    one = await opened(stage, 1)
    secret = await opened(stage, 2, fields={"is_secret": True})
    assert await page(stage, f"service_request_id={one.ticket_no},{secret.ticket_no},x%00&status=closed") == ["第1件"]


def test_no_ticket_is_not_shown():
    assert not is_shown(None, "open311")


# -- how they look -----------------------------------------------------------------------------------------------------

FIELDS = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address",
    "address_id", "zipcode", "lat", "long", "media_url",
}  # fmt: skip


def shown(one: Ticket, *, reply: str = "", **changes: Any) -> dict[str, Any]:
    return request(one, config(**changes), SERVICES, ZONE, reply=reply)


def test_a_request_has_the_fields_of_the_specification_and_nothing_of_the_person():
    view = shown(ticket())
    assert view.keys() == FIELDS
    assert (view["status"], view["service_name"], view["lat"], view["long"]) == ("open", "价格", 20.02, 110.35)
    assert view["description"] == "乱收费，请回电138****3210"
    assert view["requested_datetime"] == view["updated_datetime"] == "2026-11-21T12:00:00+08:00"
    assert view["expected_datetime"] == "2026-11-22T12:00:00+08:00"
    for private in ("王小明", "13876543210", "w@example.com", "ABC234"):
        assert private not in str(view)


def test_coordinates_are_wgs84_whatever_the_ticket_has():
    view = shown(ticket(crs="GCJ-02", longitude=121.531541859215, latitude=31.17530398364597))
    assert (view["long"], view["lat"]) == (121.5272106, 31.1774276)
    assert shown(ticket(crs=""))["lat"] is None


@pytest.mark.parametrize(
    ("state", "status"), [("received", "open"), ("accepted", "open"), ("sent", "open"), ("acknowledged", "open"),
                          ("returned", "open"), ("closed", "closed")],
)  # fmt: skip
def test_states_are_open_until_closed(state, status):
    assert shown(ticket(state=state))["status"] == status


def test_a_closed_request_tells_result_agency_and_when():
    view = shown(ticket(state="closed", closed_at=START + 60, result="已退款，电话13876543210", department="市监局"))
    assert view["status_notes"] == "已退款，电话138****3210"
    assert (view["agency_responsible"], view["updated_datetime"]) == ("市监局", "2026-11-21T12:01:00+08:00")


def test_an_open_request_tells_the_reply_else_its_state():
    assert shown(ticket(state="sent", sent_at=START + 5))["status_notes"] == "已转办 / sent to a department"
    assert shown(ticket(), reply="已联系您13876543210")["status_notes"] == "已联系您138****3210"


def test_texts_and_places_can_be_kept_for_public_tickets():
    view = shown(ticket(state="closed", closed_at=START, result="已退款"), show="public")
    assert view["description"] is view["address"] is view["lat"] is None
    assert view["status_notes"] == "已办结 / closed"
    assert shown(ticket(is_public=True), show="public")["address"] == "和平大道1号"
