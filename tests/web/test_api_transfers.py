"""Transfers over HTTP: who may press what, how refusals are told, and what is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.model.ids import AgentId, CallId, SeatId, TicketNo
from gateway.model.messages import Delivery
from gateway.model.transfers import Transfer
from gateway.transfer.ports import Refusal, Target
from gateway.web.api_transfers import transfer_view

AT = "/api/v1/transfers"


async def seated(site: Any, login: str = "agent1", seat: str = "A001") -> Any:
    client = await site.logged_in(login)
    assert (await client.post(f"/api/v1/seats/{seat}/sign-in"))[0] == 202
    return client


async def test_a_press_is_accepted_and_nothing_more_is_said(site: Any) -> None:
    client = await seated(site)
    body = {"seat": "A001", "partner": "110", "mode": "attended", "ticket_no": "460000-20261121-0000001"}
    status, data, _ = await client.post(AT, body, headers={"Idempotency-Key": "press-1"})
    assert status == 202 and data == {"accepted": True, "transfer_id": data["transfer_id"]}
    (press,) = site.transfers.pressed
    assert (press.key, press.seat, press.target.kind, press.target.value) == (
        "agent1:press-1",
        "A001",
        "partner",
        "110",
    )
    assert (press.mode, press.ticket_no, press.login) == ("attended", "460000-20261121-0000001", "agent1")
    assert press.address == "127.0.0.1"
    again = await client.post(AT, body, headers={"Idempotency-Key": "press-1"})
    assert again[:2] == (202, data) and len(site.transfers.pressed) == 1


async def test_without_a_key_each_press_is_another(site: Any) -> None:
    client = await seated(site)
    first, second = [(await client.post(AT, {"partner": "110"}))[1]["transfer_id"] for _ in range(2)]
    assert first != second


@pytest.mark.parametrize(
    ("body", "kind", "value"),
    [
        ({"queue": "legal"}, "queue", "legal"),
        ({"flow": "night"}, "flow", "night"),
        ({"to_seat": "A002"}, "seat", "A002"),
        ({"call_id": "1.1", "partner": "119"}, "partner", "119"),
    ],
)
async def test_a_call_goes_to_queue_flow_seat_or_partner(site: Any, body: Any, kind: str, value: str) -> None:
    client = await seated(site)
    assert (await client.post(AT, body))[0] == 202
    (press,) = site.transfers.pressed
    assert (press.seat, press.target.kind, press.target.value) == ("A001", kind, value)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "partner"),
        ({"partner": "110", "queue": "legal"}, "partner"),
        ({"partner": "110", "seat": "A001", "call_id": "1.1"}, "seat"),
        ({"partner": "11\n0"}, "partner"),
        ({"partner": "110", "mode": "loud"}, "mode"),
        ({"partner": "110", "ticket_no": "1"}, "ticket_no"),
        ({"partner": "110", "colour": "red"}, "colour"),
    ],
)
async def test_what_is_malformed_names_the_field(site: Any, body: Any, field: str) -> None:
    client = await seated(site)
    status, problem, _ = await client.post(AT, body)
    assert status == 400 and field in problem["detail"] + problem["field"]
    assert site.transfers.pressed == []


async def test_an_agent_transfers_only_the_calls_of_the_own_seat(site: Any) -> None:
    client = await seated(site, seat="A002")
    assert (await client.post(AT, {"seat": "A001", "partner": "110"}))[0] == 403
    assert (await client.post(AT, {"call_id": "1.1", "partner": "110"}))[0] == 403
    assert (await client.post(AT, {"partner": "110"}))[0] == 202
    assert (await client.post(AT, {"call_id": "9.9", "partner": "110"}))[0] == 409
    stranger = await site.logged_in("agent2")
    status, problem, _ = await stranger.post(AT, {"partner": "110"})
    assert status == 409 and problem["field"] == "seat"


async def test_a_shift_lead_acts_on_any_seat_and_a_machine_on_none(site: Any) -> None:
    lead = await site.logged_in("lead")
    assert (await lead.post(AT, {"seat": "A009", "partner": "110"}))[0] == 202
    machine = site.client(token=site.tokens["machine"])
    assert (await machine.post(AT, {"seat": "A009", "partner": "110"}))[0] == 403
    assert (await machine.get(AT))[0] == 200


@pytest.mark.parametrize(
    ("refusal", "status", "field"),
    [
        (Refusal("unknown", "没有联动单位", "no partner", "partner"), 400, "partner"),
        (Refusal("not_allowed", "未并入热线，请拨打 12388", "read it out", "mode"), 409, "mode"),
        (Refusal("not_now", "已有转接正在进行", "already running"), 409, None),
        (Refusal("unknown", "没有这个转接", "no such"), 404, None),
    ],
)
async def test_refusals_are_told_with_their_words(site: Any, refusal: Refusal, status: int, field: str | None) -> None:
    client = await seated(site)
    site.transfers.refuses = refusal
    got, problem, response = await client.post(AT, {"partner": "110"})
    assert (got, problem.get("field")) == (status, field)
    assert problem["detail"] == f"{refusal.zh} / {refusal.en}" and response.content_type == "application/problem+json"


@pytest.mark.parametrize("key", ["k" * 201, "schlüssel"])
async def test_a_key_that_cannot_be_kept_is_refused(site: Any, key: str) -> None:
    client = await seated(site)
    status, problem, _ = await client.post(AT, {"partner": "110"}, headers={"Idempotency-Key": key})
    assert status == 400 and problem["field"] == "Idempotency-Key"


async def test_acts_are_for_the_agent_of_the_seat_and_the_lead(site: Any) -> None:
    client = await seated(site)
    id_ = (await client.post(AT, {"partner": "110"}))[1]["transfer_id"]
    for act in ("complete", "cancel", "toggle", "merge", "leave", "drop_partner"):
        assert (await client.post(f"{AT}/{id_}/{act}"))[:2] == (202, {"accepted": True, "transfer_id": id_})
    other = await seated(site, "agent2", "A005")
    assert (await other.post(f"{AT}/{id_}/cancel"))[0] == 403
    assert (await (await site.logged_in("lead")).post(f"{AT}/{id_}/cancel"))[0] == 202
    assert [(act, login) for _, act, login in site.transfers.acts][-2:] == [
        ("drop_partner", "agent1"), ("cancel", "lead"),
    ]  # fmt: skip
    assert (await client.post(f"{AT}/nobody/cancel"))[0] == 404
    assert (await client.post(f"{AT}/{id_}/explode"))[0] == 404


async def test_transfers_are_listed_by_what_is_asked(site: Any) -> None:
    client = await seated(site)
    for number in ("110", "119"):
        await client.post(AT, {"partner": number})
    _, data, _ = await client.get(f"{AT}?partner=110")
    (one,) = data["items"]
    assert (one["to"], one["kind"], one["seat"], one["phase"]) == ("110", "partner", "A001", "calling")
    assert one["acts"] == ["cancel", "drop_partner"]
    assert (await client.get(f"{AT}/{one['id']}"))[1] == one
    assert [item["to"] for item in (await client.get(AT))[1]["items"]] == ["119", "110"]
    assert (await client.get(f"{AT}?call_id=2.2"))[1]["items"] == []
    assert (await client.get(f"{AT}?since=99"))[1]["items"] == []
    assert (await client.get(f"{AT}/nobody"))[0] == 404


async def test_a_transfer_says_how_its_push_stands(site: Any) -> None:
    client = await seated(site)
    _, begun, _ = await client.post(AT, {"partner": "110"})
    rows, id_ = site.ledger.rows, begun["transfer_id"]
    push = Delivery("d1", "push", TicketNo("460000-20261121-0000001"), "partner", "110", "110", 1.0)
    rows.deliveries["d1"] = push
    rows.transfers[id_] = replace(rows.transfers[id_], delivery="d1")
    stands = []
    for now in (
        push, replace(push, state="sent", done_at=2.0), replace(push, state="sent", more={"overdue_at": 60.0}),
        replace(push, state="delivered", done_at=70.0, more={"overdue_at": 60.0}),
        replace(push, state="failed", done_at=9.0, error="no way"),
    ):  # fmt: skip
        rows.deliveries["d1"] = now
        said = (await client.get(f"{AT}/{id_}"))[1]["push"]
        stands.append((said["state"], said["at"], said["overdue"], said["why"]))
    assert stands == [
        ("waiting", None, False, ""), ("sent", 2.0, False, ""), ("sent", None, True, ""),
        ("acknowledged", 70.0, False, ""), ("failed", 9.0, False, "no way"),
    ]  # fmt: skip


def test_a_transfer_without_a_push_says_why_or_nothing_at_all() -> None:
    one = Transfer("t", "k", CallId("1"), "attended", "110", SeatId("A001"), AgentId("8001"), 1.0, partner="110")
    assert transfer_view(one).push is None
    view = transfer_view(replace(one, push_why="该通话尚无工单，未推送 / no ticket"))
    assert view.push is not None and (view.push.state, view.push.why[:4]) == ("none", "该通话尚")
    tried = replace(one, more={"tried": [{"number": "1101", "outcome": "busy"}]})
    assert [(number.number, number.outcome) for number in transfer_view(tried).tried] == [("1101", "busy")]


@pytest.mark.parametrize(("more", "silent"), [({}, False), ({"silent": True}, True)])
def test_a_target_without_audio_is_seen(more: dict[str, bool], silent: bool) -> None:
    one = Transfer("t", "k", CallId("1"), "attended", "110", SeatId("A001"), AgentId("8001"), 1.0, more=more)
    assert transfer_view(one).silent is silent


async def test_a_refusal_says_who_may_be_asked_instead(site: Any) -> None:
    client = await seated(site)
    site.transfers.refuses = Refusal("not_now", "现在不在服务时间", "closed now", "partner", Target("queue", "legal"))
    status, problem, _ = await client.post(AT, {"partner": "95598"})
    assert status == 409 and problem["instead"] == {"kind": "queue", "value": "legal"}


async def test_the_panel_has_the_partners_with_their_lines(site: Any) -> None:
    client = await site.logged_in("agent1")
    _, data, _ = await client.get("/api/v1/partners")
    assert data["items"] == [
        {
            "number": "110", "name": "公安", "name_en": "Police", "mode": "three_way",
            "modes": ["three_way", "attended"], "track": "none",
            "open_now": True, "state": "busy", "running": 1, "failures": 0, "since": 0.0, "reason": "", "lines": 0,
            "numbers": ["110"], "readout": "", "readout_en": "", "instead": None,
        }
    ]  # fmt: skip


def test_a_citizens_number_as_target_is_masked_and_an_ended_transfer_has_no_acts() -> None:
    one = Transfer("t", "k", CallId("1"), "attended", "13812345678", SeatId("A001"), AgentId("8001"), 1.0)
    assert transfer_view(one).to == "138***78"
    assert transfer_view(replace(one, target_kind="queue", target="legal")).to == "legal"
    assert transfer_view(replace(one, phase="ended")).acts == []
