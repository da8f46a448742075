"""A mail of ours as bytes. Pure, and safe by construction: a header's value is either made of a fixed alphabet here or
written as encoded words (RFC 2047) of UTF-8, so nothing that a citizen or an agent wrote can end a line or begin a
header; the body is base64. The standard library's folding is not used for that, because it reads encoded words that
somebody wrote into a subject as if they were ours. With files it is multipart/mixed (RFC 2046 section 5.1.3), the text
first; their names go as RFC 2231 wants them and, for programs that do not know it, as encoded words.

Threading (RFC 5322 section 3.6.4): In-Reply-To names the mail that is answered, References its ancestors and itself.
Automatic mails say so (RFC 3834), so that other machines do not answer. All mails ask Exchange for no out-of-office
notes and receipts (X-Auto-Response-Suppress), but not for All: that would also stop the reports of mail that could not
be delivered, which we want (MS-OXCMAIL section 2.1.3.2.4).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Literal
from urllib.parse import quote

from gateway.channels.port import Permanent

Automatic = Literal["", "auto-replied", "auto-generated"]

LONGEST_SUBJECT = 200
_MOST_REFERENCES = 20
_ENCODED_WORD = 39
"""Octets in an encoded word: with ``Subject: `` before it a line stays under 76 characters (RFC 2047 section 2)."""

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ,.:()\[\]/-]{0,50}[A-Za-z0-9.)\]])?")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ]{0,50}[A-Za-z0-9])?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BODY_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINE_END = re.compile(r"\r\n?")
_ID = re.compile(r"[!-;=?-~]{1,900}")
_LINE = re.compile(rb"(?:[A-Za-z-]+: |[ \t])[ -~]{0,980}")

_NO_NAME = re.compile(r"[\"<>/\\|?*:]")
"""What cannot be in a file's name on the receivers' machines."""
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,80}/[a-z0-9][a-z0-9.+-]{0,80}")

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes with a mail. ``content_type`` is type/subtype in lower case."""

    name: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. Addresses are deliverable ones, Message-IDs stand without brackets, ``reply_to`` "" for none;
    ``date`` knows its zone. ``references`` are oldest first."""

    sender: str
    name: str
    recipient: str
    subject: str
    text: str
    message_id: str
    date: datetime
    reply_to: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    automatic: Automatic = ""
    enclosed: Sequence[Enclosed] = ()


def compose(letter: Letter) -> bytes:
    """The mail, 7-bit, with CRLF. Raises ValueError for an address, Message-ID or content type that is none."""
    text = _base64(_body(letter.text).replace("\n", "\r\n").encode())
    if not letter.enclosed:
        return _part([*_headers(letter), ("MIME-Version", "1.0"), *_TEXT], text)
    # base64 has no "=_" in it, so no content can look like the boundary (RFC 2045 section 6.7)
    boundary = f"=_{hashlib.sha256(letter.message_id.encode()).hexdigest()[:40]}"
    parts = [_part(_TEXT, text), *(_part([*_file_headers(one)], _base64(one.body)) for one in letter.enclosed)]
    head = [*_headers(letter), ("MIME-Version", "1.0"), ("Content-Type", f'multipart/mixed;\r\n boundary="{boundary}"')]
    body = b"".join(b"--%s\r\n%s" % (boundary.encode(), part) for part in parts)
    return _part(head, b"%s--%s--\r\n" % (body, boundary.encode()))


_TEXT = (("Content-Type", 'text/plain; charset="utf-8"'), ("Content-Transfer-Encoding", "base64"))


def _part(headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    return b"".join((b"\r\n".join(_checked(name, value) for name, value in headers), b"\r\n\r\n", body))


def _base64(body: bytes) -> bytes:
    return base64.encodebytes(body).replace(b"\n", b"\r\n")


def _file_headers(one: Enclosed) -> Iterator[tuple[str, str]]:
    if not _TYPE.fullmatch(one.content_type):
        raise ValueError("not a content type")
    name = _NO_NAME.sub("_", _utf8(" ".join(_CONTROLS.sub(" ", one.name).split())))[:100].strip() or "file"
    plain = name if re.fullmatch(r"[A-Za-z0-9._ -]{1,60}", name) else _words(name, _PLAIN_NAME)
    yield "Content-Type", f'{one.content_type};\r\n name="{plain}"'
    yield "Content-Transfer-Encoding", "base64"
    # the whole name in one line of up to 900 octets: the numbered pieces of RFC 2231 are what clients here fail to read
    yield "Content-Disposition", f"attachment;\r\n filename*=UTF-8''{quote(name, safe='')}"


def deliverable(address: str) -> str:
    """The address as SMTP takes it: ASCII, the domain by IDNA. Raises Permanent with words for agents."""
    local, _, domain = address.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    labels = ascii_domain.split(".")
    if not local.isascii():
        raise Permanent("邮箱地址的 @ 前有非英文字符，暂不能发送 / the address is not in ASCII before the @")
    if len(local) > 64 or not _LOCAL.fullmatch(local) or len(ascii_domain) > 253 or len(labels) < 2:
        raise Permanent("邮箱地址不能用于发信 / mail cannot be sent to this address")
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdecimal():
        raise Permanent("邮箱地址不能用于发信 / mail cannot be sent to this address")
    return f"{local}@{ascii_domain}"


def subject_of(title: str, ticket_no: str, *, answers: bool) -> str:
    """``Re: 路灯不亮 [460000-20261121-0000001]``: the citizen's subject with the ticket's number, once."""
    number = f" [{ticket_no}]" if ticket_no else ""
    words = bare_title(title)[: LONGEST_SUBJECT - len(number) - 4] or "12345热线答复"
    return f"{'Re: ' if answers else ''}{words}{number}"


_NUMBER = re.compile(r"\s*\[[0-9]{6}-[0-9]{8}-[0-9]{7}\]")


def bare_title(title: str) -> str:
    """A subject on one line without the ticket numbers that we have put into it."""
    return " ".join(_NUMBER.sub("", _CONTROLS.sub(" ", title)).split())


def is_message_id(text: str) -> bool:
    """True for what can stand in brackets in our headers."""
    return _ID.fullmatch(text) is not None


# -- headers -----------------------------------------------------------------------------------------------------------


def _headers(letter: Letter) -> Iterator[tuple[str, str]]:
    yield "Date", format_datetime(letter.date)
    yield "From", f"{_name(letter.name)}<{_address(letter.sender)}>"
    yield "To", f"<{_address(letter.recipient)}>"
    if letter.reply_to:
        yield "Reply-To", f"{_name(letter.name)}<{_address(letter.reply_to)}>"
    yield "Subject", _words(letter.subject, _PLAIN)
    yield "Message-ID", f"<{_id(letter.message_id)}>"
    if letter.in_reply_to:
        yield "In-Reply-To", f"<{_id(letter.in_reply_to)}>"
        older = [one for one in letter.references if is_message_id(one) and one != letter.in_reply_to]
        chain = dict.fromkeys((*older[-_MOST_REFERENCES:], letter.in_reply_to))
        yield "References", "\r\n ".join(f"<{one}>" for one in chain)
    yield "X-Loop", letter.sender
    yield "X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"
    if letter.automatic:
        yield "Auto-Submitted", letter.automatic
        yield "Precedence", "auto_reply"


def _checked(name: str, value: str) -> bytes:
    header = f"{name}: {value}".encode("ascii")
    if not all(_LINE.fullmatch(line) for line in header.split(b"\r\n")):
        raise ValueError(f"{name} cannot be written")
    return header


def _address(address: str) -> str:
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        raise ValueError("not an address")
    return address


def _id(text: str) -> str:
    if not is_message_id(text):
        raise ValueError("not a Message-ID")
    return text


def _name(name: str) -> str:
    words = _words(name, _PLAIN_NAME)
    return words and words + ("\r\n " if words.startswith("=?") else " ")


def _words(text: str, plain: re.Pattern[str]) -> str:
    """As it is when it is plain and short, else in encoded words, each of whole characters."""
    text = _utf8(" ".join(_CONTROLS.sub(" ", text).split()))
    if not text or plain.fullmatch(text):
        return text
    pieces: list[bytes] = [b""]
    for character in text:
        octets = character.encode()
        if len(pieces[-1]) + len(octets) > _ENCODED_WORD:
            pieces.append(b"")
        pieces[-1] += octets
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(piece).decode()}?=" for piece in pieces)


def _body(text: str) -> str:
    """LF at line ends, no controls, and a line end at the end."""
    return _BODY_CONTROLS.sub("", _LINE_END.sub("\n", _utf8(text))).rstrip("\n") + "\n"


def _utf8(text: str) -> str:
    """Without lone surrogates, which no encoding carries."""
    return text.encode("utf-8", "replace").decode()
