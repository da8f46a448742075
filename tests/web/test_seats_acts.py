"""What a shift lead does from the seat map: each act is sent once, says why when it cannot be, asks before it ends
something, and is done only when the live stream shows it.

With GATEWAY_SHOTS=folder the browser also leaves pictures of panels, alarms and dialogs there.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.web.cockpit import LEAD, Orders, alarms, big_plan, busy_hall, log_in, seat_the_lead, shoot
from tests.web.looking import looks_right, toasted

pytestmark = pytest.mark.browser

SIZES = [(1920, 1080), (1366, 768)]


@pytest.fixture
def cockpit(open_site: Any, fakes: Any, browser: Browser) -> Any:
    """Opens the map of a busy hall for a lead: ``async with cockpit() as (page, hall, orders)``."""

    @asynccontextmanager
    async def make(*, size: tuple[int, int] = (1920, 1080), large: bool = False, sits: bool = True) -> Any:
        hall = busy_hall(fakes, large=large)
        if sits:
            seat_the_lead(hall)
        async with open_site(hall=hall, floor=big_plan(large=large)) as site:
            page = await browser.new_page(viewport={"width": size[0], "height": size[1]})
            orders = Orders(hall, LEAD)
            await orders.attach(page)
            errors = await log_in(page, site, fakes.password)
            yield page, hall, orders
            assert errors == []
            await page.close()

    return make


def act(page: Page, name: str) -> Any:
    return page.locator(f'.near [data-act="{name}"]')


async def open_seat(page: Page, seat: str) -> None:
    await page.locator(f'.seat[data-seat="{seat}"]').click()
    await expect(page.locator(".near .panel-of")).to_have_attribute("data-id", seat)


async def test_listening_is_done_when_the_stream_shows_it_and_the_tile_tells_who_listens(cockpit: Any) -> None:
    async with cockpit() as (page, _, orders):
        await open_seat(page, "A002")
        await expect(act(page, "take")).to_be_disabled()
        await expect(act(page, "take")).to_contain_text("先侦听、耳语或插入")
        await act(page, "listen").click()
        await toasted(page, "A002：已开始侦听")
        await expect(page.locator('.seat[data-seat="A002"]')).to_contain_text("陈班长 侦听")
        await expect(act(page, "listen")).to_have_attribute("aria-pressed", "true")
        await act(page, "whisper").click()
        await expect(act(page, "whisper")).to_have_attribute("aria-pressed", "true")
        await act(page, "take").click()
        await expect(page.locator("dialog.ask")).to_contain_text("拦截座席 A002 的通话")
        await page.locator("dialog.ask .danger").click()
        await expect(page.locator("dialog.ask")).to_have_count(0)
        assert orders.asked == [
            ("POST", "/api/v1/seats/A002/monitor", {"mode": "listen", "by": None}),
            ("POST", "/api/v1/seats/A002/monitor", {"mode": "whisper", "by": None}),
            ("POST", "/api/v1/seats/A002/take-over", {}),
        ]


async def test_lead_who_sits_nowhere_chooses_a_telephone_first(cockpit: Any) -> None:
    async with cockpit(sits=False) as (page, _, orders):
        await open_seat(page, "A002")
        await expect(act(page, "listen")).to_contain_text("请先选择听音的电话")
        await page.locator(".near .by select").select_option("A008")
        await act(page, "listen").click()
        await expect(act(page, "stop")).to_be_visible()
        await act(page, "stop").click()
        await expect(act(page, "stop")).to_have_count(0)
        assert orders.asked[0] == ("POST", "/api/v1/seats/A002/monitor", {"mode": "listen", "by": "A008"})
        assert orders.asked[1][:2] == ("DELETE", "/api/v1/seats/A002/monitor")


async def test_hanging_up_asks_first_and_can_be_left(cockpit: Any) -> None:
    async with cockpit() as (page, _, orders):
        await open_seat(page, "A002")
        await act(page, "hangup").click()
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog.ask")).to_have_count(0)
        assert orders.asked == []
        await act(page, "hangup").click()
        await shoot(page, "seats-ask-1920")
        await page.locator("dialog.ask .danger").click()
        await toasted(page, "通话已挂断")
        assert orders.asked == [("POST", "/api/v1/seats/A002/hang-up", {})]
        await expect(act(page, "hangup")).to_contain_text("没有通话")


async def test_refusal_is_shown_in_the_gateways_words(cockpit: Any) -> None:
    async with cockpit() as (page, _, orders):
        await open_seat(page, "A002")
        orders.refuse = (409, "交换机未接受该操作")
        await act(page, "barge").click()
        await toasted(page, "交换机未接受该操作", "bad")
        orders.refuse = (409, "通话已结束")
        await act(page, "hangup").click()
        await page.locator("dialog.ask .danger").click()
        await expect(page.locator("dialog.ask .wrong")).to_contain_text("通话已结束")


async def test_forcing_a_state_goes_to_the_real_gateway_and_comes_back(cockpit: Any) -> None:
    async with cockpit() as (page, _, _orders):
        await open_seat(page, "A001")
        await expect(act(page, "ready")).to_contain_text("已就绪")
        await act(page, "not_ready").click()
        await page.locator('.near [data-reason="meal"]').click()
        await expect(page.locator('.seat[data-seat="A001"]')).to_contain_text("就餐")
        await toasted(page, "A001：已示忙")
        await act(page, "ready").click()
        await expect(page.locator('.seat[data-seat="A001"]')).to_have_attribute("data-state", "ready")
        await act(page, "sign_out").click()
        await page.locator("dialog.ask .danger").click()
        await expect(page.locator('.seat[data-seat="A001"]')).to_have_attribute("data-state", "signed_out")
        await expect(act(page, "not_ready")).to_contain_text("无人签入")


async def test_a_message_goes_to_one_seat_or_to_those_that_the_filter_shows(cockpit: Any) -> None:
    async with cockpit() as (page, hall, orders):
        await open_seat(page, "A002")
        await page.locator(".near .say input").fill("请核对地址")
        await page.keyboard.press("Enter")
        await toasted(page, "共 1 个座席")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await expect(page.locator(".near")).to_be_hidden()
        await page.locator('.legend [data-state="not_ready"]').click()
        resting = [seat["id"] for seat in hall.seats() if seat["presence"] == "not_ready"]
        await page.locator('[data-tool="message"]').click()
        await page.locator("dialog.ask textarea").fill("请尽快就绪")
        await page.locator("dialog.ask .main").click()
        await expect(page.locator("dialog.ask")).to_have_count(0)
        assert orders.asked[0] == ("POST", "/api/v1/seats/messages", {"seats": ["A002"], "text": "请核对地址"})
        method, path, body = orders.asked[1]
        assert (method, path, body["seats"], body["text"]) == ("POST", "/api/v1/seats/messages", resting, "请尽快就绪")
        assert 3500 < body["until"] - time.time() < 3700


async def test_an_agent_sees_the_hall_and_may_do_nothing(open_site: Any, fakes: Any, browser: Browser) -> None:
    hall = busy_hall(fakes, large=False)
    async with open_site(hall=hall, floor=big_plan(large=False)) as site:
        page = await browser.new_page()
        await log_in(page, site, fakes.password, login="agent1")
        await open_seat(page, "A002")
        await expect(act(page, "listen")).to_contain_text("只有值班长可以操作")
        await expect(page.locator('[data-tool="broadcast"]')).to_have_count(0)
        await expect(page.locator("#waiting .answer")).to_have_count(0)
        await page.close()


async def test_a_waiting_caller_is_answered_in_one_click(cockpit: Any) -> None:
    async with cockpit() as (page, _, orders):
        first = page.locator("#waiting li").first
        await expect(first).to_have_attribute("data-wait", "over")
        call = await first.get_attribute("data-call")
        await first.locator(".answer").click()
        await expect(page.locator('.seat[data-seat="A008"]')).to_have_attribute("data-state", "ringing")
        await expect(page.locator("#waiting-count")).to_have_text("4")
        assert orders.asked == [("POST", f"/api/v1/calls/{call}/pick-up", {"seat": None})]
        await expect(page.locator("#waiting .answer").first).to_be_disabled()


async def test_a_caller_is_moved_up_and_to_another_queue(cockpit: Any) -> None:
    async with cockpit() as (page, hall, orders):
        await page.locator('[data-queue="hotline"]').click()
        last = [one["call_id"] for one in hall.queues()[0]["waiting"]][-1]
        row = page.locator(f'.near li[data-call="{last}"]')
        await row.locator('[data-act="more"]').click()
        await row.locator('[data-act="front"]').click()
        await expect(page.locator(".near .waiting li").first).to_have_attribute("data-call", last)
        row = page.locator(f'.near li[data-call="{last}"]')
        await row.locator('[data-act="more"]').click()
        await row.locator('[data-to="legal"]').click()
        await expect(page.locator(".near .waiting li")).to_have_count(2)
        assert [(body["queue"], body["position"]) for _, _, body in orders.asked] == [
            ("hotline", "front"), ("legal", "back"),
        ]  # fmt: skip


async def test_a_queue_is_closed_with_a_reason_and_opened_again(cockpit: Any) -> None:
    async with cockpit() as (page, _, orders):
        orders.reads["/api/v1/queues/market/capacity"] = {
            "line": "day", "lines": 6, "planned": 20, "signed_in": 17, "ready": 3, "talking": 9, "short": 3,
        }  # fmt: skip
        await page.locator('[data-queue="market"]').click()
        await expect(page.locator(".near")).to_contain_text("缺 3 人")
        await act(page, "close").click()
        await page.locator("dialog.ask input[name=why]").fill("系统检修")
        await page.locator("dialog.ask select[name=to]").select_option("hotline")
        await page.locator("dialog.ask .danger").click()
        await expect(page.locator('.queue[data-queue="market"]')).to_contain_text("停止受理")
        await expect(page.locator(".near")).to_contain_text("系统检修")
        await act(page, "reopen").click()
        await expect(page.locator('.queue[data-queue="market"]')).not_to_contain_text("停止受理")
        assert orders.asked[0] == ("POST", "/api/v1/queues/market/close", {"why": "系统检修", "to": "hotline"})
        assert orders.asked[1] == ("POST", "/api/v1/queues/market/open", {})


async def test_a_broadcast_has_words_and_an_end(cockpit: Any) -> None:
    async with cockpit() as (page, _, orders):
        orders.reads["/api/v1/broadcasts"] = {"items": [], "sounds": ["typhoon"]}
        await page.locator('[data-tool="broadcast"]').click()
        await page.locator("dialog.ask .danger").click()
        await expect(page.locator("dialog.ask .wrong")).to_contain_text("请填写内容")
        await page.locator("dialog.ask textarea").fill("台风红色预警，请避险；紧急求助请拨 110、119、120。")
        await page.locator("dialog.ask select[name=until]").select_option("7200")
        await shoot(page, "seats-broadcast-1920")
        await page.locator("dialog.ask .danger").click()
        await expect(page.locator("dialog.ask")).to_have_count(0)
        await expect(page.locator(".queue .sign.broadcast")).to_have_count(6)
        body = orders.asked[0][2]
        assert (body["queues"], body["text"][:4]) == (None, "台风红色")
        assert 7100 < body["until"] - time.time() < 7300


async def test_the_standby_is_called_in_from_the_roster(cockpit: Any) -> None:
    async with cockpit() as (page, _, orders):
        people = [{"name": "韩雪", "agent": "8055"}, {"name": "何静", "agent": "8056"}, {"name": "顾问", "agent": ""}]
        orders.reads["/api/v1/roster/now"] = {"standby": people}
        await page.locator('[data-queue="hotline"]').click()
        await act(page, "standby").click()
        await expect(page.locator("dialog.ask input[name=who]")).to_have_count(2)
        await page.locator("dialog.ask label", has_text="何静").click()
        await page.locator("dialog.ask .main").click()
        await toasted(page, "已召集备班 1 人")
        assert orders.asked == [("POST", "/api/v1/queues/hotline/standby", {"call": ["8055"]})]


async def test_what_if_shows_what_so_many_agents_would_do(cockpit: Any) -> None:
    async with cockpit() as (page, _, orders):
        rows = [
            {"agents": n, "service_level": n / 20, "mean_wait_s": None if n < 11 else 90 - 4 * n, "occupancy": 0.9,
             "lost": 0.02, "waits": 0.3} for n in range(8, 20)
        ]  # fmt: skip
        orders.reads["/api/v1/whatif"] = {
            "queue": "hotline", "calls_an_hour": 180.0, "handling_s": 210.5, "agents": 12, "patience_s": 60.0,
            "answer_within_s": 15.0, "target": 0.95, "needed": 16, "by_agents": rows,
        }  # fmt: skip
        await page.locator('[data-queue="hotline"]').click()
        await act(page, "whatif").click()
        await expect(page.locator(".whatif tbody tr")).to_have_count(12)
        await expect(page.locator('.whatif tr[aria-selected="true"]')).to_contain_text("12")
        await expect(page.locator("dialog.ask")).to_contain_text("15 秒内接通 95 % 至少需要 16 人")
        await expect(page.locator("dialog.ask input[name=agents]")).to_have_attribute("placeholder", "12")
        await shoot(page, "seats-whatif-1920")


async def test_an_alarm_is_passed_on_to_a_role(cockpit: Any) -> None:
    async with cockpit() as (page, hall, orders):
        orders.reads["/api/v1/alarms/rules"] = {"rules": [], "roles": ["lead", "duty_leader"]}
        hall.beside["alarms"] = alarms()
        hall.tell("alarms", *hall.beside["alarms"])
        await page.locator('[data-alarm="waited"] [data-act="more"]').click()
        await page.locator('[data-alarm="waited"] [data-act="escalate"]').click()
        await page.locator("dialog.ask select").select_option("duty_leader")
        await page.locator("dialog.ask .main").click()
        await toasted(page, "已通报 duty_leader")
        assert orders.asked == [("POST", "/api/v1/alarms/waited/escalate", {"to": "duty_leader"})]


async def test_alarms_of_the_gateway_stand_worst_first_and_are_taken_in_one_click(cockpit: Any) -> None:
    async with cockpit() as (page, hall, orders):
        hall.beside["alarms"] = alarms()
        hall.tell("alarms", *hall.beside["alarms"])
        rows = page.locator("#attention .alarm")
        await expect(rows).to_have_count(6)
        levels = await rows.evaluate_all("rows => rows.map(one => one.dataset.level + one.dataset.state)")
        assert levels == ["1open", "1open", "2open", "2open", "3open", "2acknowledged"]
        await expect(page.locator("#attention-count")).to_have_text("5")
        await page.locator('[data-alarm="waited"] [data-act="acknowledge"]').click()
        await expect(page.locator('[data-alarm="waited"]')).to_contain_text("陈班长 已确认")
        await page.locator('[data-alarm="hot"] [data-act="more"]').click()
        await page.locator('[data-alarm="hot"] [data-minutes="30"]').click()
        await expect(page.locator('[data-alarm="hot"]')).to_contain_text("暂缓至")
        assert orders.asked[1] == ("POST", "/api/v1/alarms/hot/snooze", {"minutes": 30})
        await page.locator('[data-alarm="offline"] .title').click()
        await expect(page.locator(".near .panel-of")).to_have_attribute("data-id", "A022")
        cleared = {**hall.beside["alarms"][1], "state": "cleared"}
        hall.tell("alarms", {**cleared, "seen_at": time.time() + 3600})
        await expect(page.locator('[data-alarm="rate"]')).to_contain_text("已恢复")
        hall.tell("alarms", {**cleared, "seen_at": time.time() - 3600})
        await expect(page.locator('[data-alarm="rate"]')).to_have_count(0)


async def test_without_alarms_of_the_gateway_the_page_finds_the_seats_itself(cockpit: Any) -> None:
    async with cockpit() as (page, _, _orders):
        await expect(page.locator('[data-seat-late="A022"]')).to_contain_text("话机离线")
        await page.locator('[data-seat-late="A022"] .title').click()
        await expect(page.locator(".near .panel-of")).to_have_attribute("data-id", "A022")


async def test_nothing_can_be_ordered_while_the_line_is_down(cockpit: Any) -> None:
    async with cockpit() as (page, hall, _orders):
        await open_seat(page, "A002")
        hall.change_link("down")
        await expect(act(page, "listen")).to_contain_text("线路中断")
        await expect(page.locator("#waiting .answer").first).to_be_disabled()


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_panels_can_be_read_and_reached(cockpit: Any, width: int, height: int) -> None:
    async with cockpit(size=(width, height)) as (page, hall, orders):
        hall.beside["alarms"] = alarms()
        hall.tell("alarms", *hall.beside["alarms"])
        orders.reads["/api/v1/queues/hotline/capacity"] = {
            "line": "day", "lines": 6, "planned": 20, "signed_in": 18, "ready": 2, "talking": 12, "short": 2,
        }  # fmt: skip
        hall.change("A002", monitored_by=[{**LEAD, "mode": "listen", "seat": "A008"}])
        await expect(page.locator("#attention .alarm")).to_have_count(6)
        assert await looks_right(page) == []
        await shoot(page, f"seats-alarms-{width}")
        await open_seat(page, "A002")
        await shoot(page, f"seats-acts-{width}")
        assert await looks_right(page) == []
        await page.locator('[data-queue="hotline"]').click()
        await expect(page.locator(".near")).to_contain_text("缺 2 人")
        await page.locator('.near [data-act="more"]').nth(1).click()
        await shoot(page, f"seats-queues-{width}")
        assert await looks_right(page) == []
