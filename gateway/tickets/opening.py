"""From a message to a new ticket's fields: pure, before any transaction, so that it may be done twice or for nothing.

What the sender stated wins over what rules propose; both are shown with their reason under ``Ticket.proposed``. A
proposal is set on the ticket only where the configuration says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from gateway.model.messages import Message, MessageKind, Place
from gateway.model.records import Ticket
from gateway.model.value import value
from gateway.tickets.likeness import Matter
from gateway.tickets.numbers import first_mobile
from gateway.tickets.policy import IntakePolicy
from gateway.tickets.ports import TicketDraft

TITLES: Mapping[MessageKind, str] = {
    "text": "空白来件",
    "form": "空白来件",
    "image": "图片来件",
    "voice": "语音来件",
    "video": "视频来件",
    "location": "位置来件",
    "link": "链接来件",
    "file": "文件来件",
    "event": "事件",
    "unreadable": "无法识别的来件",
}
"""Titles of messages without words."""

STATED = "来件注明"
FROM_TEXT = "contact_from_text"
STRANGE = "given_refused"
REPLAYED = "replayed"

_URGENCIES = ("一般", "紧急", "特急")
_SENTENCE = re.compile(r"[\s。！？!?]*([^。！？!?\n]*)")
_GREETING = re.compile(r"^(?:你好|您好|领导好)[\s，,。！!~～]*")
_MORE = "…（全文见原消息）"
_NOTHING = Place()


@value
class Reading:
    """A message as the rules read it. ``stated`` are ticket fields, ``strange`` what was stated and does not fit."""

    message: Message
    proposals: dict[str, Any]
    stated: dict[str, Any]
    strange: dict[str, Any]
    contact: str
    """The number to call back, and whether it was ``contact_found`` in the text instead of stated."""
    contact_found: bool

    @property
    def matter(self) -> Matter:
        """What it is about, for comparing it with earlier tickets."""
        category = self.stated.get("category") or self.proposals.get("category", {}).get("value", "")
        place = self.message.place or _NOTHING
        return Matter(self.message.text, category, place.address or self.stated.get("address", ""))


def read(message: Message, policy: IntakePolicy) -> Reading:
    """Read a message by the rules. Raises nothing: what does not fit is kept apart."""
    stated, strange = policy.stated.fields(message.given)
    address = message.place.address if message.place else stated.get("address", "")
    readable = message.kind not in ("unreadable", "event")
    text = f"{message.title}。{message.text}" if message.title else message.text
    proposals = policy.proposer.propose(text, address) if readable and (text or address) else {}
    for name in ("kind", "category", "urgency", "area_code"):
        if name in stated:
            proposals[name] = {"value": stated[name], "why": STATED, "stated": True}
    contact = message.person.contact_number or stated.get("contact_number", "")
    found = "" if contact or stated.get("is_anonymous") or not readable else first_mobile(text)
    return Reading(message, proposals, stated, strange, contact or found, bool(found))


def draft(reading: Reading, raw_id: str, query_code: str, policy: IntakePolicy) -> TicketDraft:
    """The ticket that a message opens."""
    message = reading.message
    fields: dict[str, Any] = {
        "channel_msg_id": message.external_id,
        "raw_id": raw_id,
        "query_code": query_code,
        "language": message.language,
        "title": _title(message, policy.config.title_chars),
        "content": _bounded(message.text, policy.config.join.content_chars),
        "proposed": reading.proposals,
        "flags": _flags(reading),
        "category_scheme": policy.categories.scheme,
        "category_version": policy.categories.version,
    }
    fields |= _person(reading) | _place(message.place) | _applied(reading.proposals, policy)
    fields |= {name: value for name, value in reading.stated.items() if name != "entry_number"}
    if reading.contact:
        fields["contact_number"] = reading.contact
    if reading.strange:
        fields["more"] = {"given": reading.strange}
    if message.channel == "partner" and message.external_id:
        fields["external_nos"] = {message.account: message.external_id}
    if fields.get("kind"):
        fields |= policy.deadlines.fields(fields["kind"], fields.get("category", ""), message.received_at)
    return TicketDraft(
        channel=message.channel,
        area_code=policy.area_code,
        received_at=message.received_at,
        occurred_at=message.occurred_at,
        entry_number=reading.stated.get("entry_number", ""),
        account=message.account,
        fields=fields,
    )


def supplement(reading: Reading, ticket: Ticket, policy: IntakePolicy) -> dict[str, Any]:
    """What a message that joins ``ticket`` changes on it: text added, gaps filled, urgency raised and never lowered."""
    message = reading.message
    changes: dict[str, Any] = {}
    if message.text and not policy.joining.is_courtesy(message):
        changes["content"] = policy.joining.content(ticket, message.text, message.occurred_at, policy.zone)
        if ticket.title in TITLES.values():
            changes["title"] = _title(message, policy.config.title_chars)
    if reading.contact and not ticket.contact_number and not ticket.is_anonymous:
        changes["contact_number"] = reading.contact
    if message.place is not None and not ticket.address and ticket.longitude is None:
        changes |= _place(message.place)
    changes |= _proposed(reading, ticket, policy)
    flags = [flag for flag in _flags(reading) if flag not in ticket.flags]
    if FROM_TEXT in flags and "contact_number" not in changes:
        flags.remove(FROM_TEXT)
    if flags:
        changes["flags"] = ticket.flags + flags
    return {name: value for name, value in changes.items() if getattr(ticket, name) != value}


def mended(reading: Reading, ticket: Ticket, policy: IntakePolicy) -> dict[str, Any]:
    """What a message that can be read now changes on the ticket of its unreadable original: what a supplement does, who
    sent it where nobody is known, and the flag goes."""
    changes = supplement(reading, ticket, policy)
    changes |= {name: value for name, value in _person(reading).items() if not getattr(ticket, name)}
    flags = [flag for flag in changes.get("flags", ticket.flags) if flag not in ("unreadable", REPLAYED)]
    return changes | {"flags": [*flags, REPLAYED]}


def _proposed(reading: Reading, ticket: Ticket, policy: IntakePolicy) -> dict[str, Any]:
    """Proposals for what had none yet, and a higher urgency; with what the configuration lets them set."""
    fresh = {name: value for name, value in reading.proposals.items() if name not in ticket.proposed}
    urgency = reading.proposals.get("urgency")
    if urgency is not None and _rank(urgency["value"]) > _rank(ticket.urgency):
        fresh["urgency"] = urgency
    if not fresh:
        return {}
    changes: dict[str, Any] = {"proposed": ticket.proposed | fresh}
    for name, fresher in _applied(fresh, policy).items():
        if name == "urgency" or not getattr(ticket, name):
            changes[name] = fresher
    if changes.get("kind"):
        category = changes.get("category") or ticket.category
        changes |= policy.deadlines.fields(changes["kind"], category, ticket.received_at)
    return changes


def _applied(proposals: Mapping[str, Any], policy: IntakePolicy) -> dict[str, Any]:
    apply = policy.config.apply
    wanted = {
        "kind": apply.kind, "category": apply.category, "urgency": apply.urgency, "area_code": apply.area,
    }  # fmt: skip
    return {name: proposals[name]["value"] for name, on in wanted.items() if on and name in proposals}


def _rank(urgency: str) -> int:
    return _URGENCIES.index(urgency) if urgency in _URGENCIES else 0


def _person(reading: Reading) -> dict[str, Any]:
    person = reading.message.person
    fields = {
        "user_id": person.user_id,
        "name": person.name,
        "calling_number": person.number,
        "email": person.email,
        "sex": person.sex,
    }
    return {name: value for name, value in fields.items() if value}


def _place(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    fields: dict[str, Any] = {"address": place.address, "asset_id": place.asset_id, "area_code": place.area_code}
    if place.longitude is not None and place.latitude is not None:
        fields |= {"longitude": place.longitude, "latitude": place.latitude, "crs": cast("str", place.crs)}
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _flags(reading: Reading) -> list[str]:
    flags = list(dict.fromkeys(reading.message.flags))
    if reading.message.kind == "unreadable" and "unreadable" not in flags:
        flags.append("unreadable")
    return flags + [FROM_TEXT] * reading.contact_found + [STRANGE] * bool(reading.strange)


def _title(message: Message, longest: int) -> str:
    if message.kind == "unreadable":
        return TITLES["unreadable"]
    words = message.title.strip() or _first_sentence(message.text)
    if not words:
        return TITLES[message.kind]
    return words if len(words) <= longest else words[: longest - 1] + "…"


def _first_sentence(text: str) -> str:
    start = _GREETING.sub("", text[:400].strip())
    found = _SENTENCE.match(start)
    return found[1].rstrip() if found else ""


def _bounded(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - len(_MORE)] + _MORE
