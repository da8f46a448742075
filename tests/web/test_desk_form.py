"""The ticket form and the pop in a real browser: typed by keys only, kept within the second, one form a call, and
nothing lost when the page, the network or a second page gets in the way.

The desk's API is a twin in this file (``DeskApi``) before the real server, so that it can be away or stale on demand.
With GATEWAY_SHOTS=folder the browser also leaves pictures there.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from gateway.model.ids import AgentId
from tests.web.desks import NUMBER, DeskSite
from tests.web.looking import looks_right, until

pytestmark = pytest.mark.browser

SMALL, LARGE = {"width": 1366, "height": 768}, {"width": 1920, "height": 1080}
CALL, NEXT = "1763766001.15", "1763766002.15"
OLD = "460000-20261115-0000007"
WORDS = "龙华区某路10号门前路灯不亮已有三天，晚上行人经过很危险。请尽快派人修好。"
CATEGORIES = [
    ("04", "城市管理", "城市管理", "chengshiguanli", "csgl"),
    ("0401", "占道经营", "城市管理 / 占道经营", "zhandaojingying", "zdjy"),
    ("0402", "市政设施", "城市管理 / 市政设施", "shizhengsheshi", "szss"),
    ("0403", "路灯照明", "城市管理 / 路灯照明", "ludengzhaoming", "ldzm"),
    ("0102", "价格", "市场监管 / 价格", "jiage", "jg"),
    ("99", "其他", "其他", "qita", "qt"),
]
DESK = {
    "account": {"login": "agent1", "name": "王小芳", "agent_id": "8001", "role": "agent"},
    "seat": "A001", "seats_free": [], "reasons": [{"id": "break", "name": "小休", "name_en": "Break", "max_s": 900}],
    "categories": [dict(zip(("code", "name", "path", "pinyin", "initials"), one, strict=True)) for one in CATEGORIES],
    "entries": [{"number": "12345", "name": "政务热线"}],
    "areas": [{"code": "460105", "name": "秀英区"}, {"code": "460106", "name": "龙华区"}],
    "templates": [
        {"id": "place", "name": "补充地点", "text": "位置【路名】。"},
        {"id": "light", "name": "路灯", "text": "来电反映路灯故障，灯杆编号："},
    ],
    "rules": {"send_on_s": 600, "wait_s": 15},
    "map": {
        "bounds": [108.3, 18.0, 111.3, 20.3], "crs": "WGS-84", "tiles": "", "credit": "",
        "places": [["海口", 110.2, 20.04], ["三亚", 109.51, 18.25], ["儋州", 109.58, 19.52]],
    },
}  # fmt: skip
EMPTY_POP: dict[str, Any] = {
    "caller": "138****5678", "entry": {"number": "12345", "name": "政务热线", "track": "own"}, "queue": "hotline",
    "waited_s": 7.0, "language": "", "place": None, "secret": False, "tickets": [], "calls": [], "watch": None,
    "context": None, "ticket_no": None, "draft": None,
}  # fmt: skip


def rich_pop() -> dict[str, Any]:
    """A caller whom we know, with an open ticket and a note of the shift lead."""
    now = time.time()
    tickets = [
        {
            "no": "460000-20261001-0000003",
            "title": "噪音扰民",
            "state": "closed",
            "opened_at": now - 4e6,
            "open": False,
        },
        {"no": OLD, "title": "路灯不亮", "state": "sent", "opened_at": now - 5e5, "open": True},
    ]
    calls = [{"call_id": "1.1", "at": now - 5e5, "outcome": "answered", "agent": "李强", "talk_s": 214}]
    return {
        **EMPTY_POP, "language": "海南话", "place": {"area_code": "460106", "name": "龙华区"}, "tickets": tickets,
        "calls": calls, "watch": {"level": "alert", "note": "多次来电，情绪激动，请耐心", "by": "陈班长"},
        "context": {
            "partner": "110", "name": "公安", "no": "JJ-20261121-88", "content": "报警人称路灯故障致摔伤",
            "fields": {"address": "滨海大道10号", "contact_number": "139****0000", "level": "2"},
        },
    }  # fmt: skip


class DeskApi:
    """The desk's side of the gateway, in memory. ``away`` cuts the network; ``refuse`` is a problem for a filing."""

    def __init__(self) -> None:
        self.drafts: dict[str, dict[str, Any]] = {}
        self.pops: dict[str, dict[str, Any]] = {}
        self.filed: list[tuple[str, dict[str, Any]]] = []
        self.asked: list[str] = []
        self.similar: list[dict[str, Any]] = []
        self.refuse: dict[str, Any] | None = None
        self.lose_answer = False
        self.away = False
        self.slow: asyncio.Event | None = None
        """Drafts are kept when it is set."""
        self.slow_pop: asyncio.Event | None = None
        """Pops are answered, as they stood when they were asked for, when it is set."""

    async def answer(self, route: Route) -> None:
        request = route.request
        path = unquote(urlsplit(request.url).path)
        self.asked.append(f"{request.method} {path}")
        if self.away:
            return await route.abort("internetdisconnected")
        if self.slow is not None and request.method == "PUT":
            await self.slow.wait()
        body = json.loads(request.post_data) if request.post_data else {}
        status, data = self.reply(request.method, path, body, request.headers, urlsplit(request.url).query)
        if self.slow_pop is not None and "/pop/" in path:
            await self.slow_pop.wait()
        if self.lose_answer and request.method == "POST":
            self.lose_answer = False
            return await route.abort("connectionreset")
        return await route.fulfill(status=status, json=data) if data is not None else await route.fulfill(status=status)

    def reply(self, method: str, path: str, body: Any, headers: dict[str, str], query: str) -> tuple[int, Any]:
        name = path.removeprefix("/api/v1/desk").strip("/")
        first, _, rest = name.partition("/")
        if first == "drafts" and rest:
            return self.draft(method, rest, body)
        answers: dict[str, Callable[[], tuple[int, Any]]] = {
            "": lambda: (200, DESK),
            "pop": lambda: (200, {**self.pops.get(rest, EMPTY_POP), "call_id": rest, "draft": self.drafts.get(rest)}),
            "drafts": lambda: (200, {"items": list(self.drafts.values())}),
            "tickets": lambda: self.file(body, headers["idempotency-key"]),
            "similar": lambda: (200, {"items": self.similar if "路灯" in parse_qs(query)["text"][0] else []}),
            "reveal": lambda: (200, {"value": "13812345678"}),
        }
        return answers.get(first, lambda: (404, {"detail": "没有这个地址 / nothing here"}))()

    def draft(self, method: str, key: str, body: Any) -> tuple[int, Any]:
        known = self.drafts.get(key)
        if method == "DELETE":
            self.drafts.pop(key, None)
            return 204, None
        if method == "PUT":
            if known and body["revision"] <= known["revision"] and body["fields"] != known["fields"]:
                return 409, {"detail": "草稿已有更新的内容 / the draft has moved on", "field": "revision"}
            self.drafts[key] = {"key": key, **body, "author": "agent1", "at": time.time()}
            return 200, {"key": key, "revision": body["revision"], "at": time.time()}
        return (200, known) if known else (404, {"detail": "没有草稿 / no draft"})

    def file(self, body: Any, key: str) -> tuple[int, Any]:
        if self.refuse:
            return 400, self.refuse
        known = [n for n, (used, _) in enumerate(self.filed) if used == key]
        if not known:
            self.filed.append((key, body))
            self.drafts.pop(body.get("call_id") or "new", None)
        return 200, {"ticket_no": f"460000-20261122-{(known or [len(self.filed) - 1])[0] + 1:07d}", "revision": 2}


def seated(fakes: Any, **fields: Any) -> Any:
    own = {
        "agent": "8001", "agent_name": "王小芳", "presence": "ready", "device": "phone",
        "presence_since": time.time() - 95, "since": time.time() - 95,
    }  # fmt: skip
    return fakes.hall([fakes.seat(1, **{**own, **fields}), *(fakes.seat(n) for n in range(2, 12))], [fakes.queue()])


def on_call(state: str, call: str = CALL, caller: str = "138****5678") -> dict[str, Any]:
    return {
        "presence": "ready", "activity": state, "call_id": call, "queue": "hotline", "entry_number": "12345",
        "caller": caller, "since": time.time(),
    }  # fmt: skip


def hung_up() -> dict[str, Any]:
    now = time.time()
    return {
        "presence": "wrap_up", "activity": "idle", "call_id": None, "caller": None, "queue": None,
        "wrap_up_until": now + 20, "presence_since": now, "since": now,
    }  # fmt: skip


class Station:
    """One agent's machine: a browser context with the desk's API behind it, and the hall."""

    def __init__(self, site: Any, hall: Any, api: DeskApi, context: BrowserContext, password: str) -> None:
        self.site, self.hall, self.api, self.context, self.password = site, hall, api, context, password
        self.errors: list[str] = []

    async def log_in(self) -> None:
        answer = await self.context.request.post(
            f"http://127.0.0.1:{self.site.port}/api/v1/login", data={"login": "agent1", "password": self.password}
        )
        assert answer.ok

    async def open(self, *, turn: bool = True, clock: bool = False) -> Page:
        """A page of the desk that is ready to be worked on: its facts are there, and so is the form of the seat's call.

        With ``clock`` its time can be stopped.
        """
        page = await self.context.new_page()
        if clock:
            await page.clock.install()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        async with page.expect_response("**/api/v1/desk"):
            await page.goto(f"http://127.0.0.1:{self.site.port}/desk")
        await expect(page.locator(".form")).to_have_attribute("data-off", str(not turn).lower())
        call = self.hall.seats()[0]["call_id"]
        await expect(page.locator(f'.form .tab[data-key="{call or "new"}"]')).to_have_count(1 if turn or call else 0)
        if call:
            await expect(page.locator(f'.form .tab[data-key="{call}"]')).to_have_attribute("aria-selected", "true")
        await expect(page.locator(".pkey")).to_have_count(len(self.site.transfers.lines()))
        return page

    def _console(self, line: Any) -> None:
        if "Content Security Policy" in line.text or "part failed" in line.text:
            self.errors.append(line.text)

    def own(self, **fields: Any) -> None:
        self.hall.change("A001", **fields)


CUT = """() => [document.documentElement, ...document.querySelectorAll('.form, .form > fieldset, .form-foot')]
  .filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.className || e.tagName)"""
OpenStation = Callable[..., Any]


@pytest.fixture
def station(open_site: Any, fakes: Any, browser: Browser) -> OpenStation:
    @asynccontextmanager
    async def make(size: Any = SMALL, **seat: Any) -> AsyncIterator[Station]:
        hall, api = seated(fakes, **seat), DeskApi()
        async with open_site(hall=hall) as site:
            context = await browser.new_context(viewport=size)
            await context.route(re.compile(r"/api/v1/desk(/|\?|$)"), api.answer)
            made = Station(site, hall, api, context, fakes.password)
            await made.log_in()
            yield made
            assert made.errors == []
            await context.close()

    return make


def typed(api: DeskApi, key: str, name: str = "content") -> str:
    return str(api.drafts.get(key, {}).get("fields", {}).get(name, ""))


async def shoot(page: Page, name: str) -> None:
    folder = os.environ.get("GATEWAY_SHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")


LATE = """async () => {
    const { oneOfUs } = await import('/static/desk/drafts.js');
    const heard = [], turns = [[], []], pages = [];
    const Real = window.BroadcastChannel;
    window.BroadcastChannel = class extends Real {
        addEventListener(name, act) { super.addEventListener(name, (event) => heard.push(() => act(event))); }
    };
    const some = async () => { while (!heard.length) await new Promise((done) => setTimeout(done, 5)); };
    for (const mine of turns) {
        pages.push(oneOfUs('late', (first) => mine.push(first), 0));
        while (!mine.length) await new Promise((done) => setTimeout(done, 5));
        // In one millisecond neither had it first, and it would be the names that decide.
        for (const at = Date.now(); Date.now() === at; ) await new Promise((done) => setTimeout(done, 1));
    }
    const both = turns.map((mine) => mine.at(-1));
    await some();
    while (turns[1].at(-1)) {
        heard.splice(0).forEach((act) => act());
        await new Promise((done) => setTimeout(done, 5));
    }
    window.BroadcastChannel = Real;
    pages.forEach((one) => one.close());
    return [both, turns.map((mine) => mine.at(-1))];
}"""
"""Two pages at work that hear each other only after both have taken the turn: which of them has it then, and after."""


async def fill_by_keys(page: Page) -> None:
    """A whole ticket in the order of the talk, without the mouse."""
    keys = page.keyboard
    await keys.press("Alt+l")
    await keys.press("3")  # 投诉, and on to the content
    await keys.insert_text(WORDS)
    await keys.press("F9")
    await keys.type("ldzm")
    await expect(page.locator(".options li").first).to_have_attribute("data-code", "0403")
    await keys.press("Enter")  # 路灯照明, and on to the place
    await keys.insert_text("滨海大道10号")
    await keys.press("Enter")
    await keys.type("龙华")
    await expect(page.locator(".options li").first).to_have_attribute("data-code", "460106")
    await keys.press("Enter")
    await keys.insert_text("张三")
    await keys.press("Enter")
    await keys.press("2")  # 女, and on to the contact
    await keys.type("0898-65321234")
    await keys.press("Alt+j")
    await keys.press("Alt+b")
    await keys.press("Alt+v")


async def test_ticket_typed_with_keys_only_is_filed_and_sent(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await expect(page.locator("#f-content")).to_be_visible()
        await fill_by_keys(page)
        await page.keyboard.press("Alt+z")
        await page.keyboard.type("110")
        await expect(page.locator(".options li").first).to_have_attribute("data-code", "110")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Control+Shift+Enter")
        await expect(page.locator(".filed li")).to_contain_text("460000-20261122-0000001")
        [(_, body)] = desk.api.filed
        assert body["call_id"] == CALL and body["send_to"] == "110"
        assert body["fields"] == {
            "kind": "投诉", "content": WORDS, "title": "龙华区某路10号门前路灯不亮已有三天，晚上行人经过很危险",
            "category": "0403", "address": "滨海大道10号", "area_code": "460106", "name": "张三", "sex": "女",
            "contact_number": "0898-65321234", "urgency": "紧急", "is_secret": True, "need_callback": True,
        }  # fmt: skip
        assert await page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('desk.draft')).length") == 0


@pytest.mark.parametrize("asked", ["szss", "shizheng", "市政", "0402", "SZ"])
async def test_category_is_found_by_initials_pinyin_word_or_code(station: OpenStation, asked: str) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await page.keyboard.press("F9")
        await page.keyboard.insert_text(asked)
        await expect(page.locator(".options li").first).to_have_attribute("data-code", "0402")
        await page.keyboard.press("Enter")
        await expect(page.locator("#f-category")).to_have_value("市政设施")
        await expect(page.locator("#f-address")).to_be_focused()
        await page.keyboard.press("F9")
        await expect(page.locator(".options li").first).to_contain_text("最近")
        await page.keyboard.press("Enter")  # nothing typed: goes on and changes nothing
        await expect(page.locator("#f-category")).to_have_value("市政设施")


async def test_words_are_in_the_ledger_within_a_second_and_survive_a_page_that_dies(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open(clock=True)
        await page.locator("#f-content").focus()
        await page.clock.pause_at(
            time.time() + 60
        )  # a second is a second of the page's own time, however slow the machine
        await page.keyboard.insert_text("路灯不亮")
        await page.clock.run_for(999)
        await until(lambda: typed(desk.api, CALL) == "路灯不亮")
        await page.clock.resume()
        await expect(page.locator(".saved")).to_contain_text("已保存")
        desk.api.away = True
        await page.keyboard.insert_text("，三天了")  # and the page dies at once, before this could be sent
        await page.wait_for_function(f"localStorage.getItem('desk.draft.agent1.{CALL}') !== null")  # it is sealed first
        await page.close(run_before_unload=False)
        desk.api.away = False
        again = await desk.open()
        await expect(again.locator("#f-content")).to_have_value("路灯不亮，三天了")
        await until(lambda: typed(desk.api, CALL) == "路灯不亮，三天了")


async def test_another_machine_has_what_was_typed_a_second_before(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        desk.api.drafts[CALL] = {"key": CALL, "fields": {"content": "李强记到这里"}, "revision": 4, "at": time.time()}
        page = await desk.open()
        await expect(page.locator("#f-content")).to_have_value("李强记到这里")
        await page.locator("#f-content").focus()
        await page.keyboard.press("Control+End")
        await page.keyboard.insert_text("，王小芳接着记")
        await until(lambda: typed(desk.api, CALL) == "李强记到这里，王小芳接着记")


async def test_new_call_leaves_the_form_of_the_last_alone(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        content = page.locator("#f-content")
        await content.fill("第一个来电的内容")
        desk.own(**hung_up())
        await expect(page.locator(".deadline")).to_have_attribute("data-state", "left")
        await expect(page.locator(".deadline")).to_contain_text(re.compile(r"9:\d\d|10:00"))
        desk.own(**on_call("ringing", NEXT, "139****0000"))
        ringing = page.locator(f'.tab[data-key="{NEXT}"]')
        await expect(ringing).to_have_attribute("data-phase", "ringing")
        await shoot(page, "form-ringing-1366")
        await expect(content).to_have_value("第一个来电的内容")
        desk.own(**on_call("talking", NEXT, "139****0000"))
        await expect(ringing).to_have_attribute("aria-selected", "true")
        await expect(content).to_have_value("")
        await content.fill("第二个")
        await page.keyboard.press("Alt+PageUp")
        await expect(content).to_have_value("第一个来电的内容")
        await until(lambda: typed(desk.api, CALL) == "第一个来电的内容" and typed(desk.api, NEXT) == "第二个")


async def test_call_that_rang_elsewhere_leaves_no_form(station: OpenStation) -> None:
    async with station() as desk:
        page = await desk.open()
        desk.own(**on_call("ringing"))
        await expect(page.locator(f'.tab[data-key="{CALL}"]')).to_be_visible()
        desk.own(activity="idle", call_id=None, caller=None, queue=None)
        await expect(page.locator(f'.tab[data-key="{CALL}"]')).to_have_count(0)
        await expect(page.locator("#f-content")).to_be_enabled()
        assert desk.api.drafts == {}


async def test_without_network_words_stay_on_the_machine_and_go_when_it_is_back(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await expect(page.locator(".pop .number")).to_contain_text("138****5678")
        desk.api.away = True
        await page.locator("#f-content").fill("断网时记下的")
        await expect(page.locator(".saved")).to_contain_text("离线，本机已存")
        await page.wait_for_function(f"localStorage.getItem('desk.draft.agent1.{CALL}') !== null")
        stored = await page.evaluate("JSON.stringify(localStorage)")
        assert f"desk.draft.agent1.{CALL}" in stored and "断网" not in stored  # sealed: the next one at this machine
        desk.api.away = False
        await page.evaluate("window.dispatchEvent(new Event('online'))")
        await expect(page.locator(".saved")).to_contain_text("已保存")
        assert typed(desk.api, CALL) == "断网时记下的"
        assert await page.evaluate(f"localStorage.getItem('desk.draft.agent1.{CALL}')") is None


async def test_draft_that_somebody_else_changed_can_be_had_back(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await page.locator("#f-content").fill("我的")
        await until(lambda: typed(desk.api, CALL) == "我的")
        desk.api.drafts[CALL] |= {"fields": {"content": "别处写的"}, "revision": 9}
        await page.locator("#f-content").fill("我的，再写")
        await expect(page.locator(".notice")).to_contain_text("别处写的")
        await until(lambda: typed(desk.api, CALL) == "我的，再写")
        await page.get_by_role("button", name="换成那一份").click()
        await expect(page.locator("#f-content")).to_have_value("别处写的")
        await until(lambda: typed(desk.api, CALL) == "别处写的")


async def test_second_page_says_so_and_writes_nothing_until_its_agent_goes_on_there(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        first = await desk.open()
        await first.locator("#f-content").fill("第一页")
        await until(lambda: typed(desk.api, CALL) == "第一页")
        second = await desk.open(turn=False)
        await expect(second.locator(".notice.bad")).to_contain_text("已在另一页面打开工作台")
        await expect(second.locator("#f-content")).to_be_disabled()
        await shoot(second, "form-second-1366")
        await second.get_by_role("button", name="在此页继续").click()
        await expect(first.locator("#f-content")).to_be_disabled()
        await expect(second.locator("#f-content")).to_have_value("第一页")
        await second.locator("#f-content").fill("第二页接着写")
        await until(lambda: typed(desk.api, CALL) == "第二页接着写")


async def test_similar_tickets_show_while_typing_and_are_linked_by_key(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        why = "同一人，文字相近"
        desk.api.similar = [{"ticket_no": OLD, "title": "路灯不亮", "state": "sent", "opened_at": 1.0, "why": why}]
        page = await desk.open(clock=True)
        await page.locator("#f-content").focus()
        await page.clock.pause_at(time.time() + 60)  # while it is typed there is no pause
        await page.keyboard.type("门前路灯不亮已有三天")
        await page.clock.run_for(2_000)
        await expect(page.locator(".similar li")).to_contain_text("路灯不亮")
        assert desk.api.asked.count("GET /api/v1/desk/similar") == 1  # asked at the pause, not at each key
        await page.clock.resume()
        await page.keyboard.press("Alt+s")
        await page.keyboard.press("u")
        await expect(page.locator(".similar .linked")).to_contain_text("催办")
        await until(lambda: typed(desk.api, CALL, "urge_of") == OLD)


async def test_faults_stand_at_their_fields_and_nothing_is_lost(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await expect(page.locator("#f-content")).to_be_visible()
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#fault-kind")).to_contain_text("请选类型")
        await expect(page.locator("#fault-content")).to_contain_text("请写内容")
        await expect(page.locator("#f-kind")).to_be_focused()
        await shoot(page, "form-faults-1366")
        await page.keyboard.press("3")
        await page.keyboard.insert_text(WORDS)
        desk.api.refuse = {
            "detail": "联系电话无效 / not a number that can be dialled",
            "field": "fields.contact_number",
        }
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#fault-contact_number")).to_contain_text("联系电话无效")
        await expect(page.locator("#f-contact_number")).to_be_focused()
        await expect(page.locator("#f-content")).to_have_value(WORDS)
        desk.api.refuse = None
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".filed li")).to_be_visible()
        assert len(desk.api.filed) == 1


async def test_a_call_that_went_on_elsewhere_has_no_clock_here_and_filing_asks_first(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await page.locator('#f-kind [data-value="求助"]').click()
        await page.locator("#f-content").fill(WORDS)
        desk.own(activity="idle", call_id=None, caller=None, queue=None)
        await expect(page.locator(".deadline")).to_have_attribute("data-state", "left")
        desk.hall.change("A002", **on_call("ringing"))
        desk.hall.change("A002", activity="talking")
        await expect(page.locator(".deadline")).to_have_attribute("data-state", "gone")
        await expect(page.locator(".deadline")).to_contain_text("通话已转至 A002")
        await expect(page.locator(f'.tab[data-key="{CALL}"]')).to_contain_text("A002")
        await shoot(page, "form-gone-1366")
        await page.locator("#f-content").focus()
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".form .notice")).to_contain_text("请再按一次")
        assert desk.api.filed == [] and await looks_right(page) == []
        desk.hall.change("A002", **hung_up())  # it is over there: the ticket is still that seat's
        await expect(page.locator(".deadline")).to_have_attribute("data-state", "gone")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".filed li")).to_contain_text("0000001")
        assert len(desk.api.filed) == 1 and await page.locator(".filed .left").count() == 0


async def test_filing_whose_answer_got_lost_is_one_ticket(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await page.locator('#f-kind [data-value="求助"]').click()
        await page.locator("#f-content").fill(WORDS)
        desk.api.lose_answer = True
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".toast").first).to_contain_text("未能提交")
        await expect(page.locator("#f-content")).to_have_value(WORDS)
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".filed li")).to_contain_text("0000001")
        assert len(desk.api.filed) == 1


async def test_a_draft_that_is_on_its_way_is_not_kept_after_its_ticket_was_filed(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await page.locator('#f-kind [data-value="求助"]').click()
        await until(lambda: CALL in desk.api.drafts)
        desk.api.slow, puts = asyncio.Event(), desk.api.asked.count(f"PUT /api/v1/desk/drafts/{CALL}")
        await page.locator("#f-content").fill(WORDS)
        await until(lambda: desk.api.asked.count(f"PUT /api/v1/desk/drafts/{CALL}") > puts)
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#f-content")).to_be_disabled()
        desk.api.slow.set()
        await expect(page.locator(".filed li")).to_contain_text("0000001")
        assert desk.api.drafts == {} and len(desk.api.filed) == 1


async def test_the_last_words_are_on_their_way_before_the_press_and_it_does_not_wait_for_them(
    station: OpenStation,
) -> None:
    put = f"PUT /api/v1/desk/drafts/{CALL}"
    async with station(**on_call("talking")) as desk:
        pressed: list[tuple[int, str]] = []

        async def press(route: Route) -> None:
            pressed.append((desk.api.asked.count(put) - puts, typed(desk.api, CALL)))
            await route.fulfill(status=202, json={"accepted": True, "transfer_id": "t1"})

        page = await desk.open()
        await page.route("**/api/v1/transfers", press)
        await page.locator("#f-content").fill("有人")
        await until(lambda: typed(desk.api, CALL) == "有人")
        await expect(page.locator(".saved")).to_have_attribute("data-state", "saved")
        await expect(page.locator('[data-partner="110"]')).to_be_enabled()
        desk.api.slow, puts = asyncio.Event(), desk.api.asked.count(put)
        await page.locator("#f-content").fill("有人受伤")
        await page.keyboard.press("Alt+1")
        await until(lambda: pressed)
        assert pressed == [(1, "有人")]
        desk.api.slow.set()
        await until(lambda: typed(desk.api, CALL) == "有人受伤")


async def test_a_pop_that_takes_its_time_wipes_nothing_that_was_typed_meanwhile(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        desk.api.slow_pop = asyncio.Event()
        page = await desk.open()
        await page.locator("#f-content").fill("路灯不亮")
        await until(lambda: typed(desk.api, CALL) == "路灯不亮")
        await expect(page.locator(".saved")).to_have_attribute("data-state", "saved")
        desk.api.slow_pop.set()
        await expect(page.locator(".pop .number")).to_contain_text("138****5678")
        await page.locator("#f-content").press("End")
        await page.keyboard.insert_text("，三天了")
        await until(lambda: typed(desk.api, CALL) == "路灯不亮，三天了")


async def test_two_pages_of_which_each_was_slow_to_hear_of_the_other_are_one_at_work(station: OpenStation) -> None:
    async with station() as desk:
        page = await desk.open()
        found = await page.evaluate(LATE)
        assert found == [[True, True], [True, False]]  # both took the turn; who had it first keeps it


async def test_pop_shows_the_caller_at_the_first_ring(station: OpenStation) -> None:
    async with station() as desk:
        desk.api.pops[CALL] = rich_pop()
        page = await desk.open()
        desk.own(**on_call("ringing"))
        pop = page.locator(".pop")
        for text in (
            "138****5678",
            "海南话",
            "龙华区",
            "多次来电",
            "陈班长",
            "JJ-20261121-88",
        ):
            await expect(pop).to_contain_text(text)
        await expect(pop.locator(".tickets li").first).to_contain_text("路灯不亮")  # the open one first
        await page.get_by_role("button", name="看全号").click()
        await expect(pop.locator(".number")).to_contain_text("13812345678")
        desk.own(**on_call("talking"))
        await page.keyboard.press("Alt+g")
        await expect(page.locator("#f-address")).to_have_value("滨海大道10号")
        await expect(page.locator("#f-content")).to_have_value("报警人称路灯故障致摔伤")
        await expect(page.locator("#f-contact_number")).to_have_value("")  # a masked number is no number


async def test_earlier_ticket_opens_beside_the_form_by_key(station: OpenStation, fakes: Any) -> None:
    async with station(**on_call("talking")) as desk:
        desk.api.pops[CALL] = rich_pop()
        desk.site.ledger.rows.tickets[OLD] = fakes.ticket(7, ticket_no=OLD, content="旧工单的内容")
        page = await desk.open()
        await expect(page.locator(".pop .tickets")).to_be_visible()
        await page.locator("#f-content").focus()
        await page.keyboard.press("Alt+k")
        await page.keyboard.press("Enter")
        await expect(page.locator(".side-ticket")).to_contain_text("旧工单的内容")
        await shoot(page, "form-side-1366")
        await page.keyboard.press("Escape")
        await expect(page.locator(".side-ticket")).to_have_count(0)


async def test_pin_is_set_by_keys(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await expect(page.locator("#f-content")).to_be_visible()
        await page.keyboard.press("Alt+m")
        await expect(page.locator(".map-box canvas")).to_be_focused()
        await page.keyboard.press("ArrowRight")
        await shoot(page, "form-map-1366")
        await page.keyboard.press("Enter")
        await expect(page.locator(".map-sheet")).to_have_count(0)
        await until(lambda: CALL in desk.api.drafts)
        fields = desk.api.drafts[CALL]["fields"]
        assert 108.3 < fields["longitude"] < 111.3 and 18.0 < fields["latitude"] < 20.3 and fields["crs"] == "WGS-84"


async def test_template_goes_in_where_the_cursor_stands(station: OpenStation) -> None:
    async with station(**on_call("talking")) as desk:
        page = await desk.open()
        await page.locator("#f-content").fill("前后")
        await page.keyboard.press("Home")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Alt+t")
        await page.keyboard.press("1")
        await expect(page.locator("#f-content")).to_have_value("前位置【路名】。后")
        await page.keyboard.insert_text("X")
        await expect(page.locator("#f-content")).to_have_value("前位置X。后")


async def test_f1_shows_every_key_once(station: OpenStation) -> None:
    async with station() as desk:
        page = await desk.open()
        await page.keyboard.press("F1")
        keys = page.locator(".keys")
        for text in ("归档并转办", "查分类", "转接", "全部按键"):
            await expect(keys).to_contain_text(text)
        await shoot(page, "form-keys-1366")
        names = await keys.locator("dt").all_inner_texts()
        often = {name for name in names if names.count(name) > 1} - {"Esc"}
        assert often == set()
        await page.keyboard.press("Escape")
        await expect(keys).to_have_count(0)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["1366", "1920"])
async def test_nothing_is_cut_off_with_a_full_form(station: OpenStation, size: dict[str, int]) -> None:
    async with station(size=size, **on_call("talking")) as desk:
        desk.api.pops[CALL] = rich_pop()
        desk.api.similar = [{"ticket_no": OLD, "title": "路灯不亮", "state": "sent", "opened_at": 1.0, "why": "同一人"}]
        page = await desk.open()
        await expect(page.locator(".pop .tickets")).to_be_visible()
        await fill_by_keys(page)
        await expect(page.locator(".similar li")).to_be_visible()
        await page.keyboard.press("F9")
        await expect(page.locator(".options")).to_be_visible()
        await shoot(page, f"form-category-{size['width']}")
        await page.keyboard.press("F3")
        await shoot(page, f"form-talking-{size['width']}")
        desk.own(**hung_up())
        await expect(page.locator(".deadline")).to_have_attribute("data-state", "left")
        await shoot(page, f"form-wrap-{size['width']}")
        assert await page.evaluate(CUT) == []
        assert await looks_right(page) == []


# -- against the real acts and a real ledger ---------------------------------------------------------------------------


PLAN = {"halls": [], "entries": {"12345": {"name": "政务热线", "name_en": "Hotline"}}}


@pytest.fixture
async def real(desk_site: DeskSite, browser: Browser, fakes: Any) -> AsyncIterator[tuple[DeskSite, Page]]:
    """A desk whose every request but the plan's is answered by the gateway itself, over SQLite."""
    context = await browser.new_context(viewport=SMALL)
    address = f"http://127.0.0.1:{desk_site.server.port}"
    await context.route("**/api/v1/plan", lambda route: route.fulfill(json=PLAN))
    answer = await context.request.post(f"{address}/api/v1/login", data={"login": "agent1", "password": fakes.password})
    assert answer.ok
    page = await context.new_page()
    await page.goto(f"{address}/desk")
    await page.wait_for_selector(".form[data-off=false]")
    yield desk_site, page
    await context.close()


async def test_call_is_typed_kept_and_filed_in_the_ledger(real: tuple[DeskSite, Page]) -> None:
    site, page = real
    old = await site.earlier(5, title="路灯不亮", content=WORDS, area_code="460100", agent="8001")
    call = site.rings(CALL)
    await expect(page.locator(".pop .number")).to_contain_text("138****5678")
    await expect(page.locator(".pop .tickets")).to_contain_text("路灯不亮")
    site.hall.change("A001", activity="talking", caller="138****5678", entry_number="12345", queue="hotline")
    await site.writes(call, answered_at=time.time(), agent=AgentId("8001"))
    await page.locator("#f-content").focus()
    await page.keyboard.insert_text(WORDS)
    await expect(page.locator(".saved")).to_contain_text("已保存")
    kept = await site.ledger.draft(CALL)
    assert kept is not None and kept.fields["content"] == WORDS
    await expect(page.locator(".similar li")).to_contain_text("路灯不亮")
    await page.keyboard.press("Alt+s")
    await page.keyboard.press("d")
    await page.keyboard.press("Alt+l")
    await page.keyboard.press("3")
    await page.keyboard.press("F9")
    await page.keyboard.type("szss")
    await expect(page.locator(".options li").first).to_have_attribute("data-code", "0402")  # pinyin takes its time
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".filed li")).to_be_visible()
    ticket = await site.ledger.ticket_by_key(f"call:{CALL}")
    assert ticket is not None
    assert (ticket.kind, ticket.category, ticket.content, ticket.duplicate_of) == ("投诉", "0402", WORDS, old.ticket_no)
    assert ticket.calling_number == NUMBER and await site.ledger.draft(CALL) is None


async def test_form_without_a_call_comes_back_after_the_page_died(real: tuple[DeskSite, Page]) -> None:
    site, page = real
    await page.locator("#f-content").fill("来访市民反映积水")
    await expect(page.locator(".saved")).to_contain_text("已保存")
    again = await page.context.new_page()
    await page.close(run_before_unload=False)
    await again.goto(f"http://127.0.0.1:{site.server.port}/desk")
    await expect(again.locator("#f-content")).to_have_value("来访市民反映积水")
    await again.locator('#f-kind [data-value="求助"]').click()
    await again.locator("#f-contact_number").fill("abc")
    await again.keyboard.press("Control+Enter")
    await expect(again.locator("#fault-contact_number")).to_contain_text("电话号码不对")
    await again.locator("#f-contact_number").fill("0898-65321234")
    await again.keyboard.press("Control+Enter")
    await expect(again.locator(".filed li")).to_be_visible()
    [ticket] = await site.ledger.tickets(limit=5)
    assert (ticket.kind, ticket.title, ticket.contact_number) == ("求助", "来访市民反映积水", "0898-65321234")


async def test_whole_number_is_shown_at_a_press_and_the_look_is_audited(real: tuple[DeskSite, Page]) -> None:
    site, page = real
    site.rings(CALL)
    await page.get_by_role("button", name="看全号").click()
    await expect(page.locator(".pop .number")).to_contain_text(NUMBER)
    assert [one.act for one in await site.ledger.audits(subject=CALL)] == ["number.revealed"]
