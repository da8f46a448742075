"""A hall in the middle of a working day for the tests of the seat map, a browser on it, and who answers its orders:
each act of a shift lead is taken as the gateway would take it, and comes back as a fact on the live stream.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Page, Route, expect

from gateway.seats.config import EntryNumberConfig, HallConfig, RestReasonConfig, RoomConfig
from gateway.web.plan import floor_plan
from tests.web.looking import keep_toasts

QUEUES = [
    ("hotline", "市民热线", "Citizens"), ("market", "市场监管", "Market 12315"), ("labour", "人社", "Labour 12333"),
    ("housing", "公积金", "Housing 12329"), ("traffic", "交通运输", "Traffic 12328"), ("legal", "法律服务", "Legal"),
]  # fmt: skip
NAMES = [
    "王小芳", "李强", "陈丽", "林海燕", "黄伟", "吴春花", "符晓东", "周敏",
    "郑国庆", "何静", "梁志远", "韩雪", "邢少云", "欧阳慧", "冯建军", "蔡文姬",
]  # fmt: skip
STATES = [
    ("talking", 11), ("ready", 7), ("ringing", 2), ("wrap_up", 3), ("not_ready", 3), ("held", 1), ("three_way", 1),
    ("offline", 1), ("signed_out", 4),
]  # fmt: skip


def big_plan(large: bool) -> dict[str, Any]:
    """A hall with an aisle and a pillar; the large one has two rooms of a hundred seats."""
    reasons = [("break", "小休", 15), ("meal", "就餐", 45), ("meeting", "会议", 0), ("training", "培训", 0)]
    if large:
        rooms = [
            RoomConfig(id="main", name="一号大厅", name_en="Hall 1", width=10, height=11, pillars=[(4, 5)]),
            RoomConfig(id="second", name="二号大厅", name_en="Hall 2", x=11, width=10, height=11),
        ]
    else:
        rooms = [
            RoomConfig(id="main", name="接听大厅", name_en="Main hall", width=8, height=4, pillars=[(3, 2)]),
            RoomConfig(id="second", name="专家席", name_en="Experts", x=9, width=2, height=4),
        ]
    hall = HallConfig(
        id="haikou", name="海口话务大厅", name_en="Haikou", area_code="460100", rooms=rooms,
        rest_reasons=[RestReasonConfig(id=i, name=n, max_minutes=m) for i, n, m in reasons],
    )  # fmt: skip
    return floor_plan([hall], [EntryNumberConfig(number="12345", name="政务热线")])


def places(large: bool) -> list[tuple[str, int, int]]:
    if large:
        return [(room, x, y + (y >= 5)) for room in ("main", "second") for y in range(10) for x in range(10)]
    main = [("main", x, y + (y >= 2)) for y in range(3) for x in range(8)]
    return main + [("second", x, y + (y >= 2)) for y in range(3) for x in range(2)]


def busy_seat(fakes: Any, dice: random.Random, number: int, state: str) -> dict[str, Any]:
    """A seat in the middle of a working day."""
    now = time.time()
    fields: dict[str, Any] = {"presence": "ready", "agent": str(8000 + number), "agent_name": dice.choice(NAMES)}
    fields["calls_today"] = dice.randint(4, 61)
    queue = dice.choices([queue[0] for queue in QUEUES], [8, 2, 1, 1, 1, 1])[0]
    call = {
        "call_id": f"1763766{number:03d}.15", "queue": queue, "entry_number": dice.choice(["12345", "12345", "12315"]),
        "caller": f"1{dice.choice('35789')}{dice.randint(0, 9)}****{dice.randint(0, 9999):04d}",
        "since": now - dice.randint(3, 420),
    }  # fmt: skip
    if state == "signed_out":
        fields = {"since": None, "presence_since": now - 9000}
    elif state == "offline":
        fields |= {"reachable": False, "presence_since": now - 75}
    elif state == "wrap_up":
        fields |= {"presence": "wrap_up", "wrap_up_until": now + dice.randint(5, 20), "presence_since": now - 5}
    elif state == "not_ready":
        rest, passed = dice.choice([("break", 1300), ("meal", 900), ("training", 3700), ("break", 200)])
        fields |= {"presence": "not_ready", "reason": rest, "presence_since": now - passed}
    elif state == "ready":
        fields |= {"presence_since": now - dice.randint(2, 300)}
    else:
        fields |= {"activity": state, **call}
        if state == "ringing":
            fields["since"] = now - dice.randint(1, 9)
    return dict(fakes.seat(number), **fields)


def busy_hall(fakes: Any, large: bool) -> Any:
    """The same hall each time: the dice are loaded."""
    dice = random.Random(12345)
    names, weights = zip(*STATES, strict=True)
    seats = []
    for number, (room, x, y) in enumerate(places(large), start=1):
        seat = busy_seat(fakes, dice, number, dice.choices(names, weights)[0])
        seats.append({**seat, "room": room, "x": x, "y": y})
    waits = {"hotline": [19, 11, 4], "market": [10], "legal": [3]}
    queues = [
        fakes.queue(
            key, name=name, name_en=english, ready=2 + i, talking=max(1, 12 - 3 * i), signed_in=0 if i == 5 else 18 - i,
            answered_today=1912 // (i + 1), lost_today=14 // (i + 1),
            waiting=[
                {
                    "call_id": f"{i}.{n}", "position": n + 1, "since": time.time() - wait,
                    "caller": f"139****{dice.randint(0, 9999):04d}", "entry_number": "12345",
                }
                for n, wait in enumerate(waits.get(key, []))
            ],
        )
        for i, (key, name, english) in enumerate(QUEUES)
    ]  # fmt: skip
    return fakes.hall(seats, queues)


async def log_in(page: Page, site: Any, password: str, login: str = "lead") -> list[str]:
    """Through the log-in page to the map; returns the list that collects the page's errors."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    await keep_toasts(page)
    await page.goto(f"http://127.0.0.1:{site.port}/seats")
    await expect(page).to_have_url(re.compile(r"/login\?next=/seats$"))
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", password)
    await page.click("button.main")
    await expect(page).to_have_url(re.compile("/seats$"))
    await page.wait_for_selector(".seat")
    return errors


async def fits(page: Page) -> bool:
    """True when nothing of the floor is cut off and the page does not scroll."""
    return bool(
        await page.evaluate(
            "() => { const f = document.getElementById('floor'), d = document.documentElement;"
            "return f.scrollWidth <= f.clientWidth && f.scrollHeight <= f.clientHeight"
            " && d.scrollHeight <= innerHeight && d.scrollWidth <= innerWidth; }"
        )
    )


async def shoot(page: Page, name: str) -> None:
    folder = os.environ.get("GATEWAY_SHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")


Answer = tuple[int, dict[str, Any]]


class Orders:
    """Takes the orders of the page: notes each as (method, path, body), answers 202, and lets the hall carry it out.
    ``refuse`` is (status, words) for the next one; what ``ignores`` names is taken and never carried out."""

    def __init__(self, hall: Any, lead: dict[str, str]) -> None:
        self.hall, self.lead = hall, lead
        self.asked: list[tuple[str, str, Any]] = []
        self.refuse: tuple[int, str] | None = None
        self.ignores = ""
        self.reads: dict[str, Any] = {}
        self._acts: list[tuple[str, Callable[..., dict[str, Any] | None]]] = [
            (r"POST /api/v1/seats/messages", self._message),
            (r"POST /api/v1/seats/(\w+)/monitor", self._monitor),
            (r"DELETE /api/v1/seats/(\w+)/monitor", self._leave),
            (r"POST /api/v1/seats/(\w+)/take-over", self._take_over),
            (r"POST /api/v1/seats/(\w+)/hang-up", self._hang_up),
            (r"POST /api/v1/calls/([\d.]+)/pick-up", self._pick_up),
            (r"POST /api/v1/calls/([\d.]+)/move", self._move),
            (r"POST /api/v1/queues/(\w+)/close", self._close),
            (r"POST /api/v1/queues/(\w+)/open", self._open),
            (r"POST /api/v1/broadcasts", self._broadcast),
            (r"POST /api/v1/queues/(\w+)/standby", lambda body, queue: {}),
            (r"POST /api/v1/alarms/(\w+)/(acknowledge|snooze|escalate)", self._alarm),
        ]

    async def attach(self, page: Page) -> None:
        for pattern in ("seats/*/monitor", "seats/*/take-over", "seats/*/hang-up", "seats/messages", "calls/**",
                        "queues/*/*", "broadcasts", "alarms/**", "roster/**", "whatif*"):  # fmt: skip
            await page.route(f"**/api/v1/{pattern}", self._answer)

    async def _answer(self, route: Route) -> None:
        path = route.request.url.split("/", 3)[3].partition("?")[0]
        method = route.request.method
        if method == "GET":
            found = self.reads.get(f"/{path}")
            status, answer = (404, {"detail": "没有这个地址"}) if found is None else (200, found)
        else:
            status, answer = self._take(method, f"/{path}", json.loads(route.request.post_data or "{}"))
        await route.fulfill(status=status, content_type="application/json", body=json.dumps(answer))

    def _take(self, method: str, path: str, body: Any) -> Answer:
        self.asked.append((method, path, body))
        if self.refuse is not None:
            (status, words), self.refuse = self.refuse, None
            return status, {"status": status, "detail": words}
        for pattern, act in self._acts:
            found = re.fullmatch(pattern, f"{method} {path}")
            if found:
                return 202, ({} if self.ignores in path and self.ignores else act(body, *found.groups())) or {}
        return 404, {"detail": "没有这个地址"}

    def _monitor(self, body: Any, seat: str) -> None:
        self.hall.change(seat, monitored_by=[{**self.lead, "mode": body["mode"], "seat": body["by"] or ""}])

    def _leave(self, body: Any, seat: str) -> None:
        self.hall.change(seat, monitored_by=[])

    def _take_over(self, body: Any, seat: str) -> None:
        self.hall.change(seat, activity="idle", call_id=None, caller=None, monitored_by=[])

    def _hang_up(self, body: Any, seat: str) -> None:
        self.hall.change(seat, activity="idle", call_id=None, caller=None)

    def _message(self, body: Any) -> dict[str, Any]:
        return {"ids": ["m"] * len(body["seats"] or self.hall.seats())}

    def _waiting(self, call: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return next((q, one) for q in self.hall.queues() for one in q["waiting"] if one["call_id"] == call)

    def _gone(self, call: str) -> dict[str, Any]:
        queue, caller = self._waiting(call)
        left = [one for one in queue["waiting"] if one is not caller]
        self.hall.change_queue(queue["id"], waiting=[{**one, "position": n} for n, one in enumerate(left, 1)])
        return caller

    def _pick_up(self, body: Any, call: str) -> None:
        caller = self._gone(call)
        seat = self.hall.seat_of(self.lead["agent"])
        self.hall.change(seat, activity="ringing", call_id=call, caller=caller["caller"], since=time.time())

    def _move(self, body: Any, call: str) -> None:
        caller = self._gone(call)
        queue = next(one for one in self.hall.queues() if one["id"] == body["queue"])
        callers = [caller, *queue["waiting"]] if body["position"] == "front" else [*queue["waiting"], caller]
        self.hall.change_queue(queue["id"], waiting=[{**one, "position": n} for n, one in enumerate(callers, 1)])

    def _close(self, body: Any, queue: str) -> None:
        self.hall.change_queue(queue, open=False, closed_why=body["why"])

    def _open(self, body: Any, queue: str) -> None:
        self.hall.change_queue(queue, open=True, closed_why="")

    def _broadcast(self, body: Any) -> None:
        for queue in body["queues"] or [one["id"] for one in self.hall.queues()]:
            heard = {"id": "b1", "text": body.get("text", ""), "sound": body.get("sound", ""), "until": body["until"]}
            self.hall.change_queue(queue, broadcast=heard)

    def _alarm(self, body: Any, alarm: str, act: str) -> None:
        found = next(one for one in self.hall.beside["alarms"] if one["id"] == alarm)
        if act == "escalate":
            return
        state = {"acknowledge": "acknowledged", "snooze": "snoozed"}[act]
        until = time.time() + 60 * body["minutes"] if act == "snooze" else None
        found.update(state=state, by=self.lead["name"], until=until)
        self.hall.tell("alarms", found)


def alarm(key: str, level: int, title: str, text: str, subject: str, ago: float, **fields: Any) -> dict[str, Any]:
    """One alarm as the live stream shows it, ``ago`` seconds old."""
    now = time.time()
    made = {
        "id": key, "rule": key, "level": level, "title": title, "title_en": key, "text": text, "text_en": "",
        "subject": subject, "since": now - ago, "seen_at": now, "count": 1, "state": "open", "by": "", "until": None,
    }  # fmt: skip
    return {**made, **fields}


def alarms() -> list[dict[str, Any]]:
    """What is wrong on this day."""
    return [
        alarm("waited", 1, "等候超过 15 秒", "市民热线有 3 人等候，最长 21 秒", "queue:hotline", 8, count=3),
        alarm("rate", 2, "24 小时接通率低于 95 %", "现为 93.8 %，差 41 通", "hall", 1900),
        alarm("offline", 2, "座席话机离线", "A022 的话机不能呼叫", "seat:A022", 77),
        alarm("urgent", 1, "紧急工单临近 30 分钟", "工单 460000-20261122-0000412 已受理 26 分钟", "ticket:412", 1560),
        alarm("hot", 3, "热点上升：路灯不亮", "美兰区一小时 14 件，平时 2 件", "topic:0402", 640, count=14),
        alarm("partner", 2, "联动单位连续未接", "12366 连续 4 次未接通", "partner:12366", 300, state="acknowledged",
              by="陈班长", count=4),
    ]  # fmt: skip


LEAD = {"agent": "8100", "name": "陈班长"}


def seat_the_lead(hall: Any, seat: str = "A008") -> None:
    """The lead signs in at a seat: from there calls can be listened to and answered."""
    hall._seats[seat].update(
        presence="ready", activity="idle", agent=LEAD["agent"], agent_name=LEAD["name"], reachable=True,
        presence_since=time.time() - 600,
    )  # fmt: skip
