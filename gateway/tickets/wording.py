"""The words to citizens as they come with the gateway, and what a template may hold.

A template is text with placeholders in braces: ``{ticket_no}``. Chinese first, English beside where a foreigner may
need it. config/replies.toml may replace any of them; a placeholder that its template does not know is an error there,
so that no citizen ever reads ``{depratment}``. Rendering is in ``gateway.tickets.templates``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from types import MappingProxyType

LONGEST_TEMPLATE = 1000
"""Characters of a template."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

DEFAULTS: MappingProxyType[str, str] = MappingProxyType(
    {
        "received": (
            "您的诉求已收到。\n工单编号：{ticket_no}\n查询码：{query_code}\n回复“查询 编号”可随时了解进度。"
            "\nReceived. Ticket {ticket_no}, query code {query_code}."
        ),
        "received_sms": "已收到。工单{ticket_no}，查询码{query_code}。回复“查询”可知进度。",
        "joined": "已补充到工单 {ticket_no}。",
        "sent_on": "您的工单 {ticket_no} 已转办理。\n承办单位：{department}",
        "progress": ("工单 {ticket_no}\n当前状态：{state}\n更新时间：{at}\n承办单位：{department}\n办理结果：{result}"),
        "closed": "您的工单 {ticket_no} 已办结。\n办理结果：{result}",
        "satisfaction": "请对工单 {ticket_no} 的办理打分，回复 1 至 5（5 为非常满意）。\nPlease rate us from 1 to 5.",
        "not_found": "没有查到编号 {number} 的工单，请核对后再试。\nNo such ticket: {number}.",
        "help": (
            "这里是12345政务服务便民热线。请直接写下您的诉求：什么事、在哪里，可附照片。\n"
            "回复“查询 编号”了解进度。紧急情况请拨打110、119、120。\n"
            "Tell us what happened and where; photos help. In an emergency dial 110, 119 or 120."
        ),
        "help_sms": "请直接写下您的诉求：何事、何地。回复“查询”可知进度。紧急请拨110、119、120。",
        "welcome": (
            "您好，欢迎使用12345政务服务便民热线。请直接写下您的诉求，回复“帮助”查看说明。\n"
            "Welcome to the 12345 government hotline."
        ),
        "denied": (
            "您发送的消息过于频繁或已被限制，暂时无法受理，可拨打12345；紧急情况请拨110、119或120。\n"
            "限制至：{until}\n原因：{reason}"
        ),
        "unsupported": "暂时无法识别这类消息，原件已保存并转人工查看，请再用文字说明。",
        "ask_what": "请问您要反映什么事情？请用文字说明。",
        "ask_where": "请问事情发生在哪里？可以发送位置或写下地址。不便提供可不回复。",
        "ask_photo": "如有照片请发送，没有可不回复。",
        "ask_contact": "如需回电，请留下您的电话；不留也可以。",
        "thanks": "谢谢，内容已记入工单 {ticket_no}。",
        "reply": "关于您的工单 {ticket_no}：\n{text}",
        "opted_out": "您已退订，不再向您发送短信。回复“恢复”可重新接收；反映问题仍可随时来信。",
        "opted_in": "您已恢复接收短信。",
        "still_opted_out": "您此前已退订，办理进展不会主动发送；回复“恢复”可重新接收。",
        "try_later": "系统繁忙，请稍后再发一次，或拨打12345。\nPlease try again later, or dial 12345.",
        "urgent_dial": (
            "如有人身危险或火情，请立即拨打110（公安）、119（消防）、120（急救），不要等待回复。\n"
            "根据您的描述，请先拨打：{dial}\n"
            "In danger? Dial 110, 119 or 120 now."
        ),
    }
)

PLACEHOLDERS: MappingProxyType[str, frozenset[str]] = MappingProxyType(
    {name: frozenset(PLACEHOLDER.findall(text)) for name, text in DEFAULTS.items()}
)
"""The placeholders that each template may hold."""


def template_errors(name: str, text: str) -> list[str]:
    """What is wrong with a template of the configuration, each error naming its key; empty when nothing is."""
    if name not in DEFAULTS:
        return [f"templates.{name} is no template{_nearest(name, DEFAULTS)}"]
    if not text.strip() or len(text) > LONGEST_TEMPLATE:
        return [f"templates.{name} must have 1 to {LONGEST_TEMPLATE} characters"]
    known = PLACEHOLDERS[name]
    errors = [
        f"templates.{name} has the unknown placeholder {{{found}}}{_nearest(found, known)}"
        for found in dict.fromkeys(PLACEHOLDER.findall(text))
        if found not in known
    ]
    if set(PLACEHOLDER.sub("", text)) & set("{}"):
        errors.append(f"templates.{name} has a brace without its other half")
    return errors


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(names) or 'none'}"
