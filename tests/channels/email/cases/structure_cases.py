"""Structure: multiparts, boundaries, nesting, alternatives, messages in messages."""

from __future__ import annotations

from collections.abc import Iterator

from tests.channels.email.cases.made import (
    PHOTO,
    Case,
    jpg,
    lines64,
    mail,
    multi,
    part,
    photo,
    plain,
    text_part,
    top,
    word,
)  # fmt: skip

SAID = "海秀路公交站台座椅损坏，请修理。"
MORE = "补充：照片见附件。"
FIXED = ("mime_repaired",)
HTML = part("text/html; charset=utf-8", f"<p>{SAID}</p>")
FORWARDED = (
    "-----转发的邮件-----\n发件人: 王五 <wang@example.cn>\n时间: Thu, 29 Feb 2024 10:00:00 +0800\n"
    "主题: 原来的信\n\n楼道堆放杂物。"
)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from boundaries()
    yield from alternatives()
    yield from mixtures()
    yield from messages()
    yield from deep()


def inner(text: str = "楼道堆放杂物。") -> bytes:
    """A message to be put into another one."""
    head = f"From: {word('王五')} <wang@example.cn>\r\nDate: Thu, 29 Feb 2024 10:00:00 +0800\r\n"
    return f"{head}Subject: {word('原来的信')}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}".encode()


def boundaries() -> Iterator[Case]:
    """Delimiters as they are spelt."""
    usual = top(multi(text_part(SAID), photo()))
    files = (jpg("a.jpg"),)
    yield Case("mixed", usual, SAID, files=files)
    yield Case("mixed-lf", usual.replace(b"\r\n", b"\n"), SAID, files=files)
    cut = usual[: usual.index(b"--b1--")].rstrip()
    yield Case("no-end-boundary", cut, SAID, files=files, flags=FIXED)
    around = (
        usual.replace(b"\r\n\r\n--b1", b"\r\n\r\nThis is a multi-part message in MIME format.\r\n--b1", 1)
        + b"\r\nepilogue\r\n"
    )
    yield Case("preamble-and-epilogue", around, SAID, files=files)
    bare = usual.replace(b'boundary="b1"', b"boundary=b1")
    yield Case("boundary-without-quotes", bare, SAID, files=files)
    single = usual.replace(b'boundary="b1"', b"boundary='b1'")
    yield Case("boundary-in-single-quotes", single, SAID, files=files)
    open_ = usual.replace(b'boundary="b1"', b'boundary="b1')
    yield Case("boundary-quote-never-closed", open_, SAID, files=files)
    odd = usual.replace(b"b1", b"----=_NextPart_(000)_'x:y/z?=.,+")
    yield Case("boundary-of-odd-signs", odd, SAID, files=files)
    spaced = usual.replace(b'boundary="b1"', b'boundary = "b1" ; charset=utf-8')
    yield Case("boundary-with-blanks", spaced, SAID, files=files)
    missing = usual.replace(b'; boundary="b1"', b"")
    yield Case("boundary-not-declared", missing, SAID, files=files, flags=FIXED)
    wrong = usual.replace(b'boundary="b1"', b'boundary="another"')
    yield Case("boundary-declared-wrongly", wrong, SAID, files=files, flags=FIXED)
    blanks = usual.replace(b"--b1\r\n", b"--b1  \t\r\n")
    yield Case("blanks-after-boundary", blanks, SAID, files=files)
    prefix = top(multi(text_part(f"{SAID}\r\n--b1x is no boundary"), photo()))
    yield Case("line-that-begins-like-a-boundary", prefix, f"{SAID}\n--b1x is no boundary", files=files)
    middle = top(multi(text_part(f"{SAID} --b1"), photo()))
    yield Case("boundary-in-mid-line", middle, f"{SAID} --b1", files=files)
    longer = top(multi(multi(text_part(SAID), HTML, kind="alternative", boundary="b1-inner"), photo()))
    yield Case("inner-boundary-begins-like-the-outer", longer, SAID, files=files)
    same = top(multi(multi(text_part(SAID), kind="alternative"), photo()))
    yield Case("inner-and-outer-boundary-the-same", same, SAID, files=files)
    empty = top(multi(text_part(SAID), b"", photo()))
    yield Case("part-without-anything", empty, SAID, files=files)
    headless = top(multi(b"\r\n" + SAID.encode(), photo()))
    yield Case("part-without-header", headless, SAID, files=files, flags=("charset_guessed",))
    none = mail(SAID, 'Content-Type: multipart/mixed; boundary="b1"')
    yield Case("multipart-without-parts", none, SAID, flags=("charset_guessed", "mime_repaired"))
    coded = mail(lines64(multi(text_part(SAID), photo()).partition(b"\r\n\r\n")[2]),
                 'Content-Type: multipart/mixed; boundary="b1"', "Content-Transfer-Encoding: base64")  # fmt: skip
    yield Case("multipart-in-base64", coded, SAID, files=files, flags=FIXED)
    claimed = top(multi(text_part(SAID), photo()), "Content-Transfer-Encoding: base64")
    yield Case("multipart-only-labelled-base64", claimed, SAID, files=files)
    twice = usual.replace(b"MIME-Version: 1.0", b"MIME-Version: 1.0\r\nMIME-Version: 1.0")
    yield Case("mime-version-twice", twice, SAID, files=files)
    unversioned = usual.replace(b"MIME-Version: 1.0\r\n", b"")
    yield Case("no-mime-version", unversioned, SAID, files=files)


def alternatives() -> Iterator[Case]:
    """Which of two is shown."""

    def either(name: str, text: str, html: str, expected: str) -> Case:
        two = multi(text_part(text), part("text/html; charset=utf-8", html), kind="alternative")
        return Case(f"alternative-{name}", top(two), expected)

    yield either("both", SAID, f"<b>{SAID}</b>", SAID)
    yield either("plain-empty", " \r\n", f"<p>{SAID}</p><p>{MORE}</p>", f"{SAID}\n{MORE}")
    yield either("plain-excuse", "您的邮件客户端不支持HTML格式邮件，请使用其他客户端查看。", f"<p>{SAID}</p>", SAID)
    yield either("plain-excuse-english", "Your mail client does not support HTML messages.", f"<p>{SAID}</p>", SAID)
    yield either("plain-question-marks", "????????????????", f"<p>{SAID}</p>", SAID)
    yield either(
        "plain-about-html",
        f"贵局网站的HTML页面打不开。{SAID}",
        f"<p>贵局网站的HTML页面打不开。{SAID}</p>",
        f"贵局网站的HTML页面打不开。{SAID}",
    )
    yield either("html-empty", SAID, "<html><body></body></html>", SAID)
    turned = top(multi(HTML, text_part(SAID), kind="alternative"))
    yield Case("alternative-html-first", turned, SAID)
    only = top(multi(HTML, kind="alternative"))
    yield Case("alternative-html-only", only, SAID)
    excuse = top(multi(text_part("This is a multi-part message in MIME format."), kind="alternative"))
    yield Case("alternative-excuse-only", excuse, "This is a multi-part message in MIME format.")
    apple = multi(text_part(SAID), multi(HTML, photo(), kind="mixed", boundary="b2"), kind="alternative")
    yield Case("alternative-with-mixed-inside", top(apple), SAID, files=(jpg("a.jpg"),))
    picture = part("image/jpeg", lines64(PHOTO), "Content-Transfer-Encoding: base64", "Content-ID: <p1@x>")
    shown = part("text/html; charset=utf-8", f'<p>{SAID}</p><img src="cid:p1@x">')
    related = multi(text_part(SAID), multi(shown, picture, kind="related", boundary="b2"), kind="alternative")
    told = {"html_has": ['<img src="cid:p1@x">']}
    yield Case(
        "alternative-with-related-inside", top(related), SAID, files=(jpg("图片1.jpg", True, "p1@x"),), more=told
    )
    outer = multi(multi(text_part(SAID), shown, kind="alternative", boundary="b2"), picture, kind="related")
    yield Case("related-with-alternative-inside", top(outer), SAID, files=(jpg("图片1.jpg", True, "p1@x"),), more=told)
    amp = multi(text_part(SAID), part("text/x-amp-html", "<html amp4email></html>"), HTML, kind="alternative")
    yield Case("alternative-with-amp", top(amp), SAID, files=(["附件1.bin", "text/x-amp-html", 23, False, ""],))


def mixtures() -> Iterator[Case]:
    """Parts beside each other."""
    two = top(multi(text_part(SAID), photo(), text_part(MORE)))
    yield Case("text-file-text", two, f"{SAID}\n\n{MORE}", files=(jpg("a.jpg"),))
    charsets = top(multi(text_part(SAID, "gbk"), text_part(MORE, "utf-8")))
    yield Case("two-texts-two-charsets", charsets, f"{SAID}\n\n{MORE}")
    both = top(multi(text_part(SAID), part("text/html; charset=utf-8", f"<p>{MORE}</p>")))
    yield Case(
        "plain-and-html-mixed", both, f"{SAID}\n\n{MORE}", more={"html_has": [f"<pre>{SAID}</pre>", f"<p>{MORE}</p>"]}
    )
    unknown = top(multi(text_part(SAID), photo(), kind="x-unknown"))
    yield Case("unknown-multipart", unknown, SAID, files=(jpg("a.jpg"),))
    for name, kind in (("text", "text"), ("plain", "plain/text"), ("junk", "=?x?="), ("empty", "")):
        raw = mail(SAID, f"Content-Type: {kind}; charset=utf-8")
        yield Case(f"type-{name}", raw, SAID)
    short = mail(f"<p>{SAID}</p>", "Content-Type: html; charset=utf-8")
    yield Case("type-html", short, SAID, more={"html": f"<p>{SAID}</p>"})
    sniffed = mail(f"<html><body><p>{SAID}</p></body></html>", *plain())
    yield Case("html-labelled-plain", sniffed, SAID, more={"html": f"<p>{SAID}</p>"})
    bare = mail(f"{SAID}\r\n{MORE}", "Content-Type: text/html; charset=utf-8")
    yield Case("plain-labelled-html", bare, f"{SAID}\n{MORE}", more={"html": ""})
    flowed = "这一段话很长，被客户端 \r\n折成了两行。\r\n> 原来的 \r\n> 引文\r\n-- \r\n张三"
    raw = mail(flowed, "Content-Type: text/plain; charset=utf-8; format=flowed")
    yield Case("format-flowed", raw, "这一段话很长，被客户端 折成了两行。\n> 原来的 引文\n-- \n张三")
    raw = mail(flowed, "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes")
    yield Case("format-flowed-delsp", raw, "这一段话很长，被客户端折成了两行。\n> 原来的引文\n-- \n张三")
    raw = mail(" 空格开头\r\n >不是引文 ", "Content-Type: text/plain; charset=utf-8; format=flowed")
    yield Case("format-flowed-stuffed", raw, "空格开头\n>不是引文 ")
    rich = mail(f"<bold>{SAID}</bold>\n\n<nl>x <<y>", "Content-Type: text/enriched; charset=utf-8")
    yield Case("text-enriched", rich, f"{SAID}\n\nx <y>")


def messages() -> Iterator[Case]:
    """Messages in messages."""
    nested = top(multi(text_part("请看转发"), part("message/rfc822", inner())))
    yield Case("message-in-message", nested, f"请看转发\n\n{FORWARDED}")
    attached = top(
        multi(
            text_part("请看转发"), part("message/rfc822", inner(), 'Content-Disposition: attachment; filename="a.eml"')
        )
    )
    yield Case("message-attached", attached, f"请看转发\n\n{FORWARDED}")
    coded = part("message/rfc822", lines64(inner()), "Content-Transfer-Encoding: base64")
    yield Case("message-in-base64", top(multi(text_part("请看转发"), coded)), f"请看转发\n\n{FORWARDED}", flags=FIXED)
    head, _, tail = inner().partition(b"Content-Type: text/plain; charset=utf-8\r\n\r\n")
    with_file = head + multi(tail and text_part("楼道堆放杂物。"), photo('filename="b.jpg"'), boundary="b2")
    yield Case("message-with-a-file", top(multi(text_part("请看转发"), part("message/rfc822", with_file))),
               f"请看转发\n\n{FORWARDED}", files=(jpg("b.jpg"),))  # fmt: skip
    whole = mail(inner(), "Content-Type: message/rfc822")
    yield Case("message-is-all", whole, FORWARDED)
    digest = multi(b"\r\n" + inner(), b"\r\n" + inner(), kind="digest")
    yield Case("digest", top(digest), f"{FORWARDED}\n\n{FORWARDED}")
    file = part("application/octet-stream", lines64(inner()), "Content-Transfer-Encoding: base64",
                'Content-Disposition: attachment; filename="a.eml"')  # fmt: skip
    yield Case("message-as-a-file", top(multi(text_part(SAID), file)), SAID,
               files=(["a.eml", "message/rfc822", len(inner()), False, ""],))  # fmt: skip


def deep() -> Iterator[Case]:
    """Depth and number."""
    shell = b"Subject: x\r\nContent-Type: message/rfc822\r\n\r\n"
    innermost = shell + inner("最里面")
    shown = "-----转发的邮件-----\n主题: x"
    yield Case("message-five-deep", mail(shell * 3 + innermost, "Content-Type: message/rfc822"),
               f"{shown}\n\n{shown}\n\n{shown}",
               files=(["x.eml", "message/rfc822", len(innermost), False, ""],))  # fmt: skip
    entity = text_part(SAID)
    for level in range(15):
        entity = multi(entity, boundary=f"n{level}x")
    yield Case("multipart-15-deep", top(entity), SAID)
    for level in range(15, 30):
        entity = multi(entity, boundary=f"n{level}x")
    kept = text_part(SAID)
    for level in range(10):
        kept = multi(kept, boundary=f"n{level}x")
    size = len(kept.partition(b"\r\n\r\n")[2])
    yield Case("multipart-30-deep", top(entity), "", flags=("truncated",),
               files=(["附件1.bin", "multipart/mixed", size, False, ""],))  # fmt: skip
    many = multi(*(text_part(str(number)) for number in range(600)))
    yield Case("600-parts", top(many), "\n\n".join(str(number) for number in range(499)), flags=("truncated",))
