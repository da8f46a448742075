"""Passive replies: what answers a push within its five seconds, in the push's own format (发送被动响应消息).

An empty answer says: taken, do not send it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from gateway.channels.tidy import text_of
from gateway.channels.wechat.replies import text_reply
from gateway.model.http import HttpAnswer

LONGEST = 590
"""The platform takes fewer than 300 Chinese characters; others count half."""

NOTHING = HttpAnswer()


def passive(fields: Mapping[str, Any], format: Literal["json", "xml"], text: str, at: float) -> HttpAnswer:
    """The answer ``text`` to a push with ``fields``; an empty one for no text."""
    if not text:
        return NOTHING
    citizen, ours = text_of(fields.get("sender_id"), 64), text_of(fields.get("receiver_id"), 64)
    if format == "xml":
        xml = text_reply(citizen, ours, cut(text), at)
        return HttpAnswer(body=xml.encode("utf-8", "replace"), content_type="text/xml; charset=utf-8")
    answer = {
        "result": True,
        "sender_id": _id(ours),
        "receiver_id": _id(citizen),
        "type": "text",
        "data": data_of(text),
    }
    return HttpAnswer(body=json.dumps(answer).encode(), content_type="application/json")


def data_of(text: str) -> str:
    """A text as the platform wants it in ``data``: JSON, percent-encoded UTF-8."""
    return quote(json.dumps({"text": cut(text)}, ensure_ascii=False).encode("utf-8", "replace"), safe="")


def cut(text: str, longest: int = LONGEST) -> str:
    """The text within ``longest`` halves of a Chinese character, with … where it was cut."""
    return text if _weight(text) <= longest else text[: _fitting(text, longest - 2)] + "…"


def parts(text: str, longest: int = LONGEST, most: int = 5) -> list[str]:
    """A long text as at most ``most`` messages, cut at line ends where that costs less than half of one."""
    left, found = text.strip(), list[str]()
    while left and len(found) < most - 1 and _weight(left) > longest:
        end = _fitting(left, longest)
        line = left.rfind("\n", 0, end)
        end = line if line > end // 2 else end
        found.append(left[:end].rstrip())
        left = left[end:].lstrip("\n")
    return [*found, cut(left, longest)] if left else found


def _weight(text: str) -> int:
    return sum(1 if char < "\x80" else 2 for char in text)


def _fitting(text: str, longest: int) -> int:
    """How many characters from the start weigh at most ``longest``."""
    weight = 0
    for n, char in enumerate(text):
        weight += 1 if char < "\x80" else 2
        if weight > longest:
            return n
    return len(text)


def _id(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text
