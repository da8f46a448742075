"""A partner's words to ours: the JSON of a ticket to a ``Message``, the JSON of a feedback to a ``Feedback``.

Nothing here raises: what cannot be read is told as a ``Fault`` with the partner's own name of the field, and what could
be read is returned all the same, because a signed push is never lost. Names are mapped by ``PartnerConfig.fields``;
what is not known to us is kept in ``more``.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, cast, get_args
from zoneinfo import ZoneInfo

from gateway.channels.partner import wire
from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Attachment, Crs, Message, Person, Place, Raw
from gateway.tickets.config import Kind
from gateway.transfer.config import PartnerConfig, Reported

_SHORT, _LONG = 500, 200_000
_MOST_FILES = 20
_SEX: Final[Mapping[str, Literal["男", "女"]]] = {
    "男": "男", "1": "男", "m": "男", "male": "男", "男性": "男",
    "女": "女", "2": "女", "f": "女", "female": "女", "女性": "女",
}  # fmt: skip
"""GB/T 2261.1 counts 1 and 2."""
_URGENCY = frozenset({"一般", "紧急", "特急"})
_YES = frozenset({"true", "1", "是", "y", "yes"})
_CRS: Final[Mapping[str, Crs]] = {
    "wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09", "cgcs2000": "CGCS2000",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a push. ``field`` is the partner's name of it, empty for the body as a whole."""

    field: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a partner reports on a ticket. ``ticket_no`` is ours, ``external_no`` theirs: one of them is there."""

    kind: Reported
    ticket_no: TicketNo | Literal[""]
    external_no: str
    text: str
    department: str
    at: float
    more: Mapping[str, Any] = field(default_factory=dict)


class _Reader:
    """Reads one body by our names, and remembers what was read and what was wrong."""

    def __init__(self, config: PartnerConfig, body: Mapping[str, Any], zone: ZoneInfo) -> None:
        self._config, self._body, self._zone = config, body, zone
        self._used: set[str] = set()
        self.faults: list[Fault] = []

    def theirs(self, name: str) -> str:
        return self._config.fields.get(name, name)

    def fault(self, name: str, zh: str, en: str) -> None:
        self.faults.append(Fault(self.theirs(name), zh, en))

    def peek(self, name: str) -> Any:
        """The value of a field, which stays in the rest; None when it is absent, null or empty text."""
        value = wire.find(self._body, self.theirs(name))
        return None if isinstance(value, str) and not value.strip() else value

    def value(self, name: str) -> Any:
        """The value of a field, taken out of the rest."""
        value = self.peek(name)
        if value is not None:
            self._used.add(self.theirs(name))
        return value

    def text(self, name: str, most: int = _SHORT) -> str:
        value = self.value(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.fault(name, "应为文本", "must be text")
            self._used.discard(self.theirs(name))
            return ""
        text = str(value).strip()
        if len(text) > most:
            self.fault(name, f"超过 {most} 字", f"longer than {most} characters")
        return text[:most]

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """A word of ours; another one is left in ``more`` for people, because partners have their own lists."""
        value = self.peek(name)
        return self.text(name) if isinstance(value, str) and value.strip() in allowed else ""

    def yes(self, name: str) -> bool:
        value = self.value(name)
        return value is True or (not isinstance(value, bool) and str(value).strip().lower() in _YES)

    def degrees(self, name: str, most: float) -> float | None:
        value = self.value(name)
        if value is None:
            return None
        try:
            degrees = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
        except (ValueError, OverflowError):
            degrees = math.nan
        if not -most <= degrees <= most:
            self.fault(
                name, f"应为 -{most:.0f} 至 {most:.0f} 之间的度数", f"must be degrees from -{most:.0f} to {most:.0f}"
            )
            return None
        return degrees

    def moment(self, name: str) -> float | None:
        """A time: ISO 8601, ``2026-11-21 10:00:00`` in the hall's zone, or seconds or milliseconds since the epoch."""
        value = self.value(name)
        if value is None:
            return None
        found = moment(value, self._zone)
        if found is None:
            self.fault(
                name, "时间格式不正确，例如 2026-11-21T10:00:00+08:00", "not a time, as 2026-11-21T10:00:00+08:00"
            )
        return found

    def rest(self) -> dict[str, Any]:
        """What nobody has read."""
        return wire.without(self._body, frozenset(self._used))


def moment(value: object, zone: ZoneInfo) -> float | None:
    """Epoch seconds of a time as platforms write it; None when it is none between 1970 and 2200."""
    seconds: float
    if isinstance(value, str) and not value.strip().isdigit():
        try:
            read = datetime.fromisoformat(value.strip().replace("/", "-"))
            seconds = (read if read.tzinfo else read.replace(tzinfo=zone)).timestamp()
        except (ValueError, OverflowError):
            return None
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            seconds = float(value)
        except (ValueError, OverflowError):
            return None
        seconds = seconds / 1000 if seconds > 100_000_000_000 else seconds
    else:
        return None
    return seconds if 0 < seconds < 7_258_118_400 else None


def key(number: str, external_no: str) -> str:
    """The idempotency key of a partner's ticket."""
    return f"partner:{number}:{external_no}"


def ticket(
    config: PartnerConfig, body: Mapping[str, Any], *, at: float, zone: ZoneInfo, categories: Collection[str]
) -> tuple[Message, tuple[Fault, ...]]:
    """A partner's ticket. With faults the message is flagged ``unreadable`` and holds what could be read.

    ``categories`` are our category codes: another class of theirs stays in ``more`` for people.
    """
    read = _Reader(config, body, zone)
    external_no = read.text("external_no", 100)
    for name in dict.fromkeys(("external_no", *config.push.required)):
        if read.value(name) is None:
            read.fault(name, "缺少必填项", "is required")
    person, place, given = _person(read, external_no), _place(read, config.push.crs), _given(read, categories)
    text, title, files = read.text("content", _LONG), read.text("title"), _files(read)
    occurred_at, language = read.moment("occurred_at"), read.text("language", 20)
    call_ref = read.text("call_ref", 100)
    faults = tuple(read.faults)
    digest = hashlib.sha256(repr(sorted(body.items())).encode("utf-8", "replace")).hexdigest()
    message = Message(
        key=key(config.number, external_no or f"unreadable:{digest}"),
        channel="partner",
        account=config.number,
        kind="unreadable" if faults else "form",
        occurred_at=at if occurred_at is None else occurred_at,
        received_at=at,
        external_id=external_no,
        person=person,
        title=title,
        text=text,
        place=place,
        attachments=files,
        given={name: value for name, value in given.items() if value},
        language=language,
        flags=("unreadable",) if faults else (),
        more=_more(digest, read.rest(), call_ref),
    )
    return message, faults


def _more(digest: str, rest: dict[str, Any], call_ref: str) -> dict[str, Any]:
    """``partner`` holds what nobody has read; ``call_ref`` what the call that belongs to it will carry."""
    more: dict[str, Any] = {"digest": digest}
    if rest:
        more["partner"] = rest
    if call_ref:
        more["call_ref"] = call_ref
    return more


def read_raw(raw: Raw, config: PartnerConfig, zone: ZoneInfo, categories: Collection[str]) -> Message:
    """The message of a kept ticket push, read again after a mend. Never raises: see ``ticket``."""
    try:
        body = wire.read(raw.body)
    except wire.Malformed:
        return unreadable(config, raw.body, at=raw.received_at)
    return ticket(config, body, at=raw.received_at, zone=zone, categories=categories)[0]


def unreadable(config: PartnerConfig, body: bytes, *, at: float) -> Message:
    """A signed body that is no JSON object: kept for people to look at."""
    digest = hashlib.sha256(body).hexdigest()
    return Message(
        key=key(config.number, f"unreadable:{digest}"),
        channel="partner",
        account=config.number,
        kind="unreadable",
        occurred_at=at,
        received_at=at,
        flags=("unreadable",),
        more={"digest": digest},
    )


def feedback(
    config: PartnerConfig, body: Mapping[str, Any], *, at: float, zone: ZoneInfo
) -> tuple[Feedback | None, tuple[Fault, ...]]:
    """A partner's feedback: None with the faults when it cannot be understood."""
    read = _Reader(config, body, zone)
    ticket_no, external_no = read.text("ticket_no", 100), read.text("external_no", 100)
    if not ticket_no and not external_no:
        name = read.theirs("ticket_no")
        read.fault("ticket_no", "需要工单编号或对方编号", f"{name} or {read.theirs('external_no')} is required")
    kind = _reported(read, config)
    text, department = read.text("result", _LONG) or read.text("content", _LONG), read.text("department")
    occurred_at = read.moment("occurred_at")
    if kind in ("result", "returned") and not text:
        read.fault("result", "办结或退回须说明结果或原因", "a result or a return must say what or why")
    if kind is None or read.faults:
        return None, tuple(read.faults)
    when = at if occurred_at is None else occurred_at
    return Feedback(kind, TicketNo(ticket_no), external_no, text, department, when, read.rest()), ()


def _reported(read: _Reader, config: PartnerConfig) -> Reported | None:
    word = read.text("state", 100)
    if word in config.push.states:
        return config.push.states[word]
    if word in get_args(Reported):
        return cast(Reported, word)
    allowed = ", ".join(dict.fromkeys((*config.push.states, *get_args(Reported))))
    read.fault("state", f"应为以下之一：{allowed}", f"must be one of {allowed}")
    return None


def _person(read: _Reader, external_no: str) -> Person:
    """The partner's case stands for the person's own id: what it sends later under its number is about the same."""
    sex = _SEX.get(str(read.peek("sex")).strip().lower())
    if sex is not None:
        read.value("sex")
    return Person(
        user_id=external_no,
        name=read.text("name", 100),
        number=read.text("calling_number", 40),
        contact_number=read.text("contact_number", 40),
        email=read.text("email", 254),
        sex=sex or "",
    )


def _place(read: _Reader, usual: Crs) -> Place | None:
    longitude, latitude = read.degrees("longitude", 180), read.degrees("latitude", 90)
    said = read.text("crs", 20)
    crs = _CRS.get(said.lower().replace("-", "").replace("_", ""), "") if said else usual
    code = str(read.peek("area_code")).strip()
    is_code = len(code) == 6 and code.isascii() and code.isdigit()
    whole = longitude is not None and latitude is not None
    place = Place(
        address=read.text("address"),
        longitude=longitude if whole else None,
        latitude=latitude if whole else None,
        crs=crs if whole else "",
        area_code=read.text("area_code") if is_code else "",
        asset_id=read.text("asset_id", 100),
    )
    return None if place == Place() else place


def _given(read: _Reader, categories: Collection[str]) -> dict[str, Any]:
    return {
        "kind": read.one_of("kind", get_args(Kind)),
        "category": read.one_of("category", categories),
        "urgency": read.one_of("urgency", _URGENCY),
        "against": read.text("against"),
        "against_number": read.text("against_number", 40),
        "is_secret": read.yes("is_secret"),
        "is_anonymous": read.yes("is_anonymous"),
        "need_callback": read.yes("need_callback"),
    }


def _files(read: _Reader) -> tuple[Attachment, ...]:
    """Files by address: ``attachments`` as texts or objects with url and name, and the recording's address."""
    given = read.value("attachments")
    listed = given if isinstance(given, list) else [] if given is None else [given]
    found = [file for item in listed[:_MOST_FILES] if (file := _file(item))]
    if len(found) < len(listed):
        text = f"at most {_MOST_FILES} http(s) addresses, or objects with url and name"
        read.fault("attachments", f"应为最多 {_MOST_FILES} 个 http(s) 地址，或含 url 与 name 的对象", text)
    recording = _file({"url": read.peek("recording_id"), "name": "录音 recording"})
    if recording is not None:
        read.value("recording_id")
        found.append(recording)
    return tuple(found)


def _file(item: object) -> Attachment | None:
    inner = item if isinstance(item, dict) else {"url": item}
    url, name = inner.get("url"), inner.get("name")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")) or len(url) > 2000:
        return None
    name = name if isinstance(name, str) and name else url.partition("?")[0].rpartition("/")[2]
    return Attachment(new_id(), name[:200], state="wanted", source={"url": url})
