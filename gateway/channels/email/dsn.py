"""What became of a mail of ours: delivery status notifications (RFC 3464) and bounces told in words.

Chinese providers (QQ, 163), qmail and old Exchange tell failures in prose; these count only from a mail system's own
sender and about a mail that is quoted or attached, so that a citizen who forwards a bounce stays a citizen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, cast

from gateway.channels.email.mail import Report

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]

_GROUPS = re.compile(r"\n[ \t]*\n")
_FIELD = re.compile(r"^([A-Za-z-]{3,40})[ \t]*:[ \t]*([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,200}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9]")
_BRACKETED = re.compile(r"<([^\s<>@]{1,200}@[A-Za-z0-9.-]{1,253})>")
_STATUS = re.compile(r"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_CODE = re.compile(r"(?<![0-9.])([45][0-5][0-9])[ -](?=\S)")
_MESSAGE_ID = re.compile(r"^[> \t]*Message-I[Dd][ \t]*:\s{0,5}<([^<>\s]{1,900})>", re.MULTILINE | re.IGNORECASE)
_SYSTEM = re.compile(r"mailer-?daemon|postmaster|mail(?:er)?[._ -]?(?:delivery|system)|bounces?\b", re.IGNORECASE)
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|has failed)|fail(?:ure|ed).{0,20}(?:notice|delivery|mail)|returned mail"
    r"|mail delivery|delivery.{0,10}delay|退信"
    r"|未送达|未传递|无法(?:送达|传递|投递)|投递失败|發送失敗|发送失败|未能送达|delayed",
    re.IGNORECASE,
)
_LATE = re.compile(r"delay|延迟|暂时|will (?:be )?retr|稍后重试", re.IGNORECASE)
_ORDER: tuple[Action, ...] = ("failed", "delayed", "expanded", "relayed", "delivered")
_MOST_TEXT, _MOST_RECIPIENTS = 262_144, 200


def read_status(text: str, original_id: str = "") -> Report | None:
    """The report of message/delivery-status: of several recipients the one that fared worst. None without any."""
    groups = [_fields(one) for one in _GROUPS.split(text[:_MOST_TEXT].strip())[: _MOST_RECIPIENTS + 1]]
    whole = groups[0] if groups else {}
    reports = [found for group in groups if (found := _of(group, whole, original_id)) is not None]
    return min(reports, key=lambda one: _ORDER.index(one.action), default=None)


def _fields(group: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(group):
        found.setdefault(name.lower(), re.sub(r"\s*\n\s*", " ", value).strip())
    return found


def _of(group: dict[str, str], whole: dict[str, str], original_id: str) -> Report | None:
    action = group.get("action", "").lower()
    status = _STATUS.search(group.get("status", "")) or _STATUS.search(group.get("diagnostic-code", ""))
    if action not in _ORDER and not status:
        return None
    if action not in _ORDER:
        action = {"2": "delivered", "4": "delayed"}.get(status[1][0] if status else "", "failed")
    recipient = group.get("final-recipient") or group.get("original-recipient", "")
    address = _ADDRESS.search(recipient.partition(";")[2] or recipient)
    return Report(
        action=cast(Action, action),
        recipient=address[0] if address else "",
        status=status[1] if status else "",
        diagnostic=group.get("diagnostic-code", "")[:1000],
        original_id=original_id,
        envelope_id=whole.get("original-envelope-id", "")[:200],
    )


def message_id_in(text: str) -> str:
    """The Message-ID in a copy of headers, without brackets."""
    found = _MESSAGE_ID.search(text[:_MOST_TEXT])
    return found[1] if found else ""


def from_system(address: str, name: str, return_path: str | None) -> bool:
    """Whether the sender is a mail system: by its name, or because answers to it go nowhere."""
    return bool(_SYSTEM.search(address.partition("@")[0]) or _SYSTEM.search(name)) or (
        return_path is not None and return_path.strip() in ("<>", "")
    )


def read_words(subject: str, text: str, original_id: str, failed: Sequence[str] = ()) -> Report | None:
    """The report of a bounce in words from a mail system. ``failed`` are the addresses that a header names."""
    text = text[:_MOST_TEXT]
    status, code = _STATUS.search(text), _CODE.search(text)
    told = bool(_SUBJECT.search(subject)) or bool(status) or "qmail-send program" in text
    original_id = original_id or message_id_in(text)
    if not told or not (failed or original_id or status or code):
        return None
    recipient = next(iter(failed), "") or _recipient(text)
    late = _LATE.search(subject) or (status and status[1][0] == "4") or (not status and code and code[1][0] == "4")
    return Report(
        action="delayed" if late else "failed",
        recipient=recipient,
        status=status[1] if status else "",
        diagnostic=_diagnostic(text, status or code),
        original_id=original_id,
    )


def _recipient(text: str) -> str:
    for pattern in (_BRACKETED, _ADDRESS):
        for found in pattern.finditer(text):
            address = found[found.re.groups]
            if (
                not _SYSTEM.search(address.partition("@")[0])
                and "Message-I" not in text[max(0, found.start() - 20) : found.start()]
            ):
                return address
    return ""


def _diagnostic(text: str, found: re.Match[str] | None) -> str:
    """The line that tells the code."""
    if found is None:
        return ""
    start = text.rfind("\n", 0, found.start()) + 1
    end = text.find("\n", found.end())
    return text[start : end if end >= 0 else len(text)].strip()[:1000]
