"""Files: their names in every spelling, their encodings, inline pictures, uuencode, winmail.dat."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from urllib.parse import quote

from tests.channels.email.cases.made import (
    PDF,
    PHOTO,
    Case,
    b64,
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

SAID = "附上现场照片，请查收。"
NAME = "现场照片.jpg"


def cases() -> Iterator[Case]:
    """All of them."""
    yield from names()
    yield from kinds()
    yield from written_into_text()
    yield from winmail()


def _named(name: str, disposition: str | bytes, expected: str, *flags: str) -> Case:
    field = disposition if isinstance(disposition, bytes) else disposition.encode()
    body = part(
        "image/jpeg", lines64(PHOTO), "Content-Transfer-Encoding: base64", b"Content-Disposition: attachment; " + field
    )
    return Case(f"name-{name}", top(multi(text_part(SAID), body)), SAID, files=(jpg(expected),), flags=flags)


def names() -> Iterator[Case]:
    """File names."""
    repaired = "header_repaired"
    yield _named("rfc2231", f"filename*=utf-8''{quote(NAME)}", NAME)
    yield _named("rfc2231-gbk", f"filename*=gb2312''{quote(NAME.encode('gbk'))}", NAME)
    yield _named("rfc2231-language", f"filename*=utf-8'zh-cn'{quote(NAME)}", NAME)
    coded = quote(NAME)
    percent = f"filename*0*=utf-8''{coded[:16]};\r\n filename*1*={coded[16:]}"
    yield _named("rfc2231-split-inside-a-percent-sign", percent, NAME)
    pieces = f"filename*0*=utf-8''{coded[:15]};\r\n filename*1*={coded[15:]}"
    yield _named("rfc2231-split-inside-a-character", pieces, NAME)
    turned = f"filename*1*={coded[18:]};\r\n filename*0*=utf-8''{coded[:18]}"
    yield _named("rfc2231-out-of-order", turned, NAME)
    mixed = "filename*0*=utf-8''%E7%85%A7; filename*1=\"pian\"; filename*2=.jpg"
    yield _named("rfc2231-mixed-pieces", mixed, "照pian.jpg")
    yield _named("rfc2231-in-quotes", f"filename*=\"utf-8''{coded}\"", NAME)
    yield _named("rfc2231-without-charset", f"filename*={coded}", NAME, "charset_guessed")
    yield _named("rfc2231-and-plain", f"filename=\"?.jpg\"; filename*=utf-8''{coded}", NAME)
    yield _named("rfc2047-in-quotes", f'filename="{word(NAME)}"', NAME, repaired)
    yield _named("rfc2047-gb2312", f'filename="{word(NAME, "gb2312")}"', NAME, repaired)
    yield _named("rfc2047-bare", f"filename={word(NAME)}", NAME, repaired)
    data = NAME.encode()
    folded = f'filename="=?utf-8?B?{b64(data[:9])}?=\r\n =?utf-8?B?{b64(data[9:])}?="'
    yield _named("rfc2047-folded", folded, NAME, repaired)
    cut = f'filename="=?utf-8?B?{b64(data[:8])}?= =?utf-8?B?{b64(data[8:])}?="'
    yield _named("rfc2047-split-inside-a-character", cut, NAME, repaired)
    yield _named("raw-utf8", f'filename="{NAME}"', NAME)
    yield _named("raw-gbk", b'filename="' + NAME.encode("gbk") + b'"', NAME, repaired, "charset_guessed")
    yield _named("percent-without-mark", f'filename="{coded}"', NAME)
    yield _named("blanks-without-quotes", "filename=my photo (1).jpg", "my photo (1).jpg")
    yield _named("semicolon-in-quotes", 'filename="a;b.jpg"', "a;b.jpg")
    yield _named("quote-never-closed", 'filename="a.jpg', "a.jpg")
    yield _named("windows-path", 'filename="C:\\Users\\zhang\\照片.jpg"', "照片.jpg")
    yield _named("path-upwards", 'filename="../../etc/passwd.jpg"', "passwd.jpg")
    yield _named("bidi-override", "filename*=utf-8''%E2%80%AEgpj.exe.jpg", "gpj.exe.jpg")
    yield _named("controls", "filename*=utf-8''a%00%0Ab%1F.jpg", "a b.jpg")
    yield _named("forbidden-signs", 'filename="a:b?c*.jpg"', "a_b_c_.jpg")
    yield _named("only-dots", 'filename=".."', "图片1.jpg")
    yield _named("none", "size=10", "图片1.jpg")
    yield _named("very-long", f"filename*=utf-8''{quote('长' * 200)}.jpg", "长" * 116 + ".jpg")
    twice = 'filename="first.jpg"; filename="second.jpg"'
    yield _named("twice", twice, "first.jpg")
    typed = part(f'image/jpeg; name="{word(NAME)}"', lines64(PHOTO), "Content-Transfer-Encoding: base64")
    yield Case("name-in-content-type", top(multi(text_part(SAID), typed)), SAID, files=(jpg(NAME),), flags=(repaired,))


def kinds() -> Iterator[Case]:
    """What is a file and of which type."""
    document = part("application/octet-stream", lines64(PDF), "Content-Transfer-Encoding: base64",
                    'Content-Disposition: attachment; filename="a.pdf"')  # fmt: skip
    yield Case("file-type-by-name", top(multi(text_part(SAID), document)), SAID,
               files=(["a.pdf", "application/pdf", len(PDF), False, ""],))  # fmt: skip
    text = part("text/plain; charset=gbk", "一二".encode("gbk"), 'Content-Disposition: attachment; filename="a.txt"')
    yield Case("file-of-text", top(multi(text_part(SAID), text)), SAID, files=(["a.txt", "text/plain", 4, False, ""],))
    inline = part('text/plain; name="a.txt"', "x", "Content-Disposition: inline")
    yield Case(
        "file-of-text-inline", top(multi(text_part(SAID), inline)), SAID, files=(["a.txt", "text/plain", 1, False, ""],)
    )
    shown = photo('filename="a.jpg"').replace(b"attachment", b"inline")
    yield Case("picture-inline", top(multi(text_part(SAID), shown)), SAID, files=(jpg("a.jpg", True),))
    whole = mail(lines64(PHOTO), "Content-Type: image/jpeg; name=a.jpg", "Content-Transfer-Encoding: base64")
    yield Case("file-is-all", whole, "", files=(jpg("a.jpg"),))
    named = mail(SAID, 'Content-Type: text/plain; charset=utf-8; name="mail.txt"', "Content-Disposition: inline")
    yield Case("text-with-a-name-is-all", named, SAID)
    empty = photo(body=b"")
    yield Case("file-empty", top(multi(text_part(SAID), empty)), SAID, files=(jpg("a.jpg", size=0),))
    both = top(multi(text_part(SAID), photo(), photo()))
    yield Case("two-files-of-one-name", both, SAID, files=(jpg("a.jpg"), jpg("a.jpg")))
    odd = part(
        "image",
        lines64(PHOTO),
        "Content-Transfer-Encoding: base64",
        'Content-Disposition: attachment; filename="a.jpg"',
    )
    yield Case(
        "file-of-half-a-type",
        top(multi(text_part(SAID), odd)),
        SAID,
        files=(["a.jpg", "text/plain", len(PHOTO), False, ""],),
    )
    block = b"begin 644 a.jpg\r\n" + _uu(PHOTO) + b"end\r\n"
    coded = part("image/jpeg", block, "Content-Transfer-Encoding: x-uuencode",
                 'Content-Disposition: attachment; filename="a.jpg"')  # fmt: skip
    yield Case("file-in-uuencode", top(multi(text_part(SAID), coded)), SAID, files=(jpg("a.jpg"),))
    fork = multi(part("application/applefile", b"\0\5\26\7"), photo(), kind="appledouble", boundary="b2")
    yield Case("file-of-a-macintosh", top(multi(text_part(SAID), fork)), SAID, files=(jpg("a.jpg"),))
    far = part('message/external-body; access-type=URL; URL="https://f.example/a"', "Content-Type: image/jpeg\r\n\r\n")
    told = f"{SAID}\n\n（附件在别处：access-type=URL，url=https://f.example/a / a file kept elsewhere）"
    yield Case("file-elsewhere", top(multi(text_part(SAID), far)), told)


def _uu(data: bytes) -> bytes:
    import binascii

    return (
        b"".join(binascii.b2a_uu(data[at : at + 45]).replace(b"\n", b"\r\n") for at in range(0, len(data), 45))
        + b"`\r\n"
    )


def written_into_text() -> Iterator[Case]:
    """uuencode in a plain text."""
    block = b"begin 644 " + NAME.encode("gbk") + b"\r\n" + _uu(PHOTO) + b"end\r\n"
    raw = mail(SAID.encode("gbk") + b"\r\n\r\n" + block + "谢谢".encode("gbk"), *plain("gb2312"))
    yield Case("uuencode-in-text", raw, f"{SAID}\n\n\n谢谢", files=(jpg(NAME),), flags=("header_repaired",))
    words = f"{SAID}\r\nbegin 644 this is no file\r\nat all\r\nend\r\n"
    yield Case("begin-that-is-only-a-word", mail(words, *plain()), f"{SAID}\nbegin 644 this is no file\nat all\nend")


def _attribute(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _property(kind: int, name: int, data: bytes) -> bytes:
    if kind in (0x1E, 0x1F, 0x102):
        return struct.pack("<HHII", kind, name, 1, len(data)) + data + bytes(-len(data) % 4)
    return struct.pack("<HH", kind, name) + data


def _properties(*all_of_them: bytes) -> bytes:
    return struct.pack("<I", len(all_of_them)) + b"".join(all_of_them)


def tnef(*attributes: bytes) -> bytes:
    """A winmail.dat."""
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


CODEPAGE = _attribute(1, 0x00069007, struct.pack("<II", 936, 0))
RENDER = _attribute(2, 0x00069002, bytes(14))


def winmail() -> Iterator[Case]:
    """winmail.dat of Outlook."""

    def wrapped(data: bytes, text: bytes | None = None) -> bytes:
        body = part("application/ms-tnef; name=winmail.dat", lines64(data), "Content-Transfer-Encoding: base64")
        return top(multi(*([text] if text is not None else []), body))

    long_name = _property(0x1F, 0x3707, f"{NAME}\0".encode("utf-16-le"))
    file = RENDER + _attribute(2, 0x00018010, b"XIANCH~1.JPG\0") + _attribute(2, 0x0006800F, PHOTO) + _attribute(
        2, 0x00069005, _properties(long_name, _property(0x1E, 0x370E, b"image/jpeg\0"))
    )  # fmt: skip
    yield Case("winmail-with-a-file", wrapped(tnef(CODEPAGE, file), text_part(SAID)), SAID, files=(jpg(NAME),))
    short = RENDER + _attribute(2, 0x00018010, NAME.encode("gbk") + b"\0") + _attribute(2, 0x0006800F, PHOTO)
    kept = [NAME, "application/octet-stream", len(PHOTO), False, ""]
    yield Case("winmail-with-a-gbk-name", wrapped(tnef(CODEPAGE, short), text_part(SAID)), SAID, files=(kept,))
    body = _attribute(1, 0x0002800C, SAID.encode("gbk") + b"\0")
    yield Case("winmail-with-the-text", wrapped(tnef(CODEPAGE, body)), SAID)
    html = _attribute(1, 0x00069003, _properties(_property(0x102, 0x1013, f"<p>{SAID}</p>".encode())))
    yield Case(
        "winmail-with-html", wrapped(tnef(html)), SAID, flags=("charset_guessed",), more={"html": f"<p>{SAID}</p>"}
    )
    signs = "".join(f"\\'{one:02x}" for one in SAID.encode("gbk"))
    rtf = (
        f"{{\\rtf1\\ansi\\ansicpg936{{\\fonttbl{{\\f0 x;}}}}\\pard {signs}\\par \\u35874?\\u-10179?\\u-8704?}}".encode()
    )
    plain_rtf = struct.pack("<II", len(rtf) + 12, len(rtf)) + b"MELA" + bytes(4) + rtf
    prop = _attribute(1, 0x00069003, _properties(_property(0x102, 0x1009, plain_rtf)))
    yield Case("winmail-with-rtf", wrapped(tnef(prop)), f"{SAID}\n谢😀")
    packed = _attribute(1, 0x00069003, _properties(_property(0x102, 0x1009, HELLO_RTF)))
    yield Case("winmail-with-packed-rtf", wrapped(tnef(packed)), "hello world")
    cut = tnef(CODEPAGE, file)[:-30]
    cut_files = ([NAME, "application/octet-stream", len(PHOTO), False, ""],)
    yield Case("winmail-cut", wrapped(cut, text_part(SAID)), SAID, files=cut_files, flags=("mime_repaired",))
    none = wrapped(b"no tnef at all", text_part(SAID))
    yield Case("winmail-that-is-none", none, SAID, files=(["winmail.dat", "application/ms-tnef", 14, False, ""],))
    unlabelled = part(
        "application/octet-stream; name=winmail.dat", lines64(tnef(CODEPAGE, file)), "Content-Transfer-Encoding: base64"
    )
    yield Case("winmail-by-name", top(multi(text_part(SAID), unlabelled)), SAID, files=(jpg(NAME),))


HELLO_RTF = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
"""The example of MS-OXRTFCP, 4.1.1: ``{\\rtf1\\ansi\\ansicpg1252\\pard hello world}``."""
