"""Tencent's callbacks read: replies (短信回复) to ``Arrived``, reports (下发状态) to ``Told``. Never raises.

A reply is one JSON object without an id of any kind, so all its fields together are its key: the same text by the same
person in the same second is a repeat. Reports are an array. They are told apart by their fields, so that one address
entered for both loses nothing (cloud.tencent.com/document/product/382/52077, 回复 and 状态回调).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from gateway.channels.sms.byhttp.door import Pieces, unreadable
from gateway.channels.sms.byhttp.items import Item, items_of, text_of
from gateway.channels.sms.byhttp.times import moment
from gateway.channels.sms.port import Arrived, Told

_REPORT = frozenset({"report_status", "sid", "user_receive_time"})


def pieces(body: bytes, content_type: str, number: str, at: float) -> Pieces:
    """What a callback holds. ``number`` is ours; what the citizen added to it comes as ``extend``."""
    arrived, told, passed = list[Arrived](), list[Told](), list[str]()
    for item in items_of(body):
        if item.fields is not None and "text" not in item.fields and _REPORT & item.fields.keys():
            report = _report(item.fields)
            told.extend([report] if report else [])
            passed.extend([] if report else ["a report without sid"])
        else:
            arrived.append(_message(item, content_type, number, at))
    return Pieces(tuple(arrived), tuple(told), tuple(passed))


def _message(item: Item, content_type: str, number: str, at: float) -> Arrived:
    fields = item.fields
    text = None if fields is None else text_of(fields.get("text"))
    if fields is None or text is None:
        return unreadable(item.raw, content_type, at, item.flags)
    sender = _number(fields)
    extend, sign = text_of(fields.get("extend")), text_of(fields.get("sign"))
    meta = {"extend": (extend or "")[:40], "sign_name": (sign or "")[:40]}
    return Arrived(
        key=sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:40],
        raw=item.raw,
        content_type=content_type,
        sender=sender,
        receiver=f"{number}{meta['extend'].strip()}"[:40],
        received_at=at,
        text=text,
        sent_at=moment(text_of(fields.get("time"))),
        flags=item.flags if sender else (*item.flags, "sender_missing"),
        meta={name: value for name, value in meta.items() if value},
    )


def _report(fields: Mapping[str, Any]) -> Told | None:
    sid = (text_of(fields.get("sid")) or "").strip()[:120]
    if not sid:
        return None
    return Told(
        external_id=sid,
        state="delivered" if (text_of(fields.get("report_status")) or "").strip().upper() == "SUCCESS" else "failed",
        code=(text_of(fields.get("errmsg")) or "").strip()[:60],
        at=moment(text_of(fields.get("user_receive_time"))),
        target=_number(fields),
    )


def _number(fields: Mapping[str, Any]) -> str:
    """The person's number; with a plus and the country's code for one that is not Chinese."""
    mobile = (text_of(fields.get("mobile")) or "").strip()[:40]
    nation = (text_of(fields.get("nationcode")) or "").strip().removeprefix("+")[:4]
    return mobile if nation in ("", "86") or not mobile else f"+{nation}{mobile}"
