"""A mail that was read becomes a ``Message``. Pure, and never raises, whatever the mail.

The key is made of what stays the same whichever way a mail comes (delivered to us, or found in a mailbox, twice or from
two servers): Message-ID, From, Date, Subject and the body as they stand in the bytes, without line ends and folding;
not of Received, Delivered-To, Return-Path and what else servers add. Message-IDs alone are reused and missing in the
wild (domain.md). It does not depend on how the mail is understood, so a mend of ours doubles nothing.

``Message.more`` is as ``port`` says. Ticket numbers in it are claims to be checked against the sender, save for
``tag_ticket`` and ``ours``, which are signed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.channels.email.mail import Mail, MailFile, Report
from gateway.channels.email.shown import Shown, shown
from gateway.channels.email.tags import ReplyTags, ticket_in
from gateway.channels.email.verdict import Verdict, is_own, is_robot, judge
from gateway.channels.tidy import digest_of, text_of
from gateway.model.messages import Attachment, Message, MessageKind, Person
from gateway.tickets.numbers import first_mobile

CHANNEL = "email"

TEXT_LIMIT = 200_000
"""Characters of text and of full text that are kept in the ledger; the original holds the rest (flag ``cut``)."""
TIME_AHEAD_S, TIME_BACK_S = 86_400.0, 90 * 86_400.0
"""A Date further from the time of arrival is a wrong clock or a lie."""

_IDS = 50
"""Message-IDs of a thread that are looked at, from the nearest: a References header may be made very long."""
_PREFIX = re.compile(
    r"(?i)\s*(?:(?:re|fw|fwd|aw|sv|antw|回复|答复|回覆|答覆|回復|转发|轉寄|轉發)\s*(?:[\[(（]\d{1,3}[\])）]|\^\d{1,3}|\d{1,3})?\s*[:：])"
)
_REPLY = re.compile(r"(?i)\s*(?:re|aw|sv|antw|回复|答复|回覆|答覆|回復)\s*(?:[\[(（^]?\d{1,3}[\])）]?)?\s*[:：]")
_FORWARD = re.compile(r"(?i)\s*(?:fwd?|转发|轉寄|轉發)\s*(?:[\[(（^]?\d{1,3}[\])）]?)?\s*[:：]")
_IN_KEY = re.compile(r"[^A-Za-z0-9@._+=-]+")
_KEYED = (b"\nmessage-id", b"\nfrom", b"\ndate", b"\nsubject")
_VALUE = re.compile(rb"[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
_HEADERS = 1_048_576

_PUBLIC = frozenset(
    {
        "qq.com", "vip.qq.com", "foxmail.com", "163.com", "126.com", "yeah.net", "139.com", "189.cn", "wo.cn",
        "sina.com", "sina.cn", "sohu.com", "aliyun.com", "21cn.com", "gmail.com", "outlook.com", "hotmail.com",
        "live.com", "msn.com", "icloud.com", "me.com", "yahoo.com", "yahoo.com.hk", "yahoo.com.tw", "proton.me",
    }
)  # fmt: skip
"""Domains under which strangers to each other have their addresses."""


def normalise(
    raw: bytes, mail: Mail, *, account: str, addresses: Sequence[str], tags: ReplyTags | None, received_at: float,
    area_code: str = "", envelope_from: str | None = None, envelope_to: str = "",
) -> tuple[Message, tuple[MailFile, ...]]:  # fmt: skip
    """The message of a mail that came to an account, and its files, still to be kept (``with_files``).

    ``addresses`` are the account's, ``envelope_from`` and ``envelope_to`` what the delivering server said (None and ""
    when it is not known); ``received_at`` epoch seconds.
    """
    tied = _tied(mail, tags, envelope_to)
    proved = bool(tied["tag_ticket"] or tied["ours"])
    verdict = judge(mail, addresses=addresses, tags=tags, envelope_from=envelope_from, proved=proved)
    subject = text_of(mail.subject, 1000)
    words = shown(mail.text, mail.html, reply=_is_reply(mail, subject), forward=_FORWARD.match(subject) is not None)
    person = _person(mail, addresses, words)
    occurred_at, certain = _occurred(mail.date, received_at)
    text, full = text_of(words.text, TEXT_LIMIT), text_of(mail.text.strip(), TEXT_LIMIT)
    flags = [*mail.flags, *_flags(mail, words, verdict, person, full), *(() if certain else ("time_unclear",))]
    message = Message(
        key=key_of(raw, account),
        channel=CHANNEL,
        account=account,
        kind=_kind(mail, verdict, text),
        occurred_at=occurred_at,
        received_at=received_at,
        external_id=text_of(mail.message_id, 250),
        conversation=f"{CHANNEL}:{account}:{person.user_id}" if person.user_id else "",
        person=person,
        title=title_of(subject),
        text=text,
        full_text="" if full == text else full,
        given={"area_code": area_code} if area_code else {},
        flags=tuple(dict.fromkeys(flags)),
        more=_more(mail, verdict, tied, subject, tags),
    )
    return message, mail.files


def with_files(message: Message, attachments: Sequence[Attachment]) -> Message:
    """The message with its files, now kept."""
    return replace(message, attachments=tuple(attachments))


def unreadable(raw: bytes, account: str, received_at: float, why: str) -> Message:
    """The message of a mail that could not be read at all: kept, and flagged."""
    return Message(
        key=key_of(raw, account),
        channel=CHANNEL,
        account=account,
        kind="unreadable",
        occurred_at=received_at,
        received_at=received_at,
        text=f"（收到一封无法读取的邮件：{text_of(why, 200)} / A mail that cannot be read）",
        flags=("unreadable",),
        more={"verdict": "request", "why": text_of(why, 200)},
    )


def key_of(raw: bytes, account: str) -> str:
    """The key of a mail's bytes: the same for the same mail, whatever servers have put above it."""
    lines = b"\n".join(raw.split(b"\r\n")) if b"\r" in raw else raw  # a third faster than replace
    lines = lines.replace(b"\r", b"\n")
    head, blank, body = lines.partition(b"\n\n")
    if not blank or len(head) > _HEADERS:
        head, body = lines[:_HEADERS], lines
    head = b"\n" + head
    lowered = head.lower()
    parts = [_field(head, lowered, name) for name in _KEYED]
    named = _IN_KEY.sub("", parts[0].decode("ascii", "replace"))[:80]
    return f"{CHANNEL}:{account}:{named}:{digest_of(*parts, body.strip())}"


def _field(head: bytes, lowered: bytes, name: bytes) -> bytes:
    """The first field of a name, unfolded. ``name`` begins with the line end before it."""
    at = lowered.find(name)
    while at >= 0:
        if found := _VALUE.match(head, at + len(name)):
            return b" ".join(found[1].split())
        at = lowered.find(name, at + 1)
    return b""


def title_of(subject: str) -> str:
    """A subject without what clients put before it (Re:, 回复：, 转发：, Fw[2]:), at most 200 characters."""
    at = 0
    while (found := _PREFIX.match(subject, at)) is not None:
        at = found.end()
    return " ".join(subject[at : at + 400].split())[:200]


def _is_reply(mail: Mail, subject: str) -> bool:
    return bool(mail.in_reply_to or mail.references) or _REPLY.match(subject) is not None


def _kind(mail: Mail, verdict: Verdict, text: str) -> MessageKind:
    if not verdict.opens:
        return "event"
    if "unreadable" in mail.flags:
        return "unreadable"
    if text.strip() or not mail.files:
        return "text"
    return "image" if all(one.mime.startswith("image/") for one in mail.files) else "file"


def _flags(mail: Mail, words: Shown, verdict: Verdict, person: Person, full: str) -> list[str]:
    marks = {
        "empty": not mail.text.strip() and not mail.files,
        "only_quoted": words.whole,
        "forwarded": words.forwarded,
        verdict.verdict: verdict.verdict != "request",
        "sender_unclear": not person.user_id,
        "contact_from_signature": bool(person.contact_number),
        "cut": len(full) >= TEXT_LIMIT,
    }
    return [mark for mark, is_so in marks.items() if is_so]


def _occurred(date: float | None, received_at: float) -> tuple[float, bool]:
    """When it was written, and whether that is certain."""
    if date is None or not math.isfinite(date) or not -TIME_BACK_S <= date - received_at <= TIME_AHEAD_S:
        return received_at, False
    return float(date), True


# -- who ---------------------------------------------------------------------------------------------------------------


def _person(mail: Mail, addresses: Sequence[str], words: Shown) -> Person:
    """Who wrote. A number in the signature alone is one to call back; one in the text is the intake's to find."""
    chosen = mail.reply_to if _is_answered_there(mail, addresses) else mail.sender
    address = text_of(chosen.address, 254).strip().lower()
    name = text_of(chosen.name or mail.sender.name, 60).strip()
    number = first_mobile(words.signature[:2000]) if words.signature and not first_mobile(words.text[:20_000]) else ""
    return Person(user_id=address, email=address, name="" if "@" in name else name, contact_number=number)


def _is_answered_there(mail: Mail, addresses: Sequence[str]) -> bool:
    """Whether Reply-To is who wrote. Anyone may write anything into it, and the person of a mail has a say in tickets
    and is sent query codes: so it counts only within the sender's own organisation (not among the strangers of a public
    mail service), and where From is a program that writes for people: a web form, or our own site's."""
    sender, other = mail.sender.address.lower(), mail.reply_to.address.lower()
    known = frozenset(one.lower() for one in addresses)
    if not other or is_own(other, known):
        return False
    if not sender or is_own(sender, known) or is_robot(sender):
        return True
    domain = sender.rpartition("@")[2]
    return domain == other.rpartition("@")[2] and domain not in _PUBLIC


# -- what it belongs to ------------------------------------------------------------------------------------------------


def _tied(mail: Mail, tags: ReplyTags | None, envelope_to: str) -> dict[str, Any]:
    """The tickets that are proved: by the address it came to, by the mails that it names (nearest first)."""
    if tags is None:
        return {"tag_ticket": "", "ours": []}
    to = (envelope_to, *(one.address for one in (*mail.to[:_IDS], *mail.cc[:_IDS])), *_delivered_to(mail))
    named = (*mail.in_reply_to[:_IDS], *reversed(mail.references[-_IDS:]))
    ours = dict.fromkeys(found for id in named if (found := tags.ours(id)) is not None)
    return {
        "tag_ticket": next((ticket for one in to if (ticket := tags.ticket_of(one))), ""),
        "ours": [list(pair) for pair in ours],
    }


def _delivered_to(mail: Mail) -> tuple[str, ...]:
    """Where servers say it was delivered: a mailbox read by IMAP knows no envelope."""
    names = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")
    return tuple(value[:1000] for name, value in mail.headers if name in names)[:_IDS]


def _more(
    mail: Mail, verdict: Verdict, tied: Mapping[str, Any], subject: str, tags: ReplyTags | None
) -> dict[str, Any]:
    references = dict.fromkeys((*mail.in_reply_to[:_IDS], *reversed(mail.references[-_IDS:])))
    more: dict[str, Any] = {
        "verdict": verdict.verdict,
        "why": verdict.why,
        "message_id": text_of(mail.message_id, 1000),
        "references": [text_of(one, 1000) for one in references],
        **tied,
        "subject_ticket": ticket_in(subject),
    }
    if verdict.verdict == "bounce":
        more["bounce"] = [_bounce(mail.report, tags)] if mail.report is not None else []
    return more


def _bounce(report: Report, tags: ReplyTags | None) -> dict[str, str]:
    ticket, delivery = (tags.ours(report.original_id) if tags is not None else None) or ("", "")
    return {
        "action": report.action,
        "recipient": text_of(report.recipient, 254),
        "status": text_of(report.status, 20),
        "diagnostic": text_of(report.diagnostic, 500),
        "ticket_no": ticket,
        "delivery_id": delivery,
    }
