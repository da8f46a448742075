"""The words that a citizen wrote now: a mail's text without what its client quoted and put below it.

``quotes`` finds the quotation, ``signatures`` the rest; here it is decided what of it may go. What is forwarded is the
matter and stays; what the citizen points at (如下：, 请看下面) stays; and when nothing would be left, everything
stays. Leaving a line too many costs an agent a second, leaving out a sentence of the citizen's costs the request: in
doubt a line stays. The full text is kept beside it in any case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.channels.email import hints, quotes, signatures

_FEW = 40
"""Characters of own words above something forwarded by its subject alone ("请处理，谢谢！"): it belongs to them."""
_POINTS = re.compile(
    r"(?i)(?:[:：]|(?:[见看如以]|按)(?:下|附)(?:[面方文]|列|图)?[^，。：:]{0,16}[。!！.~～]*|"
    r"(?:下面|下方|下列|以下)[^，。：:]{0,12}[。!！.]?)\s*$|"
    r"[看见附](?:一下)?(?:转发|轉寄|轉發)|(?:转发|轉寄|轉發)(?:如下|的邮件|的郵件|一封|给您|给你)|"
    r"\bfyi\b|see below|see (?:the )?forwarded"
)
_BLANKS = re.compile(r"\n[ \t\u00a0\u3000]*(?:\n[ \t\u00a0\u3000]*){2,}")


@dataclass(frozen=True, slots=True)
class Shown:
    """``text`` is what to show. ``quoted``: a quotation was left out; ``signature`` what was taken off the end.

    ``whole``: nothing would have been left, so ``text`` is everything; ``forwarded``: it holds a forwarded mail.
    """

    text: str
    quoted: bool = False
    signature: str = ""
    whole: bool = False
    forwarded: bool = False


def shown(text: str, html: str = "", *, reply: bool | None = None, forward: bool = False) -> Shown:
    """The words of a mail's ``text``; ``html`` (safe HTML of the same mail) helps where it marks the quotation.

    ``reply`` says whether the mail is an answer to another (None: not known), ``forward`` that its subject calls it
    forwarded. Never raises; linear in the size.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    found = hints.sharpened(quotes.find(lines, reply), lines, html)
    own = _own(lines, found)
    kept_signature = "\n".join(part for _, part in own if part)
    words = "\n\n".join(part for part, _ in own if part)
    if _is_matter(found, words, forward):
        return Shown(_tidy(text), forwarded=found.forwarded or forward)
    if not words:
        return Shown(_tidy(text), whole=bool(text.strip()))
    return Shown(words, any(found.lines), kept_signature)


def _own(lines: list[str], found: quotes.Quoted) -> list[tuple[str, str]]:
    """The stretches between quotations, each as (words, signature)."""
    stretches: list[tuple[str, str]] = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and found.lines[end] == found.lines[at]:
            end += 1
        if not found.lines[at]:
            part = lines[at:end]
            words = signatures.split(part, before_quote=end < len(lines))
            stretches.append((_tidy("\n".join(part[:words])), "\n".join(part[words:]).strip()))
        at = end
    return stretches


def _is_matter(found: quotes.Quoted, words: str, forward: bool) -> bool:
    """True when what is quoted to the end is what the mail is about."""
    if found.forwarded:
        return True
    if not found.ending:
        return False
    last = words.rpartition("\n")[2]
    return bool(_POINTS.search(last[-200:])) or (forward and len(words) <= _FEW)


def _tidy(text: str) -> str:
    """Without blank lines around it, and with two at most in it."""
    return _BLANKS.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip("\n \t\u00a0\u3000\ufeff")
