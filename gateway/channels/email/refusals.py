"""What SMTP servers answer, as the gateway understands it: try again later, or never, in words for agents.

A reply code that begins with 4 is "later" and one with 5 is "never" (RFC 5321 section 4.2.1), save where a 5 speaks of
ourselves (login): then somebody here mends it and the mail must not be lost. Enhanced codes: RFC 3463.
"""

from __future__ import annotations

import re

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
)

from gateway.channels.port import Permanent, Retryable
from gateway.model.masking import mask_personal

GREYLIST_S, BUSY_S, MEND_S = 120.0, 60.0, 300.0
"""Pauses after 450 and the like, after 421 or no connection, and after what an administrator has to mend."""
_LONGEST_PAUSE_S = 3600.0

_OURS = frozenset({530, 534, 535, 538})
"""Login wanted, too weak, refused (RFC 4954): it is our account that is not let in."""
_SERVICE_AWAY = 421

_ENHANCED = re.compile(r"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_PAUSE = re.compile(r"(?i)(?<![0-9a-z.])([0-9]{1,4})\s*(s|secs?|seconds?|m|mins?|minutes?|秒|分钟?)(?![a-z])")
_SPACE = re.compile(r"[\x00-\x20\x7f]+")

_MEANINGS = (
    (("5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.4.310"), "对方邮箱地址不存在", "no such address"),
    (("5.2.1",), "对方邮箱已停用", "the mailbox is disabled"),
    (("5.2.2", "4.2.2"), "对方邮箱已满", "the mailbox is full"),
    (("5.2.3", "5.3.4"), "邮件太大，对方不收", "the mail is too large"),
    (("5.4.4", "5.4.1", "4.4.1"), "找不到对方的邮件服务器", "no server for the domain"),
)
_UNKNOWN, _FULL, _LARGE = 0, 2, 3
_WORDS = (
    (r"mailbox (?:is )?full|over ?quota|exceeded.{0,20}(?:quota|storage)|信箱已满|邮箱已满|空间不足", _FULL),
    (r"user (?:unknown|not found)|no such (?:user|mailbox|recipient|account)|unknown (?:user|recipient)", _UNKNOWN),
    (r"(?:mailbox|account|recipient|address).{0,30}(?:not (?:exist|found)|unavailable|unknown)", _UNKNOWN),
    (r"(?:用户|收件人|地址)不存在", _UNKNOWN),
    (r"message size|too (?:large|big)|size limit", _LARGE),
)
_SPAM = re.compile(r"(?i)spam|reject.{0,20}content|policy|blocked|blacklist|block ?list|junk|垃圾|DT:SPM|frequen")


def meaning(code: int, text: str, status: str = "") -> tuple[str, str]:
    """What a refusal means, in Chinese and English. ``code`` 0 and ``status`` "" when they are not known."""
    status = status or enhanced(text)
    for statuses, zh, en in _MEANINGS:
        if status in statuses:
            return zh, en
    for pattern, which in _WORDS:
        if re.search(pattern, text[:2000], re.IGNORECASE):
            return _MEANINGS[which][1:]
    if code == 552:
        return _MEANINGS[_LARGE][1:]
    if status.startswith("5.7.") or _SPAM.search(text[:2000]):
        return "对方服务器拒收（可能被当作垃圾邮件或不允许）", "refused by the receiver's rules"
    return "对方服务器拒收", "refused by the receiver's server"


def enhanced(text: str) -> str:
    """The enhanced status code in an answer, "" when there is none."""
    found = _ENHANCED.search(text[:2000])
    return found[1] if found else ""


def told_by(text: str, most: int = 200) -> str:
    """A server's words on one line, with addresses and numbers hidden."""
    return mask_personal(_SPACE.sub(" ", text[: 4 * most].encode("utf-8", "replace").decode()).strip())[:most]


def refusal(code: int, text: str) -> Permanent:
    """The words of a refusal for good."""
    zh, en = meaning(code, text)
    status = enhanced(text)
    return Permanent(f"{zh}（{code}{' ' + status if status else ''}） / {en}: {told_by(text)}")


def judged(error: Exception) -> Retryable | Permanent:
    """What a failed sending means."""
    if isinstance(error, SMTPResponseException):
        return _refused(error)
    if isinstance(error, TimeoutError):
        return Retryable("the mail server did not answer in time", BUSY_S)
    if isinstance(error, OSError):  # refused, reset, TLS: no answer of the server's
        return Retryable(f"no connection to the mail server: {told_by(str(error))}", BUSY_S)
    if isinstance(error, SMTPException):  # STARTTLS or login not offered: there is no sending without
        return Retryable(f"the mail server lacks what is required: {told_by(str(error))}", MEND_S)
    return Permanent("邮件无法写成 / the mail cannot be written")


def _refused(error: SMTPResponseException) -> Retryable | Permanent:
    if isinstance(error, SMTPAuthenticationError):
        return Retryable(f"发信账号登录被拒（{error.code}） / login refused: {told_by(error.message)}", MEND_S)
    if isinstance(error, SMTPConnectResponseError | SMTPHeloError):
        return Retryable(f"the mail server does not serve us now ({error.code}): {told_by(error.message)}", BUSY_S)
    return _answered(error.code, str(error.message))


def _answered(code: int, text: str) -> Retryable | Permanent:
    if 500 <= code <= 599 and code not in _OURS:
        return refusal(code, text)
    if code in _OURS:
        return Retryable(f"发信账号未获允许（{code}） / our account is not let in: {told_by(text)}", MEND_S)
    return Retryable(f"put off by the server ({code}): {told_by(text)}", _pause(code, text))


def _pause(code: int, text: str) -> float:
    """How long the server wants us to wait: it often says so."""
    found = _PAUSE.search(text[:2000])
    if found is not None and int(found[1]):
        seconds = int(found[1]) * (60 if found[2][0].lower() in "m分" else 1)
        return float(min(seconds, _LONGEST_PAUSE_S))
    return BUSY_S if code == _SERVICE_AWAY else GREYLIST_S
