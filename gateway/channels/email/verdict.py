"""What a mail is: a request by a person, or something that programs say to each other. By rules, each with its reason.

Two mistakes are to be avoided, and they are not alike. Answering a program may start two machines writing to each other
all night; taking a person for a program may lose a request. So signs are of two strengths. A mail is an ``auto_reply``
or a ``bounce`` only by a sign that no person's mail bears; a weaker sign (sent by a program, sent to many) makes it
``bulk``, which opens a ticket all the same and is only not answered by itself, unless it is a newsletter. Words of a
subject count only with another sign: a citizen may write about 自动回复.

Sources: RFC 3834 (automatic responses, Auto-Submitted), RFC 3464 and 6522 (delivery reports), RFC 8098 (read receipts),
RFC 2369 and 2919 (List-*), RFC 5321 sections 3.6.3 and 6.3 (empty return path, loops); the X- headers are those of
vacation(1), Exchange, cPanel, FirstClass and Lotus.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.channels.email.mail import Mail
from gateway.channels.email.tags import ReplyTags

Judged = Literal["request", "bounce", "auto_reply", "loop", "bulk"]

RECEIVED_LIMIT = 50
"""Hops of a mail that goes in a circle. Ordinary ones have under 20; RFC 5321 section 6.3 lets a server stop at 100."""

LOOP_HEADER = "x-loop"
"""What our own mails carry, with the account's address: whoever sends it back has not read it."""

_LOOK = 4000

_REPLIERS = (
    "x-autoreply", "x-autorespond", "x-autoreply-from", "x-autoresponder", "x-autoreply-domain", "x-mail-autoreply",
    "x-auto-reply", "x-yahoo-vacation",
)  # fmt: skip
"""Headers that only answering programs write."""
_LISTS = ("list-id", "list-unsubscribe", "list-post", "list-help", "list-subscribe", "list-owner", "list-archive")
_MANY = ("bulk", "junk", "list")
_AFTER_WORD = re.compile(r"[;(\s]")
_NO = re.compile(r"(?i)\s*(?:no|false|0)?\s*(?:[;(].*)?")

_AWAY = re.compile(
    r"(?i)\s*(?:[\[【(（]?\s*(?:自动|自動)(?:回复|答复|回復|回覆|答覆|應答|应答)\s*[\]】)）:：\-—]|(?:自动|自動)(?:回复|答复|回復|回覆|答覆)\s*$|"
    r"automatic (?:reply|response)\b|auto(?:matic)?[- ]?(?:reply|response|responder)\b|out[- ]of[- ](?:the[- ])?office|"
    r"ooo\s*[:：]|我?(?:正在|已)?(?:外出|休假|出差|年假)(?:中|通知)?\s*(?:$|[:：,，\-—])|不在(?:办公室|辦公室)\s*(?:$|[:：,，\-—])|"
    r"vacation (?:reply|response|notice)|away from (?:the |my )?office|i am (?:currently )?(?:away|out of))"
)
_BOUNCED = re.compile(
    r"(?i)undeliver|delivery (?:status|failure|has failed|incomplete)|mail delivery|returned mail|failure notice|"
    r"退信|退回|无法投递|無法投遞|未送达|未能送达|投递失败|投遞失敗|系统退信|发送失败|无法送达|無法傳遞|未传递|未傳遞"
)
_DAEMON = re.compile(r"(?i)(?:mailer-daemon|mail-daemon|maildaemon|mdaemon|mail\.daemon)[^@]*")
_OFFICE = re.compile(r"(?i)(?:postmaster|mailadmin|bounces?|double-bounce)(?:[+=-][^@]*)?")
_ROBOT = re.compile(
    r"(?i)(?:.*[._-])?(?:no-?_?\.?reply|do-?_?not-?_?reply|auto-?(?:reply|responder|response)|vacation|robot|"
    r"notifications?|alerts?|webmaster|web-?form|form|wwwuser|www-data|apache|nginx|system|mailer)(?:[._+-].*)?"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mail is and what it was judged by. ``opens`` False: it is noted, and no ticket comes of it by itself."""

    verdict: Judged
    why: str
    opens: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    """A mail with what it was judged against. ``empty_path``: no address to return to; ``answers``: it names a mail
    that came before it, ``proved`` one of ours. ``first`` holds the first header of each name."""

    mail: Mail
    first: Mapping[str, str]
    addresses: frozenset[str]
    own_id: bool
    empty_path: bool
    answers: bool
    proved: bool

    def header(self, name: str) -> str:
        """The first header of a name in lower case, "" when there is none."""
        return self.first.get(name, "")

    @property
    def local(self) -> str:
        return self.mail.sender.address.partition("@")[0]


def judge(
    mail: Mail, *, addresses: Sequence[str], tags: ReplyTags | None = None, envelope_from: str | None = None,
    proved: bool = False,
) -> Verdict:  # fmt: skip
    """Judge a mail that came to an account with ``addresses``.

    ``envelope_from`` is the sender of the envelope ("" for <>, None when it is not known, as from a mailbox: then
    Return-Path tells). ``proved``: a tag or Message-ID of ours says what it answers. Never raises.
    """
    first = dict(reversed(mail.headers))
    path = first.get("return-path", "").strip() if envelope_from is None else envelope_from.strip() or "<>"
    seen = _Seen(
        mail,
        first,
        frozenset(one.lower() for one in addresses),
        tags is not None and tags.ours(mail.message_id) is not None,
        path.replace(" ", "") == "<>",
        bool(mail.in_reply_to or mail.references) or proved,
        proved,
    )
    return next((found for rule in _RULES if (found := rule(seen)) is not None), Verdict("request", "", True))


def is_robot(address: str) -> bool:
    """True for senders whose name says that a program writes and nobody reads (noreply@, webform@)."""
    return _ROBOT.fullmatch(address.partition("@")[0]) is not None


def is_own(address: str, addresses: frozenset[str]) -> bool:
    """True for an address of the account, with a tag or without."""
    local, _, domain = address.lower().rpartition("@")
    return bool(local) and f"{local.partition('+')[0]}@{domain}" in addresses


def automatic(mail: Mail | _Seen) -> str:
    """The value of Auto-Submitted in lower case without its parameters, "" for none and for no (RFC 3834 section 5)."""
    stated = mail.header("auto-submitted")
    word = _AFTER_WORD.split(stated.strip().lower(), maxsplit=1)[0] if stated else ""
    return "" if word == "no" else word


# -- the rules, in order -----------------------------------------------------------------------------------------------


def _loop(seen: _Seen) -> Verdict | None:
    mail = seen.mail
    if seen.own_id:
        return Verdict("loop", "the Message-ID is one of ours", False)
    if sum(name == "received" for name, _ in mail.headers) > RECEIVED_LIMIT:
        return Verdict("loop", f"more than {RECEIVED_LIMIT} Received headers", False)
    marks = (value[:_LOOK].strip().strip("<>").lower() for name, value in mail.headers if name == LOOP_HEADER)
    if any(mark in seen.addresses for mark in marks):
        return Verdict("loop", "X-Loop names an address of the account", False)
    return None


def _own_sender(seen: _Seen) -> Verdict | None:
    """A web form of the office may well write as the office, with the citizen under Reply-To: that is a request."""
    if not is_own(seen.mail.sender.address, seen.addresses):
        return None
    reply_to = seen.mail.reply_to.address
    if reply_to and not is_own(reply_to, seen.addresses):
        return None
    return Verdict("loop", "From is an address of the account", False)


def _bounce(seen: _Seen) -> Verdict | None:
    mail = seen.mail
    whole = "".join(seen.header("content-type")[:_LOOK].lower().split())
    if "report-type=" in whole and "disposition-notification" in whole:
        return Verdict("auto_reply", "a read receipt", False)
    daemon = _DAEMON.fullmatch(seen.local) is not None
    office = daemon or _OFFICE.fullmatch(seen.local) is not None
    machine = seen.empty_path or office or bool(automatic(seen)) or whole.startswith("multipart/report")
    if mail.report is not None and machine:
        return Verdict("bounce", f"a delivery report: {mail.report.action}", False)
    if daemon:
        return Verdict("bounce", "the sender is a mailer daemon", False)
    told = _BOUNCED.search(mail.subject[:_LOOK]) is not None
    if office and (seen.empty_path or automatic(seen) or told):
        return Verdict("bounce", "from a postmaster, with the signs of a returned mail", False)
    if told and seen.empty_path:
        return Verdict("bounce", "an empty return path and the subject of a returned mail", False)
    return None


def _auto_reply(seen: _Seen) -> Verdict | None:
    why = _repliers_mark(seen) or _machines_answer(seen)
    return Verdict("auto_reply", why, False) if why else None


def _repliers_mark(seen: _Seen) -> str:
    """A sign that only answering programs set, "" without any."""
    if automatic(seen).startswith("auto-replied"):
        return "Auto-Submitted: auto-replied"
    if (precedence := _precedence(seen)) in ("auto_reply", "auto-reply", "autoreply"):
        return f"Precedence: {precedence}"
    if seen.first.keys().isdisjoint(_REPLIERS):
        return ""
    marks = (name for name, value in seen.mail.headers if name in _REPLIERS and _NO.fullmatch(value[:_LOOK]) is None)
    return next((f"{name} is set" for name in marks), "")


def _machines_answer(seen: _Seen) -> str:
    """Two weaker signs together: of a program, and of an answer."""
    mail, word = seen.mail, automatic(seen)
    machine = bool(word) or _precedence(seen) in _MANY or seen.empty_path or is_robot(mail.sender.address)
    if (seen.answers or machine) and _AWAY.match(mail.subject[:_LOOK]):
        return "the subject of an automatic answer, with another sign of one"
    if word and seen.answers:
        return f"Auto-Submitted: {word[:40]}, and it answers a mail"
    return "an empty return path, and it answers a mail" if seen.empty_path and seen.answers else ""


def _bulk(seen: _Seen) -> Verdict | None:
    """A newsletter (one can leave its list, and a program sends it to many) is noted; the rest may hold a request."""
    precedence = _precedence(seen)
    listed = [name for name in _LISTS if seen.header(name)]
    leaves = "list-unsubscribe" in listed and (
        len(listed) > 1 or precedence in _MANY or bool(seen.header("feedback-id"))
    )
    if leaves and not seen.answers:
        return Verdict("bulk", f"a newsletter: {', '.join(listed)}", False)
    if listed:
        return Verdict("bulk", f"{listed[0]} is set", True)
    if precedence in _MANY:
        return Verdict("bulk", f"Precedence: {precedence}", True)
    if word := automatic(seen):
        return Verdict("bulk", f"Auto-Submitted: {word[:40]}", True)
    return Verdict("bulk", "an empty return path", True) if seen.empty_path else None


_RULES: tuple[Callable[[_Seen], Verdict | None], ...] = (_loop, _bounce, _own_sender, _auto_reply, _bulk)


def _precedence(seen: _Seen) -> str:
    value = seen.header("precedence") or seen.header("x-precedence")
    return value[:_LOOK].strip().lower()
