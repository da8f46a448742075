"""winmail.dat: what Outlook wraps mails and their files in (MS-OXTNEF). Names, files, and the body's words.

A stream of attributes (level, id, length, data, checksum); checksums are not looked at, because a wrong one is no
reason to lose a file. A stream that is cut gives what came before the cut.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.channels.email.charsets import Charsets
from gateway.channels.email.mail import MailFile
from gateway.channels.email.rtf import decompressed, text_of_rtf
from gateway.channels.email.texts import clean_text, file_name

SIGNATURE = b"\x78\x9f\x3e\x22"
_MOST_FILES, _MOST_PROPERTIES, _MOST_VALUES = 200, 2000, 100

_SUBJECT, _BODY, _TITLE, _DATA = 0x8004, 0x800C, 0x8010, 0x800F
_REND, _PROPS, _FILE_PROPS, _CODEPAGE = 0x9002, 0x9003, 0x9005, 0x9007
_LONG_NAME, _SHORT_NAME, _SHOWN_NAME = 0x3707, 0x3704, 0x3001
_FILE_DATA, _MIME, _CONTENT_ID = 0x3701, 0x370E, 0x3712
_TEXT, _HTML, _RTF, _PROPERTY_SUBJECT = 0x1000, 0x1013, 0x1009, 0x0037
_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_NARROW, _WIDE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_EMBEDDED = bytes.fromhex("0703020000000000c000000000000046")


@dataclass(slots=True)
class _File:
    title: bytes = b""
    data: bytes = b""
    props: dict[int, tuple[int, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Winmail:
    """What was inside. ``html`` is not safe yet; ``whole`` is False when the stream is cut or odd."""

    subject: str = ""
    text: str = ""
    html: str = ""
    files: tuple[MailFile, ...] = ()
    whole: bool = True


def is_tnef(data: bytes) -> bool:
    """By its signature."""
    return data.startswith(SIGNATURE)


def read_tnef(data: bytes, charsets: Charsets, depth: int = 0) -> Winmail:
    """Everything that can be told of a TNEF stream. Never raises."""
    if not is_tnef(data):
        return Winmail(whole=False)
    codepage, subject, body = "", b"", b""
    props: dict[int, tuple[int, bytes]] = {}
    files: list[_File] = []
    stream = tuple(_attributes(data))
    for name, value, _ in stream:
        if name == _CODEPAGE and len(value) >= 4:
            codepage = f"cp{int.from_bytes(value[:4], 'little')}"
        elif name == _SUBJECT:
            subject = value
        elif name == _BODY:
            body = value
        elif name == _PROPS:
            props = _properties(value)
        elif name == _REND and len(files) < _MOST_FILES:
            files.append(_File())
        elif files:
            _attach(files[-1], name, value)
    text, html = _body(body, props, codepage, charsets)
    title = _string(props.get(_PROPERTY_SUBJECT), codepage, charsets) or _narrow(subject, codepage, charsets)
    kept = tuple(one for file in files for one in _files(file, codepage, charsets, depth))
    return Winmail(title, clean_text(text), html, kept, bool(stream) and stream[-1][2] == len(data))


def _attributes(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The lower half of each attribute's id, its data, and where it ends."""
    at = 6  # signature and key
    while at + 9 <= len(data):
        name, length = struct.unpack_from("<II", data, at + 1)
        begin, at = at + 9, at + 9 + length + 2
        yield name & 0xFFFF, data[begin : begin + length], at


def _attach(file: _File, name: int, value: bytes) -> None:
    if name == _TITLE:
        file.title = value
    elif name == _DATA:
        file.data = value
    elif name == _FILE_PROPS:
        file.props = _properties(value)


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """MAPI properties by id: their type and first value. What follows something unknown cannot be found any more."""
    found: dict[int, tuple[int, bytes]] = {}
    try:
        count, at = min(int.from_bytes(data[:4], "little"), _MOST_PROPERTIES), 4
        for _ in range(count):
            kind, name = struct.unpack_from("<HH", data, at)
            at = _named(data, at + 4) if name >= 0x8000 else at + 4
            value, at = _value(data, at, kind)
            found.setdefault(name, (kind & ~0x1000, value))
    except (struct.error, KeyError):
        return found
    return found


def _named(data: bytes, at: int) -> int:
    """Where the value of a named property begins."""
    kind, length = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (length + 3) // 4 * 4 if kind else at + 24


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    """The first value of a property and where it ends. Raises KeyError for an unknown type."""
    base, count = kind & ~0x1000, 1
    if base in _SIZES and not kind & 0x1000:
        return data[at : at + _SIZES[base]], at + _SIZES[base]
    (count,) = struct.unpack_from("<I", data, at)
    at, first = at + 4, b""
    if base in _SIZES:
        return data[at : at + _SIZES[base]], at + min(count, 65_536) * _SIZES[base]
    if base not in (_NARROW, _WIDE, _OBJECT, _BINARY):
        raise KeyError(kind)
    for number in range(min(count, _MOST_VALUES)):
        (length,) = struct.unpack_from("<I", data, at)
        first = first if number else data[at + 4 : at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
    return first, at


def _string(value: tuple[int, bytes] | None, codepage: str, charsets: Charsets) -> str:
    if value is None:
        return ""
    kind, data = value
    if kind == _WIDE:
        return data.decode("utf-16-le", "replace").rstrip("\0")
    return _narrow(data, codepage, charsets)


def _narrow(data: bytes, codepage: str, charsets: Charsets) -> str:
    return charsets.decode(data.rstrip(b"\0"), codepage)


def _body(body: bytes, props: dict[int, tuple[int, bytes]], codepage: str, charsets: Charsets) -> tuple[str, str]:
    text = _string(props.get(_TEXT), codepage, charsets) or _narrow(body, codepage, charsets)
    html = props.get(_HTML)
    markup = _string(html, "", charsets) if html else ""
    if not text.strip() and not markup and _RTF in props:
        text = text_of_rtf(decompressed(props[_RTF][1]))
    return text, markup


def _files(file: _File, codepage: str, charsets: Charsets, depth: int) -> Iterator[MailFile]:
    """The file; of an embedded message its files, and its words as one."""
    props = file.props
    kind, data = props.get(_FILE_DATA, (_BINARY, file.data))
    name = (
        _string(props.get(_LONG_NAME), codepage, charsets) or _narrow(file.title, codepage, charsets)
        or _string(props.get(_SHORT_NAME), codepage, charsets) or _string(props.get(_SHOWN_NAME), codepage, charsets)
    )  # fmt: skip
    if kind == _OBJECT and data.startswith(_EMBEDDED) and depth < 3:
        inner = read_tnef(data[16:], charsets, depth + 1)
        yield MailFile(file_name(f"{inner.subject or name}.txt"), "text/plain", inner.text.encode("utf-8", "replace"))
        yield from inner.files
        return
    mime = _string(props.get(_MIME), codepage, charsets).strip().lower() or "application/octet-stream"
    content_id = _string(props.get(_CONTENT_ID), codepage, charsets).strip("<> ")
    yield MailFile(file_name(name), mime, data, content_id[:200])
