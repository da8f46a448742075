"""Finds in a mail's text what its client has quoted: the lines that the citizen did not write now.

Three signs are known, in whatever language the client writes them:

    a line of attribution   在 2026年3月1日，下午3:04，X <y> 写道：  X <y> 于…写道：  On …, X wrote:   (1 to 3 lines)
    a divider               ------------------ 原始邮件 ------------------    -----Original Message-----
    a block of headers      发件人： 发送时间： 收件人： 主题：    From: Sent: To: Subject:    with or without a divider

and lines that begin with ``>``. After a divider or a block of headers everything to the end is quoted, after an
attribution only the ``>`` lines when there are any: what stands between or below them is the citizen's answer. Each
sign must be whole: a citizen may write 发件人： in a sentence, and quote a letter in full. What follows a divider of
forwarding is marked as forwarded, which for a request is the matter itself. Linear in the size of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Ending = Literal["", "reply", "forward"]

_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_ENDS = (":", "：", "--")
"""With what the last line of an attribution ends."""
_BEGINS = frozenset("-_=*—─－>＞| 已开转開轉回原邮郵答发發寄由来bBfForRsSO")
"""With what a divider or a block of headers begins: all other lines, nearly all, need no closer look."""
_LONGEST = 400
"""Characters of a line that is looked at: no attribution or divider is longer."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """``lines`` says of every line whether it is quoted. ``end`` is where a quotation to the end begins (the number of
    lines when there is none), ``ending`` of which kind it is; ``forwarded`` when something is marked as forwarded."""

    lines: tuple[bool, ...]
    end: int
    ending: Ending
    forwarded: bool


def find(lines: list[str], reply: bool | None = None) -> Quoted:
    """Find the quotations of a text. ``reply`` tells whether the mail is an answer (it names another mail, or its
    subject says so), None when that is not known: in a mail that is none, a mere block of headers was put there by the
    citizen, and ``>`` may be a sign like any other."""
    text = "\n".join(lines)
    seen = lines if not any(one in text for one in _UNSEEN) else [_INVISIBLE.sub("", one[:_LONGEST]) for one in lines]
    plain = [_plain(line) for line in seen]
    return _Finder(plain, reply).run()


def is_quoted(line: str) -> bool:
    """True for a line that begins with the sign of a quotation."""
    return line.startswith((">", "＞"))


def _plain(line: str) -> str:
    """A line as the rules see it. Cells of a table (headers in one, as 网易邮箱大师 draws them) are parted by |;
    QQ's plain text may hold its HTML's &nbsp; as it is."""
    seen = line[:_LONGEST]
    if "\t" in seen or "&" in seen:
        seen = seen.strip().replace("\t", "|").replace("&nbsp;", " ")
    return " ".join(seen.split())


class _Finder:
    def __init__(self, lines: list[str], reply: bool | None) -> None:
        self._lines, self._reply = lines, reply
        self._marks = [False] * len(lines)
        self._runs: list[tuple[int, int, bool]] = []
        """Runs of > lines, with whether an attribution stands before them or in their first line."""
        self._forwarded = False

    def run(self) -> Quoted:
        at, proved, ending = 0, False, ""
        ends = [*(line.endswith(_ENDS) for line in self._lines), False, False]
        while at < len(self._lines):
            line = self._lines[at]
            if not line:
                at += 1
                continue
            if is_quoted(line):
                end = self._run_end(at)
                self._runs.append((at, end, proved or self._attributed(at, end)))
                at, proved = end, False
                continue
            if (ends[at] or ends[at + 1] or ends[at + 2]) and (took := self._attribution(at)):
                if not is_quoted(self._next(at + took)):
                    ending = "reply"
                    break
                self._mark(at, at + took)
                at, proved = at + took, True
                continue
            if line[0] in _BEGINS and (ending := self._ending(at)):
                break
            proved = False
            at += 1
        self._settle_runs()
        end = self._with_rule(at) if ending else len(self._lines)
        self._mark(end, len(self._lines))
        kind: Ending = "reply" if ending == "reply" else "forward" if ending else ""
        return Quoted(tuple(self._marks), end, kind, self._forwarded or kind == "forward")

    def _mark(self, start: int, end: int) -> None:
        self._marks[start:end] = [True] * (end - start)

    def _next(self, at: int) -> str:
        """The first line from there on that is not empty, within a few."""
        return next((line for line in self._lines[at : at + 4] if line), "")

    def _before(self, at: int) -> str:
        return next((line for line in reversed(self._lines[max(0, at - 4) : at]) if line), "")

    def _with_rule(self, at: int) -> int:
        """Where the quotation begins when the rule drawn above it is counted in."""
        above = at - 1
        while above >= 0 and at - above < 4 and not self._lines[above]:
            above -= 1
        return above if above >= 0 and _RULE.fullmatch(self._lines[above]) else at

    # -- lines that begin with > ---------------------------------------------------------------------------------------

    def _run_end(self, at: int) -> int:
        """Behind the last line of a run; empty lines within it belong to it."""
        end = at
        while at < len(self._lines) and (not self._lines[at] or is_quoted(self._lines[at])):
            if self._lines[at]:
                end = at + 1
            at += 1
        return end

    def _attributed(self, start: int, end: int) -> bool:
        """True when the quotation itself begins with an attribution, as iPhones write it."""
        inner = [line.lstrip(">＞ ") for line in self._lines[start : min(end, start + 4)]]
        return bool(inner) and attribution(inner, 0) > 0

    def _settle_runs(self) -> None:
        """Without an attribution ``>`` is a quotation when the mail is an answer, unless the citizen leads to it
        ("贵单位答复如下：") or it is one line that only happens to begin so (">60岁的老人")."""
        known = any(proved for _, _, proved in self._runs)
        for start, end, proved in self._runs:
            if not (proved or known):
                lone = len(self._runs) == 1 and end - start == 1 and not self._lines[start].startswith(("> ", ">>"))
                if self._reply is False or lone or self._before(start).endswith((":", "：")):
                    continue
            self._mark(start, end)

    # -- attributions, dividers, blocks of headers ---------------------------------------------------------------------

    def _attribution(self, at: int) -> int:
        """How many lines an attribution takes here. Where it names no address, only a quotation or an answer proves
        that it is one."""
        took = attribution(self._lines, at)
        if not took or _ADDRESS.search(" ".join(self._lines[at : at + took])):
            return took
        return took if self._reply or is_quoted(self._next(at + took)) else 0

    def _ending(self, at: int) -> Ending:
        """What begins here and goes on to the end of the text."""
        line = self._lines[at]
        divider = divider_of(line)
        if divider == "forward":
            self._forwarded = True
            return "forward"
        if divider and (_DASHED.match(line) or headers_at(self._lines, self._skip(at + 1), True)):
            return "reply"
        if _ONE_LINE.match(line) or headers_at(self._lines, at, self._set_off(at)):
            return "forward" if self._reply is False else "reply"
        return ""

    def _skip(self, at: int) -> int:
        while at < len(self._lines) - 1 and not self._lines[at]:
            at += 1
        return at

    def _set_off(self, at: int) -> bool:
        """True when what stands here is set off from what is above: a rule, an empty line, the beginning."""
        return at == 0 or not self._lines[at - 1] or _RULE.fullmatch(self._lines[at - 1]) is not None


# -- attributions ------------------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"[^\s<>\"'（）()]{1,64}@[^\s<>\"'（）()]{1,190}")
_WROTE = re.compile(r"(?i)(?:写道|寫道|写到|寫到|来信写道|wrote)\s*(?:[:：]|-{2,})$")
_STARTS = re.compile(
    r"(?i)(?:-{2,4}\s*)?(?:在\s?\S|于\s?\d|於\s?\d|on\s\S|at\s\d|(?:20|19)\d\d\s?[-年/.]|\d{1,2}[./]\d{1,2}[./]\d{2,4}|"
    r"[^<>]{0,80}<(?:[^<>\s]*@|$)|[^<>@\s]{1,64}@|[^<>，。；,]{1,40}\s?[于於]\s?(?:20|19)\d\d)"
)
_DATE = re.compile(
    r"(?i)(?:20|19)\d\d\s?[-年/.]\s?\d{1,2}|\d{1,2}\s?月\s?\d{1,2}\s?日|\d{1,2}[/.-]\d{1,2}[/.-](?:20)?\d\d\b|"
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s\d{1,2}|"
    r"\d{1,2}\s(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
)
_TIME = re.compile(r"\d{1,2}\s?[:：点點时時]\s?\d{2}")
_BARE = re.compile(
    r"(?i)(?:.{0,60}[\d)）日月午apm][,，:：\s]+)?[^，,。；;]{1,40}?\s?(?:写道|寫道|写到|寫到|wrote)\s*[:：]$|.{1,40}\s?[于於]\s?\d.*"
)
_PLACE = re.compile(r"(?:群|微信|公告|通知|短信|函|信|文件|里|中|上|内)\s?(?:写道|写到)")
_NAME = re.compile(r"[^，。！？：；,!?:;<>]{1,40}")
_OLD_GMAIL = re.compile(r"(?:20|19)\d\d[-/年]\d{1,2}[-/月]\d{1,2}日?\s.{4,120}<[^<>\s]+@[^<>\s]+>\s?[:：]$")


def attribution(lines: list[str], at: int) -> int:
    """How many lines (1 to 3) the attribution that begins at a line takes, 0 when none does."""
    if not (_STARTS.match(lines[at]) or _is_name(lines, at)):
        return 0
    for took in (1, 2, 3):
        if at + took > len(lines) or (took > 1 and not lines[at + took - 1]):
            return 0
        last = lines[at + took - 1]
        if is_quoted(last) or len(last) > 300:
            return 0
        if last.endswith((":", "：", "--")) and _is_attribution(_joined(lines[at : at + took])):
            return took
    return 0


def _is_name(lines: list[str], at: int) -> bool:
    """True for a name whose address stands at the beginning of the line below it."""
    below = lines[at + 1] if at + 1 < len(lines) else ""
    return below.startswith("<") and "@" in below and _NAME.fullmatch(lines[at]) is not None


def _joined(parts: list[str]) -> str:
    """The parts as one line, mended where a break stands in the middle of a word (写 / 道：) or of an address."""
    text = " ".join(parts)
    return re.sub(r"([写寫来])\s+([道到信])", r"\1\2", re.sub(r"@\s+|\s+@", "@", text).replace("< ", "<"))


def _is_attribution(text: str) -> bool:
    if len(text) > _LONGEST or text.count("。"):
        return False
    if _OLD_GMAIL.match(text):
        return True
    if not (_WROTE.search(text) and _DATE.search(text)):
        return False
    if _ADDRESS.search(text):
        return True
    return _TIME.search(text) is not None and _BARE.match(text) is not None and not _PLACE.search(text)


# -- dividers ----------------------------------------------------------------------------------------------------------

_RULE = re.compile(r"[-_=*—─－]{5,}")
_DASHED = re.compile(r"[-_=*—─－]{2,}")
_DIVIDER = re.compile(
    r"(?i)(?P<left>[-_=*—─－>]{0,80})\s?(?:"
    r"(?P<forward>(?:已|开始)?转发(?:的)?(?:原?邮件|消息|信息|讯息)(?:信息)?|(?:開始)?(?:轉寄|轉發)(?:的)?(?:郵件|訊息)|"
    r"(?:begin )?forwarded (?:message|mail|by .{1,60}))|"
    r"(?P<reply>(?:回复的?|回覆的?)?(?:原始|原来的|原)(?:邮件|郵件|信件|信息|訊息|消息)(?:信息|内容)?|(?:邮|郵)件原[件文]|"
    r"(?:original|replied|reply)(?: e?-?(?:message|mail|appointment))?|(?:回复|答复|回覆)的?[邮郵]件))"
    r"\s?[:：]?\s?(?P<right>[-_=*—─－<]{0,80})"
)


def divider_of(line: str) -> Ending:
    """What the divider in this line divides off; "" for a line that is none. Drawn on both sides or on none; a bare
    word proves nothing by itself (``find`` looks for the headers that follow it)."""
    found = _DIVIDER.fullmatch(line)
    if found is None:
        return ""
    drawn = len(found["left"]) >= 2 and len(found["right"]) >= 2
    if found["forward"]:
        told = drawn or line.endswith((":", "："))
        return "forward" if told else ""
    return "reply" if drawn or not (found["left"] or found["right"]) else ""


# -- blocks of headers -------------------------------------------------------------------------------------------------

_KEYS = {
    "from": "发件人 發件人 寄件者 寄件人 发信人 發信人 发送人 发送者 發送者 来自 由 from sender",
    "date": "发送时间 已发送 发件时间 发送日期 日期 时间 發送時間 發送日期 已傳送 傳送時間 傳送日期 寄件日期 寄件時間 "
    "時間 sent date",
    "to": "收件人 收件者 收信人 至 to",
    "copy": "抄送 抄送人 副本 密送 密件抄送 密件副本 抄送至 cc bcc",
    "subject": "主题 主題 主旨 标题 標題 subject",
    "more": "附件 重要性 答复 回复 回覆 优先级 attachments importance reply-to replyto priority",
}
_KEY: dict[str, str] = {word: kind for kind, words in _KEYS.items() for word in words.split()}
_HEADER = re.compile(r"[|*\s]{0,4}([^:：|\t]{1,14}?)[*\s]{0,4}(?:[:：]|\|)[*]{0,2}\s?(.*)")
_DATELIKE = re.compile(r"\d{4}|\d{1,2}[/月.-]\d{1,2}")
_ONE_LINE = re.compile(
    r"(?i)(?:发件人|發件人|寄件者|from)\s?[:：].{0,160}@.{0,160}(?:发送时间|时间|日期|傳送時間|sent|date)\s?[:：].{4,160}"
    r"(?:收件人|收件者|主题|主旨|to|subject)\s?[:：]"
)
_REACH = 14
"""Lines in which a block must be whole: wrapped recipients and empty lines between are allowed."""


def header_of(line: str) -> tuple[str, str]:
    """(kind, value) of a quoted header's line; ("", "") for any other."""
    found = _HEADER.match(line)
    kind = _KEY.get(found[1].replace(" ", "").lower(), "") if found else ""
    return (kind, found[2].strip(" |*")) if found and kind else ("", "")


def headers_at(lines: list[str], at: int, set_off: bool) -> bool:
    """True when a client's block of headers begins at a line: the sender first, when, and to whom or about what.

    One that is not ``set_off`` from the text above must name the sender's address.
    """
    if at >= len(lines):
        return False
    kind, sender = header_of(lines[at])
    if kind != "from":
        return False
    seen, dated = _kinds(lines, at + 1)
    addressed = "@" in sender or "@" in next((line for line in lines[at + 1 : at + 2] if not header_of(line)[0]), "")
    if not (addressed or set_off):
        return False
    return (dated and bool(seen & {"to", "subject"})) or (addressed and seen >= {"to", "subject"})


def _kinds(lines: list[str], at: int) -> tuple[set[str], bool]:
    """The kinds of headers that follow one another from a line on, and whether one of them holds a date."""
    seen: set[str] = set()
    dated, strange = False, 0
    for line in lines[at : at + _REACH]:
        kind, value = header_of(line)
        if kind in seen:
            break
        if kind:
            seen.add(kind)
            dated = dated or (kind == "date" and _DATELIKE.search(value) is not None)
            strange = 0
        elif (line and not _goes_on(line)) or (strange := strange + 1) > 3:
            break
    return seen, dated


def _goes_on(line: str) -> bool:
    """A wrapped list of recipients, or a date that was put on the line below its name."""
    return "@" in line or line.endswith((";", "；", ",", "，")) or _DATELIKE.match(line) is not None
