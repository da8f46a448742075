"""Written messages at the desk in a real browser: offered, taken, answered with the keyboard, given back, done.

With GATEWAY_SHOTS=folder the browser also leaves pictures of the inbox and a conversation at both sizes there.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Attachment, Conversation, KeptAttachment, Reply
from tests.web.inboxes import Citizens
from tests.web.looking import looks_right
from tests.web.test_desk_page import LARGE, SMALL, DeskHall, all_there, desk_plan, on_call, shoot, signed_in

pytestmark = pytest.mark.browser

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAICAIAAABPmPnhAAAAFklEQVR42mNkYPjPgBsw4ZEbldBwAgDSAQEfDeu0WQAAAABJRU5ErkJggg=="
)
TEMPLATES = [
    {"id": "where", "name": "问地点", "text": "请问具体地点在哪里？最好发送定位。"},
    {"id": "sent", "name": "已转办", "text": "您的诉求（编号 {ticket_no}）已转交责任单位。"},
]
DAY = {
    "since": 0, "calls": 47, "talk_s": 9_420, "hold_s": 300, "wrap_s": 1_260, "tickets": 41, "sent_on": 33,
    "overdue": 1,
    "satisfaction": {"rated": 12, "mean": 4.8},
    "by_hour": [0] * 8 + [6, 11, 9, 4, 2, 5, 8, 2] + [0] * 8,
}  # fmt: skip
CUT = """() => {
    const parts = '.inbox, .card.day, .card.day *, .thread > header, .thread > header *, .reply';
    return [...document.querySelectorAll(parts)]
        .filter((one) => !one.matches('svg *, h2, textarea'))
        .filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.className + ': ' + one.textContent.slice(0, 40));
}"""
"""What is cut off of the parts that must not be."""


class AtDesk:
    """agent1 at the desk, with citizens who write. ``later`` lets the gateway look again."""

    def __init__(self, site: Any, page: Page, fakes: Any) -> None:
        self.site, self.page, self.rows = site, page, site.ledger.rows
        self.citizens = Citizens(site.ledger, fakes.ticket)
        self.letters, self.thread = page.locator(".inbox .letter"), page.locator(".thread")
        self.fakes = fakes

    async def writes(self, text: str, **more: Any) -> Any:
        ticket = await self.citizens.write(text, **more)
        await self.site.inbox.look()
        return ticket

    def kept(self, ticket: Any) -> Any:
        return self.site.ledger.rows.assignments[ticket.ticket_no]


async def _fixed(page: Page, path: str, data: Any) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(json=data)

    await page.route(path, answer)


@pytest.fixture
def at_desk(open_site: Any, fakes: Any, browser: Browser) -> Any:
    @asynccontextmanager
    async def opened(size: dict[str, int] | None = None, **own: Any) -> AsyncIterator[AtDesk]:
        hall = DeskHall(fakes, **signed_in(**own)).hall
        async with open_site(hall=hall, floor=desk_plan()) as site:
            for seat in hall.seats():
                if seat["id"] != "A001":
                    hall.change(seat["id"], agent=None, presence="signed_out")
            page = await browser.new_page(viewport=size or SMALL)
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda line: errors.append(line.text) if "desk: a part" in line.text else None)
            await _fixed(page, "**/api/v1/desk", {"templates": TEMPLATES})
            await _fixed(page, "**/api/v1/desk/day", DAY)
            await _fixed(page, "**/api/v1/desk/drafts**", {"items": []})
            await page.goto(f"http://127.0.0.1:{site.port}/login")
            await page.fill("input[name=login]", "agent1")
            await page.fill("input[name=password]", fakes.password)
            await page.click("button.main")
            await expect(page).to_have_url(re.compile("/desk$"))
            await expect(page.locator(".linkpill")).to_have_attribute("data-link", "up")
            await expect(page.locator(".inbox")).to_be_visible()
            await all_there(page)
            yield AtDesk(site, page, fakes)
            assert errors == []
            await page.close()

    return opened


async def test_a_message_is_offered_taken_by_a_key_and_answered_by_another(at_desk: Any) -> None:
    async with at_desk() as desk:
        await expect(desk.page.locator(".inbox .nothing")).to_contain_text("暂无")
        ticket = await desk.writes("海秀路12号的路灯坏了三天")
        await expect(desk.letters).to_have_attribute("data-state", "offered")
        await expect(desk.letters).to_contain_text("接受")
        await desk.page.keyboard.press("Alt+A")
        await expect(desk.thread.locator(".bubble")).to_have_text("海秀路12号的路灯坏了三天")
        await expect(desk.letters).to_have_attribute("data-state", "taken")
        assert (desk.kept(ticket).state, desk.kept(ticket).unread) == ("taken", 0)
        await expect(desk.thread.locator("textarea")).to_be_focused()
        await desk.page.keyboard.type("已通知城管，谢谢")
        async with desk.page.expect_response("**/replies") as sent:
            await desk.page.keyboard.press("Control+Enter")
        assert (await sent.value).status == 201
        await expect(desk.thread.locator('[data-from="agent"] .bubble')).to_have_text("已通知城管，谢谢")
        await expect(desk.thread.locator("textarea")).to_have_value("")
        await expect(desk.thread.locator(".sent")).to_contain_text("等待发送")
        assert [one.text for one in desk.site.ledger.rows.replies] == ["已通知城管，谢谢"]


async def test_the_next_message_comes_into_the_open_conversation_and_is_read(at_desk: Any) -> None:
    async with at_desk() as desk:
        ticket = await desk.writes("路灯坏了")
        await desk.letters.click()
        await expect(desk.thread.locator(".bubble")).to_have_count(1)
        await desk.writes("还有井盖也坏了", ticket=ticket)
        await expect(desk.thread.locator(".bubble").last).to_have_text("还有井盖也坏了")
        await expect(desk.letters.locator(".unread")).to_have_count(0)
        assert desk.kept(ticket).unread == 0


async def test_what_was_typed_and_not_sent_is_there_after_a_reload(at_desk: Any) -> None:
    async with at_desk() as desk:
        ticket = await desk.writes("路灯坏了")
        await desk.letters.click()
        await desk.thread.locator("textarea").fill("请问在哪")
        kept = f"localStorage.getItem('desk.reply.agent1.{ticket.ticket_no}') !== null"
        await desk.page.wait_for_function(kept)  # it is sealed first
        await desk.page.keyboard.press("Escape")
        await expect(desk.thread).to_have_count(0)
        await desk.page.reload()
        await desk.letters.click()
        await expect(desk.thread.locator("textarea")).to_have_value("请问在哪")


async def test_a_reply_that_was_heard_without_an_answer_is_not_sent_twice(at_desk: Any) -> None:
    async with at_desk() as desk:
        await desk.writes("路灯坏了")
        await desk.letters.click()
        await expect(desk.thread.locator("textarea")).to_be_focused()

        async def heard_but_cut(route: Route) -> None:
            await route.fetch()
            desk.site.ledger.rows.replies[-1] = replace(desk.site.ledger.rows.replies[-1], at=time.time())
            await route.abort()

        await desk.page.route("**/replies", heard_but_cut, times=1)
        await desk.page.keyboard.type("收到")
        await desk.page.keyboard.press("Control+Enter")
        await expect(desk.thread.locator('[data-from="agent"]')).to_have_count(1)
        await expect(desk.thread.locator("textarea")).to_have_value("")
        await expect(desk.page.locator(".toast")).to_have_count(0)


async def test_a_reply_without_an_answer_stays_and_says_so_and_pressed_again_is_said_once(at_desk: Any) -> None:
    async with at_desk() as desk:
        await desk.writes("路灯坏了")
        await desk.letters.click()

        async def heard_but_cut(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await desk.page.route("**/replies", heard_but_cut, times=2)
        await desk.thread.locator("textarea").fill("收到")
        await desk.page.keyboard.press("Control+Enter")
        await expect(desk.page.locator(".toast")).to_be_visible()
        await expect(desk.thread.locator("textarea")).to_have_value("收到")
        await desk.page.keyboard.press("Control+Enter")
        await expect(desk.thread.locator("textarea")).to_have_value("")
        assert [one.text for one in desk.site.ledger.rows.replies] == ["收到"]


async def test_done_asks_again_while_the_citizen_waits_and_given_back_is_gone(at_desk: Any) -> None:
    async with at_desk() as desk:
        first = await desk.writes("路灯坏了")
        await desk.letters.click()
        await expect(desk.thread.locator(".bubble")).to_be_visible()
        await desk.page.clock.install()
        await desk.page.clock.pause_at(time.time() + 60)  # it asks again for some seconds only: those do not pass
        await desk.page.keyboard.press("Alt+F")
        await expect(desk.thread).to_contain_text("再按一次")
        await desk.page.keyboard.press("Alt+F")
        await expect(desk.thread).to_have_count(0)
        await desk.page.clock.resume()
        await expect(desk.letters).to_have_count(0)
        assert desk.kept(first).state == "done"
        second = await desk.writes("井盖坏了")
        await desk.letters.click()
        await expect(desk.thread.locator(".bubble")).to_be_visible()
        await desk.page.keyboard.press("Alt+Shift+F")
        await expect(desk.letters).to_have_count(0)
        await expect(desk.page.locator(".pool")).to_contain_text("1")
        assert desk.kept(second).state == "waiting"


async def test_a_conversation_makes_way_for_a_call_and_keeps_what_was_typed(at_desk: Any) -> None:
    async with at_desk() as desk:
        await desk.writes("路灯坏了")
        await desk.letters.click()
        await desk.thread.locator("textarea").fill("请问在哪")
        desk.site.hall.change("A001", **on_call("ringing"))
        await expect(desk.thread).to_have_count(0)
        await expect(desk.page.locator(".call")).to_have_attribute("data-state", "ringing")
        desk.site.hall.change("A001", **on_call("talking"))
        await desk.page.keyboard.press("Alt+A")
        await expect(desk.thread.locator("textarea")).to_have_value("请问在哪")
        await expect(desk.page.locator(".pkey").first).to_be_visible()


async def test_pictures_are_shown_and_other_files_are_saved_or_said_to_be_missing(at_desk: Any) -> None:
    async with at_desk() as desk:
        await desk.writes("看图", attachments=await some_files(desk.site))
        await desk.letters.click()
        picture = desk.thread.locator(".picture img")
        await expect(picture).to_have_js_property("naturalWidth", 10)
        await picture.click()
        await expect(desk.page.locator(".enlarged img")).to_be_visible()
        await desk.page.keyboard.press("Escape")
        await expect(desk.page.locator(".enlarged")).to_have_count(0)
        await expect(desk.thread).to_be_visible()
        await expect(desk.thread.locator(".file a")).to_have_text("证明.pdf")
        await expect(desk.thread.locator('.file[data-state="wanted"]')).to_contain_text("正在获取")


async def some_files(site: Any) -> list[KeptAttachment]:
    kept = await site.files.take_in(PNG, "路灯.png", "image/png")
    shown = replace(kept, id="f1", name="路灯.png", mime="image/png")
    paper = Attachment("f2", "证明.pdf", "application/pdf", 81_234, kept.sha256)
    wanted = Attachment("f3", "语音.amr", "audio/amr", 0, state="wanted")
    return [KeptAttachment(one, "", "", "wechat", "hainan") for one in (shown, paper, wanted)]


async def test_a_template_is_put_in_by_its_digit(at_desk: Any) -> None:
    async with at_desk() as desk:
        ticket = await desk.writes("路灯坏了")
        await desk.letters.click()
        await expect(desk.thread.locator("textarea")).to_be_focused()
        await desk.page.keyboard.press("Alt+T")
        await expect(desk.thread.locator(".templates button")).to_have_count(2)
        await desk.page.keyboard.press("2")
        await expect(desk.thread.locator("textarea")).to_have_value(
            f"您的诉求（编号 {ticket.ticket_no}）已转交责任单位。"
        )
        await expect(desk.thread.locator("textarea")).to_be_focused()


async def test_it_says_why_a_channel_cannot_be_answered_and_which_reply_did_not_arrive(at_desk: Any) -> None:
    async with at_desk() as desk:
        ticket = await desk.writes("路灯坏了", channel="web", ago_s=90, contact_number="", calling_number="")
        old = Reply(new_id(), TicketNo(ticket.ticket_no), time.time() - 60, "agent1", "请说地点", "")
        rows = desk.site.ledger.rows
        rows.replies.append(old)
        lost = desk.fakes.delivery(ticket_no=ticket.ticket_no, reply_id=old.id, state="failed", error="平台拒收")
        rows.deliveries[lost.id] = lost
        await desk.letters.click()
        await expect(desk.thread.locator(".way")).to_contain_text("进度页")
        await expect(desk.thread.locator(".sent")).to_contain_text("未送达：平台拒收")
        await desk.thread.locator(".sent button").click()
        await expect(desk.thread.locator(".sent")).to_contain_text("等待发送")


async def test_who_waits_beyond_the_limit_is_shown_so_and_comes_first(at_desk: Any) -> None:
    async with at_desk() as desk:
        await desk.writes("新来的", ago_s=10)
        await desk.writes("等久的", ago_s=400)
        await expect(desk.letters).to_have_count(2)
        await expect(desk.letters.first).to_contain_text("等久的")
        await expect(desk.letters.first.locator(".wait")).to_have_attribute("data-level", "over")
        await expect(desk.letters.last.locator(".wait")).to_have_attribute("data-level", "calm")


async def full_inbox(desk: AtDesk) -> None:
    """An afternoon: five letters, one of them a conversation with a picture."""
    first = await desk.writes(
        "海秀路12号门前的路灯坏了三天，晚上很黑，老人走路不安全，请尽快修复", ago_s=150,
        attachments=(await some_files(desk.site))[:2],
    )  # fmt: skip
    number = TicketNo(first.ticket_no)
    await expect(desk.letters).to_be_visible()
    await desk.page.keyboard.press("Alt+A")
    await expect(desk.thread.locator(".bubble")).to_be_visible()
    rows = desk.site.ledger.rows
    receipt = Reply(new_id(), number, time.time() - 149, "system", f"您的诉求已收到，编号 {number}。", "received")
    asks = Reply(new_id(), number, time.time() - 100, "agent1", "您好，请问是哪一侧的路灯？附近有什么标志？", "")
    tells = Reply(new_id(), number, time.time() - 20, "agent1", "已通知市政，预计今晚修复。", "")
    rows.replies += [receipt, asks, tells]
    for reply, state in ((receipt, "delivered"), (asks, "delivered"), (tells, "sent")):
        one = desk.fakes.delivery(ticket_no=number, reply_id=reply.id, state=state)
        rows.deliveries[one.id] = one
    id_ = "wechat:hainan:oABCDEFGHIJ"
    rows.conversations[id_] = Conversation(id_, "wechat", "hainan", "oABCDEFGHIJ", last_in_at=time.time() - 60)
    await desk.writes("北侧，海秀中学门口", ticket=first, ago_s=60)
    await desk.writes("小区停水两天了无人通知", channel="sms", ago_s=215, urgency="紧急")
    await desk.writes("关于南海大道夜间施工噪声扰民问题的反映", channel="email", ago_s=7_300, is_secret=True)
    await desk.writes("建议在美兰机场增设直饮水点", channel="web", ago_s=31)
    await desk.writes("共享单车堆满盲道", channel="weibo", ago_s=130)
    await desk.writes("第六件", ago_s=3)


@pytest.mark.parametrize(("name", "size"), [("1366", SMALL), ("1920", LARGE)])
async def test_a_full_inbox_and_a_long_conversation_fit(at_desk: Any, name: str, size: dict[str, int]) -> None:
    async with at_desk(size) as desk:
        await full_inbox(desk)
        await expect(desk.letters).to_have_count(5)
        await expect(desk.page.locator(".inbox .count")).to_have_text("5 / 5")
        await expect(desk.page.locator(".pool")).to_contain_text("1")
        await expect(desk.page.locator(".card.day")).to_contain_text("47")
        await desk.thread.locator("textarea").fill("好的，已补充位置，修复后会再通知您。")
        assert await desk.page.evaluate(CUT) == []
        assert await looks_right(desk.page) == []
        await shoot(desk.page, f"inbox-thread-{name}")
        await desk.page.keyboard.press("Escape")
        await shoot(desk.page, f"inbox-list-{name}")
