"""A generic gateway's messages and reports by the names that the configuration gives. Never raises.

The coding is what the gateway states, never guessed: text in its charset, or octets with the format field that its
value stands for. Parts of a long message keep their octets, to be joined before they are decoded; a part that came as
text is given on as UCS-2, which holds every text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from gateway.channels.sms import coding as codes
from gateway.channels.sms import udh
from gateway.channels.sms.byhttp.door import Pieces, unreadable
from gateway.channels.sms.byhttp.times import moment
from gateway.channels.sms.http.config import HttpSms
from gateway.channels.sms.http.wire import Carried, Value, header_octets, octets
from gateway.channels.sms.port import Arrived, Told

_ID = re.compile(r"[!-~]{1,60}")

CHARSETS = {
    "utf-8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8", "utf-16": "utf-16", "utf-16be": "utf-16-be",
    "utf-16le": "utf-16-le", "ucs-2": "utf-16-be", "ucs-2be": "utf-16-be", "gbk": "gb18030", "gb2312": "gb18030",
    "gb18030": "gb18030", "cp936": "gb18030", "big5": "big5hkscs", "iso-8859-1": "latin-1", "latin1": "latin-1",
    "windows-1252": "cp1252",
}  # fmt: skip
"""Charsets by what gateways call them. A name that is not here is not believed: Python has codecs that are none."""


def messages(found: Sequence[Carried], config: HttpSms, content_type: str, at: float) -> Pieces:
    """What came at the address for messages."""
    return Pieces(tuple(_message(one, config, content_type, at) for one in found))


def reports(found: Sequence[Carried], config: HttpSms, content_type: str, at: float) -> Pieces:
    """What came at the address for reports. A message that was sent there by mistake is taken all the same."""
    arrived, told, passed = list[Arrived](), list[Told](), list[str]()
    for one in found:
        report = _report(one.fields, config) if one.fields is not None else None
        if report is not None:
            told.append(report)
        elif one.fields is None or config.fields.text in one.fields:
            arrived.append(_message(one, config, content_type, at))
        else:
            passed.append("a report without an id or a state")
    return Pieces(tuple(arrived), tuple(told), tuple(passed))


def _message(one: Carried, config: HttpSms, content_type: str, at: float) -> Arrived:
    fields, names = one.fields, config.fields
    value = None if fields is None else _value(fields, names.text)
    data = None if value is None else octets(value, config.text_as)
    if fields is None or value is None or data is None:
        return unreadable(one.raw, content_type, at, one.flags)
    header = header_octets(_value(fields, names.udh) or b"")
    apart = udh.read(header) if header else udh.UserData(b"")
    said = _said(value, data, fields, config, in_parts=apart.part is not None)
    sender = _text(fields, names.sender)[:40]
    return Arrived(
        key=_key(one, config),
        raw=one.raw,
        content_type=content_type,
        sender=sender,
        receiver=_text(fields, names.receiver)[:40] or config.number,
        received_at=at,
        text=said.text,
        data=said.data,
        coding=said.coding,
        part=apart.part,
        port=apart.port,
        sent_at=moment(_text(fields, names.at)),
        flags=(*one.flags, *apart.flags, *said.flags, *(() if sender else ("sender_missing",))),
        meta=_meta(one, config),
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """What a message says: a text, or octets with their format field."""

    text: str | None
    data: bytes = b""
    coding: int = 0
    flags: tuple[str, ...] = ()


def _said(value: Value, data: bytes, fields: Mapping[str, Value], config: HttpSms, in_parts: bool) -> _Said:
    stated = _text(fields, config.fields.coding)
    coding = config.codings.get(stated, "text")
    odd = ("coding_unknown",) if stated and stated not in config.codings else ()
    if coding != "text":
        return _Said(None, data, coding)
    text, flags = _decoded(value, data, config, _text(fields, config.fields.charset))
    if in_parts:
        return _Said(None, text.encode("utf-16-be", "replace"), codes.UCS2, (*odd, *flags))
    return _Said(text, flags=(*odd, *flags))


def _decoded(value: Value, data: bytes, config: HttpSms, charset: str) -> tuple[str, tuple[str, ...]]:
    """The text of octets in their stated charset. What is text already (JSON) needs none."""
    if isinstance(value, str) and config.text_as == "plain":
        return value, ()
    known = CHARSETS.get(charset.lower().replace("_", "-"))
    flags = ("charset_unknown",) if charset and known is None else ()
    codec = known or config.charset
    try:
        return codecs.decode(data, codec), flags
    except UnicodeDecodeError:
        return codecs.decode(data, codec, "replace"), (*flags, codes.UNDECODABLE)


def _key(one: Carried, config: HttpSms) -> str:
    """The gateway's id with a digest of who says what; without an id, a digest of all that came."""
    fields, names = one.fields or {}, config.fields
    named = _text(fields, names.id)
    if not _ID.fullmatch(named):
        meta = repr(sorted(_meta(one, config).items())).encode()
        return sha256(one.raw + b"\0" + meta).hexdigest()[:40]
    told = repr([_value(fields, name) for name in (names.sender, names.receiver, names.udh, names.text)])
    return f"{named}-{sha256(told.encode(errors='replace')).hexdigest()[:16]}"


def _meta(one: Carried, config: HttpSms) -> dict[str, str]:
    """Fields that stand outside of the body, so that the original can be read again."""
    fields, names = one.fields or {}, config.fields
    outer = [name for name in names.model_dump().values() if name.startswith("header:")]
    return {name: _text(fields, name)[:400] for name in outer if _text(fields, name)}


def _report(fields: Mapping[str, Value], config: HttpSms) -> Told | None:
    names = config.report
    named, state = _text(fields, names.id)[:120], _text(fields, names.state)
    if not named or not state:
        return None
    folded = state.upper()
    good = folded in {one.upper() for one in names.delivered}
    bad = folded in {one.upper() for one in names.failed}
    return Told(
        external_id=named,
        state="delivered" if good else "failed" if bad else "waiting",
        code=(_text(fields, names.code) or state)[:60],
        at=moment(_text(fields, names.at)),
    )


def _value(fields: Mapping[str, Value], name: str) -> Value | None:
    return fields.get(name.lower() if name.startswith("header:") else name) if name else None


def _text(fields: Mapping[str, Value], name: str) -> str:
    value = _value(fields, name)
    text = value.decode(errors="replace") if isinstance(value, bytes) else value or ""
    return text.replace("\x00", "\ufffd").strip()
