"""The desk as an agent has it: real Chromium with a microphone, real gateway, real Asterisk, a partner with a telephone
and a platform. Worked by keys; what is heard is told by tones on every side.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from deskpage import PATIENCE_MS, VIRTUAL, WRAP_UP_S, House, Scene, house_in
from hall import visit
from playwright.async_api import expect
from softphone_stage import lid_closed

from tests.events_held import holds
from tools.lab.phone import Manner

pytestmark = [pytest.mark.asterisk, pytest.mark.browser]

NUMBER, MASKED = "13812345678", "138****5678"
WORDS = "龙华区某路10号门前有人打架，路灯也不亮，请尽快派人处理。"
EARLIER = "小区路灯不亮已有三天"
ANSWER = "已派人维修，今晚恢复照明。"
CONSULTED = "12345469024"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture
async def scene(house: House) -> AsyncIterator[Scene]:
    async with visit(house.site, house.gateway) as story, Scene.open(story, house) as scene:
        yield scene


async def known_already(scene: Scene, text: str, number: str) -> str:
    """A ticket of last time from the same number."""
    fields = {"kind": "求助", "content": text, "contact_number": number}
    filed = await scene.story.lead._ask("POST", "/api/v1/desk/tickets", {"fields": fields})
    return str(filed["ticket_no"])


async def type_a_ticket(scene: Scene) -> None:
    """By keys only, while the citizen speaks."""
    desk = scene.desk
    await desk.key("Alt+L", "3")
    await desk.type(WORDS)
    await desk.key("F9")
    await desk.type("sz")
    await desk.key("Enter")
    await desk.type("海府路5号")
    await desk.key("Alt+X")
    await desk.type("张三丰")
    await desk.key("Alt+J")
    await desk.saved()


async def test_110_is_called_in_by_one_key_with_the_ticket_and_the_agent_leaves_them_talking(scene: Scene) -> None:
    story, desk, police = scene.story, scene.desk, scene.police
    partner = await scene.called("partner", "110", Manner(ring_s=None))
    earlier = await known_already(scene, EARLIER, NUMBER)
    await desk.come()
    await desk.shot("idle")
    citizen = await rings_and_is_answered(scene)
    await type_a_ticket(scene)
    await desk.shot("talking")

    await desk.key("Alt+1")
    await partner.until("ringing")
    partner.pick_up()
    await citizen.until_hears("agent", "partner")
    await partner.until_hears("agent", "citizen")
    await desk.until_hears("citizen", "partner")
    await desk.transfer_is("three_way")
    await desk.shot("three-way")
    number = partner.invites[0]["x-ticket-no"]
    await story.until(lambda: police.taken, "the case has arrived at the police's platform")
    (case,) = police.taken.values()
    assert (case["hotlineNumber"], case["caseText"], case["address"]) == (number, WORDS, "海府路5号")
    assert (case["personName"], case["level"], case["callingNumber"]) == ("张三丰", "紧急", NUMBER)

    await desk.key("Alt+E")
    await citizen.until_hears("partner")
    await partner.until_hears("citizen")
    await wraps_up(scene, number)
    assert number != earlier
    await feeds_back(scene, number)
    await partner.hang_up()
    await citizen.until("ended")
    await all_is_in_the_feed(scene, number)


async def rings_and_is_answered(scene: Scene) -> Any:
    """The page rings with all that is known, F2 answers, and sound goes both ways."""
    page = scene.desk.page
    scene.story.numbers["citizen"] = NUMBER
    citizen = await scene.caller("citizen", NUMBER)
    await citizen.call("12345")
    await expect(page.locator("button.answer")).to_be_visible(timeout=PATIENCE_MS)
    pop = page.locator(".pop")
    await expect(pop.locator(".number")).to_contain_text(MASKED, timeout=PATIENCE_MS)
    await expect(pop.locator(".tickets")).to_contain_text(EARLIER)
    await expect(page.locator(".call .facts")).to_contain_text("12345")
    await expect(page.locator(".call .waited")).to_be_visible()
    assert NUMBER not in await page.content()
    await scene.desk.shot("ringing")
    await scene.desk.key("F2")
    await citizen.until_hears("agent")
    await scene.desk.until_hears("citizen")
    before, received = await scene.desk.packets(), citizen.received

    async def flows() -> bool:
        now = await scene.desk.packets()
        return now["in"] >= before["in"] + 50 and now["out"] >= before["out"] + 50 and citizen.received >= received + 50

    await scene.story.until(flows, "a second of sound both ways")
    await scene.desk.is_in("talking")
    return citizen


async def wraps_up(scene: Scene, number: str) -> None:
    """The time left is counted down, and the ticket is handed in by a key."""
    page = scene.desk.page
    await scene.desk.is_in("wrap_up")
    left = page.locator(".topbar .state .ring b")
    first = int(await left.inner_text())
    assert 0 < first <= WRAP_UP_S
    await page.wait_for_function(
        "(first) => Number(document.querySelector('.topbar .state .ring b')?.textContent) < first", arg=first
    )
    await scene.desk.shot("wrap-up")
    await scene.desk.key("Ctrl+Enter")
    await expect(page.locator(f".filed li[data-no='{number}']")).to_be_visible(timeout=PATIENCE_MS)
    ticket = await scene.ticket(number)
    assert (ticket["content"], ticket["kind"], ticket["category"]) == (WORDS, "投诉", "0402")
    assert (ticket["state"], ticket["urgency"], ticket["agent_id"]) == ("accepted", "紧急", "1001")


async def feeds_back(scene: Scene, number: str) -> None:
    """The police say that they have it, and what they did."""
    story, at = scene.story, time.time()
    url = f"{story.site.web_url}/partners/110/feedback"
    for id, said in (("f1", {"state": "签收"}), ("f2", {"state": "处警", "caseText": "民警已到场"})):
        status, answer = await scene.police.push(story.http, url, {"hotlineNumber": number, **said}, at, id)
        assert (status, answer["applied"]) == (200, True)


async def all_is_in_the_feed(scene: Scene, number: str) -> None:
    """Who follows the feed knows the ticket, the transfer, the push and what the partner made of it."""
    story = scene.story

    async def acknowledged() -> dict[str, Any] | None:
        (found,) = (await story.lead._ask("GET", f"/api/v1/transfers?ticket_no={number}"))["items"]
        return found if found["push"]["state"] == "acknowledged" else None

    transfer = await story.until(acknowledged, "the push is acknowledged")
    assert (transfer["partner"], transfer["mode"]) == ("110", "three_way")

    async def told() -> list[dict[str, Any]] | None:
        events = await story.events()
        of_it = {e["type"] for e in events if e["subject"] == number}
        return events if {"hotline.transfer.ended.v1", "hotline.push.feedback.v1"} <= of_it else None

    events = await story.until(told, "the transfer's end is told")
    for event in events:
        holds(event["type"], event["data"])
    kinds = [e["type"].removeprefix("hotline.").removesuffix(".v1") for e in events if e["subject"] == number]
    assert kinds.count("ticket.opened") == 1
    assert {"ticket.updated", "ticket.state", "push.acknowledged", "push.feedback"} <= set(kinds)
    moved = [kind for kind in kinds if kind.startswith("transfer.")]
    assert moved == [f"transfer.{move}" for move in ("started", "answered", "joined", "released", "ended")]
    (ended,) = [e["data"] for e in events if e["type"] == "hotline.transfer.ended.v1" and e["subject"] == number]
    assert (ended["transfer_id"], ended["outcome"]) == (transfer["id"], "completed")


async def test_a_call_lost_by_a_closed_lid_comes_to_another_seat_with_what_was_typed(scene: Scene) -> None:
    story, desk = scene.story, scene.desk
    await desk.come()
    citizen = await scene.talking(NUMBER)
    call = await scene.call_id()
    await desk.key("F3")
    await desk.type(WORDS)
    await desk.saved()
    other = await scene.seat_phone("A002", "1002")
    with lid_closed(desk.page.context):
        await citizen.until_hears("second", limit_s=120)
        await other.until_hears("citizen")

        async def taken() -> bool:
            seat = await story.seat_view("A002")
            return bool((seat["activity"], seat["call_id"]) == ("talking", call))

        await story.until(taken, "the gateway has heard that A002 has the call")
        async with scene.logged_in("1002") as second:
            pop = await second._ask("GET", f"/api/v1/desk/pop/{call}")
        assert (pop["draft"]["fields"]["content"], pop["draft"]["author"]) == (WORDS, "1001")
    await expect(desk.page.locator(".deadline")).to_contain_text("通话已转至 A002", timeout=PATIENCE_MS)
    await citizen.hang_up()
    await story.until(lambda: story.reachable("A001"), "the woken laptop has its telephone back")
    await expect(desk.page.locator(".device")).to_have_attribute("data-good", "true", timeout=PATIENCE_MS)
    await expect(desk.page.locator(".topbar .state")).not_to_have_attribute("data-state", "offline")
    await expect(desk.page.locator("#f-content")).to_have_value(WORDS)


async def test_a_partner_is_consulted_the_citizen_called_back_and_reached_over_a_virtual_number(scene: Scene) -> None:
    story, desk = scene.story, scene.desk
    county = await scene.called("partner", CONSULTED)
    await desk.come()
    citizen = await scene.talking(NUMBER)
    await type_a_ticket(scene)
    await consults(scene, citizen, county)
    await desk.key("Ctrl+Enter")
    filed = desk.page.locator(".filed li")
    await expect(filed).to_have_count(1, timeout=PATIENCE_MS)
    number = str(await filed.get_attribute("data-no"))
    await citizen.hang_up()
    await desk.is_in("wrap_up")

    at_home = await scene.called("citizen", NUMBER)
    await desk.page.locator(".dial .back").click()
    await at_home.until_hears("agent")
    await desk.until_hears("citizen")
    assert NUMBER not in at_home.invites[0]["from"] and NUMBER not in await desk.page.content()
    await desk.key("F8")
    await at_home.until("ended")

    async def recorded() -> dict[str, Any] | None:
        calls = await story.lead._ask("GET", f"/api/v1/calls?since={story.began:.3f}&limit=50")
        out = [one for one in calls["items"] if one["direction"] == "out" and one["ended_at"] is not None]
        return out[0] if out else None

    out = await story.until(recorded, "the call out is in the ledger")
    assert (out["ticket_no"], out["seat"], out["agent"], out["outcome"]) == (number, "A001", "1001", "answered")
    await reached_over_a_virtual_number(scene, number, at_home)


async def consults(scene: Scene, citizen: Any, county: Any) -> None:
    """Found by name, asked alone while the citizen hears music, and left again."""
    desk = scene.desk
    await desk.key("Alt+P")
    await desk.type("临高")
    await desk.key("Enter")
    await desk.transfer_is("consulting")
    await county.until_hears("agent")
    await desk.until_hears("partner")
    await citizen.until_hears("something")
    await desk.shot("consulting")
    await desk.key("Alt+C")
    await county.until("ended")
    await citizen.until_hears("agent")
    await desk.until_hears("citizen")


async def reached_over_a_virtual_number(scene: Scene, number: str, at_home: Any) -> None:
    """The department calls our number and speaks to the citizen; the call is on the ticket."""
    story, path = scene.story, f"/api/v1/tickets/{number}/virtual"
    bound = await story.lead._ask("POST", path, {"partner": "12328", "callers": ["089865321234"]})
    assert bound["number"] == VIRTUAL
    office = await scene.caller("partner", "089865321234")
    await office.call(VIRTUAL)
    await office.until_hears("citizen")
    await at_home.until_hears("partner")
    assert "65321234" not in at_home.invites[-1]["from"]
    await office.hang_up()
    await at_home.until("ended")

    async def told() -> dict[str, Any] | None:
        calls = (await story.lead._ask("GET", path))["calls"]
        return calls[0] if calls and calls[0]["ended_at"] is not None else None

    call = await story.until(told, "the call is on the ticket")
    assert (call["side"], call["outcome"], call["number"]) == ("department", "answered", VIRTUAL)
    assert call["talk_s"] > 0


async def test_what_a_citizen_wrote_on_our_page_is_answered_at_the_desk(scene: Scene) -> None:
    story, desk = scene.story, scene.desk
    await desk.come()
    number = await sent_by_the_page(scene)
    page = desk.page
    await expect(page.locator(f".inbox .letter[title='{number}']")).to_be_visible(timeout=PATIENCE_MS)
    await desk.key("Alt+A")
    await expect(page.locator(".thread .talk")).to_contain_text(EARLIER, timeout=PATIENCE_MS)
    await expect(page.locator(".thread textarea")).to_be_focused()
    await desk.type(ANSWER)
    await desk.key("Ctrl+Enter")
    await expect(page.locator(".thread .said[data-from=agent]")).to_contain_text(ANSWER, timeout=PATIENCE_MS)
    ticket = await scene.ticket(number)
    (reply,) = ticket["replies"]
    assert (reply["author"], reply["text"]) == ("1001", ANSWER)
    assert [e["subject"] for e in await story.events("ticket.replied")] == [number]


async def sent_by_the_page(scene: Scene) -> str:
    """A citizen fills in the page of the hotline."""
    window = await scene.desk.page.context.new_page()
    await window.goto(scene.story.site.web_url)
    await window.locator(".chip", has_text="投诉").click()
    await window.fill("#text", EARLIER)
    await window.fill("#contact_number", NUMBER)
    await window.click("#send")
    await expect(window).to_have_url(re.compile(r"/receipt\?t="), timeout=PATIENCE_MS)
    number = await window.locator("#no").inner_text()
    await window.close()
    return number
