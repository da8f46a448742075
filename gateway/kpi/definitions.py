"""The figures by name: id, words, unit, formula, source, group and which way is better; what a page shows on hover.

``values`` makes them of sums. A figure is None in a view where it has no meaning: nobody is lost in a category, agents'
time belongs to no queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.kpi import formulas
from gateway.kpi.formulas import Tally
from gateway.kpi.sums import AT, Sums

Unit = Literal["count", "share", "s", "score"]
Kind = Literal["calls", "handling", "tickets", "transfers", "time"]
Value = int | float | None

_LAW = "GB/T 33358-2016"
_OWN = "domain.md"
_PRACTICE = "各地热线通行做法 practice"


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure. ``of`` is what it is made of; ``group`` where a page shows it; ``better`` "" where neither is."""

    id: str
    name: str
    name_en: str
    unit: Unit
    formula: str
    formula_en: str
    source: str
    group: str
    better: Literal["up", "down", ""]
    of: Kind
    compute: Callable[[Tally], Value]


def _field(name: str) -> Callable[[Tally], Value]:
    return lambda of: of[name]


def _seconds(name: str) -> Callable[[Tally], Value]:
    return lambda of: round(of[name] / 1000, 3)


DEFINITIONS: tuple[Definition, ...] = (
    Definition("requests", "人工请求", "Requests", "count",
               "R = 进入队列请求人工且已有结果(接通或呼损)的来电；按来电时刻归入时段",
               "R = callers who entered a queue and were answered or lost; counted where the call began",
               _OWN, "answering", "", "calls", formulas.requests),
    Definition("answered", "接通", "Answered", "count",
               "A = 人工接听且通话时长 > 0 的请求", "A = requests answered with talk > 0",
               _OWN, "answering", "up", "calls", formulas.answered),
    Definition("connection_rate", "接通率", "Connection rate", "share",
               "A ÷ R；任意连续 24 小时应 ≥ 95%", "A / R; at least 95 % over any continuous 24 h",
               _LAW, "answering", "up", "calls", formulas.connection_rate),
    Definition("rate_15s", "15 秒接通率(按请求)", "15 s rate by requests", "share",
               "进入队列 15 秒内接听的请求 ÷ R", "answered within 15 s of entering the queue / R",
               _LAW, "answering", "up", "calls", formulas.rate_15s),
    Definition("rate_15s_answered", "15 秒接通率(按接通)", "15 s rate by answered", "share",
               "进入队列 15 秒内接听的请求 ÷ A", "answered within 15 s of entering the queue / A",
               _PRACTICE, "answering", "up", "calls", formulas.rate_15s_answered),
    Definition("lost", "呼损", "Lost", "count", "R − A，等于下列各原因之和", "R - A: the sum of the causes below",
               _OWN, "lost", "down", "calls", formulas.lost),
    Definition("lost_rate", "呼损率", "Lost rate", "share", "(R − A) ÷ R", "(R - A) / R",
               _OWN, "lost", "down", "calls", formulas.lost_rate),
    Definition("lost_queue", "排队中放弃", "Abandoned in the queue", "count",
               "在队列等待、无座席振铃时挂机", "hung up while waiting, with no seat ringing",
               _OWN, "lost", "down", "calls", _field("lost_queue")),
    Definition("lost_ringing", "振铃中放弃", "Abandoned while ringing", "count",
               "座席正在振铃时挂机", "hung up while a seat was ringing",
               _OWN, "lost", "down", "calls", _field("lost_ringing")),
    Definition("lost_no_answer", "座席未接", "No answer", "count",
               "振铃而无人接听", "seats rang and nobody answered",
               _OWN, "lost", "down", "calls", _field("lost_no_answer")),
    Definition("lost_full", "队列已满", "Queue full", "count",
               "队列已满未能进入", "turned away because the queue was full",
               _OWN, "lost", "down", "calls", _field("lost_full")),
    Definition("lost_no_seat", "无座席", "No seat", "count",
               "没有座席签入而不能等待", "no seat was signed in",
               _OWN, "lost", "down", "calls", _field("lost_no_seat")),
    Definition("lost_timeout", "排队超时", "Timed out", "count",
               "等待超过队列上限", "waited longer than the queue allows",
               _OWN, "lost", "down", "calls", _field("lost_timeout")),
    Definition("lost_system", "系统原因", "System", "count",
               "线路或系统故障；或接通后无通话", "the line or the system failed, or nobody spoke after the answer",
               _OWN, "lost", "down", "calls", _field("lost_system")),
    Definition("lost_unseen", "结束未见", "Ended unseen", "count",
               "网关离线期间结束且日志中无记录", "ended while the gateway was away and no log tells how",
               _OWN, "lost", "down", "calls", _field("lost_unseen")),
    Definition("short_abandoned", "5 秒内放弃", "Abandoned within 5 s", "count",
               "进入队列后不足 5 秒放弃，单列，仍计入呼损", "gave up within 5 s; shown apart, still among the lost",
               _OWN, "lost", "", "calls", _field("short_abandoned")),
    Definition("wait_mean_all", "平均等待(全部)", "Mean wait of all", "s",
               "全部请求的等待时长之和 ÷ R；自进入队列起算", "waits of all requests / R, from entering the queue",
               _OWN, "waiting", "down", "calls", formulas.wait_mean_all),
    Definition("wait_p95_all", "95% 等待(全部)", "p95 wait of all", "s",
               "95% 的请求等待不超过的时长；误差 < 0.1 秒(100 秒以上 ≤ 1%)",
               "the wait that 95 % of all did not exceed; exact to 0.1 s, above 100 s to 1 %",
               _OWN, "waiting", "down", "calls", formulas.wait_p95_all),
    Definition("wait_mean", "平均等待(接通)", "Mean wait of answered", "s",
               "接通者的等待时长之和 ÷ A", "waits of the answered / A",
               _OWN, "waiting", "down", "calls", formulas.wait_mean),
    Definition("wait_p95", "95% 等待(接通)", "p95 wait of answered", "s",
               "95% 的接通者等待不超过的时长；误差同上",
               "the wait that 95 % of the answered did not exceed; exact as above",
               _OWN, "waiting", "down", "calls", formulas.wait_p95),
    Definition("handled", "已处理通话", "Handled", "count",
               "已接通且已结束的通话", "calls answered and over",
               _OWN, "handling", "", "handling", _field("handled")),
    Definition("talk_mean", "平均通话", "Mean talk", "s",
               "通话时长(不含保持) ÷ 已处理通话", "talk without hold / calls handled",
               _OWN, "handling", "", "handling", formulas.talk_mean),
    Definition("hold_mean", "平均保持", "Mean hold", "s", "保持时长 ÷ 已处理通话", "hold / calls handled",
               _OWN, "handling", "down", "handling", formulas.hold_mean),
    Definition("wrap_mean", "平均话后", "Mean wrap-up", "s", "话后处理时长 ÷ 已处理通话", "wrap-up / calls handled",
               _OWN, "handling", "down", "handling", formulas.wrap_mean),
    Definition("handling_mean", "平均处理时长", "Mean handling time", "s",
               "(通话 + 保持 + 话后) ÷ 已处理通话", "(talk + hold + wrap-up) / calls handled",
               _OWN, "handling", "down", "handling", formulas.handling_mean),
    Definition("talk_s", "通话合计", "Talk in all", "s", "通话时长之和", "sum of talk",
               _OWN, "handling", "", "handling", _seconds("talk_ms")),
    Definition("hold_s", "保持合计", "Hold in all", "s", "保持时长之和", "sum of hold",
               _OWN, "handling", "", "handling", _seconds("hold_ms")),
    Definition("wrap_s", "话后合计", "Wrap-up in all", "s", "话后处理时长之和", "sum of wrap-up",
               _OWN, "handling", "", "handling", _seconds("wrap_ms")),
    Definition("occupancy", "工时占用率", "Occupancy", "share",
               "(通话 + 保持 + 话后) ÷ (签入 − 小休)，含呼出",
               "(talk + hold + wrap-up) / (signed in - rest), calls out too",
               _OWN, "agents", "", "time", formulas.occupancy),
    Definition("utilisation", "工时利用率", "Utilisation", "share",
               "(通话含保持 + 振铃 + 话后 + 空闲) ÷ 签入", "(talk with hold + ring + wrap-up + idle) / signed in",
               _OWN, "agents", "up", "time", formulas.utilisation),
    Definition("signed_in_s", "签入时长", "Signed in", "s", "座席签入时长之和", "time that agents were signed in",
               _OWN, "agents", "", "time", _seconds("time_signed")),
    Definition("available_s", "可用时长", "Available", "s", "签入 − 小休", "signed in less rest",
               _OWN, "agents", "", "time", lambda of: round((of["time_signed"] - of["time_resting"]) / 1000, 3)),
    Definition("tickets", "工单", "Tickets", "count", "受理的工单，按受理时刻归入时段",
               "tickets, counted where received",
               _OWN, "tickets", "", "tickets", _field("tickets")),
    Definition("direct_rate", "直接解答率", "Direct answer rate", "share",
               "未转办即办结的工单 ÷ 工单", "tickets closed without being sent on / tickets",
               _PRACTICE, "tickets", "up", "tickets", formulas.direct_rate),
    Definition("sent_on_in_time", "10 分钟转办率", "Sent on in time", "share",
               "通话结束后 10 分钟内转办 ÷ (已转办 + 逾期未转)",
               "sent on within 10 min of the call's end / sent on or overdue",
               "海口、宝鸡 practice", "tickets", "up", "tickets", formulas.sent_on_in_time),
    Definition("first_response_mean", "平均首次响应", "Mean first response", "s",
               "文字渠道自收到至人工首次答复的时长之和 ÷ 已答复",
               "written channels: receipt to a person's first answer",
               _LAW, "tickets", "down", "tickets", formulas.first_response_mean),
    Definition("first_response_in_time", "首次响应及时率", "First response in time", "share",
               "限时内答复 ÷ (已答复 + 逾期未答)；短信等 3 分钟，邮箱 24 小时",
               "answered in time / answered or overdue; SMS and media 3 min, mailbox 24 h",
               _LAW, "tickets", "up", "tickets", formulas.first_response_in_time),
    Definition("satisfied_rate", "满意率", "Satisfied", "share", "评 4 分或 5 分 ÷ 已评价", "rated 4 or 5 / rated",
               _OWN, "tickets", "up", "tickets", formulas.satisfied_rate),
    Definition("rated_rate", "参评率", "Rated", "share", "已评价 ÷ 已邀请(工单办结即邀请)",
               "rated / invited: all whose ticket is closed",
               _OWN, "tickets", "up", "tickets", formulas.rated_rate),
    Definition("transfers", "转接", "Transfers", "count", "已结束的转接", "transfers that ended",
               _OWN, "transfers", "", "transfers", _field("transfers")),
    Definition("transfers_completed", "转接成功", "Transfers completed", "count", "结果为成功的转接",
               "of them completed",
               _OWN, "transfers", "up", "transfers", _field("transfers_completed")),
    Definition("transfers_completed_rate", "转接成功率", "Transfers completed, share", "share",
               "转接成功 ÷ 转接", "transfers completed / transfers",
               _OWN, "transfers", "up", "transfers", formulas.transfers_completed_rate),
    Definition("calls_in", "来电", "Calls in", "count", "全部来电(含自助与未进队列)",
               "all calls in, those who never asked for a person too",
               _OWN, "traffic", "", "calls", _field("calls_in")),
    Definition("self_service", "自助完成", "Self-service", "count", "在流程中自助完成的来电",
               "calls that a flow served",
               _OWN, "traffic", "", "calls", _field("self_service")),
    Definition("left_in_flow", "流程中挂机", "Left in the flow", "count", "请求人工之前挂机",
               "hung up before asking for a person",
               _OWN, "traffic", "", "calls", _field("left_in_flow")),
    Definition("out_calls", "呼出", "Calls out", "count", "座席呼出的通话", "calls that agents made",
               _OWN, "traffic", "", "calls", _field("out_calls")),
    Definition("out_answered", "呼出接通", "Calls out answered", "count", "呼出且对方接听", "of them answered",
               _OWN, "traffic", "", "calls", _field("out_answered")),
)  # fmt: skip

ALL: frozenset[Kind] = frozenset({"calls", "handling", "tickets", "transfers", "time"})
OF_QUEUES: frozenset[Kind] = ALL - {"time"}
OF_MATTERS: frozenset[Kind] = frozenset({"tickets", "handling"})
"""What an area or a category has: its tickets, and the calls that they were made of."""
OF_CHANNELS: frozenset[Kind] = frozenset({"calls", "handling", "tickets"})
OF_PARTNERS: frozenset[Kind] = frozenset({"transfers"})

_FROM_TICKETS = {"handled": "ticket_handled", "talk_ms": "ticket_talk_ms", "hold_ms": "ticket_hold_ms",
                 "wrap_ms": "ticket_wrap_ms"}  # fmt: skip


def values(sums: Mapping[int, int], kinds: frozenset[Kind] = ALL) -> dict[str, Value]:
    """Every figure by id. Of matters (an area, a category) the handling is that of the tickets' calls."""
    tally = Tally(_of_tickets(sums) if kinds == OF_MATTERS else sums)
    return {one.id: one.compute(tally) if one.of in kinds else None for one in DEFINITIONS}


def _of_tickets(sums: Mapping[int, int]) -> Sums:
    moved = dict(sums)
    for field, source in _FROM_TICKETS.items():
        moved[AT[field]] = sums.get(AT[source], 0)
    return moved
