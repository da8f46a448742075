"""Tools to write mails by hand, byte by byte: nothing here repairs or refuses what a mail program should not send."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FROM = 'From: "=?utf-8?B?5byg5LiJ?=" <citizen@example.cn>'
SENDER = ["citizen@example.cn", "张三"]
DATE = "Fri, 01 Mar 2024 15:04:05 +0800"
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(200)) + b"\xff\xd9"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@dataclass(frozen=True)
class Case:
    """A mail and what must be read of it. ``expected`` holds only what the case is about beside the text."""

    name: str
    raw: bytes
    text: str
    subject: str = "路灯不亮"
    sender: Sequence[str] = tuple(SENDER)
    files: Sequence[Sequence[Any]] = ()
    flags: Sequence[str] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


def b64(data: bytes | str) -> str:
    """Base64 on one line."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def lines64(data: bytes) -> bytes:
    """Base64 on lines of 76."""
    text = base64.b64encode(data)
    return b"\r\n".join(text[at : at + 76] for at in range(0, len(text), 76)) + b"\r\n"


def qp(text: str, charset: str = "utf-8") -> bytes:
    """Quoted-printable on short lines."""
    return binascii.b2a_qp(text.encode(charset)).replace(b"\n", b"\r\n")


def word(text: str, charset: str = "utf-8", kind: str = "B") -> str:
    """An encoded word."""
    data = text.encode(charset.partition("*")[0])
    body = b64(data) if kind in "Bb" else "".join(f"={one:02X}" for one in data)
    return f"=?{charset}?{kind}?{body}?="


def mail(
    body: bytes | str, *fields: str | bytes, subject: str | bytes | None = None, sender: str | bytes = FROM
) -> bytes:
    """A mail with the usual fields and the given ones; CRLF everywhere in the header."""
    if subject is None:
        subject = f"Subject: {word('路灯不亮')}"
    head = [sender, "To: 12345@hotline.example.cn", subject, f"Date: {DATE}", "Message-ID: <m1@example.cn>", *fields]
    block = b"\r\n".join(one.encode() if isinstance(one, str) else one for one in head if one)
    return block + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body)


def plain(charset: str = "utf-8", encoding: str = "8bit") -> tuple[str, ...]:
    """The fields of a plain text."""
    return "MIME-Version: 1.0", f"Content-Type: text/plain; charset={charset}", f"Content-Transfer-Encoding: {encoding}"


def html(source: str | bytes, charset: str = "utf-8") -> bytes:
    """A mail of HTML alone."""
    body = source.encode(charset) if isinstance(source, str) else source
    return mail(body, "MIME-Version: 1.0", f"Content-Type: text/html; charset={charset}")


def part(kind: str, body: bytes | str, *fields: str | bytes) -> bytes:
    """One part of a multipart, without its delimiter."""
    head = [f"Content-Type: {kind}" if kind else "", *fields]
    block = b"".join((one.encode() if isinstance(one, str) else one) + b"\r\n" for one in head if one)
    return block + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def multi(*parts: bytes, kind: str = "mixed", boundary: str = "b1", params: str = "", end: bool = True) -> bytes:
    """A multipart part: its Content-Type field and body, to be put into another one or after ``top``."""
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + one + b"\r\n" for one in parts)
    tail = b"--" + boundary.encode() + b"--\r\n" if end else b""
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"{params}\r\n\r\n'.encode() + body + tail


def top(entity: bytes, *fields: str | bytes, **others: Any) -> bytes:
    """A mail whose content is an entity with its own Content-Type."""
    head, _, body = entity.partition(b"\r\n\r\n")
    return mail(body, *fields, "MIME-Version: 1.0", head, **others)


def photo(name: str = 'filename="a.jpg"', *fields: str, body: bytes = PHOTO) -> bytes:
    """A picture as an attachment."""
    return part(
        "image/jpeg",
        lines64(body),
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment; {name}",
        *fields,
    )


def text_part(text: str, charset: str = "utf-8") -> bytes:
    """A plain text in its charset, as it is."""
    return part(f"text/plain; charset={charset}", text.encode(charset), "Content-Transfer-Encoding: 8bit")


def jpg(name: str, inline: bool = False, content_id: str = "", size: int = len(PHOTO)) -> list[Any]:
    """The expected picture."""
    return [name, "image/jpeg", size, inline, content_id]
