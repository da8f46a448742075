"""The headline figures in sentences, as a leader reads them. Every number is one of the content; where one is not known
its sentence is left out. The lines of the law stand with their source.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.web.reports.content import Content
from gateway.web.reports.numbers import change, shown, unit_of

CONNECTION_LINE = 0.95
"""接通率 of any continuous 24 h (GB/T 33358-2016)."""
ANSWER_LINE_S = 15.0
"""Answer within 15 s (GB/T 33358-2016)."""
STANDARD = "GB/T 33358-2016"

LOST = {
    "lost_queue": "排队中放弃", "lost_ringing": "振铃中放弃", "lost_no_answer": "座席未接", "lost_full": "队列已满",
    "lost_no_seat": "无座席", "lost_timeout": "等待超时", "lost_system": "系统原因", "lost_unseen": "结束未见",
}  # fmt: skip


def sentences(content: Content) -> list[str]:
    """Paragraphs, the most important first."""
    when = content.period.title if content.complete else f"{content.period.title}（截至制作时）"
    if content.empty:
        return [f"{when}，没有人工请求、工单和转接的记录。"]
    paragraphs = [_calls(content, when), _waits(content), _lost(content), _tickets(content), _transfers(content)]
    return [one for one in paragraphs if one]


def _number(content: Content, figure: str) -> str:
    return shown(content.total.get(figure), unit_of(figure))


def _moved(content: Content, figure: str) -> str:
    """ ", 较前一日上升 0.8 个百分点", or nothing where there is nothing to compare with."""
    if not content.before.total.get("requests") and figure != "tickets":
        return ""
    found = change(figure, content.total.get(figure), content.before.total.get(figure))
    if found is None:
        return ""
    same = "" if content.complete else "同时段"
    with_ = "与" if found.word == "持平" else "较"
    return f"，{with_}{content.period.before_word}{same}{found.text}"


def _calls(content: Content, when: str) -> str:
    total = content.total
    if not total.get("requests"):
        return f"{when}，没有人工请求。"
    said = f"{when}，热线共受理人工请求 {_number(content, 'requests')} 次{_moved(content, 'requests')}；"
    said += f"接通 {_number(content, 'answered')} 次"
    rate = total.get("connection_rate")
    if rate is not None:
        said += f"，接通率 {shown(rate, 'share')}，{_against(rate)}{_moved(content, 'connection_rate')}"
    if total.get("rate_15s") is not None:
        said += f"。15 秒内接通的占全部请求的 {_number(content, 'rate_15s')}{_moved(content, 'rate_15s')}"
        if total.get("rate_15s_answered") is not None:
            said += f"，占接通来电的 {_number(content, 'rate_15s_answered')}"
    return f"{said}。"


def _against(rate: float) -> str:
    """How a connection rate stands to the law's line; a rate that only rounds to it is not over it."""
    line = f"国家标准要求的 95 %（{STANDARD}）"
    return f"达到{line}" if rate >= CONNECTION_LINE else f"低于{line}"


def _waits(content: Content) -> str:
    said = []
    if content.total.get("wait_mean") is not None:
        said.append(f"接通来电平均等待 {_number(content, 'wait_mean')}{_moved(content, 'wait_mean')}")
    if content.total.get("wait_p95") is not None:
        said.append(f"95 % 的接通来电等待不超过 {_number(content, 'wait_p95')}")
    if content.total.get("talk_mean") is not None:
        said.append(f"平均通话 {_number(content, 'talk_mean')}")
    if content.total.get("handling_mean") is not None:
        said.append(f"平均处理时长（通话、保持、话后）{_number(content, 'handling_mean')}")
    if content.total.get("occupancy") is not None:
        said.append(f"座席占用率 {_number(content, 'occupancy')}")
    return f"{'；'.join(said)}。" if said else ""


def _lost(content: Content) -> str:
    lost = content.total.get("lost")
    if lost is None:
        return ""
    if not lost:
        return "没有呼损。" if content.total.get("requests") else ""
    parts = "，".join(_parts(content))
    said = f"呼损 {_number(content, 'lost')} 次{_moved(content, 'lost')}{f'，其中{parts}' if parts else ''}"
    if content.total.get("short_abandoned"):
        said += f"；进入队列 5 秒内即挂机的 {_number(content, 'short_abandoned')} 次"
    return f"{said}。"


def _parts(content: Content) -> Iterator[str]:
    for figure, name in LOST.items():
        if content.total.get(figure):
            yield f"{name} {_number(content, figure)} 次"


def _tickets(content: Content) -> str:
    if content.total.get("tickets") is None:
        return ""
    said = [f"形成工单 {_number(content, 'tickets')} 件{_moved(content, 'tickets')}"]
    words = {
        "direct_rate": "直接解答率", "sent_on_in_time": "按时转办率",
        "first_response_in_time": "文字渠道首次响应及时率（短信及其他媒体 3 分钟，邮件 24 小时）",
        "rated_rate": "参评率", "satisfied_rate": "满意率",
    }  # fmt: skip
    said += [
        f"{name} {_number(content, figure)}" for figure, name in words.items() if content.total.get(figure) is not None
    ]
    return f"{'；'.join(said)}。"


def _transfers(content: Content) -> str:
    if not content.total.get("transfers"):
        return ""
    said = f"一键转接 {_number(content, 'transfers')} 次"
    if content.total.get("transfers_completed") is not None:
        said += f"，成功 {_number(content, 'transfers_completed')} 次"
    return f"{said}。"
