"""Where a mail's HTML marks its quotation: the last help, for clients whose words ``quotes`` does not know.

Mail programmes put what they quote into elements of their own (class ``gmail_quote``, id ``isReplyContent`` ...); our
safe HTML keeps these names, ids with the prefix ``mail-``. Where the text shows no sign of a quotation, the words of
such an element are looked up in it and cut from there. They must be found line for line, and nothing may follow the
element: otherwise the text stays as it is.
"""

from __future__ import annotations

import re

from gateway.channels.email.htmltext import text_of
from gateway.channels.email.quotes import Quoted

_NAMES = frozenset(
    {
        "gmail_quote", "gmail_quote_container", "yahoo_quoted", "protonmail_quote", "tutanota_quote", "zmail_extra",
        "ntes-mailmaster-quote", "mail-ntes-mailmaster-quote", "mail-isReplyContent",
        "mail-mail-editor-reference-message-container",
    }
)  # fmt: skip
"""Elements that hold a quotation."""
_TO_THE_END = frozenset(
    {"mail-divRplyFwdMsg", "mail-appendonsend", "OutlookMessageHeader", "mail-OutlookMessageHeader"}
)
"""Elements from which on everything is quoted."""
_MARKED = re.compile(r'<([a-z0-9]+)(?: [a-z]+="[^"]*+")*? (?:id|class)="([^"]*+)"')
_LONGEST = 1_048_576
_FIRST = 3
"""Lines of the quotation that must be found, one behind the other."""


def sharpened(found: Quoted, lines: list[str], html: str) -> Quoted:
    """``found`` as it is, or, when it is empty and the HTML marks a quotation, what is quoted by that mark."""
    if not html or len(html) > _LONGEST or found.forwarded or any(found.lines):
        return found
    first = _first_lines(html)
    at = _place(lines, first) if first else None
    if at is None:
        return found
    return Quoted((*found.lines[:at], *[True] * (len(lines) - at)), at, "reply", False)


def _first_lines(html: str) -> list[str]:
    """The words with which the marked quotation begins, [] without one."""
    for mark in _MARKED.finditer(html):
        names = set(mark[2].split())
        if names & _TO_THE_END:
            return _words(html[mark.start() :])[:_FIRST]
        if names & _NAMES:
            end = _end(html, mark.start(), mark[1])
            return [] if _words(html[end:]) else _words(html[mark.start() : end])[:_FIRST]
    return []


def _end(html: str, start: int, tag: str) -> int:
    """Behind the element that begins there. The HTML is balanced: it is what the sanitiser wrote."""
    depth = 0
    for found in re.finditer(rf"<(/?){tag}\b", html[start:]):
        depth += -1 if found[1] else 1
        if depth == 0:
            return start + found.end() + 1
    return len(html)


def _words(html: str) -> list[str]:
    return [plain for line in text_of(html, 20_000).split("\n") if (plain := _plain(line))]


def _plain(line: str) -> str:
    return " ".join(line.lstrip("> ").split())


def _place(lines: list[str], first: list[str]) -> int | None:
    """Where these lines stand one behind the other, empty ones apart; None where they do not, or at the beginning."""
    full = [(at, plain) for at, line in enumerate(lines) if (plain := _plain(line))]
    for n in range(1, len(full) - len(first) + 1):
        if all(full[n + k][1] == one for k, one in enumerate(first)):
            return full[n][0]
    return None
