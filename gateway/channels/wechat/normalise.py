"""Fields of a WeChat push become a ``Message``. Pure, and never raises: what is not understood is marked unreadable.

Location messages are GCJ-02 (Tencent's maps) and name latitude ``Location_X``. Idempotency keys follow domain.md:
message ids have collided between people, so sender and receiver belong to the key; events have no id at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gateway.channels.tidy import degrees_of, digest_of, moment_of, named_id, text_of
from gateway.model.messages import Attachment, Message, Person, Place

Fields = Mapping[str, Any]

CHANNEL = "wechat"

_EVENTS_OF_WECHATPY = {"subscribe_scan": ("subscribe", "qrscene_"), "subscribe_scan_product": ("subscribe", "")}
"""wechatpy renames a subscription by a scanned code and cuts the code's prefix; keys use the platform's own words."""


def normalise(fields: Fields, account: str, received_at: float, flags: tuple[str, ...] = ()) -> Message:
    """The message of a push on ``account`` that came in at ``received_at`` (epoch seconds)."""
    kind = text_of(fields.get("MsgType"), 60).lower()
    sender, receiver = text_of(fields.get("FromUserName"), 128), text_of(fields.get("ToUserName"), 128)
    at, certain = moment_of(fields.get("CreateTime"), received_at)
    base = Message(
        key=_key(fields, kind, account, sender, receiver),
        channel=CHANNEL,
        account=account,
        kind="unreadable",
        occurred_at=at,
        received_at=received_at,
        external_id=text_of(fields.get("MsgId"), 64),
        conversation=f"{CHANNEL}:{account}:{sender}" if sender else "",
        person=Person(user_id=sender),
        flags=flags if certain else (*flags, "time_unclear"),
    )
    read = _READERS.get(kind)
    return read(fields, base) if read is not None and sender else _unknown(base, kind)


def unreadable(body: bytes, account: str, received_at: float, why: str) -> Message:
    """The message of a push whose signature was right but that could not be opened or parsed: kept, and flagged."""
    return Message(
        key=f"{CHANNEL}:{account}:raw:{digest_of(body)}",
        channel=CHANNEL,
        account=account,
        kind="unreadable",
        occurred_at=received_at,
        received_at=received_at,
        text=f"（收到一条无法读取的微信消息：{why} / A WeChat message that cannot be read）",
        flags=("unreadable",),
        more={"why": why},
    )


def event_of(fields: Fields) -> tuple[str, str]:
    """An event's name in lower case and its key, as the platform sent them."""
    name, key = text_of(fields.get("Event"), 60).lower(), text_of(fields.get("EventKey"), 512)
    if name in _EVENTS_OF_WECHATPY:
        name, prefix = _EVENTS_OF_WECHATPY[name]
        key = prefix + key
    return name, key


def _key(fields: Fields, kind: str, account: str, sender: str, receiver: str) -> str:
    created = text_of(fields.get("CreateTime"), 20)
    if kind == "event":
        name, key = event_of(fields)
        return f"{CHANNEL}:{account}:{sender}:{created}:{name}:{key}"
    number = text_of(fields.get("MsgId"), 64)
    if not number or number == "0":
        number = f"{created}:{digest_of(*(f'{k}={fields[k]}' for k in sorted(fields)))}"
    return f"{CHANNEL}:{account}:{receiver}:{sender}:{number}"


def _unknown(base: Message, kind: str) -> Message:
    named = kind or "?"
    return replace(
        base,
        text=f"（收到一条无法识别的微信消息，类型 {named} / A WeChat message of an unknown type）",
        flags=(*base.flags, "unreadable", "unknown_type"),
        more={"msg_type": named},
    )


def _text(fields: Fields, base: Message) -> Message:
    content = text_of(fields.get("Content"))
    menu = text_of(fields.get("bizmsgmenuid"), 64)
    more = {"menu_id": menu} if menu else {}
    return replace(base, kind="text", text=content, more=more, flags=base.flags if content else (*base.flags, "empty"))


def _wanted(base: Message, name: str, mime: str, **source: str) -> tuple[Attachment, ...]:
    """A file that must be fetched within three days; without a media id it cannot be had."""
    given = {key: value for key, value in source.items() if value}
    found = "media_id" in given or "url" in given
    return (
        Attachment(
            id=named_id(base.key, name),
            name=name,
            mime=mime,
            state="wanted" if found else "gone",
            source=given,
            note="" if found else "消息中没有文件编号 / the message names no file",
        ),
    )


def _image(fields: Fields, base: Message) -> Message:
    media, url = text_of(fields.get("MediaId"), 256), text_of(fields.get("PicUrl"), 1024)
    return replace(base, kind="image", attachments=_wanted(base, "图片.jpg", "image/jpeg", media_id=media, url=url))


def _voice(fields: Fields, base: Message) -> Message:
    """Voice with the platform's own recognition, which is a draft of what was said and flagged as such."""
    suffix = text_of(fields.get("Format"), 10).lower() or "amr"
    suffix = suffix if suffix.isalnum() and suffix.isascii() else "amr"
    heard = text_of(fields.get("Recognition"))
    files = _wanted(base, f"语音.{suffix}", f"audio/{suffix}", media_id=text_of(fields.get("MediaId"), 256))
    flags = (*base.flags, "recognised") if heard else base.flags
    return replace(base, kind="voice", text=heard, attachments=files, flags=flags)


def _video(fields: Fields, base: Message) -> Message:
    files = _wanted(base, "视频.mp4", "video/mp4", media_id=text_of(fields.get("MediaId"), 256))
    return replace(base, kind="video", attachments=files)


def _location(fields: Fields, base: Message) -> Message:
    label = text_of(fields.get("Label"), 500)
    found = degrees_of(fields.get("Location_Y"), fields.get("Location_X"))
    if found is None:
        return replace(base, kind="location", text=label, place=Place(label), flags=(*base.flags, "place_unclear"))
    return replace(base, kind="location", text=label, place=Place(label, found[0], found[1], "GCJ-02"))


def _link(fields: Fields, base: Message) -> Message:
    title, url = text_of(fields.get("Title"), 500), text_of(fields.get("Url"), 2048)
    lines = (title, text_of(fields.get("Description"), 2000), url)
    return replace(base, kind="link", title=title, text="\n".join(line for line in lines if line), more={"url": url})


def _card(fields: Fields, base: Message) -> Message:
    """A mini program's card: its title and page are all that can be known of it."""
    title, page = text_of(fields.get("Title"), 500), text_of(fields.get("PagePath"), 1024)
    app = text_of(fields.get("AppId"), 64)
    return replace(base, kind="link", title=title, text=title, more={"app_id": app, "page": page})


def _file(fields: Fields, base: Message) -> Message:
    """The platform announces files but offers official accounts no way to fetch them."""
    name = text_of(fields.get("Title"), 200) or "文件"
    note = "微信不向公众号提供文件下载 / WeChat gives official accounts no way to fetch files"
    kept = Attachment(id=named_id(base.key, name), name=name, state="gone", note=note)
    return replace(base, kind="file", title=name, text=name, attachments=(kept,))


def _event(fields: Fields, base: Message) -> Message:
    name, key = event_of(fields)
    more: dict[str, Any] = {"event": name, "event_key": key}
    scene = key.removeprefix("qrscene_") if name in ("subscribe", "scan") else ""
    if scene:
        more["scene"] = scene
    place = None
    if name == "location" and (found := degrees_of(fields.get("Longitude"), fields.get("Latitude"))):
        place = Place(longitude=found[0], latitude=found[1])  # the platform does not say in which reference system
    return replace(base, kind="event", external_id="", place=place, more=more)


_READERS: dict[str, Callable[[Fields, Message], Message]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _location,
    "link": _link,
    "miniprogrampage": _card,
    "file": _file,
    "event": _event,
}
