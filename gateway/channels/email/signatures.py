"""Takes what a client or an office puts below a mail off its end: signatures, devices, advertisements, notices.

Only from the end of what the citizen wrote, paragraph by paragraph, and only what cannot be their words: a line of a
known device or mail programme, everything below the delimiter ``-- `` (RFC 3676 section 4.3), a business card below a
rule or with a fax number or web address in it, a notice of confidentiality in its full form. A name, a telephone number
or an address alone at the end stays: that is how people tell a hotline who they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_WIDTHLESS = re.compile("[\u200b\ufeff]")
_LONGEST = 2000

_FROM = re.compile(
    r"(?i)[-–—*\[【(（<「_\s]{0,6}(?:发自|發自|发送自|發送自|寄自|来自|來自|传送自|傳送自|由|从|從|通过|透過|使用|"
    r"(?:sent (?:from|via|with|using)|get)\b|获取|取得|下載|下载)"
)
_DEVICE = re.compile(
    r"(?i)i-?phone|i-?pad|android|安卓|手机|手機|平板|小米|红米|redmi|华为|華為|huawei|荣耀|honor|三星|samsung|galaxy|"
    r"oppo|vivo|一加|oneplus|realme|魅族|meizu|中兴|zte|联想|lenovo|努比亚|nubia|xperia|pixel|macbook|\bmac\b|windows|"
    r"邮箱|郵箱|信箱|邮件|郵件|客户端|客戶端|用戶端|微信|钉钉|釘釘|飞书|outlook|foxmail|gmail|yahoo|\bmail\b|"
    r"thunderbird|spark"
)
_FILLING = re.compile(
    r"我的|的|(?:专业|國際|国际|手机|电脑)?版本?|应用程序|应用|應用程式|應用|大师|企业|官方|电子|查看|发送|發送|发出|寄出|传送|傳送|上|新浪|"
    r"网易|搜狐|阿里云|腾讯|电脑|雅虎|奇摩|网页|闪电"
)
_MY = re.compile(r"(?i)[-\s]{0,4}sent from (?:my )?[A-Z0-9][A-Za-z0-9 +.,'’()-]{1,40}")
_MADE = re.compile(
    r"签名由\s?[^\s。]{2,20}\s?(?:定制|生成)|(?:此邮件|本邮件)由[^。，]{2,20}(?:客户端|大师)发送|邮件签名由\S{2,20}提供"
)
_LINK = re.compile(r"[<(（]?https?://[^\s<>]{1,300}[>)）]?")
_NUMBERS = re.compile(r"[0-9]{5}")
_CHINESE = re.compile("[\u3400-\u9fff，。；：！？]")
_AD = re.compile(
    r"(?i)(?:【?\s?(?:来自)?网易(?:自营|考拉|严选|邮箱|云音乐|有道|yeah)|体验网易|网易(?:163|126|yeah\.net)?(?:免费)?邮箱|"
    r"新浪邮箱(?:客户端)?|搜狐(?:闪电)?邮箱|139邮箱|QQ邮箱(?:手机版)?|中国移动139|您的朋友正在使用|免费注册|现在注册邮箱|"
    r"do you yahoo|雅虎邮箱|没有广告的终身免费邮箱).{0,120}"
)
_PICTURE = re.compile(r"(?i)\[(?:图片|image|cid:[^\]]{1,120}|inline image[^\]]{0,60}|logo[^\]]{0,40})\]")
_ADDRESS = re.compile(r"(?i)<?[A-Z0-9._%+-]{1,64}@[A-Z0-9.-]{1,190}>?(?:\s?<mailto:[^>]{1,250}>)?")

_RULE = re.compile(r"[-_=*—─－~]{3,}")
_CARD: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"(?i)(?:^|[\s|｜/,，;；])(?:{words})")
    for words in (
        r"(?:tel|电话|電話|联系电话|座机|办公电话|phone|t)\s?[.:：]",
        r"(?:mob(?:ile)?|手机|手機|移动电话|cell|m)\s?[.:：]",
        r"(?:add(?:ress)?|地址|办公地址|通讯地址)\s?[.:：]",
        r"(?:公司|部门|职务|职位|dept|title)\s?[.:：]|\S{2,20}(?:有限公司|集团|研究院|事务所|分公司)$|"
        r"\S.{0,40}(?:co\.,? ?ltd|inc\.|corp\.|llc)",
        r"(?:qq|微信|wechat)\s?[.:：]",
    )
)
_CARD_ONLY: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"(?i)(?:^|[\s|｜/,，;；])(?:{words})")
    for words in (
        r"(?:fax|传真|傳真|f)\s?[.:：]",
        r"(?:邮编|邮政编码|郵編|p\.?c\.?|zip|post ?code)\s?[.:：]",
        r"(?:e-?mail|邮箱|电子邮箱|电邮|郵箱|mail)\s?[.:：]",
        r"(?:web(?:site)?|网址|網址|官网|http|url)\s?[.:：]|(?:https?://|www\.)\S",
    )
)
_CARD_AT_ALL = re.compile("|".join(one.pattern.removeprefix("(?i)") for one in _CARD_ONLY), re.IGNORECASE)
"""Cheap: nothing is a card without one of these."""
_SENTENCE = re.compile(r"[。！？；!?]")

_NOTICE = re.compile(
    r"(?i)[\s*【\[(（]{0,6}(?:(?:本|此|该|這封?|这封?)\s?(?:电子|電子)?(?:邮件|郵件|电邮|電郵|信息)|"
    r"(?:保密|免责|免責|法律|机密|機密)(?:声明|聲明|提示|须知|公告|信息)|"
    r"(?:this|the) (?:e-?mail|message|communication|information|transmission)|confidential|disclaimer|important notice|"
    r"the contents? of this)"
)
_NOTICE_SIGNS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"(?i){words}")
    for words in (
        r"保密|机密|機密|confidential|privileged|专有",
        r"(?:指定|预期|預期|特定|上述|列明|原定|真正)(?:的)?(?:收件|接收|收信|个人)|收件人(?:或|使用|阅读)|"
        r"intended (?:recipient|solely|only|for)|addressee",
        r"误收|錯誤收到|誤收|错收|错误(?:地)?(?:收到|接收)|(?:不是|并非|非).{0,10}(?:收件|接收|收信)人|"
        r"in error|not the (?:intended|named)",
        r"(?:立即|马上|即时|請即|请即).{0,20}(?:删除|刪除|通知|销毁|告知)|(?:delete|destroy|notify)",
        r"严禁|嚴禁|禁止|未经(?:授权|许可|书面)|法律责任|法律責任|prohibited|unauthori[sz]ed|"
        r"not (?:disclose|distribute|copy)",
    )
)
_NOTICE_BEGINS = frozenset("*【[(（本此该這这保免法机機tTcCdDiIİı")
"""With what a notice begins: other lines need no closer look."""
_NOTICE_LINES = 30
_SIGNATURE_LINES, _SIGNATURE_CHARS = 15, 1000
_ROUNDS = 40
"""Signatures, notices and advertisements one below the other that are taken off: what has more of them is no mail."""


def split(lines: list[str], before_quote: bool = False) -> int:
    """How many of the lines are the citizen's words; what follows is signature. 0 when all of it is.

    ``before_quote``: a quotation follows, so that a last line with an address alone is what Foxmail has put there.
    """
    plain = [_plain(line) for line in lines]
    end = len(plain)
    for _ in range(_ROUNDS):
        end = _trimmed(plain, end)
        shorter = min((rule(plain, lines, end) for rule in _RULES), default=end)
        if before_quote and shorter == end:
            shorter = _lone_address(plain, end)
        if shorter == end:
            break
        end = shorter
    return end


def _plain(line: str) -> str:
    """A line as the rules see it."""
    seen = line[:_LONGEST]
    if "\u200b" in seen or "\ufeff" in seen:
        seen = _WIDTHLESS.sub(" ", seen)
    return " ".join(seen.split())


def _trimmed(plain: list[str], end: int) -> int:
    while end and not plain[end - 1]:
        end -= 1
    return end


def _last_line(plain: list[str], _lines: list[str], end: int) -> int:
    """Of a device, a mail programme or an advertisement."""
    if not end:
        return end
    last = plain[end - 1].strip("| ")
    if not last or _MADE.fullmatch(last):
        return _framed(plain, end - 1)
    return end - 1 if len(last) <= 160 and (_of_device(last) or _AD.fullmatch(last)) else end


def _framed(plain: list[str], end: int) -> int:
    """Where the card of 网易邮箱大师 begins: a table whose frame is left as lines of |, with or without its mark."""
    start = end
    while start and end - start < _SIGNATURE_LINES and plain[start - 1]:
        start -= 1
    return next((at for at in range(start, end) if not plain[at].strip("| ")), end)


def _of_device(line: str) -> bool:
    """True for a line that says by what it was sent, and nothing else (来自我的手机号… is the citizen's)."""
    line = _LINK.sub("", line).strip()
    found = _FROM.match(line)
    if found is None or len(line) > 80:
        return False
    rest, known = _DEVICE.subn("", line[found.end() :])
    if not known:
        return _MY.fullmatch(line) is not None
    rest = _FILLING.sub("", rest)
    return not (_NUMBERS.search(rest) or _CHINESE.search(rest) or len(rest) > 40)


def _delimited(plain: list[str], lines: list[str], end: int) -> int:
    """Below ``-- ``; where the space was lost, only what is as short as a signature."""
    for at in range(end - 1, max(-1, end - 1 - _SIGNATURE_LINES), -1):
        if plain[at] != "--":
            continue
        below = plain[at + 1 : end]
        if sum(map(len, below)) > _SIGNATURE_CHARS:
            return end
        exact = lines[at] in ("-- ", "--\u00a0")
        return at if exact or not any(len(line) > 60 or _SENTENCE.search(line) for line in below) else end
    return end


def _card(plain: list[str], _lines: list[str], end: int) -> int:
    """A business card: the last paragraph, or what stands below a rule, when it says what only such cards say."""
    start, ruled = _paragraph(plain, end)
    block = plain[start:end]
    if not block or any(_SENTENCE.search(line) and "http" not in line for line in block):
        return end
    if ruled and len(block) == 1 and _ADDRESS.fullmatch(block[0]):
        return start - 1
    if len(block) < 2 or not any(_CARD_AT_ALL.search(line) for line in block):
        return end
    only = sum(any(one.search(line) for line in block) for one in _CARD_ONLY)
    usual = sum(any(one.search(line) for line in block) for one in _CARD)
    enough = only >= 1 and only + usual >= (2 if ruled else 3)
    return start - ruled if enough else end


def _paragraph(plain: list[str], end: int) -> tuple[int, bool]:
    """Where the last paragraph begins, and whether a rule stands above it (one empty line between allowed)."""
    start = end
    while start and end - start < _SIGNATURE_LINES and plain[start - 1] and not _RULE.fullmatch(plain[start - 1]):
        start -= 1
    above = start - 1 if not start or plain[start - 1] else start - 2
    ruled = above >= 0 and _RULE.fullmatch(plain[above]) is not None
    return (above + 1 if ruled else start), ruled


def _notice(plain: list[str], _lines: list[str], end: int) -> int:
    """A notice of confidentiality, from the line that begins it to the end. One word alone proves nothing (a citizen
    may ask for secrecy): three of the five things that such notices say must be in it."""
    for at in range(end - 1, max(-1, end - 1 - _NOTICE_LINES), -1):
        if plain[at][:1] in _NOTICE_BEGINS and _NOTICE.match(plain[at]):
            text = " ".join(plain[at:end])[:8000]
            if sum(one.search(text) is not None for one in _NOTICE_SIGNS) >= 3:
                return at
    return end


def _rest(plain: list[str], _lines: list[str], end: int) -> int:
    """A rule below which nothing is left."""
    return end - 1 if end and _RULE.fullmatch(plain[end - 1]) and len(plain[end - 1]) >= 5 else end


def _lone_address(plain: list[str], end: int) -> int:
    """Foxmail signs with the sender's address alone, set off by an empty line; one that is asked for stays."""
    if end < 2 or not _ADDRESS.fullmatch(plain[end - 1]) or plain[end - 2]:
        return end
    above = next((line for line in reversed(plain[: end - 2]) if line), "")
    return end if above.endswith((":", "：")) else end - 1


_RULES: tuple[Callable[[list[str], list[str], int], int], ...] = (_last_line, _delimited, _card, _notice, _rest)
