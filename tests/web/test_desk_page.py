"""The desk in a real browser: signing in, presence, a ringing call, one press of 110 for two clicks, the acts that a
running transfer allows, and a link that is lost.

With GATEWAY_SHOTS=folder the browser also leaves pictures of every state of a day at both sizes there.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.model.transfers import Transfer
from gateway.seats.config import EntryNumberConfig, HallConfig, RestReasonConfig, RoomConfig
from gateway.transfer.config import PartnersFile
from gateway.transfer.ports import Refusal, Target
from gateway.transfer.registry import PartnerLine
from gateway.web.plan import floor_plan
from tests.web.looking import until

pytestmark = pytest.mark.browser

SMALL, LARGE = {"width": 1366, "height": 768}, {"width": 1920, "height": 1080}
LONG_S = 600.0
"""What the desk shows for some seconds only is told to have happened so far ahead: it is there however late we look."""
CALL = "1763766001.15"
QUEUE_INSTEAD = Target("queue", "legal")
PARTNERS = PartnersFile.model_validate(tomllib.loads(Path("config/partners.toml").read_text())).partner
QUEUES = [
    ("hotline", "市民热线", "Citizens", 9),
    ("market", "市场监管专席", "Market 12315", 2),
    ("legal", "法律服务专席", "Legal", 0),
]
COLLEAGUES = [
    ("李强", "ready"), ("陈班长", "ready"), ("林海燕", "talking"), ("黄伟", "ready"), ("吴春花", "wrap_up"),
    ("符晓东", "ready"), ("周敏", "not_ready"), ("欧阳慧", "held"), ("冯建军", "ready"),
]  # fmt: skip
REASONS = [("break", "小休", "Break", 15), ("meal", "就餐", "Meal", 45), ("meeting", "会议", "Meeting", 0)]
ENTRIES = [("12345", "政务热线"), ("12315", "消费者投诉"), ("12333", "人社服务")]


def desk_plan() -> dict[str, Any]:
    hall = HallConfig(
        id="haikou", name="海口话务大厅", area_code="460100",
        rooms=[RoomConfig(id="main", name="大厅", width=10, height=3)],
        rest_reasons=[RestReasonConfig(id=i, name=n, name_en=e, max_minutes=m) for i, n, e, m in REASONS],
    )  # fmt: skip
    return floor_plan([hall], [EntryNumberConfig(number=number, name=name) for number, name in ENTRIES])


def shown_partners() -> list[PartnerLine]:
    """The registry that we ship, with a day's luck: one busy, one failing, one closed."""
    luck = {"120": ("busy", 2, 0), "12366": ("failing", 0, 4), "12360": ("closed", 0, 0)}
    lines = []
    for one in PARTNERS:
        state, running, failures = luck.get(one.number, ("readout" if one.mode == "readout" else "free", 0, 0))
        lines.append(PartnerLine(one, state != "closed", state, running, failures))  # type: ignore[arg-type]
    return lines


class DeskHall:
    """A hall of the fakes with what the desk hears besides: transfers in the snapshot and in diffs."""

    def __init__(self, fakes: Any, **own: Any) -> None:
        seats = [fakes.seat(1, **own)] + [
            fakes.seat(
                number, agent=str(8000 + number), agent_name=name,
                presence=state if state in ("wrap_up", "not_ready") else "ready",
                activity=state if state in ("talking", "held") else "idle",
                **({"call_id": f"1763766{number:03d}.9"} if state in ("talking", "held") else {}),
            )
            for number, (name, state) in enumerate(COLLEAGUES, start=2)
        ]  # fmt: skip
        seats += [fakes.seat(number) for number in range(11, 31)]
        queues = [fakes.queue(i, name=n, name_en=e, ready=r) for i, n, e, r in QUEUES]
        self.hall = fakes.hall(seats, queues)
        self.transfers: dict[str, dict[str, Any]] = {}
        plain = self.hall.live
        self.hall.live = lambda: {
            **plain(),
            "transfers": [one for one in self.transfers.values() if not one["outcome"]],
        }

    def own(self, **fields: Any) -> None:
        self.hall.change("A001", **fields)

    def waiting(self, since: float) -> None:
        """The citizen waits in the hotline's queue."""
        one = {"call_id": CALL, "position": 1, "since": since, "caller": "138****5678", "entry_number": "12345"}
        self._tell(queues=[{**self.hall.queues()[0], "waiting": [one]}])

    def transfer(self, **fields: Any) -> None:
        """The transfer of seat A001 moves on; told in a diff as the node does."""
        self.transfers["t1"] = {**TRANSFER, **self.transfers.get("t1", {}), **fields}
        self.transfers["t1"]["version"] += 1
        self._tell(transfers=[self.transfers["t1"]])

    def _tell(self, **more: Any) -> None:
        self.hall.n += 1
        head = {"type": "diff", "epoch": self.hall.epoch, "n": self.hall.n, "at": time.time(), "link": self.hall.link}
        self.hall.publish({**head, "seats": [], "queues": [], **more})


TRANSFER: dict[str, Any] = {
    "id": "t1", "call_id": CALL, "ticket_no": "", "mode": "three_way", "kind": "partner", "to": "110", "partner": "110",
    "seat": "A001", "agent": "8001", "phase": "calling", "outcome": None, "with_agent": "", "started_at": 0.0,
    "answered_at": None, "joined_at": None, "released_at": None, "ended_at": None, "cause": None,
    "why": "正在呼叫对方 / calling", "version": 0, "acts": ["cancel"], "tried": [], "push": None,
}  # fmt: skip


def on_call(state: str, **fields: Any) -> dict[str, Any]:
    known = {"presence": "ready", "activity": state, "call_id": CALL, "queue": "hotline", "entry_number": "12345"}
    return {**known, "caller": "138****5678", "since": time.time(), **fields}


def signed_in(**fields: Any) -> dict[str, Any]:
    known = {
        "agent": "8001",
        "agent_name": "王小芳",
        "presence": "ready",
        "device": "phone",
        "presence_since": time.time() - 95,
    }
    return {**known, "since": time.time() - 95, **fields}


@pytest.fixture
def at_desk(open_site: Any, fakes: Any, browser: Browser) -> Any:
    """``async with at_desk(desk_hall) as (site, page)``: agent1 at the desk; the page must end without an error."""

    @asynccontextmanager
    async def opened(desk: DeskHall, size: dict[str, int] | None = None) -> AsyncIterator[tuple[Any, Page]]:
        async with open_site(hall=desk.hall, floor=desk_plan()) as site:
            site.transfers.lines = shown_partners
            page = await browser.new_page(viewport=size or SMALL)
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda line: errors.append(line.text) if _is_fault(line.text) else None)
            await page.goto(f"http://127.0.0.1:{site.port}/login")
            await page.fill("input[name=login]", "agent1")
            await page.fill("input[name=password]", fakes.password)
            await page.click("button.main")
            await expect(page).to_have_url(re.compile("/desk$"))
            await expect(page.locator(".linkpill")).to_have_attribute("data-link", "up")
            await expect(page.locator(".pkey").first).to_be_visible()
            await all_there(page)
            yield site, page
            assert errors == []
            await page.close()

    return opened


async def all_there(page: Page) -> None:
    """Wait until every part of the desk has come: they are loaded one by one."""
    await expect(page.locator(".placeholder", has_text="正在载入")).to_have_count(0)


def _is_fault(text: str) -> bool:
    return "Content Security Policy" in text or text.startswith("desk:")


async def fits(page: Page) -> list[str]:
    """What is cut off: the page itself, a column, or a text of the frame that is longer than its place."""
    found = await page.evaluate(
        """() => {
            const cut = [];
            const d = document.documentElement;
            if (d.scrollHeight > innerHeight || d.scrollWidth > innerWidth) cut.push('page');
            const frame = '.topbar, .topbar *, .columns > div, .call *, .running *, .foot';
            for (const one of document.querySelectorAll(frame)) {
                if (one.matches('svg *, select, option, input, meter, .heard')) continue;
                const over = one.clientWidth && one.scrollWidth > one.clientWidth + 1;
                if (over) cut.push(one.className + ' ' + one.textContent.slice(0, 40));
            }
            return cut;
        }"""
    )
    return list(found)


async def shoot(page: Page, name: str) -> None:
    folder = os.environ.get("GATEWAY_SHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def test_agent_chooses_a_seat_and_a_desk_phone_and_is_signed_in_at_it(fakes: Any, at_desk: Any) -> None:
    async with at_desk(DeskHall(fakes)) as (site, page):
        await expect(page.locator(".signin")).to_be_visible()
        await expect(page.locator(".mic")).to_have_attribute("data-heard", "ok")
        await shoot(page, "desk-sign-in-1366")
        await page.locator(".devices label", has_text="座席话机").click()
        await page.fill(".signin .find", "1015")
        await page.locator(".seatlist label", has_text="A015").click()
        await page.locator(".signin button.main").click()
        await expect(page.locator(".signin")).to_be_hidden()
        await expect(page.locator(".device")).to_contain_text("A015")
        assert site.hall.seat_of("8001") == "A015"
        await page.reload()
        await expect(page.locator(".device")).to_contain_text("A015")


async def test_ready_and_a_reason_by_keys_follow_the_stream(fakes: Any, at_desk: Any) -> None:
    desk = DeskHall(fakes, **signed_in(presence="not_ready", reason="sign_in"))
    async with at_desk(desk) as (_, page):
        state = page.locator(".topbar .state")
        await expect(state).to_contain_text("待就绪")
        await page.keyboard.press("Alt+R")
        await expect(state).to_have_attribute("data-state", "ready")
        await page.keyboard.press("Alt+N")
        await expect(page.locator(".menu button").first).to_be_focused()
        await page.keyboard.press("1")
        await expect(state).to_contain_text("小休")
        desk.own(presence="wrap_up", presence_since=time.time(), wrap_up_until=time.time() + 600)
        left = page.locator(".ring b")
        await expect(left).to_have_text(re.compile(r"^(600|5\d\d)$"))
        await expect(left).not_to_have_text(await left.inner_text())  # and it runs


async def test_reasons_of_rest_are_in_the_menu_with_their_limits(fakes: Any, at_desk: Any) -> None:
    async with at_desk(DeskHall(fakes, **signed_in())) as (_, page):
        await page.keyboard.press("Alt+N")
        reasons = page.locator(".menu button")
        await expect(reasons).to_have_count(len(REASONS))
        await expect(reasons.nth(1)).to_contain_text("限 45 分钟")
        await shoot(page, "desk-reasons-1366")
        await page.keyboard.press("Escape")
        await expect(reasons).to_have_count(0)


async def test_ringing_call_shows_who_on_which_number_and_how_long_they_waited(fakes: Any, at_desk: Any) -> None:
    desk = DeskHall(fakes, **signed_in())
    async with at_desk(desk) as (_, page):
        await expect(page.locator(".call")).to_have_attribute("data-state", "idle")
        desk.waiting(time.time() - 21)
        desk.own(**on_call("ringing"))
        call = page.locator(".call")
        await expect(call).to_have_attribute("data-state", "ringing")
        for text in ("138****5678", "12345", "政务热线", "市民热线", "接听"):
            await expect(call).to_contain_text(text)
        await expect(call.locator(".waited")).to_have_attribute("data-over", "true")
        desk.own(**on_call("talking", since=time.time() - 3_605))
        await expect(call.locator(".since.big")).to_contain_text("1:0")  # for ten minutes from now
        await page.reload()
        await expect(call.locator(".waited b")).to_contain_text("s")


async def test_a_second_click_on_110_is_no_second_press(fakes: Any, at_desk: Any) -> None:
    desk = DeskHall(fakes, **signed_in(**on_call("talking")))
    async with at_desk(desk) as (site, page):
        key, site.transfers.looked = page.locator('[data-partner="110"]'), asyncio.Event()
        await expect(key).to_be_enabled()
        await key.evaluate("key => { key.click(); key.click(); }")
        await expect(page.locator('.pkey[data-first="true"]')).to_have_attribute("data-pressed", "true")
        await page.keyboard.press("Alt+1")
        await until(lambda: site.transfers.pressed)
        site.transfers.looked.set()
        desk.transfer(id=next(iter(site.ledger.rows.transfers)), started_at=time.time())
        await expect(page.locator(".running")).to_contain_text("公安报警服务台")
        await page.keyboard.press("Alt+1")
        await expect(key).to_be_disabled()
        assert len(site.transfers.pressed) == 1


async def test_a_press_whose_answer_is_lost_is_asked_again_under_the_same_key(fakes: Any, at_desk: Any) -> None:
    desk = DeskHall(fakes, **signed_in(**on_call("talking")))
    async with at_desk(desk) as (site, page):
        keys: list[str] = []

        async def lose_the_first(route: Any) -> None:
            keys.append(route.request.headers["idempotency-key"])
            await (route.abort() if len(keys) == 1 else route.continue_())

        await page.route("**/api/v1/transfers", lose_the_first)
        await page.locator('[data-partner="119"]').click()
        await until(lambda: site.transfers.pressed)
        assert (len(keys), len(set(keys))) == (2, 1)
        assert len(site.transfers.pressed) == 1


async def test_running_transfer_offers_exactly_what_may_be_pressed(fakes: Any, at_desk: Any) -> None:
    desk = DeskHall(fakes, **signed_in(**on_call("three_way")))
    async with at_desk(desk) as (site, page):
        site.ledger.rows.transfers["t1"] = Transfer("t1", "k", CALL, "three_way", "110", "A001", "8001", 1.0)  # type: ignore[arg-type]
        desk.transfer(
            phase="three_way", why="三方通话中 / three-way call", acts=["leave", "drop_partner"], started_at=time.time()
        )
        acts = page.locator(".runacts button")
        await expect(acts).to_have_count(2)
        assert await acts.evaluate_all("acts => acts.map(one => one.dataset.act)") == ["leave", "drop_partner"]
        site.transfers.looked = asyncio.Event()
        await page.keyboard.press("Alt+E")
        await expect(page.locator('[data-act="leave"]')).to_have_attribute("data-pressed", "true")
        await until(lambda: site.transfers.acts)
        site.transfers.looked.set()
        desk.transfer(phase="ended", outcome="busy", acts=[], why="对方忙 / busy", ended_at=time.time() + LONG_S)
        await expect(page.locator(".running")).to_contain_text("对方占线")
        await expect(page.locator(".running")).to_contain_text("市民仍与您通话")
        assert site.transfers.acts == [("t1", "leave", "agent1")]


async def test_a_partner_without_audio_is_said_loudly_with_what_to_do(fakes: Any, at_desk: Any) -> None:
    desk = DeskHall(fakes, **signed_in(**on_call("three_way")))
    async with at_desk(desk) as (_, page):
        why = "对方已接通但没有声音 / answered, but no audio comes"
        told = {"phase": "three_way", "acts": ["leave", "drop_partner"], "started_at": time.time()}
        desk.transfer(**told, silent=True, why=why)
        await expect(page.locator('.running[data-silent="true"] [role="alert"]')).to_contain_text("请接回市民")
        await expect(page.locator('[data-act="drop_partner"]')).to_be_enabled()
        desk.transfer(**told, silent=False, why="三方通话中 / three-way call")
        await expect(page.locator(".running .why")).to_contain_text("三方通话中")
        await expect(page.locator('.running[data-silent="true"]')).to_have_count(0)
        desk.transfer(phase="released", acts=[], silent=True, released_at=time.time() + LONG_S, why=why)
        await expect(page.locator(".running")).not_to_contain_text("请接回市民")


async def test_a_call_that_was_handed_over_leaves_the_keys_free_for_the_next(fakes: Any, at_desk: Any) -> None:
    desk, now = DeskHall(fakes, **signed_in(**on_call("three_way"))), time.time() + LONG_S
    async with at_desk(desk) as (_, page):
        desk.transfer(phase="three_way", acts=["leave"], started_at=time.time() - 50)
        await expect(page.locator('[data-act="leave"]')).to_be_visible()
        desk.transfer(phase="released", acts=[], released_at=now, why="已转出，座席已释放 / handed over, you are free")
        desk.own(**on_call("talking", call_id="1763766002.7", caller="139****0001"))
        await expect(page.locator(".running")).to_contain_text("转接成功")
        await expect(page.locator('[data-partner="110"]')).to_be_enabled()
        desk.transfer(phase="ended", outcome="completed", released_at=time.time() - 11, ended_at=time.time())
        await expect(page.locator(".running")).to_have_count(0)


async def test_the_push_is_told_after_the_hand_over_and_what_was_read_stays_away(fakes: Any, at_desk: Any) -> None:
    desk, now = DeskHall(fakes, **signed_in(**on_call("three_way"))), time.time() + LONG_S
    push = {"state": "sent", "at": None, "overdue": False, "delivery_id": "d1", "why": ""}
    async with at_desk(desk) as (_, page):
        desk.transfer(phase="ended", outcome="completed", acts=[], released_at=now, ended_at=now, push=push)
        running = page.locator(".running")
        await expect(running.locator(".push")).to_have_attribute("data-push", "sent")
        desk.transfer(push={**push, "state": "acknowledged"})
        await expect(running.locator(".push")).to_have_attribute("data-push", "acknowledged")
        await running.locator(".x").click()
        await expect(running).to_have_count(0)
        desk.transfer(push={**push, "overdue": True})
        desk.own(**on_call("talking", call_id="1763766002.7", caller="139****0001"))
        await expect(page.locator('[data-partner="110"]')).to_be_enabled()  # drawn after the transfer was told
        await expect(running).to_have_count(0)


async def test_partner_is_found_by_initials_and_a_number_that_is_not_merged_is_read_out(
    fakes: Any, at_desk: Any
) -> None:
    desk = DeskHall(fakes, **signed_in())
    async with at_desk(desk) as (site, page):
        await page.keyboard.press("Alt+P")
        await page.keyboard.type("jjjc")
        await expect(page.locator(".pkey")).to_have_count(1)
        await page.keyboard.press("Enter")
        await expect(page.locator(".readout output")).to_have_text("1 2 3 8 8")
        await shoot(page, "desk-readout-1366")
        await page.keyboard.press("Escape")
        await expect(page.locator(".readout")).to_be_hidden()
        assert site.transfers.pressed == []


LINKS = """window.links = [];
new MutationObserver(() => {
  const { link } = document.querySelector('.frame')?.dataset ?? {};
  if (link && link !== links.at(-1)) links.push(link);
}).observe(document, { subtree: true, childList: true, attributes: true });"""


async def test_link_is_never_shown_as_lost_while_the_desk_loads(fakes: Any, at_desk: Any) -> None:
    async with at_desk(DeskHall(fakes, **signed_in())) as (_, page):
        await page.add_init_script(LINKS)
        await page.reload()
        await expect(page.locator(".frame")).to_have_attribute("data-link", "up")
        await expect(page.locator(".card.day")).to_be_visible()  # is left out while the link is lost
        assert await page.evaluate("links") == ["wait", "up"]


async def test_refusal_stays_until_it_is_read(fakes: Any, at_desk: Any) -> None:
    desk = DeskHall(fakes, **signed_in(**on_call("talking")))
    async with at_desk(desk) as (site, page):
        site.transfers.refuses = Refusal("not_now", "医疗急救现在不在服务时间", "120 is closed now", "partner")
        await page.locator('[data-partner="120"]').click()
        await expect(page.locator(".toast")).to_contain_text("医疗急救现在不在服务时间")
        await page.keyboard.press("Alt+H")
        await page.keyboard.press("F7")
        await expect(page.locator("[data-helper=A004]")).to_be_disabled()
        await expect(page.locator("[data-helper=A004]")).to_contain_text("通话中")
        await shoot(page, "desk-refused-help-1366")
        await expect(page.locator('.pkey[data-pressed="true"]')).to_have_count(0)
        await page.locator(".toast button").click()
        await expect(page.locator(".toast")).to_have_count(0)


async def test_refusal_that_names_a_stand_in_offers_it_with_one_press(fakes: Any, at_desk: Any) -> None:
    desk = DeskHall(fakes, **signed_in(**on_call("talking")))
    async with at_desk(desk) as (site, page):
        site.transfers.refuses = Refusal(
            "not_now", "供电服务热线线路已满", "all lines are taken", "partner", QUEUE_INSTEAD
        )
        await page.locator('[data-partner="95598"]').click()
        await page.locator(".toast button.main", has_text="改转法律服务专席").click()
        await until(lambda: site.transfers.pressed)
        await expect(page.locator(".toast")).to_have_count(0)
        await expect(page.locator('.pkey[data-pressed="true"]')).to_have_count(0)
        assert [(one.target.kind, one.target.value) for one in site.transfers.pressed] == [("queue", "legal")]


async def test_softphone_that_gets_no_credentials_says_that_no_call_will_come(fakes: Any, at_desk: Any) -> None:
    async with at_desk(DeskHall(fakes)) as (_, page):
        await expect(page.locator(".mic")).to_have_attribute("data-heard", "ok")
        await page.locator(".signin button.main").click()
        await expect(page.locator(".device")).to_have_attribute("data-good", "false")
        await expect(page.locator(".device")).to_contain_text("软电话被拒")
        await shoot(page, "desk-softphone-refused-1366")


async def test_lost_link_says_what_is_stale_and_what_goes_on(fakes: Any, at_desk: Any) -> None:
    desk = DeskHall(fakes, **signed_in(**on_call("talking")))
    async with at_desk(desk) as (site, page):
        desk.hall.change_link("down")
        await expect(page.locator(".banner")).to_contain_text("工单可继续填写")
        await expect(page.locator('[data-partner="110"]')).to_be_disabled()
        desk.hall.change_link("up")
        await expect(page.locator(".banner")).to_be_hidden()
        await expect(page.locator('[data-partner="110"]')).to_be_enabled()
        await site.server.close()
        await expect(page.locator(".banner")).to_contain_text("与网关的连接中断")
        await expect(page.locator(".linkpill")).to_have_attribute("data-link", "lost")
        await shoot(page, "desk-lost-1366")


async def test_no_two_actions_of_the_desk_fight_for_a_key(fakes: Any, at_desk: Any) -> None:
    async with at_desk(DeskHall(fakes, **signed_in())) as (_, page):
        await expect(page.locator(".placeholder", has_text="正在载入")).to_have_count(0)
        await page.keyboard.press("F1")
        await expect(page.locator(".keys")).to_be_visible()
        found = await page.locator(".keys dt .key").all_text_contents()
        letters = [key for key in found if key != "Esc" and len(key) > 1]
        assert {"F2", "F8", "AltP", "AltQ", "Alt1"} <= set(letters)
        assert sorted(set(letters)) == sorted(letters)


DAY: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("idle", {}, {}),
    ("ringing", {"activity": "ringing", "passed": 4}, {}),
    ("talking", {"activity": "talking", "passed": 83}, {}),
    ("consulting", {"activity": "consulting", "passed": 131}, {
        "mode": "consult", "to": "961017", "partner": "961017", "phase": "consulting", "with_agent": "target",
        "why": "正与对方通话，市民在听音乐 / speaking with the other side, the citizen hears music",
        "acts": ["complete", "cancel", "toggle", "merge", "leave", "drop_partner"],
    }),
    ("three-way", {"activity": "three_way", "passed": 204}, {
        "phase": "three_way", "why": "三方通话中 / three-way call",
        "acts": ["complete", "cancel", "leave", "drop_partner"],
    }),
    ("held", {"activity": "held", "passed": 51}, {}),
    ("failed", {"activity": "talking", "passed": 260}, {
        "mode": "attended", "to": "120", "partner": "120", "phase": "ended", "outcome": "busy", "acts": [],
        "why": "对方忙 / busy",
    }),
    ("wrap-up", {"presence": "wrap_up"}, {}),
]  # fmt: skip


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1366", "1920"])
@pytest.mark.parametrize(("name", "seat", "transfer"), DAY, ids=[one[0] for one in DAY])
async def test_nothing_is_cut_off(
    fakes: Any, at_desk: Any, name: str, seat: dict[str, Any], transfer: dict[str, Any], size: dict[str, int]
) -> None:
    desk, now = DeskHall(fakes, **signed_in()), time.time()
    async with at_desk(desk, size) as (_, page):
        desk.waiting(now - 14)
        if passed := seat.get("passed"):
            desk.own(**on_call(seat["activity"], since=now - passed))
        elif seat:
            desk.own(**on_call("talking", since=now - 190))
            desk.own(**{**signed_in(), "presence": "wrap_up", "activity": "idle", "call_id": None, "caller": None,
                     "presence_since": now - 6, "wrap_up_until": now + 14})  # fmt: skip
        if transfer:
            over = time.time() + LONG_S if transfer.get("outcome") else None
            desk.transfer(**{"started_at": now - 24, "ended_at": over, **transfer})
        shown = page.locator(".topbar .state")
        await expect(shown).to_have_attribute("data-state", seat.get("activity") or seat.get("presence") or "ready")
        await expect(page.locator(".running")).to_have_count(1 if transfer else 0)
        assert await fits(page) == []
        await shoot(page, f"desk-{name}-{size['width']}")
