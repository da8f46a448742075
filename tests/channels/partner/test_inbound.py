"""What partners push, from the bytes at the door to the ledger: a real ledger, intake and ticket service."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.channels.partner.channel import PartnerChannel
from gateway.channels.partner.gate import PartnerGate
from gateway.channels.partner.wire import signed_headers
from gateway.model.http import HttpAnswer
from gateway.model.ids import TicketNo
from gateway.model.records import Ticket
from gateway.tickets.ports import TicketDraft
from tests.channels.door_stage import START, Stage, asked
from tests.channels.partner.partners import partner, police

CASE = {"caseNumber": "J-1", "caseText": "邻居装修，夜间施工。", "address": "和平大道1号", "personName": "王小明"}
SECRET = "in-secret-of-the-partner"

Push = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


@pytest.fixture
def gate(stage: Stage) -> PartnerGate:
    configs = (police(), partner())
    return PartnerGate(
        PartnerChannel(config, stage.means, http=stage.http, in_secret=SECRET, categories=("0101",))
        for config in configs
    )


@pytest.fixture
def push(gate: PartnerGate, stage: Stage) -> Push:
    """Push a body to a door of the gate, signed; its status and answer."""
    doors = {door.path.rpartition("/")[2]: door for door in gate.doors()}
    sent = iter(range(10_000))

    async def pushed(what: str, body: Any, number: str = "110", id: str = "") -> tuple[int, dict[str, Any]]:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        id = id or f"msg_{next(sent)}"
        headers = signed_headers(SECRET, "hmac-sha256", id, int(stage.clock.now), raw)
        request = asked("POST", f"/partners/{number}/{what}", raw, headers, stage.clock.now, number=number)
        answer: HttpAnswer = await doors[what].receive(request)
        assert answer.content_type in ("application/json", "application/problem+json")
        return answer.status, json.loads(answer.body)

    return pushed


@pytest.fixture
async def ours(stage: Stage) -> Ticket:
    """A ticket of ours, pushed to 110 and taken there as P-7."""
    draft = TicketDraft("wechat", "460000", START, START, account="hainan", fields={"content": "打架"})
    ticket, _ = await stage.ledger.write(lambda tx: tx.open_ticket(draft, "k"))
    delivery = await stage.service.push(ticket.ticket_no, "110", "A001")
    sent = replace(delivery, state="sent", due_at=None, external_id="P-7", attempts=1)
    await stage.ledger.write(lambda tx: tx.save_delivery(sent))
    return ticket


# -- tickets -----------------------------------------------------------------------------------------------------------


async def test_a_case_opens_a_ticket_with_its_original_and_its_number(stage, push):
    status, answer = await push("tickets", CASE)
    assert (status, answer["state"], answer["known"]) == (200, "received", False)
    (ticket,) = await stage.tickets()
    assert ticket.ticket_no == answer["ticket_no"]
    assert (ticket.channel, ticket.account, ticket.external_nos) == ("partner", "110", {"110": "J-1"})
    assert (ticket.content, ticket.address, ticket.name) == ("邻居装修，夜间施工。", "和平大道1号", "王小明")
    raw = await stage.ledger.raw(ticket.raw_id)
    assert raw is not None
    assert json.loads(raw.body) == CASE
    assert await stage.ledger.ticket_by_key("partner:110:J-1") == ticket


async def test_a_push_of_a_partner_that_hands_us_calls_is_kept_for_its_call_with_the_ticket(stage):
    config = partner(calls_in={"addresses": ["10.1.2.0/24"], "window_s": 120})
    channel = PartnerChannel(config, stage.means, http=stage.http, in_secret=SECRET)
    (door, _) = PartnerGate([channel]).doors()
    case = {"external_no": "HK-1", "content": "停电", "calling_number": "13812345678", "call_ref": "REF-9"}
    for id in ("m1", "m2"):  # the second is a repetition
        raw = json.dumps(case).encode()
        headers = signed_headers(SECRET, "hmac-sha256", id, int(stage.clock.now), raw)
        answer = await door.receive(asked("POST", "/partners/95598/tickets", raw, headers, START, number="95598"))
        assert answer.status == 200
    (ticket,) = await stage.tickets()
    (kept,) = await stage.ledger.contexts_of_number("13812345678", 0.0, START)
    assert (kept.partner, kept.external_no, kept.ref, kept.text) == ("95598", "HK-1", "REF-9", "停电")
    assert (kept.ticket_no, kept.until, kept.source) == (ticket.ticket_no, START + 120, "push")
    assert await stage.ledger.contexts_by_reference("95598", "REF-9", START) == [kept]


async def test_a_push_of_another_partner_is_kept_for_no_call(stage, push):
    await push("tickets", CASE | {"callingNumber": "13812345678"})
    assert await stage.ledger.contexts_of_number("13812345678", 0.0, START) == []


async def test_the_same_number_again_is_answered_with_the_same_ticket(stage, push):
    first = await push("tickets", CASE, id="msg_a")
    again = await push("tickets", CASE, id="msg_a")
    later = await push("tickets", CASE, id="msg_b")
    assert first[1]["ticket_no"] == again[1]["ticket_no"] == later[1]["ticket_no"]
    assert again[1]["known"]
    (ticket,) = await stage.tickets()
    assert len(await stage.ledger.messages(ticket_no=ticket.ticket_no)) == 1


async def test_news_under_the_same_number_join_the_ticket_once(stage, push):
    first = await push("tickets", CASE)
    news = CASE | {"caseText": "现场有人受伤。"}
    for _ in range(2):
        status, answer = await push("tickets", news)
        assert (status, answer["ticket_no"]) == (200, first[1]["ticket_no"])
    (ticket,) = await stage.tickets()
    assert "现场有人受伤。" in ticket.content
    texts = [kept.message.text for kept in await stage.ledger.messages(ticket_no=ticket.ticket_no)]
    assert texts == ["邻居装修，夜间施工。", "现场有人受伤。"]


async def test_the_same_number_of_another_partner_is_another_ticket(stage, push):
    await push("tickets", CASE)
    status, _ = await push("tickets", {"external_no": "J-1", "content": "停电"}, "95598")
    assert status == 200
    assert len(await stage.tickets()) == 2


async def test_files_of_a_case_are_wanted_and_the_fetcher_is_woken(stage, push):
    await push("tickets", CASE | {"attachments": ["https://110.example/1.jpg"]})
    (wanted,) = await stage.ledger.wanted(START)
    assert wanted.attachment.source == {"url": "https://110.example/1.jpg"}
    assert (wanted.channel, wanted.account) == ("partner", "110")
    assert stage.woken


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**CASE, "caseText": ""}, "caseText"),
        ({**CASE, "longitude": "x"}, "longitude"),
        ({"caseText": "没有编号"}, "caseNumber"),
    ],
)
async def test_a_malformed_case_is_400_with_the_field_and_kept_all_the_same(stage, push, body, field):
    status, answer = await push("tickets", body)
    assert (status, answer["field"]) == (400, field)
    (ticket,) = await stage.tickets()
    assert ticket.ticket_no == answer["ticket_no"]
    assert "unreadable" in ticket.flags
    raw = await stage.ledger.raw(ticket.raw_id)
    assert raw is not None
    assert json.loads(raw.body) == body


@pytest.mark.parametrize("body", [b"{not json", b"[]", b"", b"\xff\xfe"])
async def test_what_is_no_json_object_is_400_and_kept_once(stage, push, body):
    for _ in range(2):
        status, answer = await push("tickets", body)
        assert status == 400
    (ticket,) = await stage.tickets()
    assert ticket.flags == ["unreadable"]
    raw = await stage.ledger.raw(ticket.raw_id)
    assert raw is not None
    assert raw.body == body
    assert answer["ticket_no"] == ticket.ticket_no


async def test_a_case_that_is_sent_again_mended_joins_what_was_kept(stage, push):
    _, bad = await push("tickets", CASE | {"latitude": 99})
    status, good = await push("tickets", CASE | {"latitude": 20})
    assert (status, good["ticket_no"]) == (200, bad["ticket_no"])
    (ticket,) = await stage.tickets()
    assert ticket.content.count("夜间施工") >= 1


# -- feedback ----------------------------------------------------------------------------------------------------------


async def test_an_acknowledgement_answers_the_push(stage, push, ours):
    stage.clock.now += 30
    status, answer = await push("feedback", {"hotlineNumber": ours.ticket_no, "state": "签收", "caseNumber": "P-7"})
    assert (status, answer["state"], answer["applied"]) == (200, "acknowledged", True)
    (delivery,) = await stage.ledger.deliveries(ticket_no=ours.ticket_no, kind="push")
    assert (delivery.state, delivery.answer_by, delivery.done_at) == ("delivered", None, START + 30)
    (event,) = await stage.events("hotline.push.acknowledged")
    assert (event.subject, event.data["partner"], event.data["took_s"]) == (ours.ticket_no, "110", 30)
    assert "late" not in event.data
    assert await stage.ledger.unanswered(START + 1000) == []


async def test_an_acknowledgement_after_the_limit_is_told_as_late(stage, push, ours):
    stage.clock.now += 61
    await push("feedback", {"hotlineNumber": ours.ticket_no, "state": "签收"})
    (event,) = await stage.events("hotline.push.acknowledged")
    assert event.data["late"] is True


async def test_an_acknowledgement_that_overtakes_the_answer_stops_the_retries(stage, push, ours):
    (delivery,) = await stage.ledger.deliveries(kind="push")
    await stage.ledger.write(lambda tx: tx.save_delivery(replace(delivery, state="waiting", due_at=START)))
    await push("feedback", {"hotlineNumber": ours.ticket_no, "state": "签收"})
    assert await stage.ledger.due_deliveries(START + 9999) == []


async def test_the_partners_number_finds_the_ticket(stage, push, ours):
    status, answer = await push("feedback", {"caseNumber": "P-7", "state": "处警", "result": "已到场"})
    assert (status, answer["ticket_no"]) == (200, ours.ticket_no)
    _, opened = await push("tickets", CASE)
    status, answer = await push("feedback", {"caseNumber": "J-1", "state": "签收"})
    assert (status, answer["ticket_no"]) == (200, opened["ticket_no"])


async def test_a_result_closes_the_ticket_and_is_kept_as_it_came(stage, push, ours):
    body = {
        "hotlineNumber": ours.ticket_no, "state": "反馈", "result": "已调解", "department": "和平派出所",
        "officer": "0123",
    }  # fmt: skip
    status, answer = await push("feedback", body)
    assert (status, answer["state"]) == (200, "closed")
    ticket = await stage.ledger.ticket(ours.ticket_no)
    assert ticket is not None
    assert (ticket.result, ticket.department) == ("已调解", "和平派出所")
    (kept,) = await stage.ledger.messages(ticket_no=ours.ticket_no)
    assert kept.message.text == "已调解"
    assert kept.message.more["partner"] == {"officer": "0123"}
    raw = await stage.ledger.raw(kept.raw_id)
    assert raw is not None
    assert json.loads(raw.body) == body
    (event,) = await stage.events("hotline.push.feedback")
    assert (event.data["kind"], event.data["text"], event.data["message_id"]) == ("result", "已调解", kept.id)


async def test_a_return_says_why(stage, push, ours):
    await push("feedback", {"hotlineNumber": ours.ticket_no, "state": "退回", "result": "不属公安管辖"})
    ticket = await stage.ledger.ticket(ours.ticket_no)
    assert ticket is not None
    assert ticket.state == "returned"
    (event,) = await stage.events("hotline.ticket.state")
    assert event.data["note"] == "不属公安管辖"


async def test_feedback_that_comes_twice_is_kept_once(stage, push, ours):
    body = {"hotlineNumber": ours.ticket_no, "state": "反馈", "result": "已调解"}
    first = await push("feedback", body, id="msg_f")
    again = await push("feedback", body, id="msg_f")
    assert first[0] == again[0] == 200
    assert len(await stage.ledger.messages(ticket_no=ours.ticket_no)) == 1
    assert len(await stage.events("hotline.push.feedback")) == 1
    assert len(await stage.events("hotline.push.acknowledged")) == 1


async def test_feedback_that_does_not_fit_the_state_is_kept_and_told(stage, push, ours):
    await push("feedback", {"hotlineNumber": ours.ticket_no, "state": "反馈", "result": "已调解"})
    status, answer = await push("feedback", {"hotlineNumber": ours.ticket_no, "state": "退回", "result": "退"})
    assert (status, answer["applied"], answer["state"]) == (200, False, "closed")
    assert len(await stage.ledger.messages(ticket_no=ours.ticket_no)) == 2


async def test_a_partner_reports_only_on_its_own_tickets(stage, push, ours):
    for body in ({"ticket_no": ours.ticket_no, "state": "acknowledged"}, {"external_no": "P-7", "state": "progress"}):
        status, answer = await push("feedback", body, "95598")
        assert (status, answer["field"]) == (404, "ticket_no")
    ticket = await stage.ledger.ticket(ours.ticket_no)
    assert ticket is not None
    assert ticket.state == "received"


async def test_feedback_without_a_ticket_is_kept_and_told(stage, push):
    status, _ = await push("feedback", {"hotlineNumber": "460000-20261121-0000009", "state": "签收"})
    assert status == 404
    (event,) = await stage.events("hotline.push.feedback")
    raw = await stage.ledger.raw(event.data["raw_id"])
    assert raw is not None
    assert b"0000009" in raw.body
    assert await stage.ledger.message(event.data["message_id"]) is not None


@pytest.mark.parametrize(("body", "field"), [(b"{", None), ({"state": "签收"}, "hotlineNumber")])
async def test_malformed_feedback_is_400_with_the_field_and_kept(stage, push, body, field):
    status, answer = await push("feedback", body)
    assert (status, answer.get("field")) == (400, field)
    assert len(await stage.events("hotline.push.feedback")) == 1
    assert await stage.tickets() == []


numbers = st.text(max_size=30) | st.sampled_from(["460000-20261121-0000001", "\x00", "J-1"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=numbers, state=st.text(max_size=5) | st.just("签收"), text=st.text(max_size=30))
async def test_no_text_is_too_strange(push, number, state, text):
    body = {"caseNumber": number, "hotlineNumber": number, "state": state, "caseText": text, "result": text}
    assert (await push("feedback", body))[0] in (200, 400, 404)
    assert (await push("tickets", body))[0] in (200, 400)


async def test_the_number_is_ours_even_if_it_looks_odd(stage):
    assert await stage.ledger.ticket(TicketNo("\ud800")) is None
