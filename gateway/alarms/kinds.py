"""What can be watched: each kind with its words, its unit, which side is the worse one, and what it takes of a rule.

A rule of config/alarms.toml names a kind (``watch``); what the rule does not say is here. Sources of the figures:
GB/T 33358-2016 (15 s, 95 % over any 24 h, 3 min, 24 h), practice of Haikou and Baoji (30 min, 10 min), the rest ours.
Texts are templates; their names are filled with a reading's words (``gateway.alarms.words``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Watch = Literal[
    "waited", "unstaffed", "short", "lost", "connection_rate", "answer_rate", "first_response", "urgent", "not_sent",
    "hot_topic", "repeat_caller", "rest", "no_answer", "phone", "partner", "trunk", "link", "disk",
    "recordings", "clock", "clock_sync", "followers", "ledger", "notice",
]  # fmt: skip

Unit = Literal["s", "share", "count", "log10", "yes"]
"""``share`` of 1; ``log10``: 3 means that chance gives it once in a thousand; ``yes``: 1 while it is so."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``takes`` are the keys of a rule that mean something here besides those that all have. ``raise_at`` None: each
    subject has a limit of its own (a queue's promise, a reason's longest rest). ``fast``: looked at each second.
    ``shared``: of what all gateways on one ledger share, so that one of them looks."""

    zh: str
    en: str
    text: str
    text_en: str
    unit: Unit
    raise_at: float | None
    explained: str
    explained_en: str
    clear_at: float | None = None
    worse: Literal["above", "below"] = "above"
    for_s: float = 0.0
    clear_s: float = 0.0
    takes: frozenset[str] = frozenset()
    fast: bool = False
    shared: bool = False


KINDS: Mapping[Watch, Kind] = MappingProxyType(
    {
        "waited": Kind(
            "等候超时",
            "Waiting too long",
            "{name}：{n} 人等候超过 {limit} 秒，最长 {value} 秒；空闲座席 {ready} 个",
            "{name_en}: {n} waiting longer than {limit} s, the longest {value} s; {ready} seats ready",
            "s",
            None,
            "队列中等候最久的来电人",
            "the caller who has waited longest in a queue",
            clear_s=5.0,
            takes=frozenset({"queues"}),
            fast=True,
        ),
        "unstaffed": Kind(
            "有人等候无座席",
            "Callers and no seat",
            "{name}：{waiting} 人等候，没有座席签入",
            "{name_en}: {waiting} waiting and no seat is signed in",
            "count",
            1.0,
            "有来电人等候而没有座席签入的队列",
            "a queue with callers and without a seat",
            for_s=3.0,
            clear_s=5.0,
            takes=frozenset({"queues"}),
            fast=True,
        ),
        "short": Kind(
            "座席少于排班",
            "Fewer seats than planned",
            "{name}：比排班少 {value} 席（签入 {signed_in}）",
            "{name_en}: {value} seats short of the plan ({signed_in} signed in)",
            "count",
            1.0,
            "签入座席比排班少多少",
            "seats signed in, against the roster",
            for_s=120.0,
            clear_s=30.0,
            takes=frozenset({"queues"}),
            fast=True,
        ),
        "lost": Kind(
            "呼损",
            "Lost calls",
            "{name}：近 {window} 呼损 {value} 个",
            "{name_en}: {value} calls lost in {window_en}",
            "count",
            1.0,
            "一段时间内的呼损",
            "calls lost within a time",
            takes=frozenset({"queues", "window_s"}),
            shared=True,
        ),
        "connection_rate": Kind(
            "接通率低于目标",
            "Connection rate too low",
            "近 {window} 接通率 {percent}%（{answered}/{requests}），低于 {limit_percent}%",
            "{percent} % answered in {window_en} ({answered} of {requests}), below {limit_percent} %",
            "share",
            0.95,
            "接通率 = 接通 / 人工请求（GB/T 33358：任意连续 24 小时 ≥ 95%）",
            "answered / requests for a person",
            clear_at=0.955,
            worse="below",
            takes=frozenset({"queues", "window_s", "least"}),
            shared=True,
        ),
        "answer_rate": Kind(
            "15 秒接听率低于目标",
            "Rate within 15 s too low",
            "近 {window} {within} 秒接听率 {percent}%（{answered}/{requests}），低于 {limit_percent}%",
            "{percent} % answered within {within} s in {window_en} ({answered} of {requests}), below {limit_percent} %",
            "share",
            0.90,
            "15 秒内接通 / 人工请求",
            "answered within 15 s / requests for a person",
            clear_at=0.92,
            worse="below",
            takes=frozenset({"queues", "window_s", "least", "within_s"}),
            shared=True,
        ),
        "first_response": Kind(
            "首次响应超时",
            "First response late",
            "{n} 件文字诉求未在 {limit_words} 内响应，最久 {value_words}（{first}）",
            "{n} written requests without an answer after {limit_words_en}, the oldest {value_words_en} ({first})",
            "s",
            180.0,
            "尚无人工答复的文字诉求中最早一件的时长",
            "age of the oldest written request that nobody has answered",
            takes=frozenset({"channels", "days"}),
            shared=True,
        ),
        "urgent": Kind(
            "紧急工单将超时",
            "Urgent case near its limit",
            "{n} 件紧急诉求已 {value_words} 未处置，时限 {within_words}（{first}）",
            "{n} urgent cases waiting, the oldest {value_words_en} of {within_words_en} ({first})",
            "s",
            1500.0,
            "紧急、特急工单受理后未转出的时长",
            "age of urgent tickets that have not been sent on",
            takes=frozenset({"days"}),
            shared=True,
        ),
        "not_sent": Kind(
            "工单未及时转办",
            "Ticket not sent on",
            "{n} 件工单超过 {limit_words} 未转办，最久 {value_words}（{first}）",
            "{n} tickets not sent on after {limit_words_en}, the oldest {value_words_en} ({first})",
            "s",
            600.0,
            "通话结束后未转出的工单的时长",
            "time since the call of a ticket that has not been sent on",
            takes=frozenset({"channels", "days"}),
            shared=True,
        ),
        "hot_topic": Kind(
            "热点上升",
            "Topic rising",
            "近 {window} “{name}”诉求 {n} 件；此前 {days} 天同时段平均 {mean} 件、最多 {most} 件，"
            "偶然出现的概率约 {chance}",
            "“{name_en}”: {n} requests in {window_en}; the same hours of {days} days before had {mean} on average, "
            "{most} at most; by chance about {chance}",
            "log10",
            3.0,
            "同类别或同地点的诉求数与前几天同时段相比",
            "requests of a category or place against the same hours before",
            clear_at=2.0,
            takes=frozenset({"window_s", "least", "days", "of"}),
            shared=True,
        ),
        "repeat_caller": Kind(
            "重复来电",
            "Repeat caller",
            "{caller} 近 {window} 来电 {value} 次",
            "{caller} has called {value} times in {window_en}",
            "count",
            4.0,
            "同一号码一段时间内的来电次数",
            "calls of one number within a time",
            takes=frozenset({"window_s"}),
            shared=True,
        ),
        "rest": Kind(
            "小休超时",
            "Rest too long",
            "座席 {seat} {agent} {reason} {value_words}，规定 {limit_words}",
            "seat {seat} {agent}: {reason_en} for {value_words_en}, allowed {limit_words_en}",
            "s",
            None,
            "示忙时长超过该原因的上限",
            "not ready for longer than the reason allows",
            clear_s=3.0,
            takes=frozenset({"reasons"}),
            fast=True,
        ),
        "no_answer": Kind(
            "座席不接听",
            "Seat does not answer",
            "座席 {seat} {agent} 连续未接听，系统已强制示忙",
            "seat {seat} {agent} did not answer and was taken out",
            "yes",
            1.0,
            "因连续未接听被系统强制示忙的座席",
            "seats that the system took out for not answering",
            fast=True,
        ),
        "phone": Kind(
            "话机离线",
            "Telephone offline",
            "座席 {seat} {agent} 已签入，话机（{device}）离线",
            "seat {seat} {agent} is signed in, its telephone ({device_en}) is offline",
            "yes",
            1.0,
            "已签入座席的话机不可达",
            "the telephone of a seat that is signed in cannot be called",
            for_s=10.0,
            clear_s=10.0,
            fast=True,
        ),
        "partner": Kind(
            "联动单位线路故障",
            "Partner failing",
            "{partner} 线路故障：连续 {failures} 次未接通",
            "{partner_en}: the line fails, {failures} times one after another",
            "yes",
            1.0,
            "转接连续失败的联动单位",
            "partners whose line does not get through",
            shared=True,
        ),
        "trunk": Kind(
            "中继中断",
            "Trunk down",
            "中继 {trunk} 对 SIP OPTIONS 无应答，来电可能无法进入",
            "the trunk {trunk} does not answer SIP OPTIONS: calls may not come in",
            "yes",
            1.0,
            "运营商中继无应答",
            "the carrier's trunk does not answer",
            for_s=5.0,
            clear_s=30.0,
            fast=True,
        ),
        "link": Kind(
            "与 Asterisk 的连接中断",
            "Link to Asterisk down",
            "网关看不到话务，来电仍由 Asterisk 静态排队接入",
            "the gateway is blind; calls go on in Asterisk's static queue",
            "yes",
            1.0,
            "网关与 Asterisk 的连接",
            "the link to Asterisk",
            for_s=10.0,
            clear_s=5.0,
            fast=True,
        ),
        "disk": Kind(
            "磁盘空间不足",
            "Disk nearly full",
            "{path} 剩余 {percent}%（{free}）",
            "{path} has {percent} % left ({free})",
            "share",
            0.10,
            "磁盘或 inode 的剩余比例",
            "what is left of a disk, in bytes or inodes",
            clear_at=0.12,
            worse="below",
            for_s=60.0,
            takes=frozenset({"paths"}),
        ),
        "recordings": Kind(
            "录音空间不足",
            "Room for recordings",
            "录音已用 {used}，为预算 {budget} 的 {percent}%；磁盘剩余 {free}，按近两周用量还够 {days}",
            "recordings use {used}, {percent} % of their budget of {budget}; the disk has {free} left, at the pace of "
            "two weeks enough for {days_en}",
            "share",
            None,
            "录音占其磁盘预算的比例",
            "the share of their disk budget that recordings use",
            clear_s=7200.0,
        ),
        "clock": Kind(
            "时钟偏差",
            "Clocks differ",
            "与{whose}的时钟相差 {value} 秒",
            "the clock differs by {value} s from that of {whose_en}",
            "s",
            2.0,
            "与 Asterisk、数据库的时钟差",
            "our clock against those of Asterisk and the database",
            clear_at=1.0,
            for_s=60.0,
            clear_s=60.0,
        ),
        "clock_sync": Kind(
            "时钟未同步",
            "Clock not synchronised",
            "本机时钟未与 NTP 同步",
            "this machine's clock is not kept by NTP",
            "yes",
            1.0,
            "本机时钟的 NTP 同步状态",
            "whether NTP keeps this machine's clock",
            for_s=600.0,
            clear_s=60.0,
        ),
        "followers": Kind(
            "订阅方滞后",
            "Follower behind",
            "{follower} 落后 {value} 个事件{failing}",
            "{follower} is {value} events behind{failing_en}",
            "count",
            1000.0,
            "订阅方尚未取走的事件数",
            "events that a follower has not taken",
            clear_at=100.0,
            for_s=60.0,
            shared=True,
        ),
        "ledger": Kind(
            "账本不可用",
            "Ledger away",
            "数据库无法读写：{why}",
            "the database cannot be read: {why}",
            "yes",
            1.0,
            "数据库可否读写",
            "whether the database answers",
        ),
        "notice": Kind(
            "告警通知未送达",
            "Alarm not delivered",
            "给 {to} 的告警通知（{channel}）未送达：{why}",
            "the notice to {to} ({channel}) did not arrive: {why}",
            "yes",
            1.0,
            "发不出去的告警通知",
            "notices about alarms that did not arrive",
        ),
    }
)
