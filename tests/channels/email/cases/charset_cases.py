"""Charsets of bodies: declared, undeclared, lying, misspelt, cut, mixed."""

from __future__ import annotations

from collections.abc import Iterator

from tests.channels.email.cases.made import Case, html, lines64, mail, plain, qp

SAID = "您好，我住在海甸岛三东路，小区门口积水严重，出行不便，请有关部门处理。谢谢！"
TRADITIONAL = "您好，我住在三東路，社區門口積水嚴重，出行不便，請有關部門處理。謝謝！"
RARE = "反映㛃溪村䶮然路镕基巷的问题，费用€50。"
GUESSED, LIED, REPAIRED = ("charset_guessed",), ("charset_lied",), ("text_repaired",)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from labels()
    yield from lies()
    yield from others()
    yield from damaged()
    yield from transfers()


def _case(name: str, data: bytes, label: str, text: str = SAID, flags: tuple[str, ...] = ()) -> Case:
    return Case(f"charset-{name}", mail(data, *plain(label)), text, flags=flags)


def labels() -> Iterator[Case]:
    """Names of Chinese charsets."""
    for label in ("gb2312", "GBK", "gb18030", "GB_2312-80", "x-gbk", "cp936", "windows-936", "chinese", '"gb2312"'):
        yield _case(f"label-{label.lower().replace(chr(34), '-quote-')}", SAID.encode("gb18030"), label)
    yield _case("gb18030-under-gb2312", RARE.encode("gb18030"), "gb2312", RARE)
    yield _case("utf8", SAID.encode(), "UTF-8")
    yield _case("utf8-misspelt", SAID.encode(), "UTF8")
    yield _case("utf8-with-rubbish-behind", SAID.encode(), "utf-8?utf-8")
    yield _case("utf8-with-mark", b"\xef\xbb\xbf" + SAID.encode(), "utf-8")
    yield _case("rare-in-utf8", RARE.encode(), "utf-8", RARE)
    yield _case("hz", SAID.encode("hz"), "hz-gb-2312")
    yield _case("hz-short-name", SAID.encode("hz"), "HZ")


def lies() -> Iterator[Case]:
    """Labels that the bytes prove wrong."""
    gbk, utf8 = SAID.encode("gbk"), SAID.encode()
    yield _case("ascii-but-gbk", gbk, "us-ascii", flags=LIED)
    yield _case("ascii-but-utf8", utf8, "us-ascii", flags=LIED)
    yield _case("latin-but-gbk", gbk, "iso-8859-1", flags=LIED)
    yield _case("latin-but-utf8", utf8, "iso-8859-1", flags=LIED)
    yield _case("windows-1252-but-gbk", gbk, "windows-1252", flags=LIED)
    yield _case("utf8-but-gbk", gbk, "utf-8", flags=LIED)
    yield _case("gb2312-but-utf8", utf8, "gb2312", flags=LIED)
    yield _case("gbk-but-big5", TRADITIONAL.encode("big5"), "gbk", TRADITIONAL, LIED)
    yield _case("big5-but-utf8", TRADITIONAL.encode(), "big5", TRADITIONAL, LIED)
    yield _case(
        "utf16-but-ascii",
        b"Street lamp broken at 58 Jiefang Road",
        "utf-16",
        "Street lamp broken at 58 Jiefang Road",
        LIED,
    )
    yield _case("ascii-but-iso-2022-jp", "街灯の故障".encode("iso2022_jp"), "us-ascii", "街灯の故障", LIED)
    yield _case("latin-is-latin", "Café déjà fermé, garçon".encode("latin-1"), "iso-8859-1", "Café déjà fermé, garçon")


def others() -> Iterator[Case]:
    """No label, an unknown one, and the charsets of others."""
    for codec in ("utf-8", "gbk"):
        raw = mail(SAID.encode(codec))
        yield Case(f"charset-none-{codec}", raw, SAID, flags=GUESSED)
    yield Case("charset-none-big5", mail(TRADITIONAL.encode("big5")), TRADITIONAL, flags=GUESSED)
    yield Case("charset-none-short-gbk", mail("一".encode("gbk")), "一", flags=GUESSED)
    yield _case("unknown-gbk", SAID.encode("gbk"), "x-unknown", flags=GUESSED)
    yield _case("unknown-8bit", SAID.encode(), "unknown-8bit", flags=GUESSED)
    for codec in ("rot13", "zip", "base64", "idna", "unicode_escape", "punycode"):
        yield _case(f"no-charset-{codec}", SAID.encode(), codec, flags=GUESSED)
    yield _case("default", SAID.encode("gbk"), "default", flags=GUESSED)
    yield _case("big5", TRADITIONAL.encode("big5"), "big5", TRADITIONAL)
    hong_kong = "喺呢度嘅路燈壞咗，麻煩睇吓。"
    yield _case("big5-hkscs", hong_kong.encode("big5hkscs"), "big5", hong_kong)
    for label, codec, text in (
        ("iso-2022-jp", "iso2022_jp", "街灯が壊れています。"),
        ("iso-2022-jp", "iso2022_jp_2004", "①街灯の故障"),
        ("shift_jis", "shift_jis", "街灯が壊れています。"),
        ("euc-jp", "euc_jp", "街灯が壊れています。"),
        ("iso-2022-kr", "iso2022_kr", "가로등이 고장났습니다"),
        ("euc-kr", "euc_kr", "가로등이 고장났습니다"),
        ("ks_c_5601-1987", "cp949", "똠방각하 가로등"),
        ("koi8-r", "koi8_r", "Не горит фонарь на улице"),
        ("windows-1251", "cp1251", "Не горит фонарь на улице"),
        ("windows-1252", "cp1252", "“Lamp” – broken…"),
        ("windows-1254", "cp1254", "Sokak lambası yanmıyor"),
        ("tis-620", "tis_620", "ไฟถนนเสีย"),
        ("utf-7", "utf-7", SAID),
        ("utf-16", "utf-16", SAID),
        ("utf-16le", "utf-16-le", SAID),
        ("utf-16be", "utf-16-be", SAID),
        ("utf-32", "utf-32", SAID),
    ):
        name = codec if codec in ("iso2022_jp_2004", "utf-16-le", "utf-16-be") else label
        yield Case(f"charset-{name}", mail(lines64(text.encode(codec)), *plain(label, "base64")), text)
    wide = lines64(SAID.encode("utf-16-le"))
    yield Case("charset-utf-16-without-mark", mail(wide, *plain("utf-16", "base64")), SAID)
    chinese = b"\x1b$)A\x0e" + bytes(one & 0x7F for one in "路灯不亮".encode("gb2312")) + b"\x0f ok"
    yield Case("charset-iso-2022-cn", mail(chinese, *plain("iso-2022-cn", "7bit")), "路灯不亮 ok")
    meta = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head><body>'
    meta = f"{meta}{SAID}</body></html>"
    yield Case("charset-html-meta", mail(meta.encode("gbk"), "Content-Type: text/html"), SAID)
    short = f"<meta charset=big5><p>{TRADITIONAL}</p>"
    yield Case("charset-html-meta-big5", mail(short.encode("big5"), "Content-Type: text/html"), TRADITIONAL)
    wrong = f'<html><meta charset="gb2312"><body>{SAID}</body></html>'
    yield Case("charset-html-meta-wrong", html(wrong), SAID)


def damaged() -> Iterator[Case]:
    """Bytes that were lost."""
    yield _case("utf8-cut", SAID.encode()[:-1], "utf-8", SAID[:-1], REPAIRED)
    yield _case("gbk-cut", SAID.encode("gbk")[:-1], "gb2312", SAID[:-1], REPAIRED)
    data = SAID.encode()
    broken = data[:30] + b"\xff" + data[30:]
    yield _case("utf8-with-a-broken-byte", broken, "utf-8", f"{SAID[:10]}\ufffd{SAID[10:]}", REPAIRED)
    mixed = SAID.encode() + b"\r\n> " + "原文：路灯不亮".encode("gbk")
    yield _case("two-in-one", mixed, "utf-8", f"{SAID}\n> 原文：路灯不亮", ("charset_lied", "text_repaired"))
    nul = SAID.encode().replace("，".encode(), b"\x00\x01\x1b[31m")
    yield _case("controls", nul, "utf-8", SAID.replace("，", "[31m"))


def transfers() -> Iterator[Case]:
    """Transfer encodings."""
    data = SAID.encode()
    for number, name in enumerate(("base64", "BASE64", "base-64", "bsae64", "x-base64", "base64 (comment)"), 1):
        yield Case(f"transfer-base64-name-{number}", mail(lines64(data), *plain(encoding=name)), SAID)
    for number, name in enumerate(("quoted-printable", "Quoted-Printable", "quoted printable", "qp"), 1):
        yield Case(f"transfer-qp-name-{number}", mail(qp(SAID), *plain(encoding=name)), SAID)
    soft = qp(SAID).replace(b"=\r\n", b"= \t\r\n")
    yield Case("transfer-qp-blank-after-soft-break", mail(soft, *plain(encoding="quoted-printable")), SAID)
    bad = qp(SAID) + b"=ZZ 100%=\r\n=e5=a5=bd"
    yield Case("transfer-qp-broken", mail(bad, *plain(encoding="quoted-printable")), f"{SAID}=ZZ 100%好")
    fixed = ("mime_repaired",)
    rubbish = lines64(data).replace(b"\r\n", b"!\r\n*")
    yield Case("transfer-base64-with-rubbish", mail(rubbish, *plain(encoding="base64")), SAID)
    bare = lines64(data + b"\n").replace(b"=", b"").rstrip()
    yield Case(
        "transfer-base64-no-padding",
        mail(bare, *plain(encoding="base64")),
        SAID,
        flags=() if len(data) % 3 == 2 else fixed,
    )
    two = lines64(data + b"\n") + lines64(data)
    yield Case("transfer-base64-twice", mail(two, *plain(encoding="base64")), f"{SAID}\n{SAID}", flags=fixed)
    footer = lines64(data + b" ") + b"\r\n-- \r\nThis list is run by volunteers\r\n"
    yield Case("transfer-base64-with-a-footer", mail(footer, *plain(encoding="base64")), f"{SAID} ", flags=fixed)
    yield Case("transfer-base64-that-is-plain", mail(data, *plain(encoding="base64")), SAID, flags=fixed)
    hidden = mail(lines64((SAID * 3).encode()), *plain(encoding="x-who-knows"))
    yield Case("transfer-unknown-but-base64", hidden, SAID * 3, flags=fixed)
    yield Case("transfer-unknown-and-plain", mail(data, *plain(encoding="plaintext")), SAID, flags=fixed)
    yield Case("transfer-8bit-under-7bit", mail(data, *plain(encoding="7bit")), SAID)
    yield Case("transfer-none", mail(data, "Content-Type: text/plain; charset=utf-8"), SAID)
