"""Mails as they come to a hotline, made the same at every run: what ``bench.mail`` and ``bench.stall`` feed.

Of a hundred about 38 are new requests (plain text and HTML beside each other, as QQ, 163, Outlook and phones write
them), 34 answer an earlier mail and quote it, 14 are plain text, 8 HTML alone and 6 carry one or two photos of 100 kB
to 3 MB. Most are of 2 to 40 kB on the wire: what is not text of the citizen is headers of servers, styles of HTML and
base64.
Half are in GBK (called gb2312, gbk or gb18030), half in UTF-8; bodies are base64, quoted-printable or 8 bit. No line is
longer than 998 bytes, because aiosmtpd refuses those. Words are made up; names and numbers are nobody's.

Message-ID and sender hold ``MARK``, to be replaced by ten digits: so one corpus gives any number of different mails.
"""

from __future__ import annotations

import base64
import quopri
import random
from dataclasses import dataclass
from email.header import Header

MARK = b"@@NUMBER@@"
TO = "12345@hainan.example"

_STREETS = (
    "人民大道", "海秀路", "龙昆南路", "国兴大道", "解放西路", "和平大道", "美苑路", "白龙南路", "滨海大道", "板桥路",
)  # fmt: skip
_PLACES = (
    "小区东门", "菜市场门口", "公交站旁", "学校后门", "桥下", "地下车库入口", "三单元楼道", "人行天桥上", "河边步道",
)  # fmt: skip
_MATTERS = (
    "路灯坏了三天，晚上一片漆黑，老人小孩都不敢走", "井盖松动，车一过就响，已经有人绊倒",
    "垃圾堆了一个星期没有人收，味道很大", "楼上装修从早上六点开始，孩子没法休息", "占道经营把盲道全挡住了",
    "自来水发黄，放了半个小时还是不清", "公交车经常甩站不停", "消防通道长期停满私家车",
    "路面塌了一块，雨天积水看不见", "电梯一个月坏了四次，物业只说等配件",
)  # fmt: skip
_ASKS = (
    "请有关部门尽快派人来看一下。", "希望能给一个明确的处理时间。", "之前打过电话，说会转办，到现在没有结果。",
    "照片和录像我都留着，需要的话可以再发。", "如果不归你们管，请告诉我应该找谁。",
    "请保护我的个人信息，不要告诉物业是我反映的。", "我们这一栋有二十多户都可以作证。", "谢谢你们的工作，辛苦了。",
)  # fmt: skip
_NAMES = (
    "王晓明", "陈丽", "林志强", "符海燕", "吴先生", "黄女士", "周建国", "李想",
)  # fmt: skip
_WIRE = (("utf-8", "utf-8"), ("gb2312", "gb18030"), ("gbk", "gb18030"), ("utf-8", "utf-8"), ("gb18030", "gb18030"))
"""As labelled, and as encoded."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """``mails`` in the order in which they come; ``letters`` are those without photos."""

    mails: tuple[bytes, ...]
    letters: tuple[bytes, ...]


def corpus(count: int = 300, seed: int = 12345) -> Corpus:
    """So many different mails, each with MARK in it, CRLF at the line ends."""
    rng = random.Random(seed)
    kinds = rng.choices(("both", "reply", "plain", "html", "photo"), (38, 34, 14, 8, 6), k=count)
    made = [_Maker(rng, n).mail(kind) for n, kind in enumerate(kinds)]
    letters = [mail for mail, kind in zip(made, kinds, strict=True) if kind != "photo"]
    return Corpus(tuple(made), tuple(letters))


def numbered(mail: bytes, number: int) -> bytes:
    """The mail as the one of that number: another sender, another Message-ID, the same length."""
    return mail.replace(MARK, f"{number:010d}".encode())


def large(number: int, size: int) -> bytes:
    """A mail of about so many bytes: one photo, base64."""
    rng = random.Random(number)
    maker = _Maker(rng, number)
    text = maker.words(4)
    parts = [maker.part("text/plain", text), maker.photo(int(size * 0.73))]
    return numbered(maker.whole(maker.multipart("mixed", parts), f"照片：{_STREETS[number % 10]}"), number)


class _Maker:
    def __init__(self, rng: random.Random, n: int) -> None:
        self._rng, self._n = rng, n
        self._label, self._codec = rng.choice(_WIRE)
        self._encoding = rng.choice(("base64", "base64", "quoted-printable", "8bit"))
        self._parts = 0

    def mail(self, kind: str) -> bytes:
        """A whole mail, with its headers."""
        subject = f"{self._rng.choice(_STREETS)}{self._rng.choice(_PLACES)}{self._rng.choice(_MATTERS).split('，')[0]}"
        if kind == "plain":
            return self.whole(self.part("text/plain", self.words(self._rng.randint(4, 30))), subject)
        if kind == "html":
            return self.whole(self.part("text/html", self._page(self.words(self._rng.randint(5, 25)))), subject)
        text = self.words(self._rng.randint(4, 30))
        both = self._reply(text) if kind == "reply" else self._both(text, text)
        if kind == "photo":
            photos = [self.photo(int(100_000 * 30 ** self._rng.random())) for _ in range(self._rng.choice((1, 1, 2)))]
            both = self.multipart("mixed", [both, *photos])
        return self.whole(both, f"回复：{subject}" if kind == "reply" else subject)

    def words(self, sentences: int) -> str:
        """What a citizen writes: paragraphs of some sentences."""
        rng, lines = self._rng, ["您好："]
        while sentences > 0:
            count = min(sentences, rng.randint(1, 4))
            place = f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号{rng.choice(_PLACES)}"
            rest = "".join(rng.choice(_ASKS) for _ in range(count - 1))
            lines += [f"{place}{rng.choice(_MATTERS)}。{rest}", ""]
            sentences -= count
        signed = f"{rng.choice(_NAMES)}\n联系电话 0898-{rng.randint(10_000_000, 99_999_999)}"
        return "\n".join([*lines, rng.choice((signed, signed, "发自我的iPhone", "来自QQ邮箱手机版"))])

    def _both(self, text: str, shown: str) -> bytes:
        return self.multipart("alternative", [self.part("text/plain", text), self.part("text/html", self._page(shown))])

    def _reply(self, text: str) -> bytes:
        """An answer over what was written before, as four clients quote it."""
        old, who = self.words(self._rng.randint(5, 25)), self._rng.choice(_NAMES)
        header = [f"发件人: \"12345热线\" <{TO}>", "发送时间: 2026年11月20日(星期五) 下午3:04",
                  f"收件人: \"{who}\" <c{self._n}@mail.example>", "主题: 您反映的问题已受理"]  # fmt: skip
        said = f'在 2026-11-20 15:04:05，"12345热线" <{TO}> 写道：'
        marked = "\n".join(f"> {line}".rstrip() for line in old.split("\n"))
        tail = self._rng.choice((
            "\n".join(["------------------ 原始邮件 ------------------", *header, "", old]),
            "\n".join(["-----邮件原件-----", *header, "", old]),
            f"{said}\n\n{marked}",
            f"12345热线 <{TO}> 于2026年11月20日周五 15:04写道：\n\n{marked}",
        ))  # fmt: skip
        quoted = "".join(f"<div>{line or '<br>'}</div>\r\n" for line in old.split("\n"))
        page = self._page(text, f'<blockquote style="margin:0 0 0 .8ex;padding-left:1ex">{quoted}</blockquote>')
        return self.multipart(
            "alternative", [self.part("text/plain", f"{text}\n\n{tail}"), self.part("text/html", page)]
        )

    def _page(self, text: str, below: str = "") -> str:
        """HTML as editors write it: styles first, and a style at every line."""
        rules = "\r\n".join(
            f"p.Mso{n}, li.Mso{n}, div.Mso{n} {{margin:0cm 0cm {n}.1pt; font-size:1{n % 9}.0pt; font-family:等线;}}"
            for n in range(self._rng.choice((2, 8, 30, 60, 160)))
        )
        style = self._rng.choice((
            "font-family: 'lucida Grande', Verdana, 'Microsoft YaHei'; font-size: 14px; line-height: 23.8px",
            "line-height:1.7;color:#000000;font-size:14px;font-family:Arial",
            "margin:0",
        ))  # fmt: skip
        body = "".join(
            f'<div style="{style}"><span style="font-size:14px">{line}</span></div>\r\n'
            if line
            else "<div><br></div>\r\n"
            for line in text.split("\n")
        )
        return (
            f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={self._label}">\r\n'
            f"<style><!--\r\n{rules}\r\n--></style></head>\r\n<body>{body}{below}</body></html>\r\n"
        )

    # -- the wire ------------------------------------------------------------------------------------------------------

    def part(self, kind: str, text: str) -> bytes:
        """A part of text, with its own headers."""
        raw = text.replace("\r\n", "\n").replace("\n", "\r\n").encode(self._codec, "replace")
        if self._encoding == "base64":
            body = _base64(raw)
        elif self._encoding == "quoted-printable":
            body = quopri.encodestring(raw.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        else:
            body = raw
        head = f'Content-Type: {kind}; charset="{self._label}"\r\nContent-Transfer-Encoding: {self._encoding}\r\n\r\n'
        return head.encode() + body + b"\r\n"

    def photo(self, size: int) -> bytes:
        """A part that a camera made: bytes that look like a JPEG at both ends."""
        body = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + self._rng.randbytes(size) + b"\xff\xd9"
        name = f"IMG_{self._rng.randint(1000, 9999)}.jpg"
        head = (
            f'Content-Type: image/jpeg; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
        )
        return head.encode() + _base64(body) + b"\r\n"

    def multipart(self, kind: str, parts: list[bytes]) -> bytes:
        """The parts within a boundary."""
        self._parts += 1
        boundary = f"----=_NextPart_{self._n:06X}_{self._parts:02X}_{self._rng.getrandbits(64):016X}"
        head = f'Content-Type: multipart/{kind};\r\n\tboundary="{boundary}"\r\n\r\nA multi-part message.\r\n\r\n'
        whole = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
        return head.encode() + whole + f"--{boundary}--\r\n".encode()

    def whole(self, body: bytes, subject: str) -> bytes:
        """The headers that clients and servers put above it."""
        rng, mark = self._rng, MARK.decode()
        name = Header(rng.choice(_NAMES), self._codec).encode()
        received = "".join(
            f"Received: from mx{n}.mail.example (unknown [192.0.2.{rng.randint(1, 250)}])\r\n\tby gw{n}.mail.example "
            f"(NewEsmtp) with SMTP id {rng.getrandbits(48):012x}\r\n\tfor <{TO}>; Sat, 21 Nov 2026 10:0{n}:07 +0800\r\n"
            for n in range(rng.randint(1, 4))
        )
        signature = "".join(f"\r\n\t {_base64(rng.randbytes(45)).decode().strip()}" for _ in range(5))
        references = f"<{rng.getrandbits(64):016x}@mail.example>"
        threads = f"In-Reply-To: {references}\r\nReferences: {references}\r\n" if subject.startswith("回复") else ""
        head = (
            f"{received}DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.example; s=s201512;\r\n"
            f"\th=From:To:Subject:Mime-Version:Date:Message-ID; b={signature}\r\n"
            f"X-QQ-mid: webmail{rng.getrandbits(40):x}t\r\nX-QQ-Originating-IP: 192.0.2.77\r\nX-QQ-STYLE:\r\n"
            f"X-Originating-IP: [192.0.2.78]\r\nX-Priority: 3\r\nX-Mailer: Foxmail 7.2.25.228[cn]\r\n"
            f"From: {name} <c{mark}@mail.example>\r\nTo: <{TO}>\r\n"
            f"Subject: {Header(subject, self._codec, maxlinelen=74).encode(linesep=chr(13) + chr(10))}\r\n{threads}"
            f"Date: Sat, 21 Nov 2026 10:00:{rng.randint(0, 59):02d} +0800\r\nMessage-ID: <tencent_{mark}.{self._n}"
            f"@mail.example>\r\nMime-Version: 1.0\r\n"
        )
        return head.encode("ascii") + body


def _base64(body: bytes) -> bytes:
    return base64.encodebytes(body).replace(b"\n", b"\r\n")
