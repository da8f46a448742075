"""Passive replies: the XML that answers a push within its five seconds.

Written by hand because wechatpy's replies put texts into CDATA without escaping ``]]>`` (seen in 1.8.18), with which a
citizen's words quoted in an answer could close the element and add others.
"""

from __future__ import annotations

from gateway.channels.wechat_crypto import NOT_XML_TEXT

LONGEST = 2048
"""Bytes of UTF-8 that a text may have; the platform drops longer ones."""

NOTHING = "success"
"""The answer that says: taken, nothing to say."""


def cdata(text: str) -> str:
    """A CDATA section with any text: ``]]>`` is split over two sections, characters that XML forbids are left out."""
    return f"<![CDATA[{NOT_XML_TEXT.sub('', text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def text_reply(to: str, sender: str, text: str, at: float) -> str:
    """A text answer to the citizen ``to`` from the account's original id ``sender``."""
    return (
        f"<xml><ToUserName>{cdata(to)}</ToUserName><FromUserName>{cdata(sender)}</FromUserName>"
        f"<CreateTime>{int(at)}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{cdata(cut(text))}</Content></xml>"
    )


def cut(text: str, longest: int = LONGEST) -> str:
    """The text in at most ``longest`` bytes of UTF-8, whole characters, with … where it was cut."""
    data = text.encode("utf-8", "replace")
    if len(data) <= longest:
        return text
    return data[: longest - 3].decode("utf-8", "ignore") + "…"


def parts(text: str, longest: int = LONGEST, most: int = 5) -> list[str]:
    """A long text in messages of at most ``longest`` bytes, cut at line ends where that costs less than half of a
    message; what does not fit into ``most`` messages is cut with …."""
    left = text.strip()
    found: list[str] = []
    while left and len(found) < most - 1 and len(left.encode("utf-8", "replace")) > longest:
        head = left.encode("utf-8", "replace")[:longest].decode("utf-8", "ignore")
        line = head.rfind("\n")
        head = head[:line] if line > len(head) // 2 else head
        found.append(head.rstrip())
        left = left[len(head) :].lstrip("\n")
    return [*found, cut(left, longest)] if left else found
