"""What a wall has to show in tests: a hall in the middle of a busy day, its figures, partners and alarms; and a
screen's token."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.kpi.live import LiveView
from gateway.kpi.ports import CallFilter
from gateway.kpi.reports import By, Group, Report, Wanted
from gateway.model.ids import AgentId
from gateway.model.records import Account, CallRecord
from gateway.tickets.config import AreaConfig
from gateway.web.desk_means import DeskMeans
from gateway.web.sessions import new_token

AREAS = {
    "460100": "海口市",
    "460200": "三亚市",
    "460400": "儋州市",
    "469001": "五指山市",
    "469002": "琼海市",
    "469005": "文昌市",
    "469006": "万宁市",
    "469007": "东方市",
    "469021": "定安县",
    "469022": "屯昌县",
    "469023": "澄迈县",
    "469024": "临高县",
    "469025": "白沙黎族自治县",
    "469026": "昌江黎族自治县",
    "469027": "乐东黎族自治县",
    "469028": "陵水黎族自治县",
    "469029": "保亭黎族苗族自治县",
    "469030": "琼中黎族苗族自治县",
    "460300": "三沙市",
    "460000": "省本级",
}
CATEGORIES = {
    "0101": "噪声扰民",
    "0201": "物业管理",
    "0301": "供水供电",
    "0401": "道路交通",
    "0501": "劳动保障",
    "0601": "医保社保",
}
CHANNELS = {
    "phone": 9_812,
    "wechat": 1_204,
    "sms": 388,
    "web": 246,
    "app": 181,
    "email": 97,
    "weibo": 23,
    "partner": 61,
}
NAMES = {
    "phone": "电话",
    "wechat": "微信",
    "sms": "短信",
    "web": "网站",
    "app": "APP",
    "email": "邮件",
    "weibo": "微博",
    "partner": "联动单位",
}

PARTNERS = [
    ("110", "公安报警", "free"),
    ("119", "消防救援", "busy"),
    ("120", "医疗急救", "free"),
    ("122", "交通事故", "free"),
    ("12395", "水上遇险", "free"),
    ("961017", "扶贫专线", "closed"),
    ("12315", "市场监管", "free"),
    ("12333", "人社服务", "failing"),
    ("12329", "公积金", "free"),
    ("12328", "交通运输", "free"),
    ("12348", "法律服务", "free"),
    ("12366", "税务服务", "busy"),
    ("12360", "海关服务", "free"),
    ("12305", "邮政监管", "free"),
    ("12367", "移民管理", "free"),
    ("95598", "南方电网", "free"),
    ("12388", "纪检举报", "readout"),
]


class Book:
    """A FigureBook of one moment; ``fails`` is the ledger being away."""

    def __init__(self) -> None:
        self.fails: OSError | None = None
        self.asked: list[Wanted] = []
        self.rate = 0.9631

    async def report(self, wanted: Wanted) -> Report:
        self.asked.append(wanted)
        if self.fails:
            raise self.fails
        names = AREAS if wanted.by == "area" else CATEGORIES
        groups = [
            Group(key, {"tickets": max(0, 2_400 - 290 * place + place * place * 9)}) for place, key in enumerate(names)
        ]
        return Report(
            int(wanted.since), int(wanted.until), wanted.by, {}, [*groups, Group("", {"tickets": 5})], None, time.time()
        )

    async def calls(self, asked: CallFilter) -> Sequence[CallRecord]:
        return ()

    def live(self) -> LiveView:
        figures: dict[str, int | float | None] = {
            "requests": 10_412,
            "answered": 10_027,
            "lost": 385,
            "connection_rate": self.rate,
            "rate_15s": 0.911,
            "tickets": 12_012,
            "first_response_in_time": 0.874,
            "wait_mean": 9.2,
        }
        channels: dict[str, dict[str, int | float | None]] = {
            key: {
                "tickets": count,
                "first_response_in_time": None if key in ("phone", "partner") else 0.99 - count / 9_000,
            }
            for key, count in CHANNELS.items()
        }
        hours: list[dict[str, int | float | str | None]] = [
            {
                "since": hour * 3600,
                "name": f"{hour:02d}:00",
                "requests": 40 + hour * 30 if hour < 17 else 0,
                "connection_rate": 0.985 - 0.006 * abs(hour - 4) if hour < 17 else None,
                "rate_15s": 0.93 if hour < 17 else None,
            }
            for hour in range(24)
        ]
        return LiveView(time.time(), 0, figures, {}, channels, hours, self.rate, 0.9274)

    def names(self, by: By) -> Mapping[str, str]:
        return CATEGORIES if by == "category" else NAMES if by == "channel" else {}


def partner(number: str, name: str, state: str) -> dict[str, Any]:
    return {"number": number, "name": name, "name_en": "", "state": state, "reason": "", "numbers": ["13812345678"]}


def alarm(number: int, level: int, subject: str, title: str, text: str, since_s: float, **more: Any) -> dict[str, Any]:
    now = time.time()
    return {
        "id": f"a{number}",
        "rule": "r",
        "level": level,
        "title": title,
        "title_en": "Alarm",
        "text": text,
        "text_en": text,
        "subject": subject,
        "since": now - since_s,
        "seen_at": now,
        "count": 1,
        "state": "open",
        "by": "",
        "until": None,
        **more,
    }


def topic(of: str, name: str, n: int, *before: int) -> dict[str, Any]:
    """As ``AlarmView.topic``."""
    return {
        "of": of, "name": name, "name_en": name, "n": n, "window_s": 3600.0, "before": list(before),
        "mean": round(sum(before) / len(before), 1), "most": max(before),
    }  # fmt: skip


def alarms() -> list[dict[str, Any]]:
    return [
        alarm(1, 1, "queue:hotline", "来电等候超过 15 秒", "市民热线 3 人等候，最久 19 秒", 19.0, count=3),
        alarm(2, 1, "hotline:all", "24 小时接通率低于 95 %", "近 24 小时接通率 94.2 %", 1_260.0),
        alarm(3, 2, "partner:12333", "联动单位连续接不通", "人社服务连续 4 次未接通", 420.0, state="acknowledged"),
        alarm(
            4, 2, "category:0101", "热点诉求上升", "近 1 小时 “噪声扰民”诉求 46 件；此前 7 天同时段平均 11.3 件", 600.0,
            topic=topic("category", "噪声扰民", 46, 12, 9, 11, 14, 8, 13, 12),
        ),
        alarm(5, 3, "seat:A012", "小休超时", "王小芳小休 22 分钟", 120.0),
        alarm(
            6, 2, "place:龙昆南路", "热点地点", "近 2 小时 “龙昆南路”诉求 17 件；此前 7 天同时段平均 2.1 件", 900.0,
            topic=topic("place", "龙昆南路", 17, 2, 3, 1, 2, 2, 3, 2),
        ),
    ]  # fmt: skip


def waiting(number: int, seconds: float) -> dict[str, Any]:
    return {
        "call_id": f"1.{number}",
        "position": number,
        "since": time.time() - seconds,
        "caller": "138****5678",
        "entry_number": "12345",
        "language": "",
        "expected_s": None,
    }


def busy_hall(fakes: Any) -> Any:
    """30 seats and six queues in which some wait."""
    states = ["talking"] * 14 + ["idle"] * 8 + ["ringing"] * 2 + ["idle"] * 6
    seats = []
    for number, activity in enumerate(states, 1):
        presence = "not_ready" if number in (15, 16) else "wrap_up" if number in (17, 18) else "ready"
        presence = "signed_out" if number > 26 else presence
        seats.append(
            {**fakes.seat(number), "activity": activity, "presence": presence, "agent_name": "王小芳", "agent": "8001"}
        )
    waits = {"hotline": [19.0, 11.0, 4.0], "market": [9.5], "legal": [3.0]}
    names = [
        ("hotline", "市民热线"),
        ("market", "市场监管"),
        ("labour", "人力社保"),
        ("fund", "公积金"),
        ("legal", "法律服务"),
        ("en", "外语服务"),
    ]
    queues = [
        fakes.queue(
            key,
            name=name,
            waiting=[waiting(n, one) for n, one in enumerate(waits.get(key, []), 1)],
            signed_in=20,
            expected_s=47.0,
        )
        for key, name in names
    ]
    hall = fakes.hall(seats, queues)
    hall.beside = {"partners": [partner(*one) for one in PARTNERS], "alarms": alarms(), "transfers": []}
    return hall


def services(book: Book | None = None, **more: Any) -> dict[str, Any]:
    """For ``open_site(more=...)``."""
    areas = tuple(AreaConfig(code=code, name=name) for code, name in AREAS.items())
    means = DeskMeans(areas=areas)
    return {"figures": book or Book(), "desk": lambda: means, **more}


def screen(site: Any, role: str = "wall") -> str:
    """An account of a screen; returns its token."""
    token, hashed = new_token()
    account = Account("wall1", "大厅东墙", role, AgentId(""))  # type: ignore[arg-type]
    site.ledger.rows.accounts["wall1"] = (account, "")
    site.ledger.rows.tokens[hashed] = "wall1"
    return token
