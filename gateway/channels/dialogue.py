"""Guided intake in a chat, as pure steps: what a text asks for, what is still missing, what is said next.

After a ticket is opened the citizen is asked for what it lacks: what, where, photo, contact, each once and in this
order, one with every answer. Nobody has to answer: a message that does not fit the question is simply part of the
request, and the next answer asks the next question. The step (``Conversation.step``) is the last question asked, so
it only moves forward and ends. A location answers "where" and a telephone number "contact" at any time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.messages import Message
from gateway.model.records import Ticket

Question = Literal["what", "where", "photo", "contact"]
QUESTIONS: tuple[Question, ...] = ("what", "where", "photo", "contact")

Act = Literal["progress", "help", "human", "cancel", "skip", "rate"]

STATES: Mapping[str, str] = {
    "received": "已登记",
    "accepted": "已受理",
    "sent": "已转办理单位",
    "acknowledged": "承办单位已签收",
    "returned": "已退回，正在重新办理",
    "closed": "已办结",
}
"""A ticket's states in citizens' words."""

_LONGEST_COMMAND, _LONGEST_ANSWER = 60, 120
_PROGRESS = re.compile(r"^(?:查询|查询进度|查进度|查|进度|cx)\s*[:：,，]?\s*(?P<rest>[0-9a-z\s-]{0,40})$")
_NUMBER = re.compile(r"(?P<area>[0-9]{6})[\s-]*(?P<day>20[0-9]{6})[\s-]*(?P<running>[0-9]{7})(?![0-9])")
_CODE = re.compile(r"^[0-9a-z]{4,12}$")
_ALWAYS: Mapping[Act, frozenset[str]] = {
    "help": frozenset({"帮助", "help", "?", "菜单", "怎么用", "使用说明"}),
    "human": frozenset({"人工", "人工服务", "转人工", "人工客服", "客服", "接人工"}),
}
_ASKED: Mapping[Act, frozenset[str]] = {
    "cancel": frozenset({"取消", "不用了", "不需要", "算了", "不用", "退出"}),
    "skip": frozenset({"跳过", "没有", "无", "略", "不知道", "不清楚", "不方便", "没有照片", "不提供"}),
}
_RATING = re.compile(r"^([1-5])\s*(?:分|星)?$")

_PHONE = re.compile(
    r"(?<![0-9])(?:\+?86[\s-]?)?(1[3-9][0-9][\s-]?[0-9]{4}[\s-]?[0-9]{4}|0[0-9]{2,3}[\s-]?[0-9]{7,8})(?![0-9])"
)
_ADDRESS = re.compile(
    r"[省市区县镇乡村路街道巷弄号栋幢楼层院园桥口站场厦湾港社组屯寨庄旁边对面附近门前]|小区|广场|医院|学校|公司"
)
_LEAST_WHAT = 4
"""A request of fewer characters ("你好", "投诉") says nothing yet."""


@dataclass(frozen=True, slots=True)
class Command:
    """A text that asks for something instead of being part of a request."""

    act: Act
    number: str = ""
    code: str = ""
    score: int = 0


@dataclass(frozen=True, slots=True)
class Next:
    """What follows a message: the new step, the templates to say in order, the ticket's fields that it filled."""

    step: str
    say: tuple[tuple[str, Mapping[str, str]], ...]
    changes: Mapping[str, Any] = field(default_factory=dict)


def command_of(text: str, step: str = "", may_rate: bool = False) -> Command | None:
    """The command that a text is, None for part of a request.

    Only a whole short text counts: 取消订单怎么投诉 is a request. Ending and skipping need a question that was asked,
    a rating needs a closed ticket that waits for one (``may_rate``).
    """
    if len(text) > _LONGEST_COMMAND:
        return None
    words = unicodedata.normalize("NFKC", text).strip().strip("。.!！~").lower()
    if asked := _asked_progress(words):
        return asked
    for act, known in ({**_ALWAYS, **_ASKED} if step else _ALWAYS).items():
        if words in known:
            return Command(act)
    rated = _RATING.match(words) if may_rate else None
    return Command("rate", score=int(rated[1])) if rated else None


def _asked_progress(words: str) -> Command | None:
    """查询, alone or with a number and perhaps a code; a ticket number alone asks the same."""
    asked = _PROGRESS.match(words)
    rest = asked["rest"].strip() if asked else words
    number = _NUMBER.match(rest)
    if number is None:
        return Command("progress", number=rest) if asked else None
    code = rest[number.end() :].strip(" -")
    if not asked and code and not _CODE.match(code):
        return None
    return Command("progress", f"{number['area']}-{number['day']}-{number['running']}", code.upper())


def phone_in(text: str) -> str:
    """The first telephone number of a text, digits only; "" when there is none."""
    found = _PHONE.search(unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s-]", "", found[1]) if found else ""


def opened(ticket: Ticket, message: Message, guided: bool, has_photo: bool) -> Next:
    """What is said when a message has opened a ticket: the receipt, urgent advice first, and the first question.

    Who may be in danger is told to dial and asked nothing.
    """
    warned = warning(ticket)
    say = [*warned, ("received", {"ticket_no": ticket.ticket_no, "query_code": ticket.query_code})]
    if message.kind == "unreadable":
        return Next("", (*say, ("unsupported", {})))
    changes = filled(ticket, message)
    asked = _missing(ticket, changes, has_photo, after="") if guided and not warned else None
    return Next(asked or "", tuple([*say, (f"ask_{asked}", {})] if asked else say), changes)


def joined(ticket: Ticket, message: Message, step: str, has_photo: bool, warned: bool = False) -> Next:
    """What is said when a message has joined a ticket: the next question, or thanks after the last one.

    ``step`` is "" when nothing was asked; ``warned`` when the citizen has already been told to dial.
    """
    changes = filled(ticket, message, step)
    say = [] if warned else warning(ticket)
    known: tuple[str, Mapping[str, str]] = ("joined", {"ticket_no": ticket.ticket_no})
    if message.kind == "unreadable":
        return Next(step, (*say, known, ("unsupported", {})), changes)
    if not step or say:
        return Next("", (*say, known), changes)
    asked = _missing(ticket, changes, has_photo, after=step)
    if asked:
        return Next(asked, (known, (f"ask_{asked}", {})), changes)
    return Next("", (("thanks", {"ticket_no": ticket.ticket_no}),), changes)


def skipped(ticket: Ticket, step: str, has_photo: bool) -> Next:
    """After 跳过: the next question, or thanks."""
    asked = _missing(ticket, {}, has_photo, after=step)
    if asked:
        return Next(asked, ((f"ask_{asked}", {}),))
    return Next("", (("thanks", {"ticket_no": ticket.ticket_no}),))


def filled(ticket: Ticket, message: Message, step: str = "") -> dict[str, Any]:
    """The empty fields of a ticket that the answer to a question fills: the address from words when asked where, a
    landline when asked for a contact. (What needs no question, a location or a mobile number, the intake has filled.)
    """
    text = message.text.strip()
    if message.kind not in ("text", "voice") or not text or len(text) > _LONGEST_ANSWER:
        return {}
    if step == "where" and not ticket.address and _ADDRESS.search(text):
        return {"address": text}
    if step == "contact" and not ticket.contact_number and (phone := phone_in(text)):
        return {"contact_number": phone}
    return {}


def _missing(ticket: Ticket, changes: Mapping[str, Any], has_photo: bool, after: str) -> Question | None:
    """The first question after ``after`` whose answer the ticket does not have."""
    has = {
        "what": len(ticket.content.strip()) >= _LEAST_WHAT,
        "where": bool(ticket.address or ticket.longitude is not None or changes.keys() & {"address", "longitude"}),
        "photo": has_photo,
        "contact": bool(ticket.contact_number or ticket.calling_number or "contact_number" in changes),
    }
    start = QUESTIONS.index(after) + 1 if after in QUESTIONS else 0
    return next((question for question in QUESTIONS[start:] if not has[question]), None)


def warning(ticket: Ticket) -> list[tuple[str, Mapping[str, str]]]:
    """The advice to dial, when a ticket's words tell of danger (特急, or a rule that names numbers to dial)."""
    dial = ticket.proposed.get("urgency", {}).get("dial") or ()
    if ticket.urgency != "特急" and not dial:
        return []
    return [("urgent_dial", {"dial": "、".join(map(str, dial))} if dial else {})]


def progress(ticket: Ticket, at: str) -> tuple[str, Mapping[str, str]]:
    """The template that tells a ticket's state; ``at`` is the time in the hall's zone as words."""
    return (
        "progress",
        {
            "ticket_no": ticket.ticket_no,
            "state": STATES.get(ticket.state, ticket.state),
            "at": at,
            "department": ticket.department,
            "result": ticket.result,
        },
    )
