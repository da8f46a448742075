"""Tickets go to the police and come from them, signed on both ways, once each; who does not acknowledge is flagged."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from office import LOOPBACK, Office, office_on

from tests.fakes.partner import FakePartner
from tests.plugins.lab import MakeSite

NUMBER = "110"
LIMIT_S, SHORT_S = 120, 5
"""How long the police may take to acknowledge: longer than any machine needs for it, or over soon."""
CASE = {
    "caseNumber": "A4601002026112200001",
    "caseText": "报警人称小区路灯不亮，非警情，请12345处理。电话13812345678",
    "personName": "王芳",
    "contactNumber": "13812345678",
    "address": "海口市龙华区某路10号",
    "longitude": 110.31,
    "latitude": 20.03,
    "callTime": "2026-11-22 08:30:00",
    "wardCode": "W-7",
}


@pytest.fixture
async def police() -> AsyncIterator[FakePartner]:
    async with FakePartner(number_field="caseNumber").running() as fake:
        yield fake


@pytest.fixture
def limit_s() -> int:
    """How long the police may take to acknowledge."""
    return LIMIT_S


@pytest.fixture
async def office(make_site: MakeSite, quick_config: Path, police: FakePartner, limit_s: int) -> AsyncIterator[Office]:
    """An office whose police platform is the fake one."""
    partners = quick_config / "partners.toml"
    text = partners.read_text(encoding="utf-8")
    head, mark, rest = text.partition('number = "110"')
    changes = {'url = ""': f'url = "{police.base}/cases"', "acknowledge_s = 60": f"acknowledge_s = {limit_s}"}
    for old, new in changes.items():
        assert mark and old in rest
        rest = rest.replace(old, new, 1)
    partners.write_text(head + mark + rest, encoding="utf-8")
    quick = {"GATEWAY__DELIVERY__OVERDUE_LOOK_S": "0.2", "GATEWAY__DELIVERY__FIRST_S": "0.2"}
    site = await make_site(config_dir=quick_config, overrides=LOOPBACK | quick, start=False)
    police.secret = site.secrets.of("made:partner-110-out")
    police.in_secret = site.secrets.of("made:partner-110-in")
    async with office_on(site) as opened:
        yield opened


async def pushed(office: Office, police: FakePartner, text: str) -> tuple[str, dict[str, Any]]:
    """A citizen's request that an agent pushes to the police: its number, and the case that arrived there."""
    filed = await office.file(
        text, title="有人打架", address="海口市海府路5号", longitude=110.35, latitude=20.02, crs="WGS-84",
        name="张三丰", contact_number="13912345678",
    )  # fmt: skip
    number = str(filed["ticket_no"])
    taken = len(police.taken)
    delivery = await office.ask("POST", f"/api/v1/tickets/{number}/push", {"partner": NUMBER})
    await office.until(lambda: len(police.taken) > taken, "the case arrived")
    return number, police.taken[delivery["id"]]


async def report(office: Office, police: FakePartner, id: str, **said: Any) -> tuple[int, dict[str, Any]]:
    status, answer = await police.push(office.http, f"{office.url}/partners/110/feedback", said, time.time(), id)
    return status, answer


async def push_in(office: Office, police: FakePartner, id: str, **case: Any) -> tuple[int, dict[str, Any]]:
    status, answer = await police.push(office.http, f"{office.url}/partners/110/tickets", case, time.time(), id)
    return status, answer


async def kinds(office: Office, number: str) -> list[str]:
    return [event["type"] for event in await office.told() if event["subject"] == number]


async def test_a_pushed_ticket_arrives_signed_in_their_words_and_their_feedback_comes_back_onto_it(
    office: Office, police: FakePartner
) -> None:
    police.answers.append((503, "{}", {}))  # busy at first: it is tried again under the same id
    number, case = await pushed(office, police, "两人在路边打架，请派人处理")
    assert len(police.tries) == 2 and len(set(police.tries)) == 1
    assert case["hotlineNumber"] == number
    assert case["caseText"] == "两人在路边打架，请派人处理"
    assert (case["personName"], case["contactNumber"]) == ("张三丰", "13912345678")
    assert (case["longitude"], case["latitude"], case["address"]) == (110.35, 20.02, "海口市海府路5号")
    assert "title" not in case, "what is not mapped does not leave"

    async def has_number() -> bool:
        return (await office.ticket(number))["external_nos"] == {NUMBER: "P-0001"}

    await office.until(has_number, "their number is on the ticket")
    status, answer = await report(office, police, "f1", hotlineNumber=number, state="签收")
    assert (status, answer["state"], answer["applied"]) == (200, "acknowledged", True)
    status, _ = await report(office, police, "f2", caseNumber="P-0001", state="处警", caseText="民警已到场")
    assert status == 200
    office.kill()
    await office.start()
    result = {"caseNumber": "P-0001", "state": "反馈", "result": "双方已调解，各自离开。", "department": "海府路派出所"}
    for _ in range(2):  # the second time they had not heard the answer
        status, answer = await report(office, police, "f3", **result)
        assert (status, answer["state"]) == (200, "closed")

    ticket = await office.ticket(number)
    assert (ticket["state"], ticket["result"], ticket["department"]) == ("closed", result["result"], "海府路派出所")
    (delivery,) = [one for one in ticket["deliveries"] if one["kind"] == "push"]
    assert (delivery["state"], delivery["answer_by"], delivery["external_id"]) == ("delivered", None, "P-0001")
    assert [one["text"] for one in ticket["messages"][1:]] == ["", "民警已到场", result["result"]]
    told = await kinds(office, number)
    assert told.count("hotline.push.feedback.v1") == 3
    assert told.count("hotline.push.acknowledged.v1") == 1 and "hotline.push.overdue.v1" not in told


@pytest.mark.parametrize("limit_s", [SHORT_S])
async def test_a_push_that_nobody_acknowledges_in_time_is_flagged_once_and_late_word_is_told_as_late(
    office: Office, police: FakePartner, limit_s: int
) -> None:
    number, _ = await pushed(office, police, "路边有人打架")
    office.kill()
    await office.start()

    async def overdue() -> list[dict[str, Any]]:
        return await office.feed("push.overdue")

    (flagged,) = await office.until(overdue, "the silence is told")
    assert flagged["subject"] == number and flagged["data"]["partner"] == NUMBER
    (sent,) = [one for one in (await office.ticket(number))["deliveries"] if one["kind"] == "push"]
    assert flagged["data"]["answer_by"] == pytest.approx(sent["created_at"] + limit_s)
    assert (await report(office, police, "f1", hotlineNumber=number, state="签收"))[0] == 200
    (late,) = await office.feed("push.acknowledged")
    assert late["data"]["late"] is True and late["data"]["took_s"] >= limit_s
    assert (await kinds(office, number)).count("hotline.push.overdue.v1") == 1


async def test_a_ticket_that_a_partner_pushes_again_is_one_ticket_and_its_answer_goes_back_to_the_partner(
    office: Office, police: FakePartner
) -> None:
    status, first = await push_in(office, police, "m1", **CASE)
    assert (status, first["known"]) == (200, False)
    office.kill()
    await office.start()
    status, second = await push_in(office, police, "m2", **CASE)
    assert (status, second["ticket_no"], second["known"]) == (200, first["ticket_no"], True)

    number = first["ticket_no"]
    (listed,) = await office.tickets()
    assert (listed["ticket_no"], listed["channel"], listed["account"]) == (number, "partner", NUMBER)
    ticket = await office.ticket(number)
    assert len(ticket["messages"]) == 1 and "13812345678" not in str(ticket)
    assert (ticket["longitude"], ticket["latitude"], ticket["crs"]) == (110.31, 20.03, "WGS-84")

    await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": "路灯已修好。"})
    await office.until(lambda: police.taken, "the answer arrived")
    (answer,) = police.taken.values()
    assert (answer["hotlineNumber"], answer["caseNumber"]) == (number, CASE["caseNumber"])
    assert answer["result"].endswith("路灯已修好。")
    await office.told()


async def test_what_is_not_signed_is_refused_and_what_is_signed_but_cannot_be_read_is_kept(
    office: Office, police: FakePartner
) -> None:
    url = f"{office.url}/partners/110/tickets"
    right, police.in_secret = police.in_secret, "somebody else's"
    assert (await push_in(office, police, "m1", **CASE))[0] == 401
    police.in_secret = right
    assert (await police.push(office.http, url, CASE, time.time() - 3600, "m2"))[0] == 401
    assert await office.tickets() == []
    status, problem = await push_in(office, police, "m3", **{**CASE, "longitude": "近旁"})
    assert (status, problem["field"]) == (400, "longitude")
    (ticket,) = await office.tickets()
    assert ticket["ticket_no"] == problem["ticket_no"] and "unreadable" in ticket["flags"]
    await office.told()
