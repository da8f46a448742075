"""Fields of a Weibo push become a ``Message``. Pure, and never raises: what is not understood is marked unreadable.

Pushes have no id: the key is sender, time and content (domain.md). Positions are GCJ-02, as all Chinese map services
give them. A mention (@) in a public post or comment is a request like any other, but may be answered only once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.channels.tidy import degrees_of, digest_of, moment_of, named_id, text_of
from gateway.model.messages import Attachment, AttachmentState, Message, Person, Place

Fields = Mapping[str, Any]

CHANNEL = "weibo"

_FIXED_TEXTS = frozenset(
    {"事件消息", "发了一张图片", "发了一个语音", "发了一个位置", "分享图片", "分享语音", "分享位置"}
)
"""What the platform writes into ``text`` of messages that have none."""

_EVENTS = {
    "follow": "subscribe",
    "scan_follow": "subscribe",
    "unfollow": "unsubscribe",
    "subscribe": "opted_in",
    "unsubscribe": "opted_out",
}
"""Events by the words of the talk. Following lets us write to a person and unfollowing ends it, as subscribing does on
WeChat; Weibo's own 订阅 is about broadcasts only and changes nothing for answers."""

_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
"""Weibo's times are English whatever our locale is, so strptime will not do."""
_STAMP = re.compile(
    r"(?:[A-Z][a-z]{2} )?(?P<month>[A-Z][a-z]{2}) +(?P<day>[0-9]{1,2}) (?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r":(?P<second>[0-9]{2}) (?P<sign>[+-])(?P<east>[0-9]{2})(?P<minutes>[0-9]{2}) (?P<year>[0-9]{4})"
)


def normalise(fields: Fields, account: str, received_at: float, flags: tuple[str, ...] = ()) -> Message:
    """The message of a push on ``account`` that came in at ``received_at`` (epoch seconds)."""
    kind = text_of(fields.get("type"), 60).lower()
    sender, created = text_of(fields.get("sender_id"), 64), text_of(fields.get("created_at"), 64)
    stamp = seconds_of(created)
    at, certain = moment_of(stamp, received_at)
    data = fields.get("data")
    data = data if isinstance(data, dict) else {}
    base = Message(
        key=f"{CHANNEL}:{account}:{sender}:{created if stamp is None else int(stamp)}:{_content(fields, kind, data)}",
        channel=CHANNEL,
        account=account,
        kind="unreadable",
        occurred_at=at,
        received_at=received_at,
        external_id=text_of(fields.get("id"), 64),
        conversation=f"{CHANNEL}:{account}:{sender}" if sender else "",
        person=Person(user_id=sender),
        text=_words(fields, kind),
        flags=flags if certain else (*flags, "time_unclear"),
    )
    read = _READERS.get(kind)
    return read(data, base) if read is not None and sender else _unknown(base, kind)


def unreadable(body: bytes, account: str, received_at: float, why: str) -> Message:
    """The message of a push whose signature was right but that could not be read: kept, and flagged."""
    return Message(
        key=f"{CHANNEL}:{account}:raw:{digest_of(body)}",
        channel=CHANNEL,
        account=account,
        kind="unreadable",
        occurred_at=received_at,
        received_at=received_at,
        text=f"（收到一条无法读取的微博消息：{why} / A Weibo message that cannot be read）",
        flags=("unreadable",),
        more={"why": why},
    )


def seconds_of(created_at: str) -> float | None:
    """Epoch seconds of ``Mon Jul 16 18:09:20 +0800 2012`` or of a number, None for neither."""
    found = _STAMP.fullmatch(created_at.strip())
    if found is None:
        return _number(created_at.strip())
    part = found.groupdict()
    try:
        local = datetime(
            int(part["year"]), _MONTHS.index(part["month"]) // 3 + 1, int(part["day"]),
            int(part["hour"]), int(part["minute"]), int(part["second"]), tzinfo=UTC,
        )  # fmt: skip
        east = timedelta(hours=int(part["east"]), minutes=int(part["minutes"]))
        return (local - east if part["sign"] == "+" else local + east).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> float | None:
    if not re.fullmatch(r"[0-9]{1,14}", text):
        return None
    return int(text) / 1000 if len(text) > 11 else float(text)


def _content(fields: Fields, kind: str, data: Mapping[str, Any]) -> str:
    """SHA-256 of what was said: equal for the platform's repeats."""
    try:
        said = json.dumps(data, sort_keys=True, default=str) if data else ""
    except (TypeError, ValueError, RecursionError):  # nested as deep as the reader goes; no message of theirs is
        said = "?"
    return digest_of(kind, text_of(fields.get("text")), said)


def _words(fields: Fields, kind: str) -> str:
    text = text_of(fields.get("text"))
    return "" if kind not in ("text", "mention") and text.strip() in _FIXED_TEXTS else text


def _unknown(base: Message, kind: str) -> Message:
    named = kind or "?"
    note = f"（收到一条无法识别的微博消息，类型 {named} / A Weibo message of an unknown type）"
    return replace(
        base,
        text=f"{base.text}\n{note}" if base.text else note,
        flags=(*base.flags, "unreadable", "unknown_type"),
        more={"msg_type": named},
    )


def _text(_data: Fields, base: Message) -> Message:
    return replace(base, kind="text", flags=base.flags if base.text else (*base.flags, "empty"))


def _mention(data: Fields, base: Message) -> Message:
    """A post (status) or comment that names the account; ``key`` is its id on Weibo."""
    more = {"mention": text_of(data.get("subtype"), 20), "mention_id": text_of(data.get("key"), 64)}
    return replace(_text(data, base), external_id=more["mention_id"], more=more)


def _position(data: Fields, base: Message) -> Message:
    found = degrees_of(data.get("longitude"), data.get("latitude"))
    if found is None:
        flags = (*base.flags, "place_unclear")
        return replace(base, kind="location", place=Place(base.text[:500]), flags=flags)
    return replace(base, kind="location", place=Place(base.text[:500], found[0], found[1], "GCJ-02"))


def _image(data: Fields, base: Message) -> Message:
    return replace(base, kind="image", attachments=_wanted(data, base, "图片.jpg", "image/jpeg"))


def _voice(data: Fields, base: Message) -> Message:
    return replace(base, kind="voice", attachments=_wanted(data, base, "语音.amr", "audio/amr"))


def _wanted(data: Fields, base: Message, name: str, mime: str) -> tuple[Attachment, ...]:
    """The receiver may fetch the file by ``tovfid``; ``vfid`` is the sender's and of no use to us."""
    fid = text_of(data.get("tovfid"), 128)
    note = "" if fid else "消息中没有文件编号 / the message names no file"
    source = {"fid": fid} if fid else {}
    state: AttachmentState = "wanted" if fid else "gone"
    return (Attachment(named_id(base.key, name), name, mime, state=state, source=source, note=note),)


def _event(data: Fields, base: Message) -> Message:
    subtype, key = text_of(data.get("subtype"), 60).lower(), text_of(data.get("key"), 512)
    more: dict[str, Any] = {"event": _EVENTS.get(subtype, subtype), "event_key": key, "subtype": subtype}
    if key and subtype in ("scan", "scan_follow"):
        more["scene"] = key
    return replace(base, kind="event", external_id="", more=more)


_READERS: dict[str, Callable[[Fields, Message], Message]] = {
    "text": _text,
    "mention": _mention,
    "position": _position,
    "image": _image,
    "voice": _voice,
    "event": _event,
}
