"""Aliyun's HTTP batch push read: SmsUp (上行短信) to ``Arrived``, SmsReport (状态报告) to ``Told``. Never raises.

Both are JSON arrays (help.aliyun.com, SmsUp and SmsReport). They are told apart by their fields, not by the address
alone: whoever enters one address for both in the console shall lose nothing. ``dest_code`` is the extension that the
citizen wrote to, ``sequence_id`` the message's number, given as text or as number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from gateway.channels.sms.byhttp.door import Pieces, unreadable
from gateway.channels.sms.byhttp.items import Item, items_of, text_of
from gateway.channels.sms.byhttp.times import moment
from gateway.channels.sms.port import Arrived, Told

_REPORT = frozenset({"success", "biz_id", "report_time", "err_code"})
_NUMBER = re.compile(r"[!-~]{1,40}")
_TRUE = frozenset({"true", "1"})


def pieces(body: bytes, content_type: str, number: str, at: float) -> Pieces:
    """What a callback holds. ``number`` is ours, for messages that do not name theirs."""
    arrived, told, passed = list[Arrived](), list[Told](), list[str]()
    for item in items_of(body):
        if item.fields is not None and "content" not in item.fields and _REPORT & item.fields.keys():
            report = _report(item.fields)
            told.extend([report] if report else [])
            passed.extend([] if report else ["a report without biz_id"])
        else:
            arrived.append(_message(item, content_type, number, at))
    return Pieces(tuple(arrived), tuple(told), tuple(passed))


def _message(item: Item, content_type: str, number: str, at: float) -> Arrived:
    fields = item.fields
    text = None if fields is None else text_of(fields.get("content"))
    if fields is None or text is None:
        return unreadable(item.raw, content_type, at, item.flags)
    sender = (text_of(fields.get("phone_number")) or "").strip()[:40]
    receiver = (text_of(fields.get("dest_code")) or "").strip()[:40] or number
    sign = text_of(fields.get("sign_name"))
    return Arrived(
        key=_key(fields),
        raw=item.raw,
        content_type=content_type,
        sender=sender,
        receiver=receiver,
        received_at=at,
        text=text,
        sent_at=moment(text_of(fields.get("send_time"))),
        flags=item.flags if sender else (*item.flags, "sender_missing"),
        meta={"sign_name": sign[:40]} if sign else {},
    )


def _key(fields: Mapping[str, Any]) -> str:
    """The message's number with a digest of what it says; without a number, a digest of all that came.

    The number alone might come again after the vendor's counter wraps, and then a message would be lost.
    """
    sequence = (text_of(fields.get("sequence_id")) or "").strip()
    sequence = sequence if _NUMBER.fullmatch(sequence) else ""
    named = ("phone_number", "dest_code", "content", "send_time") if sequence else sorted(fields)
    told = json.dumps([[name, fields.get(name)] for name in named], sort_keys=True)
    digest = sha256(told.encode()).hexdigest()
    return f"{sequence}-{digest[:16]}" if sequence else digest[:40]


def _report(fields: Mapping[str, Any]) -> Told | None:
    biz_id = (text_of(fields.get("biz_id")) or "").strip()[:120]
    if not biz_id:
        return None
    success = fields.get("success")
    good = success is True or (text_of(success) or "").strip().lower() in _TRUE
    return Told(
        external_id=biz_id,
        state="delivered" if good else "failed",
        code=(text_of(fields.get("err_code")) or "").strip()[:60],
        at=moment(text_of(fields.get("report_time"))),
        target=(text_of(fields.get("phone_number")) or "").strip()[:40],
    )
