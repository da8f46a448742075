"""One message of WeCom's ``sync_msg`` becomes a ``Message``. Pure, and never raises.

Tickets of customer service have the channel ``wechat``: citizens write from WeChat. Messages that our own staff sent
from WeCom's client (origin 5) and the system's events (origin 4) are kept, as events that open no ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gateway.channels.tidy import degrees_of, digest_of, moment_of, named_id, text_of
from gateway.model.messages import Attachment, Message, Person, Place

CHANNEL = "wechat"
FROM_CITIZEN = 3

Fields = Mapping[str, Any]


def normalise(fields: Any, account: str, received_at: float) -> Message:
    """The message of one entry of ``msg_list`` on ``account``, pulled at ``received_at`` (epoch seconds)."""
    fields = fields if isinstance(fields, dict) else {}
    kind = text_of(fields.get("msgtype"), 60).lower()
    inner = fields.get(kind)
    inner = inner if isinstance(inner, dict) else {}
    sender = text_of(fields.get("external_userid") or inner.get("external_userid"), 128)
    kf = text_of(fields.get("open_kfid") or inner.get("open_kfid"), 64)
    number = text_of(fields.get("msgid"), 64)
    at, certain = moment_of(fields.get("send_time"), received_at)
    base = Message(
        key=f"wecom:{account}:{number or digest_of(repr(sorted(fields.items(), key=str)))}",
        channel=CHANNEL,
        account=account,
        kind="unreadable",
        occurred_at=at,
        received_at=received_at,
        external_id=number,
        conversation=f"{CHANNEL}:{account}:{sender}" if sender else "",
        person=Person(user_id=sender),
        flags=() if certain else ("time_unclear",),
        more={"open_kfid": kf} if kf else {},
    )
    if kind == "event":
        return _event(inner, base)
    if fields.get("origin") != FROM_CITIZEN and fields.get("origin") is not None:
        return _ours(fields, inner, base)
    read = _READERS.get(kind)
    return read(inner, base) if read is not None and sender else _unknown(base, kind)


def _more(base: Message, **values: str) -> dict[str, Any]:
    return {**base.more, **{key: value for key, value in values.items() if value}}


def _unknown(base: Message, kind: str) -> Message:
    text = f"（收到一条无法识别的微信客服消息，类型 {kind or '?'} / A WeCom message of an unknown type）"
    flags = (*base.flags, "unreadable", "unknown_type")
    return replace(base, text=text, flags=flags, more=_more(base, msg_type=kind or "?"))


def _event(inner: Fields, base: Message) -> Message:
    more = _more(
        base,
        event=text_of(inner.get("event_type"), 60),
        event_key=text_of(inner.get("scene"), 128),
        scene_param=text_of(inner.get("scene_param"), 512),
        welcome_code=text_of(inner.get("welcome_code"), 128),
        recalled=text_of(inner.get("recall_msgid"), 64),
        failed=text_of(inner.get("fail_msgid"), 64),
        fail_type=text_of(inner.get("fail_type"), 10),
    )
    return replace(base, kind="event", more=more)


def _ours(fields: Fields, inner: Fields, base: Message) -> Message:
    """What an agent wrote from WeCom's own client, or the system: kept beside, part of no request."""
    staff = text_of(fields.get("servicer_userid"), 64)
    more = _more(base, event="staff_message", staff=staff)
    return replace(base, kind="event", text=text_of(inner.get("content")), more=more)


def _text(inner: Fields, base: Message) -> Message:
    content = text_of(inner.get("content"))
    more = _more(base, menu_id=text_of(inner.get("menu_id"), 128))
    return replace(base, kind="text", text=content, more=more, flags=base.flags if content else (*base.flags, "empty"))


def _file_of(inner: Fields, base: Message, name: str, mime: str) -> tuple[Attachment, ...]:
    media = text_of(inner.get("media_id"), 256)
    return (
        Attachment(
            id=named_id(base.key, name),
            name=name,
            mime=mime,
            state="wanted" if media else "gone",
            source={"media_id": media} if media else {},
            note="" if media else "消息中没有文件编号 / the message names no file",
        ),
    )


def _image(inner: Fields, base: Message) -> Message:
    return replace(base, kind="image", attachments=_file_of(inner, base, "图片.jpg", "image/jpeg"))


def _voice(inner: Fields, base: Message) -> Message:
    return replace(base, kind="voice", attachments=_file_of(inner, base, "语音.amr", "audio/amr"))


def _video(inner: Fields, base: Message) -> Message:
    return replace(base, kind="video", attachments=_file_of(inner, base, "视频.mp4", "video/mp4"))


def _file(inner: Fields, base: Message) -> Message:
    name = text_of(inner.get("name") or inner.get("title"), 200) or "文件"
    return replace(base, kind="file", attachments=_file_of(inner, base, name, "application/octet-stream"))


def _location(inner: Fields, base: Message) -> Message:
    words = (text_of(inner.get("name"), 200), text_of(inner.get("address"), 400))
    address = " ".join(word for word in words if word)
    found = degrees_of(inner.get("longitude"), inner.get("latitude"))
    if found is None:
        flags = (*base.flags, "place_unclear")
        return replace(base, kind="location", text=address, place=Place(address), flags=flags)
    return replace(base, kind="location", text=address, place=Place(address, found[0], found[1], "GCJ-02"))


def _link(inner: Fields, base: Message) -> Message:
    """Links, mini programs, channels' videos and shop cards: their title, words and address."""
    title = text_of(inner.get("title") or inner.get("nickname"), 500)
    words = (title, text_of(inner.get("desc"), 2000), text_of(inner.get("url") or inner.get("pagepath"), 2048))
    return replace(base, kind="link", title=title, text="\n".join(word for word in words if word))


def _merged(inner: Fields, base: Message) -> Message:
    """Forwarded chats (聊天记录): their lines as they are told, a JSON text each."""
    lines = inner.get("item")
    said = [_line(one) for one in lines[:200]] if isinstance(lines, list) else []
    title = text_of(inner.get("title"), 200)
    return replace(base, kind="text", title=title, text="\n".join(line for line in (title, *said) if line))


def _line(item: Any) -> str:
    item = item if isinstance(item, dict) else {}
    return f"{text_of(item.get('sender_name'), 60)}：{text_of(item.get('msg_content'), 2000)}"


_READERS: dict[str, Callable[[Fields, Message], Message]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "file": _file,
    "location": _location,
    "link": _link,
    "miniprogram": _link,
    "channels": _link,
    "channels_shop_product": _link,
    "channels_shop_order": _link,
    "merged_msg": _merged,
}
