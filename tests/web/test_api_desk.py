"""The desk over HTTP on a real ledger: the pop, filing, what looks alike, my day; whose call it is."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.model.contexts import PartnerContext
from gateway.model.desk import Watch
from gateway.model.ids import AgentId, CallId, TicketNo
from gateway.model.records import Account, CallRecord
from gateway.model.transfers import Transfer
from gateway.tickets.ports import TicketDraft
from gateway.web.api_desk import FormFields
from tests.web.desks import NUMBER, DeskSite

CALL = "1732200000.15"
POP = f"/api/v1/desk/pop/{CALL}"
TICKETS = "/api/v1/desk/tickets"
FORM: dict[str, Any] = {"kind": "投诉", "content": "路口的路灯坏了三盏。\n晚上很黑", "category": "0402"}


async def test_a_desk_starts_with_all_it_needs(desk_site: DeskSite) -> None:
    agent = await desk_site.logged_in("agent1")
    status, desk, _ = await agent.get("/api/v1/desk")
    assert status == 200 and desk["account"] == {
        "login": "agent1", "name": "王小芳", "agent_id": "8001", "role": "agent",
    }  # fmt: skip
    assert desk["seat"]["id"] == "A001" and [one["id"] for one in desk["seats_free"]] == ["A003", "A004"]
    assert desk["reasons"] == [{"id": "break", "name": "小休", "name_en": "Break", "max_s": 900}]
    lamp = next(one for one in desk["categories"] if one["code"] == "0402")
    assert (lamp["path"], lamp["pinyin"], lamp["initials"]) == ("城市管理 / 市政设施", "shizhengsheshi", "szss")
    assert [one["number"] for one in desk["entries"]] == ["12345", "12328"]
    assert desk["areas"][0] == {"code": "460000", "name": "海南省"}
    assert desk["templates"] == [{"id": "urge", "name": "催办", "text": "市民催办。\n请尽快处理"}]
    assert desk["rules"] == {"send_on_s": 600, "wait_s": 15} and desk["day_line"]["calls"] == 0
    assert desk["map"]["bounds"] == [108.3, 18.0, 111.3, 20.3] and desk["map"]["crs"] == "WGS-84"
    assert desk["flows"] == []


async def test_a_desk_knows_the_shift_leads_and_where_they_sit(desk_site: DeskSite) -> None:
    agent = await desk_site.logged_in("agent1")
    _, desk, _ = await agent.get("/api/v1/desk")
    assert desk["leads"] == [{"agent_id": "8100", "name": "陈班长", "seat": None}]
    desk_site.hall.change("A003", agent="8100", presence="ready")
    more = Account("lead2", "林班长", "supervisor", AgentId("8101"))
    gone = Account("lead3", "走了", "supervisor", AgentId("8102"), disabled=True)
    for account in (more, gone):
        await desk_site.ledger.write(lambda tx, one=account: tx.save_account(one, ""))  # type: ignore[misc]
    _, desk, _ = await agent.get("/api/v1/desk")
    assert [(one["agent_id"], one["seat"]) for one in desk["leads"]] == [("8100", "A003"), ("8101", None)]


async def test_whoever_sits_nowhere_has_a_desk_without_a_seat(desk_site: DeskSite) -> None:
    _, desk, _ = await (await desk_site.logged_in("root")).get("/api/v1/desk")
    assert desk["seat"] is None and desk["account"]["agent_id"] == "" and desk["day_line"]["tickets"] == 0


# -- the pop -----------------------------------------------------------------------------------------------------------


async def test_a_pop_at_the_first_ring_knows_the_caller_before_the_call_is_in_the_ledger(desk_site: DeskSite) -> None:
    old = await desk_site.earlier(3, title="积水", state="closed", closed_at=1.0)
    still_open = await desk_site.earlier(9, title=f"噪音 {NUMBER}", address="龙昆南路", area_code="460100")
    watch = Watch("w1", NUMBER, "care", "独居老人", "lead", 1.0)
    await desk_site.ledger.write(lambda tx: tx.save_watch(watch))
    desk_site.contexts.append(
        PartnerContext("c1", "110", "push", 1.0, 2.0, external_no="J1", number=NUMBER, text="转来")
    )
    desk_site.rings()
    status, pop, response = await (await desk_site.logged_in("agent1")).get(POP)
    assert status == 200 and NUMBER not in await response.text()
    assert (pop["caller"], pop["caller_full"]) == ("138****5678", None)
    assert pop["entry"] == {"number": "12345", "name": "政务热线", "name_en": "Hotline", "track": "own"}
    assert (pop["queue"], pop["language"]) == ("hotline", "zh") and 12 <= pop["waited_s"] < 600
    assert pop["place"] == {"area_code": "460100", "name": "海口市", "why": "ticket"}
    assert [(one["no"], one["open"]) for one in pop["tickets"]] == [
        (still_open.ticket_no, True),
        (old.ticket_no, False),
    ]
    assert pop["tickets"][0]["title"] == "噪音 138****5678" and pop["secret"] is False
    assert [one["call_id"] for one in pop["calls"]] == ["3.1", "9.1"] and pop["calls"][0]["agent"] == "8002"
    assert pop["watch"] == {"level": "care", "note": "独居老人", "by": "lead"}
    assert (pop["context"]["name"], pop["context"]["no"], pop["context"]["content"]) == ("公安", "J1", "转来")
    assert (pop["ticket_no"], pop["revision"], pop["draft"]) == (None, None, None)


async def test_a_pop_of_an_answered_call_names_its_own_ticket_and_the_draft(desk_site: DeskSite) -> None:
    call = desk_site.rings()
    await desk_site.writes(call, answered_at=time.time(), agent=AgentId("8001"))
    agent = await desk_site.logged_in("agent1")
    saved = await agent.ask("PUT", f"/api/v1/desk/drafts/{CALL}", json={"fields": {"content": "a"}, "revision": 4})
    assert saved[0] == 200
    _, pop, _ = await agent.get(POP)
    assert pop["ticket_no"].endswith("0000001") and pop["revision"] == 1 and pop["tickets"] == []
    assert (pop["draft"]["fields"], pop["draft"]["revision"], pop["draft"]["author"]) == ({"content": "a"}, 4, "agent1")


async def test_a_caller_without_a_number_has_a_pop_too(desk_site: DeskSite) -> None:
    await desk_site.earlier(1, caller="")
    desk_site.rings(caller_number="", entry_number="12328")
    _, pop, _ = await (await desk_site.logged_in("agent1")).get(POP)
    assert (pop["caller"], pop["tickets"], pop["calls"], pop["watch"]) == ("", [], [], None)
    assert pop["place"] == {"area_code": "460100", "name": "海口市", "why": "entry"}


async def test_a_note_whose_time_is_over_is_not_shown(desk_site: DeskSite) -> None:
    watch = Watch("w1", NUMBER, "alert", "辱骂", "lead", 1.0, time.time() - 1)
    await desk_site.ledger.write(lambda tx: tx.save_watch(watch))
    desk_site.rings()
    assert (await (await desk_site.logged_in("agent1")).get(POP))[1]["watch"] is None


async def test_a_secret_ticket_is_no_more_than_the_word_that_there_is_one(desk_site: DeskSite) -> None:
    await desk_site.earlier(1, title="举报局长", is_secret=True, agent_id="8002")
    desk_site.rings()
    _, pop, response = await (await desk_site.logged_in("agent1")).get(POP)
    assert pop["secret"] is True and pop["tickets"] == [] and "局长" not in await response.text()
    _, pop, _ = await (await desk_site.logged_in("lead")).get(POP)
    assert pop["secret"] is False and [one["title"] for one in pop["tickets"]] == ["举报局长"]


async def test_callers_who_withhold_their_number_are_not_one_person(desk_site: DeskSite) -> None:
    await desk_site.earlier(1, caller="anonymous", title="别人的事")
    desk_site.rings(caller_number="anonymous")
    agent = await desk_site.logged_in("agent1")
    _, pop, _ = await agent.get(POP)
    assert (pop["tickets"], pop["calls"], pop["secret"]) == ([], [], False)


async def test_a_pop_is_for_the_seat_of_the_call_and_for_leads(desk_site: DeskSite) -> None:
    call = desk_site.rings()
    other = await desk_site.logged_in("agent2")
    status, problem, _ = await other.get(POP)
    assert (status, problem["field"]) == (403, "call_id")
    assert (await other.get("/api/v1/desk/pop/9.9"))[0] == 404
    assert (await (await desk_site.logged_in("lead")).get(POP))[0] == 200
    await desk_site.writes(call, "arrived")
    handed = Transfer("t1", "k", call.call_id, "consult", "8002", "A001", AgentId("8001"), 1.0, target_seat="A002")  # type: ignore[arg-type]
    await desk_site.ledger.write(lambda tx: tx.save_transfer(handed))
    assert (await other.get(POP))[0] == 200


async def test_a_call_that_comes_to_another_seat_is_then_that_seats_and_stays_with_who_had_it(
    desk_site: DeskSite,
) -> None:
    call = desk_site.rings()
    first, second = [await desk_site.logged_in(one) for one in ("agent1", "agent2")]
    draft = f"/api/v1/desk/drafts/{CALL}"
    await first.ask("PUT", draft, json={"fields": {"content": "说到一半"}, "revision": 3})
    await desk_site.writes(call, "answered", answered_at=time.time(), agent=AgentId("8001"))
    desk_site.hall.change("A001", call_id=None, presence="signed_out", agent=None)
    desk_site.hall.change("A002", call_id=CALL, activity="ringing")
    _, pop, _ = await second.get(POP)
    assert pop["draft"]["fields"] == {"content": "说到一半"}
    assert (await second.ask("PUT", draft, json={"fields": {"content": "接着"}, "revision": 4}))[0] == 200
    assert (await first.get(POP))[0] == 200


async def test_the_whole_number_is_for_leads_who_ask_and_is_audited(desk_site: DeskSite) -> None:
    desk_site.rings()
    agent, lead = [await desk_site.logged_in(one) for one in ("agent1", "lead")]
    status, problem, _ = await agent.get(f"{POP}?full=true")
    assert (status, problem["field"]) == (403, "full")
    assert (await lead.get(POP))[1]["caller_full"] is None
    assert (await lead.get(f"{POP}?full=true"))[1]["caller_full"] == NUMBER
    [entry] = [one for one in await desk_site.ledger.audits() if one.act == "number.revealed"]
    assert (entry.login, entry.subject, entry.detail["field"]) == ("lead", CALL, "caller")


# -- filing ------------------------------------------------------------------------------------------------------------


async def test_an_agent_files_the_ticket_of_the_call(desk_site: DeskSite) -> None:
    call = desk_site.rings()
    await desk_site.writes(call, answered_at=time.time(), agent=AgentId("8001"))
    agent = await desk_site.logged_in("agent1")
    await agent.ask("PUT", f"/api/v1/desk/drafts/{CALL}", json={"fields": FORM, "revision": 1})
    status, filed, _ = await agent.post(TICKETS, {"call_id": CALL, "fields": FORM, "revision": 1})
    assert (status, filed["revision"], filed["state"]) == (200, 2, "accepted")
    ticket = await desk_site.ledger.ticket(TicketNo(filed["ticket_no"]))
    assert ticket is not None and (ticket.content, ticket.title) == (FORM["content"], "路口的路灯坏了三盏")
    assert (ticket.category, ticket.call_id, ticket.calling_number) == ("0402", CALL, NUMBER)
    assert await desk_site.ledger.draft(CALL) is None
    assert (await agent.get(f"/api/v1/tickets/{filed['ticket_no']}"))[1]["more"] == {}


async def test_a_call_that_another_seat_speaks_on_stays_that_agents_ticket_and_draft(desk_site: DeskSite) -> None:
    call = desk_site.rings()
    await desk_site.writes(call, answered_at=time.time(), agent=AgentId("8001"))
    first, second, lead = [await desk_site.logged_in(one) for one in ("agent1", "agent2", "lead")]
    desk_site.hall.change("A001", call_id=None, activity="idle")
    desk_site.hall.change("A002", call_id=CALL, activity="talking")
    draft = f"/api/v1/desk/drafts/{CALL}"
    assert (await second.ask("PUT", draft, json={"fields": {"content": "接着"}, "revision": 9}))[0] == 200
    for number, client in enumerate((first, lead)):
        body = {"call_id": CALL, "fields": FORM, "revision": number + 1}
        status, filed, _ = await client.post(TICKETS, body)
        ticket = await desk_site.ledger.ticket(TicketNo(filed["ticket_no"]))
        assert status == 200 and ticket is not None and ticket.agent_id == "8002"
        assert (await desk_site.ledger.draft(CALL)).fields == {"content": "接着"}  # type: ignore[union-attr]
    assert (await second.post(TICKETS, {"call_id": CALL, "fields": FORM, "revision": 3}))[0] == 200
    assert await desk_site.ledger.draft(CALL) is None


async def test_a_ticket_is_filed_without_a_call_and_sent_on(desk_site: DeskSite) -> None:
    agent = await desk_site.logged_in("agent1")
    await agent.ask("PUT", "/api/v1/desk/drafts/new", json={"fields": FORM, "revision": 1})
    status, filed, _ = await agent.post(TICKETS, {"fields": FORM, "send_to": "110"}, headers={"Idempotency-Key": "a"})
    assert (status, filed["state"]) == (200, "sent") and len(desk_site.woken) == 1
    again = await agent.post(TICKETS, {"fields": FORM, "send_to": "110"}, headers={"Idempotency-Key": "a"})
    assert again[1] == filed and len(await desk_site.ledger.tickets()) == 1
    assert len(await desk_site.ledger.deliveries(kind="push")) == 1
    assert await desk_site.ledger.draft("new/agent1") is None


async def test_a_stale_form_says_where_the_ticket_is_now(desk_site: DeskSite) -> None:
    agent = await desk_site.logged_in("agent1")
    _, filed, _ = await agent.post(TICKETS, {"fields": FORM})
    body = {"ticket_no": filed["ticket_no"], "fields": {"title": "改"}}
    status, problem, _ = await agent.post(TICKETS, body)
    assert (status, problem["field"]) == (428, "revision")
    status, problem, _ = await agent.post(TICKETS, {**body, "revision": 1})
    assert (status, problem["field"], problem["current"]) == (409, "revision", 2)
    assert (await agent.post(TICKETS, {**body, "revision": 2}))[1]["revision"] == 3
    missing = {**body, "ticket_no": "460000-20261121-0000999", "revision": 1}
    assert (await agent.post(TICKETS, missing))[0] == 404


async def test_the_call_of_another_is_not_filed(desk_site: DeskSite) -> None:
    desk_site.rings()
    other = await desk_site.logged_in("agent2")
    assert (await other.post(TICKETS, {"call_id": CALL, "fields": FORM}))[0] == 403
    assert (await other.post(TICKETS, {"call_id": "9.9", "fields": FORM}))[0] == 404
    assert await desk_site.ledger.tickets() == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "fields"),
        ({"fields": {}}, 409, "fields.content"),
        ({"fields": {"content": "x", "kind": "别的"}}, 400, "fields.kind"),
        ({"fields": {"content": "x", "category": "没有"}}, 409, "fields.category"),
        ({"fields": {"content": "a\0"}}, 400, "fields.content"),
        ({"fields": {"content": "x", "title": "a\nb"}}, 400, "fields.title"),
        ({"fields": {"content": "x", "contact_number": "not a number"}}, 400, "fields.contact_number"),
        ({"fields": {"content": "x", "longitude": 181}}, 400, "fields.longitude"),
        ({"fields": {"content": "x", "state": "closed"}}, 400, "fields.state"),
        ({"fields": {"content": "x" * 8001}}, 400, "fields.content"),
        ({"fields": {"content": "x"}, "send_to": "999"}, 409, "send_to"),
        ({"fields": {"content": "x"}, "ticket_no": "1"}, 400, "ticket_no"),
    ],
)
async def test_a_form_that_does_not_fit_names_its_field(
    desk_site: DeskSite, body: dict[str, Any], status: int, field: str
) -> None:
    got, problem, _ = await (await desk_site.logged_in("agent1")).post(TICKETS, body)
    assert (got, problem["field"]) == (status, field) and await desk_site.ledger.tickets() == []


async def test_a_key_that_no_header_may_hold_is_refused(desk_site: DeskSite) -> None:
    agent = await desk_site.logged_in("agent1")
    status, problem, _ = await agent.post(TICKETS, {"fields": FORM}, headers={"Idempotency-Key": "k" * 201})
    assert (status, problem["field"]) == (400, "Idempotency-Key")


async def test_two_tabs_that_file_at_once_file_once(desk_site: DeskSite) -> None:
    desk_site.rings()
    agent = await desk_site.logged_in("agent1")
    body = {"call_id": CALL, "fields": FORM}
    filed = await asyncio.gather(*(agent.post(TICKETS, body, headers={"Idempotency-Key": "k"}) for _ in range(4)))
    assert {one[0] for one in filed} == {200} and len({one[1]["ticket_no"] for one in filed}) == 1
    assert {one[1]["revision"] for one in filed} == {2}


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(["fields", "call_id", "ticket_no", "send_to", "revision", "x"]), ANY))
async def test_any_body_is_answered_and_never_breaks_the_server(desk_site: DeskSite, body: dict[str, Any]) -> None:
    if not desk_site.clients:
        await desk_site.logged_in("agent1")
    status, problem, _ = await desk_site.clients[0].post(TICKETS, body)
    assert status in (200, 400, 403, 404, 409, 428) and (status == 200 or problem["detail"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(st.sampled_from(sorted(FormFields.model_fields)), ANY, max_size=4))
async def test_any_fields_are_answered_and_never_break_the_server(desk_site: DeskSite, fields: dict[str, Any]) -> None:
    if not desk_site.clients:
        await desk_site.logged_in("agent1")
    status, problem, _ = await desk_site.clients[0].post(TICKETS, {"fields": {"content": "路灯", **fields}})
    assert status in (200, 400, 409) and (status == 200 or problem["field"].startswith("fields"))


# -- what looks alike, my day ------------------------------------------------------------------------------------------


async def test_what_is_typed_finds_the_callers_ticket_before_others(desk_site: DeskSite) -> None:
    words = "路口的路灯坏了三盏，晚上很黑"
    mine = await desk_site.earlier(2, content=words)
    others = await desk_site.earlier(1, content=words, caller="13900001111")
    await desk_site.earlier(3, content=words, caller="13900002222", is_secret=True, agent_id="8002")
    desk_site.rings()
    agent = await desk_site.logged_in("agent1")
    status, found, _ = await agent.get("/api/v1/desk/similar", params={"text": f"{words}\n", "call_id": CALL})
    assert status == 200 and [(one["ticket_no"], one["own"], one["relation"]) for one in found["items"]] == [
        (mine.ticket_no, True, "duplicate_of"),
        (others.ticket_no, False, ""),
    ]
    assert (await agent.get("/api/v1/desk/similar", params={"text": "路灯"}))[1] == {"items": []}
    far = {"text": words, "area": "460100"}
    assert (await agent.get("/api/v1/desk/similar", params=far))[1] == {"items": []}
    assert (await agent.get("/api/v1/desk/similar", params={"text": "路" * 1001}))[0] == 400


async def test_the_calls_own_ticket_is_not_like_itself(desk_site: DeskSite) -> None:
    call = desk_site.rings()
    await desk_site.writes(call, answered_at=time.time(), agent=AgentId("8001"))
    agent = await desk_site.logged_in("agent1")
    await agent.post(TICKETS, {"call_id": CALL, "fields": FORM})
    found = await agent.get("/api/v1/desk/similar", params={"text": FORM["content"], "call_id": CALL})
    assert found[1] == {"items": []}


async def test_my_day_counts_my_calls_and_tickets(desk_site: DeskSite) -> None:
    call = desk_site.rings()
    now = time.time()
    await desk_site.writes(call, answered_at=now, agent=AgentId("8001"), ended_at=now, talk_s=61.5, outcome="answered")
    await desk_site.earlier(0, agent=AgentId("8002"))
    agent = await desk_site.logged_in("agent1")
    await agent.post(TICKETS, {"call_id": CALL, "fields": FORM, "send_to": "110"})
    _, day, _ = await agent.get("/api/v1/desk/day")
    assert (day["calls"], day["talk_s"], day["tickets"], day["sent_on"], day["overdue"]) == (1, 61.5, 1, 1, 0)
    assert sum(day["by_hour"]) == 1 and day["satisfaction"] is None
    _, desk, _ = await agent.get("/api/v1/desk")
    assert desk["day_line"] == day


async def test_a_long_day_is_counted_whole(desk_site: DeskSite) -> None:
    now = time.time()

    async def work(tx: Any) -> None:
        for n in range(120):
            call = CallRecord(CallId(f"{n}.9"), now, agent=AgentId("8001"), answered_at=now, talk_s=1.0)
            await tx.save_call(call)
            await tx.open_ticket(TicketDraft("phone", "460000", now, now, fields={"agent_id": "8001"}), f"k{n}")

    await desk_site.ledger.write(work)
    _, day, _ = await (await desk_site.logged_in("agent1")).get("/api/v1/desk/day")
    assert (day["calls"], day["talk_s"], day["tickets"]) == (120, 120.0, 120)
